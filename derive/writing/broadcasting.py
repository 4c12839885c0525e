"""Showing what a broadcast repeats: in W X + b the bias stands for b 1ᵀ."""

from __future__ import annotations

from derive.errors import ShapeError
from derive.expression.nodes import Expression, MatMul, Ones, Product, Sum
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.expression.traverse import rebuild


def with_ones(e: Expression) -> Expression:
    """The same formula with every vector that a sum or ⊙ repeats written as an outer product with ones.

    Scalars stay as they are; what does not conform stays as it was written.
    """
    inner = rebuild(e, with_ones)
    try:
        whole = shape(inner)
        if isinstance(inner, Sum):
            return Sum(tuple(_repeated(term, whole) for term in inner.terms))
        if isinstance(inner, Product):
            return Product(tuple(_repeated(factor, whole) for factor in inner.factors))
    except ShapeError:
        pass
    return inner


def _repeated(e: Expression, whole: Shape) -> Expression:
    own = shape(e)
    if own in (SCALAR, whole):
        return e
    if own[1] == ONE and whole[1] != ONE:
        return MatMul((e, Ones((ONE, whole[1]))))
    return MatMul((Ones((whole[0], ONE)), e)) if own[0] == ONE and whole[0] != ONE else e
