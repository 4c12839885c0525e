"""Gates: [u > 0] and [u < 0], in which everything that has a kink is written."""

from __future__ import annotations

from flint import fmpq

from derive.errors import Unsupported
from derive.rewriting.closing import is_guarded, is_pole, make_led, oriented, split_content
from derive.rewriting.factoring import logistic_factors, whole_sums
from derive.rewriting.heads import GATES, POSITIVE, Kind
from derive.rewriting.monomial import Exponent, Monomial
from derive.rewriting.polynomial import ONE, Key, Polynomial, Ring, as_number

POLES = 3
"""So many poles may stand in a sum whose sign is taken apart."""


def gates(ring: Ring, u: Polynomial) -> tuple[Polynomial, Polynomial]:
    """[u > 0] and [u < 0] as polynomials: idempotent, of product 0, unchanged by positive factors of u.

    A monomial's sign is the product of its factors' signs; an argument that itself contains gates is taken apart into
    their regions: [z·h⁺(z) > 0] = h⁺(z).
    """
    value = as_number(u)
    if value is not None:
        return (ONE if value > 0 else {}), (ONE if value < 0 else {})
    split = gate_inside(ring, u)
    if split is not None:
        return _by_region(ring, u, split)
    bit = bit_inside(ring, u)
    if bit is not None:
        return _by_bit(ring, u, bit)
    unit = _unit_inside(ring, u)
    if unit is not None:
        return _by_unit(ring, u, unit)
    if _is_power_with_pole(ring, u):
        raise Unsupported("The sign of a power with an unknown exponent is not compared.")
    over = _over_poles(ring, u) if len(u) > 1 else None
    if over is not None:
        return over
    content, rest = split_content(ring, u)
    if not rest:  # [b = 0]/b is 0 wherever it is defined
        return {}, {}
    rest = _balanced(ring, rest)
    if rest == ONE or content != ONE:
        up, down = _product_gates(ring, content)
        if rest != ONE:
            up, down = _combine((up, down), _atomic_gates(ring, rest), ring)
        return up, down
    return _atomic_gates(ring, rest)


def _over_poles(ring: Ring, u: Polynomial) -> tuple[Polynomial, Polynomial] | None:
    """The sign of a sum of fractions N/(P·Q): that of N times those of P and Q, if N is one term; else each pole would
    double the terms."""
    found = [(h, i, e) for factors, _ in u for h, i, e in factors if ring.heads.kinds[h] is Kind.INVERSE]
    poles = {(h, i): max(e for g, j, e in found if (g, j) == (h, i)) for h, i, _ in found}
    if not 0 < len(poles) <= POLES or any(i >= 0 for _, indices in poles for i in indices) or is_guarded(ring, u):
        return None
    below = [ring.thaw(*pole) for pole, e in poles.items() for _ in range(int(e))]
    top = ring.product(u, *below)
    if len(top) != 1 or any(ring.heads.kinds[h] is Kind.INVERSE for factors, _ in top for h, _, _ in factors):
        return None
    signs = gates(ring, top)
    for part in below:
        signs = _combine(signs, gates(ring, part), ring)
    return signs


def _balanced(ring: Ring, u: Polynomial) -> Polynomial:
    """u·e^v with the exponents of each exponential about 0, so that e^2z − 1 is e^z − e^−z: u(h⁺ + h⁻) = u is used on
    the leading monomial of u, which must not be higher than what it stands beside."""
    if len(u) < 2:
        return u
    tables = [{(h, i): e for h, i, e in m[0] if ring.heads.kinds[h] is Kind.EXP and all(x < 0 for x in i)} for m in u]
    for h, i in sorted({key for table in tables for key in table}):
        powers = [table.get((h, i), 0) for table in tables]
        middle = (max(powers) + min(powers)) // 2
        if middle:
            u = ring.product(u, ring.atom(h, i, -middle))
    return u


def _is_power_with_pole(ring: Ring, u: Polynomial) -> bool:
    """Whether u is like b^N/b or b/b^N, which stand for b^(N − 1) and its inverse: at b = 0 that may be 0⁰ = 1."""
    factors = [factor for monomial, _ in u for factor in monomial]
    kinds = ring.heads.kinds
    powers = [e for h, _, e in factors if kinds[h] is Kind.POWER]
    others = any(kinds[h] is not Kind.POWER and is_pole(ring, h, e) for h, _, e in factors)
    return bool(powers) and (others or min(powers) < 0)


def _combine(
    a: tuple[Polynomial, Polynomial], b: tuple[Polynomial, Polynomial], ring: Ring
) -> tuple[Polynomial, Polynomial]:
    """The sign of a product."""
    up = ring.add(ring.product(a[0], b[0]), ring.product(a[1], b[1]))
    return up, ring.add(ring.product(a[0], b[1]), ring.product(a[1], b[0]))


