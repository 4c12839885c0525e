"""Both sides of a claim at one point: whether some entry differs for certain."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from derive.equality.arithmetic import PRECISIONS, Scalar, differ, is_sharp, precision
from derive.equality.claim import Claim
from derive.equality.evaluate import Evaluation, Point
from derive.errors import DeriveError

MANY = 64
"""Of matrices with more entries only some are compared."""
_SAMPLED = 6
_CORNER = ((0, 0), (1, 1), (0, 1), (1, 0), (2, 2), (0, 2))
"""Entries of a large matrix that are always compared: there large points are not 0."""

_BINDINGS = 16


@dataclass(frozen=True)
class Difference:
    """An entry (from 0) where two sides differ for certain, at the values of free indices."""

    entry: tuple[int, int]
    binding: Mapping[str, int]
    yours: Scalar
    expected: Scalar


class RouteMismatch(DeriveError):
    """The derived formula and the dual numbers disagree: a fault of this program, never of an answer."""

    code = "E-ROUTES"


class Comparison:
    """The two sides at a point; values that several entries need are worked out once.

    difference   the first entry found to differ, or None
    sharp        every value compared was known well enough for None to mean something
    ties         how many kinked units lie exactly at their kink
    """

    def __init__(self, claim: Claim, point: Point, rng: random.Random) -> None:
        self.claim = claim
        self.point = point
        self.rng = rng
        self.sharp = True
        self.ties = 0
        self.steps = 0

    def run(self, bits: int, *, first: bool = False, evaluation: Evaluation | None = None) -> Difference | None:
        """Compare at a precision: one random entry, then all (of large matrices: some); `first`: strictly in order.

        With an `evaluation` at this point and precision, what it has worked out already is used.
        """
        self.sharp = True
        with precision(bits):
            v = evaluation or Evaluation(self.claim.model, self.point)
            try:
                return self._in_order(v, bits) if first else self._compare(v, bits)
            finally:
                self.ties, self.steps = len(v.ties), v.steps[0]

    def _compare(self, v: Evaluation, bits: int) -> Difference | None:
        bindings = bindings_of(self.claim, v, self.rng)
        v.binding = dict(self.rng.choice(bindings))
        rows, columns = self.shape(v)
        i, j = self.rng.randrange(rows), self.rng.randrange(columns)
        found = self.at(v, (i, j), bits)
        if found is not None or rows * columns * len(bindings) == 1:
            return found
        return self._in_order(v, bits)

    def _in_order(self, v: Evaluation, bits: int) -> Difference | None:
        rows, columns = self.shape(v)
        for binding in bindings_of(self.claim, v, self.rng):
            v.binding = dict(binding)
            found = self._all(v, rows, columns, bits) if rows * columns <= MANY else self._some(v, rows, columns, bits)
            if found is not None:
                return found
        return None

    def shape(self, v: Evaluation) -> tuple[int, int]:
        left, right = v.concrete_shape(self.claim.left), v.concrete_shape(self.claim.right)
        return max(left[0], right[0]), max(left[1], right[1])

    def at(self, v: Evaluation, entry: tuple[int, int], bits: int) -> Difference | None:
        """Whether one entry differs, at the values of free indices that the evaluation has."""
        yours, expected = v.entry(self.claim.left, *entry), v.entry(self.claim.right, *entry)
        return self._judge(v, entry, yours, expected, bits)

    def _all(self, v: Evaluation, rows: int, columns: int, bits: int) -> Difference | None:
        left, right = v.value(self.claim.left), v.value(self.claim.right)
        for i in range(rows):
            for j in range(columns):
                found = self._judge(v, (i, j), left[i, j], right[i, j], bits)
                if found is not None:
                    return found
        return None

    def _some(self, v: Evaluation, rows: int, columns: int, bits: int) -> Difference | None:
        corner = [(min(i, rows - 1), min(j, columns - 1)) for i, j in _CORNER]
        sampled = [(self.rng.randrange(rows), self.rng.randrange(columns)) for _ in range(_SAMPLED)]
        for entry in (*corner, *sampled):
            found = self.at(v, entry, bits)
            if found is not None:
                return found
        return None

    def _judge(
        self, v: Evaluation, entry: tuple[int, int], yours: Scalar, expected: Scalar, bits: int
    ) -> Difference | None:
        if differ(yours, expected):
            return Difference(entry, dict(v.binding), yours, expected)
        self.sharp = self.sharp and is_sharp(yours, bits) and is_sharp(expected, bits)
        return None


def bindings_of(claim: Claim, v: Evaluation, rng: random.Random) -> list[dict[str, int]]:
    """The values that free index names take together; of many only some."""
    names = [index.name for index in claim.indices]
    ranges = [range(1, v.count(index.size) + 1) for index in claim.indices]
    if math.prod(len(r) for r in ranges) > _BINDINGS:
        return [{name: rng.choice(r) for name, r in zip(names, ranges, strict=True)} for _ in range(_BINDINGS)]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*ranges)]


def confirmed(claim: Claim, point: Point, entry: tuple[int, int], binding: Mapping[str, int]) -> Difference | None:
    """The difference at one entry worked out once more, from nothing, at twice the precision and by the second route.

    None if it does not hold up. Raises RouteMismatch where the reference contradicts the right side, unless a kink
    lies there, where either may be a matter of convention.
    """
    for bits in PRECISIONS[1:]:
        with precision(bits):
            v = Evaluation(claim.model, point)
            v.binding = dict(binding)
            yours, expected = v.entry(claim.left, *entry), v.entry(claim.right, *entry)
            if not differ(yours, expected):
                continue
            if claim.reference is not None:
                reference = v.entry(claim.reference, *entry)
                if differ(reference, expected):
                    if v.ties:
                        return None
                    raise RouteMismatch("The derived formula and dual numbers disagree at a point.")
                if not differ(yours, reference):
                    continue
            return Difference(entry, dict(binding), yours, expected)
    return None
