"""Derivations as data: steps with named rules, grouped into stages, one for each intermediate gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.problem import Definition, Problem

Level = Literal["brief", "normal", "every"]
LEVELS: tuple[Level, ...] = ("brief", "normal", "every")


@dataclass(frozen=True)
class Step:
    """One line: `before` equals `after` by the law that `rule` names; `level` is the coarsest detail that shows it."""

    before: Expression
    rule: str
    after: Expression
    note: str = ""
    level: Level = "normal"


@dataclass(frozen=True)
class Stage:
    """The steps from ∂E/∂(something) to its closed form; `name` is what later stages call the result (delta2).

    `held` are cotangents that got a name inside the stage, to be held fixed by the derivatives around them; `entry` is
    the entry of the name that the stage works out, delta2[i,j], where a derivation speaks of entries.
    """

    name: Tensor | None
    target: Derivative
    steps: tuple[Step, ...]
    held: tuple[Definition, ...] = ()
    entry: Expression | None = None

    @property
    def label(self) -> Expression | None:
        """What stands on the left: delta2, or delta2[i,j]; None if the stage has no name."""
        return self.entry if self.entry is not None else self.name

    @property
    def result(self) -> Expression:
        return self.steps[-1].after if self.steps else self.target

    def at(self, level: Level) -> Stage:
        """The same stage with the steps of finer detail folded into the lines that are shown."""
        return replace(self, steps=merged(self.steps, level))


@dataclass(frozen=True)
class Derivation:
    """From the question to its answer; the last line is the answer."""

    problem: Problem
    wrt: Expression
    stages: tuple[Stage, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for stage in self.stages for step in stage.steps)

    @property
    def result(self) -> Expression:
        return self.stages[-1].result

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The declared assumptions that some step used, in words."""
        return _notes(self.steps, "assumption")

    @property
    def conventions(self) -> tuple[str, ...]:
        """The subgradients chosen at kinks, such as ReLU'(0) = 0."""
        return _notes(self.steps, "derivative_of_function")

    def at(self, level: Level) -> Derivation:
        """The derivation in less detail: each line that is left out is folded into the line before it."""
        return replace(self, stages=tuple(stage.at(level) for stage in self.stages))

    def brief(self) -> Derivation:
        return self.at("brief")

    def normal(self) -> Derivation:
        return self.at("normal")


def _notes(steps: tuple[Step, ...], rule: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.note for step in steps if step.rule == rule and step.note))


def merged(steps: tuple[Step, ...], level: Level) -> tuple[Step, ...]:
    """Steps finer than `level` are folded into the shown step before them; the first and the last line stay."""
    shown: list[Step] = []
    for step in steps:
        if shown and LEVELS.index(step.level) > LEVELS.index(level):
            last = shown[-1]
            note = ", ".join(dict.fromkeys(n for n in (last.note, step.note) if n))
            shown[-1] = replace(last, after=step.after, note=note)
        else:
            shown.append(step)
    return tuple(shown)
