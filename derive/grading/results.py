"""Files of results: written row by row beside their place, and moved there when they are complete."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from derive.errors import UsageError
from derive.grading.answers import suffix_of
from derive.grading.cells import cell
from derive.grading.result import KEPT_APART, KEYS, Result, kept
from derive.grading.row import Row
from derive.grading.strict_json import one_line


class Writer(Protocol):
    """Writes one result after the other."""

    def write(self, result: Result) -> None: ...


@contextmanager
def results_file(path: Path, rows: Sequence[Row], *, timings: bool = False) -> Iterator[Writer]:
    """Where the results of the rows go, in the format that the suffix names.

    Until the end of the block they stand in `PATH.partial`, complete up to the last row that was written, and stay
    there if the program ends before; a link keeps leading to its file. UsageError if the file cannot be written.
    """
    suffix, place = suffix_of(path), _place(path)
    try:
        partial = partial_of(path)
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield _Csv(file, titles(rows, timings)) if suffix == ".csv" else _JsonLines(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(place)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", suggestion="Choose another file.") from error


def partial_of(path: Path) -> Path:
    """Where results stand while they are being worked out: beside the file that they will be."""
    place = _place(path)
    return place.with_name(place.name + ".partial")


def _place(path: Path) -> Path:
    """The file that a path leads to; UsageError if that is none."""
    try:
        place = path.resolve()
        if not place.exists() or place.is_file():
            return place
        why = "it is no file"
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        why = (error.strerror if isinstance(error, OSError) else "") or "its links lead in a circle"
    raise UsageError(f"{path} cannot be written: {why}.", suggestion="Choose another file.")


def titles(rows: Sequence[Row], timings: bool) -> list[str]:
    """The columns of all results, those that rows bring along in the order of their first appearance."""
    own = dict.fromkeys(key for row in rows for key in kept(row.given))
    apart = {KEPT_APART} & own.keys()
    return ["id", *(key for key in own if key not in apart), *KEYS, *(["elapsed_ms"] if timings else []), *apart]


class _JsonLines:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, result: Result) -> None:
        self._file.write(one_line(result) + "\n")
        self._file.flush()


class _Csv:
    def __init__(self, file: IO[str], columns: list[str]) -> None:
        self._file = file
        self._columns = columns
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow([cell(column) for column in columns])

    def write(self, result: Result) -> None:
        self._writer.writerow([cell(result.get(column)) for column in self._columns])
        self._file.flush()
