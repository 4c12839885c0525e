"""Gates whose arguments add up to that of a third, in certificates, as `derive.rewriting.gate_sums`.

With w = u + v it is p − p·q − p·r + q·r = 0 for the gates p = [w > 0], q = [u > 0], r = [v > 0]: w > 0 makes u > 0 or
v > 0, and u, v > 0 make w > 0, because u = w − v.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

from derive.certifying.product import Product, Step, less, minus
from derive.expander import ONE, Poly, add, freeze, times

GATES_AT_MOST, PASSES = 8, 200
GATES = ("pos", "neg")


def by_order(ring: Any, u: Poly) -> list[Step]:
    """The steps from a sum of products of gates to 0, if that is what it is because of how their arguments add up."""
    shapes = sorted({_shape(f) for m in u for f, _ in m[0] if f[0] in GATES})
    if not 2 <= len(shapes) <= GATES_AT_MOST:
        return []
    for n in range(len(shapes)):
        for order in ([*shapes[n:], *shapes[:n]], [*shapes[n::-1], *shapes[:n:-1]]):
            proof = _reduced(ring, u, order)
            if proof:
                return proof
    return []


def _reduced(ring: Any, u: Poly, order: list[Any]) -> list[Step]:
    proof: list[Step] = []
    for _ in range(PASSES):
        steps = next((found for m in sorted(u) if (found := _pair(ring.product(m, u), order))), None)
        if steps is None:
            return []
        u, more = ring.rewritten(add(u, ring.change(steps), scale=-1), whole=False)
        proof += [*steps, *more]
        if not u:
            return proof
    return []


def _pair(p: Product, order: list[Any]) -> list[Step]:
    """The steps for the first two gates of a product whose arguments add up to that of an earlier gate."""
    found = [f for f, e in p.factors.items() if f[0] in GATES and e == 1 and _shape(f) in order]
    for one, other in combinations(sorted(found), 2):
        rest = less(less(p.factors, one), other)
        u, v = (_argument(f) for f in (one, other))
        for a, b in _cancelling(u, v):
            if _is_earlier(p, add(a, b), (one, other), order):
                return _relation(p, rest, a, b, 1)
        for a, b in (*_cancelling(u, minus(v)), *_cancelling(v, minus(u))):
            if _is_earlier(p, add(a, b), (one, other), order):
                return _relation(p, rest, add(a, b), minus(b), -1)
    return []


def _relation(p: Product, rest: Any, u: Poly, v: Poly, sign: int) -> list[Step]:
    """p − p·q − p·r + q·r for u and v; its negative (sign −1) where the product has p·r."""
    w = add(u, v)
    q, r, w_ = ({("pos", "", freeze(x)): 1} for x in (u, v, w))
    one, two = times(rest, q), times(times(rest, q), r)
    return [
        p.step(rest, "gate of sum", u, v, scale=sign),
        p.step(times(rest, r), "gate of sum", w, minus(v), scale=sign),
        p.step(one, "gates exclude", v, scale=sign),
        p.step(times(one, w_), "gates exclude", v, scale=-sign),
        p.step(two, "gate of -u", v, scale=-sign),
        p.step(times(two, w_), "gate of -u", v, scale=sign),
    ]


def _cancelling(u: Poly, v: Poly) -> Iterator[tuple[Poly, Poly]]:
    """(αu, v) for positive α such that a term of the one and of the other cancel."""
    ratios = dict.fromkeys(-Fraction(v[m]) / Fraction(c) for m, c in sorted(u.items()) if c * v.get(m, 0) < 0)
    for ratio in ratios:
        yield {m: _whole(c * ratio) for m, c in u.items()}, v


def _whole(c: Fraction) -> Fraction | int:
    return int(c) if c.denominator == 1 else c


def _is_earlier(p: Product, u: Poly, pair: tuple[Any, Any], order: list[Any]) -> bool:
    """Whether [u > 0] is 0 or 1, or a gate that comes before two others."""
    with p.ring.unaided(False):
        gate = p.ring.norm(p.ring.make("pos", u))
    if not gate or gate == ONE:
        return True
    (((factors, dummies), c), *more) = gate.items()
    if more or c != 1 or dummies or len(factors) != 1 or _shape(factors[0][0]) not in order:
        return False
    mine, *theirs = ((order.index(_shape(f)), f) for f in (factors[0][0], *pair))
    return mine < min(theirs)


def _argument(f: Any) -> Poly:
    """u for [u > 0], −u for [u < 0]."""
    return dict(f[2]) if f[0] == "pos" else minus(dict(f[2]))


def _shape(f: Any) -> Any:
    """A gate, whatever its labels are."""
    return f[0], tuple(sorted((tuple(sorted((g[0], str(g[1]), e) for g, e in m[0])), c) for m, c in f[2]))
