"""Which problem a row is about: that of the command line, an exercise, one written in the row, or a file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import DeriveError, UsageError
from derive.exercises import exercise
from derive.grading.faults import PathError
from derive.grading.strict_json import strict_json
from derive.problems import read_table
from derive.problems.tables import within


@dataclass(frozen=True)
class Source:
    """A problem as data that another process can read: the tables of a problem file as JSON, and what is asked."""

    text: str
    wrt: str | None = None


def source(table: Mapping[str, Any], wrt: str | None = None) -> Source:
    """The source of a problem in tables; the order of keys counts, since definitions stand in order."""
    return Source(json.dumps(table, default=str), wrt)


class Sources:
    """The problems of the rows of one file.

    folder   where problem files that rows name must lie, in it or below
    default  the problem of rows that name none
    """

    def __init__(self, folder: Path, default: Source | None = None) -> None:
        self.folder = folder.resolve()
        self.default = default
        self._files: dict[str, Source | DeriveError] = {}

    def of(self, given: Mapping[str, Any]) -> Source:
        """The problem of a row; DeriveError if it names none, two, or one that cannot be read."""
        named, problem = given.get("exercise") or None, given.get("problem") or None
        if named is not None and problem is not None:
            raise UsageError("This names an exercise and a problem.", suggestion="Name one of them.")
        if named is not None:
            return source(exercise(str(named)).table)
        if isinstance(problem, str):
            return self._written(problem) if problem.lstrip().startswith("{") else self._file(problem)
        if isinstance(problem, Mapping):
            return source(problem)
        if problem is not None:
            raise UsageError("The problem must be a file or a table of sections.")
        if self.default is None:
            raise UsageError("This names no problem.", suggestion="Name one in the row, or give one to derive grade.")
        return self.default

    def _written(self, problem: str) -> Source:
        """A table written as text, as cells of CSV do."""
        with within("The problem"):
            return source(strict_json(problem))

    def _file(self, name: str) -> Source:
        """A file is read once; what is wrong with it is said at each row that names it."""
        if name not in self._files:
            try:
                self._files[name] = source(read_table(self._path(name)))
            except DeriveError as error:
                self._files[name] = error
        found = self._files[name]
        if isinstance(found, DeriveError):
            raise found
        return found

    def _path(self, name: str) -> Path:
        if "\0" in name or "\\" in name:
            raise PathError("The name of the problem file has a character that no path here may have.")
        try:
            path = (self.folder / name).resolve()
            is_device = path.exists() and not path.is_file() and not path.is_dir()
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
            raise PathError("The name of the problem file is no path.") from error
        if not path.is_relative_to(self.folder) or is_device:
            raise PathError("The problem file lies outside the folder of the answers.",
                            suggestion="Put it there, or name its folder with --problems FOLDER.")  # fmt: skip
        return path
