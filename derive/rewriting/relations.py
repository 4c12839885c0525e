"""The relations of the generators: one law a kind of atom, applied to raw products until none fires.

Each law's docstring is the law; each says why rewriting by it ends. All hold wherever the atoms are defined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from derive.errors import DeriveError, LimitError
from derive.rewriting.heads import Head, Kind
from derive.rewriting.monomial import UNIT, Exponent, Factor, Monomial, canonical, connected
from derive.rewriting.polynomial import Key, Polynomial, Raw, Relation, Ring, times


def with_factors(raw: Raw, changes: Mapping[Key, Exponent | None], coefficient: object = 1) -> Raw:
    """The product with some factors set to another exponent (None removes them)."""
    factors = dict(raw.factors)
    for key, exponent in changes.items():
        if exponent:
            factors[key] = exponent
        else:
            factors.pop(key, None)
    return Raw(raw.coefficient * coefficient, factors, raw.sizes, raw.gone)


def merge_index(raw: Raw, old: int, new: int, drop: Key) -> Raw:
    """The product with one index renamed to another and the factor `drop` removed."""
    merged = rename(with_factors(raw, {drop: None}), {old: new})
    gone = raw.gone | {old} if old >= 0 else raw.gone
    return Raw(merged.coefficient, merged.factors, merged.sizes, gone)


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


@dataclass(frozen=True)
class _Opened:
    """A product in which the dummies that one atom uses are free labels for a while, so that the atom's argument can
    be written out beside it."""

    ring: Ring
    raw: Raw
    key: Key
    back: Mapping[int, int]

    def argument(self, number: int = 0) -> Polynomial:
        return self.ring.thaw(*self.key, number)

    def close(self, raw: Raw) -> Raw:
        return rename(raw, self.back)

    def times(self, raw: Raw, polynomial: Polynomial, scale: object = 1) -> list[Raw]:
        return [self.close(times(raw, m, c * scale)) for m, c in polynomial.items()]


@contextmanager
def _opened(ring: Ring, raw: Raw, key: Key) -> Iterator[_Opened]:
    dummies = sorted({i for i in key[1] if i >= 0})
    with ring.heads.borrowed(len(dummies)) as borrowed:
        names = dict(zip(dummies, borrowed, strict=True))
        inside = (key[0], tuple(names.get(i, i) for i in key[1]))
        back = {label: dummy for dummy, label in names.items()}
        yield _Opened(ring, rename(raw, names), inside, back)


def rename(raw: Raw, names: Mapping[int, int]) -> Raw:
    """The product with indices renamed, dummies and labels alike."""
    if not names:
        return raw
    factors: dict[Key, Exponent] = {}
    for (head, indices), exponent in raw.factors.items():
        key = (head, tuple(names.get(i, i) for i in indices))
        factors[key] = factors.get(key, 0) + exponent
    return Raw(raw.coefficient, factors, raw.sizes, raw.gone)


def divide(ring: Ring, raw: Raw, monomial: Monomial) -> Raw | None:
    """raw / monomial if it divides: its free factors by their powers, its sums as whole components."""
    fixed, sums = connected(monomial[0])
    factors = dict(raw.factors)
    for head, indices, exponent in fixed:
        have = factors.get((head, indices), 0)
        if not (have >= exponent > 0 or have <= exponent < 0):
            return None
        factors[(head, indices)] = have - exponent
    result = Raw(raw.coefficient, {k: e for k, e in factors.items() if e}, raw.sizes, raw.gone)
    for wanted in sums:
        reduced = _without_sum(ring, result, _isolated(ring, wanted, monomial[1]))
        if reduced is None:
            return None
        result = reduced
    return result


def _isolated(ring: Ring, factors: list[Factor], sizes: tuple[int, ...]) -> Monomial:
    used = {i for _, indices, _ in factors for i in indices if i >= 0}
    return canonical(factors, {d: sizes[d] for d in used}, ring.heads.symmetric)


def _without_sum(ring: Ring, raw: Raw, wanted: Monomial) -> Raw | None:
    _, components = connected([(h, i, e) for (h, i), e in raw.factors.items()])
    for component in components:
        if len(component) == len(wanted[0]) and _isolated(ring, component, raw.sizes) == wanted:
            gone = raw.gone | {i for _, indices, _ in component for i in indices if i >= 0}
            taken = {(h, i) for h, i, _ in component}
            return Raw(raw.coefficient, {k: e for k, e in raw.factors.items() if k not in taken}, raw.sizes, gone)
    return None


def above(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """[u>0]² = [u>0] and [u>0]·[u<0] = 0; for one name z also [z>a]·[z>b] = [z>max(a,b)] and [z>a]·[z<b] = 0 if b ≤ a.

    Each use lowers an exponent, removes a factor or ends the product.
    """
    if (ring.heads.partner(key[0], Kind.BELOW), key[1]) in raw.factors:
        return []
    if raw.factors[key] != 1:
        return [with_factors(raw, {key: 1})]
    return _thresholds(ring, raw, key)


def _thresholds(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """Two gates of one entry of a name at different numbers: one follows from the other, or they exclude each other."""
    own = _threshold(ring, key)
    if own is None:
        return None
    kind = ring.heads.kinds[key[0]]
    for other in raw.factors:
        if other == key or other[1] != key[1] or ring.heads.kinds[other[0]] not in (Kind.ABOVE, Kind.BELOW):
            continue
        theirs = _threshold(ring, other)
        if theirs is None or theirs[0] != own[0]:
            continue
        if ring.heads.kinds[other[0]] is kind:
            weaker = key if (own[1] < theirs[1]) == (kind is Kind.ABOVE) else other
            return [with_factors(raw, {weaker: None})]
        low, high = (own[1], theirs[1]) if kind is Kind.ABOVE else (theirs[1], own[1])
        if high <= low:
            return []
    return None


def _threshold(ring: Ring, key: Key) -> tuple[Factor, Any] | None:
    """(z, c) for a gate of z − c, with z a bare name in the gate's own slots and c a number."""
    argument = dict(ring.heads[key[0]].arguments[0])
    constant = -argument.pop(UNIT, 0)
    if len(argument) != 1:
        return None
    ((monomial, coefficient),) = argument.items()
    if coefficient != 1 or monomial[1] or len(monomial[0]) != 1 or monomial[0][0][2] != 1:
        return None
    return monomial[0][0], constant


