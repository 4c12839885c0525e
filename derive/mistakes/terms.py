"""A formula as a sum of terms, and a term as a product of factors; put together again without ones."""

from __future__ import annotations

from derive.expression.nodes import UNIT, Dimension, Expression, Number, Power, Product, Sum, number
from derive.expression.traverse import rebuild

TERMS = 6
"""Terms into which a formula is multiplied out at most."""


def terms(e: Expression) -> tuple[Expression, ...]:
    """The additive terms of a line, sums in sums taken apart."""
    if not isinstance(e, Sum):
        return (e,)
    return tuple(t for term in e.terms for t in terms(term))


def expanded(e: Expression) -> tuple[Expression, ...]:
    """The additive terms of a formula, one factor that is a sum multiplied out."""
    found: list[Expression] = []
    for term in terms(e):
        parts = factors(term)
        place = next((k for k, f in enumerate(parts) if isinstance(f, Sum)), None)
        if place is None:
            found.append(term)
        else:
            inner = parts[place]
            assert isinstance(inner, Sum)
            found += [product(*parts[:place], t, *parts[place + 1 :]) for t in inner.terms]
    return tuple(found) if len(found) <= TERMS else (e,)


def summed(parts: tuple[Expression, ...]) -> Expression:
    return parts[0] if len(parts) == 1 else Sum(parts)


def factors(e: Expression) -> tuple[Expression, ...]:
    """The elementwise factors of a term."""
    if not isinstance(e, Product):
        return (e,)
    return tuple(f for factor in e.factors for f in factors(factor))


def is_negative(e: Expression) -> bool:
    """Whether a term has a negative number among its factors."""
    return any(isinstance(f, Number) and f.value < 0 for f in factors(e))


def product(*parts: Expression) -> Expression:
    """The elementwise product, ones left out."""
    kept = [f for p in parts for f in factors(p) if f != UNIT]
    signs = [f for f in kept if isinstance(f, Number)]
    value = UNIT.value
    for f in signs:
        value *= f.value
    rest = tuple(f for f in kept if not isinstance(f, Number))
    whole = rest if value == 1 and rest else (Number(value), *rest)
    return whole[0] if len(whole) == 1 else Product(whole)


def without(parts: tuple[Expression, ...], k: int) -> Expression:
    """The product without one of its factors."""
    return product(*parts[:k], *parts[k + 1 :])


def tidied(e: Expression) -> Expression:
    """The same with the numbers of each product as one, sizes cancelled, and 1/n for n⁻¹."""
    inner = rebuild(e, tidied)
    if isinstance(inner, Power) and inner.exponent == number(-1):
        return _reciprocal(inner.base)
    if not isinstance(inner, Product):
        return inner
    parts = [f for f in factors(inner) if f != UNIT]
    for size in [f for f in parts if isinstance(f, Dimension)]:
        if Power(size, number(-1)) in parts and size in parts:
            parts.remove(size)
            parts.remove(Power(size, number(-1)))
    return _led(product(*parts)) if parts else UNIT


def _reciprocal(base: Expression) -> Expression:
    """1/(2n) as ½ · 1/n, and 1/(1/n) as n."""
    values = [f for f in factors(base) if isinstance(f, Number)]
    rest = [f for f in factors(base) if not isinstance(f, Number)]
    if not rest or len(values) > 1 or not all(f.value for f in values):
        return Power(base, number(-1))
    only = rest[0] if len(rest) == 1 else None
    inner = only.base if isinstance(only, Power) and _is_reciprocal(only) else Power(product(*rest), number(-1))
    return _led(product(*(Number(1 / f.value) for f in values), inner))


def _led(e: Expression) -> Expression:
    """With a 1 in front of what is divided by, if nothing else stands there."""
    first = factors(e)[0]
    return Product((UNIT, *factors(e))) if _is_reciprocal(first) else e


def _is_reciprocal(e: Expression) -> bool:
    return isinstance(e, Power) and e.exponent == number(-1)
