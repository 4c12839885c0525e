"""The named indices that an expression leaves free."""

from __future__ import annotations

from derive.expression.nodes import Component, Expression, Index, IndexSum, KroneckerDelta
from derive.expression.operation import Operation
from derive.expression.traverse import children


def _union(e: Expression) -> tuple[Index, ...]:
    """The indices of the parts: no other node binds or uses one."""
    return _sorted({index for child in children(e) for index in free_indices(child)})


def _sorted(found: set[Index]) -> tuple[Index, ...]:
    return tuple(sorted(found, key=lambda index: (index.name, str(index.size)))) if found else ()


free_indices: Operation[tuple[Index, ...]] = Operation("free_indices", default=_union)
"""Sorted by name."""


@free_indices.rule(Component)
def _component(e: Component) -> tuple[Index, ...]:
    return _sorted({*free_indices(e.operand), *(p for p in (e.row, e.column) if isinstance(p, Index))})


@free_indices.rule(KroneckerDelta)
def _delta(e: KroneckerDelta) -> tuple[Index, ...]:
    return _sorted({p for p in (e.row, e.column) if isinstance(p, Index)})


@free_indices.rule(IndexSum)
def _index_sum(e: IndexSum) -> tuple[Index, ...]:
    return tuple(index for index in free_indices(e.body) if index.name != e.index.name)
