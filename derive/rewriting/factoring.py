"""Splitting a polynomial into irreducible factors, so that 1/P² and 1/P are powers of one atom.

Free factors and whole sums (Σ_k e_k) are the variables of an ordinary polynomial, which python-flint factors.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from derive.rewriting.heads import Kind
from derive.rewriting.monomial import UNIT, Exponent, Factor, Monomial, canonical, connected
from derive.rewriting.polynomial import Key, Polynomial, Ring

TERMS, DEGREE = 40, 24
"""Past these a polynomial is left whole: factoring is for completeness, never for soundness."""

_Variable = Key | Monomial


def factors(ring: Ring, polynomial: Polynomial) -> list[tuple[Polynomial, int]]:
    """Irreducible factors with their multiplicities, up to a number; [(polynomial, 1)] if it does not split.

    A product, and a sum of quotients, may have negative multiplicities: 1 + 1/P is (P + 1)/P.

    D(u) stands for σ(u)(1 − σ(u)), so that σ − D is found to be σ².
    """
    whole = [(polynomial, 1)]
    if len(polynomial) > TERMS or not polynomial:
        return whole
    cleared = _cleared(ring, polynomial)
    if cleared is not None:
        return [*factors(ring, cleared[0]), *cleared[1]]
    parts = {m: _parts(ring, m) for m in polynomial}
    scales = _scales(parts)
    if scales is None:
        return whole
    if len(polynomial) == 1:
        ((monomial, table),) = parts.items()
        if monomial == UNIT:
            return whole
        units = {v: Fraction(1, scales[v]) for v in table}
        return [(_as_polynomial(ring, v, _tidy(units[v])), int(e / units[v])) for v, e in table.items()]
    slopes = {v: s for v in scales if (s := _sigma_of(ring, v)) is not None}
    variables = [v for v in dict.fromkeys((*scales, *slopes.values())) if v not in slopes]
    context = fmpq_mpoly_ctx.get([f"v{n}" for n in range(len(variables))], Ordering.lex)
    generators = dict(zip(variables, context.gens(), strict=True))
    total = context.constant(0)
    for monomial, coefficient in polynomial.items():
        powers = {v: int(e * scales[v]) for v, e in parts[monomial].items()}
        if min(powers.values(), default=0) < 0 or sum(powers.values()) > DEGREE:
            return whole
        term = context.constant(coefficient)
        for variable, exponent in powers.items():
            generator: Any = generators[slopes.get(variable, variable)]
            term *= (generator * (1 - generator) if variable in slopes else generator) ** exponent
        total += term
    _, split = total.factor()
    if len(split) == 1 and int(split[0][1]) == 1:
        return whole
    known = {v: scales.get(v, 1) for v in variables}
    return [(_back(ring, f, variables, known), int(m)) for f, m in split]


def _cleared(ring: Ring, polynomial: Polynomial) -> tuple[Polynomial, list[tuple[Polynomial, int]]] | None:
    """u·Pᵏ, which has no quotients, and the powers P^−k taken out of the sum u; None if that is not to be had."""
    kinds = ring.heads.kinds
    poles: dict[Key, Exponent] = {}
    for parts, _ in polynomial if len(polynomial) > 1 and is_plain(ring, polynomial) else ():
        for h, i, e in parts:
            if kinds[h] is Kind.INVERSE and e > 0:
                poles[(h, i)] = max(poles.get((h, i), 0), e)
    if not poles or any(i >= 0 for _, indices in poles for i in indices) or sum(poles.values()) > DEGREE:
        return None
    below = [(ring.thaw(*pole), -int(k)) for pole, k in sorted(poles.items())]
    if not all(is_plain(ring, p) for p, _ in below):
        return None
    top = ring.product(polynomial, *(ring.power(p, -k) for p, k in below))
    is_clear = top and not any(kinds[h] is Kind.INVERSE for parts, _ in top for h, _, _ in parts)
    return (top, below) if is_clear else None


def _sigma_of(ring: Ring, variable: _Variable) -> _Variable | None:
    """σ(u) for a variable that is D(u), else None."""
    head = variable[0]
    if not isinstance(head, int) or ring.heads.kinds[head] is not Kind.SLOPE:
        return None
    return (ring.heads.partner(head, Kind.SIGMOID), variable[1])


def logistic_factors(ring: Ring, polynomial: Polynomial) -> tuple[Any, list[tuple[Polynomial, int]]] | None:
    """c and σ(u)^a, (1 − σ(u))^b for a polynomial in σ(u) and D(u) that is their product, such as σ − D = σ²."""
    if len(polynomial) < 2 or not _is_logistic(ring, polynomial):
        return None
    split = factors(ring, polynomial)
    if any(len(f) > 2 or (len(f) == 2 and not _is_complement(ring, f)) for f, _ in split):
        return None
    positive = [(ring.scale(f, 1 / f[UNIT if UNIT in f else next(iter(f))]), k) for f, k in split]
    whole = ring.product(*(ring.power(f, k) for f, k in positive))
    monomial = next(iter(whole))
    ratio = polynomial.get(monomial, 0) / whole[monomial]
    return None if ring.subtract(polynomial, ring.scale(whole, ratio)) else (ratio, positive)


def _is_logistic(ring: Ring, polynomial: Polynomial) -> bool:
    """Whether nothing but σ(u) and D(u) of one argument occurs, with exponents of at least 1."""
    kinds, heads = ring.heads.kinds, ring.heads
    found = {
        (heads[h].arguments, i) if kinds[h] in (Kind.SIGMOID, Kind.SLOPE) and e > 0 and not sizes else None
        for parts, sizes in polynomial
        for h, i, e in parts
    }
    return len(found) == 1 and None not in found


def _is_complement(ring: Ring, factor: Polynomial) -> bool:
    """Whether a factor of two terms is a number times 1 − σ(u)."""
    if UNIT not in factor:
        return False
    ((monomial, coefficient),) = ((m, c) for m, c in factor.items() if m != UNIT)
    is_sigma = len(monomial[0]) == 1 and monomial[0][0][2] == 1 and ring.heads.kinds[monomial[0][0][0]] is Kind.SIGMOID
    return is_sigma and bool(coefficient == -factor[UNIT])


def _parts(ring: Ring, monomial: Monomial) -> dict[_Variable, Exponent]:
    """A monomial as powers of free factors and of whole sums."""
    fixed, sums = whole_sums(ring, monomial)
    table: dict[_Variable, Exponent] = {(h, i): e for h, i, e in fixed}
    return table | dict(sums.items())


def whole_sums(ring: Ring, monomial: Monomial) -> tuple[list[Factor], dict[Monomial, int]]:
    """The free factors of a monomial, and how often each whole sum stands in it."""
    fixed, sums = connected(monomial[0])
    counts: dict[Monomial, int] = {}
    for component in sums:
        used = {i for _, indices, _ in component for i in indices if i >= 0}
        one = canonical(component, {d: monomial[1][d] for d in used}, ring.heads.symmetric)
        counts[one] = counts.get(one, 0) + 1
    return fixed, counts


def _scales(parts: dict[Monomial, dict[_Variable, Exponent]]) -> dict[_Variable, int] | None:
    """For each variable the common denominator of its exponents; None if there is no variable."""
    scales: dict[_Variable, int] = {}
    for table in parts.values():
        for variable, exponent in table.items():
            scales[variable] = lcm(scales.get(variable, 1), Fraction(exponent).denominator)
    return scales or None


def _as_polynomial(ring: Ring, variable: _Variable, exponent: Exponent) -> Polynomial:
    if isinstance(variable[0], int):
        return ring.atom(variable[0], variable[1], exponent)
    return ring.power({variable: ring.number(1)[UNIT]}, int(exponent))


def _tidy(value: Fraction) -> Exponent:
    return value.numerator if value.denominator == 1 else value


def _back(ring: Ring, factor: Any, variables: list[_Variable], scales: dict[_Variable, int]) -> Polynomial:
    result: Polynomial = {}
    for exponents, coefficient in factor.to_dict().items():
        term = ring.number(coefficient)
        for variable, exponent in zip(variables, exponents, strict=True):
            if exponent:
                power = _tidy(Fraction(int(exponent), scales[variable]))
                term = ring.product(term, _as_polynomial(ring, variable, power))
        result = ring.add(result, term)
    return result


def is_plain(ring: Ring, polynomial: Polynomial) -> bool:
    """Whether no gate occurs: gates are idempotent, so factoring them as variables is of no use."""
    return not any(
        ring.heads.kinds[h] in (Kind.ABOVE, Kind.BELOW, Kind.SIGMOID) for f, _ in polynomial for h, _, _ in f
    )


def is_factored(ring: Ring, polynomial: Polynomial) -> bool:
    """Whether an atom 1/P of this P is irreducible: past what is factored it may be a product."""
    degrees = (sum(e for _, _, e in m[0] if e > 0) for m in polynomial)
    return is_plain(ring, polynomial) and len(polynomial) <= TERMS and max(degrees, default=0) <= DEGREE
