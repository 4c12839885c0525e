"""Quotients, powers and roots: 1/P and P^(1/q) are atoms with one relation each."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from flint import fmpq

from derive.errors import DeriveError
from derive.rewriting.closing import invertible, leading, make, make_led, split_content
from derive.rewriting.factoring import factors, is_plain, logistic_factors
from derive.rewriting.gates import absolute, bit_inside, by_value, gate_inside, positive, regions
from derive.rewriting.heads import POSITIVE, Kind
from derive.rewriting.logistic import one_minus_sigmoid, one_plus_exponential, sigmoid, slope
from derive.rewriting.monomial import Exponent, Monomial
from derive.rewriting.polynomial import MAXIMUM_BITS, ONE, Key, Polynomial, Ring, as_number

LARGEST = 64
"""The largest exponent to which sums, products over dummies, roots and sigmoids are multiplied out."""

_GROWING = frozenset({Kind.ROOT, Kind.SIGMOID})
"""Kinds whose powers are opened one by one."""


def inverse(ring: Ring, u: Polynomial) -> Polynomial:
    """1/u: a monomial is inverted factor by factor, 1/(1+e^v) = σ(−v), 1/(1−σ) = σ/D, else an atom for 1/P."""
    if not u:
        raise DeriveError("Division by zero.", code="E-DOMAIN")
    if len(u) == 1:
        ((monomial, coefficient),) = u.items()
        if not monomial[1] and all(invertible(ring, h) for h, _, _ in monomial[0]):
            inverted = tuple((h, i, -e) for h, i, e in monomial[0])
            return ring.scale(ring.product(*(ring.atom(h, i, e) for h, i, e in inverted)), 1 / coefficient)
    gate = gate_inside(ring, u)
    if gate is not None:
        return _inverse_by_region(ring, u, gate)
    bit = bit_inside(ring, u)
    if bit is not None:
        return _inverse_by_value(ring, u, bit)
    soft = one_plus_exponential(ring, u)
    if soft is not None:
        return ring.product(inverse(ring, soft[0]), sigmoid(ring, ring.negate(soft[1])))
    reflected = one_minus_sigmoid(ring, u)
    if reflected is not None:
        scale, v = reflected
        return ring.scale(ring.product(sigmoid(ring, v), slope(ring, v, -1)), 1 / scale)
    content, rest = split_content(ring, u)
    if content != ONE:
        return ring.product(inverse(ring, content), inverse(ring, rest))
    powers = logistic_factors(ring, u)
    if powers is not None:
        return ring.scale(ring.product(*(_whole_power(ring, f, -k) for f, k in powers[1])), 1 / powers[0])
    split = factors(ring, u) if is_plain(ring, u) else [(u, 1)]
    if len(split) > 1 or split[0][1] > 1:
        scale = u[leading(u)]
        whole = ring.product(*(_whole_power(ring, f, m) for f, m in split))
        ratio = scale / whole[leading(whole)]
        inverses = (_whole_power(ring, f, -m) for f, m in split)
        return ring.scale(ring.product(*inverses), 1 / ratio)
    return make_led(ring, Kind.INVERSE, u)


def _inverse_by_region(ring: Ring, u: Polynomial, gate: Key) -> Polynomial:
    """1/u = h⁺/u₊ + h⁻/u₋ + h⁰/u₀, without the regions in which u is 0 and 1/u not defined."""
    parts = [ring.product(where, inverse(ring, inside)) for where, inside in regions(ring, u, gate) if inside]
    if not parts:
        raise DeriveError("Division by zero.", code="E-DOMAIN")
    return ring.add(*parts)


def _inverse_by_value(ring: Ring, u: Polynomial, bit: Key) -> Polynomial:
    """1/u = y/u₁ + (1 − y)/u₀ for a name y that is declared 0 or 1, without the value at which u is 0."""
    parts = [ring.product(where, inverse(ring, inside)) for where, inside in by_value(ring, u, bit) if inside]
    if not parts:
        raise DeriveError("Division by zero.", code="E-DOMAIN")
    return ring.add(*parts)


def power(ring: Ring, base: Polynomial, exponent: Any) -> Polynomial:
    """base^(p/q): whole powers are multiplied out, the rest is a root."""
    whole = exponent.p // exponent.q
    part = exponent - whole
    result = _whole_power(ring, base, int(whole))
    if part:
        q = int(part.q)
        result = ring.product(result, _whole_power(ring, root(ring, base, q), int(part.p)))
    return result


def _whole_power(ring: Ring, base: Polynomial, exponent: int) -> Polynomial:
    if exponent < 0:
        return _whole_power(ring, inverse(ring, base), -exponent)
    if len(base) == 1:
        ((monomial, coefficient),) = base.items()
        grows = monomial[1] or any(ring.heads.kinds[h] in _GROWING for h, _, _ in monomial[0])
        if exponent > LARGEST and grows:
            ring.budget.spend(ring.budget.terms + 1)
        if not monomial[1] and (coefficient.height_bits() - 1) * exponent <= MAXIMUM_BITS:
            powers = (ring.atom(h, i, e * exponent) for h, i, e in monomial[0])
            return ring.scale(ring.product(*powers), coefficient**exponent)
    if exponent > LARGEST and len(base) > 1:
        ring.budget.spend(ring.budget.terms + 1)
    return ring.power(base, exponent)


def root(ring: Ring, u: Polynomial, q: int) -> Polynomial:
    """u^(1/q): numbers and even powers are taken out (√x² = |x|), the rest is an atom r with r^q = P."""
    if not u:
        return {}
    value = as_number(u)
    if value is not None:
        return _number_root(ring, value, q)
    bit = bit_inside(ring, u)
    if bit is not None:
        return ring.add(*(ring.product(where, root(ring, inside, q)) for where, inside in by_value(ring, u, bit)))
    if len(u) == 1:
        ((monomial, coefficient),) = u.items()
        if coefficient > 0 and not monomial[1]:
            return _monomial_root(ring, monomial, coefficient, q)
    outer = _positive_content(ring, u) if len(u) > 1 else ONE
    if outer != ONE:
        return ring.product(root(ring, outer, q), root(ring, ring.product(u, inverse(ring, outer)), q))
    number = abs(u[leading(u)])
    if number != 1:
        return ring.product(_number_root(ring, number, q), root(ring, ring.scale(u, 1 / number), q))
    split = factors(ring, u)
    if len(split) > 1 or split[0][1] > 1:
        return _split_root(ring, u, split, q)
    return _root_atom(ring, u, q)


def _positive_content(ring: Ring, u: Polynomial) -> Polynomial:
    """The sizes and names declared positive that all terms have in common, which leave a root: √(Σx²/n) = √Σx²/√n."""
    ((monomial, _),) = split_content(ring, u)[0].items()
    sure = [(h, i, e) for h, i, e in monomial[0] if ring.heads.kinds[h] is Kind.SIZE or h in ring.positive]
    return ring.product(*(ring.atom(*factor) for factor in sure)) if sure else ONE


def _split_root(ring: Ring, u: Polynomial, split: list[tuple[Polynomial, int]], q: int) -> Polynomial:
    """√(c·Π Pᵏ): positive factors leave the root one by one, squares as |P|, the rest stays together."""
    whole = ring.product(*(_whole_power(ring, f, k) for f, k in split))
    scale = u[leading(u)] / whole[leading(whole)]
    if ring.subtract(u, ring.scale(whole, scale)):
        return _root_atom(ring, u, q)
    result, left = ONE, ring.number(scale)
    for factor, multiplicity in split:
        count, remainder = divmod(multiplicity, q)
        if positive(ring, factor):
            result = ring.product(result, _whole_power(ring, factor, count))
            if remainder:
                result = ring.product(result, _whole_power(ring, root(ring, factor, q), remainder))
        elif remainder == 0 and q == 2:
            result = ring.product(result, _whole_power(ring, absolute(ring, factor), count))
        else:
            left = ring.product(left, _whole_power(ring, factor, multiplicity))
    if as_number(left) is not None:
        return ring.product(result, root(ring, left, q))
    return ring.product(result, _root_atom(ring, left, q))


def _root_atom(ring: Ring, u: Polynomial, q: int) -> Polynomial:
    return make(ring, Kind.ROOT, q, u, inverse(ring, u))


def _number_root(ring: Ring, value: Any, q: int) -> Polynomial:
    """√(p/r) = √(p·r)/r with the square part taken out."""
    if value < 0:
        raise DeriveError("A root of a negative number is not real.", code="E-DOMAIN")
    if q != 2:
        return ONE if value == 1 else _root_atom(ring, ring.number(value), q)
    inside, outside = int(value.p) * int(value.q), fmpq(1, int(value.q))
    exact = isqrt(inside)
    if exact * exact == inside:
        return ring.number(outside * exact)
    square = 1
    for d in range(2, min(isqrt(inside), 1000) + 1):
        while inside % (d * d) == 0:
            inside //= d * d
            square *= d
    return ring.scale(_root_atom(ring, ring.number(inside), 2), outside * square)


def _monomial_root(ring: Ring, monomial: Monomial, coefficient: Any, q: int) -> Polynomial:
    result = _number_root(ring, coefficient, q)
    left: Polynomial = ONE
    for head, indices, exponent in monomial[0]:
        kind = ring.heads.kinds[head]
        if kind is Kind.EXP:
            result = ring.product(result, ring.atom(head, indices, _tidy(Fraction(exponent) / q)))
            continue
        whole, remainder = divmod(int(exponent), q)
        base = ring.atom(head, indices)
        if kind in POSITIVE or positive(ring, base):
            # Positive factors leave the root one by one; a fractional part stays as their own root.
            result = ring.product(result, _whole_power(ring, base, whole))
            if remainder:
                result = ring.product(result, _whole_power(ring, _root_atom(ring, base, q), remainder))
        elif remainder == 0 and q == 2:
            result = ring.product(result, _whole_power(ring, absolute(ring, base), whole))
        else:
            left = ring.product(left, ring.atom(head, indices, exponent))
    return result if left == ONE else ring.product(result, _root_atom(ring, left, q))


def _tidy(value: Fraction) -> Exponent:
    return value.numerator if value.denominator == 1 else value
