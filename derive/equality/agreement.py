"""The second tiers: both sides are the same at explicit entries of small sizes, with unknowns for all that is given.

First exact polynomials in the unknowns (`polynomials`), then prime fields (`field`). Agreement is evidence at the
sizes tried, never a proof for all sizes; where the question's own sizes are numbers, exact agreement is one.
Derivatives are worked out by dual numbers in the same ring, so what agrees is the answer and the definition itself.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flint import fmpq

from derive.equality.arithmetic import Scalar
from derive.equality.choices import Choices, Rooted, Undefined, Unfit, Unlucky
from derive.equality.claim import Claim
from derive.equality.concrete import Concrete
from derive.equality.dual import Duals
from derive.equality.evaluate import Evaluation, Point
from derive.equality.field import Field, random_prime
from derive.equality.generators import Generators
from derive.equality.matrix import Matrix, zipped
from derive.equality.model import Key
from derive.equality.polynomials import Polynomials
from derive.equality.sample import Sampler
from derive.errors import ShapeError, Unsupported
from derive.expression.nodes import Dimension, Elementwise, Expression, Number, Power, Reduce, Tensor
from derive.expression.shapes import shape
from derive.expression.traverse import children, walk

BUDGET = 120_000
"""Entries computed in all; a count, so that a second run ends the same way."""


def _patterns(least: int) -> tuple[tuple[int, ...], ...]:
    """All sizes 2; then sizes by the binary digits of their places, so that any two of eight names differ once."""
    digits = [tuple(least + (k >> bit & 1) for k in range(8)) for bit in range(3)]
    return ((2,), *digits, tuple(least + 1 - (k & 1) for k in range(8)))


_PATTERNS = _patterns(2)
_GATED = _patterns(1)
"""Where there are gates: each gated entry triples the work."""
_LARGER: tuple[tuple[int, ...], ...] = ((4, 5), (5, 4), (7,))
"""Tried too where that is cheap: what vanishes at small sizes alone is no agreement."""

_ENTRIES, _FEW = 60, 30
_PRIMES = 2
_TRIES = 60
_ORDERS = 12
_LEAST_BITS = 40
"""An error probability above 2^-40 is not worth a verdict."""


@dataclass(frozen=True)
class Agreement:
    """Where two sides agree.

    sizes  the sizes tried, one mapping each; one empty mapping if every size is a number already
    bits   the error probability is at most 2^-bits; None: exact
    """

    sizes: tuple[dict[str, int], ...]
    bits: int | None

    @property
    def is_proof(self) -> bool:
        """Exact, and there are no other sizes."""
        return self.bits is None and self.sizes == ({},)

    @property
    def scope(self) -> str:
        tried = [", ".join(f"{name}={k}" for name, k in sizes.items()) for sizes in self.sizes]
        return "the sizes of the question" if self.sizes == ({},) else "sizes " + "; ".join(tried)


def agreement(claim: Claim, budget: int = BUDGET) -> Agreement | None:
    """Where both sides agree as functions of all their unknowns, or None, which claims nothing."""
    trial = _Trial(claim, budget)
    try:
        places = trial.places()
        if trial.degree_in_sizes > len(places) > 1:
            return None  # (n − 1)(n − 2)… may vanish at all sizes that are tried
        for tier in (trial.exactly, trial.modulo_primes):
            least = _least(tier(place) for place in places)
            if least is not None:
                sizes = tuple(trial.sizes(place) for place in places)
                return Agreement(sizes, None if least == math.inf else int(least))
    except (Unsupported, ShapeError, _Different):
        return None
    return None


def _least(found: Iterator[float | None]) -> float | None:
    """The weakest certainty of all places, since the sides must agree at each; None as soon as one has none."""
    least = math.inf
    for bits in found:
        if bits is None:
            return None
        least = min(least, bits)
    return least


@dataclass(frozen=True)
class _Place:
    """Sizes, and the shapes of what is given there."""

    concrete: Concrete
    shapes: dict[Key, tuple[int, int]]

    @property
    def entries(self) -> int:
        return sum(rows * columns for rows, columns in self.shapes.values())


class _Different(Exception):
    """The two sides differ in this ring, which refutes nothing."""


class _Trial:
    def __init__(self, claim: Claim, budget: int) -> None:
        self.claim = claim
        self.budget = budget
        self.steps = 0
        # Primes depend on the claim: nobody can add a number that is zero modulo all of them.
        text = repr((claim.left, claim.right)).encode()
        self.rng = random.Random(hashlib.sha256(text).digest())

    def places(self) -> list[_Place]:
        """The sizes to try; the one there is if all sizes are numbers."""
        if not self.claim.size_symbols and not self.claim.families:
            return [self.place(_PATTERNS[0])]
        patterns = _GATED if self.claim.kink_arguments else _PATTERNS
        places = {tuple(self.sizes(place).items()): place for place in map(self.place, patterns)}
        larger = () if self.claim.kink_arguments and not self.has_power_of_size else map(self.place, _LARGER)
        return [*places.values(), *(place for place in larger if place.entries <= _FEW)]

    @property
    def has_power_of_size(self) -> bool:
        """Whether a size stands in an exponent: then even and odd ones may differ, and small and large ones."""
        powers = (node for e in self.claim.reachable for node in walk(e) if isinstance(node, Power))
        return any(isinstance(node, Dimension) for power in powers for node in walk(power.exponent))

    @property
    def degree_in_sizes(self) -> int:
        """How often sizes stand in the two sides as numbers, powers counted."""
        return sum(_size_degree(side) for side in (self.claim.left, self.claim.right))

    def place(self, pattern: tuple[int, ...]) -> _Place:
        first = self.claim.first_layer if self.claim.layer_symbols else 0
        concrete = self.claim.concrete(pattern, first, first + 1 if first else 0)
        return _Place(concrete, Sampler(self.claim, concrete, random.Random(0)).shapes)

    def sizes(self, place: _Place) -> dict[str, int]:
        """The sizes that have a name."""
        layers = dict(place.concrete.layers)
        last = max(layers.values(), default=0)
        widths = [f"{name}[{k}]" for name in self.claim.families for k in range(last + 1)]
        return {name: place.concrete.sizes[name] for name in (*self.claim.size_symbols, *widths)} | layers

    def exactly(self, place: _Place) -> float | None:
        """inf if both sides are the same quotients of polynomials on every branch of the gates."""
        return self._every_branch(place, lambda choices, order: self._exact(place, choices, order))

    def modulo_primes(self, place: _Place) -> float | None:
        """Bits of certainty that both sides are equal on every branch, or None."""
        return self._every_branch(place, lambda choices, order: self._random(place, choices, order))

    def _every_branch(self, place: _Place, tier: Callable[[Choices, int], float]) -> float | None:
        if place.entries > _ENTRIES:
            return None
        least, order, choices, is_defined = math.inf, 1, Choices(), False
        while True:
            try:
                least = min(least, tier(choices, order))
                is_defined = True
            except Undefined:
                if not self._is_one_value(place):
                    return None
            except Rooted as wanted:
                order = math.lcm(order, order * wanted.order)
                if order > _ORDERS:
                    return None
                choices = Choices()
                continue
            except (Unfit, Unlucky):
                return None
            if self.steps > self.budget:
                return None
            if not choices.advance():
                return least if is_defined else None

    def _is_one_value(self, place: _Place) -> bool:
        """Whether nothing is compared but one entry, of which every part counts: then what has no value on a branch
        is not compared there. Other entries might have one, and so might a choice of whose arms one has none."""
        entries = math.prod(place.concrete.count(side, place.concrete.layers) for side in shape(self.claim.whole))
        choices = (n for e in self.claim.reachable for n in walk(e) if isinstance(n, Elementwise))
        return entries == 1 and not self.claim.indices and not any(n.function.name == "where" for n in choices)

    def _exact(self, place: _Place, choices: Choices, order: int) -> float:
        choices.restart()
        self._compared(place, Polynomials(choices, order))
        return math.inf

    def _random(self, place: _Place, choices: Choices, order: int) -> float:
        """As many random primes as needed on one branch; each root's argument must once have had no root."""
        bits, primes = 0.0, 0
        without_root: set[int] = set()
        for _ in range(_TRIES):
            if self.steps > self.budget:
                raise Unfit("The budget is spent.")
            choices.restart()
            field = Field(choices, random_prime(self.rng), self.rng, without_root, order)
            try:
                self._compared(place, field)
            except Unlucky:
                continue
            bits -= math.log2(field.error())
            primes += 1
            if primes >= _PRIMES and not field.unproved_roots:
                if bits < _LEAST_BITS:
                    raise Unfit("The bound is too weak.")
                return bits
        raise Unlucky

    def _compared(self, place: _Place, ring: Polynomials | Field) -> None:
        """Raise _Different unless all entries agree on this branch."""
        point = self._point(place, ring)
        v = Evaluation(self.claim.model, point, Duals(ring))
        try:
            for binding in self._bindings(v):
                v.binding = binding
                others = [self.claim.left, self.claim.right]
                others += [] if self.claim.reference in (None, self.claim.right) else [self.claim.reference]
                *_, (left, *rest) = zipped([v.value(e) for e in others])
                for other in rest:
                    if not all(ring.agrees(x, y) for x, y in zip(left, other, strict=True)):
                        raise _Different
        finally:
            self.steps += v.steps[0]

    def _bindings(self, v: Evaluation) -> Iterator[dict[str, int]]:
        names = [index.name for index in self.claim.indices]
        ranges = [range(1, v.count(index.size) + 1) for index in self.claim.indices]
        for values in itertools.product(*ranges):
            yield dict(zip(names, values, strict=True))

    def _point(self, place: _Place, ring: Generators) -> Point:
        """An unknown for each given entry that respects what is assumed, in the order of the point's positions."""
        values: dict[Key, Matrix] = {}
        for key, (rows, columns) in sorted(place.shapes.items(), key=str):
            entries = self._unknowns(key, rows, columns, ring)
            first = len(ring.inputs)
            ring.inputs += entries
            values[key] = Matrix(rows, columns, [fmpq(first + k) for k in range(rows * columns)])
        return Point(place.concrete, values)

    def _unknowns(self, key: Key, rows: int, columns: int, ring: Generators) -> list[Scalar]:
        facts, name = self.claim.problem.assumptions, key[0]
        rules = [e for e in facts.equations if any(isinstance(n, Tensor) and n.name == name for n in _parts(e))]
        if any(_kind(e) is None for e in rules) or len(rules) + (name in facts.binary) > 1:
            raise Unsupported("An assumption that unknowns cannot be made to satisfy.")
        count = rows * columns
        if name in facts.binary:
            return [fmpq(ring.choices.pick(2)) for _ in range(count)]
        if rules and _kind(rules[0]) == "square":
            return [fmpq(1 - 2 * ring.choices.pick(2)) for _ in range(count)]
        found = [ring.fresh() for _ in range(count)]
        if name in facts.symmetric:
            found = [found[min(i, j) * columns + max(i, j)] for i in range(rows) for j in range(columns)]
        for x in found if name in facts.positive else ():
            ring.declare_positive(x)
        if rules:
            _sum_to_one(found, rows, columns, rules[0][0].axis)  # type: ignore[attr-defined]
        return found


