"""Breaking long lines, in the same way in every format: between terms, then within a bracketed sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from derive.expression.nodes import Expression
from derive.writing.writer import Writer


@dataclass(frozen=True)
class Arrangement:
    """A formula set on lines, and how wide each line is."""

    lines: tuple[str, ...]
    widths: tuple[float, ...]

    @property
    def width(self) -> float:
        return max(self.widths)


def arranged(e: Expression, writer: Writer, measure: Callable[[str], float], room: float | None) -> Arrangement:
    """The formula on as few lines as fit into the room; all on one line if that is None."""
    pieces = writer.pieces(e)
    fine = frozenset(k for k, piece in enumerate(pieces) if room is not None and measure(piece) > room)
    if fine:
        pieces = writer.pieces(e, fine)
    groups = breaks([measure(piece) for piece in pieces], room)
    lines = tuple(" ".join(pieces[group]) for group in groups)
    return Arrangement(lines, tuple(measure(line) + (2 if k else 0) for k, line in enumerate(lines)))


def breaks(widths: Sequence[float], room: float | None) -> list[slice]:
    """Which pieces stand together on a line: as many as there is room for, one at least.

    >>> breaks([10, 10, 10], 25)
    [slice(0, 2, None), slice(2, 3, None)]
    """
    if room is None:
        return [slice(0, len(widths))]
    lines: list[slice] = []
    start, used = 0, widths[0]
    for k, width in enumerate(widths[1:], start=1):
        if used + 1 + width > room:
            lines.append(slice(start, k))
            start, used = k, 2 + width
        else:
            used += 1 + width
    return [*lines, slice(start, len(widths))]


def reason_column(widths: Sequence[float], reason: float, room: float | None, least: float) -> float:
    """Where reasons begin: right of the widest line that leaves room for one; wider lines have theirs below."""
    if room is None:
        return max(widths)
    fitting = max(room - reason, least)
    return max((w for w in widths if w <= fitting), default=fitting)
