"""Where formulas have a value: logarithms whose domains do not meet are never called equal.

Two formulas are equal where both are defined; if that is nowhere, as for log x and log(−x), nothing has been said.
"""

from __future__ import annotations

import random

from derive.equality.arithmetic import PRECISIONS, is_defined, precision
from derive.equality.claim import Claim
from derive.equality.evaluate import Evaluation, Point
from derive.equality.matrix import zipped
from derive.equality.sample import Sampler
from derive.equality.values import smooth_functions
from derive.errors import ShapeError, Unsupported
from derive.expression.nodes import Elementwise, Expression
from derive.expression.problem import Problem
from derive.expression.traverse import walk

_MODES = ("rational", "mixed", "positive", "negative", "small", "unit", "mixed", "large")
_ROUNDS = 6


def has_logarithm(e: Expression) -> bool:
    """Whether a log is written in a formula."""
    return any(isinstance(node, Elementwise) and node.function.name == "log" for node in walk(e))


def domains_meet(left: Expression, right: Expression, problem: Problem) -> bool:
    """False if points were found at which one of two sides has a value, and none at which both have."""
    claim = Claim(left, right, problem)
    rng = random.Random(0)
    is_apart = False
    for k in range(_ROUNDS * len(_MODES)):
        first = claim.first_layer if claim.layer_symbols else 0
        try:
            sampler = Sampler(claim, claim.concrete((1 + k % 2,), first, first + 1 if first else 0), rng)
            point = sampler.point(_MODES[k % len(_MODES)], smooth_functions([f.name for f in claim.functions], k))
            both, one = (False, False) if point is None else _defined(claim, point)
        except (Unsupported, ShapeError):
            continue
        if both:
            return True
        is_apart = is_apart or one
    return not is_apart


def _defined(claim: Claim, point: Point) -> tuple[bool, bool]:
    """Whether some entry has a value on both sides, and whether some entry has one on one side alone."""
    with precision(PRECISIONS[0]):
        v = Evaluation(claim.model, point)
        v.binding = {index.name: 1 for index in claim.indices}
        _, _, (left, right) = zipped([v.value(claim.left), v.value(claim.right)])
        found = {(is_defined(a), is_defined(b)) for a, b in zip(left, right, strict=True)}
    return (True, True) in found, not found.isdisjoint({(True, False), (False, True)})
