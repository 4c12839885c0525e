"""Answers with two slips: how the slips of two wrong answers with one slip each go together.

What two slips change adds up where one of them is in the penalty, and multiplies where one of them is a number in front
of the data's term. Such pairs need no list: from the answer and one slip follow the values of the answer with the other
slip alone, and that is looked up. All other pairs are composed, so many of them, and kept by their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from derive.deadline import look
from derive.expression.nodes import Expression, Sum
from derive.expression.shapes import shape
from derive.expression.traverse import walk
from derive.mistakes import penalties
from derive.mistakes.fingerprint import Fingerprint, Fingerprints, Values, key
from derive.mistakes.row import Row
from derive.mistakes.setting import Setting
from derive.mistakes.sites import Site
from derive.mistakes.table import GENERAL, MISTAKES
from derive.mistakes.terms import summed, terms
from derive.mistakes.work import Candidate, Work, sites

STEPS = 60_000
"""Entries computed for answers with two slips; a count, so that a second run says the same."""

EFFORT = 25_000
"""Lines written anew (see `Work.effort`): of deep networks the slips near the answer are looked at."""

LISTED = 2_000
"""Answers with two slips that are looked at."""

_TOLD = 3
_CLOSE = 1e-9

Index = dict[Fingerprint, list[Candidate]]


class Pairs:
    """The pairs of slips that lead to an answer, found by values; what is found has to be proved.

    prints   values at the usual points
    small    values at smaller sizes, for the many answers that are composed
    singles  answers with one slip, by fingerprint
    """

    def __init__(self, work: Work, prints: Fingerprints, small: Fingerprints, singles: Index) -> None:
        self.work, self.prints, self.small, self.singles = work, prints, small, singles
        self._order = {code: place for place, code in enumerate(MISTAKES)}

    @cached_property
    def listed(self) -> Index:
        """Pairs that no single slip leads to, by their values at small sizes."""
        found: Index = {}
        scales = {id(first) for _, _, first in self._scales}
        firsts = sorted((g[0] for g in self.singles.values() if id(g[0]) not in scales), key=lambda c: c.stage)
        known = {None, self.small.of(self.work.expected), *(self.small.of(c.answer) for c in firsts)}
        begun, effort = self.small.steps, self.work.effort
        # Of scalars many points are looked at, which costs more than their entries do.
        most = STEPS // 4 if self.small.needs_all else STEPS
        mixed = (c for c in self.work.pairs(firsts) if not self._adds(*c.slips))
        for candidate in islice(mixed, LISTED):
            look()
            mark = self.small.of(candidate.answer)
            if mark is not None and mark not in known:
                found.setdefault(mark, []).append(candidate)
            if self.small.steps - begun > most or self.work.effort - effort > EFFORT:
                break
        self.small.forget()
        return found

    def composed(self, answer: Expression) -> list[Candidate]:
        """The listed pairs that an answer may have."""
        listed = self.listed
        mark = self.small.of(answer)
        return [] if mark is None else listed.get(mark, [])

    def added(self, answer: Expression) -> list[Candidate]:
        """Pairs with one slip in the penalty: what each changes adds up, answer = one + other − right."""
        values, right = self.prints.numbers(answer), self._right
        if values is None or right is None or len(values) != len(right):
            return []
        found = []
        for first in (group[0] for group in self.singles.values() if not self._in_penalty(*group[0].slips[0])):
            own = self.prints.numbers(first.answer)
            rest = key(tuple(v - o + r for v, o, r in zip(values, own or (), right, strict=False)))
            for other in self.singles.get(rest, [])[:1]:
                if self._adds(first.slips[0], other.slips[0]):
                    both = Sum((first.answer, other.answer, -self.work.expected))
                    found.append(Candidate((*first.slips, *other.slips), other.stage, both))
        return found[:_TOLD]

    def scaled(self, answer: Expression) -> list[Candidate]:
        """Pairs of which one slip puts a number in front: of the data's term, or of the whole."""
        values = self.prints.numbers(answer)
        if values is None or self._right is None or len(values) != len(self._right):
            return []
        found = []
        for factor, kept, first in self._scales:
            rest = key(tuple((v - k) / factor + k for v, k in zip(values, kept, strict=False)))
            for other in self.singles.get(rest, [])[:_TOLD]:
                found += list(self._together(first, other, answer))[:1]
        return sorted(found, key=lambda c: sum(row.code in GENERAL for row, _ in c.slips))[:_TOLD]

    def _together(self, one: Candidate, other: Candidate, answer: Expression) -> Iterator[Candidate]:
        """Two single slips made in one answer, if that has the values of the given one."""
        mark = self.prints.of(answer)
        first, second = sorted((one, other), key=self._place)
        for pair in ((first, second), (second, first)) if one.stage == other.stage else ((first, second),):
            yield from (c for c in self._composed_of(*pair) if self.prints.of(c.answer) == mark)

    def _place(self, candidate: Candidate) -> tuple[int, int]:
        return candidate.stage, self._order[candidate.slips[0][0].code]

    def _composed_of(self, first: Candidate, other: Candidate) -> Iterator[Candidate]:
        if first.stage != other.stage:
            given = {first.stage: first.slips[0][1].line}
            answer = self.work.following(other.stage, other.slips[0][1].line, given)
            if answer is not None:
                yield Candidate((*first.slips, *other.slips), other.stage, answer)
            return
        (row, _), setting = other.slips[0], self.work.lines[first.stage][0]
        for again in sites(row, first.slips[0][1].line, setting):
            answer = self.work.following(first.stage, again.line)
            if answer is not None:
                yield Candidate((*first.slips, (row, again)), first.stage, answer)

    def _in_penalty(self, row: Row, site: Site) -> bool:
        """Whether a slip is in the penalty's term."""
        return row in penalties.ROWS or self._at.is_penalty(site.about)

    def _adds(self, one: tuple[Row, Site], other: tuple[Row, Site]) -> bool:
        """Whether just one of two slips is in the penalty's term."""
        return self._in_penalty(*one) != self._in_penalty(*other)

    @cached_property
    def _at(self) -> Setting:
        return Setting(self.work.facts, None, is_output=False, is_final=True)

    @cached_property
    def _right(self) -> Values | None:
        return self.prints.numbers(self.work.expected)

    @cached_property
    def _scales(self) -> list[tuple[float, Values, Candidate]]:
        """(factor, what it does not multiply, slip) for single slips that put a number in front of the rest."""
        right = self.prints.all_values(self.work.expected)
        if right is None or len(set(right)) == 1:
            return []  # of one number all others are multiples
        kept = [(0.0,) * len(right)] if self._penalty is None else [(0.0,) * len(right), self._penalty]
        found = []
        for first in (group[0] for group in self.singles.values()):
            own = self.prints.all_values(first.answer)
            factors = [(_factor(own, right, rest), rest) for rest in kept] if own is not None else []
            found += [(factor, rest, first) for factor, rest in factors if factor is not None][:1]
        return found

    @cached_property
    def _penalty(self) -> Values | None:
        """The values of the penalty's terms; None if there are none, or nothing else."""
        parts = terms(self.work.expected)
        own = tuple(t for t in parts if self._at.is_penalty(t))
        if not own or len(own) == len(parts) or shape(summed(own)) != self.work.wanted:
            return None
        return self.prints.all_values(summed(own))


def _factor(values: Values, right: Values, kept: Values) -> float | None:
    """The number c with values = kept + c (right − kept), neither 0 nor 1; None if there is none."""
    if len(values) != len(right):
        return None
    shares = [(v - k, r - k) for v, r, k in zip(values, right, kept, strict=True)]
    most = max(shares, key=lambda pair: abs(pair[1]))
    if not most[0] or not most[1]:
        return None
    factor = most[0] / most[1]
    size = _CLOSE * max(abs(v) for v in values)
    is_it = all(abs(v - factor * r) <= size for v, r in shares) and abs(factor - 1) > _CLOSE
    return factor if is_it else None


def is_nested(pair: Candidate) -> bool:
    """Whether the second slip is one in what the first one wrote: a detour, told after all others."""
    (one, first), (_, second) = pair.slips
    if one.at != "node" or any(part == second.before for part in walk(first.before)):
        return False
    return any(part == second.before for part in walk(first.after))
