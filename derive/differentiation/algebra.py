"""Elementary algebra on sums and products, as people do it on paper. Each function gives None if nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

from derive.differentiation.terms import conforms, inverse, matmul, plus, times
from derive.expression.nodes import (
    ZERO,
    Elementwise,
    Expression,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Sum,
    Tensor,
)
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors

MONOMIALS = 64
"""A product of sums is multiplied out into at most so many terms."""


def collected(e: Expression) -> Expression | None:
    """Numbers multiplied, scalars in front, equal scalars against their inverses."""
    if isinstance(e, Power):
        return _inverse_of_product(e)
    assert isinstance(e, Product)
    if not e.factors:
        return None
    coefficient, scalars, rest = split(e)
    new = joined(coefficient, scalars, rest)
    return None if new == e else new


def _inverse_of_product(e: Power) -> Expression | None:
    if not isinstance(e.exponent, Number) or e.exponent.value != -1 or not isinstance(e.base, (Product, Power, Number)):
        return None
    if isinstance(e.base, Number):
        return Number(1 / e.base.value) if e.base.value else None
    if isinstance(e.base, Power):
        inner, of = e.base.exponent, e.base.base
        if isinstance(of, Product) and isinstance(inner, Number) and all(shape(f) == SCALAR for f in of.factors):
            return times(*(inverse(Power(f, inner)) for f in of.factors))
        return Power(of, Number(-inner.value)) if isinstance(inner, Number) and inner.value < 0 else None
    if all(shape(f) == SCALAR for f in e.base.factors):
        return times(*(inverse(f) for f in e.base.factors))
    return None


def split(e: Expression) -> tuple[Fraction, list[Expression], list[Expression]]:
    """A product as number × other scalars × the rest; powers of one scalar are put together."""
    coefficient = Fraction(1)
    scalars: list[Expression] = []
    rest: list[Expression] = []
    for f in _flat(e):
        if isinstance(f, Number):
            coefficient *= f.value
        elif isinstance(f, Power) and isinstance(f.base, Number) and isinstance(f.exponent, Number) and _integral(f):
            coefficient *= f.base.value ** int(f.exponent.value)
        elif shape(f) == SCALAR:
            scalars.append(f)
        else:
            rest.append(f)
    return coefficient, _powers_together(scalars), rest


def _powers_together(scalars: list[Expression]) -> list[Expression]:
    """s · s = s², s/s = 1, s/s² = 1/s; each where its base first stands."""
    exponents: dict[Expression, int] = {}
    parts = [_base_and_exponent(f) for f in scalars]
    for base, exponent in parts:
        exponents[base] = exponents.get(base, 0) + exponent
    if len(exponents) == len(scalars):
        return scalars
    return [_raised(base, exponent) for base, exponent in exponents.items() if exponent]


def _base_and_exponent(e: Expression) -> tuple[Expression, int]:
    if isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value.denominator == 1:
        base, exponent = _base_and_exponent(e.base)
        return base, exponent * int(e.exponent.value)
    return e, 1


def _raised(base: Expression, exponent: int) -> Expression:
    if exponent < 0:
        return inverse(_raised(base, -exponent))
    return base if exponent == 1 else Power(base, Number(Fraction(exponent)))


def _integral(e: Power) -> bool:
    assert isinstance(e.base, Number)
    assert isinstance(e.exponent, Number)
    return e.exponent.value.denominator == 1 and e.base.value != 0 and abs(e.exponent.value) <= 64


def _flat(e: Expression) -> Iterable[Expression]:
    if isinstance(e, Product):
        for f in e.factors:
            yield from _flat(f)
    else:
        yield e


def _is_reciprocal(e: Expression) -> bool:
    return isinstance(e, Power) and e.exponent == Number(Fraction(-1))


def joined(coefficient: Fraction, scalars: list[Expression], rest: list[Expression]) -> Expression:
    """coefficient × scalars × rest in the order of textbooks: 1/N (A − Y) ⊙ A, λ W, −Y/N."""
    if coefficient == 0:
        return ZERO
    if coefficient < 0:
        everything = [*scalars, *rest]
        for position, f in enumerate(everything):
            turned = _turned(f)
            if turned is not None:
                everything[position] = turned
                scalars, rest = everything[: len(scalars)], everything[len(scalars) :]
                coefficient = -coefficient
                break
    above = _functions_last([f for f in scalars if not _is_reciprocal(f)])
    below = [f for f in scalars if _is_reciprocal(f)]
    rest = _functions_last(rest)
    if coefficient == -1 and not above:
        return times(Number(coefficient), *rest, *below) if rest else times(Number(coefficient), *below)
    if coefficient == 1 and not above and len(rest) == 1 and isinstance(rest[0], Tensor):
        return times(*rest, *below)  # z/T, but 1/N (A − Y)
    return times(Number(coefficient), *above, *below, *rest)


def _turned(e: Expression) -> Expression | None:
    """b − a for a difference a − b (or −b + a) of two named things, also as a factor of a matrix product."""
    if isinstance(e, MatMul):
        for k, f in enumerate(e.factors):
            turned = _turned(f)
            if turned is not None:
                return matmul(*e.factors[:k], turned, *e.factors[k + 1 :])
        return None
    if not isinstance(e, Sum) or len(e.terms) != 2 or isinstance(e.terms[0], Number):
        return None
    first, second = (split(t) for t in e.terms)
    positive, negative = (first, second) if first[0] > 0 else (second, first)
    if not positive[0] > 0 > negative[0]:
        return None
    return plus(joined(-negative[0], *negative[1:]), joined(-positive[0], *positive[1:]))


def _functions_last(factors: list[Expression]) -> list[Expression]:
    """y σ(−y z) rather than σ(−y z) y: names before functions, otherwise the order in which they came."""
    if not any(isinstance(f, Tensor) for f in factors):
        return factors
    functions = [f for f in factors if isinstance(f, Elementwise)]
    return [f for f in factors if not isinstance(f, Elementwise)] + functions


def like_terms(e: Sum) -> Expression | None:
    """Equal terms added up, in the order of their first appearance; None if all differ."""
    totals: dict[Expression, Fraction] = {}
    parts: dict[Expression, tuple[list[Expression], list[Expression]]] = {}
    for term in e.terms:
        coefficient, scalars, rest = split(term)
        key = times(*scalars, *rest)
        totals[key] = totals.get(key, Fraction(0)) + coefficient
        parts.setdefault(key, (scalars, rest))
    if len(totals) == len(e.terms):
        return None
    terms = [joined(c, *parts[key]) for key, c in totals.items() if c]
    new = plus(*terms)
    if shape(new) != shape(e):
        return ZERO if new == ZERO else times(new, Ones(shape(e)))
    return new


def factored(e: Sum) -> Expression | None:
    """What every term has, in front: a divisor, a number, or a matrix; a positive term first."""
    pieces = [split(t) for t in e.terms]
    shared_matrix = _matrix_outside(pieces)
    if shared_matrix is not None:
        return shared_matrix
    coefficients = {abs(c) for c, _, _ in pieces}
    common = [s for s in pieces[0][1] if _is_reciprocal(s) and all(s in scalars for _, scalars, _ in pieces[1:])]
    shared = coefficients.pop() if len(coefficients) == 1 else Fraction(1)
    if (shared == 1 and not common) or not all(rest or set(scalars) - set(common) for _, scalars, rest in pieces):
        return None
    inner = []
    for c, scalars, rest in pieces:
        inner.append((c / shared, joined(c / shared, [s for s in scalars if s not in common], rest)))
    if inner[0][0] < 0:
        inner.sort(key=lambda piece: piece[0] < 0)
    return joined(shared, common, [plus(*(t for _, t in inner))])


Piece = tuple[Fraction, list[Expression], list[Expression]]


def _matrix_outside(pieces: list[Piece]) -> Expression | None:
    """h x − y x = (h − y) x, A B + A C = A (B + C), B A + C A = (B + C) A; None if there is no such matrix."""
    rests = [rest for _, _, rest in pieces]
    if any(len(rest) != 1 for rest in rests):
        return None
    first = rests[0][0]
    if all(rest[0] == first for rest in rests):
        return joined(Fraction(1), [_added(pieces, [[] for _ in pieces])], [first])
    products = [rest[0].factors for rest in rests if isinstance(rest[0], MatMul)]
    if len(products) != len(rests) or any(len(f) != 2 or not conforms(f) for f in products):
        return None
    for kept, moved in ((0, 1), (1, 0)):
        others = [[f[moved]] for f in products]
        alike = all(f[kept] == products[0][kept] for f in products) and len({shape(f[0]) for f in others}) == 1
        if alike and shape(others[0][0]) != SCALAR:
            inside = _added(pieces, others)
            return matmul(products[0][0], inside) if kept == 0 else matmul(inside, products[0][1])
    return None


def _added(pieces: list[Piece], rests: list[list[Expression]]) -> Expression:
    """The sum of the pieces with other rests, a positive term first."""
    terms = [(c, joined(c, scalars, rest)) for (c, scalars, _), rest in zip(pieces, rests, strict=True)]
    if terms[0][0] < 0:
        terms.sort(key=lambda term: term[0] < 0)
    return plus(*(t for _, t in terms))


def cancelled(e: Product) -> Expression | None:
    """x · x⁻¹ = 1; and a sum multiplied out if that removes every denominator in it."""
    coefficient, constants, pool = _pool(e)
    simple = _against_inverses(pool)
    if len(simple) < len(pool):
        return _kept_shape(_together(coefficient, [*constants, *simple]), e)
    for position, f in enumerate(pool):
        if isinstance(f, Sum) and any(_is_reciprocal(part) for t in f.terms for part in _flat(t) if tensors(part)):
            expanded = _multiplied_out(f, pool[:position] + pool[position + 1 :])
            if expanded is not None:
                return _kept_shape(_together(coefficient, [*constants, expanded]), e)
    return None


def _pool(e: Expression) -> tuple[Fraction, list[Expression], list[Expression]]:
    """A product as number × factors without names (sizes) × the rest."""
    coefficient, scalars, rest = split(e)
    everything = [*scalars, *rest]
    return coefficient, [f for f in everything if not tensors(f)], [f for f in everything if tensors(f)]


def _together(coefficient: Fraction, factors: list[Expression]) -> Expression:
    """joined, with scalars told from the rest."""
    return joined(coefficient, [f for f in factors if shape(f) == SCALAR], [f for f in factors if shape(f) != SCALAR])


def _kept_shape(new: Expression, old: Expression) -> Expression:
    return new if shape(new) == shape(old) else times(new, Ones(shape(old)))


def _against_inverses(factors: list[Expression]) -> list[Expression]:
    left = list(factors)
    for f in factors:
        if _is_reciprocal(f) and f in left and f.base in left:  # type: ignore[attr-defined]
            left.remove(f)
            left.remove(f.base)  # type: ignore[attr-defined]
    return left


def _multiplied_out(e: Sum, others: list[Expression]) -> Expression | None:
    """Σ others · term, with denominators cancelled; None unless no denominator is left and the result is short."""
    polynomial: dict[frozenset[tuple[Expression, int]], tuple[Fraction, list[Expression]]] = {}
    for term in e.terms:
        coefficient, constants, pool = _pool(term)
        left = _against_inverses([*pool, *others])
        if any(_is_reciprocal(f) for f in left):
            return None
        for c, names in _monomials([*constants, *left]):
            key = frozenset((n, names.count(n)) for n in names)
            before = polynomial.get(key, (Fraction(0), names))[0]
            polynomial[key] = (before + coefficient * c, names)
    terms = [(c, names) for c, names in polynomial.values() if c]
    if not terms or len(terms) > max(2, len(e.terms)):
        return None
    terms.sort(key=lambda term: term[0] < 0)
    return plus(*(_together(c, names) for c, names in terms))


def _monomials(factors: list[Expression]) -> list[tuple[Fraction, list[Expression]]]:
    """The product of the factors multiplied out over their sums."""
    result: list[tuple[Fraction, list[Expression]]] = [(Fraction(1), [])]
    if prod(len(f.terms) for f in factors if isinstance(f, Sum)) > MONOMIALS:
        return [(Fraction(1), factors)]
    for f in factors:
        options: list[tuple[Fraction, list[Expression]]] = []
        for term in f.terms if isinstance(f, Sum) else (f,):
            c, scalars, rest = split(term)
            options.append((c, [*scalars, *rest]))
        result = [(a * b, x + y) for a, x in result for b, y in options]
    return result
