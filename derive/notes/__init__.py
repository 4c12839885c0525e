"""Notes checked like code: the formulas of Markdown, LaTeX and notebooks, each with a verdict at its place."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.notes.check import Notes, Settings, check_notes
    from derive.notes.reporting.report import Entry, FileReport, Report
    from derive.notes.reporting.words import explained, in_full, is_problem

__all__ = ["Entry", "FileReport", "Notes", "Report", "Settings", "check_notes", "explained", "in_full", "is_problem"]

_HOMES = {
    "Notes": "derive.notes.check",
    "Settings": "derive.notes.check",
    "check_notes": "derive.notes.check",
    "Entry": "derive.notes.reporting.report",
    "FileReport": "derive.notes.reporting.report",
    "Report": "derive.notes.reporting.report",
    "explained": "derive.notes.reporting.words",
    "in_full": "derive.notes.reporting.words",
    "is_problem": "derive.notes.reporting.words",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used: the pytest plugin must cost nothing where it is idle."""
    if name not in _HOMES:
        raise AttributeError(f"module 'derive.notes' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
