"""Derivations as data: steps with named rules, grouped into stages, one for each intermediate gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.problem import Problem

Level = Literal["brief", "normal", "every"]


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
    """The steps from ∂E/∂(something) to its closed form; `name` is what later stages call the result (delta2)."""

    name: Tensor | None
    target: Derivative
    steps: tuple[Step, ...]

    @property
    def result(self) -> Expression:
        return self.steps[-1].after if self.steps else self.target


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
