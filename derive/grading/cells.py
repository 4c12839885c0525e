"""Cells of CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from typing import Any

from derive.grading.strict_json import one_line

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet would run, and what would be taken for such text made harmless."""


def harmless(cell: str) -> str:
    """The cell with ' in front if it begins like a formula of a spreadsheet: = + - @."""
    return "'" + cell if _FORMULA.match(cell) else cell


def read_back(cell: str) -> str:
    """The cell that `harmless` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def cell(value: Any) -> str:
    """A value of a result as a cell: text as it is, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless("".join(c if c.isprintable() or c in "\n\t" else one_line(c)[1:-1] for c in value))
    return harmless(one_line(value))
