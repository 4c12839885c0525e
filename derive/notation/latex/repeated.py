r"""The summation convention of physics: in a term an index that stands twice, and not on the left, is summed.

`[notation] sums = "over repeated indices"` declares it. Without it such an index would be free on one side only, and
what is claimed would have to hold for each of its values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from derive.expression.nodes import Component, Expression, Index, IndexSum, KroneckerDelta, Sum
from derive.expression.traverse import children


def with_sums(sides: Sequence[Expression]) -> tuple[Expression, ...]:
    """The sides of a relation with the sums that the convention means."""
    left = _counted(sides[0])
    free = {index.name for index, count in left.items() if count == 1}
    return tuple(_summed(side, free) for side in sides)


def _summed(e: Expression, free: set[str]) -> Expression:
    if isinstance(e, Sum):
        return Sum(tuple(_summed(term, free) for term in e.terms))
    for index, count in sorted(_counted(e).items(), key=lambda item: item[0].name):
        if count > 1 and index.name not in free:
            e = IndexSum(e, index)
    return e


def _counted(e: Expression) -> Counter[Index]:
    """How often each free index stands in a term: of the terms of a sum in brackets the one with most counts."""
    found: Counter[Index] = Counter()
    if isinstance(e, Component | KroneckerDelta):
        found.update(place for place in (e.row, e.column) if isinstance(place, Index))
    inner = [_counted(child) for child in children(e)]
    if isinstance(e, Sum):
        found.update({index: max(part[index] for part in inner) for part in inner for index in part})
    else:
        for part in inner:
            found.update(part)
    if isinstance(e, IndexSum):
        found = Counter({index: count for index, count in found.items() if index.name != e.index.name})
    return found