def _product_gates(ring: Ring, monomial: Polynomial) -> tuple[Polynomial, Polynomial]:
    ((m, coefficient),) = monomial.items()
    signs: tuple[Polynomial, Polynomial] = (ONE, {}) if coefficient > 0 else ({}, ONE)
    for head, indices, exponent in m[0]:
        base = ring.atom(head, indices)
        if positive(ring, base):
            continue
        # 1/P has the sign of P.
        is_inverse = ring.heads.kinds[head] is Kind.INVERSE
        up, down = gates(ring, ring.thaw(head, indices)) if is_inverse else _atomic_gates(ring, base)
        if exponent % 2 == 0:
            up, down = ring.add(up, down), {}
        signs = _combine(signs, (up, down), ring)
    return signs


def _atomic_gates(ring: Ring, u: Polynomial) -> tuple[Polynomial, Polynomial]:
    if positive(ring, u):
        return ONE, {}
    powers = logistic_factors(ring, u)
    if powers is not None:
        return (ONE, {}) if powers[0] > 0 else ({}, ONE)
    if _is_unit(ring, u):
        # For c = ±1: [c > 0] = (1 + c)/2.
        half = fmpq(1, 2)
        return ring.scale(ring.add(ONE, u), half), ring.scale(ring.subtract(ONE, u), half)
    radicand = _radicand(ring, u)
    if radicand is not None:
        return gates(ring, radicand)[0], {}
    u, negated = oriented(ring, u)
    up = make_led(ring, Kind.ABOVE, u)
    down: Polynomial = {} if nonnegative(ring, u) else make_led(ring, Kind.BELOW, u)
    return (down, up) if negated else (up, down)


def _is_unit(ring: Ring, u: Polynomial) -> bool:
    """Whether u is an entry of a name that is declared to be 1 or −1."""
    if len(u) != 1:
        return False
    ((monomial, coefficient),) = u.items()
    return coefficient == 1 and not monomial[1] and len(monomial[0]) == 1 and monomial[0][0][0] in ring.units


def _unit_inside(ring: Ring, u: Polynomial) -> Key | None:
    """An entry, of free indices, of a name that is 1 or −1, in a sum, if it stands in no atom there."""
    if len(u) < 2 or not ring.units:
        return None
    heads = {h for factors, _ in u for h, _, _ in factors}
    for factors, _ in u:
        for head, indices, exponent in factors:
            if head in ring.units and exponent == 1 and all(i < 0 for i in indices):
                return None if any(head in ring.heads.mentions(h) for h in heads) else (head, indices)
    return None


def _by_unit(ring: Ring, u: Polynomial, unit: Key) -> tuple[Polynomial, Polynomial]:
    """[u > 0] = (1 + c)/2·[u₊ > 0] + (1 − c)/2·[u₋ > 0] for c = ±1, with u₊ and u₋ for each value of c."""
    plus, even = set_atoms(ring, u, {unit: 1}), set_atoms(ring, u, {unit: 0})
    minus = ring.subtract(ring.scale(even, fmpq(2)), plus)
    signs = _atomic_gates(ring, ring.atom(*unit))
    pairs = [(signs[0], gates(ring, plus)), (signs[1], gates(ring, minus))]
    up, down = (ring.add(*(ring.product(where, pair[k]) for where, pair in pairs)) for k in (0, 1))
    return up, down


def _radicand(ring: Ring, u: Polynomial) -> Polynomial | None:
    """P for a bare root P^(1/q) with q even: it is positive where P is, and never negative."""
    ((monomial, coefficient), *more) = u.items()
    if more or coefficient != 1 or monomial[1] or len(monomial[0]) != 1:
        return None
    head, indices, exponent = monomial[0][0]
    record = ring.heads[head]
    if record.kind is not Kind.ROOT or exponent != 1 or record.label % 2:
        return None
    return ring.thaw(head, indices)


def positive(ring: Ring, u: Polynomial) -> bool:
    """Whether u is a sum of positive numbers times positive atoms and even powers, not all of them mere even powers."""
    return nonnegative(ring, u) and any(all(_is_positive(ring, h) for h, _, _ in m[0]) for m in u)


def nonnegative(ring: Ring, u: Polynomial) -> bool:
    """Whether u is a sum of positive numbers times positive atoms, roots and even powers."""
    return bool(u) and all(c > 0 and _is_nonnegative_term(ring, m) for m, c in u.items())


def _is_nonnegative_term(ring: Ring, monomial: Monomial) -> bool:
    """A product of what is at least 0: even powers, also of whole sums, and positive atoms."""
    if not monomial[1]:
        return all(_is_nonnegative(ring, h, e) for h, _, e in monomial[0])
    fixed, sums = whole_sums(ring, monomial)
    return all(_is_nonnegative(ring, h, e) for h, _, e in fixed) and all(
        count % 2 == 0 or all(_is_nonnegative(ring, h, e) for h, _, e in part[0]) for part, count in sums.items()
    )


def _is_nonnegative(ring: Ring, head: int, exponent: Exponent) -> bool:
    known = head in ring.binary and exponent > 0
    return exponent % 2 == 0 or known or ring.heads.kinds[head] is Kind.ROOT or _is_positive(ring, head)


