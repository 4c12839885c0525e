"""Losses: one row each, for one example or a batch, in either layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derive.expression.functions import apply
from derive.expression.nodes import (
    UNIT,
    Axis,
    Dimension,
    Expression,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    number,
)
from derive.expression.sizes import Size
from derive.networks.activations import Activation
from derive.networks.regularisers import total

_MINUS_ONE = Number(Fraction(-1))


@dataclass(frozen=True)
class Loss:
    """A row: the loss of an example is coefficient × Σ over the outputs of entries(output, target).

    logits       the outputs are read as logits, so z_L is what the formula is written in
    link         `softmax`: the outputs go through softmax first, unless the last activation is that softmax
    mean         the mean over the outputs is taken, not the sum
    one_output   only a network with a single output has this loss
    assumes      what targets must satisfy: left side (of the targets and the outputs' axis), right side, in words
    """

    name: str
    law: str
    coefficient: Fraction
    entries: Callable[[Expression, Expression], Expression]
    logits: bool = False
    link: Literal["", "softmax"] = ""
    mean: bool = False
    one_output: bool = False
    assumes: tuple[Callable[[Expression, Axis], Expression], Expression, str] | None = None

    def objective(
        self, outputs: Expression, targets: Expression, last: Activation, axis: Axis, averaged: tuple[Size, ...]
    ) -> Expression:
        """The data term of E: the loss of all examples, divided by the sizes in `averaged` (the batch, for a mean)."""
        if self.link and not last.is_softmax:
            outputs = Shorthand(self.link, (outputs,), axis)
        body = total(self.entries(outputs, targets))
        below: list[Expression] = [] if self.coefficient.denominator == 1 else [number(self.coefficient.denominator)]
        below += [number(int(size)) if size.is_Integer else Dimension(size) for size in averaged]
        return _scaled(self.coefficient < 0, below, body)


def _scaled(negative: bool, below: list[Expression], body: Expression) -> Expression:
    """±1/(below) × body as people write it: 1/2·body, 1/(2N)·body, −body/N."""
    if not below:
        return Product((_MINUS_ONE, body)) if negative else body
    divisor = below[0] if len(below) == 1 else Product(tuple(below))
    if isinstance(divisor, Number):
        return Product((Number(Fraction(-1 if negative else 1) / divisor.value), body))
    inverse = Power(divisor, _MINUS_ONE)
    return Product((_MINUS_ONE, body, inverse)) if negative else Product((UNIT, inverse, body))


def _square(a: Expression, y: Expression) -> Expression:
    return Power(a - y, number(2))


def _bernoulli(p: Expression, y: Expression) -> Expression:
    return Sum((y * apply("log", p), (1 - y) * apply("log", 1 - p)))


_ONE_HOT = (lambda y, axis: Reduce(y, axis), UNIT, "sum(y) = 1")
_SIGNS = (lambda y, axis: Power(y, number(2)), UNIT, "y**2 = 1")

LOSSES: dict[str, Loss] = {
    row.name: row
    for row in (
        Loss("half-squared", "½‖a − y‖²", Fraction(1, 2), _square),
        Loss("squared", "‖a − y‖²", Fraction(1), _square),
        Loss("mse", "‖a − y‖² / number of outputs", Fraction(1), _square, mean=True),
        Loss("bce", "−Σ (y log a + (1−y) log(1−a)), a a probability", Fraction(-1), _bernoulli),
        Loss("softmax-ce", "−Σ y log softmax(z)", Fraction(-1), lambda p, y: y * apply("log", p), logits=True,
             link="softmax", assumes=_ONE_HOT),
        Loss("logistic", "log(1 + e^{−y z}), y = ±1", Fraction(1),
             lambda z, y: apply("softplus", Product((_MINUS_ONE, y, z))), logits=True, one_output=True,
             assumes=_SIGNS),
    )
}  # fmt: skip
