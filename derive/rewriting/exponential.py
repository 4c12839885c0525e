"""Exponentials and logarithms, taken apart as far as their laws hold wherever both sides are defined.

log splits only products with a positive coefficient, and into log|·|: a law never turns a function that is defined on
a region into one that is defined nowhere on it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from derive.errors import DeriveError
from derive.rewriting.closing import leading, make, oriented, split_content
from derive.rewriting.factoring import factors
from derive.rewriting.gates import absolute, bit_inside, by_value, gate_inside, nonnegative, positive, regions
from derive.rewriting.heads import GATES, Kind
from derive.rewriting.logistic import one_minus_sigmoid, one_plus_exponential
from derive.rewriting.monomial import UNIT, Exponent, Monomial
from derive.rewriting.polynomial import ONE, Polynomial, Ring, as_number
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
    if only is not None and only[2] == 1 and abs(coefficient.p) <= 8 and coefficient.q <= 8:
        head = ring.heads[only[0]]
        if head.kind is Kind.SOFTPLUS and whole is not None:
            base = ring.add(ONE, exp(ring, ring.thaw(only[0], only[1])))
            return power(ring, base, coefficient)
        if head.kind in (Kind.LOGABS, Kind.LOG):
            base = ring.thaw(only[0], only[1])
            return power(ring, base if head.kind is Kind.LOG else absolute(ring, base), coefficient)
    exponent: Exponent = whole if whole is not None else Fraction(int(coefficient.p), int(coefficient.q))
    return make(ring, Kind.EXP, "", {monomial: fmpq(1)}, exponent=exponent)


def log(ring: Ring, u: Polynomial) -> Polynomial:
    """log Π c·xᵏ = log c + Σ k·log|x| for c > 0; log(1 + e^v) = softplus(v); log(1 − σ(v)) = −softplus(v).

    log x³ = 3 log x, with no |·|, if x is all that the sign depends on: then e^(log x) = x.
    """
    if not u:
        raise DeriveError("log(0) is not defined.", code="E-DOMAIN")
    if u == ONE:
        return {}
    bit = bit_inside(ring, u)
    if bit is not None and all(inside for _, inside in by_value(ring, u, bit)):
        return ring.add(*(ring.product(where, log(ring, inside)) for where, inside in by_value(ring, u, bit)))
    if len(u) == 1:
        ((monomial, coefficient),) = u.items()
        if coefficient > 0 and monomial == UNIT:
            return _log_number(ring, coefficient)
        if monomial != UNIT and not monomial[1]:
            return _log_product(ring, u, coefficient, monomial, [])
    soft = one_plus_exponential(ring, u)
    if soft is not None:
        scale, v = soft
        return ring.add(softplus(ring, v), log(ring, scale))
    reflected = one_minus_sigmoid(ring, u)
    if reflected is not None and reflected[0] > 0:
        scale_number, v = reflected
        return ring.subtract(log(ring, ring.number(scale_number)), softplus(ring, v))
    pieces = _split(ring, u)
    if pieces is not None:
        return _log_product(ring, u, *pieces)
    content = abs(u[leading(u)])
    if content != 1 and u.keys() != {UNIT}:
        return ring.add(log(ring, ring.number(content)), log(ring, ring.scale(u, 1 / content)))
    return make(ring, Kind.LOG, "", u)


_Pieces = tuple[Any, Monomial, list[tuple[Polynomial, int]]]
"""A number, a monomial, and irreducible sums with their multiplicities: the product of them all."""


def _split(ring: Ring, u: Polynomial) -> _Pieces | None:
    """A sum as a product; None if it does not split."""
    if u.keys() == {UNIT}:
        return None
    content, rest = (ONE, u) if len(u) == 1 else split_content(ring, u)
    pieces = factors(ring, rest)
    if content.keys() <= {UNIT} and len(pieces) == 1 and pieces[0][1] == 1:
        return None
    ((monomial, _),) = content.items()
    whole = ring.product({monomial: fmpq(1)}, *(power(ring, f, fmpq(k)) for f, k in pieces))
    number = u[leading(u)] / whole[leading(whole)] if whole else 0
    if not number or ring.subtract(u, ring.scale(whole, number)):
        return None
    return number, monomial, pieces


def _log_product(
    ring: Ring, u: Polynomial, number: Any, monomial: Monomial, pieces: list[tuple[Polynomial, int]]
) -> Polynomial:
    """log|c| + Σ k·log|P| for u = c·Π Pᵏ, which is log u wherever that is defined.

    If one odd power is all that its sign depends on, then P itself, or −P, is positive there.
    """
    logs = [(ring.atom(h, i), e, _log_factor(ring, h, i, e)) for h, i, e in monomial[0]]
    logs += [(f, k, ring.scale(log_abs(ring, f), fmpq(k))) for f, k in pieces]
    unknown = [n for n, (base, k, _) in enumerate(logs) if k % 2 == 1 and not _is_sure(ring, base)]
    values = [value for _, _, value in logs]
    if not unknown and number < 0:
        return make(ring, Kind.LOG, "", u)
    if len(unknown) == 1:
        base, k, _ = logs[unknown[0]]
        values[unknown[0]] = ring.scale(_log_signed(ring, base, number < 0), fmpq(int(k)))
    return ring.add(_log_number(ring, abs(number)), *values)


_BITS = (*GATES, Kind.DELTA)


def _is_sure(ring: Ring, base: Polynomial) -> bool:
    """Whether something has no other sign than + where it is not 0."""
    heads = {h for factors, _ in base for h, _, _ in factors}
    return nonnegative(ring, base) or (len(base) == len(heads) == 1 and ring.heads.kinds[heads.pop()] in _BITS)


def _log_signed(ring: Ring, base: Polynomial, negated: bool) -> Polynomial:
    """log P or log(−P); log(1/P) is −log P."""
    sign = -1 if negated else 1
    ((monomial, _), *more) = base.items()
    if not more and len(monomial[0]) == 1:
        head, indices, _ = monomial[0][0]
        if ring.heads.kinds[head] is Kind.INVERSE:
            return ring.negate(log(ring, ring.scale(ring.thaw(head, indices), fmpq(sign))))
        return make(ring, Kind.LOG, "", ring.scale(base, fmpq(sign)))
    return log(ring, ring.scale(base, fmpq(sign)))


def _log_number(ring: Ring, value: Any) -> Polynomial:
    """log(p/q) = Σ k·log of the small primes, and of what is left."""
    result: Polynomial = {}
    for whole, sign in ((int(value.p), 1), (int(value.q), -1)):
        for prime in _SMALL_PRIMES:
            count = 0
            while whole % prime == 0:
                whole, count = whole // prime, count + 1
            if count:
                result = ring.add(result, ring.scale(make(ring, Kind.LOG, "", ring.number(prime)), fmpq(sign * count)))
        if whole != 1:
            result = ring.add(result, ring.scale(make(ring, Kind.LOG, "", ring.number(whole)), fmpq(sign)))
    return result


_SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)


def raise_to(ring: Ring, base: Polynomial, exponent: Polynomial) -> Polynomial:
    """base^exponent: e^(exponent·log base) for a positive base. For any other one only whole numbers and sizes leave
    the exponent, b^(2N + s + 1) = (b^N)²·b^s·b: (x²)^s is not x^(2s), x^s is not positive, x^(2s) is no square.
    """
    value = as_number(exponent)
    if value is not None:
        return power(ring, base, value)
    if positive(ring, base):
        return exp(ring, ring.product(exponent, log(ring, base)))
    if not base:
        raise DeriveError("A power of zero with an unknown exponent is not compared.", code="E-DOMAIN")
    gate, bit = gate_inside(ring, exponent), bit_inside(ring, exponent)
    if gate is not None or bit is not None:
        # (2z)^(1 − h) is no quotient of 2z: at z = 0 it may be 0⁰.
        parts = regions(ring, exponent, gate) if gate is not None else by_value(ring, exponent, bit or (0, ()))
        return ring.add(*(ring.product(where, raise_to(ring, base, inside)) for where, inside in parts))
    result, rest = ONE, dict(exponent)
    inside = {h for factors, _ in base for x, _, _ in factors for h in (x, *ring.heads.mentions(x))}
    # 0^N and 0^(N−1)·0 differ for N = 1, and a base with gates or names that are 0 or 1 is 0 on whole regions.
    is_split = not any(ring.heads.kinds[h] in GATES or h in ring.binary for h in inside)
    for monomial, coefficient in exponent.items():
        if is_split and coefficient.q == 1 and all(ring.heads.kinds[h] is Kind.SIZE for h, _, _ in monomial[0]):
            whole, unit = int(coefficient.p), {monomial: fmpq(1)}
            known = monomial == UNIT
            part = power(ring, base, coefficient) if known else make(ring, Kind.POWER, "", base, unit, exponent=whole)
            result = ring.product(result, part)
            del rest[monomial]
    if rest:
        rest, negated = oriented(ring, rest)
        result = ring.product(result, make(ring, Kind.POWER, "", base, rest, exponent=-1 if negated else 1))
    return result


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
        return ring.scale(log_abs(ring, ring.thaw(head, indices)), -times)
    if kind is Kind.ROOT:
        return ring.scale(log(ring, ring.thaw(head, indices)), times / ring.heads[head].label)
    return ring.scale(make(ring, Kind.LOGABS, "", ring.atom(head, indices)), times)


def log_abs(ring: Ring, u: Polynomial) -> Polynomial:
    """log|u|, taken apart where u is a product; log u where u is positive."""
    if not u or positive(ring, u):
        return log(ring, u)
    reflected = one_minus_sigmoid(ring, u)
    if reflected is not None:
        scale, v = reflected
        return ring.subtract(log(ring, ring.number(abs(scale))), softplus(ring, v))
    if len(u) == 1:
        ((monomial, coefficient),) = u.items()
        if not monomial[1] and monomial != UNIT:
            return ring.add(_log_number(ring, abs(coefficient)), *(_log_factor(ring, *f) for f in monomial[0]))
    return make(ring, Kind.LOGABS, "", oriented(ring, u)[0])
