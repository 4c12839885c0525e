"""Fractions in certificates: sums over a common denominator, and that they are 0 because their numerator is."""

from __future__ import annotations

from typing import Any

from derive.certificate import Checker
from derive.certifying.product import Factors, Product, Step, labels
from derive.expander import ONE, Poly, Term, times

TERMS = 30
"""So many terms a sum may have that is put over a common denominator."""


def common(ring: Checker, u: Poly) -> tuple[Poly, Factors] | None:
    """u as a polynomial without poles times the poles 1/P in `factors`, before rewriting; None if it has no poles."""
    if len(u) > TERMS:
        return None
    poles: Factors = {}
    for factors, dummies in u:
        for f, e in factors:
            if f[0] == "inverse" and e > 0:
                if labels(f) & {d for d, _ in dummies} or any(m[1] for m, _ in f[2]):
                    return None
                poles[f] = max(e, poles.get(f, 0))
    if not poles or len(poles) > 6:
        return None
    top: Poly = {}
    with ring.unaided():
        for (factors, dummies), c in u.items():
            have = dict(factors)
            part = ring.collect([(c, {f: e for f, e in factors if f not in poles}, dict(dummies))])
            below = [dict(f[2]) for f, k in poles.items() for _ in range(k - have.get(f, 0))]
            top = ring.collect([*ring.terms(top), *ring.terms(ring.mul(part, *below))])
    return top, poles


def numerator(p: Product, u: Poly) -> tuple[Poly, Poly, Poly] | None:
    """(N, 1/Q, Q) for a sum u = N/Q of fractions, if that is what N/Q is rewritten to."""
    found = common(p.ring, u)
    if found is None or not found[0]:
        return None
    top, poles = found
    below = p.ring.collect([(1, dict(poles), {})])
    with p.ring.unaided(False):
        top = p.ring.norm(top)
        if any(f[0] == "inverse" for m in top for f, _ in m[0]) or p.ring.mul(top, below) != u:
            return None
    return top, below, p.ring.mul(ONE, *(dict(f[2]) for f, k in poles.items() for _ in range(k)))


def vanishing(ring: Any, u: Poly) -> list[Step]:
    """The steps from a sum of fractions to 0, if its numerator is rewritten to 0; terms that are summed over the same
    indices are taken together."""
    groups: dict[Any, list[Term]] = {}
    if len(u) <= TERMS and any(f[0] == "inverse" for m in u for f, _ in m[0]):
        for c, factors, dummies in ring.terms(u, dummy="~"):
            groups.setdefault(tuple(sorted(dummies.items())), []).append((c, factors, {}))
    steps: list[Step] = []
    for dummies, terms in groups.items():
        found = _vanishing(ring, terms, dict(dummies))
        if not found:
            return []
        steps += found
    return steps


def _vanishing(ring: Any, terms: list[Term], dummies: dict[str, Any]) -> list[Step]:
    """The same for terms whose dummies are opened: t = t·(P/P) − t·(P/P − 1)."""
    found = common(ring, ring.collect(terms))
    if found is None:
        return []
    top, poles = found
    left, proof = ring.rewritten(top) if top else ({}, [])
    if left:
        return []
    steps, pending = [], list(terms)
    while pending:
        c, factors, own = pending.pop()
        f = next((f for f, k in poles.items() if factors.get(f, 0) < k), None)
        if f is not None:
            steps.append(Step(-c, factors, {**dummies, **own}, "inverse", (dict(f[2]),)))
            pending += ring.multiple(c, times(factors, {f: 1}), own, dict(f[2]))
    for s in proof:
        steps.append(Step(s.coefficient, times(s.factors, poles), {**dummies, **s.dummies}, s.rule, s.given))
    return steps