def _is_positive(ring: Ring, head: int) -> bool:
    kind = ring.heads.kinds[head]
    if kind in (Kind.INVERSE, Kind.ROOT):
        return positive(ring, dict(ring.heads[head].arguments[0]))
    return kind in POSITIVE or head in ring.positive


def gate_inside(ring: Ring, u: Polynomial) -> Key | None:
    """A gate of free indices that stands in a polynomial, or None."""
    for factors, _ in u:
        for head, indices, _ in factors:
            if ring.heads.kinds[head] in GATES and all(i < 0 for i in indices):
                return head, indices
    return None


def bit_inside(ring: Ring, u: Polynomial) -> Key | None:
    """An entry, of free indices, of a name that is declared 0 or 1; None if there is none or it stands in an atom."""
    for factors, _ in u:
        for head, indices, exponent in factors:
            if head in ring.binary and exponent > 0 and all(i < 0 for i in indices):
                inside = any(head in ring.heads.mentions(h) for others, _ in u for h, _, _ in others)
                negative = any(h == head and e < 0 for others, _ in u for h, _, e in others)
                return None if inside or negative else (head, indices)
    return None


def by_value(ring: Ring, u: Polynomial, bit: Key) -> list[tuple[Polynomial, Polynomial]]:
    """y with u where y = 1, and 1 − y with u where y = 0, for a name y that is declared 0 or 1."""
    y = ring.atom(*bit)
    return [(y, set_atoms(ring, u, {bit: 1})), (ring.subtract(ONE, y), set_atoms(ring, u, {bit: 0}))]


def _by_region(ring: Ring, u: Polynomial, gate: Key) -> tuple[Polynomial, Polynomial]:
    """[u > 0] = h⁺[u₊ > 0] + h⁻[u₋ > 0] + h⁰[u₀ > 0], with u taken in each region of the gate."""
    above_zero: Polynomial = {}
    below_zero: Polynomial = {}
    for where, inside in regions(ring, u, gate):
        pair = gates(ring, inside) if inside else ({}, {})
        above_zero = ring.add(above_zero, ring.product(where, pair[0]))
        below_zero = ring.add(below_zero, ring.product(where, pair[1]))
    return above_zero, below_zero


def _by_bit(ring: Ring, u: Polynomial, bit: Key) -> tuple[Polynomial, Polynomial]:
    """[u > 0] = y[u₁ > 0] + (1 − y)[u₀ > 0] for a name y that is declared 0 or 1."""
    above_zero: Polynomial = {}
    below_zero: Polynomial = {}
    for where, inside in by_value(ring, u, bit):
        up, down = gates(ring, inside)
        above_zero = ring.add(above_zero, ring.product(where, up))
        below_zero = ring.add(below_zero, ring.product(where, down))
    return above_zero, below_zero


def regions(ring: Ring, u: Polynomial, gate: Key) -> list[tuple[Polynomial, Polynomial]]:
    """[z>0] with u where z > 0, [z<0] with u where z < 0, [z=0] with u where z = 0."""
    above = (ring.heads.partner(gate[0], Kind.ABOVE), gate[1])
    below = (ring.heads.partner(gate[0], Kind.BELOW), gate[1])
    up, down = ring.atom(*above), ring.atom(*below)
    at_kink = set_atoms(ring, u, {above: 0, below: 0})
    ((monomial, _), *more) = ring.thaw(*gate).items()
    if not more and not monomial[1] and len(monomial[0]) == 1 and ring.at_zero is not None:
        head, indices, _ = monomial[0][0]
        if ring.heads.kinds[head] is Kind.LEAF and not _has_pole(at_kink, (head, indices)):
            at_kink = ring.at_zero(ring, at_kink, head, indices)
    return [
        (up, set_atoms(ring, u, {above: 1, below: 0})),
        (down, set_atoms(ring, u, {above: 0, below: 1})),
        (ring.subtract(ONE, ring.add(up, down)), at_kink),
    ]


def _has_pole(u: Polynomial, key: Key) -> bool:
    return any((h, i) == key and e < 0 for factors, _ in u for h, i, e in factors)


def set_atoms(ring: Ring, u: Polynomial, values: dict[Key, int]) -> Polynomial:
    """The polynomial with some atoms (of free indices) set to 0 or 1."""
    result: Polynomial = {}
    for (factors, sizes), coefficient in u.items():
        kept = []
        for head, indices, exponent in factors:
            value = values.get((head, indices))
            if value == 0:
                break
            if value is None:
                kept.append((head, indices, exponent))
        else:
            result = ring.add(result, {(tuple(kept), sizes): coefficient})
    return result


def absolute(ring: Ring, u: Polynomial) -> Polynomial:
    """|u| = u(h⁺ − h⁻)."""
    if not u or nonnegative(ring, u):
        return u
    up, down = gates(ring, u)
    return ring.product(u, ring.subtract(up, down))
