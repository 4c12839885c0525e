"""Dual numbers: derivatives by carrying them along, a route that shares nothing with the symbolic engine.

v + Σ_k t_k ε_k stands for a value and its derivative in every seed k at once; seeds that a value does not depend on
are left out, so most of a network stays plain numbers. Derivatives of derivatives nest: a dual number of a higher
`level` has those of lower levels as its coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from flint import fmpq

from derive.equality.arithmetic import ZERO, Arithmetic, Scalar

Parts = dict[int, Scalar]


class Dual:
    """value + Σ parts[k]·ε_k, with ε² = 0."""

    __slots__ = ("level", "parts", "value")

    def __init__(self, level: int, value: Scalar, parts: Parts) -> None:
        self.level = level
        self.value = value
        self.parts = parts

    def __add__(self, other: Any) -> Dual:
        if type(other) is Dual:
            if other.level > self.level:
                return Dual(other.level, self + other.value, other.parts)
            if other.level == self.level:
                return Dual(self.level, self.value + other.value, _merged(self.parts, other.parts))
        return Dual(self.level, self.value + other, self.parts)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(self.level, -self.value, {k: -t for k, t in self.parts.items()})

    def __sub__(self, other: Any) -> Dual:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Dual:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Dual:
        if type(other) is Dual:
            if other.level > self.level:
                return Dual(other.level, self * other.value, {k: self * t for k, t in other.parts.items()})
            if other.level == self.level:
                mine = {k: t * other.value for k, t in self.parts.items()}
                return Dual(
                    self.level,
                    self.value * other.value,
                    _merged(mine, {k: self.value * t for k, t in other.parts.items()}),
                )
        return Dual(self.level, self.value * other, {k: t * other for k, t in self.parts.items()})

    __rmul__ = __mul__


def _merged(a: Parts, b: Parts) -> Parts:
    result = dict(a)
    for k, t in b.items():
        result[k] = result[k] + t if k in result else t
    return result


def total(terms: Iterable[Scalar]) -> Scalar:
    """The sum of scalars; the parts of dual numbers are gathered in place, so that a long sum costs its length."""
    plain: Scalar = ZERO
    by_level: dict[int, tuple[list[Scalar], Parts]] = {}
    for x in terms:
        if type(x) is not Dual:
            plain = plain + x
            continue
        values, parts = by_level.setdefault(x.level, ([], {}))
        values.append(x.value)
        for k, t in x.parts.items():
            parts[k] = parts[k] + t if k in parts else t
    if not by_level:
        return plain
    result = plain
    for level, (values, parts) in sorted(by_level.items(), key=lambda item: item[0]):
        result = result + Dual(level, total(values), parts)
    return result


class Duals:
    """An arithmetic over another one, with the derivative law of each primitive."""

    def __init__(self, base: Arithmetic) -> None:
        self.base = base
        self._levels = 0

    @property
    def ties(self) -> int:
        return self.base.ties

    @ties.setter
    def ties(self, value: int) -> None:
        self.base.ties = value

    @property
    def slope(self) -> Scalar | None:
        return self.base.slope

    @slope.setter
    def slope(self, value: Scalar | None) -> None:
        self.base.slope = value

    def fresh_level(self) -> int:
        """A level above all that exist, so that perturbations never mix."""
        self._levels += 1
        return self._levels

    def seed(self, level: int, value: Scalar, k: int) -> Dual:
        """value + ε_k."""
        return Dual(level, value, {k: self.rational(1)})

    def part(self, level: int, x: Scalar, k: int) -> Scalar:
        """The derivative of x in seed k of a level; undefined where x itself is."""
        if type(x) is Dual and x.level == level:
            return x.parts.get(k, self.rational(0)) + x.value * 0
        return x * 0

    def rational(self, value: Fraction | int) -> Scalar:
        return self.base.rational(value)

    def lift(self, value: fmpq) -> Scalar:
        return self.base.lift(value)

    def pi(self) -> Scalar:
        return self.base.pi()

    def unsettled(self) -> Scalar:
        return self.base.unsettled()

    def undefined(self) -> Scalar:
        return self.base.undefined()

    def _chain(self, x: Dual, value: Scalar, slope: Scalar) -> Dual:
        return Dual(x.level, value, {k: slope * t for k, t in x.parts.items()})

    def _lifted(self, x: Scalar, primitive: Callable[[Scalar], Scalar], slope: Callable[[Scalar], Scalar]) -> Scalar:
        """primitive(x), where `slope` is its derivative as a function of the plain value."""
        return self._chain(x, primitive(x.value), slope(x.value))

    def inverse(self, x: Scalar) -> Scalar:
        if type(x) is not Dual:
            return self.base.inverse(x)
        value = self.inverse(x.value)
        return self._chain(x, value, -(value * value))

    def power(self, x: Scalar, exponent: int) -> Scalar:
        if type(x) is not Dual:
            return self.base.power(x, exponent)
        if exponent == 0:
            return self.rational(1)
        slope = exponent * self.power(x.value, exponent - 1)
        return self._chain(x, self.power(x.value, exponent), slope)

    def exp(self, x: Scalar) -> Scalar:
        if type(x) is not Dual:
            return self.base.exp(x)
        value = self.exp(x.value)
        return self._chain(x, value, value)

    def logistic(self, x: Scalar) -> Scalar:
        if type(x) is not Dual:
            return self.base.logistic(x)
        value = self.logistic(x.value)
        return self._chain(x, value, value * (1 - value))

    def log(self, x: Scalar) -> Scalar:
        return self.base.log(x) if type(x) is not Dual else self._lifted(x, self.log, self.inverse)

    def sqrt(self, x: Scalar) -> Scalar:
        if type(x) is not Dual:
            return self.base.sqrt(x)
        root = self.sqrt(x.value)
        return self._chain(x, root, self.inverse(2 * root))

    def erf(self, x: Scalar) -> Scalar:
        return self.base.erf(x) if type(x) is not Dual else self._lifted(x, self.erf, self._gaussian)

    def _gaussian(self, x: Scalar) -> Scalar:
        return 2 * self.inverse(self.sqrt(self.pi())) * self.exp(-(x * x))

    def sin(self, x: Scalar) -> Scalar:
        return self.base.sin(x) if type(x) is not Dual else self._lifted(x, self.sin, self.cos)

    def cos(self, x: Scalar) -> Scalar:
        return self.base.cos(x) if type(x) is not Dual else self._lifted(x, self.cos, lambda v: -self.sin(v))

    def unspecified(self, name: str, order: int, x: Scalar) -> Scalar:
        if type(x) is not Dual:
            return self.base.unspecified(name, order, x)
        return self._chain(x, self.unspecified(name, order, x.value), self.unspecified(name, order + 1, x.value))

    def sign(self, x: Scalar) -> int | None:
        while type(x) is Dual:
            x = x.value
        return self.base.sign(x)

    def as_rational(self, x: Scalar) -> Fraction | None:
        """The exact value; None for a ball, and for anything that varies."""
        return None if type(x) is Dual else self.base.as_rational(x)
