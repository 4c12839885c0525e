"""Points at which two sides are compared: exact rationals that satisfy what the problem assumes.

Ordinary and saturated values, both signs, zeros and ones, targets that are one-hot, and points exactly at a kink. An
assumption holds exactly or the point is thrown away: where it is affine in some entry it is solved for, otherwise
values are tried that often satisfy such equations (one-hot, ±1, 0/1, permutations, Pythagorean columns).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cached_property

from flint import fmpq

from derive.equality.arithmetic import ZERO, Scalar
from derive.equality.claim import Claim
from derive.equality.concrete import Concrete
from derive.equality.evaluate import Evaluation, Point
from derive.equality.evaluation import LARGE
from derive.equality.matrix import Matrix
from derive.equality.model import Key
from derive.equality.values import MIXED, POOLS, Pool, admissible, around, is_admissible, structured, symmetrised
from derive.errors import Unsupported
from derive.expression.function import Function
from derive.expression.nodes import Component, Expression, Number, Sum, Tensor
from derive.expression.traverse import tensors, walk

_FAR = ("large", "huge", "numbers")
"""Modes of which the point is that some entries are large."""

_DENSE = 3
"""Entries in each row of a large matrix that are drawn."""


class Sampler:
    """Points for a claim at given sizes; seeded, so that a second run finds the same.

    Raises Unsupported where the claim has no meaning at these sizes or layers.
    """

    def __init__(self, claim: Claim, concrete: Concrete, rng: random.Random) -> None:
        self.claim = claim
        self.concrete = concrete
        self.rng = rng
        self.assumptions = claim.problem.assumptions
        self.shapes: dict[Key, tuple[int, int]] = {}
        model = claim.model
        if any(model.is_beyond(key, concrete) for key in model.reads(claim.whole, concrete, concrete.layers)):
            raise Unsupported("The claim speaks of a layer that the network does not have.")
        self.shapes.update(model.given(claim.whole, concrete, concrete.layers))
        final = claim.final
        if final is not claim:
            # The route that confirms a difference may read more: the name that is differentiated by.
            for key, shape in final.model.given(final.whole, concrete, concrete.layers).items():
                self.shapes.setdefault(key, shape)
        self._derived = [name for name in self._with_facts() if model.given(name, concrete, concrete.layers).keys()
                         <= self.shapes.keys()]  # fmt: skip
        self._equations = [Sum((a, -b)) for a, b in self.assumptions.equations]
        self._equations = [e for e in self._equations if self._concerns(e)]
        for e in self._equations:
            for key, shape in model.given(e, concrete, concrete.layers).items():
                self.shapes.setdefault(key, shape)

    def _with_facts(self) -> list[Tensor]:
        """The names with a definition of which something is assumed: it holds, or the point is thrown away."""
        facts = self.assumptions
        named = facts.positive | facts.nonzero | facts.integer | facts.binary | facts.symmetric
        named |= {bounded for bounded, _, _ in facts.between}
        targets = [d.target for d in self.claim.problem.definitions if d.target.layer is None]
        return [target for target in targets if target.name in named]

    @property
    def entries(self) -> int:
        """How many entries are given."""
        return sum(rows * columns for rows, columns in self.shapes.values())

    def _concerns(self, equation: Expression) -> bool:
        """Whether an assumption mentions something that matters here (or only sizes)."""
        mentioned = self.claim.model.given(equation, self.concrete, self.concrete.layers)
        return not mentioned or any(key in self.shapes for key in mentioned)

    def point(self, mode: str, functions: dict[str, Function]) -> Point | None:
        """A point in one mode, or None if the assumptions could not be met."""
        values = {key: self._matrix(key, shape, self._pool(mode)) for key, shape in self.shapes.items()}
        point: Point | None = Point(self.concrete, values, functions)
        if point is not None and self._equations:
            point = self._assume(point, is_far=mode in _FAR)
        return point if point is not None and self._admits_derived(point) else None

    def _pool(self, mode: str) -> Pool:
        if mode == "mixed":
            return POOLS[self.rng.choice(MIXED)]
        if mode == "saturated":
            return POOLS[self.rng.choice(("small", "large", "huge"))]
        if mode == "lone":
            # Some names far out and the others small, with no unit at its kink, so that what is saturated is seen.
            return POOLS[self.rng.choice(("fine", "fine", "far"))]
        return around(self._numbers) if mode == "numbers" else POOLS[mode]

    @cached_property
    def _numbers(self) -> tuple[fmpq, ...]:
        """The numbers that the claim itself speaks of, other than the smallest: where it may change."""
        found = {
            abs(n.value) for side in (self.claim.left, self.claim.right) for n in walk(side) if isinstance(n, Number)
        }
        return tuple(fmpq(x.numerator, x.denominator) for x in sorted(found) if x > 2)

    def _matrix(self, key: Key, shape: tuple[int, int], pool: Pool) -> Matrix:
        rows, columns = shape
        if rows * columns > LARGE and self._is_free(key[0]):
            # Of a large matrix most entries are 0: the counterexample is readable, and soon worked out.
            few = [pool(self.rng) if k % (columns + 1) < _DENSE else ZERO for k in range(rows * columns)]
            return Matrix(rows, columns, few)
        entries = [admissible(key[0], pool(self.rng), self.assumptions, self.rng) for _ in range(rows * columns)]
        found = Matrix(rows, columns, entries)
        return symmetrised(found) if key[0] in self.assumptions.symmetric else found

    def _is_free(self, name: str) -> bool:
        """Whether nothing is assumed of a name."""
        facts = self.assumptions
        listed = (facts.positive, facts.nonzero, facts.integer, facts.binary, facts.symmetric)
        named = {t.name for equation in facts.equations for side in equation for t in tensors(side)}
        return not any(name in names for names in (*listed, named, {bounded for bounded, _, _ in facts.between}))

    def _assume(self, point: Point, *, is_far: bool) -> Point | None:
        """The point changed until every equation holds, or None; what is far out is first left without structure."""
        model = self.claim.model
        mentioned = (model.given(e, self.concrete, self.concrete.layers) for e in self._equations)
        concerned = sorted({key for keys in mentioned for key in keys}, key=str)
        for attempt in range(8):
            values = dict(point.values)
            for key in concerned:
                shaped = None if is_far and attempt == 0 else structured(attempt, self.shapes[key], self.rng)
                if shaped is not None:
                    values[key] = shaped
            changed: Point | None = Point(point.concrete, values, point.functions)
            for equation in self._equations:
                if changed is not None:
                    changed = self.solved(changed, equation, concerned)
            if changed is not None and self.admits(changed):
                return changed
        return None

    def solved(self, point: Point, residual: Expression, keys: Iterable[Key]) -> Point | None:
        """The point with one entry changed for each entry of the residual that is not zero yet; None if that fails."""
        free = {(key, k) for key in keys for k in range(self.shapes[key][0] * self.shapes[key][1])}
        for _ in range(12):
            found = Evaluation(self.claim.model, point).value(residual)
            wrong = [k for k, x in enumerate(found.entries) if not _is_zero(x)]
            if not wrong:
                return point
            k = wrong[0]
            changed = self._zeroed(point, residual, divmod(k, found.columns), found.entries[k], free)
            if changed is None:
                return None
            point = changed
        return None

    def _zeroed(
        self, point: Point, residual: Expression, entry: tuple[int, int], value: Scalar, free: set[tuple[Key, int]]
    ) -> Point | None:
        """One Newton step in one entry of one name: exact where the residual is affine in it."""
        if type(value) is not fmpq:
            return None
        part = Component(residual, entry[0] + 1, entry[1] + 1)
        keys = sorted({key for key, _ in free}, key=str)
        v = Evaluation(self.claim.model, point)
        v.value(part)
        read = set(self.claim.model.order(part, point.concrete, point.concrete.layers))
        for key in self.rng.sample(keys, len(keys)):
            if key not in read:
                continue
            slopes = v.slopes(part, key, range(len(point.values[key].entries)))
            usable = [k for k, s in enumerate(slopes) if (key, k) in free and type(s) is fmpq and s != 0]
            if not usable:
                continue
            # A slope of ±1 keeps integers integers.
            k = self.rng.choice([k for k in usable if abs(slopes[k]) == 1] or usable)
            free.discard((key, k))
            old = point.values[key]
            entries = list(old.entries)
            entries[k] = entries[k] - value / slopes[k]
            changed = Matrix(*old.shape, entries)
            if key[0] in self.assumptions.symmetric:
                changed = symmetrised(changed)
            return Point(point.concrete, {**point.values, key: changed}, point.functions)
        return None

    def admits(self, point: Point) -> bool:
        """Whether a point satisfies everything that is assumed."""
        for key, m in point.values.items():
            if len(m.entries) > LARGE and self._is_free(key[0]):
                continue
            if any(not is_admissible(key[0], x, self.assumptions) for x in m.entries):
                return False
            if key[0] in self.assumptions.symmetric and m.transpose().entries != m.entries:
                return False
        v = Evaluation(self.claim.model, point)
        return all(_is_zero(x) for e in self._equations for x in v.value(e).entries) and self._admits_derived(point)

    def _admits_derived(self, point: Point) -> bool:
        """Whether names with a definition have the values that are assumed of them."""
        v = Evaluation(self.claim.model, point)
        for name in self._derived:
            m = v.value(name)
            if any(not self._is_value(name.name, x, v.arithmetic.sign(x)) for x in m.entries):
                return False
            if name.name in self.assumptions.symmetric and m.transpose().entries != m.entries:
                return False
        return True

    def _is_value(self, name: str, x: Scalar, sign: int | None) -> bool:
        """is_admissible, also of what is no rational number."""
        facts = self.assumptions
        if type(x) is fmpq:
            return is_admissible(name, x, facts)
        if name in facts.integer | facts.binary or (name in facts.positive and sign != 1):
            return False
        bounds = [(low, high) for bounded, low, high in facts.between if bounded == name]
        return (name not in facts.nonzero or bool(sign)) and all(x >= low and x <= high for low, high in bounds)

    def at_kink(self, point: Point) -> Point | None:
        """The point moved so that some kinked function of the claim is exactly at its kink; None if that fails."""
        places = self.claim.kink_arguments
        if not places:
            return None
        residual = self.rng.choice(places)
        shape = Evaluation(self.claim.model, point).value(residual).shape
        part = Component(residual, self.rng.randrange(shape[0]) + 1, self.rng.randrange(shape[1]) + 1)
        moved = self.solved(point, part, list(self.shapes))
        return moved if moved is not None and self.admits(moved) else None


def _is_zero(x: Scalar) -> bool:
    return type(x) is fmpq and bool(x == 0)
