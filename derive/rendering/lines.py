"""Breaking long lines between the terms of a sum, the same way in every format."""

from __future__ import annotations

from collections.abc import Sequence

from derive.expression.nodes import Expression
from derive.rendering.names import display_width
from derive.rendering.unicode import UnicodeWriter, shaped_writer, split_shapes


def term_widths(e: Expression, shapes: bool = False) -> list[int]:
    """How wide each term of a sum is on a screen; also a fair measure for typeset lines."""
    writer = shaped_writer() if shapes else UnicodeWriter()
    return [display_width(split_shapes(piece)[0]) for piece in writer.pieces(e)]


def breaks(widths: Sequence[int], room: int | None) -> list[slice]:
    """Which terms stand together on a line: as many as there is room for, one at least.

    >>> breaks([10, 10, 10], 25)
    [slice(0, 2, None), slice(2, 3, None)]
    """
    if room is None:
        return [slice(0, len(widths))]
    lines, start, used = [], 0, widths[0]
    for k, width in enumerate(widths[1:], start=1):
        if used + 1 + width > room:
            lines.append(slice(start, k))
            start, used = k, 2 + width
        else:
            used += 1 + width
    return [*lines, slice(start, len(widths))]
