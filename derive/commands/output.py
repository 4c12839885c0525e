"""Where results go: plain text when piped, colours on a terminal that wants them, JSON on request."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from derive.rendering.json_output import json_text

if TYPE_CHECKING:
    from derive.rendering.document import Document


def print_text(written: str) -> None:
    """Print text as it is, with one newline at its end."""
    sys.stdout.write(written if written.endswith("\n") else written + "\n")


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print one JSON value, indented, Unicode kept."""
    print_text(json_text(value))


def wants_color(no_color: bool) -> bool:
    """Colour only on a terminal, and never against --no-color or NO_COLOR (see no-color.org) or a dumb terminal."""
    return sys.stdout.isatty() and not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def screen_width() -> int | None:
    """The width of the terminal; None if the output is piped, which must not be wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_document(document: Document, format_: str, no_color: bool) -> None:
    """Print a document: as wide as the terminal, and never wrapped when piped."""
    from derive.rendering.formats import render  # a verdict needs none of the formats

    print_text(render(document, format_, width=screen_width(), color=wants_color(no_color)))