def below(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """[u<0]² = [u<0]; u[u<0] = u − u[u>0]; for a name z also g(z)[z<0] = g(z) − g(z)[z>0] − g(0)(1 − [z>0] − [z<0]).

    Gates of one name at two numbers are compared as in `above`.

    So a product with [u<0] depends on u in no other way: the first law lowers an exponent, the others trade it for
    products that have no [u<0], or fewer factors beside it.
    """
    if raw.factors[key] != 1:
        return [with_factors(raw, {key: 1})]
    compared = _thresholds(ring, raw, key)
    if compared is not None:
        return compared
    with _opened(ring, raw, key) as opened:
        up = (ring.heads.partner(key[0], Kind.ABOVE), opened.key[1])
        ((leading, coefficient),) = opened.argument(1).items()
        quotient = divide(ring, with_factors(opened.raw, {opened.key: None}), leading)
        if quotient is not None:
            whole, rest = opened.argument(0), opened.argument(2)
            return [
                *opened.times(quotient, whole, 1 / coefficient),
                *opened.times(with_factors(quotient, {up: 1}), whole, -1 / coefficient),
                *opened.times(with_factors(quotient, {opened.key: 1}), rest, -1 / coefficient),
            ]
        return _at_kink(opened, leading, up)


def _at_kink(opened: _Opened, argument: Monomial, up: Key) -> list[Raw] | None:
    """g(z)[z<0] = g(z) − g(z)[z>0] − g(0) + g(0)[z>0] + g(0)[z<0], for all the factors g that depend on the name z."""
    ring, raw, key = opened.ring, opened.raw, opened.key
    if opened.argument(2) or len(argument[0]) != 1 or argument[1] or ring.at_zero is None:
        return None
    name, indices, exponent = argument[0][0]
    if exponent != 1 or ring.heads.kinds[name] is not Kind.LEAF:
        return None
    gates = (key[0], up[0])
    dependent = {
        k: e
        for k, e in raw.factors.items()
        if k[0] not in gates and k[1] == indices and name in ring.heads.mentions(k[0])
    }
    if not dependent:
        return None
    value = ring.product(*(ring.atom(h, i, e) for (h, i), e in dependent.items()))
    try:
        at_zero = ring.at_zero(ring, value, name, indices)
    except LimitError:
        raise
    except DeriveError:  # g is not defined at 0
        return None
    if value == at_zero:
        return None
    alone = with_factors(raw, dict.fromkeys((*dependent, key)))
    change = ring.subtract(value, at_zero)
    return [
        *opened.times(alone, change),
        *opened.times(with_factors(alone, {up: 1}), change, -1),
        *opened.times(with_factors(alone, {key: 1}), at_zero),
    ]


def inverse(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """P · (1/P) = 1, used to remove the leading monomial of P wherever 1/P stands, and (1/P)^−1 = P.

    The leading monomial is the greatest of P, so the products get smaller. Where P has a constant term, a^−1 · (1/P)
    is split into partial fractions, which lowers the power of a.
    """
    exponent = raw.factors[key]
    with _opened(ring, raw, key) as opened:
        if exponent < 0:
            return opened.times(with_factors(opened.raw, {opened.key: exponent + 1}), opened.argument())
        ((leading, coefficient),) = opened.argument(1).items()
        quotient = divide(ring, opened.raw, leading)
        if quotient is None:
            return _partial_fractions(opened, opened.argument())
        lowered = with_factors(quotient, {opened.key: exponent - 1}, 1 / coefficient)
        return [opened.close(lowered), *opened.times(quotient, opened.argument(2), -1 / coefficient)]


def _partial_fractions(opened: _Opened, polynomial: Polynomial) -> list[Raw] | None:
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
    with _opened(ring, raw, key) as opened:
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
    with _opened(ring, raw, key) as opened:
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
