"""Documents for the terminal: Unicode mathematics in aligned columns, left | = right | why.

Without a width (output that is piped) nothing is ever wrapped. Text that a user typed can neither steer the terminal
nor be taken for markup: it only ever travels as plain, visible characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap
from typing import Any

from rich.color import ColorSystem
from rich.style import Style

from derive.expression.sizes import SCALAR, Shape
from derive.rendering.document import (
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Inline,
    Line,
    Member,
    Paragraph,
    Picture,
    ShapeOf,
    Span,
    Table,
    Verbatim,
)
from derive.rendering.lines import arranged, reason_column
from derive.writing.names import display_width, padded, unicode_shape, visible
from derive.writing.unicode import UnicodeWriter, shaped_writer, split_shapes, unicode

Row = list[tuple[str, str]]
"""A line on the screen: pieces of text with their styles."""

_INDENT = "  "
_NO_BREAK = "\u00a0"
_MIN_RIGHT = 24
_SIGNS = frozenset("+−·⊙⊗=<>≤≥/,½")


def terminal(document: Document, *, width: int | None = None, color: bool = False) -> str:
    """The document as text; `width` is that of the terminal, None for output that must not be wrapped."""
    rows: list[Row] = [[(plain(document.title), "bold")]]
    for block in document.blocks:
        rows += [[], *RENDERERS[type(block)](block, width)]
    return styled(rows, color)


def styled(rows: Iterable[Row], color: bool) -> str:
    """Rows as text, with escape sequences only if colour is wanted; no line ends in spaces."""
    return "".join((_painted(row) if color else "".join(text for text, _ in row).rstrip()) + "\n" for row in rows)


def _painted(row: Row) -> str:
    left = len("".join(text for text, _ in row).rstrip())
    pieces = []
    for text, style in row:
        text, left = text[:left], max(0, left - len(text))
        pieces.append(Style.parse(style).render(text, color_system=ColorSystem.STANDARD))
    return "".join(pieces)


def shape_words(shape: Shape) -> str:
    return "scalar" if shape == SCALAR else unicode_shape(shape)


def _inline(part: Inline) -> str:
    if isinstance(part, str):
        return visible(part)
    if isinstance(part, ShapeOf):
        return shape_words(part.shape)
    if isinstance(part, Member):
        words = shape_words(part.tensor.shape)
        return f"{unicode(part.tensor)} {words if words == 'scalar' else f'({words})'}".replace(" ", _NO_BREAK)
    return unicode(part)


def plain(span: Span) -> str:
    """A span as Unicode text on one line."""
    return _raw(span).replace(_NO_BREAK, " ")


def _raw(span: Span) -> str:
    """The same, with spaces that must not become line breaks marked."""
    return "".join(_inline(part) for part in span)


def _heading(block: Heading, width: int | None) -> list[Row]:
    text = plain(block.content)
    return [[(text, "bold")]] if block.level == 1 else [[(_INDENT, ""), (text, "bold cyan")]]


def _filled(text: str, width: int | None, first: str, rest: str) -> list[Row]:
    lines = [text] if width is None else wrap(text, max(width - len(first), 20)) or [""]
    return [[((first if k == 0 else rest) + line.replace(_NO_BREAK, " "), "")] for k, line in enumerate(lines)]


def _paragraph(block: Paragraph, width: int | None) -> list[Row]:
    return _filled(_raw(block.content), width, _INDENT, _INDENT)


def _bullets(block: Bullets, width: int | None) -> list[Row]:
    return [row for item in block.items for row in _filled(_raw(item), width, _INDENT + "• ", _INDENT + "  ")]


def _verbatim(block: Verbatim, width: int | None) -> list[Row]:
    return [[(_INDENT + visible(line), "")] for line in block.text.expandtabs(4).split("\n")]


def _picture(block: Picture, width: int | None) -> list[Row]:
    """What is to be seen, in words."""
    return _filled(plain((block.words, *((" ", *block.caption) if block.caption else ()))), width, _INDENT, _INDENT)


def _table(block: Table, width: int | None) -> list[Row]:
    cells = [[plain(cell) for cell in row] for row in (block.header, *block.rows)]
    widths = [max(display_width(row[k]) for row in cells) for k in range(len(block.header))]
    out: list[Row] = [[(_INDENT + plain(block.caption), "italic")]] if block.caption else []
    for number, row in enumerate(cells):
        parts = [
            " " * (widths[k] - display_width(cell)) + cell if k in block.right else padded(cell, widths[k])
            for k, cell in enumerate(row)
        ]
        out.append([(_INDENT + "  ".join(parts), "bold" if number == 0 else "")])
        if number == 0:
            out.append([(_INDENT + "  ".join("─" * w for w in widths), "dim")])
    return out


def _derivation(block: DerivationBlock, width: int | None) -> list[Row]:
    lefts = [unicode(line.left) if line.left is not None else "" for line in block.lines]
    reasons = [plain(line.reason) for line in block.lines]
    first = max(map(display_width, lefts))
    widest = max(map(display_width, reasons))
    room = None if width is None else width - len(_INDENT) - first - 3
    rights = [_right(line, block.shapes, room) for line in block.lines]
    lengths = [max(display_width(above) for above, _ in right) for right in rights]
    column = int(reason_column(lengths, widest, None if room is None else room - 3, _MIN_RIGHT))
    style = "bold green" if block.kind == "result" else ""
    out: list[Row] = []
    for left, right, reason in zip(lefts, rights, reasons, strict=True):
        fits = column + 3 if room is None else min(column + 3, max(room - display_width(reason), 0))
        out += _line_rows(padded(left, first), right, reason, fits, style)
    return out


def _line_rows(left: str, right: list[tuple[str, str]], reason: str, column: int, style: str) -> list[Row]:
    blank = _INDENT + " " * display_width(left) + "   "
    rows: list[Row] = []
    for k, (above, below) in enumerate(right):
        row: Row = [(_INDENT + left, "bold"), (" = ", "dim")] if k == 0 else [(blank, "")]
        row.append((above, style))
        rows.append(row)
        if below.strip():
            rows.append([(blank + below.rstrip(), "dim")])
    if reason:
        last = max(display_width(above) for above, _ in right)
        if last + 3 <= column:
            rows[0].append((" " * (column - last) + reason, "cyan"))
        else:
            rows.append([(blank + " " * column + reason, "cyan")])
    return rows


def _right(line: Line, shapes: bool, room: int | None) -> list[tuple[str, str]]:
    """The right side on as few lines as fit: broken between the terms of a sum, with the shapes under each."""
    writer = shaped_writer() if shapes else UnicodeWriter()
    lines = [
        ("  " if k else "") + text for k, text in enumerate(arranged(line.right, writer, _marked_width, room).lines)
    ]
    if room is not None and not shapes:
        lines = [piece for text in lines for piece in _cut(text, max(room, _MIN_RIGHT))]
    return [split_shapes(text) for text in lines]


def _cut(text: str, room: int) -> Iterator[str]:
    """A line that is too long all the same, cut at spaces: as far outside of brackets as there are, and late."""
    while display_width(text) > room:
        places = [(-depth, k) for k, depth in _spaces(text) if k >= room // 3 and display_width(text[:k]) <= room]
        if not places:
            break
        _, place = max(places)
        yield text[:place]
        text = "    " + text[place + 1 :]
    yield text


def _spaces(text: str) -> Iterator[tuple[int, int]]:
    """The places of spaces at which a formula may be cut, and how many brackets enclose each: not after a sign."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c in "([{⟨⎡") - (c in ")]}⟩⎤")
        word = text[:k].rpartition(" ")[2]
        if c == " " and word and word[0] not in "Σ∂" and word not in _SIGNS:
            yield k, depth


def _marked_width(text: str) -> int:
    return display_width(split_shapes(text)[0])


RENDERERS: dict[type, Callable[[Any, int | None], list[Row]]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    DerivationBlock: _derivation,
    Table: _table,
    Verbatim: _verbatim,
    Picture: _picture,
}
