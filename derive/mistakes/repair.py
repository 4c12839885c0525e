"""The one part of an answer that is wrong: with something else in its place the answer is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derive.deadline import look
from derive.errors import DeriveError
from derive.expression.nodes import Expression, Number, Tensor
from derive.expression.shapes import shape
from derive.expression.traverse import children, walk
from derive.mistakes.finding import NOTES, Finding
from derive.mistakes.fingerprint import Fingerprints
from derive.mistakes.sites import with_child
from derive.mistakes.wording import Words
from derive.mistakes.work import Work

TRIED = 250
"""Replacements that are tried."""

LARGEST = 120
"""Nodes of an answer whose parts are tried: each replacement costs as much as the answer is long."""

_NODES = 9
"""Nodes of a part at most; more is not `one part`."""


def repaired(
    answer: Expression, expected: Expression, work: Work, prints: Fingerprints,
    proves: Callable[[Expression, Expression], bool], words: Words,
) -> tuple[Finding, ...]:  # fmt: skip
    """The smallest part of the answer whose replacement by something of the right derivation repairs it."""
    if sum(1 for _ in walk(answer)) > LARGEST:
        return ()
    right, tried = prints.of(expected), 0
    replacements = _replacements(work)
    for part in _parts(answer):
        for other in replacements:
            if other == part or shape(other) != shape(part):
                continue
            tried += 1
            if tried > TRIED:
                return ()
            look()
            for candidate in _replaced(answer, part, other):
                if prints.of(candidate) == right and proves(candidate, expected):
                    note = NOTES["wrong-part"]
                    return (Finding(note.code, words.filled(note.message, part), note.hint, part),)
    return ()


def _replaced(e: Expression, part: Expression, other: Expression) -> Iterator[Expression]:
    """The formula with another part at one of the places where a part stands, for each of these."""
    if e == part:
        yield other
        return
    for place, child in enumerate(children(e)):
        for new in _replaced(child, part, other):
            yield with_child(e, place, new)


def _parts(answer: Expression) -> Iterator[Expression]:
    """The parts that stand in an answer once or twice, small ones first."""
    count: dict[Expression, int] = {}
    for part in walk(answer):
        count[part] = count.get(part, 0) + 1
    sized = ((n, sum(1 for _ in walk(part)), part) for part, n in count.items() if n <= 2 and part != answer)
    for _, size, part in sorted(sized, key=lambda found: (found[1], found[0])):
        if size <= _NODES and not isinstance(part, Number) and _conforms(part):
            yield part


def _replacements(work: Work) -> list[Expression]:
    """Parts of the right lines, and the names of the problem, small ones first."""
    found: dict[Expression, int] = {t: 1 for t in work.facts.names if isinstance(t, Tensor)}
    for _, lines in work.lines:
        for part in walk(lines[-1]):
            if not isinstance(part, Number) and _conforms(part):
                found.setdefault(part, sum(1 for _ in walk(part)))
    return sorted(found, key=lambda e: found[e])


def _conforms(e: Expression) -> bool:
    try:
        shape(e)
    except DeriveError:
        return False
    return True
