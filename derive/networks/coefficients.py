"""Coefficients such as lam/2: a product or quotient of numbers and names."""

from __future__ import annotations

import re
from fractions import Fraction

from derive.errors import UsageError
from derive.expression.nodes import ZERO, Expression, Number, Power, Product, scalar

_TOKEN = re.compile(r"\s*([*/])?\s*(\d+(?:\.\d+)?|\.\d+|[^\W\d]\w*)\s*")
_MINUS_ONE = Number(Fraction(-1))
LAMBDA = {"lambda": "lam", "λ": "lam"}
"""Spellings of lam."""


def coefficient(given: str | int | Fraction | Expression) -> Expression:
    """The scalar that `lam/2`, `0.1`, a number or an expression stands for; UsageError if it is none.

    >>> from derive.expression.text import text
    >>> text(coefficient("lam/2"))
    'lam/2'
    """
    if isinstance(given, Expression):
        return given
    if isinstance(given, (int, Fraction)) and not isinstance(given, bool):
        return Number(Fraction(given))
    if not isinstance(given, str):
        raise UsageError(f"{given!r} is no exact number.", suggestion="Write it as a string ('0.1') or a Fraction.")
    factors: list[Expression] = []
    position = 0
    while position < len(given):
        match = _TOKEN.match(given, position)
        if match is None or (match[1] is None) != (position == 0):
            break
        _append(factors, _atom(match[2]), divides=match[1] == "/", text=given)
        position = match.end()
    if not factors or position < len(given):
        raise UsageError(f"The coefficient {given!r} cannot be read.",
                         suggestion="Write a product of numbers and names, such as lam/2.")  # fmt: skip
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _atom(word: str) -> Expression:
    return Number(Fraction(word)) if word[0].isdigit() or word[0] == "." else scalar(LAMBDA.get(word, word))


def _append(factors: list[Expression], factor: Expression, *, divides: bool, text: str) -> None:
    """One more factor; a number divided by a number is one number, 1/2."""
    if not divides:
        factors.append(factor)
    elif factor == ZERO:
        raise UsageError(f"The coefficient {text!r} divides by zero.")
    elif isinstance(factor, Number) and isinstance(factors[-1], Number):
        factors[-1] = Number(factors[-1].value / factor.value)
    else:
        factors.append(Power(factor, _MINUS_ONE))


def factors_of(e: Expression) -> tuple[Expression, ...]:
    """The factors of a product, or the expression alone: lam/2 times a sum is one flat product."""
    return e.factors if isinstance(e, Product) else (e,)
