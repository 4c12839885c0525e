"""At a kink: whether an answer is what another choice of the subgradient gives."""

from __future__ import annotations

import random

from flint import fmpq

from derive.equality.arithmetic import PRECISIONS, Scalar, differ, precision
from derive.equality.arithmetic_functions import SLOPED
from derive.equality.claim import Claim
from derive.equality.comparison import bindings_of
from derive.equality.evaluate import Evaluation, Point
from derive.expression.nodes import Derivative, Elementwise, Expression
from derive.expression.traverse import walk

Bindings = list[dict[str, int]]


def is_subgradient(claim: Claim, point: Point) -> bool | None:
    """Whether the left side is the right one with another slope chosen at the kink, the same for all units there.

    The right side (the reference, if there is one) is affine in the slope of a single unit, so its values for the
    left and the right slope fix the only slope that can fit; that one is then tried. False also where only a jump (an
    inequality, sign) lies at this point: a jump leaves no choice. None, not known: several units are at their kinks
    and no common slope fits, or the right side is a formula in which no slope occurs.
    """
    expected = claim.reference if claim.reference is not None else claim.right
    with precision(PRECISIONS[1]):
        v = Evaluation(claim.model, point)
        bindings = bindings_of(claim, v, random.Random(0))
        yours = _everything(v, claim.left, bindings)
        _everything(v, claim.right, bindings)
        if not v.kinks:
            return False
        if not has_slope(expected):
            return None
        low, high = (_everything(_sloped(claim, point, fmpq(s)), expected, bindings) for s in (0, 1))
        doubt = False if len(v.kinks) == 1 else None
        share = _share(yours, low, high)
        if share is None or share < 0 or share > 1:
            return doubt
        fitting = _everything(_sloped(claim, point, share), expected, bindings)
        return doubt if any(differ(p, q) for p, q in zip(yours, fitting, strict=True)) else True


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


def _everything(v: Evaluation, e: Expression, bindings: Bindings) -> list[Scalar]:
    found: list[Scalar] = []
    for binding in bindings:
        v.binding = dict(binding)
        found += v.value(e).entries
    return found
