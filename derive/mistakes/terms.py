"""A formula as a sum of terms, and a term as a product of factors; put together again without ones."""

from __future__ import annotations

from derive.expression.nodes import UNIT, Expression, Number, Product, Sum

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
