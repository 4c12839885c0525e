"""The relations of gates: what [u > 0] and [u < 0] become beside each other, beside u, and beside 1/u."""

from __future__ import annotations

from typing import Any

from derive.errors import DeriveError, LimitError
from derive.rewriting.factoring import is_factored
from derive.rewriting.heads import GATES, Kind
from derive.rewriting.monomial import UNIT, Factor, Monomial
from derive.rewriting.polynomial import Key, Polynomial, Raw, Ring, as_raw
from derive.rewriting.products import Opened, divide, opened_out, with_factors


def above(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """[u>0]² = [u>0] and [u>0]·[u<0] = 0; √u[u>0] = √u; u[u>0] = u for u ≥ 0, and x[Σx² + … > 0] = x.

    For one name z also [z>a]·[z>b] = [z>max(a,b)], and [z>a]·[z<b] is 0 if b ≤ a, else [z>a] + [z<b] − 1. Each use
    lowers an exponent, removes a factor or ends the product.
    """
    if (ring.heads.partner(key[0], Kind.BELOW), key[1]) in raw.factors:
        return []
    if raw.factors[key] != 1:
        return [with_factors(raw, {key: 1})]
    is_rooted = _has_root(ring, raw, key)
    if (is_rooted or _vanishes_with(ring, raw, key)) and not _may_divide_a_pole(ring, raw, key):
        return [with_factors(raw, {key: None})]
    if ring.is_nonnegative(key[0]):
        return _of_nonnegative(ring, raw, key)
    return _thresholds(ring, raw, key)


def _has_root(ring: Ring, raw: Raw, key: Key) -> bool:
    """Whether the product has a power of √u, which is 0 where u is, and not defined where u < 0."""
    argument = ring.heads[key[0]].arguments[0]
    return any(
        ring.heads.kinds[h] is Kind.ROOT and e > 0 and i == key[1] and ring.heads[h].arguments[0] == argument
        for (h, i), e in raw.factors.items()
    )


def _vanishes_with(ring: Ring, raw: Raw, key: Key) -> bool:
    """Whether the product has a name that is 0 wherever u is, for u = Σ x² + … with no term below 0."""
    argument = ring.heads[key[0]].arguments[0]
    # A dummy of a square stands for every index; W_ii² is 0 for the diagonal alone.
    alone = [m[0][0] for m, _ in argument if len(m[0]) == 1 and m[0][0][2] == 2]
    squares = [factor for factor in alone if len(set(factor[1])) == len(factor[1])]
    if not squares or not ring.is_nonnegative(key[0]):
        return False
    own = {ring.heads.label(("slot", n)): index for n, index in enumerate(key[1])}
    return any(
        head == squared and e > 0 and all(s >= 0 or own.get(s, s) == i for s, i in zip(places, indices, strict=True))
        for (head, indices), e in raw.factors.items()
        for squared, places, _ in squares
    )


def _of_nonnegative(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """For u ≥ 0: u[u>0] = u, used on the leading monomial of u."""
    if _may_divide_a_pole(ring, raw, key):
        return None
    with opened_out(ring, raw, key) as opened:
        ((leading, coefficient),) = opened.argument(1).items()
        quotient = divide(ring, with_factors(opened.raw, {opened.key: None}), leading)
        if quotient is None:
            return None
        return [
            *opened.times(quotient, opened.argument(0), 1 / coefficient),
            *opened.times(with_factors(quotient, {opened.key: 1}), opened.argument(2), -1 / coefficient),
        ]


def without_needless_gates(ring: Ring, polynomial: Polynomial) -> Polynomial:
    """[u>0]/u = 1/u for u ≥ 0, and [u<0]/u = 1/u − [u>0]/u for any u: both sides are not 0 where they are defined.

    Not a law of products: [u>0]/u may stand for `where(u > 0, 1/u, 0)`, which is 0 at u = 0, and so is u times it. Here
    nothing is multiplied any more.
    """
    pending = [as_raw(m, c) for m, c in polynomial.items()]
    done: list[Raw] = []
    while pending:
        raw = pending.pop()
        ring.budget.spend()
        step = _without_gate(ring, raw)
        if step is None:
            done.append(raw)
        else:
            pending += step
    return ring.gathered(done)


def _without_gate(ring: Ring, raw: Raw) -> list[Raw] | None:
    for key in raw.factors:
        kind = ring.heads.kinds[key[0]]
        if kind not in GATES or not _is_nonzero(ring, raw, key):
            continue
        if kind is Kind.ABOVE and (ring.is_nonnegative(key[0]) or _has_root(ring, raw, key)):
            return [with_factors(raw, {key: None})]
        if kind is Kind.BELOW:
            up = (ring.heads.partner(key[0], Kind.ABOVE), key[1])
            return [with_factors(raw, {key: None}), with_factors(raw, {key: None, up: 1}, -1)]
    return None


def _is_nonzero(ring: Ring, raw: Raw, key: Key) -> bool:
    """Whether the product has 1/u, so that u is not 0 where the product is defined."""
    if _has_power(ring, raw):
        return False
    if raw.factors.get((ring.heads.partner(key[0], Kind.INVERSE), key[1]), 0) > 0:
        return True
    lead, rest = ring.heads[key[0]].arguments[1:3]
    ((monomial, _),) = lead
    if rest or monomial[1] or len(monomial[0]) != 1:
        return False
    with opened_out(ring, raw, key) as opened:
        ((((head, indices, _),), _),) = opened.argument(1)
        return opened.raw.factors.get((head, indices), 0) < 0


def _has_power(ring: Ring, raw: Raw) -> bool:
    """Whether the product has b^N, of an unknown exponent: b^N/b stands for b^(N − 1), which is 1 at b = 0, N = 1."""
    return any(ring.heads.kinds[h] is Kind.POWER for h, _ in raw.factors)


def _may_divide_a_pole(ring: Ring, raw: Raw, key: Key) -> bool:
    """Whether the product has a pole that u may be a factor of: beside 1/u, u[u<0] is not u − u[u>0] at u = 0.

    What is factored is divided by u only if that is one of its factors; a name is never left in what is not factored.
    """
    if _has_power(ring, raw):
        return True
    kinds = ring.heads.kinds
    poles = [k for k, e in raw.factors.items() if kinds[k[0]] is Kind.INVERSE and e > 0]
    if not poles:
        return False
    if (ring.heads.partner(key[0], Kind.INVERSE), key[1]) in poles:
        return True
    argument = ring.heads[key[0]].arguments[0]
    is_name = all(len(m[0]) == 1 and kinds[m[0][0][0]] is Kind.LEAF for m, _ in argument) and len(argument) == 1
    return not is_name and not all(is_factored(ring, dict(ring.heads[h].arguments[0])) for h, _ in poles)


def _thresholds(ring: Ring, raw: Raw, key: Key) -> list[Raw] | None:
    """Two gates of one entry of a name at different numbers: one follows from the other, or they exclude each other."""
    own = _threshold(ring, key)
    if own is None:
        return None
    kind = ring.heads.kinds[key[0]]
    for other in raw.factors:
        if other == key or other[1] != key[1] or ring.heads.kinds[other[0]] not in GATES:
            continue
        theirs = _threshold(ring, other)
        if theirs is None or theirs[0] != own[0]:
            continue
        if ring.heads.kinds[other[0]] is kind:
            weaker = key if (own[1] < theirs[1]) == (kind is Kind.ABOVE) else other
            return [with_factors(raw, {weaker: None})]
        if kind is Kind.ABOVE and theirs[1] <= own[1]:
            return []
        if kind is Kind.ABOVE:
            apart = [with_factors(raw, {other: None}), with_factors(raw, {key: None, other: 1})]
            return [*apart, with_factors(raw, {key: None, other: None}, -1)]
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
    """[u<0]² = [u<0]; √u[u<0] = 0; u[u<0] = u − u[u>0].

    For a name z also g(z)[z<0] = g(z) − g(z)[z>0] − g(0)(1 − [z>0] − [z<0]).

    Gates of one name at two numbers are compared as in `above`.

    So a product with [u<0] depends on u in no other way: the first law lowers an exponent, the others trade it for
    products that have no [u<0], or fewer factors beside it.
    """
    if raw.factors[key] != 1:
        return [with_factors(raw, {key: 1})]
    if _has_root(ring, raw, key):
        return []
    compared = _thresholds(ring, raw, key)
    if compared is not None:
        return compared
    if _may_divide_a_pole(ring, raw, key):
        return None
    with opened_out(ring, raw, key) as opened:
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


def _at_kink(opened: Opened, argument: Monomial, up: Key) -> list[Raw] | None:
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
        if k[0] not in gates and set(k[1]) == set(indices) and name in ring.heads.mentions(k[0])
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
