"""Gates [u > 0] and [u < 0] in certificates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.certificate import Checker, Refused
from derive.certifying.factoring import split
from derive.certifying.fractions import numerator
from derive.certifying.product import (
    Product,
    Step,
    content,
    divide,
    half,
    labels,
    leading,
    less,
    mentions,
    minus,
    one_minus_sigmoid,
    oriented,
)
from derive.expander import LEAVES, ONE, SCALAR, UNIT, Poly, Term, add, freeze, times


def gate(p: Product, f: Any, e: Any) -> list[Step] | None:
    kind, u, ring = f[0], dict(f[2]), p.ring
    flip = kind == "neg"
    if p.ways.late and _is_open(ring, f):
        return None
    if e > 1:
        return idempotent(p, f, p.without(f, 2))
    other = ("pos" if flip else "neg", "", f[2])
    if other in p.factors:
        return [p.step(less(p.without(f), other), "gates exclude", u)]
    granted = None if ring.plain else _granted(p, f, u)
    if granted is not None:
        return granted
    beside = _beside_square(p, f, u) if not flip and not ring.plain else None
    if beside is not None:
        return beside
    signed, start = (minus(u), p.drop(f, "gate of -u", u)) if flip else (u, [])
    above, below = sure_sign(p, signed), sure_sign(p, minus(signed))
    if above is not None and ring.positive(above[0]):
        return start + p.drop(f, "positive", *above)
    if below is not None:
        start = [] if flip else p.drop(f, "gate of -u", minus(u), lead=-1)
        return [*start, p.step(p.without(f), "not negative", *below)]
    kind, n = next(((d[0], n) for n, d in p.declared.items() if d[1] == _single(u)), ("", 0))
    if kind == "binary" and not flip and not ring.plain:
        return _of_bit(p, f, u)
    if kind == "square one" and not ring.plain:
        return _of_sign(p, f, u, n)
    inner = next((g for m in sorted(u) for g, _ in m[0]
                  if g[0] in ("pos", "neg") and not labels(g) & {d for d, _ in m[1]}), None)  # fmt: skip
    if inner is not None:
        return start + p.drop(f, "gate by region", *regions_of(ring, signed, inner[2]))
    two = two_values(p, u)
    if two is not None:
        y, up, down, low = two
        if flip:
            return _of_other_bit(p, f, u) if u == add(ONE, y, scale=-1) and not down else start
        return p.drop(f, "gate by region", y, up, down, low)
    pole = _of_pole(p, f, u) if e == 1 and len(u) == 1 else None
    if pole is not None:
        return pole
    parts = _sign_split(ring, u) or _over_poles(p, u) or _reflected(ring, u)
    if parts is not None:
        first, rest = parts
        return start + p.drop(f, "gate of product", minus(first) if flip else first, rest)
    if not oriented(u):
        return p.drop(f, "gate of -u", u) if flip else p.drop(f, "gate of -u", minus(u), lead=-1)
    used = flip or ring.weak(u) or (len(u) == 1 and above is not None)
    return _off(p, f, u) if used and not ring.plain else None


def _beside_square(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """x[Σx² + … > 0] = x; and beside x it is [√P > 0] = [P > 0], because P = √P·√P."""
    (((factors, dummies), c), *more) = u.items() or [(UNIT, 0)]
    is_root = not more and c == 1 and not dummies and len(factors) == 1 and factors[0][0][:2] == ("root", 2)
    v = _square_in(p, dict(factors[0][0][2]) if is_root else u)
    if v is None or (is_root and (factors[0][1] != 1 or factors[0][0] in p.factors)):
        return None
    if is_root:
        rest = p.without(f)
        return [p.step(rest, "gate of product", u, u, scale=-1), p.step(rest, "pos is 0 or 1", u, scale=-1)]
    return [p.step(less(p.without(f), v), "square in a sum", u, {(((v, 1),), ()): 1}, scale=-1)]


def _square_in(p: Product, u: Poly) -> Any | None:
    """An entry in a product whose square, summed over its own indices, stands in u."""
    for v, e in p.factors.items() if p.ring.weak(u) else ():
        if v[0] == "name" and e > 0:
            sizes = (size for size in p.ring.shapes[v[1]] if size != SCALAR)
            p.ring.over = dict(zip(v[2], sizes, strict=True))
            if p.ring.squared(u, {(((v, 1),), ()): 1}):
                return v
    return None


def _over_poles(p: Product, u: Poly) -> tuple[Poly, Poly] | None:
    """A sum of fractions as a product of its numerator and the poles."""
    if len(u) < 2 or any(g[0] in ("pos", "neg") for m in u for g, _ in m[0]):
        return None
    fraction = numerator(p, u)
    return fraction[:2] if fraction is not None else None


def _of_pole(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """[1/P > 0] = [P > 0], because P = P²/P; and [1/P < 0] = 1 − [1/P > 0], because P/P = 1."""
    (((factors, dummies), c),) = u.items()
    if c != 1 or dummies or len(factors) != 1 or factors[0][0][0] != "inverse" or factors[0][1] != 1:
        return None
    g, below, rest = factors[0][0], dict(factors[0][0][2]), p.without(f)
    if p.ring.weak(below):  # then 1/P[1/P>0] = 1/P is enough
        return None
    up, down, a, b = (("pos", "", f[2]), ("neg", "", f[2]), ("pos", "", g[2]), ("neg", "", g[2]))
    if f == down:
        return [
            *(p.step(times(rest, dict(m[0])), "zero off the gates", u, scale=-k) for m, k in below.items()),
            p.step(rest, "inverse", below),
            *(p.step(times(rest, {h: 1}), "inverse", below, scale=-1) for h in (up, down)),
        ]
    return [
        p.step(rest, "gate of product", u, p.ring.mul(below, below), scale=-1),
        p.step(p.factors, "gate of product", below, below, scale=-1),
        p.step(times(rest, {down: 1}), "not negative", {}, below, scale=-1),
        *(s for h in (a, b) for s in idempotent(p, h, p.factors, -1)),
        p.step(times(p.factors, {g: 1}), "zero off the gates", below),
        p.step(p.factors, "inverse", below, scale=-1),
        *(p.step(times(p.factors, {h: 1}), "inverse", below) for h in (a, b)),
    ]


def _granted(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """[u>0] = 1 and [u<0] = 0 where log u or a root of u stands in one of the two sides."""
    v, ring = minus(u), p.ring
    if ring.needed("log", u, p.dummies) <= ring.granted:
        return p.drop(f, "log is defined", u) if f[0] == "pos" else [
            p.step(p.factors, "log is defined", u, scale=-1), p.step(p.without(f), "gates exclude", u)]  # fmt: skip
    if f[0] == "neg" and ring.needed("root", u, p.dummies) <= ring.granted:
        return p.drop(f, "root is defined", u, 2)
    if ring.needed("log", v, p.dummies) <= ring.granted or (
        f[0] == "pos" and ring.needed("root", v, p.dummies) <= ring.granted
    ):
        return p.drop(f, "gate of -u", u) if f[0] == "neg" else p.drop(f, "gate of -u", v, lead=-1)
    return None


def _is_open(ring: Checker, f: Any) -> bool:
    """Whether a name with a definition, or a gradient, stands in an atom."""
    if f[0] in LEAVES:
        return f[0] == "gradient" or (f[0] == "name" and f[1] in ring.definitions)
    return any(_is_open(ring, g) for (factors, _), _ in f[2] for g, _ in factors)


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


def _of_bit(p: Product, f: Any, u: Poly) -> list[Step]:
    """[y>0] = y where y² = y: with w = 1 − y it is y[y>0] + w[y>0][w>0] + …, where [y>0][w>0] = [yw>0] = [0>0]."""
    w, rest = add(ONE, u, scale=-1), p.without(f)
    ((((y, _),), _),) = u
    return [
        p.step(rest, "zero off the gates", u, scale=-1),
        p.step(p.factors, "zero off the gates", w),
        p.step(rest, "gate of product", u, w, scale=-1),
        p.step(times(rest, {y: 1}), "gate of product", u, w),
    ]


def _of_other_bit(p: Product, f: Any, w: Poly) -> list[Step]:
    """[w<0] = 0 where w² = w: [−w>0] = [−w·w>0] = 2[w>0][w<0]."""
    rest, minus_w = p.without(f), minus(w)
    return [
        p.step(rest, "gate of -u", w),
        p.step(times(rest, {("pos", "", freeze(w)): 1}), "gate of -u", w, scale=-1),
        p.step(rest, "gate of product", minus_w, w),
        p.step(p.factors, "gate of -u", minus_w),
        p.step(rest, "gates exclude", w, scale=2),
    ]


def two_values(p: Product, u: Poly) -> tuple[Poly, Poly, Poly, Poly] | None:
    """An entry y, of free indices, of a name that is declared 0 or 1 (or ±1) in a sum; what u adds where y > 0 and
    where y < 0, and the rest. None if there is no such entry, or it stands in an atom of u."""
    kinds = {d[1]: d[0] for d in p.declared.values() if d[0] in ("binary", "square one")}
    if len(u) < 2 or not kinds or p.ring.plain:
        return None
    for (factors, dummies), _ in sorted(u.items()):
        for f, e in factors:
            if f[0] == "name" and f[1] in kinds and e == 1 and not labels(f) & {d for d, _ in dummies}:
                if any(mentions(g, f) for m in u for g, _ in m[0] if g != f):
                    return None
                low, up = _linear(p.ring, u, f)
                return {(((f, 1),), ()): 1}, up, minus(up) if kinds[f[1]] == "square one" else {}, low
    return None


def _linear(ring: Checker, u: Poly, f: Any) -> tuple[Poly, Poly]:
    """(a, b) with u = a + b·f, for a factor of no power."""
    low = ring.collect((c, dict(m[0]), dict(m[1])) for m, c in u.items() if f not in dict(m[0]))
    more = add(u, low, scale=-1)
    return low, ring.collect((c, {g: x for g, x in m[0] if g != f}, dict(m[1])) for m, c in more.items())


def _reflected(ring: Checker, u: Poly) -> tuple[Poly, Poly] | None:
    """u as (1 − σ(v))·a."""
    sigmoids = {f for m in u for f, e in m[0] if f[0] == "sigmoid" and e == 1 and not labels(f) & {*dict(m[1])}}
    for f in sorted(sigmoids) if len(u) > 2 and len(u) % 2 == 0 else ():
        low, up = _linear(ring, u, f)
        if up == minus(low):
            return add(ONE, {(((f, 1),), ()): 1}, scale=-1), low
    return None


def sure_sign(p: Product, u: Poly) -> tuple[Poly, Poly] | None:
    """(v, s) with u = v + s², written so that v is seen to be positive or at least not negative."""
    ring = p.ring
    binary = {d[1] for d in p.declared.values() if d[0] == "binary"}
    for made in (u, _by_sign(ring, u), _squared(ring, u, binary) if binary else u, _as_logistic(ring, u)):
        if made is not None and ring.weak(made):
            with ring.unaided(False):
                return (made, {}) if made is u or ring.norm(made) == u else None
    for m, c in u.items():
        is_bit = not m[1] and [g[0] for g, _ in m[0]] == ["delta"]  # its own square
        s = {m: 1} if is_bit else half(ring, {m: 1}) if len(m[1]) > 1 else None
        s = s if c == 1 else None
        if s is not None and ring.weak(rest := {n: x for n, x in u.items() if n != m}):
            return rest, s
    return None


def _squared(ring: Checker, u: Poly, binary: set[str]) -> Poly:
    """The same with the squares of names that are 0 or 1."""
    return ring.collect((c, {f: 2 if f[0] == "name" and f[1] in binary and x == 1 else x for f, x in m[0]}, dict(m[1]))
                        for m, c in u.items())  # fmt: skip


def _as_logistic(ring: Checker, u: Poly) -> Poly | None:
    """A product c·σ(v)ᵃ σ(−v)ᵇ that u is."""
    if not u or any(f[0] not in ("sigmoid", "slope") for m in u for f, _ in m[0]):
        return None
    made = ONE
    for g, k in split(ring, u) or [(u, 1)]:
        v = one_minus_sigmoid(g)
        made = ring.mul(made, *[g if v is None else ring.mul({UNIT: g[UNIT]}, ring.make("sigmoid", minus(v)))] * k)
    return made


def _single(u: Poly) -> str:
    """The name that a polynomial is an entry of."""
    (((factors, dummies), c), *more) = u.items() or [(UNIT, 0)]
    is_single = c == 1 and not more and not dummies and len(factors) == 1 and factors[0][1] == 1
    return factors[0][0][1] if is_single and factors[0][0][0] == "name" else ""


def _by_sign(ring: Checker, u: Poly) -> Poly:
    """u(0) + [z>0](u − u(0)) + [z<0](u − u(0)) where u uses the sign of one name z: seen to be positive."""
    under = {g[2] for m in u for g, _ in m[0] if g[0] in ("pos", "neg")}
    if len(under) != 1 or not _single(dict(*under)):
        return u
    ((z, up, down, both),) = (regions_of(ring, u, *under),)
    try:
        there = ring.applied("at", 0, both, z, {})
    except Refused:
        return u
    pos, neg = ({((((kind, "", *under), 1),), ()): 1} for kind in ("pos", "neg"))
    rest = add(both, there, scale=-1)
    return add(there, ring.mul(pos, add(rest, up)), ring.mul(neg, add(rest, down)))


def regions_of(ring: Checker, u: Poly, v: Any) -> tuple[Poly, ...]:
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
    common = {g: x for g, x in _balanced(u).items() if x == int(x)}
    if not common:
        return None
    back = {g: -x for g, x in common.items()}
    return ring.collect([(1, common, {})]), ring.collect(
        (c, times(dict(m[0]), back), dict(m[1])) for m, c in u.items())  # fmt: skip


def _balanced(u: Poly) -> dict[Any, Any]:
    """The common factors; of exponentials so much that the exponents are about 0: e^2z − 1 is e^z(e^z − e^−z)."""
    common = content(u)
    for g in {g for m in u for g, _ in m[0] if g[0] == "exp" and not labels(g) & {d for d, _ in m[1]}}:
        powers = [dict(m[0]).get(g, 0) for m in u]
        common[g] = (max(powers) + min(powers)) // 2
    return {g: x for g, x in common.items() if x}


def _off(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """u[u<0] = u − u[u>0] (and u[u>0] = u for u ≥ 0), and g(z)[z<0] = g(z) − g(z)[z>0] − g(0)(1 − [z>0] − [z<0])."""
    top = leading(u)
    rest = Product(p.ring, p.coefficient, p.without(f), p.dummies)
    quotient = divide(rest, top, f) or _divided(rest, top, u)
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
        there = p.ring.applied("at", 0, value, {top: 1}, {})
        if there == value or not p.ring.domain([there], p.dummies) <= p.ring.domain([value], p.dummies):
            return None
    except Refused:  # not defined at 0
        return None
    left = {g: x for g, x in rest.factors.items() if g not in dependent}
    return [p.step(left, "value", value, {top: 1}, {}, ONE, scale=-1)]


def _divided(p: Product, top: Any, u: Poly) -> Product | None:
    """The product without the leading term of u, if no other term has its factors: those that may be 0."""
    wanted = {g: x for g, x in top[0] if g[0] not in ("exp", "pi", "size")}
    others = (dict(m[0]) for m in u if m != top)
    if not wanted or any(m[1] for m in u) or any(wanted.items() <= m.items() for m in others):
        return None
    if any(p.factors.get(g, 0) < x or x < 0 for g, x in wanted.items()):
        return None
    return Product(p.ring, p.coefficient, times(p.factors, {g: -x for g, x in top[0]}), p.dummies)
