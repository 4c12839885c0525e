r"""Documents as LaTeX: a fragment for one's own notes (needs amsmath only), or a file that compiles as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from derive.expression.nodes import Expression
from derive.rendering.document import (
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Line,
    Paragraph,
    Picture,
    ShapeOf,
    Span,
    Table,
    Verbatim,
)
from derive.rendering.latex_text import displayed, size, words
from derive.rendering.lines import arranged, reason_column
from derive.rendering.measure import print_width
from derive.rendering.tikz import tikz
from derive.writing.latex import latex, latex_writer
from derive.writing.names import escape_latex

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{amsmath,amssymb}
\usepackage[margin=20mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
\pagestyle{plain}
"""


def latex_document(document: Document) -> str:
    """A complete file: compiles with pdflatex, needs amsmath, amssymb and geometry."""
    title = displayed(document.title)
    pictures = any(isinstance(block, Picture) for block in document.blocks)
    packages = "\\usepackage{tikz}\n" if pictures else ""
    return (
        f"{_PREAMBLE}{packages}\\begin{{document}}\n\n{{\\Large\\bfseries {title}\\par}}\n\\medskip\n\n"
        f"{latex_fragment(document)}\n\\end{{document}}\n"
    )


def latex_fragment(document: Document) -> str:
    """The blocks alone, for a document that loads amsmath and amssymb, and tikz if there is a picture."""
    return "\n".join(RENDERERS[type(block)](block) for block in document.blocks)


def _reason(span: Span) -> str:
    """What stands beside a line, in mathematics mode."""
    if len(span) == 1 and isinstance(span[0], ShapeOf):
        return size(span[0].shape)
    return rf"\text{{{words(span)}}}" if span else ""


def _heading(block: Heading) -> str:
    if block.level == 1:
        return rf"\subsection*{{\boldmath {displayed(block.content)}}}"
    return f"\\paragraph{{{displayed(block.content)}}}\\mbox{{}}\\nopagebreak\n"


def _paragraph(block: Paragraph) -> str:
    return words(block.content) + "\n"


def _beginning(text: str) -> str:
    r"""A text after \item or \\, which would take a bracket at its beginning for an argument."""
    return "{}" + text if text.startswith("[") else text


def _bullets(block: Bullets) -> str:
    items = "".join(f"  \\item {_beginning(words(item))}\n" for item in block.items)
    return f"\\begin{{itemize}}\n{items}\\end{{itemize}}\n"


@dataclass(frozen=True)
class Measure:
    """How much fits on a line, and how a line that leaves no room for its reason keeps out of the way of the others."""

    width: float
    overhang: Callable[[str], str] | None


_PAGE = Measure(76, lambda text: rf"\rlap{{$\displaystyle {text}$}}")


def aligned_rows(block: DerivationBlock, reason: Callable[[Span], str], measure: Measure) -> list[str]:
    r"""The rows of an `aligned`: left &= right && reason. A long formula goes on in the next row."""
    lefts = [latex(line.left) if line.left is not None else "" for line in block.lines]
    reasons = [reason(line.reason) for line in block.lines]
    left, right = max(map(print_width, lefts)) + 3, max(map(print_width, reasons)) + 2
    writer = latex_writer(block.shapes)
    layouts = [arranged(line.right, writer, print_width, measure.width - left) for line in block.lines]
    column = reason_column([layout.width for layout in layouts], right, measure.width - left, 20)
    rows = []
    for name, layout, why in zip(lefts, layouts, reasons, strict=True):
        first, *others = layout.lines
        texts = [f"{name} &= {first}".lstrip(), *(rf"&\quad {{}} {text}" for text in others)]
        why = f" && {why}" if why else ""
        if layout.width > column and measure.overhang:
            texts = [_hung(text, measure.overhang) for text in texts]
            rows += [*texts, "&" + why] if why else texts
        else:
            rows += [texts[0] + why, *texts[1:]]
    return rows


def _hung(row: str, overhang: Callable[[str], str]) -> str:
    left, _, right = row.partition("&")
    sign = "= " if right.startswith("= ") else ""
    return f"{left}&{sign}{overhang(right.removeprefix(sign))}"


def _derivation(block: DerivationBlock) -> str:
    tag = f" \\tag{{{block.number}}}" if block.number is not None else ""
    if block.kind == "result" and len(block.lines) == 1:
        line = block.lines[0]
        if not block.shapes and print_width(_equation(line)) < _PAGE.width - 6:
            return f"\\[\n\\boxed{{{_equation(line)}}}{tag}\n\\]\n"
    first, *others = aligned_rows(block, _reason, _PAGE)
    # A long stage goes on on the next page, but no line does: what goes on from a row has no sign = of its own.
    body = first + "".join(f" \\\\{'' if '&=' in row else '*'}\n{row}" for row in others)
    return f"{{\\allowdisplaybreaks\n\\begin{{flalign*}}\n{body}{tag}\n\\end{{flalign*}}}}\n"


def _equation(line: Line) -> str:
    left: Expression | None = line.left
    return f"{latex(left)} = {latex(line.right)}" if left is not None else latex(line.right)


def _table(block: Table) -> str:
    columns = "".join("r" if k in block.right else "l" for k in range(len(block.header)))
    head = " & ".join(f"\\textbf{{{words(cell)}}}" for cell in block.header)
    rows = "".join(_beginning(" & ".join(words(cell) for cell in row)) + " \\\\\n" for row in block.rows)
    caption = words(block.caption) + "\\par\n" if block.caption else ""
    return f"{caption}\\begin{{tabular}}{{{columns}}}\n{head} \\\\\n\\hline\n{rows}\\end{{tabular}}\n"


def _picture(block: Picture) -> str:
    caption = f"\\par\\smallskip {words(block.caption)}" if block.caption else ""
    return f"\\begin{{center}}\n{tikz(block.drawing)}{caption}\\end{{center}}\n"


def _verbatim(block: Verbatim) -> str:
    lines = [escape_latex(line.expandtabs(4)).replace(" ", "~") for line in block.text.split("\n")]
    return "{\\ttfamily\\raggedright " + "\\\\\n".join(f"\\mbox{{}}{line}" for line in lines) + "\\par}\n"


RENDERERS: dict[type, Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    DerivationBlock: _derivation,
    Table: _table,
    Verbatim: _verbatim,
    Picture: _picture,
}
