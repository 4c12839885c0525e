"""Why working out a derivative ends: every rule leaves only derivatives of lighter expressions.

A rule replaces ∂⟨G, U⟩/∂v by finitely many ∂⟨G′, U′⟩/∂v, and each U′ weighs less than U. Weights are natural numbers,
so no chain of rules goes on for ever, and a line in which derivatives are replaced by finitely many lighter ones is
done after finitely many steps. A node weighs more than its parts together (the 1 of 1/u weighs nothing), and more than
anything that a law writes in its place: a shorthand more than its expansion, a function given by a formula more than
the formula. `Working` checks each step.
"""

from __future__ import annotations

from derive.expression.nodes import UNIT, Elementwise, Expression, MatMul, Shorthand, scalar
from derive.expression.shorthand import expand
from derive.expression.traverse import children, substitute

_PRODUCT = 3
"""A factor of a matrix product may become a factor of an elementwise one, summed: two nodes more."""


def weight(e: Expression) -> int:
    """The weight of what is differentiated; at least 1, and more than that of each part."""
    kept = e.__dict__
    if "_weight" not in kept:
        kept["_weight"] = 1 + max(_parts(e), _law(e))
    return kept["_weight"]  # type: ignore[no-any-return]


def _parts(e: Expression) -> int:
    own = _PRODUCT * len(e.factors) if isinstance(e, MatMul) else 0
    return own + sum(weight(child) for child in children(e) if child != UNIT)


def _law(e: Expression) -> int:
    """The weight of what a law may write in the place of `e`; 0 if there is no such law."""
    if isinstance(e, Shorthand):
        return weight(expand(e))
    if not isinstance(e, Elementwise):
        return 0
    if e.function.formula is not None and e.order == 0:
        return weight(substitute(e.function.formula, {scalar(e.function.parameters[0]): e.arguments[0]}))
    if e.function.derivative is not None and e.order == 1:
        return weight(e.function.derivative(*e.arguments))
    return 0


def nodes(e: Expression) -> int:
    """How many nodes a line has, written out."""
    kept = e.__dict__
    if "_nodes" not in kept:
        kept["_nodes"] = 1 + sum(nodes(child) for child in children(e))
    return kept["_nodes"]  # type: ignore[no-any-return]
