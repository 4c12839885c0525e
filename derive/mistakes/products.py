"""Slips with matrix products: transposes, orders, entrywise against matrix, sums over an axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from derive.expression.nodes import Expression, Identity, MatMul, Product, Reduce, Tensor, Transpose
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, walk
from derive.mistakes.factors import over
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product


def _forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Transpose):
        yield Slip(e.operand, e.operand)


def _superfluous(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul):
        for k, f in enumerate(e.factors):
            if not isinstance(f, Transpose) and shape(f) != SCALAR:
                yield Slip(replace(e, factors=(*e.factors[:k], Transpose(f), *e.factors[k + 1 :])), f)


def _whole(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul) and s.is_final:
        yield Slip(Transpose(e), e)


def _elementwise(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul) and len(e.factors) == 2 and not any(isinstance(f, Identity) for f in e.factors):
        yield Slip(Product(e.factors), e)


def _elementwise_plain(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul) and len(e.factors) == 2 and not any(isinstance(f, Identity) for f in e.factors):
        plain = tuple(f.operand if isinstance(f, Transpose) else f for f in e.factors)
        if plain != e.factors:
            yield Slip(Product(plain), e)


def _matrix(e: Expression, s: Setting) -> Iterator[Slip]:
    if not isinstance(e, Product):
        return
    parts = factors(e)
    scalars = [f for f in parts if shape(f) == SCALAR]
    matrices = [f for f in parts if shape(f) != SCALAR]
    if len(matrices) == 2:
        yield Slip(product(*scalars, MatMul((matrices[0], matrices[1]))), e)
        yield Slip(product(*scalars, MatMul((matrices[1], matrices[0]))), e)


def _order(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul) and len(e.factors) == 2:
        yield Slip(MatMul(e.factors[::-1]), e)


def _outer(e: Expression, s: Setting) -> Iterator[Slip]:
    """u vᵀ written as uᵀ v: the transpose stands at the wrong factor."""
    if isinstance(e, MatMul) and len(e.factors) == 2:
        turned = tuple(f.operand if isinstance(f, Transpose) else Transpose(f) for f in e.factors)
        yield Slip(MatMul(turned), e)


def _weights_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul) and len(e.factors) == 2 and not s.is_final:
        yield Slip(e.factors[1], e.factors[0])
        yield Slip(e.factors[0], e.factors[1])


def _factor_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, MatMul) and len(e.factors) == 2 and s.is_final:
        yield Slip(e.factors[0], e.factors[1])
        yield Slip(e.factors[1], e.factors[0])


def _identity(e: Expression, s: Setting) -> Iterator[Slip]:
    """A square matrix that stands there more than once is left out everywhere: 2x for (S + Sᵀ)x."""
    if not s.is_final:
        return
    count = Counter(part for part in walk(e) if isinstance(part, Tensor))
    for name, times in count.items():
        rows, columns = name.shape
        if times > 1 and rows == columns != 1 and name != s.of:
            yield Slip(substitute(e, {name: Identity(rows)}), name)


def _twice(e: Expression, s: Setting) -> Iterator[Slip]:
    """δ goes back through the weights twice."""
    if isinstance(e, MatMul) and len(e.factors) == 2 and not s.is_final:
        yield Slip(MatMul((e.factors[0], e.factors[0], e.factors[1])), e.factors[0])


def _not_summed(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Reduce):
        yield Slip(e.operand, e.operand)


def _other_axis(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Reduce) and e.axis is not None:
        yield Slip(replace(e, axis=0 if e.axis == 1 else 1), e.operand)


def _all_axes(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Reduce) and e.axis is not None:
        yield Slip(replace(e, axis=None), e.operand)


def _mean(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Reduce):
        rows, columns = shape(e.operand)
        size = {None: rows * columns, 0: rows, 1: columns}[e.axis]
        if size != 1:
            yield Slip(product(over(size), e), e.operand)


ROWS: Rows = (
    Row("transpose-forgotten", "a transpose is forgotten",
        "A transpose is missing at {part}.",
        "Check which index is summed in that product.",
        "Going back through z = W a multiplies by Wᵀ.", "square", _forgotten),
    Row("transpose-superfluous", "a transpose too many",
        "There is a transpose too many at {part}.",
        "Check which index is summed in that product.",
        "The gradient of W in z = W a is δ aᵀ, with one transpose.", "square-batch", _superfluous),
    Row("outer-transposed", "the transpose stands at the wrong factor",
        "In {part} the transpose stands at the other factor.",
        "An outer product is a column times a row.",
        "δ aᵀ has an entry for each pair; δᵀ a sums over pairs.", "square-batch", _outer),
    Row("whole-transposed", "the product is transposed",
        "The product {part} is transposed.",
        "A gradient is shaped like its variable: which index comes first?",
        "The entry (i, j) of the gradient belongs to the entry (i, j) of the variable.", "square-l2", _whole),
    Row("order-of-product", "the factors are the wrong way round",
        "The factors of {part} stand in the wrong order.",
        "Matrix products do not commute: which index do both share?",
        "(AB)ᵀ = BᵀAᵀ, and AB is not BA.", "square-batch", _order),
    Row("elementwise-for-matrix", "an elementwise product where a matrix product belongs",
        "You multiply {part} entry by entry; it is a matrix product.",
        "Does each entry depend on one entry before it, or on all?",
        "A layer mixes entries, so going back through it is a matrix product.", "square-batch", _elementwise),
    Row("elementwise-without-transpose", "an elementwise product instead of an outer or matrix product",
        "You multiply entry by entry, without summing: it is {part}.",
        "Write one entry with its indices: is there a sum over something?",
        "A layer mixes entries, so going back through it is a matrix product.", "square-batch",
        _elementwise_plain),
    Row("matrix-for-elementwise", "a matrix product where an elementwise product belongs",
        "The product {part} is entry by entry, not of matrices.",
        "An activation acts on each entry alone; so does its slope.",
        "∂E/∂z = ∂E/∂a ⊙ f′(z), entry by entry.", "square-batch", _matrix),
    Row("weights-forgotten", "a factor of the way back is missing",
        "On the way back the factor {part} is missing.",
        "What is it multiplied by on the way forward?",
        "δ of layer l is (Wᵀ δ of the next) ⊙ f′(z).", "square-batch", _weights_forgotten),
    Row("weights-twice", "back through the weights twice",
        "The factor {part} stands there twice.",
        "Count the layers between this one and the loss.",
        "Each layer on the way contributes its weights once.", "square", _twice),
    Row("factor-forgotten", "a factor of the gradient is missing",
        "The factor {part} is missing.",
        "Write z for one entry; what is multiplied by the variable?",
        "The gradient of W in z = W a is δ aᵀ: both factors are there.", "square-batch", _factor_forgotten),
    Row("matrix-as-identity", "a matrix is left out everywhere",
        "The matrix {part} is missing, as if it were the identity.",
        "Which matrix stands in the objective, and where is it in your answer?",
        "The gradient of xᵀAx is (A + Aᵀ)x; 2x is the gradient of xᵀx.", "quadratic", _identity, "line"),
    Row("not-summed", "the sum is forgotten",
        "You do not sum {part}, but it has to be summed.",
        "The variable is used once for each example; add up what each contributes.",
        "What is broadcast in the forward pass is summed on the way back.", "softmax", _not_summed),
    Row("wrong-axis", "summed over the wrong axis",
        "You sum {part} over the wrong axis.",
        "Which axis is the one of the examples?",
        "Sum over the axis along which the variable was repeated.", "softmax-batch", _other_axis),
    Row("summed-over-all", "summed over everything",
        "You sum {part} over both axes; one of them stays.",
        "How many entries should the sum have?",
        "Sum over the axis along which the variable was repeated, and no other.", "softmax-batch", _all_axes),
    Row("mean-for-sum", "a mean where a sum belongs",
        "You average {part} where it has to be summed.",
        "Is the factor of the mean already in it?",
        "What is broadcast in the forward pass is summed on the way back, not averaged.", "bias", _mean),
)  # fmt: skip
