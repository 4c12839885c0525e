"""The value of an expression at a point: one rule for every node class, over any arithmetic.

Derivatives are worked out by dual numbers straight from the definitions (`dual`), never by the symbolic engine.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import add, mul

from derive.equality.arithmetic import Scalar
from derive.equality.concrete import bounded
from derive.equality.dual import Dual, Duals, total
from derive.equality.evaluation import RULES, Evaluation, Point
from derive.equality.matrix import Matrix, folded, product, single, zipped
from derive.equality.model import Key, Model
from derive.errors import Unsupported
from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
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
)
from derive.expression.operation import Operation
from derive.expression.shorthand import expand

__all__ = ["Evaluation", "Point", "evaluate"]

expansion: Operation[Expression] = Operation("expansion")
"""What a shorthand stands for, kept on the node."""
expansion.rule(Shorthand)(expand)


def _rule(cls: type[Expression]) -> Callable[[Callable[..., Matrix]], Callable[..., Matrix]]:
    def register(function: Callable[..., Matrix]) -> Callable[..., Matrix]:
        RULES[cls] = function
        return function

    return register


@_rule(Number)
def _number(v: Evaluation, e: Number) -> Matrix:
    return single(v.arithmetic.rational(e.value))


@_rule(Constant)
def _constant(v: Evaluation, e: Constant) -> Matrix:
    return single(v.arithmetic.pi())


@_rule(Dimension)
def _dimension(v: Evaluation, e: Dimension) -> Matrix:
    return single(v.arithmetic.rational(v.number(e.size)))


@_rule(Tensor)
def _tensor(v: Evaluation, e: Tensor) -> Matrix:
    return v.lookup((e.name, None) if e.layer is None else v.model.key(e, v.point.concrete, v.layers))


@_rule(Sum)
def _sum(v: Evaluation, e: Sum) -> Matrix:
    return folded(add, [v.node(term) for term in e.terms])


@_rule(Product)
def _product(v: Evaluation, e: Product) -> Matrix:
    return folded(mul, [v.node(factor) for factor in e.factors])


@_rule(Power)
def _power(v: Evaluation, e: Power) -> Matrix:
    rows, columns, (bases, exponents) = zipped([v.node(e.base), v.node(e.exponent)])
    return Matrix(rows, columns, [_raised(v.arithmetic, x, y) for x, y in zip(bases, exponents, strict=True)])


def _raised(t: Duals, x: Scalar, exponent: Scalar) -> Scalar:
    """x ** exponent: whole powers of anything, others where x ≥ 0; at x < 0 what varies may happen to be whole."""
    exact = t.as_rational(exponent)
    if exact is not None and exact.denominator == 1:
        return t.power(x, exact.numerator)
    if exact is not None and exact.denominator == 2:
        return t.power(t.sqrt(x), exact.numerator)
    sign = t.sign(x)
    if sign is None or sign < 0:
        return t.undefined() if exact is not None else t.unsettled()
    return t.exp(exponent * t.log(x)) if sign else _raised_zero(t, x, exponent, exact)


def _raised_zero(t: Duals, x: Scalar, exponent: Scalar, exact: Fraction | None) -> Scalar:
    """0 ** exponent: 0 for a positive exponent, 1 for 0; its slope is known where the exponent is more than 1."""
    sign = t.sign(exponent)
    if sign is None or sign < 0:
        return t.undefined()
    if sign == 0:
        return t.rational(1)
    has_slope = exact is not None and exact > 1
    return t.rational(0) if has_slope or type(x) is not Dual else t.unsettled()


@_rule(MatMul)
def _matmul(v: Evaluation, e: MatMul) -> Matrix:
    result = v.node(e.factors[0])
    for factor in e.factors[1:]:
        other = v.node(factor)
        v.steps[0] += len(result.entries) * other.columns
        result = product(result, other)
    return result


@_rule(Transpose)
def _transpose(v: Evaluation, e: Transpose) -> Matrix:
    return v.node(e.operand).transpose()


@_rule(Elementwise)
def _elementwise(v: Evaluation, e: Elementwise) -> Matrix:
    return v.apply(e.function, [v.node(argument) for argument in e.arguments], e.order)


@_rule(Reduce)
def _reduce(v: Evaluation, e: Reduce) -> Matrix:
    m = v.node(e.operand)
    if e.axis is None:
        return single(total(m.entries))
    if e.axis == 0:
        return Matrix(1, m.columns, [total(m.column(j)) for j in range(m.columns)])
    return Matrix(m.rows, 1, [total(m.row(i)) for i in range(m.rows)])


@_rule(Component)
def _component(v: Evaluation, e: Component) -> Matrix:
    rows, columns = v.concrete_shape(e.operand)
    chosen_rows = range(rows) if e.row is None else (v.position(e.row),)
    chosen_columns = range(columns) if e.column is None else (v.position(e.column),)
    if max(chosen_rows) >= rows or max(chosen_columns) >= columns:
        raise Unsupported("A component lies outside its matrix at these sizes.")
    entries = [v.part(e.operand, i, j) for i in chosen_rows for j in chosen_columns]
    return Matrix(len(chosen_rows), len(chosen_columns), entries)


@_rule(IndexSum)
def _index_sum(v: Evaluation, e: IndexSum) -> Matrix:
    outer = v.binding
    terms = []
    for k in range(1, bounded(v.count(e.index.size)) + 1):
        v.binding = {**outer, e.index.name: k}
        terms.append(v.node(e.body))
    v.binding = outer
    return folded(add, terms)


@_rule(KroneckerDelta)
def _kronecker(v: Evaluation, e: KroneckerDelta) -> Matrix:
    for one, other in ((e.row, e.column), (e.column, e.row)):
        if isinstance(one, Index) and isinstance(other, int) and other > v.number(one.size):
            raise Unsupported("A position lies past the end at these sizes.")
    return single(v.arithmetic.rational(int(v.position(e.row) == v.position(e.column))))


@_rule(Diag)
def _diag(v: Evaluation, e: Diag) -> Matrix:
    entries, zero = v.node(e.operand).entries, v.arithmetic.rational(0)
    n = len(entries)
    bounded(n * n)
    return Matrix(n, n, [entries[i] if i == j else zero for i in range(n) for j in range(n)])


@_rule(Ones)
def _ones(v: Evaluation, e: Ones) -> Matrix:
    rows, columns = v.count(e.shape[0]), v.count(e.shape[1])
    return Matrix(rows, columns, [v.arithmetic.rational(1)] * bounded(rows * columns))


@_rule(Identity)
def _identity(v: Evaluation, e: Identity) -> Matrix:
    n = v.count(e.size)
    bounded(n * n)
    return Matrix(n, n, [v.arithmetic.rational(int(i == j)) for i in range(n) for j in range(n)])


@_rule(Explicit)
def _explicit(v: Evaluation, e: Explicit) -> Matrix:
    entries = [v.node(entry).entries[0] for row in e.rows for entry in row]
    return Matrix(len(e.rows), len(e.rows[0]), entries)


@_rule(Shorthand)
def _shorthand(v: Evaluation, e: Shorthand) -> Matrix:
    return v.node(expansion(e))


@_rule(Derivative)
def _derivative(v: Evaluation, e: Derivative, wanted: tuple[int, ...] | None = None) -> Matrix:
    """By dual numbers, with a seed for each entry of wrt (only the `wanted` ones of a gradient)."""
    if e.form == "formal":
        raise Unsupported("A factor of a chain has no value of its own.")
    if v.model.holds_fixed(e.of, e.wrt):
        raise Unsupported("A name in the formula of a function is not varied here.")
    name, grid = _seeds(v, e.wrt)
    if e.form == "jacobian":
        parts = v.slopes(e.of, name, grid.entries)
        if wanted is None:
            return Matrix(len(parts) // len(grid.entries), len(grid.entries), parts)
        return Matrix(1, len(wanted), [parts[k] for k in wanted])
    is_partial = e.form == "partial"
    if wanted is None:
        return Matrix(*grid.shape, v.slopes(e.of, name, grid.entries, partial=is_partial))
    return Matrix(1, len(wanted), v.slopes(e.of, name, [grid.entries[k] for k in wanted], partial=is_partial))


def _seeds(v: Evaluation, wrt: Expression) -> tuple[Key, Matrix]:
    """The name that is varied, and which of its entries, in the shape of wrt."""
    if isinstance(wrt, Tensor):
        key = v.model.key(wrt, v.point.concrete, v.layers)
        base = v.lookup(key)
        return key, Matrix(*base.shape, list(range(len(base.entries))))
    if isinstance(wrt, Transpose):
        key, grid = _seeds(v, wrt.operand)
        return key, grid.transpose()
    if isinstance(wrt, Component):
        key, grid = _seeds(v, wrt.operand)
        rows = range(grid.rows) if wrt.row is None else (v.position(wrt.row),)
        columns = range(grid.columns) if wrt.column is None else (v.position(wrt.column),)
        return key, Matrix(len(rows), len(columns), [grid[i, j] for i in rows for j in columns])
    raise Unsupported("A derivative is taken in a name or a component of one.")


def evaluate(e: Expression, point: Point, model: Model, arithmetic: Duals | None = None) -> Matrix:
    """The value of an expression: a matrix of rationals, and of balls where no exact value exists."""
    return Evaluation(model, point, arithmetic).value(e)
