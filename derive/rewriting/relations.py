"""The relations of the generators: one law a kind of atom, applied to raw products until none fires.

Each law's docstring is the law; each says why rewriting by it ends. All hold wherever the atoms are defined.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.rewriting.gate_relations import above, below
from derive.rewriting.heads import Head, Kind
from derive.rewriting.monomial import UNIT
from derive.rewriting.polynomial import Key, Polynomial, Raw, Relation, Ring
from derive.rewriting.products import Opened, divide, merge_index, opened_out, with_factors


def delta(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """δ_ij x_j = δ_ij x_i; Σ_j δ_ij x_j = x_i; δ_ii = 1. Each use removes an index or an occurrence of one."""
    i, j = key[1]
    if i == j:
        return [with_factors(raw, {key: None})]
    if i >= 0 or j >= 0:
        old, new = (i, j) if i >= 0 else (j, i)
        return [merge_index(raw, old, new, key)]
    heads = ring.heads
    if heads.is_position(i) and heads.is_position(j):
        return []
    if raw.factors[key] != 1:
        return [with_factors(raw, {key: 1})]
    if i > j:
        return [with_factors(raw, {key: None, (key[0], (j, i)): 1})]
    # A number goes before a letter, so that what stands at the letter is worked out for the number.
    old, new = (j, i) if heads.is_position(i) else (i, j)
    if any(old in k[1] for k in raw.factors if k != key):
        merged = merge_index(raw, old, new, key)
        return [with_factors(merged, {key: 1})]
    return None


def _slope_of(ring: Ring, key: Key) -> Key:
    return ring.heads.partner(key[0], Kind.SLOPE), key[1]


def sigmoid(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """σ² = σ − D and 1/σ = (1 − σ)/D with D = σ(1 − σ): the exponent of σ moves towards {0, 1}."""
    exponent = raw.factors[key]
    if exponent == 1:
        return None
    slope = _slope_of(ring, key)
    d = raw.factors.get(slope, 0)
    if exponent > 1:
        return [
            with_factors(raw, {key: exponent - 1}),
            with_factors(raw, {key: exponent - 2, slope: d + 1}, -1),
        ]
    return [
        with_factors(raw, {key: exponent + 1, slope: d - 1}),
        with_factors(raw, {key: exponent + 2, slope: d - 1}, -1),
    ]


def inverse(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """P · (1/P) = 1, used to remove the leading monomial of P wherever 1/P stands, and (1/P)^−1 = P.

    The leading monomial is the greatest of P, so the products get smaller. Where P has a constant term, a^−1 · (1/P)
    is split into partial fractions, which lowers the power of a.
    """
    exponent = raw.factors[key]
    with opened_out(ring, raw, key) as opened:
        if exponent < 0:
            return opened.times(with_factors(opened.raw, {opened.key: exponent + 1}), opened.argument())
        ((leading, coefficient),) = opened.argument(1).items()
        quotient = divide(ring, opened.raw, leading)
        if quotient is None:
            return _partial_fractions(opened, opened.argument())
        lowered = with_factors(quotient, {opened.key: exponent - 1}, 1 / coefficient)
        return [opened.close(lowered), *opened.times(quotient, opened.argument(2), -1 / coefficient)]


def _partial_fractions(opened: Opened, polynomial: Polynomial) -> list[Raw] | None:
    """1/(a·P) = (1/a − (T/a)/P)/α for P = α + T, where a divides every term of T."""
    constant = polynomial.get(UNIT)
    if constant is None or len(polynomial) < 2:
        return None
    tail = {m: c for m, c in polynomial.items() if m != UNIT}
    powers = [{(h, i): e for h, i, e in m[0]} for m in tail]
    raw, key = opened.raw, opened.key
    for pole, exponent in raw.factors.items():
        if exponent < 0 and pole != key and all(p.get(pole, 0) >= 1 for p in powers):
            simple = with_factors(raw, {key: raw.factors[key] - 1}, 1 / constant)
            return [opened.close(simple), *opened.times(raw, tail, -1 / constant)]
    return None


def root(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """r^q = P and 1/r = r^(q−1)/P for r = P^(1/q): the exponent of r moves into 0 … q−1."""
    exponent, q = raw.factors[key], ring.heads[key[0]].label
    if 0 < exponent < q:
        return None
    with opened_out(ring, raw, key) as opened:
        up = exponent < 0
        rest = with_factors(opened.raw, {opened.key: exponent + q if up else exponent - q})
        return opened.times(rest, opened.argument(1 if up else 0))


def slots(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """Atoms of several slots: W_ji = W_ij for a symmetric one, in order; f(A)_ii is f of A_ii and f(x)_1 that of x_1.

    An atom that is made again has fewer slots, so this ends.
    """
    head, indices = key
    if head in ring.heads.symmetric:
        ordered = tuple(sorted(indices))
        if ordered != indices:
            return [_merged(raw, key, (head, ordered))]
    if not ring.heads[head].arguments or not _is_merged(ring, indices):
        return None
    with opened_out(ring, raw, key) as opened:
        assert ring.remake is not None
        made = ring.remake(ring, *opened.key, raw.factors[key])
        return opened.times(with_factors(opened.raw, {opened.key: None}), made)


def _is_merged(ring: Ring, indices: tuple[int, ...]) -> bool:
    return len(set(indices)) < len(indices) or any(i < 0 and ring.heads.is_position(i) for i in indices)


def _merged(raw: Raw, old: Key, new: Key) -> Raw:
    factors = dict(raw.factors)
    exponent = factors.pop(old)
    factors[new] = factors.get(new, 0) + exponent
    return Raw(raw.coefficient, factors, raw.sizes, raw.gone)


def unit_square(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """y² = 1, declared: exponents are 0 or 1."""
    exponent = raw.factors[key]
    return None if exponent == 1 else [with_factors(raw, {key: int(exponent) % 2})]


def binary(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """y² = y, declared, for positive exponents."""
    return None if raw.factors[key] <= 1 else [with_factors(raw, {key: 1})]


def unit_sum(slots: tuple[int, ...]) -> Relation:
    """Σ y = 1 over the given slots of y, declared: a sum that only y uses disappears."""

    def law(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
        """Σ_k y_k = 1."""
        summed = [key[1][s] for s in slots]
        if raw.factors[key] != 1 or any(i < 0 for i in summed) or len(set(summed)) < len(summed):
            return None
        if any(i in other[1] for other in raw.factors if other != key for i in summed):
            return None
        if any(key[1].count(i) > 1 for i in summed):
            return None
        dropped = with_factors(raw, {key: None})
        return [Raw(dropped.coefficient, dropped.factors, dropped.sizes, dropped.gone | set(summed))]

    return law


def sine(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """cos² u = 1 − sin² u: the exponent of the cosine goes down to 0 or 1."""
    exponent = raw.factors[key]
    if ring.heads[key[0]].label != ("sin", 1) or exponent < 2:
        return None
    head = ring.heads[key[0]]
    number = ring.heads.number(
        Head(Kind.FUNCTION, ("sin", 0), head.arguments, head.arity), key[0] in ring.heads.symmetric
    )
    sin = (number, key[1])
    power = raw.factors.get(sin, 0)
    return [
        with_factors(raw, {key: exponent - 2}),
        with_factors(raw, {key: exponent - 2, sin: power + 2}, -1),
    ]


RELATIONS: Mapping[Kind | None, Relation] = {
    None: slots,
    Kind.DELTA: delta,
    Kind.SIGMOID: sigmoid,
    Kind.ABOVE: above,
    Kind.BELOW: below,
    Kind.INVERSE: inverse,
    Kind.ROOT: root,
    Kind.FUNCTION: sine,
}
"""One law a kind of atom that has relations; under None the one for all atoms of several slots."""
