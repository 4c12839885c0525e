"""Quotients and roots in certificates."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from derive.certifying.factoring import split
from derive.certifying.fractions import numerator
from derive.certifying.gates import idempotent, regions_of, two_values
from derive.certifying.product import (
    Product,
    Step,
    content,
    divide,
    half,
    labels,
    leading,
    less,
    one_minus_sigmoid,
    one_plus_exp,
)
from derive.expander import ONE, SOLID, UNIT, Poly, add, freeze, times


def inverse(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if e < 0:
        return [p.step(p.factors, "inverse", u, scale=-1)]
    if not u:
        return None
    if len(u) == 1 and [*u.values()] == [1] and len(factors := next(iter(u))[0]) == 1 and factors[0][0][0] in SOLID[:2]:
        return _of_gate(p, f, u, factors[0][0])
    made = _simpler_inverse(p, u)
    if made is not None:
        result, evidence = made
        steps = by_inverse(p, f, u, result) or _by_parts(p, f, u)
        return evidence + steps if steps else None
    side = _by_side(p, f, u)
    if side is not None:
        return side
    top = leading(u)
    quotient = divide(p, top, f)
    if quotient is not None:
        return [Step(p.coefficient / Fraction(u[top]), less(quotient.factors, f), quotient.dummies, "inverse", (u,))]
    return _partial_fractions(p, f, u)


def _by_side(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """(1 − h)(a/u − 1) = 0 and h((a + b)/u − 1) = 0 for u = a + bh with a gate h: the leading products of a and of
    a + b are removed beside 1/u."""
    gate = next((g for m in sorted(u) for g, _ in m[0] if g[0] == "pos"), None)
    _, up, down, low = regions_of(p.ring, u, gate[2]) if gate else (u, {}, {}, u)
    inside = gate in p.factors
    part = add(low, up) if inside else low
    if gate is None or down or any(m[1] for m in u) or part.keys() <= {UNIT}:
        return None
    top = leading(part)
    quotient = divide(p, top, f)
    if quotient is None:
        return None
    rest, scale = less(quotient.factors, f), 1 / Fraction(part[top])
    also = [] if inside else [p.step(times(rest, {gate: 1}), "inverse", u, scale=-scale)]
    beside, sign = times(rest, {f: 1, gate: -1} if inside else {f: 1}), -scale if inside else scale
    return [
        p.step(rest, "inverse", u, scale=scale),
        *also,
        *(p.step(times(beside, dict(m[0])), "pos is 0 or 1", dict(gate[2]), scale=sign * c) for m, c in up.items()),
    ]


def _of_gate(p: Product, f: Any, u: Poly, g: Any) -> list[Step]:
    """1/[u>0] = 1 where it is defined: with A = g/g − 1 and B = g² − g, 1/g − 1 = A(g/g + 1 − 1/g) − B/g²."""
    rest = p.without(f)
    return [
        p.step(times(rest, {g: 1, f: 1}), "inverse", u),
        p.step(rest, "inverse", u),
        p.step(times(rest, {f: 1}), "inverse", u, scale=-1),
        *idempotent(p, g, times(rest, {f: 2}), -1),
    ]


def _simpler_inverse(p: Product, u: Poly) -> tuple[Poly, list[Step]] | None:
    """1/u in simpler terms, and why it is defined where 1/u is."""
    ring = p.ring
    (m, c), *rest = u.items()
    if not rest and any(g[0] in SOLID for g, _ in m[0]):
        return None if c == 1 else ({(((("inverse", "", freeze({m: 1})), 1),), ()): Fraction(1) / c}, [])
    soft = one_plus_exp(ring, u)
    if soft is not None:
        s, v = soft
        back = ring.powers(s, -1) or {}
        return add(back, ring.mul(back, ring.make("sigmoid", v)), scale=-1), []
    reflected = one_minus_sigmoid(u)
    if reflected is not None:
        w = freeze(reflected)
        return ring.collect([(1 / Fraction(u[UNIT]), {("sigmoid", "", w): 1, ("slope", "", w): -1}, {})]), []
    common, rest_ = taken_out(p, u)
    fraction = numerator(p, u)
    if fraction is not None:
        top, below, whole = fraction
        return ring.mul(whole, ring.make("inverse", top)), [p.evidence("nonzero", u, top, below)]
    if common != ONE:
        back = ring.powers(common, -1) or {}
        evidence = [p.evidence("nonzero", u, common, rest_), p.evidence("nonzero", u, rest_, common)]
        return ring.mul(back, ring.make("inverse", rest_)), evidence
    regions = _by_region(p, u)
    if regions is not None:
        return regions, []
    parts = split(ring, u)
    if parts is None:
        return None
    result, evidence = ONE, list[Step]()
    for g, k in parts:
        others = (h for h, n in parts if h != g for _ in range(n))
        evidence.append(p.evidence("nonzero", u, g, ring.mul(ONE, *[g] * (k - 1), *others)))
        made = _simpler_inverse(p, g) if len(g) > 1 else None
        evidence += made[1] if made is not None else []
        result = ring.mul(result, *[made[0] if made is not None else ring.make("inverse", g)] * k)
    return result, evidence


def _by_region(p: Product, u: Poly) -> Poly | None:
    """[v>0]/u₊ + [v<0]/u₋ + (1 − [v>0] − [v<0])/u₀, or y/u₁ + (1 − y)/u₀ for a y that is 0 or 1, if all are defined."""
    ring, two = p.ring, None if p.ways.late else two_values(p, u)
    gate = next((g for m in sorted(u) for g, _ in m[0] if g[0] in SOLID[:2] and not labels(g) & {*dict(m[1])}), None)
    if two is not None:
        y, up, down, low = two
        if down:
            above, below = (ring.mul({UNIT: Fraction(1, 2)}, add(ONE, y, scale=sign)) for sign in (1, -1))
            parts = [(above, add(low, up)), (below, add(low, down))]
        else:
            parts = [(y, add(low, up)), (add(ONE, y, scale=-1), low)]
    elif gate is not None:
        _, up, down, low = regions_of(ring, u, gate[2])
        above, below = ({((((kind, "", gate[2]), 1),), ()): 1} for kind in SOLID[:2])
        parts = [(above, add(low, up)), (below, add(low, down)), (add(ONE, above, below, scale=-1), low)]
    else:
        return None
    if not all(part for _, part in parts):
        return None
    result = add({}, *(ring.mul(where, ring.make("inverse", part)) for where, part in parts))
    whole: Poly = {(((("inverse", "", freeze(u)), 1),), ()): 1}
    return result if ring.domain([result], p.dummies) <= ring.domain([whole], p.dummies) else None


def taken_out(p: Product, u: Poly) -> tuple[Poly, Poly]:
    """u as a product of a number times factors, and the rest."""
    common, top = content(u), u[UNIT if one_minus_sigmoid(u) is not None else leading(u)]
    back = {g: -x for g, x in common.items()}
    rest = p.ring.collect((Fraction(c) / top, times(dict(m[0]), back), dict(m[1])) for m, c in u.items())
    return p.ring.collect([(top, common, {})]), rest


def by_inverse(p: Product, f: Any, u: Poly, result: Poly) -> list[Step]:
    """1/u = R, because u·R = 1: R·(u/u − 1) + (1 − u·R)/u is what 1/u and R differ by."""
    ring: Any = p.ring
    left, proof = ring.rewritten(add(ring.mul(u, result), ONE, scale=-1))
    if left:
        return []
    rest = p.without(f)
    steps = [p.step(times(rest, dict(m[0])), "inverse", u, scale=c) for m, c in result.items()]
    for s in proof:
        dummies = {d: f"^{n}{d}" for n, d in enumerate(s.dummies)}
        moved = {ring.moved(g, dummies): x for g, x in s.factors.items()}
        given = tuple(ring.rename(g, dummies) if isinstance(g, dict) else g for g in s.given)
        bound = {dummies[d]: size for d, size in s.dummies.items()}
        factors = times(times(rest, {f: 1}), moved)
        steps.append(Step(-p.coefficient * s.coefficient, factors, {**p.dummies, **bound}, s.rule, given))
    return steps


def _by_parts(p: Product, f: Any, u: Poly) -> list[Step]:
    """1/u = 1/g · 1/h for u = g·h that are equal only after rewriting: as above, with u·R − 1 taken apart."""
    ring: Any = p.ring
    parts = [g for g, k in split(ring, u) or () for _ in range(k)]
    found, proof = ring.rewritten(ring.mul(ONE, *parts))
    if not parts or found != u or any(s.dummies or s.rule == "divides" for s in proof):
        return []
    evidence = [p.evidence("nonzero", u, g, ring.mul(ONE, *parts[:n], *parts[n + 1 :])) for n, g in enumerate(parts)]
    inverses = [ring.make("inverse", g) for g in parts]
    rest, inside, before, result = p.without(f), p.factors, ONE, ring.mul(ONE, *inverses)
    steps = [p.step(times(rest, dict(m[0])), "inverse", u, scale=c) for m, c in result.items()]
    for g, one in zip(parts, inverses, strict=True):
        steps += [p.step(times(inside, dict(m[0])), "inverse", g, scale=-c) for m, c in before.items()]
        before = ring.mul(before, g, one)
    for s in proof:
        for m, c in result.items():
            factors = times(times(inside, dict(m[0])), s.factors)
            steps.append(Step(p.coefficient * c * s.coefficient, factors, p.dummies, s.rule, s.given))
    return evidence + steps


def _partial_fractions(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """1/(a·P) = (1/a − (T/a)/P)/α for P = α + T, where a divides every term of T."""
    constant = u.get(UNIT)
    if constant is None or len(u) < 2:
        return None
    tails = [dict(m[0]) for m in u if m != UNIT]
    for pole, e in p.factors.items():
        if e < 0 and pole != f and all(t.get(pole, 0) >= 1 for t in tails):
            return [p.step(less(p.factors, f), "inverse", u, scale=Fraction(1) / constant)]
    return None


def root(p: Product, f: Any, e: Any) -> list[Step] | None:
    u, q = dict(f[2]), f[1]
    if 0 < e < q:
        return _simpler_root(p, f, u, q)
    if e >= q:
        return [p.step(p.without(f, q), "root", u, q)]
    ((pole, c),) = p.ring.make("inverse", u).items()
    found = times(p.factors, dict(pole[0]))
    return [p.step(p.factors, "inverse", u, scale=-1), p.step(found, "root", u, q, scale=-c)]


def _simpler_root(p: Product, f: Any, u: Poly, q: int) -> list[Step] | None:
    ring = p.ring
    if not u:
        return None
    if u.keys() == {UNIT} and u != ONE:
        return _number_root(p, f, Fraction(u[UNIT])) if q == 2 else None
    common, rest = taken_out(p, u)
    ((m, c),) = common.items()
    sure = {g: x for g, x in m[0] if ring.sure(g)} if abs(c) == 1 else {}
    if c == 1 and rest == ONE and len(sure) == len(m[0]):
        return p.drop(f, "root of positive", u, q)
    if q == 2 and [*u] in [
        [(((g, 1),), ())] for g, _ in m[0] if ("binary", g[1]) in {d[:2] for d in p.declared.values()}
    ]:
        return p.drop(f, "root of square", u)
    outer = ring.collect([(abs(c), sure, {})])
    if outer != ONE:
        inner = ring.mul(u, ring.powers(outer, -1) or {})
        return [p.evidence("root", u, inner, outer), *p.drop(f, "root of product", outer, inner, q)]
    return _root_of_square(p, f, u) if q == 2 else None


def _root_of_square(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """√P² = |P|."""
    if len(u) == 1:
        base = half(p.ring, u)
        return p.drop(f, "root of square", base) if base is not None else None
    parts = split(p.ring, u)
    if parts is None or any(k % 2 for _, k in parts):
        return None
    return p.drop(f, "root of square", p.ring.mul(ONE, *(g for g, k in parts for _ in range(k // 2))))


def _number_root(p: Product, f: Any, value: Fraction) -> list[Step] | None:
    """√(p/r) with the square part taken out."""
    if value < 0:
        return None
    inside, outside = value.numerator * value.denominator, Fraction(1, value.denominator)
    for d in range(min(isqrt(inside), 1000), 1, -1):
        while inside % (d * d) == 0:
            inside, outside = inside // (d * d), outside * d
    if outside == 1:
        return None
    if inside == 1:
        return p.drop(f, "root of square", {UNIT: outside})
    return p.drop(f, "root of product", {UNIT: outside**2}, {UNIT: inside}, 2)
