"""How a certificate rewrites a product: for each kind of atom, the multiples of axioms that take one step.

Only the choice of steps is made here; that each is right is for the checker of certificates to say. A step removes
from a polynomial the multiple `coefficient · factors · axiom(given)`, summed over the dummies.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from derive.certifying.factoring import split
from derive.certifying.fractions import numerator
from derive.certifying.gates import gate, sure_sign
from derive.certifying.product import (
    Product,
    Rule,
    Step,
    labels,
    leading,
    minus,
    one_minus_sigmoid,
    one_plus_exp,
    oriented,
)
from derive.certifying.quotients import inverse, root, taken_out
from derive.expander import LEAVES, ONE, SCALAR, SOLID, UNIT, Poly, add, freeze, times


def sigmoid(p: Product, f: Any, e: Any) -> list[Step] | None:
    """σ² = σ − D, 1/σ = 1 + e^{−u}, and e^u σ(u) = e^u − σ(u)."""
    u = dict(f[2])
    if not u:
        return p.drop(f, "reflection", u, lead=2)
    of_logarithm = _of_logarithm(p, f, u) if e == 1 else None
    if of_logarithm is not None:
        return of_logarithm
    if not oriented(u):
        return p.drop(f, "reflection", u)
    if e >= 2:
        return [p.step(p.without(f, 2), "square", u)]
    if e < 0:
        return [p.step(p.without(("slope", "", f[2])), "square", u)]
    return None if e != 1 else _next_to_exponential(p, f, u, "sigmoid times exp")


def slope(p: Product, f: Any, e: Any) -> list[Step] | None:
    """1/D = 2 + e^u + e^{−u}, and D e^u = σ − D."""
    u = dict(f[2])
    if not u:
        return p.drop(f, "square", u) if e > 0 else [p.step(p.without(f, -1), "inverse slope", u)]
    if e < 0:
        return [p.step(p.without(f, -1), "inverse slope", u)]
    if not oriented(u):
        return p.drop(f, "even slope", u)
    return _next_to_exponential(p, f, u, "slope times exp")


def _next_to_exponential(p: Product, f: Any, u: Poly, rule: str) -> list[Step] | None:
    """e^v with 0 ≤ v < u in the leading term of u is left beside σ(u)."""
    top = leading(u)
    part = ("exp", "", freeze({top: 1}))
    share = Fraction(p.factors.get(part, 0)) / Fraction(u[top])
    if 0 <= share < 1:
        return None
    whole = u if share >= 1 else minus(u)
    factors = dict(p.without(f))
    for m, c in whole.items():
        factors = times(factors, {("exp", "", freeze({m: 1})): -c})
    if share >= 1:
        return [p.step(factors, rule, u)]
    if rule == "slope times exp":  # D(u) = D(−u)
        return [p.step(p.without(f), "even slope", u), p.step(factors, rule, whole)]
    return [p.step(p.without(f), "reflection", u), p.step(factors, rule, whole, scale=-1)]


def softplus(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if not u:
        return p.drop(f, "softplus of 0")
    of_logarithm = _of_logarithm(p, f, u) if e > 0 else None
    if of_logarithm is not None:
        return of_logarithm
    return None if oriented(u) else p.drop(f, "softplus reflection", u)


def exp(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    ((m, c),) = u.items() if len(u) == 1 else ((None, 0),)
    if (m is None or c != 1) and e == int(e):
        return p.drop(f, "exp", u) if e > 0 else _inverted(p, f, p.ring.applied("exps", 0, u), "exp", u)
    ((inner, x),) = m[0] if m is not None and len(m[0]) == 1 and not m[1] else ((("", "", ()), 0),)
    if inner[0] == "logabs" and x == c == 1 and (e < 0 or e != int(e)):
        v = next((v for v in (dict(inner[2]), minus(dict(inner[2]))) if _is_granted(p, v)), None)
        if v is not None:
            return _of_positive(p, f, v, e)
    rule = {"softplus": "exp of softplus", "logabs": "exp of log|u|"}.get(inner[0])
    if m is None or c != 1 or rule is None or x != 1 or e != int(e) or abs(e) > 8:
        return None
    v = dict(inner[2])
    if e > 0:
        return p.drop(f, rule, v)
    sure = sure_sign(p, v) if inner[0] == "logabs" else (ONE, {})
    if sure is None or not p.ring.positive(sure[0]):
        return None
    value = add(ONE, p.ring.applied("exps", 0, v)) if inner[0] == "softplus" else v
    return _inverted(p, f, value, rule, v)


def _inverted(p: Product, f: Any, value: Poly, rule: str, v: Poly) -> list[Step]:
    """1/f = 1/u, because f = u by a rule."""
    ((pole, c),) = p.ring.make("inverse", value).items()
    return [p.step(p.factors, "inverse", value, scale=-1), p.step(times(p.factors, dict(pole[0])), rule, v, scale=-c)]


def _is_granted(p: Product, v: Poly) -> bool:
    """Whether log v, for v > 0, is defined because both sides are."""
    return not p.ring.plain and p.ring.needed("log", v, p.dummies) <= p.ring.granted


def _of_positive(p: Product, f: Any, v: Poly, e: Any) -> list[Step] | None:
    """1/e^log v = 1/v, and e^(log v/q) = √v, where log v stands in one of the two sides, so that v > 0."""
    if e != int(e):
        q, own = (e % 1).denominator, {(((f, 1),), ()): 1}
        with p.ring.unaided(False):
            stays = p.ring.norm(own) == own
        return None if stays else [p.step(p.without(f, Fraction(1, q)), "root of positive", own, q, scale=-1)]
    ((pole, c),) = p.ring.make("inverse", v).items()
    if any(m[1] for m in v) or pole[1]:
        return None
    steps, below = _inverted(p, f, v, "exp of log|u|", v), ("neg", "", freeze(v))
    for m, k in v.items():  # what is left is (v/v)(1 − [v>0] + [v<0])
        factors = times(times(p.factors, dict(pole[0])), dict(m[0]))
        steps += [p.step(factors, "log is defined", v, scale=-c * k), p.step(factors, "gates exclude", v, scale=c * k),
                  p.step(times(factors, {below: 1}), "log is defined", v, scale=-c * k)]  # fmt: skip
    return steps


def _of_logarithm(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """softplus(log v) = log(1 + v) and σ(log v) = v/(1 + v), where that is what they are rewritten to."""
    if not any(g[0] == "logabs" for m in u for g, _ in m[0]) or p.ring.plain:
        return None
    power = p.ring.applied("exps", 0, u)
    whole = add(ONE, power)
    with p.ring.unaided(False):
        found = p.ring.norm(whole)
    if any(g[0] == "exp" and "logabs" in str(g[2]) for m in found for g, _ in m[0]) or not found:
        return None
    if f[0] == "softplus":
        return p.drop(f, "log of 1 + exp", u, lead=-1)
    rest = p.ring.mul(p.as_poly(p.factors), p.ring.make("inverse", whole))
    return [p.step(p.factors, "inverse", whole, scale=-1),
            *(p.step(_less_one(m, f), "sigmoid times exp", u, scale=c) for m, c in rest.items())]  # fmt: skip


def _less_one(m: Any, f: Any) -> dict[Any, Any]:
    return times(dict(m[0]), {f: -1})


def log(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if u.keys() == {UNIT} and _smallest_factor(Fraction(u[UNIT])) == u[UNIT]:
        return None
    return p.drop(f, "log", u)


def logabs(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if not u:
        return None
    if u.keys() == {UNIT}:
        return _log_of_number(p, f, u)
    own, other = (_is_granted(p, v) for v in (u, minus(u)))
    if p.ways.whole and own:
        return None
    whole = _log_of_absolute(p, f, u)
    if whole is not None:
        return whole
    single = _log_of_atom(p, f, u) if len(u) == 1 else _log_of_sum(p, f, u)
    if single is not None:
        return single
    common, rest = taken_out(p, u)
    ((m, c),) = common.items()
    if (other or c < 0) and not own:
        return p.drop(f, "log of -u", u)
    if c < 0:
        common, rest = minus(common), minus(rest)
    fraction = numerator(p, u)
    if fraction is not None:
        top, below, _ = fraction
        return [p.evidence("nonzero", u, top, below), p.evidence("nonzero", u, below, top),
                *p.drop(f, "log of product", top, below)]  # fmt: skip
    if common != ONE and rest != ONE:
        return [p.evidence("nonzero", u, common, rest), p.evidence("nonzero", u, rest, common),
                *p.drop(f, "log of product", common, rest)]  # fmt: skip
    if common != ONE and not m[1]:
        first = {UNIT: abs(c)} if abs(c) != 1 else {((m[0][0],), ()): 1}
        if first == common:
            return None
        return p.drop(f, "log of product", first, p.ring.mul(common, p.ring.powers(first, -1) or {}))
    parts = split(p.ring, u) if len(u) > 1 else None
    if parts is None:
        return None
    (g, k), *others = parts
    rest = p.ring.mul(ONE, *[g] * (k - 1), *(h for h, n in others for _ in range(n)))
    return [p.evidence("nonzero", u, g, rest), p.evidence("nonzero", u, rest, g), *p.drop(f, "log of product", g, rest)]


def _log_of_absolute(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """log|u| = ½ log u² for u = s([v>0] − [v<0]), where u² has no gates."""
    if not any(g[0] in SOLID for m in u for g, _ in m[0]) or p.ring.plain:
        return None
    with p.ring.unaided(False):
        square = p.ring.mul(u, u)
    common, rest = taken_out(p, u)
    if any(g[0] in SOLID for m in square for g, _ in m[0]) or common == ONE:
        return None
    return [p.evidence("nonzero", u, common, rest), *p.drop(f, "log of power", u, 2, lead=-2)]


def _log_of_number(p: Product, f: Any, u: Poly) -> list[Step]:
    if u == ONE:
        return p.drop(f, "log of power", ONE, 0)
    if u[UNIT] < 0:
        return p.drop(f, "log of -u", u)
    first = _smallest_factor(Fraction(u[UNIT]))
    if first == u[UNIT]:
        return [p.step(p.without(f), "log", u, scale=-1)]
    if first * u[UNIT] == 1:
        return p.drop(f, "log of power", {UNIT: first}, -1)
    rest = Fraction(u[UNIT]) / first
    if u[UNIT].numerator % first:
        return p.drop(f, "log of product", {UNIT: 1 / Fraction(first)}, {UNIT: rest * first * first})
    return p.drop(f, "log of product", {UNIT: first}, {UNIT: rest})


def _smallest_factor(c: Fraction) -> int | Fraction:
    """The smallest prime factor of the numerator, or else of the denominator; the number itself if it is too large."""
    part = c.numerator if c.numerator > 1 else c.denominator
    return next((k for k in range(2, min(isqrt(max(part, 0)), 1000) + 1) if part % k == 0), part) if c > 0 else c


def _log_of_sum(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """1 − σ, and 1 + e^v."""
    v = one_minus_sigmoid(u)
    if v is not None and u[UNIT] == 1:
        return p.drop(f, "log of sigmoid", minus(v))
    found = one_plus_exp(p.ring, u)
    return p.drop(f, "log of 1 + exp", found[1]) if found is not None and found[0] == ONE else None


def _log_of_atom(p: Product, f: Any, u: Poly) -> list[Step] | None:
    """The logarithm of one factor or of a power of it."""
    ((m, c),) = u.items()
    if c != 1 or m[1] or len(m[0]) != 1:
        return None
    ((g, k),) = m[0]
    base = {(((g, 1),), ()): 1}
    if k != 1:
        return p.drop(f, "log of power", base, k)
    inner = dict(g[2]) if g[0] not in LEAVES else {}
    if g[0] in ("exp", "sigmoid"):
        return p.drop(f, f"log of {g[0]}", inner)
    if g[0] == "inverse":
        return p.drop(f, "log of product", inner, base, lead=-1) if inner else None
    if g[0] == "slope":
        s = p.ring.make("sigmoid", inner)
        return p.drop(f, "log of product", s, add(ONE, s, scale=-1))
    return p.drop(f, "log of power", base, g[1], lead=-g[1]) if g[0] == "root" else None


def parity(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if f[0] == "sin" and e >= 2:
        return [p.step(p.without(f, 2), "circle", u)]
    if f[0] == "cos":
        return None if oriented(u) else p.drop(f, "even cos", u)
    if not u:
        return p.drop(f, f"odd {f[0]}", u, lead=2)
    return None if oriented(u) else p.drop(f, f"odd {f[0]}", u)


def name(p: Product, f: Any, e: Any) -> list[Step] | None:
    """Declared equations: y² = 1, y² = y, Σ y = 1."""
    for n, (kind, of, axis) in sorted(p.declared.items()):
        if of != f[1]:
            continue
        shape = p.ring.shapes[of]
        places = iter(f[2])
        i, j = (next(places) if size != SCALAR else "row" for size in shape)
        if e >= 2 and kind in ("square one", "binary"):
            return [p.step(p.without(f, 2), "declared", n, i, j)]
        if e < 0 and kind == "binary":  # 1/y² = 1/y = 1 = y
            also = [p.step(p.factors, "declared", n, i, j, scale=-1)] if e == -1 else []
            return [p.step(p.without(f), "declared", n, i, j, scale=-1), *also]
        if e < 0 and kind == "square one":
            return [p.step(p.factors, "declared", n, i, j, scale=-1)]
        if kind == "sum one" and e == 1:
            summed = [x for k, x in enumerate((i, j)) if shape[k] != SCALAR and axis in ("all", f"axis {k}")]
            others = {x for g in p.factors if g != f for x in labels(g)}
            if summed and all(x in p.dummies and x not in others for x in summed) and len(set(f[2])) == len(f[2]):
                left = {d: s for d, s in p.dummies.items() if d not in summed}
                kept = [x if x not in summed else "row" for x in (i, j)]
                return [Step(p.coefficient, p.without(f), left, "declared", (n, *kept))]
    return None


RULES: Mapping[str, Rule] = {
    "sigmoid": sigmoid,
    "slope": slope,
    "softplus": softplus,
    "exp": exp,
    "log": log,
    "logabs": logabs,
    "inverse": inverse,
    "root": root,
    "pos": gate,
    "neg": gate,
    "erf": parity,
    "sin": parity,
    "cos": parity,
    "name": name,
}
"""One rule a kind of atom."""
