"""Reading the positions of a component as people type them: the i,j of W[i,j]."""

from __future__ import annotations

from collections.abc import Mapping

from derive.errors import UsageError
from derive.expression.nodes import Component, Index, Position, Tensor
from derive.expression.sizes import ONE, Size


def component(operand: Tensor, written: str, indices: Mapping[str, Index]) -> Component:
    """W[i,j]; letters that are not declared run over the axis on which they stand. UsageError for anything else."""
    parts = [part.strip() for part in written.split(",")]
    if len(parts) == 1:
        parts = [parts[0], ":"] if operand.shape[1] != ONE else [parts[0], ""]
    if len(parts) != 2:
        raise UsageError(f"{operand.name}[{written}] has {len(parts)} positions; a matrix has two.")
    row, column = (_position(indices, part, size) for part, size in zip(parts, operand.shape, strict=True))
    return Component(operand, row, column)


def free_indices(e: Component) -> dict[str, Index]:
    """The named positions of a component."""
    return {p.name: p for p in (e.row, e.column) if isinstance(p, Index)}


def _position(indices: Mapping[str, Index], part: str, size: Size) -> Position:
    if part in ("", ":"):
        return None
    if part.isdigit():
        if int(part) == 0:
            raise UsageError("Positions count from 1; there is no position 0.")
        return int(part)
    if not part.isidentifier():
        raise UsageError(f"{part!r} is no position.", suggestion="Write W[i,j] or W[1,2].")
    return indices.get(part) or Index(part, size)
