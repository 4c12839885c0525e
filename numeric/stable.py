"""Formulas in the form that floating point wants: the same value, no overflow at |z| = 1000.

Only forms that would overflow or lose everything are touched: log σ(z), log(1 − σ(z)), log softmax, log Σexp,
log(1 + eᶻ), exp(z)/Σexp(z), 1/(1 + e^{−z}), and an exponential in the branch of a `where` that is not taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from derive.expression.functions import apply
from derive.expression.nodes import (
    UNIT,
    ZERO,
    Elementwise,
    Expression,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
)
from derive.expression.text import tensor_text
from derive.expression.traverse import rebuild

Meanings = Mapping[str, Expression]
"""What names are defined as: log(a2) is log σ(z2) if a2 = σ(z2)."""

_MINUS_ONE = Number(Fraction(-1))


def stable(e: Expression, meanings: Meanings) -> Expression:
    """An expression of the same value that is safe to evaluate in floating point."""
    e = rebuild(e, lambda child: stable(child, meanings))
    if isinstance(e, Elementwise) and e.order == 0:
        return _elementwise(e, meanings)
    if isinstance(e, Product):
        return _softmax(e)
    if isinstance(e, Power):
        return _sigmoid(e)
    return e


def _elementwise(e: Elementwise, meanings: Meanings) -> Expression:
    if e.function.name == "log":
        return _log(e, meanings)
    if e.function.name == "where":
        return _guarded(e)
    return e


def _log(e: Elementwise, meanings: Meanings) -> Expression:
    argument = e.arguments[0]
    meaning = _meaning(argument, meanings)
    z = _argument(meaning, "sigmoid")
    if z is not None:
        return -apply("softplus", -z)
    if isinstance(meaning, Shorthand) and meaning.name == "softmax":
        return meaning.operands[0] - Shorthand("logsumexp", meaning.operands, meaning.axis)
    if isinstance(meaning, Reduce) and (z := _argument(meaning.operand, "exp")) is not None:
        return Shorthand("logsumexp", (z,), meaning.axis)
    rest = _one_plus(argument)
    if rest is not None and (z := _argument(_meaning(rest, meanings), "exp")) is not None:
        return apply("softplus", z)
    taken = None if rest is None else _negated(rest)
    if taken is not None and (z := _argument(_meaning(taken, meanings), "sigmoid")) is not None:
        return -apply("softplus", z)
    return e


def _meaning(e: Expression, meanings: Meanings) -> Expression:
    while isinstance(e, Tensor) and tensor_text(e) in meanings:
        e = meanings[tensor_text(e)]
    return e


def _argument(e: Expression, name: str) -> Expression | None:
    """z of name(z)."""
    return e.arguments[0] if isinstance(e, Elementwise) and e.function.name == name and e.order == 0 else None


def _one_plus(e: Expression) -> Expression | None:
    """u of 1 + u or u + 1."""
    if isinstance(e, Sum) and len(e.terms) == 2 and UNIT in e.terms:
        return e.terms[1] if e.terms[0] == UNIT else e.terms[0]
    return None


def _negated(e: Expression) -> Expression | None:
    """u of −u."""
    if isinstance(e, Product) and e.factors and e.factors[0] == _MINUS_ONE:
        return e.factors[1] if len(e.factors) == 2 else Product(e.factors[1:])
    return None


def _softmax(e: Product) -> Expression:
    """exp(z)/Σexp(z) among the factors becomes softmax(z)."""
    for at, factor in enumerate(e.factors):
        below = factor.base if isinstance(factor, Power) and factor.exponent == _MINUS_ONE else None
        if not isinstance(below, Reduce) or below.operand not in e.factors or _argument(below.operand, "exp") is None:
            continue
        exponential = e.factors.index(below.operand)
        p = Shorthand("softmax", (_argument(below.operand, "exp") or ZERO,), below.axis)
        rest = tuple(p if i == exponential else f for i, f in enumerate(e.factors) if i != at)
        return rest[0] if len(rest) == 1 else Product(rest)
    return e


def _sigmoid(e: Power) -> Expression:
    """1/(1 + exp(u)) is sigmoid(−u)."""
    rest = _one_plus(e.base) if e.exponent == _MINUS_ONE else None
    u = None if rest is None else _argument(rest, "exp")
    if u is None:
        return e
    return apply("sigmoid", _negated(u) or -u)


def _guarded(e: Elementwise) -> Expression:
    """In where(z > 0, a, b) b is worked out for positive z too, and thrown away: there exp(z) is held at exp(0)."""
    condition, taken, other = e.arguments
    if not isinstance(condition, Elementwise) or condition.function.name not in ("gt", "ge"):
        return e
    z, bound = condition.arguments
    if bound != ZERO:
        return e
    held = _replaced(other, apply("exp", z), apply("exp", apply("minimum", z, ZERO)))
    return e if held is other else Elementwise(e.function, (condition, taken, held))


def _replaced(e: Expression, old: Expression, new: Expression) -> Expression:
    return new if e == old else rebuild(e, lambda child: _replaced(child, old, new))