def _size_degree(e: Expression) -> int:
    if isinstance(e, Dimension):
        return 1
    exponent = abs(e.exponent.value) if isinstance(e, Power) and isinstance(e.exponent, Number) else 1
    return math.ceil(exponent * sum(map(_size_degree, children(e))))


def _parts(equation: tuple[Expression, Expression]) -> Iterator[Expression]:
    """The name that an equation of a kind we know speaks of; every name of any other one."""
    from_left = equation[0]
    if isinstance(from_left, Reduce):
        yield from_left.operand
    elif isinstance(from_left, Power):
        yield from_left.base


def _kind(equation: tuple[Expression, Expression]) -> str | None:
    left, right = equation
    if not isinstance(right, Number) or right.value != 1:
        return None
    if isinstance(left, Reduce) and isinstance(left.operand, Tensor):
        return "sum"
    if isinstance(left, Power) and isinstance(left.base, Tensor) and left.exponent == Number(right.value + 1):
        return "square"
    return None


def _sum_to_one(entries: list[Scalar], rows: int, columns: int, axis: int | None) -> None:
    """The last entry along an axis becomes 1 minus the others."""
    if axis is None:
        lines = [list(range(rows * columns))]
    elif axis == 0:
        lines = [list(range(j, rows * columns, columns)) for j in range(columns)]
    else:
        lines = [list(range(i * columns, (i + 1) * columns)) for i in range(rows)]
    for *others, last in lines:
        rest: Scalar = fmpq(1)
        for k in others:
            rest = rest - entries[k]
        entries[last] = rest
