"""Correct forms: the wrong side with one small change, if there is one that puts it right; else what is expected, in
names that the notes have and in the style of the formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from derive.checking.form.worked_out import in_style, worked_out
from derive.equality.comparison import RouteMismatch
from derive.errors import DeriveError, Position, ShapeError
from derive.expression.nodes import Component, Derivative, Elementwise, Expression, Product, Sum, Tensor, Transpose
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, tensors, walk
from derive.notation import Answer, Line, alternatives
from derive.notes.correcting.calls import called
from derive.notes.correcting.repairs import repairs
from derive.notes.formulas.reading import Refusal
from derive.notes.formulas.spelled import spelled
from derive.notes.known.knowledge import Knowledge

Read = Callable[[str], Answer | Refusal | ShapeError]

_ROUNDS = 9
"""How deep names of gradients may be defined by others."""

PROOFS = 3
"""Of them so many are decided: those that the others are not told apart from by values."""

_RIGHT = ("proved", "agrees")

TRIED = 48
"""Changes of a wrong side that are read and held against what is expected; fewer of a long one."""

_LETTERS = 12_000
"""Letters that are read for one correction."""


@dataclass(frozen=True)
class Correction:
    """What should stand there, and how the author would write it; `is_repair` if it is the wrong side but for one small
    change."""

    formula: Expression
    latex: str
    is_repair: bool = False


class Corrections:
    """Corrects the sides of equations by what is known."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def of(
        self, expected: Expression, left: Expression, about: Expression | None, value: Expression | None, written: str
    ) -> Correction:
        """What is expected, where `written` is the formula that it corrects, and `value` its wrong side."""
        formula = self._formula(expected, left, about)
        if value is not None:
            formula = self._in_names_of(formula, (left, value))
        formula = in_style(formula, value, self.knowledge.problem)
        return Correction(formula, spelled(formula, written, self.knowledge.scope))

    def repaired(
        self, expected: Expression, about: Expression | None, read: Read, left: str, side: str,
        span: tuple[int, int] | None = None,
    ) -> Correction | None:  # fmt: skip
        """The side with one small change after which it is proved right; `span` is its wrong part, if that is known."""
        proofs = 0
        for candidate in islice(repairs(side, left, span), min(TRIED, _LETTERS // len(side))):
            found = read(f"{left} = {candidate}") if proofs < PROOFS else None
            if not isinstance(found, Answer) or len(found.lines) > 1:
                continue
            line = found.lines[0]
            value = line.expressions[-1]
            if len(line.expressions) != 2 or not self._says_more(line.expressions[0], value):
                continue
            if not self._may_hold(line, expected, about):
                continue
            proofs += 1
            if self._holds(found, about):
                return Correction(value, " ".join(candidate.split()), is_repair=True)
        return None

    def other_left(self, left: Expression, value: Expression, about: Expression | None) -> Expression | None:
        """What the right side is equal to instead of the left one, if that is something else by name: for z = f(z) that
        is a, for ∂p/∂w another ∂l/∂w."""
        scalars = isinstance(left, Derivative) and shape(left.of) == SCALAR
        for definition in self.knowledge.problem.definitions:
            other = _instead(left, definition.target)
            if other is None or (scalars and not isinstance(other, Derivative)):
                continue
            try:
                if shape(other) != shape(value) or other in set(walk(value)):
                    continue
            except DeriveError:
                continue
            line = Line("relation", (other, value), (Position(1, 1, 2),) * 2, "")
            if self._may_hold(line, other, about) and self._holds(Answer((line,)), about):
                return other
        return None

    @staticmethod
    def _says_more(left: Expression, value: Expression) -> bool:
        """Not A = A, nor A = f(A), which would be right and say nothing; nor a column with a row, entry by entry."""
        return not any(part == left or _is_outer(part) for part in walk(value))

    def holds(self, line: Line, about: Expression | None) -> bool:
        """Whether an equation is proved, after a first look at a few points."""
        return self._may_hold(line, line.expressions[0], about) and self._holds(Answer((line,)), about)

    def _may_hold(self, line: Line, expected: Expression, about: Expression | None) -> bool:
        """A first look: shapes, and values at a few points."""
        checker = self.knowledge.checker(about)
        question = checker.question.fork()
        left, value = line.expressions
        try:
            question.resolve(left)  # what is expected may use names that working out the left side introduces
            resolved, wanted = question.resolve(value), question.resolve(expected)
            return shape(resolved) == shape(wanted) and not checker.bench.differs(resolved, wanted)
        except DeriveError:
            return False

    def _holds(self, equation: Answer, about: Expression | None) -> bool:
        checker = self.knowledge.checker(about)
        explains, checker.explain = checker.explain, False  # why a try is wrong nobody asks
        try:
            return all(checker.decide(reading).verdict in _RIGHT for reading in alternatives(equation))
        except (DeriveError, RouteMismatch):
            return False
        finally:
            checker.explain = explains

    def _formula(self, expected: Expression, left: Expression, about: Expression | None) -> Expression:
        """The correct form: where that is a mere name, what the name stands for; in names that the notes have."""
        introduced = self._introduced(left, about) if any(not self._has(t) for t in tensors(expected)) else {}
        for _ in range(_ROUNDS):
            unknown: dict[Expression, Expression] = {
                t: introduced[t] for t in tensors(expected) if t in introduced and not self._has(t)
            }
            if not unknown:
                break
            expected = substitute(expected, unknown)
        return self._opened(expected, left)

    def _in_names_of(self, formula: Expression, sides: tuple[Expression, ...]) -> Expression:
        """With names that stand on no side replaced by what they are defined as, if that leaves fewer of them:
        σ(W a + b) for σ(z) where the author wrote W, a and b."""
        known = frozenset[Tensor]().union(*(tensors(side) for side in sides))
        found = formula
        for _ in range(_ROUNDS):
            new: dict[Expression, Expression] = {
                t: value
                for t in tensors(formula) - known
                if (value := self.knowledge.value(t)) is not None and not any(_is_open(p) for p in walk(value))
            }
            if not new:
                break
            formula = substitute(formula, new)
            own, before = tensors(formula), tensors(found)
            fewer = len(before - known) - len(own - known)
            if fewer > 0 or (fewer == 0 and own & known and not before & known):
                found = formula
        return found

    def _introduced(self, left: Expression, about: Expression | None) -> dict[Tensor, Expression]:
        """The names that working out the left side gives to its parts."""
        question = self.knowledge.checker(about).question.fork()
        try:
            question.resolve(left)
        except DeriveError:
            return {}
        return question.extra

    def _has(self, name: Tensor) -> bool:
        return name.layer is not None or name.name in self.knowledge.scope.tensors

    def _opened(self, expected: Expression, left: Expression) -> Expression:
        """The value of a name, or of a derivative, or of an entry of one."""
        if isinstance(expected, Derivative) or (
            isinstance(expected, Transpose) and isinstance(expected.operand, Derivative)
        ):
            return worked_out(expected, self.knowledge.problem)
        if isinstance(expected, Elementwise):
            return called(expected, self.knowledge.problem, in_law=expected == left)
        if isinstance(expected, Component) and isinstance(expected.operand, Tensor):
            return replace(expected, operand=self._opened(expected.operand, left))
        if not isinstance(expected, Tensor):
            return expected
        value = self.knowledge.value(expected)
        if value is None and expected in self.knowledge.problem.gradients:
            question = self.knowledge.checker().question.fork()
            try:
                question.introduce(expected)
            except DeriveError:
                return expected
            value = question.extra.get(expected)
        return expected if value is None else value


def _instead(left: Expression, other: Tensor) -> Expression | None:
    """The left side with another name in the place of its own: an entry of that, its derivative."""
    own = left.operand if isinstance(left, Component) else left.of if isinstance(left, Derivative) else left
    if not isinstance(own, Tensor) or other == own or other.shape != own.shape or other.layer != own.layer:
        return None
    if isinstance(left, Component):
        return replace(left, operand=other)
    return replace(left, of=other) if isinstance(left, Derivative) else other


def _is_open(e: Expression) -> bool:
    return isinstance(e, Derivative)


def _is_outer(e: Expression) -> bool:
    """Whether no part of a sum or product is as large as the whole: a column and a row were spread to a matrix."""
    if not isinstance(e, Sum | Product):
        return False
    parts = e.terms if isinstance(e, Sum) else e.factors
    try:
        return all(shape(part) != shape(e) for part in parts)
    except DeriveError:
        return True
