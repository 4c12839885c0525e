"""Laws of index calculus: derivatives of scalars in one entry v[i,j], where Kronecker deltas appear.

All quantities are scalars, so a factor may mention v and still stand outside a derivative.
"""

from __future__ import annotations

from derive.differentiation.rule import Context, Registrar, Rule, mentions
from derive.differentiation.rules_components import at, free_letters, fresh_index, kronecker, placed
from derive.differentiation.rules_functions import lowered, slope_of
from derive.differentiation.terms import negative, plus, times
from derive.expression.functions import apply
from derive.expression.nodes import (
    UNIT,
    ZERO,
    Component,
    Constant,
    Derivative,
    Dimension,
    Elementwise,
    Expression,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Position,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
)
from derive.expression.shapes import shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE

RULES: dict[str, Rule] = {}
rule = Registrar(RULES, "index")
SCALARS = (Number, Constant, Dimension, Tensor, Sum, Product, Power, Elementwise, IndexSum, KroneckerDelta, Component,
           Reduce, MatMul, Shorthand, Derivative)  # fmt: skip


def variable(e: Derivative) -> Tensor:
    """The name whose entry is varied."""
    v = e.wrt.operand if isinstance(e.wrt, Component) else e.wrt
    assert isinstance(v, Tensor)
    return v


def D(of: Expression, e: Derivative) -> Expression:
    return Derivative(of, e.wrt, "partial")


@rule("index_constant", "a constant", *SCALARS, condition="v does not occur", level="every")
def constant(e: Derivative, context: Context) -> Expression | None:
    """∂c/∂v[i,j] = 0"""
    return None if mentions(e.of, variable(e)) else ZERO


@rule("kronecker", "entries of one matrix", Component, Tensor, condition="u is an entry of v")
def same(e: Derivative, context: Context) -> Expression | None:
    """∂v[k,l]/∂v[i,j] = δ_ki δ_lj"""
    if e.of == e.wrt:
        return UNIT
    if not isinstance(e.of, Component) or e.of.operand != variable(e) or not isinstance(e.wrt, Component):
        return None
    pairs = ((e.of.row, e.wrt.row), (e.of.column, e.wrt.column))
    return times(*(kronecker(p, q) for p, q in pairs if p is not None and q is not None))


@rule("index_linearity", "linearity", Sum)
def linearity(e: Derivative, context: Context) -> Expression | None:
    """∂(a + b)/∂v[i,j] = ∂a/∂v[i,j] + ∂b/∂v[i,j]"""
    assert isinstance(e.of, Sum)
    return plus(*(D(t, e) for t in e.of.terms if mentions(t, variable(e))))


@rule("index_product", "product rule", Product)
def product(e: Derivative, context: Context) -> Expression | None:
    """∂(a b)/∂v[i,j] = b ∂a/∂v[i,j] + a ∂b/∂v[i,j]; constant factors stand in front"""
    assert isinstance(e.of, Product)
    factors, terms = e.of.factors, []
    for k, f in enumerate(factors):
        if mentions(f, variable(e)):
            terms.append(times(*factors[:k], *factors[k + 1 :], D(f, e)))
    return plus(*terms)


@rule("index_power", "power rule", Power)
def power(e: Derivative, context: Context) -> Expression | None:
    """∂a^p/∂v[i,j] = p a^(p−1) ∂a/∂v[i,j] (+ a^p log a ∂p/∂v[i,j])"""
    assert isinstance(e.of, Power)
    base, exponent = e.of.base, e.of.exponent
    terms = []
    if mentions(base, variable(e)):
        terms.append(times(exponent, lowered(base, exponent), D(base, e)))
    if mentions(exponent, variable(e)):
        terms.append(times(e.of, apply("log", base), D(exponent, e)))
    return plus(*terms)


@rule("index_function", "chain rule for a function", Elementwise)
def function(e: Derivative, context: Context) -> Expression | None:
    """∂f(a)/∂v[i,j] = f′(a) ∂a/∂v[i,j]"""
    assert isinstance(e.of, Elementwise)
    terms = []
    for k, argument in enumerate(e.of.arguments):
        if mentions(argument, variable(e)):
            slope = slope_of(e.of, k)
            if slope is None:
                return None
            terms.append(times(slope, D(argument, e)))
    return plus(*terms)


