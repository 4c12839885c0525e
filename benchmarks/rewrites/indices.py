"""Kinds of sums over indices and of components."""

from __future__ import annotations

from benchmarks.rewrites.kind import (
    Context,
    is_proper,
    kind,
    plus_zero,
    square,
    taken,
)
from derive.expression.nodes import (
    Component,
    Elementwise,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Product,
    Reduce,
    Sum,
    Transpose,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import rebuild


def renamed(e: Expression, old: Index, new: Index) -> Expression:
    """The same with one index called otherwise."""
    change = {old: new}
    if isinstance(e, Component | KroneckerDelta):
        row, column = (change.get(p, p) if isinstance(p, Index) else p for p in (e.row, e.column))
        if isinstance(e, KroneckerDelta):
            assert row is not None
            assert column is not None
            return KroneckerDelta(row, column)
        return Component(renamed(e.operand, old, new), row, column)
    return rebuild(e, lambda child: renamed(child, old, new))


@kind
def rename_index(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, IndexSum):
        new = c.index(e.index.size)
        return IndexSum(renamed(e.body, e.index, new), new)
    t = c.matrix()
    if t.shape[0] == ONE:
        return None
    sums = []
    for _ in range(2):
        k = c.index(t.shape[0])
        entry = taken(t, k, None)
        sums.append(IndexSum(Reduce(entry) if shape(entry) != SCALAR else entry, k))
    return plus_zero(e, *sums)


@kind
def exchange_sums(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, IndexSum) and isinstance(e.body, IndexSum):
        return IndexSum(IndexSum(e.body.body, e.index), e.body.index)
    if isinstance(e, IndexSum) and isinstance(e.body, Sum):
        return Sum(tuple(IndexSum(t, e.index) for t in e.body.terms))
    if isinstance(e, Product):
        for k, f in enumerate(e.factors):
            if isinstance(f, IndexSum):
                return IndexSum(Product((*e.factors[:k], f.body, *e.factors[k + 1 :])), f.index)
    t = c.matrix()
    if ONE in t.shape:
        return None
    k, m = c.index(t.shape[0]), c.index(t.shape[1])
    entry = Component(t, k, m)
    return plus_zero(e, IndexSum(IndexSum(entry, k), m), IndexSum(IndexSum(entry, m), k))


@kind
def components(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Component):
        inner, row, column = e.operand, e.row, e.column
        if isinstance(inner, Sum) and len({shape(t) for t in inner.terms}) == 1:
            return Sum(tuple(taken(t, row, column) for t in inner.terms))
        if isinstance(inner, Product) and len({shape(t) for t in inner.factors}) == 1:
            return Product(tuple(taken(t, row, column) for t in inner.factors))
        if isinstance(inner, Elementwise) and len({shape(t) for t in inner.arguments}) == 1:
            arguments = tuple(taken(t, row, column) for t in inner.arguments)
            return Elementwise(inner.function, arguments, inner.order)
        if isinstance(inner, Transpose):
            return Transpose(Component(inner.operand, column, row))
        if isinstance(inner, MatMul) and is_proper(inner.factors):
            first, *middle, last = inner.factors
            return MatMul((taken(first, row, None), *middle, taken(last, None, column)))
    rows, columns = shape(e)
    if rows != ONE:
        k = c.index(rows)
        return IndexSum(MatMul((Component(Identity(rows), None, k), Component(e, k, None))), k)
    if columns != ONE:
        k = c.index(columns)
        return IndexSum(MatMul((Component(e, None, k), Component(Identity(columns), k, None))), k)
    return None


@kind
def kronecker(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Component) and isinstance(e.row, Index) and e.column is None:
        k = c.index(e.row.size)
        return IndexSum(Product((KroneckerDelta(e.row, k), Component(e.operand, k, None))), k)
    if isinstance(e, Component) and isinstance(e.column, Index):
        k = c.index(e.column.size)
        return IndexSum(Product((KroneckerDelta(k, e.column), Component(e.operand, e.row, k))), k)
    t = c.matrix()
    if t.shape[0] == ONE:
        return None
    k, m = c.index(t.shape[0]), c.index(t.shape[0])
    pair = MatMul((Component(t, k, None), Transpose(Component(t, m, None))))
    double = IndexSum(IndexSum(Product((KroneckerDelta(k, m), pair)), k), m)
    return plus_zero(e, double, Reduce(square(t)))
