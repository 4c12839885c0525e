"""Exponentials and logarithms, taken apart as far as their laws hold wherever both sides are defined.

log splits only products with a positive coefficient, and into log|·|: a law never turns a function that is defined on
a region into one that is defined nowhere on it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from derive.errors import DeriveError
from derive.rewriting.closing import leading, make, oriented
from derive.rewriting.gates import absolute
from derive.rewriting.heads import Kind
from derive.rewriting.logistic import one_minus_sigmoid, one_plus_exponential
from derive.rewriting.monomial import UNIT, Exponent, Monomial
from derive.rewriting.polynomial import ONE, Polynomial, Ring
from derive.rewriting.powers import power


def softplus(ring: Ring, u: Polynomial) -> Polynomial:
    """softplus(−u) = softplus(u) − u."""
    if not u:
        return log(ring, ring.number(2))
    v, negated = oriented(ring, u)
    value = make(ring, Kind.SOFTPLUS, "", v)
    return ring.add(value, u) if negated else value


def exp(ring: Ring, u: Polynomial) -> Polynomial:
    """e^(Σ c·m) = Π (e^m)^c over the monomials of u; e^(k·softplus v) = (1 + e^v)^k, e^(k·log|x|) = |x|^k."""
    result = ONE
    for monomial, coefficient in u.items():
        result = ring.product(result, _exp_term(ring, monomial, coefficient))
    return result


def _exp_term(ring: Ring, monomial: Monomial, coefficient: Any) -> Polynomial:
    whole = int(coefficient.p) if coefficient.q == 1 else None
    only = monomial[0][0] if len(monomial[0]) == 1 and not monomial[1] else None
    if only is not None and only[2] == 1 and whole is not None and abs(whole) <= 8:
        head = ring.heads[only[0]]
        if head.kind is Kind.SOFTPLUS:
            base = ring.add(ONE, exp(ring, ring.thaw(only[0], only[1])))
            return power(ring, base, fmpq(whole))
        if head.kind in (Kind.LOGABS, Kind.LOG):
            base = ring.thaw(only[0], only[1])
            return power(ring, base if head.kind is Kind.LOG else absolute(ring, base), fmpq(whole))
    exponent: Exponent = whole if whole is not None else Fraction(int(coefficient.p), int(coefficient.q))
    return make(ring, Kind.EXP, "", {monomial: fmpq(1)}, exponent=exponent)


def log(ring: Ring, u: Polynomial) -> Polynomial:
    """log Π c·xᵏ = log c + Σ k·log|x| for c > 0; log(1 + e^v) = softplus(v); log(1 − σ(v)) = −softplus(v)."""
    if not u:
        raise DeriveError("log(0) is not defined.", code="E-DOMAIN")
    if u == ONE:
        return {}
    if len(u) == 1:
        ((monomial, coefficient),) = u.items()
        if coefficient > 0 and not monomial[1] and monomial != UNIT:
            parts = [_log_factor(ring, h, i, e) for h, i, e in monomial[0]]
            if coefficient != 1:
                parts.append(log(ring, ring.number(coefficient)))
            return ring.add(*parts)
    soft = one_plus_exponential(ring, u)
    if soft is not None:
        scale, v = soft
        return ring.add(softplus(ring, v), log(ring, scale))
    reflected = one_minus_sigmoid(ring, u)
    if reflected is not None:
        scale_number, v = reflected
        return ring.subtract(log(ring, ring.number(scale_number)), softplus(ring, v))
    content = abs(u[leading(u)])
    if content != 1 and u.keys() != {UNIT}:
        return ring.add(log(ring, ring.number(content)), log(ring, ring.scale(u, 1 / content)))
    return make(ring, Kind.LOG, "", u)


def _log_factor(ring: Ring, head: int, indices: tuple[int, ...], exponent: Exponent) -> Polynomial:
    kind = ring.heads[head].kind
    times = fmpq(exponent) if isinstance(exponent, int) else fmpq(exponent.numerator, exponent.denominator)
    if kind is Kind.EXP:
        return ring.scale(ring.thaw(head, indices), times)
    if kind is Kind.SIGMOID:
        u = ring.thaw(head, indices)
        return ring.scale(ring.subtract(u, softplus(ring, u)), times)
    if kind is Kind.SLOPE:
        u = ring.thaw(head, indices)
        return ring.scale(ring.subtract(u, ring.scale(softplus(ring, u), fmpq(2))), times)
    if kind is Kind.INVERSE:
        return ring.scale(log(ring, ring.thaw(head, indices)), -times)
    return ring.scale(make(ring, Kind.LOGABS, "", ring.atom(head, indices)), times)


def log_abs(ring: Ring, u: Polynomial) -> Polynomial:
    """log|u|, taken apart where u is a product."""
    if len(u) == 1:
        ((monomial, coefficient),) = u.items()
        if not monomial[1] and monomial != UNIT:
            return log(ring, {monomial: abs(coefficient)})
    return make(ring, Kind.LOGABS, "", oriented(ring, u)[0])
