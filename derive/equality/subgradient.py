"""At a kink: whether an answer is what another choice of the subgradient gives."""

from __future__ import annotations

import random

from flint import fmpq

from derive.equality.arithmetic import PRECISIONS, Scalar, differ, is_defined, precision
from derive.equality.arithmetic_functions import SLOPED
from derive.equality.claim import Claim
from derive.equality.comparison import MANY, Difference, bindings_of
from derive.equality.evaluate import Evaluation, Point
from derive.expression.nodes import Derivative, Elementwise, Expression
from derive.expression.traverse import walk

Places = list[tuple[dict[str, int], tuple[int, int]]]
"""Values of the free indices, and an entry."""

Values = tuple[list[Scalar], list[Scalar], list[Scalar]]


_SAMPLED = 16


def is_subgradient(claim: Claim, point: Point) -> bool | None:
    """Whether the left side is the right one with another slope chosen at the kink, the same for all units there.

    The right side (the reference, if there is one) is affine in the slope of a single unit, so its values for the
    left and the right slope fix the only slope that can fit; that one is then tried. False also where only a jump (an
    inequality, sign) lies at this point and nothing is differentiated: a jump leaves no choice. None, not known:
    several units are at their kinks and no common slope fits; the right side is a formula in which no slope occurs; or
    a derivative is taken through a jump, which may be half of a kink: where(z > 0, z, 0).
    """
    expected = claim.reference if claim.reference is not None else claim.right
    for bits in PRECISIONS[1:]:
        with precision(bits):
            v = Evaluation(claim.model, point)
            places = _places(claim, v)
            yours = _everything(v, claim.left, places)
            _everything(v, claim.right, places)
            _everything(v, expected, places)
            if not has_slope(expected):
                return None if v.kinks else False
            if not v.kinks:
                return None
            low, high = (_everything(_sloped(claim, point, fmpq(s)), expected, places) for s in (0, 1))
            if all(map(is_defined, (*yours, *low, *high))):
                return _fits(claim, point, expected, places, (yours, low, high), len(v.kinks))
    return None


def _fits(claim: Claim, point: Point, expected: Expression, places: Places, values: Values, kinks: int) -> bool | None:
    """Whether some slope between the left and the right one gives all of `yours`."""
    yours, low, high = values
    share = _share(yours, low, high)
    if share is not None and not share < 0 and not share > 1:
        fitting = _everything(_sloped(claim, point, share), expected, places)
        if not any(differ(p, q) for p, q in zip(yours, fitting, strict=True)):
            return True
    return False if kinks == 1 else None


def leaves_no_choice(claim: Claim, point: Point, found: Difference) -> bool:
    """Whether a difference counts although it was met at a kink or a jump: one that only the left side's values have.

    Where nothing that the left side is held against has a kink, its value is the only one there.
    """
    if has_slope(claim.left):
        return False
    with precision(PRECISIONS[1]):
        v = Evaluation(claim.model, point)
        v.binding = dict(found.binding)
        for e in (claim.right, claim.reference):
            if e is not None:
                v.entry(e, *found.entry)
    return not v.ties


def has_slope(e: Expression) -> bool:
    """Whether a choice of subgradient can change an expression: a derivative, or relu′ itself."""
    return any(
        isinstance(node, Derivative) or (isinstance(node, Elementwise) and node.order and node.function.name in SLOPED)
        for node in walk(e)
    )


def _share(yours: list[Scalar], low: list[Scalar], high: list[Scalar]) -> Scalar | None:
    """How much of the right slope the first entry that depends on it asks for; None if no entry does."""
    for y, a, b in zip(yours, low, high, strict=True):
        if differ(a, b):
            return (y - a) / (b - a)
    return None


def _sloped(claim: Claim, point: Point, share: Scalar) -> Evaluation:
    v = Evaluation(claim.model, point)
    v.arithmetic.slope = share
    return v


def _places(claim: Claim, v: Evaluation) -> Places:
    """All entries of a small matrix, some of a large one."""
    rng = random.Random(0)
    rows, columns = v.concrete_shape(claim.right)
    entries = [(i, j) for i in range(rows) for j in range(columns)] if rows * columns <= MANY else []
    entries = entries or [(rng.randrange(rows), rng.randrange(columns)) for _ in range(_SAMPLED)]
    return [(binding, entry) for binding in bindings_of(claim, v, rng) for entry in entries]


def _everything(v: Evaluation, e: Expression, places: Places) -> list[Scalar]:
    found: list[Scalar] = []
    for binding, entry in places:
        v.binding = binding
        rows, columns = v.concrete_shape(e)
        found.append(v.value(e)[entry] if rows * columns <= MANY else v.entry(e, *entry))
    return found
