"""Different letters for different things: ∂o_j/∂z_i = −o_j o_i is right where i ≠ j, and may be meant so."""

from __future__ import annotations

from derive.checking.check import Checker
from derive.equality.comparison import RouteMismatch
from derive.errors import DeriveError, Position
from derive.expression.nodes import Expression, Index, KroneckerDelta, Product, Sum, number
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.notation import Answer, Line
from derive.notes.judging.entrywise import free_indices

_HERE = Position(1, 1, 2)


def holds_apart(checker: Checker, left: Expression, value: Expression, written: str) -> tuple[str, str] | None:
    """The two index letters of an equation that is right wherever they differ; None if there are none such."""
    letters = sorted({i.name: i for e in (left, value) for i in free_indices(e)}.items())
    for number_, (first, i) in enumerate(letters):
        for second, j in letters[number_ + 1 :]:
            if i.size == j.size and _holds(checker, left, value, _apart(i, j), written):
                return first, second
    return None


def _apart(i: Index, j: Index) -> Expression:
    """1 where i and j differ, else 0."""
    return Sum((number(1), Product((number(-1), KroneckerDelta(i, j)))))


def _holds(checker: Checker, left: Expression, value: Expression, weight: Expression, written: str) -> bool:
    try:
        if shape(left) != SCALAR or shape(value) != SCALAR:
            return False
        sides = (Product((weight, left)), Product((weight, value)))
        return checker.decide(Answer((Line("relation", sides, (_HERE, _HERE), written),)), written).verdict == "proved"
    except (DeriveError, RouteMismatch):
        return False
