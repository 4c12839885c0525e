"""Where results go: plain text when piped, colours on a terminal that wants them, JSON on request."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any


def print_text(written: str) -> None:
    """Print text as it is, with one newline at its end."""
    sys.stdout.write(written if written.endswith("\n") else written + "\n")


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print one JSON value, indented, Unicode kept."""
    print_text(json.dumps(value, ensure_ascii=False, indent=2))


def wants_color(no_color: bool) -> bool:
    """Colour only on a terminal, and never against --no-color or NO_COLOR (see no-color.org) or a dumb terminal."""
    return sys.stdout.isatty() and not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
