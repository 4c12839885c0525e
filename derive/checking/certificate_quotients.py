"""Quotients and roots in certificates."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from derive.checking.certificate_factoring import split
from derive.checking.certificate_product import (
    Product,
    Step,
    content,
    divide,
    leading,
    less,
    one_minus_sigmoid,
    one_plus_exp,
    times,
)
from derive.expander import ONE, POSITIVE, UNIT, Poly, add, freeze


def inverse(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if e < 0:
        return [p.step(p.factors, "inverse", u, scale=-1)]
    made = _simpler_inverse(p, u)
    if made is not None:
        result, evidence = made
        return evidence + by_inverse(p, f, u, result)
    top = leading(u)
    quotient = divide(p, top, f)
    if quotient is not None:
        return [Step(p.coefficient / Fraction(u[top]), less(quotient.factors, f), quotient.dummies, "inverse", (u,))]
    return _partial_fractions(p, f, u)


def _simpler_inverse(p: Product, u: Poly) -> tuple[Poly, list[Step]] | None:
    """1/u in simpler terms, and why it is defined where 1/u is."""
    ring = p.ring
    (m, c), *rest = u.items()
    solid = [g for g, _ in m[0] if g[0] in ("pos", "neg", "delta")]
    if not rest and (solid or not m[1]):
        if solid:
            return None if c == 1 else ({(((("inverse", "", freeze({m: 1})), 1),), ()): Fraction(1) / c}, [])
        evidence = [s for g, _ in m[0] if g[0] not in POSITIVE
                    for s in p.evidence("nonzero", u, {(((g, 1),), ()): 1})]  # fmt: skip
        return {(tuple((g, -x) for g, x in m[0]), ()): Fraction(1) / c}, evidence
    soft = one_plus_exp(ring, u)
    if soft is not None:
        s, v = soft
        ((factors, _), c) = next(iter(s.items()))
        back = ring.collect([(Fraction(1) / c, {g: -x for g, x in factors}, {})])
        return add(back, ring.mul(back, ring.make("sigmoid", v)), scale=-1), []
    reflected = one_minus_sigmoid(u)
    if reflected is not None:
        w = freeze(reflected)
        return ring.collect([(Fraction(1) / u[UNIT], {("sigmoid", "", w): 1, ("slope", "", w): -1}, {})]), []
    common = content(u)
    top = u[leading(u)]
    if common or top != 1:
        back = {g: -x for g, x in common.items()}
        rest_ = ring.collect((Fraction(c) / top, times(dict(m[0]), back), dict(m[1])) for m, c in u.items())
        evidence = [s for g in common if g[0] not in POSITIVE for s in p.evidence("nonzero", u, {(((g, 1),), ()): 1})]
        evidence += p.evidence("nonzero", u, rest_, ring.collect([(top, common, {})]))
        inverse_ = {("inverse", "", freeze(rest_)): 1}
        return ring.collect([(Fraction(1) / top, {**back, **inverse_}, {})]), evidence
    parts = split(ring, u)
    if parts is None:
        return None
    result, evidence = ONE, list[Step]()
    for g, k in parts:
        others = (h for h, n in parts if h != g for _ in range(n))
        evidence.append(Step(1, {}, p.dummies, "divides", ("nonzero", u, g, ring.mul(ONE, *[g] * (k - 1), *others))))
        made = _simpler_inverse(p, g)
        evidence += made[1] if made is not None else []
        one = made[0] if made is not None else {((((("inverse", "", freeze(g)), 1),), ())): 1}
        result = ring.mul(result, *[one] * k)
    return result, evidence


def by_inverse(p: Product, f: Any, u: Poly, result: Poly) -> list[Step]:
    """1/u = R, because u·R = 1: R·(u/u − 1) + (1 − u·R)/u is what 1/u and R differ by."""
    ring: Any = p.ring
    left, proof = ring.rewritten(add(ring.mul(u, result), ONE, scale=-1), bridge=True)
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
    pole = ("inverse", "", f[2])
    return [p.step(p.factors, "inverse", u, scale=-1), p.step(times(p.factors, {pole: 1}), "root", u, q, scale=-1)]


def _simpler_root(p: Product, f: Any, u: Poly, q: int) -> list[Step] | None:
    if u == ONE:
        return p.drop(f, "root of square", ONE) if q == 2 else None
    if not u:
        return None
    if u.keys() == {UNIT}:
        return _number_root(p, f, Fraction(u[UNIT])) if q == 2 else None
    top = u[leading(u)]
    if abs(top) != 1:
        rest = {m: Fraction(c) / abs(top) for m, c in u.items()}
        return p.evidence("root", u, rest, {UNIT: abs(top)}) + p.drop(f, "root of product", {UNIT: abs(top)}, rest, q)
    ((m, c),) = u.items() if len(u) == 1 else ((UNIT, -1),)
    if c < 0 or m[1]:
        return None
    for g, x in m[0]:
        base, rest = {(((g, x),), ()): 1}, {(tuple(h for h in m[0] if h[0] != g), ()): 1}
        sure = g[0] in POSITIVE or ("positive", g[1]) in {fact[:2] for fact in p.ring.facts}
        if len(m[0]) > 1 and sure:
            return p.evidence("root", u, rest, base) + p.drop(f, "root of product", base, rest, q)
        if len(m[0]) == 1 and g[0] == "exp":
            return p.drop(f, "root of exp", {n: k * x for n, k in g[2]}, q)
        if len(m[0]) == 1 and sure and (x < 0 or x >= 2):
            return p.drop(f, "root of power", {(((g, 1),), ()): 1}, x, q)
    if q == 2 and all(x % 2 == 0 for _, x in m[0]):
        half = {(tuple((g, x // 2) for g, x in m[0]), ()): 1}
        return p.drop(f, "root of square", half)
    return None


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
