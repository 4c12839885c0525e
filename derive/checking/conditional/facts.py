"""Facts about names under which an answer may be right: each is one that a problem can declare.

A new one is one more line in `candidates`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from derive.expression.nodes import UNIT, Axis, Elementwise, Expression, Power, Reduce, Shorthand, Tensor, number
from derive.expression.problem import Assumptions, Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import children, tensors, walk

_COMPARISONS = frozenset({"eq", "ne", "where"})
"""What can tell zero from other values."""


@dataclass(frozen=True)
class Fact:
    """A condition in words, and what it adds to the assumptions of a problem."""

    text: str
    name: str
    binary: bool = False
    symmetric: bool = False
    nonzero: bool = False
    equation: tuple[Expression, Expression] | None = None

    def declared(self, problem: Problem) -> Problem:
        """The problem with this fact among its assumptions."""
        facts: Assumptions = problem.assumptions
        own = frozenset({self.name})
        return dataclasses.replace(
            problem,
            assumptions=dataclasses.replace(
                facts,
                binary=facts.binary | own if self.binary else facts.binary,
                symmetric=facts.symmetric | own if self.symmetric else facts.symmetric,
                nonzero=facts.nonzero | own if self.nonzero else facts.nonzero,
                equations=facts.equations if self.equation is None else (*facts.equations, self.equation),
            ),
        )


def candidates(problem: Problem, given: list[Tensor], sides: tuple[Expression, Expression]) -> Iterator[Fact]:
    """The facts worth trying about given names that are not declared already."""
    facts = problem.assumptions
    asked = frozenset() if problem.question.wrt is None else tensors(problem.question.wrt)
    spoken_of = {t.name for equation in facts.equations for side in equation for t in tensors(side)}
    distinguishes = any(isinstance(n, Elementwise) and n.function.name in _COMPARISONS for e in sides for n in walk(e))
    for name in given:
        rows, columns = name.shape
        if rows == columns and name.shape != SCALAR and name.name not in facts.symmetric:
            yield Fact(f"{name.name} symmetric", name.name, symmetric=True)
        if distinguishes and name.name not in facts.nonzero:
            yield Fact(f"{name.name} != 0", name.name, nonzero=True)
        if name in asked or name.name in spoken_of | facts.binary or not _is_target(problem, name):
            continue
        word = name.name.lower() if problem.gradients else name.name
        axis = None if 1 in name.shape else _of_examples(problem)
        total = (Reduce(name, axis), UNIT)
        if name.shape != SCALAR:
            along = "" if axis is None or problem.gradients else f", axis={axis}"
            yield Fact(f"sum({word}{along}) = 1", name.name, equation=total)
        yield Fact(f"{word} binary", name.name, binary=True)
        yield Fact(f"{word}**2 = 1", name.name, equation=(Power(name, number(2)), UNIT))
        if name.shape != SCALAR:
            yield Fact(f"{word} one-hot", name.name, binary=True, equation=total)


def _is_target(problem: Problem, name: Tensor) -> bool:
    """What is called y, or t: labels. That some input is binary is nobody's condition."""
    is_called = name.name.lower() in ("y", "t")
    return is_called and (bool(problem.gradients) or 1 in name.shape or any(_softmaxes(problem)))


def _softmaxes(problem: Problem) -> Iterator[Shorthand]:
    parts = (part for definition in problem.definitions for part in walk(definition.value))
    return (p for p in parts if isinstance(p, Shorthand) and p.name == "softmax")


def _of_examples(problem: Problem) -> Axis:
    """The axis along which an example lies: that of the softmax, or that of the layout."""
    axes = {part.axis for part in _softmaxes(problem)}
    return axes.pop() if len(axes) == 1 else 1 if problem.layout.examples == "rows" else 0


def left_out(answer: Expression, expected: Expression) -> list[Tensor]:
    """Scalars that are a factor of some of the expected terms and that the answer does not mention: λ = 0 is a
    condition under which the rest may be right."""
    missing = [t for t in tensors(expected) - tensors(answer) if t.shape == SCALAR and t.layer is None]
    return sorted((t for t in missing if _is_plain_factor(t, expected)), key=lambda t: t.name)


def _is_plain_factor(name: Tensor, e: Expression) -> bool:
    """Whether a name only multiplies and adds, so that 0 may be put for it."""
    if isinstance(e, Power | Elementwise):
        return name not in tensors(e)
    return all(_is_plain_factor(name, child) for child in children(e))
