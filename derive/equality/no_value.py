"""An arithmetic that tells what certainly has no value from what is merely not known well enough.

1/0, the log of 0 or less and the root of less than 0 are NO_VALUE, and so is whatever is made of it; a `nan` is a
value that the precision could not tell.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq

from derive.equality.arithmetic import Balls, Scalar, is_defined


class NoValue:
    """What a sum or a product with it is, too."""

    __slots__ = ()

    def __add__(self, other: Any) -> NoValue:
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __add__

    def __neg__(self) -> NoValue:
        return self

    def __str__(self) -> str:
        return "undefined"


NO_VALUE = NoValue()


def has_value(x: Scalar) -> bool:
    """Whether a scalar of this arithmetic is defined for certain."""
    return x is not NO_VALUE and is_defined(x)


class Watching(Balls):
    """Rationals and balls, and NO_VALUE where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._is_certain = False

    def sign(self, x: Scalar) -> int | None:
        """As of balls; what is `undefined` after it, is so for certain if x is known or has no value."""
        found = None if x is NO_VALUE else super().sign(x)
        self._is_certain = x is NO_VALUE or found is not None
        return found

    def undefined(self) -> Scalar:
        return NO_VALUE if self._is_certain else super().undefined()

    def inverse(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE or _is_zero(x) else super().inverse(x)

    def power(self, x: Scalar, exponent: int) -> Scalar:
        return NO_VALUE if x is NO_VALUE else super().power(x, exponent)

    def exp(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE else super().exp(x)

    def log(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE or x <= 0 else super().log(x)

    def sqrt(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE or x < 0 else super().sqrt(x)

    def erf(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE else super().erf(x)

    def sin(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE else super().sin(x)

    def cos(self, x: Scalar) -> Scalar:
        return NO_VALUE if x is NO_VALUE else super().cos(x)


def _is_zero(x: Scalar) -> bool:
    return bool(x == 0) if type(x) is fmpq else bool(x.is_zero())
