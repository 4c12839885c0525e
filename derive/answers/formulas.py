"""Small formulas that operators and functions of Python stand for."""

from __future__ import annotations

from derive.expression.functions import apply
from derive.expression.nodes import Elementwise, Expression, Power, Product, Sum, number

_SIGNS = frozenset(("gt", "ge", "lt", "le", "eq", "ne"))


def plus(a: Expression, b: Expression) -> Expression:
    """a + b."""
    return Sum((a, b))


def minus(a: Expression, b: Expression) -> Expression:
    """a − b."""
    return Sum((a, negative(b)))


def times(a: Expression, b: Expression) -> Expression:
    """a ⊙ b."""
    return Product((a, b))


def over(a: Expression, b: Expression) -> Expression:
    """a / b, entry by entry."""
    return Product((a, reciprocal(b)))


def negative(a: Expression) -> Expression:
    """−a."""
    return Product((number(-1), a))


def reciprocal(a: Expression) -> Expression:
    """1 / a, entry by entry."""
    return Power(a, number(-1))


def either(a: Expression, b: Expression) -> Expression:
    """a or b, of conditions."""
    return apply("maximum", a, b)


def negated(a: Expression) -> Expression:
    """not a, of a condition."""
    return minus(number(1), a)


def is_condition(e: Expression) -> bool:
    """Whether an expression is a comparison, or several of them joined."""
    if isinstance(e, Product):
        return all(is_condition(f) for f in e.factors)
    if isinstance(e, Sum):
        return len(e.terms) == 2 and e == negated(_inner(e)) and is_condition(_inner(e))
    if not isinstance(e, Elementwise):
        return False
    return e.function.name in _SIGNS or (e.function.name == "maximum" and all(map(is_condition, e.arguments)))


def _inner(e: Sum) -> Expression:
    """What is negated in 1 − a."""
    last = e.terms[-1]
    return last.factors[-1] if isinstance(last, Product) else last
