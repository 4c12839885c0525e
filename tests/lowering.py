"""Random formulas without layers, and their normal forms."""

from __future__ import annotations

import random
from dataclasses import replace

from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import NODES, Derivative, Expression
from derive.rewriting.polynomial import Polynomial
from tests.expressions import SCOPE, SHAPES, random_expression
from tests.rewrites import size_of

PLAIN = replace(SCOPE, tensors={name: t for name, t in SCOPE.tensors.items() if t.layer is None})
VALUES = tuple(cls for cls in NODES if cls is not Derivative)


def samples(count: int, seed: int) -> list[Expression]:
    rng, found = random.Random(seed), []
    while len(found) < count:
        e = random_expression(rng, PLAIN, rng.choice(SHAPES), rng.choice((2, 3, 3, 4)), nodes=VALUES)
        if size_of(e) <= 40:
            found.append(e)
    return found


def lowered(*formulas: Expression) -> list[Polynomial] | None:
    """The normal forms in one ring; None for a formula that is refused (log 0) or too large."""
    prover = Prover()
    prover.ring.budget.terms = 30_000
    try:
        return [prover.lowered(e) for e in formulas]
    except DeriveError:
        return None
