"""What margin marks say: one sign a formula, and a note for each relation of it that is wrong or open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.notes.reporting.report import UNCERTAIN, WRONG, Entry
from derive.notes.reporting.words import explained

SIGNS: Mapping[str, str] = {"right": "✓", "wrong": "✗", "open": "?", "none": "·"}


@dataclass(frozen=True)
class Note:
    """What is said of a relation: in words, with the correct right side as LaTeX where it is known."""

    sign: str
    where: str
    plain: str
    correction: str


@dataclass(frozen=True)
class Group:
    """The marks on one formula, which stands at [start, end) of the text; `ends` are places inside it where a relation
    ends, each with its sign."""

    start: int
    end: int
    display: bool
    sign: str
    notes: tuple[Note, ...]
    ends: tuple[tuple[int, str], ...]


def grouped(entries: Sequence[Entry]) -> list[Group]:
    """The entries by formula, in the order of the text; formulas in which nothing was checked have no mark."""
    found: dict[tuple[int, int], list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.formula, []).append(entry)
    groups = [_group(key, own) for key, own in sorted(found.items())]
    return [group for group in groups if group.sign != "none"]


def _group(place: tuple[int, int], entries: Sequence[Entry]) -> Group:
    signs = [sign(entry) for entry in entries]
    worst = next((s for s in ("wrong", "open", "right") if s in signs), "none")
    notes = tuple(_note(e, len(entries) > 1) for e, s in zip(entries, signs, strict=True) if s in ("wrong", "open"))
    ends = tuple((e.end, s) for e, s in zip(entries, signs, strict=True) if s != "none")
    return Group(*place, entries[0].display, worst, notes, ends)


def sign(entry: Entry) -> str:
    """Right, wrong, open, or none."""
    if entry.verdict in WRONG:
        return "wrong"
    if entry.verdict in UNCERTAIN:
        return "open"
    return "right" if entry.verdict in ("proved", "agrees") else "none"


def _note(entry: Entry, among_others: bool) -> Note:
    found = entry.to_json()
    where = f"Line {entry.place.line}: " if among_others else ""
    correction = found["expected"] if entry.verdict in WRONG and found["expected"] else ""
    return Note(sign(entry), where, explained(found), correction)
