"""Irreducible factors of a polynomial of the checker, found by python-flint; the certificate holds the cofactors."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from derive.certificate import Checker
from derive.expander import UNIT, Poly, Term

TERMS, DEGREE = 40, 24


def split(ring: Checker, u: Poly) -> list[tuple[Poly, int]] | None:
    """u as a product of at least two polynomials, with multiplicities; None if there is no such product.

    Free factors are the variables; sums, and gates, which are their own squares, are left alone.
    """
    factors = sorted({f for m in u for f, _ in m[0]})
    if len(u) > TERMS or any(m[1] for m in u) or any(f[0] in ("pos", "neg", "sigmoid", "delta") for f in factors):
        return None
    scale = {f: lcm(*(Fraction(e).denominator for m in u for g, e in m[0] if g == f)) for f in factors}
    low = {f: min(dict(m[0]).get(f, 0) for m in u) for f in factors}
    context = fmpq_mpoly_ctx.get([f"v{n}" for n in range(len(factors))], Ordering.lex)
    powers = {}
    for m, c in u.items():
        exponents = tuple(int((dict(m[0]).get(f, 0) - min(low[f], 0)) * scale[f]) for f in factors)
        if sum(exponents) > DEGREE:
            return None
        powers[exponents] = fmpq(Fraction(c).numerator, Fraction(c).denominator)
    unit, found = context.from_dict(powers).factor()
    parts = [(_back(ring, part, factors, scale), int(k)) for part, k in found]
    if len(parts) == 1 and parts[0][1] == 1:
        return None
    rest = {f: e for f, e in low.items() if e < 0}
    top = Fraction(int(unit.p), int(unit.q))
    if rest or top != 1:
        parts.append((ring.collect([(top, rest, {})]), 1))
    return parts


def _back(ring: Checker, part: Any, factors: list[Any], scale: dict[Any, int]) -> Poly:
    terms: list[Term] = []
    for exponents, c in part.to_dict().items():
        powers = {f: Fraction(int(e), scale[f]) for f, e in zip(factors, exponents, strict=True) if e}
        terms.append((Fraction(int(c.p), int(c.q)), powers, {}))
    return ring.collect(terms) or {UNIT: 0}
