"""One answer of the file: who gave it, what was asked, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from derive.checking.verdicts.verdict import Verdict
from derive.errors import DeriveError
from derive.grading.faults import LineError
from derive.grading.sources import Source, Sources

MAXIMUM_POINTS = 10**9


@dataclass(frozen=True)
class Row:
    """A line of the answers.

    number   which line of the file it is, counted from 1
    given    all its keys as they stand there
    fault    the verdict on a line that is none; then nothing but `number` and `given` is to be relied on
    """

    number: int
    given: Mapping[str, Any] = field(default_factory=dict)
    answer: str = ""
    points: int | float = 1
    source: Source | None = None
    fault: Verdict | None = None


def row(number: int, given: Mapping[str, Any], sources: Sources) -> Row:
    """The row that a line's keys describe; what is wrong with them becomes its verdict."""
    worth: int | float = 1
    try:
        worth = points(given.get("points"))
        return Row(number, given, _answer(given), worth, sources.of(given))
    except DeriveError as error:
        return replace(faulty(number, error, given), points=worth)


def faulty(number: int, error: DeriveError, given: Mapping[str, Any] | None = None) -> Row:
    """A row that cannot be decided: its verdict is *not understood*."""
    verdict = Verdict("not understood", code=error.code, reason=f"Line {number}: {error}")
    return Row(number, given or {}, fault=verdict)


def _answer(given: Mapping[str, Any]) -> str:
    if "answer" not in given:
        raise LineError("There is no answer.", suggestion='Write it as "answer": "…".')
    if not isinstance(given["answer"], str):
        raise LineError("The answer must be text in quotes.")
    return given["answer"]


def points(value: object) -> int | float:
    """What a row is worth: a number, or one written as text; 1 if nothing is said."""
    if value is None or value == "":
        return 1
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAXIMUM_POINTS:
        raise LineError("The points must be a number from 0 to a billion.", suggestion='Write "points": 1.')
    return value


def _number(written: str) -> object:
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written
