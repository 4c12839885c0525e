"""The free indices of a formula: the i and j of W[i,j], each with what it runs over."""

from __future__ import annotations

from derive.errors import UsageError
from derive.expression.nodes import Component, Expression, Index, IndexSum, KroneckerDelta
from derive.expression.sizes import size_text
from derive.expression.traverse import children


def free_indices(e: Expression) -> dict[str, Index]:
    """Indices that no sum binds, by name; UsageError if one name runs over two sizes."""
    found: dict[str, Index] = {}
    for index in _free(e):
        known = found.setdefault(index.name, index)
        if known.size != index.size:
            raise UsageError(
                f"The index {index.name} runs over {size_text(known.size)} in one place and over "
                f"{size_text(index.size)} in another.",
                suggestion="Use two letters.",
            )
    return found


def _free(e: Expression) -> frozenset[Index]:
    own: frozenset[Index] = frozenset()
    if isinstance(e, (Component, KroneckerDelta)):
        own = frozenset(p for p in (e.row, e.column) if isinstance(p, Index))
    below = own.union(*(_free(child) for child in children(e)))
    return below - {e.index} if isinstance(e, IndexSum) else below
