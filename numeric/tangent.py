"""How far rounding may move a complex step: a bound for every entry of a variable from one evaluation.

Im f(x + ih)/h is worked out along with f by the product and chain rule, with a rounding in every operation. Here each
value carries the largest tangent that moving any one entry by 1 can give it, and a first-order bound on that tangent's
error. Where gradients cancel (p − y of a saturated softmax), tangents do not, and the bound says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from derive.expression.function import Function
from numeric.analytic import ANALYTIC
from numeric.real import REAL, Floats
from numeric.rounding import FUNCTION_UNITS, ROUNDING, UNIT, Rounded, accumulated, exactly

_H = 1e-30


@dataclass(frozen=True, eq=False)
class Tangent:
    """A rounded value; the size of its tangent and how far that may be off, entry by entry."""

    base: Rounded
    size: Floats
    slack: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return self.base.shape

    @property
    def T(self) -> Tangent:
        return Tangent(self.base.T, self.size.T, self.slack.T)

    def __getitem__(self, where: Any) -> Tangent:
        return Tangent(self.base[where], self.size[where], self.slack[where])

    def __add__(self, other: Tangent) -> Tangent:
        size = self.size + other.size
        return Tangent(self.base + other.base, size, self.slack + other.slack + UNIT * size)

    def __mul__(self, other: Tangent) -> Tangent:
        a, b = np.abs(self.base.value), np.abs(other.base.value)
        size = a * other.size + self.size * b
        crossed = a * other.slack + self.slack * b + self.base.error * other.size + self.size * other.base.error
        return Tangent(self.base * other.base, size, crossed + 2 * UNIT * size)

    def __matmul__(self, other: Tangent) -> Tangent:
        a, b = np.abs(self.base.value), np.abs(other.base.value)
        size = a @ other.size + self.size @ b
        crossed = a @ other.slack + self.slack @ b + self.base.error @ other.size + self.size @ other.base.error
        return Tangent(self.base @ other.base, size, crossed + (accumulated(self.shape[1]) + 1) * UNIT * size)

    def sum(self, axis: Any = None, keepdims: bool = True) -> Tangent:
        size, slack = (np.asarray(p.sum(axis=axis, keepdims=keepdims)) for p in (self.size, self.slack))
        terms = accumulated(self.size.size // max(1, size.size))
        return Tangent(self.base.sum(axis=axis, keepdims=keepdims), size, slack + terms * UNIT * size)


def still(base: Rounded) -> Tangent:
    """A value that does not move."""
    return Tangent(base, np.zeros(base.shape), np.zeros(base.shape))


def moving(values: Floats) -> Tangent:
    """The variable itself: each entry may move by 1."""
    return Tangent(exactly(values), np.ones(values.shape), np.zeros(values.shape))


class Tangents:
    """Arithmetic of values with tangents."""

    def number(self, value: Fraction) -> Tangent:
        return still(ROUNDING.number(value))

    def pi(self) -> Tangent:
        return still(ROUNDING.pi())

    def matrix(self, entries: Floats) -> Tangent:
        return still(ROUNDING.matrix(entries))

    def join(self, blocks: list[list[Tangent]]) -> Tangent:
        return Tangent(
            ROUNDING.join([[b.base for b in row] for row in blocks]),
            np.block([[b.size for b in row] for row in blocks]),
            np.block([[b.slack for b in row] for row in blocks]),
        )

    def power(self, base: Tangent, exponent: Tangent) -> Tangent:
        def slope(value: Floats) -> Floats:
            return np.abs(ANALYTIC.power(value + _H * 1j, exponent.base.value + 0j).imag / _H)

        at, size, slack = base.base.value, base.size, base.slack
        steep = slope(at)
        moved = np.abs(slope(at + base.base.error) - steep)
        result = ROUNDING.power(base.base, exponent.base)
        return Tangent(result, steep * size, steep * slack + size * (moved + FUNCTION_UNITS * UNIT * steep))

    def apply(self, function: Function, order: int, arguments: list[Tangent]) -> Tangent:
        values = [np.array(a) for a in np.broadcast_arrays(*(a.base.value for a in arguments))]
        size, slack = np.zeros(values[0].shape), np.zeros(values[0].shape)
        for place, argument in enumerate(arguments):
            if not argument.size.any():
                continue
            steep = _slope(function, order, values, place, 0.0)
            moved = np.abs(_slope(function, order, values, place, argument.base.error) - steep)
            size = size + steep * argument.size
            slack = slack + steep * argument.slack + argument.size * (moved + FUNCTION_UNITS * UNIT * steep)
        return Tangent(ROUNDING.apply(function, order, [a.base for a in arguments]), size, slack)

    def softmax(self, operand: Tangent, axis: int | None) -> Tangent:
        p = REAL.softmax(operand.base.value, axis)
        result = ROUNDING.softmax(operand.base, axis)
        relative = result.error / np.where(p > 0.0, p, 1.0) + FUNCTION_UNITS * UNIT
        size = p * (operand.size + _total(p * operand.size, axis))
        slack = p * (operand.slack + _total(p * (operand.slack + relative * operand.size), axis)) + 2 * relative * size
        return Tangent(result, size, slack)

    def logsumexp(self, operand: Tangent, axis: int | None) -> Tangent:
        p = REAL.softmax(operand.base.value, axis)
        error = ROUNDING.softmax(operand.base, axis).error
        size = _total(p * operand.size, axis)
        slack = _total(p * operand.slack + error * operand.size, axis) + FUNCTION_UNITS * UNIT * size
        return Tangent(ROUNDING.logsumexp(operand.base, axis), size, slack)


def _slope(function: Function, order: int, values: list[Floats], place: int, moved: Any) -> Floats:
    lifted = [v + 0j for v in values]
    lifted[place] = lifted[place] + moved + _H * 1j
    return np.asarray(np.abs(ANALYTIC.apply(function, order, lifted).imag / _H))


def _total(a: Floats, axis: int | None) -> Floats:
    return np.asarray(a.sum(axis=axis if axis is not None else (0, 1), keepdims=True))


TANGENTS = Tangents()
