"""Breaking long lines, at the same places in every format: between terms, then within a bracketed sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.expression.nodes import Expression
from derive.rendering.names import display_width
from derive.rendering.unicode import UnicodeWriter, shaped_writer, split_shapes


@dataclass(frozen=True)
class Arrangement:
    """How a formula is set on lines: which terms are broken further, which pieces share a line, how wide each line is.

    Widths are columns on a screen, which are a fair measure for typeset lines too.
    """

    fine: frozenset[int]
    groups: tuple[slice, ...]
    widths: tuple[int, ...]

    @property
    def width(self) -> int:
        return max(self.widths)


def arranged(e: Expression, room: int | None, shapes: bool = False) -> Arrangement:
    """The formula on as few lines as fit into the room; all on one line if that is None."""
    writer = shaped_writer() if shapes else UnicodeWriter()
    coarse = [_width(piece) for piece in writer.pieces(e)]
    fine = frozenset(k for k, width in enumerate(coarse) if room is not None and width > room)
    widths = [_width(piece) for piece in writer.pieces(e, fine)] if fine else coarse
    groups = breaks(widths, room)
    totals = (sum(widths[group]) + len(widths[group]) - 1 + (2 if group.start else 0) for group in groups)
    return Arrangement(fine, tuple(groups), tuple(totals))


def _width(piece: str) -> int:
    return display_width(split_shapes(piece)[0])


def breaks(widths: Sequence[int], room: int | None) -> list[slice]:
    """Which pieces stand together on a line: as many as there is room for, one at least.

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


def reason_column(widths: Sequence[int], reasons: Sequence[int], room: int | None, least: int) -> int:
    """Where reasons begin: right of the widest line for which there is room; wider lines have theirs below."""
    widest = max(widths)
    if room is None:
        return widest
    fitting = max(room - max(reasons), least)
    return min(widest, max((w for w in widths if w <= fitting), default=fitting))
