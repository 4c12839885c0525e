"""All formats a document can be rendered in; a new one is one row here and one file with its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.errors import UsageError
from derive.rendering.document import Document
from derive.rendering.html import html
from derive.rendering.json_output import json_output
from derive.rendering.latex_document import latex_document, latex_fragment
from derive.rendering.markdown import markdown
from derive.rendering.terminal import terminal
from derive.suggestions import did_you_mean


@dataclass(frozen=True)
class Format:
    """A row: its name, the suffix of files of it, what it is, and how a document becomes it."""

    name: str
    suffix: str
    what: str
    render: Callable[[Document], str]


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("text", ".txt", "Unicode text, never wrapped", terminal),
        Format("latex", ".tex", "a LaTeX file that compiles", latex_document),
        Format("latex-fragment", "", "LaTeX to paste into a document (amsmath)", latex_fragment),
        Format("markdown", ".md", "Markdown with portable mathematics", markdown),
        Format("html", ".html", "a page that needs nothing else: formulas as MathML", html),
        Format("json", ".json", "every step as text and LaTeX with its rule and shape", json_output),
    )
}


def render(document: Document, format: str = "text", *, width: int | None = None, color: bool = False) -> str:
    """The document in a format of the table; width and colour are for text on a terminal only.

    Raises UsageError for a format that is not in the table.
    """
    if format == "text":
        return terminal(document, width=width, color=color)
    row = FORMATS.get(format)
    if row is None:
        raise UsageError(f"There is no format {format!r}.", suggestion=did_you_mean(format, FORMATS))
    return row.render(document)
