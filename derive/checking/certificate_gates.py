"""Gates [u > 0] and [u < 0] in certificates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.certificate import Checker, Refused
from derive.checking.certificate_product import (
    Product,
    Step,
    content,
    divide,
    labels,
    leading,
    less,
    mentions,
    oriented,
)
from derive.expander import LEAVES, SCALAR, UNIT, Poly, Term, add, freeze, minus, times


def gate(p: Product, f: Any, e: Any) -> list[Step] | None:
    kind, u, ring = f[0], dict(f[2]), p.ring
    flip = kind == "neg"
    if e > 1:
        return idempotent(p, f, p.without(f, 2))
    other = ("pos" if flip else "neg", "", f[2])
    if other in p.factors:
        return [p.step(less(p.without(f), other), "gates exclude", u)]
    signed, start = (minus(u), p.drop(f, "gate of -u", u)) if flip else (u, [])
    above, below = _by_sign(ring, signed), _by_sign(ring, minus(signed))
    if ring.positive(above):
        return start + p.drop(f, "positive", above)
    if ring.weak(below):
        start = [] if flip else p.drop(f, "gate of -u", minus(u), lead=-1)
        return [*start, p.step(p.without(f), "not negative", below)]
    binary = {d[1] for d in p.declared.values() if d[0] == "binary"}
    if flip and len(u) == 1 and [*u.values()] == [1] and _single(u) in binary:
        return [p.step(p.without(f), "not negative", ring.mul(u, u))]
    sign = next((n for n, d in p.declared.items() if d[0] == "square one" and d[1] == _single(u)), None)
    if sign is not None and [*u.values()] == [1] and not ring.plain:
        return _of_sign(p, f, u, sign)
    inner = next((g for m in sorted(u) for g, _ in m[0]
                  if g[0] in ("pos", "neg") and not labels(g) & {d for d, _ in m[1]}), None)  # fmt: skip
    if inner is not None:
        return start + p.drop(f, "gate by region", *_regions(ring, signed, inner[2]))
    split = _sign_split(ring, u)
    if split is not None:
        first, rest = split
        return start + p.drop(f, "gate of product", minus(first) if flip else first, rest)
    if not oriented(u):
        return p.drop(f, "gate of -u", u) if flip else p.drop(f, "gate of -u", minus(u), lead=-1)
    return _off(p, f, u) if (flip or ring.weak(u) or _single(u) in binary) and not ring.plain else None


def idempotent(p: Product, f: Any, rest: Any, scale: Any = 1) -> list[Step]:
    """rest · (f² − f): of [u<0] = [−u>0] it is (f − g)(f + g − 1) + g² − g with g = [−u>0]."""
    u = dict(f[2])
    if f[0] == "pos":
        return [p.step(rest, "pos is 0 or 1", u, scale=scale)]
    g = ("pos", "", freeze(minus(u)))
    return [
        p.step(times(rest, {f: 1}), "gate of -u", u, scale=scale),
        p.step(times(rest, {g: 1}), "gate of -u", u, scale=scale),
        p.step(rest, "gate of -u", u, scale=-scale),
        p.step(rest, "pos is 0 or 1", minus(u), scale=scale),
    ]


def _of_sign(p: Product, f: Any, u: Poly, n: int) -> list[Step]:
    """[y>0] = (1 + y)/2 where y² = 1: with y = y[y>0] + y[y<0] and 1 = √y² = y[y>0] − y[y<0]."""
    ((((y, _),), _),) = u
    places, half = iter(y[2]), Fraction(-1 if f[0] == "pos" else 1, 2)
    i, j = (next(places) if size != SCALAR else "row" for size in p.ring.shapes[y[1]])
    rest = times(p.without(f), {y: 1})
    return [
        p.step(p.factors, "declared", n, i, j, scale=-1),
        p.step(rest, "root of square", u, scale=half),
        p.step(rest, "zero off the gates", u, scale=Fraction(-1, 2)),
    ]


def _single(u: Poly) -> str:
    """The name that a polynomial is an entry of."""
    ((factors, _), *_more) = u
    return factors[0][0][1] if len(u) == 1 and len(factors) == 1 and factors[0][0][0] == "name" else ""


def _by_sign(ring: Checker, u: Poly) -> Poly:
    """u(0) + [z>0](u − u(0)) + [z<0](u − u(0)) where u uses the sign of one name z: seen to be positive."""
    under = {g[2] for m in u for g, _ in m[0] if g[0] in ("pos", "neg")}
    if len(under) != 1 or not _single(dict(*under)):
        return u
    ((z, up, down, both),) = (_regions(ring, u, *under),)
    try:
        there = ring.applied("at_zero", 0, both, z)
    except Refused:
        return u
    pos, neg = ({((((kind, "", *under), 1),), ()): 1} for kind in ("pos", "neg"))
    rest = add(both, there, scale=-1)
    return add(there, ring.mul(pos, add(rest, up)), ring.mul(neg, add(rest, down)))


def _regions(ring: Checker, u: Poly, v: Any) -> tuple[Poly, ...]:
    """v, and u as a·[v>0] + b·[v<0] + c."""
    up, down = ("pos", "", v), ("neg", "", v)
    parts: dict[Any, list[Term]] = {up: [], down: [], None: []}
    for m, c in u.items():
        found = next((g for g, _ in m[0] if g in (up, down)), None)
        parts[found].append((c, {g: x for g, x in m[0] if g != found}, dict(m[1])))
    return dict(v), *(ring.collect(part) for part in parts.values())


def _sign_split(ring: Checker, u: Poly) -> tuple[Poly, Poly] | None:
    """u as a product of something simple and the rest."""
    top = u[leading(u)]
    if abs(top) != 1:
        return {UNIT: abs(top)}, {m: Fraction(c) / abs(top) for m, c in u.items()}
    if len(u) == 1:
        ((m, c),) = u.items()
        if m[1] or sum(abs(x) for _, x in m[0]) == 1 or not all(x == int(x) for _, x in m[0]):
            return None
        g, x = m[0][0]
        one = 1 if x > 0 else -1
        if len(m[0]) == 1 and x == -1:
            return {(((g, -2),), ()): 1}, {(((g, 1),), ()): c}
        first = {(((g, one),), ()): 1}
        return first, ring.collect([(c, times(dict(m[0]), {g: -one}), {})])
    common = {g: x for g, x in content(u).items() if x == int(x)}
    if not common:
        return None
    back = {g: -x for g, x in common.items()}
    return ring.collect([(1, common, {})]), ring.collect(
        (c, times(dict(m[0]), back), dict(m[1])) for m, c in u.items())  # fmt: skip


def _off(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """u[u<0] = u − u[u>0] (and u[u>0] = u for u ≥ 0), and g(z)[z<0] = g(z) − g(z)[z>0] − g(0)(1 − [z>0] − [z<0])."""
    top = leading(u)
    rest = Product(p.ring, p.coefficient, p.without(f), p.dummies)
    quotient = divide(rest, top, f)
    if quotient is not None:
        return [Step(-p.coefficient / Fraction(u[top]), quotient.factors, quotient.dummies, "zero off the gates", (u,))]
    if len(u) > 1 or len(top[0]) != 1 or top[1] or top[0][0][0][0] != "name" or top[0][0][1] != 1:
        return None
    name = top[0][0][0]
    dependent = {g: x for g, x in rest.factors.items() if g[0] not in LEAVES and mentions(g, name)
                 and g not in (f, ("pos", "", f[2]))}  # fmt: skip
    if not dependent:
        return None
    value = p.as_poly(dependent)
    try:
        there = p.ring.applied("at_zero", 0, value, {top: 1})
        if there == value or not p.ring.domain([there], p.dummies) <= p.ring.domain([value], p.dummies):
            return None
    except Refused:  # not defined at 0
        return None
    left = {g: x for g, x in rest.factors.items() if g not in dependent}
    return [p.step(left, "value at zero", value, {top: 1}, scale=-1)]