@rule("index_of_sum", "linearity of the index sum", IndexSum)
def index_sum(e: Derivative, context: Context) -> Expression | None:
    """∂(Σ_k a_k)/∂v[i,j] = Σ_k ∂a_k/∂v[i,j]"""
    assert isinstance(e.of, IndexSum)
    index, body = e.of.index, e.of.body
    if index.name in free_letters(e.wrt):
        index = fresh_index(index.size, e.of, e.wrt, taken=frozenset(context.taken))
        body = placed(body, e.of.index, index)
    return IndexSum(D(body, e), index)


@rule("index_softmax", "the derivative of softmax", Component, Shorthand, condition="u is an entry of a softmax")
def softmax(e: Derivative, context: Context) -> Expression | None:
    """∂p_k = p_k (∂z_k − Σ_r p_r ∂z_r), that is ∂p_k/∂z_r = p_k (δ_kr − p_r)"""
    p = e.of.operand if isinstance(e.of, Component) else None
    if not isinstance(e.of, Component) or not isinstance(p, Shorthand) or p.name != "softmax":
        return None
    z, around = p.operands[0], (e.of, e.wrt)
    mean = _weighted(z, p, p.axis, e.of.row, e.of.column, e, around, context)
    return times(e.of, plus(D(at(z, e.of.row, e.of.column), e), negative(mean)))


@rule("index_log_sum_exp", "the derivative of log-sum-exp", Component, Shorthand, condition="u is a log-sum-exp")
def log_sum_exp(e: Derivative, context: Context) -> Expression | None:
    """∂logsumexp(z) = Σ_r p_r ∂z_r with p = softmax(z)"""
    u = e.of.operand if isinstance(e.of, Component) else e.of
    if not isinstance(u, Shorthand) or u.name != "logsumexp":
        return None
    row, column = (e.of.row, e.of.column) if isinstance(e.of, Component) else (None, None)
    p = Shorthand("softmax", u.operands, u.axis)
    return _weighted(u.operands[0], p, u.axis, row, column, e, (e.of, e.wrt), context)


def _weighted(
    z: Expression, p: Expression, axis: int | None, row: Position, column: Position, e: Derivative,
    around: tuple[Expression, ...], context: Context,
) -> Expression:  # fmt: skip
    """Σ_r p[r] ∂z[r]/∂v over the axis of the softmax."""
    rows, columns = shape(z)
    sums: list[Index] = []
    places: list[Position] = [row, column]
    for k, size in enumerate((rows, columns)):
        if axis in (None, k) and size != ONE:
            index = fresh_index(size, *around, taken=frozenset({*context.taken, *(i.name for i in sums)}))
            sums.append(index)
            places[k] = index
    body = times(at(p, *places), D(at(z, *places), e))
    for index in reversed(sums):
        body = IndexSum(body, index)
    return body


@rule("written_as_sum", "written as a sum over indices", Reduce, MatMul, Shorthand, condition="u is a scalar")
def as_sum(e: Derivative, context: Context) -> Expression | None:
    """sum(A) = Σ_k Σ_l A[k,l], and other scalars likewise"""
    written = entries(e.of, (e.of, e.wrt), context)
    return None if written is None else D(written, e)


def entries(e: Expression, around: tuple[Expression, ...], context: Context) -> Expression | None:
    """A scalar sum or product written with indices; None if it is none."""
    if isinstance(e, Shorthand):
        return expand(e)
    taken = frozenset(context.taken)
    if isinstance(e, Reduce):
        rows, columns = shape(e.operand)
        places: list[Position] = [None, None]
        sums: list[Index] = []
        for axis, size in enumerate((rows, columns)):
            if size != ONE:
                index = fresh_index(size, *around, taken=taken | {i.name for i in sums})
                sums.append(index)
                places[axis] = index
        body = at(e.operand, *places)
        for index in reversed(sums):
            body = IndexSum(body, index)
        return body
    if isinstance(e, MatMul):
        left, right = (e.factors[0] if len(e.factors) == 2 else MatMul(e.factors[:-1])), e.factors[-1]
        a, b = shape(left), shape(right)
        size = a[1] if a[0] == ONE else a[0]
        k = fresh_index(size, *around, taken=taken)
        return IndexSum(times(at(left, k, k), at(right, k, None)), k) if b[1] == ONE else None
    return None
