"""Arithmetic in float64."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from derive.errors import Unsupported
from derive.expression.function import Function
from derive.expression.nodes import scalar
from derive.expression.text import text
from numeric.standins import stand_in

Floats = np.ndarray[Any, np.dtype[Any]]


def whole(exponent: Floats) -> int | None:
    """An exponent as an integer, or None."""
    value = exponent.reshape(-1)[0]
    return int(value.real) if value == np.round(value.real) and abs(value) < 64 else None


def shifted(operand: Floats, axis: int | None) -> tuple[Floats, Floats]:
    """exp of the operand less its greatest entry along an axis, and that entry."""
    top = operand.real.max(axis=axis if axis is not None else (0, 1), keepdims=True)
    return np.exp(operand - top), top


class Real:
    """float64 arrays with the stable forms of the table of functions."""

    dtype: type = float

    def number(self, value: Fraction) -> Floats:
        return np.full((1, 1), float(value), dtype=self.dtype)

    def pi(self) -> Floats:
        return np.full((1, 1), np.pi, dtype=self.dtype)

    def matrix(self, entries: Floats) -> Floats:
        return entries.astype(self.dtype)

    def join(self, blocks: list[list[Floats]]) -> Floats:
        return np.block(blocks)

    def power(self, base: Floats, exponent: Floats) -> Floats:
        k = whole(exponent)
        if k is None:
            return np.asarray(np.sqrt(base) if exponent.reshape(-1)[0] == 0.5 else np.power(base, exponent))
        return np.asarray(1.0 / base**-k if k < 0 else base**k)

    def apply(self, function: Function, order: int, arguments: list[Floats]) -> Floats:
        if function.kind == "unspecified":
            return np.asarray(stand_in(function.name, order, arguments[0]))
        if order or function.numpy is None:
            raise Unsupported(f"{text(scalar(function.name))} has no numeric derivative of order {order} here.")
        return np.asarray(function.numpy(np, *arguments))

    def softmax(self, operand: Floats, axis: int | None) -> Floats:
        exponential, _ = shifted(operand, axis)
        return np.asarray(exponential / exponential.sum(axis=axis if axis is not None else (0, 1), keepdims=True))

    def logsumexp(self, operand: Floats, axis: int | None) -> Floats:
        exponential, top = shifted(operand, axis)
        return np.asarray(top + np.log(exponential.sum(axis=axis if axis is not None else (0, 1), keepdims=True)))


REAL = Real()
