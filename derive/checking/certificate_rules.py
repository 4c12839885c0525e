"""How a certificate rewrites a product: for each kind of atom, the multiples of axioms that take one step.

Only the choice of steps is made here; that each is right is for the checker of certificates to say. A step removes
from a polynomial the multiple `coefficient · factors · axiom(given)`, summed over the dummies.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from derive.checking.certificate_gates import gate
from derive.checking.certificate_product import (
    Product,
    Rule,
    Step,
    labels,
    leading,
    one_minus_sigmoid,
    one_plus_exp,
    oriented,
)
from derive.checking.certificate_quotients import inverse, root
from derive.expander import LEAVES, ONE, SCALAR, UNIT, add, freeze


def sigmoid(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if not u:
        return p.drop(f, "reflection", u, lead=2)
    if not oriented(u):
        return p.drop(f, "reflection", u)
    if e == 1:
        return None
    slope = ("slope", "", f[2])
    if e >= 2:
        return [p.step(p.without(f, 2), "square", u)]
    return [p.step(p.without(slope), "square", u)]


def slope(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if not u:
        return p.drop(f, "square", u) if e > 0 else None
    return None if oriented(u) or e < 0 else p.drop(f, "even slope", u)


def softplus(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if not u:
        return p.drop(f, "softplus of 0")
    return None if oriented(u) else p.drop(f, "softplus reflection", u)


def exp(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    ((m, c),) = u.items() if len(u) == 1 else ((None, 0),)
    if m is None or c != 1:
        return p.drop(f, "exp", u) if e == int(e) and e > 0 else None
    ((inner, x),) = m[0] if len(m[0]) == 1 and not m[1] else ((("", "", ()), 0),)
    rule = {"softplus": "exp of softplus", "log": "exp of log", "logabs": "exp of log|u|"}.get(inner[0])
    if rule is not None and x == 1 and e == int(e) and abs(e) <= 8:
        v = dict(inner[2])
        if e > 0:
            return p.drop(f, rule, v)
        if rule != "exp of log|u|":
            w = add(ONE, p.ring.e(v)) if inner[0] == "softplus" else v
            inverse = ("inverse", "", freeze(w))
            return [p.step(p.factors, "inverse", w, scale=-1),
                    p.step({**p.factors, inverse: p.factors.get(inverse, 0) + 1}, rule, v, scale=-1)]  # fmt: skip
    return _bridged(p, f, e, m)


def _bridged(p: Product, f: Any, e: Any, m: Any) -> list[Step] | None:
    """e^v = σ/D − 1 where σ(v) occurs, too."""
    for inner in sorted(p.bridge):
        v = dict(inner)
        if m not in v or m != leading(v) or (e > 0) != (v[m] > 0) or abs(e) < abs(v[m]):
            continue
        less = dict(p.factors)
        for n, c in v.items():
            part = ("exp", "", freeze({n: 1}))
            less[part] = less.get(part, 0) - c
        return [p.step(less, "exponential", v)]
    return None


def log(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if u.keys() == {UNIT} and u != ONE:
        return None
    return p.drop(f, "log", u)


def logabs(p: Product, f: Any, e: Any) -> list[Step] | None:
    u, ring = dict(f[2]), p.ring
    if u == ONE:
        return p.drop(f, "log of 1")
    top = u[leading(u)]
    if top < 0:
        rest = one_minus_sigmoid(u)
        if rest is None:
            return p.drop(f, "log of -u", u)
        top = u[UNIT]
        if top < 0:
            return p.drop(f, "log of -u", u)
    if u.keys() == {UNIT}:
        return [p.step(p.without(f), "log", u, scale=-1)]
    if top != 1:
        return p.drop(f, "log of product", {UNIT: top}, {m: Fraction(c) / top for m, c in u.items()})
    if len(u) > 1:
        v = one_minus_sigmoid(u)
        if v is not None:
            return p.drop(f, "log of 1 - sigmoid", v)
        found = one_plus_exp(ring, u)
        if found is None:
            return None
        s, v = found
        return p.drop(f, "log of 1 + exp", v) if s == ONE else p.drop(
            f, "log of product", s, add(ONE, ring.e(v))) + p.evidence("nonzero", u, s)  # fmt: skip
    ((m, _),) = u.items()
    if m[1]:
        return None
    if len(m[0]) > 1:
        first = {((m[0][0],), ()): 1}
        rest = {(m[0][1:], ()): 1}
        return (
            p.evidence("nonzero", u, first) + p.evidence("nonzero", u, rest) + p.drop(f, "log of product", first, rest)
        )
    ((g, k),) = m[0]
    base = {(((g, 1),), ()): 1}
    if k != 1:
        return p.evidence("nonzero", u, base) + p.drop(f, "log of power", base, k)
    inner = dict(g[2]) if g[0] not in LEAVES else {}
    if g[0] == "exp":
        return p.drop(f, "log of exp", inner)
    rules = {"sigmoid": "log of sigmoid", "slope": "log of slope", "inverse": "log of inverse"}
    if g[0] in rules:
        return p.drop(f, rules[g[0]], inner)
    return p.drop(f, "log of root", inner, g[1], lead=g[1]) if g[0] == "root" else None


def parity(p: Product, f: Any, e: Any) -> list[Step] | None:
    u = dict(f[2])
    if f[0] == "cos":
        return None if oriented(u) else p.drop(f, "even", u)
    if not u:
        return p.drop(f, "odd", u, f[0], lead=2)
    return None if oriented(u) else p.drop(f, "odd", u, f[0])


def name(p: Product, f: Any, e: Any) -> list[Step] | None:
    """Declared facts: y² = 1, y² = y, Σ y = 1."""
    for kind, of, axis in sorted(p.ring.facts):
        if of != f[1]:
            continue
        shape = p.ring.shapes[of]
        places = iter(f[2])
        i, j = (next(places) if size != SCALAR else "row" for size in shape)
        if kind == "square one" and (e >= 2 or e < 0):
            return [p.step(p.without(f, 2), "declared", *(kind, of, axis, i, j)) if e >= 2 else
                    p.step(p.factors, "declared", kind, of, axis, i, j, scale=-1)]  # fmt: skip
        if kind == "binary" and e >= 2:
            return [p.step(p.without(f, 2), "declared", kind, of, axis, i, j)]
        if kind == "sum one" and e == 1:
            summed = [x for k, x in enumerate((i, j)) if shape[k] != SCALAR and axis in ("all", f"axis {k}")]
            others = {x for g in p.factors if g != f for x in labels(g)}
            if summed and all(x in p.dummies and x not in others for x in summed) and len(set(f[2])) == len(f[2]):
                left = {d: s for d, s in p.dummies.items() if d not in summed}
                return [Step(p.coefficient, p.without(f), left, "declared", (kind, of, axis, i, j))]
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
