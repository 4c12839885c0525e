"""Where a notation can be read in more than one way: the readings of a formula, one after the other.

A formula is read with one decision at each fork; the same fork met again in the formula is decided the same way, for
an author means the same by the same sign. All combinations are tried, up to a limit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

MAXIMUM = 64
"""Readings of one statement; a statement with more is not understood."""


class Choices:
    """The decisions of one reading; `pick` says which way to go at a fork."""

    def __init__(self, script: tuple[int, ...] = (), *, apart: bool = False) -> None:
        self._script = script
        self.apart = apart
        """Whether each guess is a fork of its own."""
        self._met: dict[Hashable, tuple[int, int]] = {}
        self._preferred: set[Hashable] = set()
        self._styles: set[str] = set()
        self.guessed: set[int] = set()
        """Where something stands whose size is guessed, if not `apart` the same for all of a kind: I, and ones."""

    def pick(self, fork: Hashable, ways: int) -> int:
        """The way to go, 0 … ways − 1; the first is what custom prefers."""
        if ways <= 1:
            return 0
        if fork not in self._met:
            place = len(self._met)
            self._met[fork] = (self._script[place] if place < len(self._script) else 0, ways)
        return self._met[fork][0]

    def prefer(self, fork: Hashable, ways: int) -> int:
        """The same, where a later way is meant only if no earlier one conforms."""
        way = self.pick(fork, ways)
        self._preferred.add(fork)
        return way

    def guess(self, kind: str, place: int, ways: int) -> int:
        """The size of an I or a vector of ones."""
        self.guessed.add(place)
        return self.pick(("size", kind, place if self.apart else 0), ways)

    def style(self, where: str) -> None:
        """Layers are numbered below (W_1) or above (W^1) here; an author does one or the other."""
        self._styles.add(where)

    @property
    def strain(self) -> int:
        """How far this reading is from what is preferred."""
        return sum(self._met[fork][0] for fork in self._preferred) + max(0, len(self._styles) - 1)

    def following(self) -> tuple[int, ...] | None:
        """The decisions of the next reading; None after the last."""
        decided = list(self._met.values())
        while decided:
            way, ways = decided.pop()
            if way + 1 < ways:
                return (*(w for w, _ in decided), way + 1)
        return None


def readings(*, apart: bool = False) -> Iterator[Choices]:
    """Every combination of decisions; each is to be used for one reading before the next is asked for."""
    script: tuple[int, ...] | None = ()
    while script is not None:
        choices = Choices(script, apart=apart)
        yield choices
        script = choices.following()
