"""Laws for Jacobians ∂u/∂v of vectors, total through the definitions of the problem.

A row vector has the Jacobian of the column with the same entries.
"""

from __future__ import annotations

from derive.differentiation.rule import Context, Registrar, Rule, flipped
from derive.differentiation.rules_functions import lowered, slope_of
from derive.differentiation.terms import inverse, matmul, negative, plus, times
from derive.expression.nodes import (
    UNIT,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Expression,
    Identity,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.shapes import shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR, Size
from derive.expression.traverse import tensors

RULES: dict[str, Rule] = {}
rule = Registrar(RULES, "jacobian")
ALL = (Number, Constant, Dimension, Tensor, Ones, Identity, Sum, Product, Power, MatMul, Transpose, Elementwise, Reduce,
       Shorthand, Diag)  # fmt: skip


def length(e: Expression) -> Size:
    rows, columns = shape(e)
    return rows * columns


def column(e: Expression) -> Expression:
    """A vector as a column."""
    return flipped(e) if shape(e)[0] == ONE else e


def depends(e: Expression, v: Tensor, context: Context) -> bool:
    """Whether v occurs in `e`, or in the definition of something that does; v itself is where the search ends."""
    seen: set[Tensor] = set()
    pending = list(tensors(e))
    while pending:
        t = pending.pop()
        if t == v:
            return True
        if t not in seen:
            seen.add(t)
            definition = context.problem.definition(t)
            pending += tensors(definition) if definition is not None else ()
    return False


def J(of: Expression, e: Derivative) -> Expression:
    return Derivative(of, e.wrt, "jacobian")


def _v(e: Derivative) -> Tensor:
    assert isinstance(e.wrt, Tensor)
    return e.wrt


def spread(j: Expression, of: Expression, whole: Expression) -> Expression:
    """The Jacobian of a scalar that meets every entry of a vector, repeated in every row."""
    if shape(of) == SCALAR and shape(whole) != SCALAR:
        return matmul(Ones((length(whole), ONE)), j)
    return j


def scaled(weight: Expression, j: Expression, of: Expression, whole: Expression) -> Expression:
    """diag(weight) J, which for a scalar weight is weight · J; of a scalar: weight J."""
    if shape(of) == SCALAR and shape(whole) != SCALAR:
        return matmul(column(weight), j) if shape(weight) != SCALAR else times(weight, spread(j, of, whole))
    return times(weight, j) if shape(weight) == SCALAR else matmul(Diag(column(weight)), j)


@rule("jacobian_of_constant", "a constant", *ALL, condition="nothing in u depends on v", level="every")
def constant(e: Derivative, context: Context) -> Expression | None:
    """∂c/∂v = 0"""
    if depends(e.of, _v(e), context):
        return None
    return Product((number(0), Ones(shape(e))))


@rule("jacobian_of_itself", "the variable itself", Tensor, condition="u is v")
def itself(e: Derivative, context: Context) -> Expression | None:
    """∂v/∂v = I, which is 1 for a scalar"""
    if e.of != e.wrt:
        return None
    return UNIT if shape(e.of) == SCALAR else Identity(length(e.of))


@rule("jacobian_of_name", "by definition", Tensor, condition="u is defined", level="normal")
def definition(e: Derivative, context: Context) -> Expression | None:
    """∂u/∂v is the Jacobian of what u is defined as"""
    value = context.problem.definition(_tensor(e.of))
    return None if value is None or e.of == e.wrt else J(value, e)


def _tensor(e: Expression) -> Tensor:
    assert isinstance(e, Tensor)
    return e


@rule("jacobian_of_sum", "linearity", Sum)
def total(e: Derivative, context: Context) -> Expression | None:
    """∂(u + w)/∂v = ∂u/∂v + ∂w/∂v"""
    assert isinstance(e.of, Sum)
    terms = [t for t in e.of.terms if depends(t, _v(e), context)]
    return plus(*(spread(J(t, e), t, e.of) for t in terms))


@rule("jacobian_of_product", "product rule", Product)
def product(e: Derivative, context: Context) -> Expression | None:
    """∂(u ⊙ w)/∂v = diag(w) ∂u/∂v + diag(u) ∂w/∂v; a constant factor c gives diag(c) ∂u/∂v"""
    assert isinstance(e.of, Product)
    terms = []
    for k, f in enumerate(e.of.factors):
        if depends(f, _v(e), context):
            others = times(*e.of.factors[:k], *e.of.factors[k + 1 :])
            terms.append(scaled(others, J(f, e), f, e.of))
    return plus(*terms)


@rule("jacobian_of_matmul", "a matrix times a vector", MatMul, condition="v occurs in the vector only")
def linear(e: Derivative, context: Context) -> Expression | None:
    """∂(M u)/∂v = M ∂u/∂v, and ∂(u M)/∂v = Mᵀ ∂u/∂v for a row u"""
    assert isinstance(e.of, MatMul)
    factors = e.of.factors
    moving = [k for k, f in enumerate(factors) if depends(f, _v(e), context)]
    if len(moving) != 1 or ONE not in shape(factors[moving[0]]):
        return None
    k = moving[0]
    before, after = factors[:k], factors[k + 1 :]
    j = J(factors[k], e)
    if not before and not after:
        return j
    if shape(factors[k])[1] == ONE and before and not after and shape(factors[k]) != SCALAR:
        if shape(e.of) == SCALAR and shape(matmul(*before))[1] == ONE:
            return matmul(flipped(matmul(*before)), j)
        return matmul(*before, j)
    if shape(factors[k])[0] == ONE and after and not before and shape(factors[k]) != SCALAR:
        return matmul(*(flipped(f) for f in reversed(after)), j)
    return None


@rule("jacobian_of_dot", "a product of two columns, or with a scalar", MatMul, level="every",
      condition="the product is a dot product, or a factor is a scalar")  # fmt: skip
def dot(e: Derivative, context: Context) -> Expression | None:
    """u @ w = sum(u ⊙ w) for columns, uᵀ w likewise, and s @ u = s u for a scalar s"""
    assert isinstance(e.of, MatMul)
    left, right = matmul(*e.of.factors[:-1]), e.of.factors[-1]
    a, b = shape(left), shape(right)
    if SCALAR in (a, b):
        return J(Product((left, right)), e)
    if shape(e.of) != SCALAR:
        return None
    return J(Reduce(Product((left if a == b else flipped(left), right)), None), e)


@rule("jacobian_of_transpose", "a transposed vector", Transpose)
def turned(e: Derivative, context: Context) -> Expression | None:
    """∂uᵀ/∂v has the entries of ∂u/∂v"""
    assert isinstance(e.of, Transpose)
    return J(e.of.operand, e)


@rule("jacobian_of_power", "power rule", Power, condition="v does not occur in the exponent")
def power(e: Derivative, context: Context) -> Expression | None:
    """∂u^p/∂v = diag(p u^(p−1)) ∂u/∂v"""
    assert isinstance(e.of, Power)
    if depends(e.of.exponent, _v(e), context):
        return None
    return scaled(times(e.of.exponent, lowered(e.of.base, e.of.exponent)), J(e.of.base, e), e.of.base, e.of)


@rule("jacobian_of_function", "chain rule for an elementwise function", Elementwise)
def elementwise(e: Derivative, context: Context) -> Expression | None:
    """∂f(u)/∂v = diag(f′(u)) ∂u/∂v"""
    assert isinstance(e.of, Elementwise)
    terms = []
    for k, argument in enumerate(e.of.arguments):
        if depends(argument, _v(e), context):
            slope = slope_of(e.of, k)
            if slope is None:
                return None
            terms.append(scaled(slope, J(argument, e), argument, e.of))
    return plus(*terms)


@rule("jacobian_of_softmax", "the Jacobian of softmax", Shorthand, condition="u is a softmax of a vector")
def softmax(e: Derivative, context: Context) -> Expression | None:
    """∂softmax(u)/∂v = (diag(p) − p pᵀ) ∂u/∂v with p = softmax(u): ∂p_i/∂u_j = p_i (δ_ij − p_j)"""
    assert isinstance(e.of, Shorthand)
    if e.of.name != "softmax":
        return None
    p = column(e.of)
    return matmul(plus(Diag(p), negative(matmul(p, flipped(p)))), J(e.of.operands[0], e))


@rule("jacobian_of_shorthand", "what the notation stands for", Shorthand, level="every")
def shorthand(e: Derivative, context: Context) -> Expression | None:
    """norm, mean, dot, logsumexp are differentiated as what they stand for"""
    assert isinstance(e.of, Shorthand)
    if e.of.name == "logsumexp" and shape(e.of) == SCALAR:
        p = column(Shorthand("softmax", e.of.operands, e.of.axis))
        return matmul(flipped(p), J(e.of.operands[0], e))
    if e.of.name == "norm" and shape(e.of) == SCALAR:
        return times(inverse(e.of), matmul(flipped(column(e.of.operands[0])), J(e.of.operands[0], e)))
    return None if e.of.name in ("softmax", "trace") else J(expand(e.of), e)


@rule("jacobian_of_reduce", "a sum over entries", Reduce, condition="the operand is a vector")
def reduce(e: Derivative, context: Context) -> Expression | None:
    """∂sum(u)/∂v = 1ᵀ ∂u/∂v"""
    assert isinstance(e.of, Reduce)
    of = e.of.operand
    if shape(of) == shape(e.of):
        return J(of, e)
    return matmul(Ones((ONE, length(of))), J(of, e)) if ONE in shape(of) else None
