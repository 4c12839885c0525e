"""Exact quotients of polynomials in the unknowns: what is equal here is equal wherever both sides are defined."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import Any, TypeAlias

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from derive.deadline import look
from derive.equality.arithmetic import Scalar
from derive.equality.choices import Choices, Undefined, Unfit
from derive.equality.generators import Generators

Polynomial: TypeAlias = Any
"""flint.fmpq_mpoly"""

UNKNOWNS = 96
TERMS = 3_000
PRODUCTS = 100_000
_GCD_TERMS, _GCD_DEGREE = 60, 60


class Quotient:
    """top / bottom; lowest terms as far as that is cheap, the leading coefficient of bottom is 1."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: Polynomial, bottom: Polynomial) -> None:
        self.top = top
        self.bottom = bottom

    def __add__(self, other: Any) -> Any:
        if type(other) is not Quotient:
            if not isinstance(other, int | fmpq):
                return NotImplemented
            return _reduced(self.top + other * self.bottom, self.bottom)
        if self.bottom == other.bottom:
            return _reduced(self.top + other.top, self.bottom)
        top = _times(self.top, other.bottom) + _times(other.top, self.bottom)
        return _reduced(top, _times(self.bottom, other.bottom))

    __radd__ = __add__

    def __neg__(self) -> Quotient:
        return Quotient(-self.top, self.bottom)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if type(other) is not Quotient:
            if not isinstance(other, int | fmpq):
                return NotImplemented
            return Quotient(self.top * other, self.bottom) if other else Quotient(self.top * 0, self.bottom * 0 + 1)
        return _reduced(_times(self.top, other.top), _times(self.bottom, other.bottom))

    __rmul__ = __mul__


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    """The product, unless it would take long and fill the memory before its terms could be counted."""
    look()
    if len(a) * len(b) > PRODUCTS:
        raise Unfit("Too many terms.")
    return a * b


def _reduced(top: Polynomial, bottom: Polynomial) -> Quotient:
    if len(top) + len(bottom) > TERMS:
        raise Unfit("Too many terms.")
    if bottom.is_constant() or not top:
        return Quotient(top / bottom.leading_coefficient(), bottom * 0 + 1) if top else Quotient(top, bottom * 0 + 1)
    is_small = len(top) <= _GCD_TERMS and len(bottom) <= _GCD_TERMS
    if is_small and max(top.total_degree(), bottom.total_degree()) <= _GCD_DEGREE:
        common = top.gcd(bottom)
        if not common.is_constant():
            top, bottom = top / common, bottom / common
    leading = bottom.leading_coefficient()
    return Quotient(top / leading, bottom / leading)


class Polynomials(Generators):
    """The ring of one comparison."""

    def __init__(self, choices: Choices, order: int = 1) -> None:
        super().__init__(choices, order)
        context = fmpq_mpoly_ctx.get([f"u{k}" for k in range(UNKNOWNS)], Ordering.degrevlex)
        self._unused = list(reversed(context.gens()))
        self._one = self._unused[0] * 0 + 1

    def fresh(self) -> Quotient:
        if not self._unused:
            raise Unfit("Too many unknowns.")
        return Quotient(self._unused.pop(), self._one)

    def is_zero(self, x: Scalar) -> bool:
        return not (x if type(x) is fmpq else x.top)

    def key(self, x: Scalar) -> Hashable:
        if type(x) is fmpq:
            x = Quotient(self._one * x, self._one)
        return (str(x.top), str(x.bottom))

    def ratio(self, x: Scalar, y: Scalar) -> Fraction | None:
        if type(x) is fmpq or type(y) is fmpq:
            return self._exact(x / y) if type(x) is type(y) and y else None
        left, right = _times(x.top, y.bottom), _times(y.top, x.bottom)
        if not left or not right:
            return None
        share = left.leading_coefficient() / right.leading_coefficient()
        return self._exact(share) if left == right * share else None

    def _exact(self, x: fmpq) -> Fraction:
        return Fraction(int(x.p), int(x.q))

    def inverse(self, x: Scalar) -> Scalar:
        if self.is_zero(x):
            raise Undefined
        return 1 / x if type(x) is fmpq else _reduced(x.bottom, x.top)

    def root(self, x: Scalar) -> Scalar:
        raise Unfit("A root has no normal form here.")

    def prime_root(self, prime: int) -> Scalar:
        raise Unfit("A root has no normal form here.")

    def agrees(self, x: Scalar, y: Scalar) -> bool:
        """Whether two sides are the same quotient."""
        difference = x - y
        return self.is_zero(difference)
