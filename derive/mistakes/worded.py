"""Which of two rows that are one slip says it in the answer's own wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from derive.expression.nodes import Expression, Number, Sum
from derive.expression.traverse import walk
from derive.mistakes.row import Row
from derive.mistakes.table import MISTAKES
from derive.mistakes.terms import factors, terms

_OPPOSITE: Mapping[str, str] = {"plus-for-minus": "minus-for-plus", "minus-for-plus": "plus-for-minus"}


def worded(row: Row, about: Expression, answer: Expression) -> Row:
    """The row that says what stands there: what is added inside −(u + v) is subtracted by who writes −u − v."""
    other = _OPPOSITE.get(row.code)
    if other is None:
        return row
    said = -1 if row.code == "minus-for-plus" else 1
    return MISTAKES[other] if _signs(about, answer) == [-said] else row


def is_turned_in(answer: Expression, difference: Expression) -> bool:
    """Whether a difference stands in an answer the wrong way round: y − a for a − y."""
    wanted = [(-value, rest) for value, rest in map(_size, terms(difference))]
    sums = ([_size(term) for term in terms(part)] for part in walk(answer) if isinstance(part, Sum))
    return any(len(own) == len(wanted) and all(size in wanted for size in own) for own in sums)


def has_sign(about: Expression, answer: Expression) -> bool:
    """Whether something stands in the sums of an answer as it is, with whatever sign."""
    return bool(_signs(about, answer))


def _signs(about: Expression, answer: Expression) -> list[int]:
    """The signs with which something stands in the sums of an answer."""
    wanted = _size(about)
    sums = (part for part in walk(answer) if isinstance(part, Sum))
    found = (_size(term) for part in sums for term in terms(part))
    return [1 if value * wanted[0] > 0 else -1 for value, rest in found if rest == wanted[1]]


def _size(term: Expression) -> tuple[Fraction, Counter[Expression]]:
    """The number in front of a term, and its other factors in any order."""
    value, rest = Fraction(1), Counter[Expression]()
    for factor in factors(term):
        if isinstance(factor, Number):
            value *= factor.value
        else:
            rest[factor] += 1
    return value, rest
