"""Building the lines of a derivation: products and sums without clutter (associativity and ×1 are no steps)."""

from __future__ import annotations

from fractions import Fraction

from derive.expression.nodes import (
    UNIT,
    ZERO,
    Expression,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
)
from derive.expression.shapes import matmul_shape, shape
from derive.expression.sizes import SCALAR


def times(*factors: Expression) -> Expression:
    """The product, flattened; ones are dropped except in front of a divisor, signs stand in front, a zero wins."""
    flat = [part for f in factors for part in _factors(f) if part != UNIT]
    if any(part == ZERO for part in flat):
        return ZERO
    minus = [k for k, part in enumerate(flat) if isinstance(part, Number) and part.value < 0]
    if minus:
        flat = _sign_in_front(flat, odd=len(minus) % 2 == 1)
    if flat and is_inverse(flat[0]):
        flat.insert(0, UNIT)
    if not flat:
        return UNIT
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def _sign_in_front(flat: list[Expression], odd: bool) -> list[Expression]:
    flat = [Number(abs(part.value)) if isinstance(part, Number) else part for part in flat]
    flat = [part for part in flat if part != UNIT]
    if not odd:
        return flat
    if flat and isinstance(flat[0], Number):
        return [Number(-flat[0].value), *flat[1:]]
    # −Y/N rather than −1/N·Y: a sign does not stand directly before a divisor.
    first = next((k for k, part in enumerate(flat) if not is_inverse(part)), None)
    if first:
        flat = [flat[first], *flat[:first], *flat[first + 1 :]]
    return [Number(Fraction(-1)), *flat]


def _factors(e: Expression) -> tuple[Expression, ...]:
    if isinstance(e, Product):
        return tuple(part for f in e.factors for part in _factors(f))
    return (e,)


def plus(*terms: Expression) -> Expression:
    """The sum, flattened, without zeros."""
    flat = [part for t in terms for part in (t.terms if isinstance(t, Sum) else (t,)) if part != ZERO]
    if not flat:
        return ZERO
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def matmul(*factors: Expression) -> Expression:
    """The matrix product, flattened; scalar factors stand in front as ordinary factors.

    Brackets stay where they matter: u @ (A @ w) is not (u @ A) @ w if u @ (A @ w) is a dot product of columns.
    """
    front = [f for f in factors if shape(f) == SCALAR]
    rest = tuple(f for f in factors if shape(f) != SCALAR)
    if not rest:
        return times(*front)
    flat = tuple(part for f in rest for part in (f.factors if isinstance(f, MatMul) else (f,)))
    rest = flat if conforms(flat) else rest
    return times(*front, rest[0] if len(rest) == 1 else MatMul(rest))


def conforms(factors: tuple[Expression, ...]) -> bool:
    """Whether every product in the chain is an ordinary matrix product, so that brackets do not matter."""
    left = shape(factors[0])
    for factor in factors[1:]:
        right = shape(factor)
        if left[1] != right[0] or matmul_shape(left, right) != (left[0], right[1]):
            return False
        left = (left[0], right[1])
    return True


def negative(e: Expression) -> Expression:
    return times(Number(Fraction(-1)), e)


def inverse(e: Expression) -> Expression:
    return Power(e, Number(Fraction(-1)))


def is_inverse(e: Expression) -> bool:
    """Whether it is written as a divisor: a power −1."""
    return isinstance(e, Power) and e.exponent == Number(Fraction(-1))


def ones_like(e: Expression) -> Expression:
    return Ones(shape(e))


def inner(left: Expression, right: Expression) -> Expression:
    """⟨left, right⟩ of two expressions of one shape."""
    return Shorthand("inner", (left, right))


def total(e: Expression) -> Expression:
    """The sum of all entries; a scalar is its own."""
    return e if shape(e) == SCALAR else Reduce(e, None)
