"""Steps of an optimiser in text: W := W - eta*grad, W -= …, W <- …: what they claim about the question."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from derive.expression.nodes import Expression, Product, Sum, Tensor, number
from derive.expression.problem import Problem
from derive.notation.latex.claims import step_of
from derive.notation.lexer import Token
from derive.notation.names import Names
from derive.notation.source import Source

_CHANGES = frozenset(("+=", "-="))


def with_arrow(line: Sequence[Token]) -> list[Token]:
    """The line with `name <- value` read as an arrow; x<-y stays a comparison."""
    if len(line) < 4 or line[0].kind != "name" or [t.text for t in line[1:3]] != ["<", "-"]:
        return list(line)
    name, less, minus, after = line[:4]
    if not (name.end < less.start and less.end == minus.start and minus.end < after.start):
        return list(line)
    return [name, dataclasses.replace(less, text=":=", end=minus.end), *line[3:]]


def written_sign(source: Source, sides: Sequence[Sequence[Token]]) -> str:
    """The sign after the first side, as it was typed."""
    end = sides[0][-1]
    return source.text[end.start : end.end]


class Steps:
    """Tells steps from equations: their left side is a parameter, which the right side has in it again."""

    def __init__(self, problem: Problem, names: Names) -> None:
        self.problem = problem
        self.names = names

    def target(self, source: Source, sides: Sequence[Sequence[Token]]) -> Tensor | None:
        """What a line changes; None if it is no step."""
        if len(sides) != 2 or len(sides[0]) != 2 or sides[0][0].kind != "name":
            return None
        left = self.names.find(sides[0][0].text)
        if not isinstance(left, Tensor) or left in self.problem.gradients or self.problem.definition(left) is not None:
            return None
        changes = written_sign(source, sides) in _CHANGES
        again = any(t.kind == "name" and self.names.find(t.text) == left for t in sides[1])
        return left if changes or again else None


def goes_on(left: Tensor, value: Expression) -> bool:
    """Whether a value is the old one with something added, or a multiple of it: W - …, (1 - c)*W - …"""
    terms = value.terms if isinstance(value, Sum) else ()
    return any(left == term or (isinstance(term, Product) and left in term.factors) for term in terms)


def stepped(sign: str, left: Tensor, right: Expression) -> Expression:
    """The value after the step."""
    if sign not in _CHANGES:
        return right
    return Sum((left, right if sign == "+=" else Product((number(-1), right))))


def claimed(problem: Problem, left: Tensor, value: Expression) -> tuple[Expression, ...]:
    """The value itself, where a value is asked for; else a relation about the gradient; () if it claims nothing."""
    if problem.question.value is not None:
        return (value,)
    return step_of(problem, left, value) or ()
