"""Kinds that hold in every ring: order, brackets, signs, numbers, powers."""

from __future__ import annotations

from fractions import Fraction

from benchmarks.rewrites.kind import (
    HALF,
    MINUS,
    UNIT,
    Context,
    inverse,
    is_proper,
    kind,
    minus,
    plus_zero,
    square,
)
from derive.expression.functions import apply
from derive.expression.nodes import (
    ZERO,
    Dimension,
    Expression,
    MatMul,
    Number,
    Power,
    Product,
    Reduce,
    Sum,
    number,
)
from derive.expression.shapes import shape
from derive.expression.traverse import children


@kind
def commute(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Sum | Product):
        return None
    parts = list(children(e))
    c.rng.shuffle(parts)
    return type(e)(tuple(parts)) if len(parts) > 1 else None


@kind
def reassociate(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Sum | Product | MatMul) or (isinstance(e, MatMul) and not is_proper(e.factors)):
        return None
    parts = children(e)
    inner = [k for k, p in enumerate(parts) if type(p) is type(e)]
    if inner and c.rng.random() < 0.6:
        k = c.rng.choice(inner)
        flat = (*parts[:k], *children(parts[k]), *parts[k + 1 :])
        return type(e)(flat) if not isinstance(e, MatMul) or is_proper(flat) else None
    if len(parts) < 3:
        return None
    start = c.rng.randrange(len(parts) - 1)
    end = c.rng.randrange(start + 2, len(parts) + 1)
    if end - start == len(parts):
        return None
    return type(e)((*parts[:start], type(e)(parts[start:end]), *parts[end:]))


@kind
def distribute(e: Expression, c: Context) -> Expression | None:
    """A product of sums as a sum of products; where there is none, t(u + 1) is added and tu + t subtracted."""
    if isinstance(e, Reduce) and isinstance(e.operand, Sum):
        full = all(shape(t) == shape(e.operand) for t in e.operand.terms)
        return Sum(tuple(Reduce(t, e.axis) for t in e.operand.terms)) if full else None
    if not isinstance(e, Product | MatMul):
        t, u = c.term(shape(e)), c.term(shape(e))
        return plus_zero(e, Product((t, Sum((u, UNIT)))), Sum((Product((t, u)), t)))
    factors = e.factors
    for k, factor in enumerate(factors):
        if isinstance(factor, Sum) and len(factor.terms) > 1:
            if isinstance(e, MatMul) and not (is_proper(factors) and len({shape(t) for t in factor.terms}) == 1):
                continue
            return Sum(tuple(type(e)((*factors[:k], t, *factors[k + 1 :])) for t in factor.terms))
    return None


@kind
def factor_out(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Sum) or len(e.terms) < 2:
        return None
    split = [list(t.factors) if isinstance(t, Product) else [t] for t in e.terms]
    common = [f for f in split[0] if all(f in other for other in split[1:])]
    if not common:
        return minus(Sum(tuple(minus(t) for t in e.terms)))
    chosen = c.rng.choice(common)
    for factors in split:
        factors.remove(chosen)
    rest = Sum(tuple(Product(tuple(f)) if len(f) > 1 else f[0] if f else UNIT for f in split))
    return Product((chosen, rest))


@kind
def numbers(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Number):
        q = number(c.rng.choice((2, 3, 5)))
        forms = (Sum((number(e.value + q.value), minus(q))), Product((number(e.value * q.value), inverse(q))))
        return c.rng.choice(forms)
    forms = (
        Sum((Product((number(2), e)), minus(e))), Sum((Product((HALF, e)), Product((HALF, e)))),
        Product((number(3), e, inverse(number(3)))), Sum((ZERO, e)), Product((UNIT, e)),
    )  # fmt: skip
    return c.rng.choice(forms)


@kind
def signs(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Product) and e.factors[0] == MINUS and len(e.factors) == 2:
        return Sum((ZERO, minus(e.factors[1])))
    return minus(minus(e))


@kind
def powers(e: Expression, c: Context) -> Expression | None:
    """xⁿ by other powers of x; where there is none, t³ is added and t·t² subtracted."""
    if not isinstance(e, Power) or not isinstance(e.exponent, Number) or e.exponent.value.denominator != 1:
        t = c.term(shape(e))
        return plus_zero(e, Power(t, number(3)), Product((t, square(t))))
    n = int(e.exponent.value)
    if n == 2:
        return Product((e.base, e.base))
    if n == -1 and isinstance(e.base, Product):
        return Product(tuple(inverse(f) for f in e.base.factors))
    if n == -1:
        return c.rng.choice((
            Product((e.base, Power(e.base, number(-2)))), Product((inverse(square(e.base)), e.base)),
            Product((inverse(Product((number(2), e.base))), number(2))),
        ))  # fmt: skip
    if n > 2:
        return Product((e.base, Power(e.base, number(n - 1))))
    return inverse(Power(e.base, number(-n)))


@kind
def square_of_sum(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Power) and e.exponent == number(2) and isinstance(e.base, Sum) and len(e.base.terms) == 2:
        a, b = e.base.terms
        return Sum((square(a), Product((number(2), a, b)), square(b)))
    if isinstance(e, Sum) and len(e.terms) == 2 and e.terms[0] == UNIT:
        negative = e.terms[1]
        if isinstance(negative, Product) and negative.factors[0] == MINUS and len(negative.factors) == 2:
            inner = negative.factors[1]
            if isinstance(inner, Power) and inner.exponent == number(2):
                return Product((Sum((UNIT, minus(inner.base))), Sum((UNIT, inner.base))))
    if isinstance(e, Product) and len(e.factors) == 2 and shape(e.factors[0]) == shape(e.factors[1]):
        a, b = e.factors
        quarter = number(Fraction(1, 4))
        return Product((quarter, Sum((square(Sum((a, b))), minus(square(Sum((a, minus(b)))))))))
    return Product((HALF, Sum((square(Sum((e, UNIT))), minus(square(e)), minus(UNIT)))))


@kind
def add_and_subtract(e: Expression, c: Context) -> Expression | None:
    t = c.term(shape(e))
    if c.rng.random() < 0.4:
        t = Product((t, c.term(shape(e))))
    return c.rng.choice((Sum((e, t, minus(t))), Sum((Sum((e, minus(t))), t)), Sum((t, Sum((e, minus(t)))))))


@kind
def multiply_and_divide(e: Expression, c: Context) -> Expression | None:
    t = c.term(shape(e))
    sizes = [Dimension(s) for leaf in c.leaves for s in leaf.shape if s.is_Symbol]
    q = c.rng.choice((Sum((UNIT, square(t))), apply("exp", t), *sizes[:2], number(7)))
    return c.rng.choice((Product((e, q, inverse(q))), Product((Product((q, e)), inverse(q))),
                         Product((inverse(q), Product((e, q))))))  # fmt: skip
