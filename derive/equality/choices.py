"""Every way that gates may open: the decisions of one evaluation after another, all of them in the end."""

from __future__ import annotations


class Unfit(Exception):
    """This way of evaluating says nothing about the claim; the reason is for the log, not a verdict."""


class Unlucky(Exception):
    """A random value was a bad one (a zero denominator, no square root): the same again with other values."""


class Undefined(Exception):
    """A side has no value on this branch (1/0 identically, the log of a negative constant)."""


class Rooted(Exception):
    """Exponentials must start from e^{u/order}, because e^{u/order} of a known argument occurs too."""

    def __init__(self, order: int) -> None:
        super().__init__(order)
        self.order = order


class Choices:
    """Decisions taken in order while something is evaluated, and the next combination of them.

    >>> choices, seen = Choices(), []
    >>> while True:
    ...     choices.restart()
    ...     seen.append((choices.pick(2), choices.pick(2)))
    ...     if not choices.advance():
    ...         break
    >>> seen
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []
        self._next = 0

    def restart(self) -> None:
        """The same decisions again, from the first."""
        self._next = 0

    def pick(self, options: int) -> int:
        """A decision between 0 … options − 1."""
        if self._next == len(self._taken):
            self._taken.append((0, options))
        self._next += 1
        return self._taken[self._next - 1][0]

    def advance(self) -> bool:
        """Go to the next combination; False if there is none."""
        del self._taken[self._next :]
        while self._taken:
            taken, options = self._taken.pop()
            if taken + 1 < options:
                self._taken.append((taken + 1, options))
                return True
        return False
