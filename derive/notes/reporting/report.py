"""What is reported of notes: an entry for each relation, with its place in the file, and what holds for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from derive.notation.names import spelling
from derive.notes.finding.pieces import MarkKind, Place
from derive.notes.formulas.judgement import Judgement

Json = dict[str, Any]

WRONG = ("refuted", "conditional")
UNCERTAIN = ("undecided", "not understood")
ORDER = ("proved", "agrees", "definition", "conditional", "refuted", "undecided", "not understood", "not checked")
"""Verdicts in the order in which totals list them."""
EXPECTED = "wrong as marked"
"""In totals: relations that are marked wrong, and are."""


@dataclass(frozen=True)
class Entry:
    """A relation in a file.

    place    where it stands; `part` where the wrong part of it does, if that is known
    mark     the mark on it, if there is one
    formula  the place of the whole formula, with its delimiters
    """

    place: Place
    judgement: Judgement
    part: Place | None = None
    mark: MarkKind | None = None
    formula: tuple[int, int] = (0, 0)
    end: int = 0
    display: bool = True

    @property
    def verdict(self) -> str:
        return self.judgement.verdict

    @property
    def counts_as(self) -> str:
        """Its name in the totals."""
        return EXPECTED if self.mark == "wrong" and self.verdict in WRONG else self.verdict

    def to_json(self) -> Json:
        """The keys of the contract, and more."""
        details = self.judgement.details
        expected = details.get("expected")
        return {
            **_place(self.place),
            "latex": self.judgement.latex,
            "verdict": self.verdict,
            "reason": self.judgement.reason,
            "expected": expected["latex"] if expected else None,
            "mistakes": list(details.get("mistakes", [])),
            "counterexample": details.get("counterexample"),
            "holds_when": list(details.get("holds_when", [])),
            "conventions": list(details.get("conventions", [])),
            "assumptions": list(details.get("assumptions", [])),
            "scope": details.get("scope"),
            "error_bound": details.get("error_bound"),
            "answer": details.get("answer"),
            "expected_formula": expected,
            "code": details.get("code"),
            "part": None if self.part is None else _place(self.part),
            "mark": self.mark,
            "missing": list(self.judgement.missing),
        }


@dataclass(frozen=True)
class Remark:
    """Something about the document that is no formula: a stale mark, a formula that never closes."""

    place: Place
    message: str

    def to_json(self) -> Json:
        return {**_place(self.place), "message": self.message}


@dataclass(frozen=True)
class FileReport:
    """What is said of one file; `text` by cell is what its lines are shown from."""

    file: str
    entries: tuple[Entry, ...] = ()
    warnings: tuple[Remark, ...] = ()
    texts: Mapping[int | None, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "file": self.file,
            "equations": [entry.to_json() for entry in self.entries],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


@dataclass(frozen=True)
class Missing:
    """A name that is not declared: in how many relations, and where first."""

    name: str
    count: int
    file: str
    line: int


@dataclass(frozen=True)
class Report:
    """What is said of all files that were asked for, and of those they input."""

    files: tuple[FileReport, ...] = ()

    @property
    def totals(self) -> dict[str, int]:
        """How many relations there are of each verdict; those that are marked wrong, and are, by themselves."""
        counts = Counter(entry.counts_as for file in self.files for entry in file.entries)
        return {name: counts[name] for name in (*ORDER, EXPECTED) if counts[name]}

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The names that are not declared, those first that most relations wait for.

        A name that the notes would define, if they knew the names in its formula, is not among them.
        """
        found: dict[str, Missing] = {}
        waiting = [(file.file, e) for file in self.files for e in file.entries if e.judgement.missing]
        defined = {spelling(name) for _, e in waiting if (name := e.judgement.would_define)}
        for file, entry in waiting:
            for name in entry.judgement.missing:
                if spelling(name) not in defined:
                    known = found.get(name) or Missing(name, 0, file, entry.place.line)
                    found[name] = replace(known, count=known.count + 1)
        return tuple(sorted(found.values(), key=lambda m: -m.count))

    def exit_code(self, strict: bool = False) -> int:
        """1 if something is wrong that is not marked so; with `strict` also if something could not be decided."""
        counted = (*WRONG, *UNCERTAIN) if strict else WRONG
        return int(any(self.totals.get(name, 0) for name in counted))

    def to_json(self) -> Json:
        return {
            "files": [file.to_json() for file in self.files],
            "totals": self.totals,
            "missing": [{"name": m.name, "count": m.count, "file": m.file, "line": m.line} for m in self.missing],
        }


def _place(place: Place) -> Json:
    found = {"line": place.line, "column": place.column, "end_line": place.end_line, "end_column": place.end_column}
    return found if place.cell is None else {**found, "cell": place.cell}


def joined(reports: Sequence[FileReport]) -> FileReport:
    """Reports on one file as one: a file that is input twice is reported once for each."""
    first = reports[0]
    entries = tuple(e for r in reports for e in r.entries)
    return replace(first, entries=entries, warnings=tuple(w for r in reports for w in r.warnings))
