"""Making atoms: closing an argument over its free indices, orienting it, and taking out its content."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from flint import fmpq

from derive.errors import LimitError
from derive.rewriting.heads import GATES, POSITIVE, Head, Kind
from derive.rewriting.monomial import Exponent, Monomial
from derive.rewriting.polynomial import ONE, Key, Polynomial, Ring, freeze, labels


def close(ring: Ring, *arguments: Polynomial) -> tuple[tuple[Any, ...], tuple[int, ...], bool]:
    """The arguments with their free labels replaced by open slots, the labels, and whether the slots may be exchanged.

    Numbered positions are no labels: f(x_1) has no slot, and f(x)_1 is made again as f(x_1) (see `relations.slots`).
    Of all orders of the labels the one with the least arguments is taken, so σ(A[i,j]) is one atom however it arose.
    """
    free = sorted(i for i in frozenset().union(*(labels(a) for a in arguments)) if not ring.heads.is_position(i))
    if len(free) > 4:
        raise LimitError("A function of a formula with more than four free indices is past what is compared.",
                         code="E-BUDGET")  # fmt: skip
    best: tuple[Any, ...] | None = None
    chosen: list[tuple[int, ...]] = []
    frozen: tuple[Any, ...] = ()
    for order in permutations(free):
        slots = {label: ring.heads.label(("slot", n)) for n, label in enumerate(order)}
        renamed = [ring.rename(a, slots) for a in arguments]
        key = tuple(tuple(sorted((m, (int(c.p), int(c.q))) for m, c in a.items())) for a in renamed)
        if best is None or key < best:
            best, chosen, frozen = key, [order], tuple(freeze(a) for a in renamed)
        elif key == best:
            chosen.append(order)
    symmetric = len(free) > 1 and len(chosen) == len(list(permutations(free)))
    return frozen, min(chosen), symmetric


def make(ring: Ring, kind: Kind, label: Any, *arguments: Polynomial, exponent: Exponent = 1) -> Polynomial:
    """The atom of a kind with these arguments, as a polynomial."""
    frozen, indices, symmetric = close(ring, *arguments)
    number = ring.heads.number(Head(kind, label, frozen, len(indices)), symmetric=symmetric)
    return ring.atom(number, indices, exponent)


def make_led(ring: Ring, kind: Kind, u: Polynomial) -> Polynomial:
    """The atom of u that also knows the leading monomial of u and the rest, for relations that remove the former.

    Both are those of the closed argument, so that the atom does not depend on the labels it arose with.
    """
    (frozen,), indices, symmetric = close(ring, u)
    closed = dict(frozen)
    top = leading(closed)
    parts = (frozen, freeze({top: closed[top]}), freeze({m: c for m, c in closed.items() if m != top}))
    return ring.atom(ring.heads.number(Head(kind, "", parts, len(indices)), symmetric=symmetric), indices)


def leading(polynomial: Polynomial) -> Monomial:
    """The greatest monomial, by total degree and then by its factors."""
    return max(polynomial, key=_order)


def _order(monomial: Monomial) -> tuple[Any, ...]:
    # Graded, then by the last factor first: an order that products keep, so that rewriting by it ends.
    return (sum(e for _, _, e in monomial[0] if e > 0), len(monomial[1]), monomial[0][::-1])


def oriented(ring: Ring, argument: Polynomial) -> tuple[Polynomial, bool]:
    """The argument or its negative, whichever has a positive leading coefficient, and whether it was negated."""
    frozen, _, _ = close(ring, argument)
    if dict(frozen[0])[leading(dict(frozen[0]))] > 0:
        return argument, False
    return ring.negate(argument), True


def invertible(ring: Ring, head: int) -> bool:
    """Whether an atom may be divided by: not a gate or a delta, nor 1/P of a P with gates, which P does not cancel."""
    if ring.heads.kinds[head] is Kind.INVERSE and any(ring.heads.kinds[h] in GATES for h in ring.heads.mentions(head)):
        return False
    return ring.heads.kinds[head] not in (*GATES, Kind.DELTA)


def is_pole(ring: Ring, head: int, exponent: Exponent) -> bool:
    """Whether a factor may be undefined: 1/P, or what may be 0 to a negative power."""
    if ring.heads.kinds[head] is Kind.INVERSE:
        return exponent > 0
    return exponent < 0 and ring.heads.kinds[head] not in POSITIVE and head not in ring.positive


def is_guarded(ring: Ring, u: Polynomial) -> bool:
    """Whether gates or names that are 0 or 1 may switch off terms of u, and with them what is not defined there."""
    return any(ring.heads.kinds[h] in GATES or h in ring.binary for factors, _ in u for h, _, _ in factors)


def _has_power(ring: Ring, u: Polynomial) -> bool:
    return any(ring.heads.kinds[h] is Kind.POWER for factors, _ in u for h, _, _ in factors)


def split_content(ring: Ring, u: Polynomial) -> tuple[Polynomial, Polynomial]:
    """u = content · rest with the common factors of all terms, and the leading coefficient, in the content."""
    common: dict[Key, Exponent] | None = None
    seen: set[Key] = set()
    tables = [{(h, i): e for h, i, e in m[0] if all(x < 0 for x in i) and invertible(ring, h)} for m in u]
    for table in tables:
        seen |= table.keys()
    common = {k: min(t.get(k, 0) for t in tables) for k in seen}
    common = {k: e for k, e in common.items() if e and ring.heads.kinds[k[0]] is not Kind.SIGMOID}
    if common and (is_guarded(ring, u) or _has_power(ring, u)):
        # A pole that some terms do not have may be switched off in the others: 1 + y/z is 1 at z = 0 if y = 0 there.
        # And b^N/b stands for b^(N − 1), which has none.
        common = {k: e for k, e in common.items() if not is_pole(ring, k[0], e)}
    shared = ring.product(*(ring.atom(h, i, e) for (h, i), e in sorted(common.items()))) if common else ONE
    inverted = (ring.atom(h, i, -e) for (h, i), e in sorted(common.items()))
    rest = ring.product(u, *inverted) if common else u
    number = rest[leading(rest)] if rest else fmpq(1)
    return ring.scale(shared, number), ring.scale(rest, 1 / number)
