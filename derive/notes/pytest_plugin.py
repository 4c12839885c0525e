"""A pytest plugin: every equation of some notes is a test.

Active only for files that are asked for: `pytest --derive-notes lecture.md`, or in pyproject.toml

    [tool.pytest.ini_options]
    derive_notes = ["notes/*.md", "notes/*.tex"]
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import derive.notes as notes

SUFFIXES = (".md", ".markdown", ".tex", ".ipynb")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("derive", "notes checked by derive")
    group.addoption("--derive-notes", action="store_true", help="Check the equations of notes among the arguments.")
    group.addoption("--derive-strict", action="store_true", help="Fail what is undecided or not understood, too.")
    parser.addini("derive_notes", "Patterns of notes whose equations are tests.", type="linelist", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> NotesFile | None:
    """Notes that are asked for: by a pattern, or as an argument where --derive-notes is given."""
    if file_path.suffix.lower() not in SUFFIXES or not _is_asked_for(file_path, parent.config):
        return None
    found: NotesFile = NotesFile.from_parent(parent, path=file_path)
    return found


def _is_asked_for(path: Path, config: pytest.Config) -> bool:
    if config.getoption("--derive-notes"):
        return True
    patterns: list[str] = config.getini("derive_notes")
    root = config.rootpath
    relative = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return any(fnmatch.fnmatch(relative, pattern) for pattern in patterns)


class NotesFile(pytest.File):
    """Notes; they are checked when their tests are collected."""

    def collect(self) -> Iterator[pytest.Item]:
        report = notes.check_notes(self.path).to_json()
        for file in report["files"]:
            for number, entry in enumerate(file["equations"]):
                cell = f"cell {entry['cell']}, " if "cell" in entry else ""
                name = f"{cell}line {entry['line']}: {entry['latex']}"
                yield EquationItem.from_parent(self, name=_shortened(name, number), entry=entry, file=file["file"])
            for warning in file["warnings"]:
                self.warn(pytest.PytestWarning(f"{file['file']}:{warning['line']}: {warning['message']}"))


def _shortened(name: str, number: int) -> str:
    words = " ".join(name.split())
    return words if len(words) <= 100 else f"{words[:96]}… #{number + 1}"


class EquationItem(pytest.Item):
    """One equation."""

    def __init__(self, *, entry: dict[str, Any], file: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.entry = entry
        self.file = file

    def runtest(self) -> None:
        strict = self.config.getoption("--derive-strict")
        if notes.is_problem(self.entry, strict):
            raise WrongEquation(self.entry, self.file)
        if self.entry["verdict"] in ("not checked", "undecided", "not understood"):
            pytest.skip(notes.explained(self.entry))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, WrongEquation):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self.file), self.entry["line"] - 1, self.name


class WrongEquation(Exception):
    """An equation that is not right, with why."""

    def __init__(self, entry: dict[str, Any], file: str) -> None:
        super().__init__(f"{file}:{entry['line']}:{entry['column']}: {notes.in_full(entry)}\n    {entry['latex']}")
