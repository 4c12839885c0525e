"""Regularisers: coefficient × Σ over all weights of a penalty, added to the objective once. One row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.expression.functions import apply
from derive.expression.nodes import Expression, Power, Product, Reduce, Sum, number
from derive.expression.shapes import shape
from derive.expression.sizes import is_scalar
from derive.networks.coefficients import factors_of


@dataclass(frozen=True)
class Regulariser:
    """A row: the option's name, the penalty of one entry, and the law in words."""

    name: str
    penalty: Callable[[Expression], Expression]
    law: str

    def term(self, factor: Expression, parameters: tuple[Expression, ...]) -> Expression:
        """factor × (Σ penalty(W1) + Σ penalty(W2) + …)."""
        sums = tuple(total(self.penalty(p)) for p in parameters)
        return Product((*factors_of(factor), sums[0] if len(sums) == 1 else Sum(sums)))


def total(e: Expression) -> Expression:
    """The sum of all entries; a scalar is its own sum."""
    return e if is_scalar(shape(e)) else Reduce(e)


REGULARISERS: dict[str, Regulariser] = {
    row.name: row
    for row in (
        Regulariser("l2", lambda w: Power(w, number(2)), "coefficient × Σ‖W‖², the squares of all weights"),
        Regulariser("l1", lambda w: apply("abs", w), "coefficient × Σ|W|, the absolute values of all weights"),
    )
}
