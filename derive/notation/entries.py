"""Entries of expressions, and index names that nothing else uses."""

from __future__ import annotations

from collections.abc import Iterable

from derive.expression.nodes import Component, Expression, Index, IndexSum, KroneckerDelta, Position, Tensor, Transpose
from derive.expression.sizes import ONE, Shape, Size
from derive.expression.traverse import walk


class Fresh:
    """Index names that the factors do not use: k1, k2, …"""

    def __init__(self, factors: Iterable[Expression]) -> None:
        self._used: set[str] = set()
        for e in factors:
            for node in walk(e):
                self._used.update(_names(node))

    def along(self, sides: Shape) -> tuple[Index | None, Index | None]:
        """An index for each axis that has more than one entry."""
        row, column = (None if side == ONE else self._index(side) for side in sides)
        return row, column

    def _index(self, side: Size) -> Index:
        number = next(n for n in range(1, len(self._used) + 2) if f"k{n}" not in self._used)
        self._used.add(f"k{number}")
        return Index(f"k{number}", side)


def _names(node: Expression) -> list[str]:
    if isinstance(node, Tensor):
        return [node.name, *(str(s) for side in node.shape for s in side.free_symbols)]
    if isinstance(node, IndexSum):
        return [node.index.name]
    if isinstance(node, Component | KroneckerDelta):
        return [position.name for position in (node.row, node.column) if isinstance(position, Index)]
    return []


def component(e: Expression, row: Position, column: Position) -> Expression:
    """e[row, column], of a part or a transpose taken in the whole; a scalar is its own only entry."""
    if row is None and column is None:
        return e
    if isinstance(e, Transpose):
        return component(e.operand, column, row)
    if isinstance(e, Component):
        return component(e.operand, e.row if row is None else row, e.column if column is None else column)
    return Component(e, row, column)
