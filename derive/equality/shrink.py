"""From a counterexample to one that a person can check by hand: small sizes, small integers, simple functions.

Greedy: each candidate is verified before it is taken, and what is returned is confirmed like any other counterexample.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from flint import fmpq

from derive.equality.arithmetic import ONE, PRECISIONS, ZERO
from derive.equality.claim import Claim
from derive.equality.comparison import Comparison, Difference, confirmed
from derive.equality.concrete import Concrete
from derive.equality.counterexample import Counterexample, described
from derive.equality.evaluate import Point
from derive.equality.matrix import Matrix
from derive.equality.model import Key
from derive.equality.sample import Sampler
from derive.equality.subgradient import is_subgradient, leaves_no_choice
from derive.equality.values import simple_functions
from derive.errors import ShapeError, Unsupported

BUDGET = 60_000
"""Entries computed before the best counterexample so far is kept."""

_CANDIDATES = 5
"""Where the budget does not reach for so many candidates, none is tried."""

_FRESH_POINTS = 4
_SIMPLE = tuple(fmpq(k) for k in (0, 1, -1, 2))
_LARGEST = 400
"""Entries of larger matrices are not tried one by one."""


def shrink(counterexample: Counterexample, *, budget: int = BUDGET) -> Counterexample:
    """A counterexample to the same claim with smaller sizes and simpler entries; the given one if there is none.

    A point at a kink stays at a kink, with the same answer to whether yours is a subgradient there.
    """
    if counterexample.claim is None or counterexample.point is None:
        return counterexample
    return _Shrinking(counterexample, budget).run()


class _Shrinking:
    def __init__(self, given: Counterexample, budget: int) -> None:
        assert given.claim is not None
        assert given.point is not None
        self.given = given
        self.claim: Claim = given.claim
        self.point: Point = given.point
        self.budget = budget
        self.steps = 0
        self.rng = random.Random(0)
        self.sampler = Sampler(self.claim, self.point.concrete, self.rng)

    def run(self) -> Counterexample:
        if not self._holds(self.point, self.sampler) or self.steps > self.budget // _CANDIDATES:
            return self.given
        self._sizes()
        self._functions()
        self._matrices()
        self._entries()
        for difference in self._differences():
            again = confirmed(self.claim.final, self.point, difference.entry, difference.binding)
            if again is not None:
                return described(
                    self.claim, self.point, again, at_kink=self.given.at_kink, subgradient=self.given.subgradient
                )
        return self.given

    def _differences(self) -> Iterator[Difference]:
        """The differing entries of the last point, the first one first."""
        comparison = Comparison(self.claim, self.point, self.rng)
        for bits in PRECISIONS:
            found = comparison.run(bits, first=True)
            if found is not None:
                yield found

    def _holds(self, point: Point, sampler: Sampler) -> bool:
        """Whether a candidate is a counterexample of the same kind."""
        if self.steps > self.budget or not sampler.admits(point):
            return False
        comparison = Comparison(self.claim, point, self.rng)
        for bits in PRECISIONS[:2]:
            try:
                found = comparison.run(bits)
            except (Unsupported, ShapeError):
                return False
            self.steps += comparison.steps
            if found is not None:
                is_tied = comparison.ties > 0 and not leaves_no_choice(self.claim.final, point, found)
                if is_tied != self.given.at_kink:
                    return False
                return not is_tied or is_subgradient(self.claim.final, point) == self.given.subgradient
            if comparison.sharp:
                return False
        return False

    def _take(self, point: Point) -> bool:
        if not self._holds(point, self.sampler):
            return False
        self.point = point
        return True

    def _sizes(self) -> None:
        """Each size down to 2 if that will do, otherwise as far as it will; 1 only where it was 1."""
        for name in [n for n, k in self.point.concrete.sizes.items() if k > 2]:
            for smaller in range(2, self.point.concrete.sizes[name]):
                concrete = self.point.concrete.with_size(name, smaller)
                if self._resized(concrete):
                    break

    def _resized(self, concrete: Concrete) -> bool:
        try:
            sampler = Sampler(self.claim, concrete, self.rng)
        except (Unsupported, ShapeError):
            return False
        cropped = {key: _cropped(self.point.values[key], *shape) for key, shape in sampler.shapes.items()}
        candidates: list[Point | None] = [Point(concrete, cropped, self.point.functions)]
        candidates += [sampler.point("small", dict(self.point.functions)) for _ in range(_FRESH_POINTS)]
        for candidate in candidates:
            if self.given.at_kink and candidate is not None:
                candidate = sampler.at_kink(candidate)
            if candidate is not None and self._holds(candidate, sampler):
                self.point, self.sampler = candidate, sampler
                return True
        return False

    def _functions(self) -> None:
        """z² for every unspecified function, or at least polynomials."""
        for functions in simple_functions([f.name for f in self.claim.functions]):
            if self._take(Point(self.point.concrete, self.point.values, functions)):
                return

    def _matrices(self) -> None:
        """Whole matrices of zeros, or of ones, or the identity."""
        for key, m in self.point.values.items():
            n = len(m.entries)
            unit = [ONE if i == j else ZERO for i in range(m.rows) for j in range(m.columns)]
            for entries in ([ZERO] * n, unit, [ONE] * n):
                if m.entries == entries or self._take(self._with(key, entries)):
                    break

    def _entries(self) -> None:
        """Single entries to 0, 1, −1 or 2; otherwise to a nearby integer."""
        for key in list(self.point.values):
            count = len(self.point.values[key].entries)
            for k in range(count if count <= _LARGEST else 0):
                old = self.point.values[key].entries[k]
                for new in _simpler(old):
                    entries = list(self.point.values[key].entries)
                    entries[k] = new
                    if self._take(self._with(key, entries)):
                        break

    def _with(self, key: Key, entries: list[fmpq]) -> Point:
        changed = Matrix(*self.point.values[key].shape, entries)
        return Point(self.point.concrete, {**self.point.values, key: changed}, self.point.functions)


def _simpler(x: fmpq) -> Iterator[fmpq]:
    """Values to try instead, the simplest first."""
    for value in _SIMPLE:
        if x == value:
            return
        yield value
    if x.q != 1 or abs(x) > 9:
        for value in (fmpq(x.floor()), fmpq(x.ceil())):
            if abs(value) <= 9:
                yield value
    if x > 9 or x < -9:
        yield from (fmpq(k if x > 0 else -k) for k in (3, 5, 10, 20) if k < abs(x))


def _cropped(m: Matrix, rows: int, columns: int) -> Matrix:
    """The upper left corner."""
    rows, columns = min(rows, m.rows), min(columns, m.columns)
    return Matrix(rows, columns, [m[i, j] for i in range(rows) for j in range(columns)])
