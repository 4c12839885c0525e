"""Numbers of Python as exact ones: a float is what a person would have typed to get it."""

from __future__ import annotations

import math
from fractions import Fraction

from derive.errors import ReadError
from derive.expression.functions import apply
from derive.expression.nodes import Constant, Expression, Number, number

_DENOMINATOR = 1000
"""1/3 as a float is the fraction with the smallest denominator up to this that rounds to it."""

_DIGITS = 10
"""A float with more digits was computed, and nobody knows what from."""


def exact(value: float | Fraction) -> Expression:
    """The exact number, or π, or e; ReadError for infinities and for floats that no short number rounds to.

    >>> exact(1 / 3), exact(0.044715).value
    (Number(value=Fraction(1, 3)), Fraction(8943, 200000))
    """
    if not isinstance(value, float):
        return Number(Fraction(value))
    if value == math.pi:
        return Constant("pi")
    if value == math.e:
        return apply("exp", number(1))
    if not math.isfinite(value):
        raise ReadError(f"The number {value} is not finite.", code="E-DOMAIN")
    decimal = Fraction(repr(value))
    if len(str(decimal.numerator)) <= _DIGITS and len(str(decimal.denominator)) <= _DIGITS + 1:
        return Number(decimal)
    short = decimal.limit_denominator(_DENOMINATOR)
    if float(short) == value:
        return Number(short)
    raise ReadError(
        f"The number {value!r} is not exact.", suggestion="Use whole numbers, Fraction, and sqrt(2) for its root."
    )
