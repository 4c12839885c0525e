"""A = B = C as it is handed to a reader: one line of text, with the way back to the formula, and a spot for each =."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.errors import Position
from derive.notes.finding.blank import blanked
from derive.notes.formulas.judgement import Spot
from derive.notes.formulas.statements import Part, Statement


@dataclass(frozen=True)
class Chain:
    """Members joined by =.

    text   what is read; `shift` is added to a place in it to have the place in the formula
    parts  the members, as places in `text`
    spots  for each = what the report calls it
    """

    text: str
    shift: int
    parts: tuple[Part, ...]
    spots: tuple[Spot, ...]

    @property
    def left(self) -> str:
        """The first member as it is written."""
        return self.member(0)

    def member(self, number: int) -> str:
        """A member as it is written; −1 is the last."""
        part = self.parts[number]
        return self.text[part.start : part.end]

    def part(self, position: Position | None) -> tuple[int, int] | None:
        """A place that a reader or a verdict names, in the formula."""
        return None if position is None else self.span((position.column - 1, position.end_column - 1))

    def span(self, span: tuple[int, int] | None) -> tuple[int, int] | None:
        """A span of the text, in the formula; None if it is in what the formula goes on from."""
        if span is None or span[0] + self.shift < 0:
            return None
        return span[0] + self.shift, max(span[1], span[0] + 1) + self.shift

    def only(self, left: int, right: int) -> Chain:
        """The relation between two members; everything else is blank."""
        first, last = self.parts[left], self.parts[right]
        sign = first.end
        keep = blanked(self.text, [(0, first.start), (first.end, last.start), (last.end, len(self.text))])
        text = keep[:sign] + "=" + keep[sign + 1 :]
        return Chain(text, self.shift, (first, last), (self.spots[right - 1],))

    def since(self, first: int) -> Chain:
        """The members from one on; everything before it is blank."""
        text = blanked(self.text, [(0, self.parts[first].start)])
        return Chain(text, self.shift, self.parts[first:], self.spots[first:])

    def with_left(self, left: str) -> Chain:
        """With another first member of the same length."""
        first = self.parts[0]
        return Chain(self.text[: first.start] + left + self.text[first.end :], self.shift, self.parts, self.spots)

    def only_left(self) -> str:
        """The text of the first member alone."""
        return self.text[: self.parts[0].end]

    def without_left(self) -> str:
        """The text of the other members alone."""
        return " " * self.parts[1].start + self.text[self.parts[1].start :]


def chain(statement: Statement, first: int, last: int, head: str | None) -> Chain | None:
    """The members `first` to `last` of a statement; `head` is what a statement that begins with = goes on from."""
    spots = tuple(spot(statement, k) for k in range(first, last))
    text = statement.text[: statement.members[last].end]
    for k in range(first, last):
        text = _joined(text, statement.members[k].end, statement.members[k + 1].start)
    if first == 0 and statement.is_continuation:
        if head is None:
            return None
        sign = spots[0].start
        text, shift = f"{head} {text[sign:]}", sign - len(head) - 1
        parts = [Part(0, len(head)), *(Part(m.start - shift, m.end - shift) for m in statement.members[1 : last + 1])]
        return Chain(text, shift, tuple(parts), spots)
    start = statement.members[first].start
    return Chain(" " * start + text[start:], 0, statement.members[first : last + 1], spots)


def _joined(text: str, end: int, start: int) -> str:
    """The text with a plain = between two members, whatever sign stands there."""
    gap = text[end:start]
    sign = end + len(gap) - len(gap.lstrip())
    return f"{text[:end]}{'=':>{sign - end + 1}}{' ' * (start - sign - 1)}{text[start:]}"


def spot(statement: Statement, relation: int) -> Spot:
    """Where the report places a relation: the first with both sides, the others from their sign on."""
    left, right = statement.members[relation], statement.members[relation + 1]
    gap = statement.text[left.end : right.start]
    sign = left.end + len(gap) - len(gap.lstrip())
    start = left.start if relation == 0 and not statement.is_continuation else sign
    return Spot(start, right.end, " ".join(statement.text[left.start : right.end].split()))


def runs(relations: Sequence[str]) -> list[tuple[int, int]]:
    """Stretches of relations: equalities together, others one by one.

    >>> runs(["=", "=", "approx", "="])
    [(0, 2), (2, 3), (3, 4)]
    """
    found: list[tuple[int, int]] = []
    for k, kind in enumerate(relations):
        joins = found and kind in EQUALS and relations[found[-1][0]] in EQUALS
        if joins:
            found[-1] = (found[-1][0], k + 1)
        else:
            found.append((k, k + 1))
    return found


EQUALS = frozenset({"=", ":="})
