"""Kinds of matrices: transposes, diag, ones, traces, norms, means."""

from __future__ import annotations

from benchmarks.rewrites.kind import (
    Context,
    count,
    inverse,
    is_proper,
    kind,
    plus_zero,
    square,
    taken,
)
from derive.expression.functions import apply
from derive.expression.nodes import (
    Component,
    Diag,
    Expression,
    Identity,
    IndexSum,
    MatMul,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Transpose,
    number,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import children


@kind
def transposes(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Transpose):
        inner = e.operand
        if isinstance(inner, MatMul) and is_proper(inner.factors):
            return MatMul(tuple(Transpose(f) for f in reversed(inner.factors)))
        if isinstance(inner, Sum | Product):
            return type(inner)(tuple(Transpose(p) for p in children(inner)))
        if isinstance(inner, Transpose):
            return inner.operand
    if isinstance(e, MatMul) and is_proper(e.factors):
        return Transpose(MatMul(tuple(Transpose(f) for f in reversed(e.factors))))
    if isinstance(e, Sum | Product) and c.rng.random() < 0.5:
        return Transpose(type(e)(tuple(Transpose(p) for p in children(e))))
    return Transpose(Transpose(e))


@kind
def hadamard_to_diag(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, MatMul) and len(e.factors) == 2 and isinstance(e.factors[0], Diag):
        vector, other = e.factors[0].operand, e.factors[1]
        if shape(vector)[1] == ONE:
            return Product((vector, other))
    if isinstance(e, Product) and len(e.factors) == 2:
        for u, v in (e.factors, e.factors[::-1]):
            (rows, columns), whole = shape(u), shape(v)
            if columns == ONE and rows != ONE and whole == shape(e):
                return MatMul((Diag(u), v))
            if rows == ONE and columns != ONE and whole == shape(e):
                return MatMul((v, Diag(u)))
    rows, columns = shape(e)
    if columns == ONE and rows != ONE:
        return MatMul((Diag(e), Ones((rows, ONE))))
    return MatMul((Ones((ONE, columns)), Diag(e))) if rows == ONE and columns != ONE else None


@kind
def product_to_index_sum(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Reduce):
        rows, columns = shape(e.operand)
        k, m = c.index(rows), c.index(columns)
        if e.axis == 0:
            return IndexSum(taken(e.operand, k, None), k) if rows != ONE else None
        if e.axis == 1:
            return IndexSum(taken(e.operand, None, m), m) if columns != ONE else None
        entry = taken(e.operand, k, m)
        inner = IndexSum(entry, m) if columns != ONE else entry
        return IndexSum(inner, k) if rows != ONE else inner
    if not isinstance(e, MatMul) or not is_proper(e.factors):
        return None
    k = c.rng.randrange(len(e.factors) - 1)
    left, right = e.factors[k : k + 2]
    if shape(left)[1] == ONE:
        return None
    index = c.index(shape(left)[1])
    summed = IndexSum(MatMul((Component(left, None, index), Component(right, index, None))), index)
    rest = (*e.factors[:k], summed, *e.factors[k + 2 :])
    return MatMul(rest) if len(rest) > 1 else summed


@kind
def ones(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Reduce):
        rows, columns = shape(e.operand)
        left, right = Ones((ONE, rows)), Ones((columns, ONE))
        if e.axis == 0:
            return MatMul((left, e.operand))
        return MatMul((e.operand, right)) if e.axis == 1 else MatMul((left, e.operand, right))
    if isinstance(e, Product | Sum):
        parts = list(children(e))
        narrow = [k for k, p in enumerate(parts) if shape(p)[1] == ONE != shape(e)[1] and shape(p)[0] != ONE]
        if narrow:
            k = c.rng.choice(narrow)
            parts[k] = MatMul((parts[k], Ones((ONE, shape(e)[1]))))
            return type(e)(tuple(parts))
    return Product((e, Ones(shape(e)))) if shape(e) != SCALAR else None


@kind
def identity_matrix(e: Expression, c: Context) -> Expression | None:
    rows, columns = shape(e)
    if rows != ONE and (columns == ONE or c.rng.random() < 0.5):
        return MatMul((Identity(rows), e))
    return MatMul((e, Identity(columns))) if columns != ONE else None


@kind
def traces(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, MatMul) and shape(e) == SCALAR and is_proper(e.factors) and len(e.factors) > 1:
        return Shorthand("trace", (MatMul((*e.factors[1:], e.factors[0])),))
    if isinstance(e, Reduce) and e.axis is None and isinstance(e.operand, Product) and len(e.operand.factors) == 2:
        a, b = e.operand.factors
        if shape(a) == shape(b) != SCALAR:
            return Shorthand("trace", (MatMul((Transpose(a), b)),))
    a, b = c.matrix(), c.matrix()
    if a.shape == SCALAR or a.shape != b.shape:
        b = a
    products = (MatMul((a, Transpose(b))), MatMul((Transpose(b), a)))
    return plus_zero(e, *(Shorthand("trace", (p,)) for p in products)) if a.shape != SCALAR else None


@kind
def norms(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Shorthand) and e.name == "norm":
        return apply("sqrt", Reduce(square(e.operands[0]), e.axis))
    if isinstance(e, Reduce) and e.axis is None and isinstance(e.operand, Power) and e.operand.exponent == number(2):
        return square(Shorthand("norm", (e.operand.base,)))
    t = c.matrix()
    whole = square(Shorthand("norm", (t,)))
    inner = MatMul((Transpose(t), t)) if t.shape[1] == ONE else Reduce(Product((t, t)))
    return plus_zero(e, whole, inner)


@kind
def shorthands(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, MatMul) and len(e.factors) == 2 and is_proper(e.factors):
        a, b = e.factors
        if shape(a)[1] == ONE and isinstance(b, Transpose):
            return Shorthand("outer", (a, b.operand))
        if isinstance(a, Transpose) and shape(a)[0] == ONE and shape(b)[1] == ONE:
            return Shorthand("dot", (a.operand, b))
    t, u = c.matrix(), c.matrix()
    if t.shape != u.shape:
        u = t
    product = Reduce(Product((t, u)))
    if t.shape[1] == ONE != t.shape[0] and c.rng.random() < 0.5:
        return plus_zero(e, Shorthand("dot", (t, u)), Shorthand("trace", (Shorthand("outer", (t, u)),)))
    return plus_zero(e, Shorthand("inner", (t, u)), product)


@kind
def means(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Shorthand) and e.name == "mean":
        inner = e.operands[0]
        return Product((inverse(count(shape(inner), e.axis)), Reduce(inner, e.axis)))
    if isinstance(e, Reduce):
        return Product((count(shape(e.operand), e.axis), Shorthand("mean", (e.operand,), e.axis)))
    t = c.matrix()
    return plus_zero(e, Shorthand("mean", (t,)), Product((inverse(count(t.shape)), Reduce(t))))
