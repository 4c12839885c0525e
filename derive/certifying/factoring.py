"""Irreducible factors of a polynomial of the checker, found by python-flint; the certificate holds the cofactors."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from derive.certificate import Checker
from derive.expander import SOLID, UNIT, Poly, Term

TERMS, DEGREE = 40, 24


def split(ring: Checker, u: Poly) -> list[tuple[Poly, int]] | None:
    """u as a product of at least two polynomials, with multiplicities; None if there is no such product.

    Free factors are the variables; sums, and gates, which are their own squares, are left alone. D counts as σ(1 − σ).
    """
    if len(u) > TERMS or any(m[1] for m in u):
        return None
    if any(f[0] == "delta" for m in u for f, _ in m[0]):
        return None
    if any(f[0] in SOLID for m in u for f, _ in m[0]):
        return _in_absolute_value(ring, u)
    bases = {f: ("sigmoid", "", f[2]) if f[0] == "slope" else f for m in u for f, _ in m[0]}
    factors = sorted({*bases.values()})
    if any(f[0] == "slope" and e < 0 for m in u for f, e in m[0]):
        return None
    scale = {f: lcm(*(Fraction(e).denominator for m in u for g, e in m[0] if g == f)) for f in factors}
    if any(scale[bases[f]] != 1 for m in u for f, _ in m[0] if f[0] == "slope"):
        return None
    low = {f: min(0, *(dict(m[0]).get(f, 0) for m in u)) for f in factors}
    context = fmpq_mpoly_ctx.get([f"v{n}" for n in range(len(factors))], Ordering.lex)
    variables = dict(zip(factors, context.gens(), strict=True))
    total = context.constant(0)
    for m, c in u.items():
        exponents = dict(m[0])
        powers = {f: int((exponents.get(f, 0) - low[f]) * scale[f]) for f in factors}
        if sum(powers.values()) + 2 * sum(e for f, e in m[0] if f[0] == "slope") > DEGREE:
            return None
        part = context.constant(fmpq(Fraction(c).numerator, Fraction(c).denominator))
        for f, e in powers.items():
            part *= variables[f] ** e
        for f, e in m[0]:
            if f[0] == "slope":
                part *= (variables[bases[f]] * (1 - variables[bases[f]])) ** int(e)
        total += part
    return _parts(ring, total, factors, scale, low)


def _in_absolute_value(ring: Checker, u: Poly) -> list[tuple[Poly, int]] | None:
    """A polynomial that uses the sign of one name, if it is one in its absolute value."""
    gates = {f for m in u for f, _ in m[0] if f[0] in SOLID}
    under = {f[2] for f in gates}
    names = [f for v in under for (factors, _), _ in v for f, _ in factors if f[0] == "name"]
    if len(under) != 1 or len(names) != 1 or under != {(((((names[0], 1),), ()), 1),)}:
        return None
    (z,) = names

    def region(kept: str, sign: int) -> Poly:
        """The values where z has a sign, as a polynomial in |z|."""
        rows = [({f: e for f, e in m[0] if f not in gates}, c) for m, c in u.items()
                if all(f[0] == kept for f, _ in m[0] if f in gates)]  # fmt: skip
        size = {(((z, 1),), ()): sign} if sign else {}
        return ring.substitute(ring.collect((c, f, {}) for f, c in rows), lambda f: size if f == z else None)

    with ring.unaided(False):
        above = region("pos", 1)
        there = ring.substitute(above, lambda f: {} if f == z else None)
        parts = split(ring, above) if above == region("neg", -1) and there == region("", 0) else None
        size = ring.collect([(1, {z: 1, ("pos", "", *under): 1}, {}), (-1, {z: 1, ("neg", "", *under): 1}, {})])
        return parts and [(ring.substitute(g, lambda f: size if f == z else None), k) for g, k in parts]


def _parts(
    ring: Checker, total: Any, factors: list[Any], scale: dict[Any, int], low: dict[Any, Any]
) -> list[tuple[Poly, int]] | None:
    """The irreducible factors as polynomials of the checker; the factor before them is the first."""
    unit, found = total.factor()
    if not found or (len(found) == 1 and found[0][1] == 1):
        return None
    parts = [(_back(ring, part, factors, scale), int(k)) for part, k in found]
    rest = {f: e for f, e in low.items() if e < 0}
    top = Fraction(int(unit.p), int(unit.q))
    return [*parts, (ring.collect([(top, rest, {})]), 1)] if rest or top != 1 else parts


def _back(ring: Checker, part: Any, factors: list[Any], scale: dict[Any, int]) -> Poly:
    terms: list[Term] = []
    for exponents, c in part.to_dict().items():
        powers = {f: Fraction(int(e), scale[f]) for f, e in zip(factors, exponents, strict=True) if e}
        terms.append((Fraction(int(c.p), int(c.q)), powers, {}))
    with ring.unaided(False):
        return ring.collect(terms) or {UNIT: 0}
