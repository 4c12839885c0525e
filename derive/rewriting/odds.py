"""The logistic family at logarithms: σ(log x) = x/(1 + x), softplus(log x) = log(1 + x), because e^(log x) is x."""

from __future__ import annotations

from flint import fmpq

from derive.rewriting import exponential, logistic
from derive.rewriting.gates import positive
from derive.rewriting.heads import Kind
from derive.rewriting.polynomial import ONE, Polynomial, Ring
from derive.rewriting.powers import inverse


def sigmoid(ring: Ring, u: Polynomial) -> Polynomial:
    """σ(u) = e^u/(1 + e^u), so written if e^u is no exponential of logarithms."""
    if not _has_logarithm(ring, u):
        return logistic.sigmoid(ring, u)
    odds = exponential.exp(ring, u)
    return ring.product(odds, inverse(ring, ring.add(ONE, odds)))


def slope(ring: Ring, u: Polynomial) -> Polynomial:
    """D(u) = σ(u)·(1 − σ(u))."""
    if not _has_logarithm(ring, u):
        return logistic.slope(ring, u)
    value = sigmoid(ring, u)
    return ring.product(value, ring.subtract(ONE, value))


def tanh(ring: Ring, u: Polynomial) -> Polynomial:
    """tanh u = 2σ(2u) − 1."""
    return ring.subtract(ring.scale(sigmoid(ring, ring.scale(u, fmpq(2))), fmpq(2)), ONE)


def softplus(ring: Ring, u: Polynomial) -> Polynomial:
    """log(1 + e^u)."""
    if not _has_logarithm(ring, u):
        return exponential.softplus(ring, u)
    return exponential.log(ring, ring.add(ONE, exponential.exp(ring, u)))


def _has_logarithm(ring: Ring, u: Polynomial) -> bool:
    """Whether a whole number times log x is a term, with x > 0 where that is defined."""
    for (factors, sizes), coefficient in u.items():
        if len(factors) != 1 or sizes or factors[0][2] != 1 or coefficient.q != 1 or abs(coefficient.p) > 8:
            continue
        head, indices, _ = factors[0]
        kind = ring.heads.kinds[head]
        if kind is Kind.LOG or (kind is Kind.LOGABS and positive(ring, ring.thaw(head, indices))):
            return True
    return False
