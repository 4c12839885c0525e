"""Documents as one self-contained HTML page: formulas as MathML, a style inside, no script, nothing to load.

A long formula is a run of pieces, each a `math` element of its own, and the browser breaks lines between them: between
the terms of a sum, and within the brackets of a term that is very wide.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from derive.expression.nodes import Expression
from derive.expression.sizes import SCALAR, Shape
from derive.expression.text import text as plain_text
from derive.rendering.document import (
    Block,
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
from derive.rendering.html_style import STYLE
from derive.rendering.measure import print_width
from derive.rendering.svg import svg
from derive.rendering.terminal import plain, shape_words
from derive.writing import mathml_parts as ml
from derive.writing.latex import latex_writer
from derive.writing.mathml import math, mathml, mathml_writer
from derive.writing.names import visible

_WIDE = 62.0
"""From this width on, in letters, a term may be broken within its longest brackets."""

_ROOM = 48.0
"""Up to this width a formula leaves room for what stands beside it."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Page:
    """What is known while a page is written: the laws that have been told already."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def untold(self, laws: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        """The laws that stand on the page for the first time."""
        fresh = [(title, law) for title, law in laws if law and law not in self._told]
        self._told.update(law for _, law in fresh)
        return fresh


def html(document: Document) -> str:
    """The document as a complete page."""
    page = Page()
    wide = ' class="wide"' if any(map(_is_wide, document.blocks)) else ""
    blocks = "\n".join(RENDERERS[type(block)](block, page) for block in document.blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="derive">\n'
        f"<title>{_escaped(plain(document.title))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main{wide}>\n"
        f"<h1>{_words(document.title, display=True)}</h1>\n{blocks}\n</main>\n</body>\n</html>\n"
    )


def _escaped(text: str) -> str:
    return escape(visible(text.replace("\n", " ")))


def _size(shape: Shape) -> str:
    return "scalar" if shape == SCALAR else math(ml.shape(shape), shape_words(shape), display=False)


def _member(part: Member) -> str:
    shape = part.tensor.shape
    space = ml.mi("ℝ") if shape == SCALAR else ml.raised(ml.mi("ℝ"), ml.shape(shape))
    run = mathml_writer().text(part.tensor) + ml.mo("∈") + space
    return math(run, plain((part,)), display=False)


def _inline(part: Inline, display: bool = False) -> str:
    if isinstance(part, str):
        return _escaped(part)
    if isinstance(part, ShapeOf):
        return _size(part.shape)
    return _member(part) if isinstance(part, Member) else mathml(part, display=display)


def _words(span: Span, display: bool = False) -> str:
    return "".join(_inline(part, display) for part in span)


def _heading(block: Heading, page: Page) -> str:
    return f"<h{block.level + 1}>{_words(block.content, display=True)}</h{block.level + 1}>"


def _bullets(block: Bullets, page: Page) -> str:
    return "<ul>\n" + "".join(f"<li>{_words(item)}</li>\n" for item in block.items) + "</ul>"


def formula(e: Expression, shapes: bool = False) -> str:
    """A formula as pieces between which a line may be broken; what is said in its place stands with the first."""
    runs, measured = mathml_writer(shapes).pieces(e), latex_writer(shapes).pieces(e)
    pieces = [
        piece
        for run, latex in zip(runs, measured, strict=True)
        for piece in (ml.broken(run) if print_width(latex) > _WIDE else [run])
    ]
    said = (plain_text(e), *[""] * (len(pieces) - 1))
    return "".join(f'<span class="term">{math(*piece)}</span>' for piece in zip(pieces, said, strict=True))


def _why(line: Line, page: Page) -> str:
    """The rule beside a line; its law stands with it where it is used first."""
    if not line.reason:
        return "<td></td>"
    short = all(isinstance(part, ShapeOf) for part in line.reason)
    words = _words(line.reason)
    if short:
        return f'<td class="why short">{words}</td>'
    told = "".join(f'<span class="law">{_escaped(law)}</span>' for _, law in page.untold(line.laws))
    hover = _escaped(" · ".join(law for _, law in line.laws if law))
    title = f' title="{hover}"' if hover else ""
    return f'<td class="why"><span class="rule"{title}>{words}</span>{told}</td>'


def _derivation(block: DerivationBlock, page: Page) -> str:
    rows = []
    number = "" if block.number is None else f'<span class="number">({block.number})</span>'
    for k, line in enumerate(block.lines):
        left = "" if line.left is None else mathml(line.left)
        right = formula(line.right, block.shapes)
        end = number if k == len(block.lines) - 1 else ""
        sides = f'<td class="left">{left}</td><td class="is">{_EQUALS}</td>'
        formulas = f'<td class="right"><div class="formula">{end}{right}</div></td>'
        rows.append(f"<tr>{sides}\n{formulas}\n{_why(line, page)}</tr>")
    body = "\n".join(rows)
    return f'<table class="steps {block.kind}" role="presentation">\n{body}\n</table>'


def _is_wide(block: Block) -> bool:
    """Whether some line needs the room of what stands beside it."""
    lines = block.lines if isinstance(block, DerivationBlock) and block.kind == "stage" else ()
    return any(print_width(piece) > _ROOM for line in lines for piece in latex_writer().pieces(line.right))


_EQUALS = math(ml.mo("="), "=")


def _table(block: Table, page: Page) -> str:
    def cells(tag: str, row: tuple[Span, ...]) -> str:
        kind = ('class="number cell"' if k in block.right else 'class="cell"' for k in range(len(row)))
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(f"<{tag} {k}{scope}>{_words(cell)}</{tag}>" for k, cell in zip(kind, row, strict=True))

    caption = f"<caption>{_words(block.caption)}</caption>\n" if block.caption else ""
    rows = "".join(f"<tr>{cells('td', row)}</tr>\n" for row in block.rows)
    head = f"<thead><tr>{cells('th', block.header)}</tr></thead>\n"
    return f'<div class="scroll"><table class="data">\n{caption}{head}<tbody>\n{rows}</tbody></table></div>'


def _verbatim(block: Verbatim, page: Page) -> str:
    return "<pre>" + "\n".join(escape(visible(line.expandtabs(4))) for line in block.text.split("\n")) + "</pre>"


def _picture(block: Picture, page: Page) -> str:
    caption = f"<figcaption>{_words(block.caption)}</figcaption>" if block.caption else ""
    return f"<figure>\n{svg(block.drawing, block.words, inside=True)}{caption}</figure>"


RENDERERS: dict[type[Block], Callable[[Any, Page], str]] = {
    Heading: _heading,
    Paragraph: lambda block, page: f"<p>{_words(block.content)}</p>",
    Bullets: _bullets,
    DerivationBlock: _derivation,
    Table: _table,
    Verbatim: _verbatim,
    Picture: _picture,
}
