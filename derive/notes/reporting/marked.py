"""Marks meet formulas: `derive: ignore` and `derive: wrong` are about the formula after them; stale ones warn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from derive.notes.finding.pieces import Formula, Mark, Piece, Place
from derive.notes.formulas.chains import spot
from derive.notes.formulas.judgement import NOT_CHECKED, Judgement
from derive.notes.formulas.statements import statements
from derive.notes.reporting.report import WRONG, Entry, Remark

IGNORED = "marked derive: ignore"


@dataclass
class Marks:
    """Which formula each mark is about; a mark inside a formula is about the row after it."""

    outer: dict[int, Mark] = field(default_factory=dict)
    """By the place of the formula among the pieces."""
    inner: dict[int, list[Mark]] = field(default_factory=dict)
    without: list[Mark] = field(default_factory=list)
    """Marks with no formula after them."""


def assigned(pieces: Sequence[Piece]) -> Marks:
    """The marks of a document with their formulas; what states nothing, a lone symbol, is passed over."""
    found = Marks()
    waiting: Mark | None = None
    for number, piece in enumerate(pieces):
        if isinstance(piece, Mark):
            around = next((k for k, p in enumerate(pieces) if _is_inside(piece, p)), None)
            if around is not None:
                found.inner.setdefault(around, []).append(piece)
                continue
            found.without += [waiting] if waiting is not None else []
            waiting = piece
        elif isinstance(piece, Formula) and waiting is not None and states(piece):
            found.outer[number] = waiting
            waiting = None
    found.without += [waiting] if waiting is not None else []
    return found


def states(formula: Formula) -> bool:
    """Whether a formula states anything."""
    return bool(statements(formula.latex))


def _is_inside(mark: Mark, piece: Piece) -> bool:
    return isinstance(piece, Formula) and piece.document == mark.document and piece.start < mark.start < piece.end


def ignored(formula: Formula) -> tuple[Judgement, ...]:
    """A formula that is not to be read."""
    return tuple(
        spot(s, k).said(NOT_CHECKED, IGNORED) for s in statements(formula.latex) for k in range(len(s.relations))
    )


def with_marks(
    entries: Sequence[Entry], formula: Formula, outer: Mark | None, inner: Sequence[Mark]
) -> tuple[list[Entry], list[Remark]]:
    """The entries of a formula with its marks, and warnings about marks that are stale."""
    marked = list(entries)
    about: Mapping[int, Mark] = {}
    warnings: list[Remark] = []
    if outer is not None:
        marked = [replace(e, mark=outer.kind) for e in marked]
        warnings += _stale(outer, marked)
    for mark in inner:
        after = [k for k, e in enumerate(marked) if e.end > mark.start and k not in about]
        if not after:
            warnings.append(Remark(_place(mark), f"No formula follows `derive: {mark.kind}`."))
            continue
        about = {**about, after[0]: mark}
        entry = replace(marked[after[0]], mark=mark.kind)
        if mark.kind == "ignore":
            entry = replace(entry, judgement=_set_aside(entry.judgement), part=None)
        marked[after[0]] = entry
        warnings += _stale(mark, [entry])
    return marked, warnings


def _set_aside(judgement: Judgement) -> Judgement:
    return Judgement(judgement.start, judgement.end, judgement.latex, NOT_CHECKED, IGNORED)


def _stale(mark: Mark, entries: Sequence[Entry]) -> list[Remark]:
    if mark.kind != "wrong" or any(e.verdict in WRONG for e in entries):
        return []
    verdicts = sorted({e.verdict for e in entries})
    what = "it is right" if verdicts and set(verdicts) <= {"proved", "agrees"} else f"it is {' and '.join(verdicts)}"
    return [Remark(_place(mark), f"The next formula is marked wrong, but {what}. Take the mark away.")]


def _place(mark: Mark) -> Place:
    return mark.document.place(mark.start, mark.end)


def lonely(mark: Mark) -> Remark:
    """A mark with no formula after it."""
    return Remark(_place(mark), f"No formula follows `derive: {mark.kind}`. Take the mark away.")
