r"""Documents as Markdown with mathematics that every common renderer understands.

Blocks are `$$` … `$$` on lines of their own, with `aligned` inside, no blank lines, no macros of one's own; numbers are
set by `\tag`. `\operatorname`, which some renderers refuse, is `\mathrm` here, and < is \lt, which no HTML reader takes
for a tag.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from derive.expression.sizes import SCALAR
from derive.rendering.document import (
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Inline,
    Member,
    Paragraph,
    Picture,
    ShapeOf,
    Span,
    Table,
    Verbatim,
)
from derive.rendering.latex_document import Measure, aligned_rows
from derive.rendering.latex_text import member
from derive.rendering.svg import svg
from derive.writing.latex import latex
from derive.writing.names import latex_shape, visible

_ACTIVE = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
# Inside \text nothing can be escaped everywhere; the wide forms of the same characters act nowhere.
_WIDE = {ord(c): ord(c) - 0x20 + 0xFF00 for c in "\\{}$&#_%^~<>*`|![]"}
_SCREEN = Measure(120, None)


def markdown(document: Document) -> str:
    """The document as Markdown."""
    blocks = [f"# {_words(document.title)}", *(RENDERERS[type(block)](block) for block in document.blocks)]
    return "\n\n".join(blocks) + "\n"


def portable(math: str) -> str:
    """Mathematics without what some renderer of Markdown refuses or takes for something else."""
    math = re.sub(r"\\operatorname\{", r"\\mathrm{", math)
    return math.replace("<", r"\lt ").replace(">", r"\gt ")


def _escaped(text: str) -> str:
    flat = " ".join(visible(text.replace("\n", " ")).split(" "))
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ACTIVE.sub(r"\\\1", flat) if _needs_escape(flat) else flat


def _needs_escape(text: str) -> bool:
    """Ordinary sentences keep their brackets and hyphens as they are; anything that could act is escaped throughout."""
    return re.search(r"[\\`*_{}\[\]#!|~$]|^\s*[-+]", text) is not None


def _inline(part: Inline) -> str:
    if isinstance(part, str):
        return _escaped(part)
    if isinstance(part, ShapeOf):
        return "scalar" if part.shape == SCALAR else f"${latex_shape(part.shape)}$"
    return f"${portable(member(part) if isinstance(part, Member) else latex(part))}$"


def _words(span: Span) -> str:
    return "".join(_inline(part) for part in span)


def _reason(span: Span) -> str:
    """What stands beside a line, in mathematics mode: text in \\text, formulas as they are."""
    out = []
    for part in span:
        if isinstance(part, str):
            out.append(rf"\text{{{visible(part).translate(_WIDE)}}}")
        elif isinstance(part, ShapeOf):
            out.append(r"\text{scalar}" if part.shape == SCALAR else latex_shape(part.shape))
        else:
            out.append(member(part) if isinstance(part, Member) else latex(part))
    return " ".join(out)


def _heading(block: Heading) -> str:
    return f"{'#' * (block.level + 1)} {_words(block.content)}"


def _paragraph(block: Paragraph) -> str:
    return _words(block.content)


def _bullets(block: Bullets) -> str:
    return "\n".join(f"- {_words(item)}" for item in block.items)


def _derivation(block: DerivationBlock) -> str:
    rows = " \\\\\n".join(aligned_rows(block, _reason, _SCREEN))
    tag = f" \\tag{{{block.number}}}" if block.number is not None else ""
    return f"$$\n\\begin{{aligned}}\n{portable(rows)}\n\\end{{aligned}}{tag}\n$$"


def _table(block: Table) -> str:
    rule = [("---:" if k in block.right else "---") for k in range(len(block.header))]
    rows = [[_words(cell) for cell in row] for row in (block.header, *block.rows)]
    lines = [" | ".join(row) for row in (rows[0], rule, *rows[1:])]
    caption = [_words(block.caption) + "\n"] if block.caption else []
    return "\n".join([*caption, *(f"| {line} |" for line in lines)])


def _verbatim(block: Verbatim) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
    text = "\n".join(visible(line) for line in block.text.split("\n"))
    return f"{fence}text\n{text}\n{fence}"


def _picture(block: Picture) -> str:
    """The picture inside the text, as an address that holds its data."""
    data = b64encode(svg(block.drawing, block.words).encode()).decode()
    caption = f"\n\n{_words(block.caption)}" if block.caption else ""
    return f"![{_escaped(block.words)}](data:image/svg+xml;base64,{data}){caption}"


RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    DerivationBlock: _derivation,
    Table: _table,
    Verbatim: _verbatim,
    Picture: _picture,
}
