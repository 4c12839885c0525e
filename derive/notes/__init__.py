"""Notes checked like code: the formulas of Markdown, LaTeX and notebooks, each with a verdict at its place."""

from derive.notes.check import Notes, Settings, check_notes
from derive.notes.report import Entry, FileReport, Report

__all__ = ["Entry", "FileReport", "Notes", "Report", "Settings", "check_notes"]
