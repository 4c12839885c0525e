"""Arithmetic that carries a bound on its own rounding: where the tolerance of a comparison comes from.

Every entry is a float64 value with a bound, to first order, on how far rounding may have moved it. 1 − σ(40) comes out
as 0 ± 1e-16, so a formula that multiplies by it promises no more than that, and is held to no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from derive.expression.function import Function
from numeric.real import REAL, Floats, whole

UNIT = float(np.finfo(float).eps) / 2
"""The relative error of one operation."""

FUNCTION_UNITS = 4.0
"""How many units in the last place an elementary function may be off."""


def accumulated(terms: int) -> float:
    """Units that a sum of n terms loses: 2√n for n > 4, as roundings are independent of each other; n is the worst."""
    return float(min(max(terms, 1), 2.0 * terms**0.5))


@dataclass(frozen=True, eq=False)
class Rounded:
    """An array with two axes and a bound on its error, entry by entry."""

    value: Floats
    error: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    @property
    def T(self) -> Rounded:
        return Rounded(self.value.T, self.error.T)

    def __getitem__(self, where: Any) -> Rounded:
        return Rounded(self.value[where], self.error[where])

    def __add__(self, other: Rounded) -> Rounded:
        value = self.value + other.value
        return Rounded(value, self.error + other.error + UNIT * np.abs(value))

    def __mul__(self, other: Rounded) -> Rounded:
        value = self.value * other.value
        crossed = np.abs(self.value) * other.error + self.error * (np.abs(other.value) + other.error)
        return Rounded(value, crossed + UNIT * np.abs(value))

    def __matmul__(self, other: Rounded) -> Rounded:
        left, right = np.abs(self.value), np.abs(other.value)
        terms = accumulated(self.value.shape[1])
        crossed = left @ other.error + self.error @ (right + other.error)
        return Rounded(self.value @ other.value, crossed + (terms * UNIT) * (left @ right))

    def sum(self, axis: Any = None, keepdims: bool = True) -> Rounded:
        def total(a: Floats) -> Floats:
            return np.asarray(a.sum(axis=axis, keepdims=keepdims))

        value = total(self.value)
        terms = accumulated(self.value.size // max(1, value.size))
        return Rounded(value, total(self.error) + (terms * UNIT) * total(np.abs(self.value)))


class Rounding:
    """float64 with bounds; a function passes on how much it changes within the bound of its argument."""

    def number(self, value: Fraction) -> Rounded:
        plain = REAL.number(value)
        exact = Fraction(float(plain.item())) == value
        return Rounded(plain, np.zeros_like(plain) if exact else UNIT * np.abs(plain))

    def pi(self) -> Rounded:
        return Rounded(REAL.pi(), np.full((1, 1), UNIT * np.pi))

    def matrix(self, entries: Floats) -> Rounded:
        return exactly(REAL.matrix(entries))

    def join(self, blocks: list[list[Rounded]]) -> Rounded:
        return Rounded(
            np.block([[b.value for b in row] for row in blocks]), np.block([[b.error for b in row] for row in blocks])
        )

    def power(self, base: Rounded, exponent: Rounded) -> Rounded:
        value = REAL.power(base.value, exponent.value)
        k = whole(exponent.value)
        if k is not None and k >= 0:
            slope = k * np.abs(base.value) ** max(k - 1, 0)
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = np.abs(exponent.value * value / base.value)
        return Rounded(value, _times(slope, base.error) + FUNCTION_UNITS * UNIT * np.abs(value))

    def apply(self, function: Function, order: int, arguments: list[Rounded]) -> Rounded:
        values = np.broadcast_arrays(*(a.value for a in arguments))
        value = REAL.apply(function, order, list(values))
        error = FUNCTION_UNITS * UNIT * np.abs(value)
        for place, argument in enumerate(arguments):
            if not argument.error.any():
                continue
            for sign in (-1.0, 1.0):
                moved = list(values)
                moved[place] = values[place] + sign * argument.error
                change = np.abs(REAL.apply(function, order, moved) - value)
                # The smallest change that can be seen is a unit in the last place, which is counted already.
                error = error + np.where(np.isfinite(change), change, np.inf)
        return Rounded(np.asarray(value), np.asarray(error))

    def softmax(self, operand: Rounded, axis: int | None) -> Rounded:
        """p_i moves by at most p_i (e_i + Σ p e) when the logits move by e."""
        p = REAL.softmax(operand.value, axis)
        axes = axis if axis is not None else (0, 1)
        mixed = (p * operand.error).sum(axis=axes, keepdims=True)
        return Rounded(p, p * (operand.error + mixed + _terms(p, axis) * UNIT + _spread(operand.value, axis) * UNIT))

    def logsumexp(self, operand: Rounded, axis: int | None) -> Rounded:
        value = REAL.logsumexp(operand.value, axis)
        error = operand.error.max(axis=axis if axis is not None else (0, 1), keepdims=True)
        return Rounded(value, error + _terms(operand.value, axis) * UNIT * (1.0 + np.abs(value)))


def _times(slope: Floats, error: Floats) -> Floats:
    """slope × error, where no error stays none even beside an infinite slope."""
    with np.errstate(invalid="ignore"):
        return np.where(error == 0.0, 0.0, slope * error)


def _terms(a: Floats, axis: int | None) -> float:
    return FUNCTION_UNITS + accumulated(a.size if axis is None else a.shape[axis])


def _spread(a: Floats, axis: int | None) -> Floats:
    """How far entries lie below the greatest: exp(z − max) is off by that many units."""
    return np.asarray(np.abs(a - a.max(axis=axis if axis is not None else (0, 1), keepdims=True)))


def exactly(values: Floats) -> Rounded:
    """Values that are what they are: inputs."""
    return Rounded(values, np.zeros_like(values))


ROUNDING = Rounding()
