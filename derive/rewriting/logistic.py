"""The logistic family: σ and D = σ(1 − σ) are the generators; tanh and the exponentials they come from follow.

Everything of one argument u is a combination of Dᵏ and σDᵏ, k any integer: σ² = σ − D, 1/σ = (1 − σ)/D,
1/(1 − σ) = σ/D, e^u = σ/D − 1. Arguments are oriented (u or −u, whichever has a positive leading coefficient).
"""

from __future__ import annotations

from typing import Any

from flint import fmpq

from derive.rewriting.closing import make, oriented
from derive.rewriting.heads import Kind
from derive.rewriting.monomial import UNIT, Monomial
from derive.rewriting.polynomial import ONE, Polynomial, Ring


def sigmoid(ring: Ring, u: Polynomial) -> Polynomial:
    """σ(−u) = 1 − σ(u); σ(0) = 1/2."""
    if not u:
        return ring.number(fmpq(1, 2))
    u, negated = oriented(ring, u)
    value = make(ring, Kind.SIGMOID, "", u)
    return ring.subtract(ONE, value) if negated else value


def slope(ring: Ring, u: Polynomial, exponent: int = 1) -> Polynomial:
    """D(u)^exponent with D(u) = σ(u)(1 − σ(u)), an even function."""
    if not u:
        return ring.number(fmpq(1, 4) ** exponent)
    return make(ring, Kind.SLOPE, "", oriented(ring, u)[0], exponent=exponent)


def tanh(ring: Ring, u: Polynomial) -> Polynomial:
    """tanh u = 2σ(2u) − 1."""
    return ring.subtract(ring.scale(sigmoid(ring, ring.scale(u, fmpq(2))), fmpq(2)), ONE)


def one_plus_exponential(ring: Ring, u: Polynomial) -> tuple[Polynomial, Polynomial] | None:
    """u = s·(1 + e^v) with s a monomial of exponentials and a positive number: (s, v)."""
    if len(u) != 2:
        return None
    (m, c), (n, d) = sorted(u.items())
    if c != d or c < 0 or not (_is_exponential(ring, m) and _is_exponential(ring, n)):
        return None
    v = ring.subtract(_exponent_of(ring, n), _exponent_of(ring, m))
    return {m: c}, v


def _is_exponential(ring: Ring, monomial: Monomial) -> bool:
    return not monomial[1] and all(ring.heads.kinds[h] is Kind.EXP for h, _, _ in monomial[0])


def _exponent_of(ring: Ring, monomial: Monomial) -> Polynomial:
    parts: list[Polynomial] = []
    for head, indices, exponent in monomial[0]:
        times = fmpq(exponent) if isinstance(exponent, int) else fmpq(exponent.numerator, exponent.denominator)
        parts.append(ring.scale(ring.thaw(head, indices), times))
    return ring.add(*parts) if parts else {}


def one_minus_sigmoid(ring: Ring, u: Polynomial) -> tuple[Any, Polynomial] | None:
    """u = c·(1 − σ(v)): (c, v)."""
    if len(u) != 2 or UNIT not in u:
        return None
    ((monomial, coefficient),) = ((m, c) for m, c in u.items() if m != UNIT)
    if coefficient != -u[UNIT] or len(monomial[0]) != 1 or monomial[1]:
        return None
    head, indices, exponent = monomial[0][0]
    if exponent != 1 or ring.heads.kinds[head] is not Kind.SIGMOID:
        return None
    return u[UNIT], ring.thaw(head, indices)
