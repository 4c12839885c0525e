"""Files of answers: lines of JSON, or CSV with a line of titles."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from derive.errors import LimitError, UsageError
from derive.grading.cells import read_back
from derive.grading.faults import LineError
from derive.grading.row import Row, faulty, row
from derive.grading.sources import Sources
from derive.grading.strict_json import strict_json

MAXIMUM_LINE = 2**20
"""Bytes of a line; an answer has far fewer, and what is longer is not kept in memory."""

_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = ",;\t"

Reader = Callable[[BinaryIO, Sources], Iterator[Row]]


def read_answers(path: Path, sources: Sources) -> list[Row]:
    """The rows of a file, in order; UsageError if the file as a whole cannot be read. Blank lines are no rows."""
    reader = READERS[suffix_of(path)]
    try:
        if not path.is_file():
            raise UsageError(f"There is no file {path}.", suggestion="Give the path of the answers.")
        with path.open("rb") as file:
            if file.read(2) in _OTHER_ENCODINGS:
                raise UsageError(f"{path.name} is not UTF-8 text.", suggestion="Save it as UTF-8.")
            file.seek(0)
            return list(reader(file, sources))
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}.") from error


def suffix_of(path: Path) -> str:
    """.jsonl or .csv; UsageError for anything else."""
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise UsageError(f"{path.name} is neither .jsonl nor .csv.", suggestion="Use one of these suffixes.")
    return suffix


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank with their numbers; one that is too long is cut after one byte too many."""
    number = 0
    while raw := file.readline(MAXIMUM_LINE + 1):
        number += 1
        rest = raw
        while len(rest) > MAXIMUM_LINE and not rest.endswith(b"\n"):
            rest = file.readline(MAXIMUM_LINE + 1)
        raw = raw.removeprefix(_BOM) if number == 1 else raw
        if raw.strip():
            yield number, raw


def _jsonl(file: BinaryIO, sources: Sources) -> Iterator[Row]:
    for number, raw in _lines(file):
        try:
            yield row(number, _object(raw), sources)
        except (LineError, LimitError) as error:
            yield faulty(number, error)


def _object(raw: bytes) -> Mapping[str, Any]:
    value = strict_json(_text(raw))
    if not isinstance(value, dict):
        raise LineError("This is JSON, but no object.", suggestion='Write {"id": "…", "answer": "…"}.')
    return value


def _text(raw: bytes) -> str:
    if len(raw) > MAXIMUM_LINE:
        raise LimitError(f"This has more than {MAXIMUM_LINE:,} bytes.", code="E-SIZE")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LineError("This is not UTF-8 text.", suggestion="Save the file as UTF-8.") from error


def _csv(file: BinaryIO, sources: Sources) -> Iterator[Row]:
    """Records, whatever ends the lines; text that is not UTF-8 is found out cell by cell."""
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        yield from _records(lines, sources)


def _records(lines: Iterator[str], sources: Sources) -> Iterator[Row]:
    """Records by their titles."""
    first = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    titles = [title.strip() for title in next(csv.reader([first], delimiter=separator), [])]
    if "answer" not in titles:
        raise UsageError("The first line of the answers must name the columns, one of them answer.",
                         suggestion="Begin the file with id,answer.")  # fmt: skip
    if len(set(titles)) < len(titles):
        raise UsageError("Two columns of the answers have one title.", suggestion="Rename one.")
    records = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        try:
            cells = next(records, None)
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield row(records.line_num + 1, _record(titles, cells), sources)
        except (csv.Error, LineError) as error:
            reason = error if isinstance(error, LineError) else LineError(f"This is no CSV: {error}.")
            yield faulty(records.line_num + 1, reason)


def _record(titles: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(titles):
        held = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        raise LineError(f"This has {held}, but there are {len(titles)} columns.",
                        suggestion='An answer with a comma stands in quotes: "sum(x, 1)".')  # fmt: skip
    if any("\udc80" <= c <= "\udcff" for cell in cells for c in cell):
        raise LineError("This is not UTF-8 text.", suggestion="Save the file as UTF-8.")
    return {title: read_back(cell) for title, cell in zip(titles, cells, strict=True)}


READERS: dict[str, Reader] = {".jsonl": _jsonl, ".csv": _csv}
