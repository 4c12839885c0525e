"""The slips of an answer, undone one at a time in the answer itself: which of them makes it right?

The table's rows change lines of a derivation; this works for every relation, also where nothing was derived. Each row
of `undoings` undoes one slip at one place: a sign is turned back, a prime set, a transpose taken away, a layer moved by
one. If the answer is right then, that was the slip.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

from derive.deadline import look
from derive.errors import DeriveError
from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.expression.traverse import children, walk
from derive.mistakes.finding import NOTES, Finding
from derive.mistakes.fingerprint import Fingerprint, Fingerprints
from derive.mistakes.row import Row
from derive.mistakes.sites import with_child
from derive.mistakes.table import GENERAL, MISTAKES
from derive.mistakes.undoings import CHANGES, Undoing, conforms
from derive.mistakes.undoings_of_whole import of_the_whole
from derive.mistakes.wording import Words
from derive.mistakes.work import Candidate

TRIED = 160
"""Changes that are tried on one answer."""

LARGEST = 150
"""Nodes of an answer: each change costs as much as the answer is long."""


def undone(
    answer: Expression,
    expected: Expression,
    problem: Problem,
    prints: Fingerprints,
    proves: Callable[[Expression, Expression], bool],
    words: Words,
    *,
    is_shaped: bool = True,
    codes: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """The one slip without which the answer is proved right; () if there is none among those that are tried.

    is_shaped  the answer has the right shape; else the slip is to be what it has the wrong one from
    codes      the slips that are looked for, if not all
    """
    if sum(1 for _ in walk(answer)) > LARGEST:
        return ()
    right = prints.of(expected)
    if right is None:
        return ()
    for undoing, line in islice(_lines(answer, expected, problem, is_shaped, codes), TRIED):
        look()
        if (not is_shaped or undoing.code in _RESHAPING) and not conforms(line, expected):
            continue
        if prints.of(line) == right and proves(line, expected):
            return (_finding(undoing, answer, words),)
    return ()


def undone_beside(
    answer: Expression, expected: Expression, problem: Problem, prints: Fingerprints, words: Words,
    singles: Mapping[Fingerprint, list[Candidate]],
    named: Callable[[Expression, list[Candidate]], tuple[Finding, ...]],
) -> tuple[Finding, ...]:  # fmt: skip
    """The slip without which the answer has but one of the `singles`, which is `named` if it is proved; and that.

    That a penalty is missing is not said: what was undone is in it then.
    """
    if sum(1 for _ in walk(answer)) > LARGEST:
        return ()
    found = []
    for undoing, line in islice(_lines(answer, expected, problem), TRIED):
        look()
        mark = prints.of(line) if undoing.code not in VAGUE else None
        if mark is not None and mark in singles and set(mark) != {"0"}:
            found.append((undoing, line, mark))
    for undoing, line, mark in sorted(found, key=lambda f: (f[0].code in GENERAL, len(text(f[0].part)))):
        other = named(line, singles[mark])
        if other and other[0].code not in (undoing.code, _OPPOSITE.get(undoing.code), "missing-regulariser"):
            return (_finding(undoing, answer, words), other[0])
    return ()


_RESHAPING = frozenset({"wrong-axis"})
"""What has another shape without the slip may fit in all the same: a row is subtracted from a matrix, or a column."""


def _possible(found: Iterator[Undoing]) -> Iterator[Undoing]:
    """What can be undone; of a part that does not conform in itself not all can."""
    try:
        yield from found
    except DeriveError:
        return


VAGUE = frozenset({"missing-factor", "factor-forgotten", "extra-factor"})
"""With something else wrong as well, these would only say that one thing stands for another."""

_OPPOSITE = {"factor-two": "factor-half", "factor-half": "factor-two"}


def _finding(undoing: Undoing, answer: Expression, words: Words) -> Finding:
    row = MISTAKES.get(undoing.code) or NOTES[undoing.code]
    told = row.message
    if isinstance(row, Row) and row.in_term and undoing.part != answer:
        told = row.in_term
    message = words.filled(told, undoing.about or undoing.part, words.of(undoing.other) if undoing.other else "")
    return Finding(undoing.code, message, row.hint, undoing.part if undoing.part != answer else None)


def _lines(
    answer: Expression,
    expected: Expression,
    problem: Problem,
    is_shaped: bool = True,
    codes: Collection[str] | None = None,
) -> Iterator[tuple[Undoing, Expression]]:
    """The answer with one slip undone, for each slip and place; those of the whole first, what is too much last."""
    for undoing in of_the_whole(answer, expected, problem):
        if codes is None or undoing.code in codes:
            yield undoing, undoing.instead
    last = []
    for undoing, line in _inside(answer, problem, is_shaped, codes):
        if undoing.code == "extra-factor":
            last.append((undoing, line))
        else:
            yield undoing, line
    yield from last


def _inside(
    e: Expression, problem: Problem, is_shaped: bool, codes: Collection[str] | None
) -> Iterator[tuple[Undoing, Expression]]:
    for changes in CHANGES.get(type(e), ()):
        for undoing in _possible(changes(e, problem)):
            if codes is not None and undoing.code not in codes:
                continue
            if not is_shaped or undoing.code in _RESHAPING or conforms(undoing.instead, e):
                yield undoing, undoing.instead
    for place, child in enumerate(children(e)):
        for undoing, line in _inside(child, problem, is_shaped, codes):
            yield undoing, with_child(e, place, line)
