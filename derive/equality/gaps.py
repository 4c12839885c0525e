"""Gaps: places that make up more than a null set where an answer has no value although the right one has.

Equal normal forms mean equal wherever both sides are defined, and z/[z > 0] is defined on half of all points only. So
an answer that divides by something which may be 0 on an open set (a gate that is off), or takes a log or a root of
something that may be negative, is looked at in points in general position: numbers that no equation holds for by
chance. One of them at which it has no value lies in a whole region of such points; x/x at x = 0 is never met.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flint import fmpq

from derive.equality.arithmetic import PRECISIONS, ZERO, Scalar, precision
from derive.equality.claim import Claim
from derive.equality.comparison import MANY, bindings_of
from derive.equality.dual import Duals
from derive.equality.evaluate import Evaluation, Point
from derive.equality.matrix import Matrix
from derive.equality.no_value import NO_VALUE, Watching, has_value
from derive.equality.sample import Sampler
from derive.equality.values import admissible, is_admissible, smooth_functions, symmetrised
from derive.errors import ShapeError, Unsupported
from derive.expression.nodes import Derivative, Expression, Sum
from derive.expression.traverse import tensors, walk

ROUNDS = 12
"""Points that are looked at."""

_MODES = ("rational", "mixed", "positive", "negative", "unit", "small", "large", "numbers")
_PATTERNS = ((2,), (2,), (1,), (2, 3))
_PARTS = (0, 1, 2, 4, 10, 100)
_COSTLY = 20_000
_FINE = 10**7 + 19
"""A prime: what is added to each number is a fraction of it."""


@dataclass(frozen=True)
class Place:
    """An entry (from 0) at the values of free indices, and what is expected there."""

    entry: tuple[int, int]
    binding: Mapping[str, int]
    expected: Scalar


@dataclass(frozen=True)
class Look:
    """One point: where the answer has no value although the right one has, and where both have one that is not 0."""

    point: Point
    evaluation: Evaluation
    gaps: tuple[Place, ...]
    common: int


class Gaps:
    """Looks at an answer in many points.

    claim   left is the answer, right what is expected
    asked   formulas that must have a value for anything to be asked: the objective, what is differentiated
    own     names that the answer itself defines; all others are the problem's, and where they have no value nothing is
            asked either
    """

    def __init__(self, claim: Claim, asked: tuple[Expression, ...], own: frozenset[str]) -> None:
        self.claim = claim
        self.asked = asked
        self.named = frozenset(d.target.name for d in claim.problem.definitions) - own
        self.whole = dataclasses.replace(claim, reference=Sum((claim.right, *asked))) if asked else claim
        self._samplers: dict[tuple[object, ...], Sampler | None] = {}

    def looks(self, rounds: int = ROUNDS) -> Iterator[Look]:
        """Points in general position at which something is asked."""
        rng = random.Random(0)
        spent = 0
        for k in range(rounds):
            sampler = self._sampler(k, rng)
            point = None if sampler is None else self._point(sampler, k, rng)
            found = None if point is None else self.at(point)
            if found is not None:
                yield found
                spent += found.evaluation.steps[0]
                if spent > _COSTLY:
                    return

    def _sampler(self, k: int, rng: random.Random) -> Sampler | None:
        claim = self.whole
        pattern = _PATTERNS[k % len(_PATTERNS)] if claim.size_symbols or claim.families else _PATTERNS[0]
        first = claim.first_layer + k % 2 if claim.layer_symbols else 0
        key = (pattern, first)
        if key not in self._samplers:
            try:
                concrete = claim.concrete(pattern, first, first + 1 if first else 0)
                self._samplers[key] = Sampler(claim, concrete, rng)
            except (Unsupported, ShapeError):
                self._samplers[key] = None
        return self._samplers[key]

    def _point(self, sampler: Sampler, k: int, rng: random.Random) -> Point | None:
        functions = smooth_functions([f.name for f in self.claim.functions], k)
        try:
            point = sampler.point(_MODES[k % len(_MODES)], functions)
            return None if point is None else self._shaken(sampler, point, rng)
        except (Unsupported, ShapeError):
            return None

    def _shaken(self, sampler: Sampler, point: Point, rng: random.Random) -> Point:
        """The point a little beside itself, as far as the assumptions let it."""
        facts = sampler.assumptions
        bound = {t.name for equation in facts.equations for side in equation for t in tensors(side)}

        def moved(keep: frozenset[str]) -> Point:
            values = dict(point.values)
            for key, m in point.values.items():
                if key[0] in facts.integer | facts.binary | keep:
                    continue
                entries = [x + fmpq(rng.randint(-(10**6), 10**6), _FINE) for x in m.entries]
                new = Matrix(*m.shape, [admissible(key[0], x, facts, rng) for x in entries])
                values[key] = symmetrised(new) if key[0] in facts.symmetric else new
            return Point(point.concrete, values, point.functions)

        if not bound:
            beside = moved(frozenset())
            return beside if sampler.admits(beside) else point
        again: Point | None = moved(frozenset())
        keys = [key for key in point.values if key[0] in bound - facts.binary]
        for a, b in facts.equations:
            again = None if again is None else sampler.solved(again, Sum((a, -b)), keys)
        return again if again is not None and sampler.admits(again) else moved(frozenset(bound))

    def at(self, point: Point) -> Look | None:
        """What is seen at a point; None if nothing is asked there."""
        with precision(PRECISIONS[1]):
            v = Evaluation(self.claim.model, point, Duals(Watching()))
            try:
                return self._seen(v)
            except (Unsupported, ShapeError):
                return None

    def _seen(self, v: Evaluation) -> Look | None:
        claim = self.claim
        gaps, common = [], 0
        for binding in bindings_of(self.whole, v, random.Random(0)):
            v.binding = binding
            right = v.value(claim.right)
            if not self._is_asked(v):
                continue
            left = v.value(claim.left)
            if not all(has_value(x) for key, m in v.values.items() if key[0] in self.named for x in m.entries):
                return None
            rows, columns = max(left.rows, right.rows), max(left.columns, right.columns)
            for place in [(i, j) for i in range(rows) for j in range(columns)][:MANY]:
                yours, expected = left[place], right[place]
                if yours is NO_VALUE and has_value(expected):
                    gaps.append(Place(place, binding, expected))
                elif has_value(yours) and has_value(expected) and expected != 0:
                    common += 1
        return Look(v.point, v, tuple(gaps), common) if gaps or common else None

    def _is_asked(self, v: Evaluation) -> bool:
        for e in self.asked:
            try:
                if not all(map(has_value, v.value(e).entries)):
                    return False
            except (Unsupported, ShapeError):  # a loss without a formula asks everywhere
                continue
        return True

    def simpler(self, look: Look) -> Look:
        """A look at a point of simple numbers, not closer to a kink, that shows the same; the look itself
        if none does."""
        for parts in _PARTS:
            values = {key: self._rounded(key[0], m, parts) for key, m in look.point.values.items()}
            found = self.at(Point(look.point.concrete, values, look.point.functions))
            if found is not None and found.gaps and len(found.evaluation.ties) <= len(look.evaluation.ties):
                return found
        return look

    def _rounded(self, name: str, m: Matrix, parts: int) -> Matrix:
        """Every number as ±1, or as the next whole number of `parts` of 1 that is further from 0."""
        facts = self.claim.problem.assumptions
        if any(t.name == name for equation in facts.equations for side in equation for t in tensors(side)):
            return m
        signs = [ZERO if x == 0 else fmpq(1 if x > 0 else -1) for x in m.entries]
        if parts:
            signs = [s * fmpq((parts * abs(x)).ceil(), parts) for s, x in zip(signs, m.entries, strict=True)]
        return Matrix(*m.shape, signs) if all(is_admissible(name, x, facts) for x in signs) else m


def derived_from(reference: Expression | None) -> tuple[Expression, ...]:
    """What is differentiated in a formula."""
    return () if reference is None else tuple(n.of for n in walk(reference) if isinstance(n, Derivative))
