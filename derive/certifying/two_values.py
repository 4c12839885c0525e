"""Names of two values in certificates: f(y) = (1 + y)/2·f(1) + (1 − y)/2·f(−1), as `derive.rewriting.two_values`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.certificate import Refused
from derive.certifying.product import Product, Step, labels
from derive.expander import LEAVES, UNIT, Poly, add

VALUES = {"square one": (1, -1), "binary": (1, 0)}


def put_in(p: Product) -> list[Step] | None:
    """(f(y) − f(c))·(y − d)/(c − d) = 0 for both values c, with d the other one, for a factor f of a product."""
    values = {name: VALUES[kind] for kind, name, _ in p.declared.values() if kind in VALUES}
    for f, e in p.factors.items() if values else ():
        for y in sorted(_entries(f, {*values})) if f[0] not in LEAVES else ():
            one, other = values[y[1]]
            steps = [_at(p, f, e, y, *pair) for pair in ((one, other), (other, one))]
            found = [step for step in steps if step is not None]
            if len(found) == len(steps):
                return found
    return None


def _at(p: Product, f: Any, e: Any, y: Any, c: int, d: int) -> Step | None:
    """The step for one value; None if the factor is not always defined there."""
    value, z = p.as_poly({f: e}), {(((y, 1),), ()): 1}
    here: Poly = {UNIT: c} if c else {}
    try:
        there = p.ring.applied("at", 0, value, z, here)
    except Refused:
        return None
    if not p.ring.domain([there], p.dummies) <= p.ring.domain([value], p.dummies):
        return None
    rest, away = {g: x for g, x in p.factors.items() if g != f}, add(z, {UNIT: -d} if d else {})
    return p.step(rest, "value", value, z, here, away, scale=Fraction(1, c - d))


def _entries(f: Any, names: set[str]) -> set[Any]:
    """The entries of names in a factor, of labels that are free there."""
    if f[0] in LEAVES:
        return {f} if f[0] == "name" and f[1] in names else set()
    inside = ((g, {d for d, _ in dummies}) for (factors, dummies), _ in f[2] for g, _ in factors)
    return {y for g, bound in inside for y in _entries(g, names) if not labels(y) & bound}
