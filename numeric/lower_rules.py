"""How each node becomes SymPy over arrays, with few passes over memory: one rule a node class.

A node without a rule (anything with indices) is left to the interpreter.
"""

from __future__ import annotations

import sympy

from derive.expression.nodes import (
    Constant,
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
)
from derive.expression.shapes import is_dot, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR, Shape, is_scalar
from derive.expression.traverse import children
from numeric.evaluate import law_of
from numeric.lower import Lowering, Rule

_MASKS = ("gt", "ge", "lt", "le", "eq", "ne")
_AXES = {None: "all", 0: "0", 1: "1"}


def _sum(low: Lowering, e: Sum) -> sympy.Expr:
    return sympy.Add(*(low.lower(t) for t in e.terms))


def _product(low: Lowering, e: Product) -> sympy.Expr:
    """Scalars are multiplied first, as numbers; an indicator beside an array stays a mask of booleans."""
    scalars = [low.lower(f) for f in e.factors if is_scalar(shape(f))]
    others = [f for f in e.factors if not is_scalar(shape(f))]
    plain = [f for f in others if not _is_mask(f)]
    arrays = [low.lower(f) if f in plain or not plain else _mask(low, f) for f in others]
    return _scaled(low, sympy.Mul(*scalars), sympy.Mul(*arrays))


def _scaled(low: Lowering, scalar: sympy.Expr, array: sympy.Expr) -> sympy.Expr:
    if array == 1 or scalar in (1, -1):
        return scalar * array
    if array.is_Add:
        # SymPy would multiply out: 2(a − y) is one pass over memory, 2a − 2y is two.
        array = low.named(array)
    return (scalar if scalar.is_Number else low.named(scalar)) * array


def _is_mask(e: Expression) -> bool:
    return isinstance(e, Elementwise) and e.function.name in _MASKS and e.order == 0


def _mask(low: Lowering, e: Expression) -> sympy.Expr:
    assert isinstance(e, Elementwise)
    return low.call(f"mask_{e.function.name}", shape(e), *(low.lower(a) for a in e.arguments))


def _matmul(low: Lowering, e: MatMul) -> sympy.Expr:
    result, static = low.lower(e.factors[0]), shape(e.factors[0])
    before: Expression = e.factors[0]  # what stands to the left, as long as that is one factor
    for factor in e.factors[1:]:
        other = shape(factor)
        if static == SCALAR or other == SCALAR:
            result, static = _scaled_product(low, result, static, low.lower(factor), other)
        elif is_dot(static, other):
            result = low.call("inner", SCALAR, low.full(result, static), low.full(low.lower(factor), other))
            static = SCALAR
        else:
            result, static = _pair(low, before, result, static, factor)
        before = e
    return result


def _scaled_product(low: Lowering, left: sympy.Expr, a: Shape, right: sympy.Expr, b: Shape) -> tuple[sympy.Expr, Shape]:
    scalar, array, static = (left, right, b) if a == SCALAR else (right, left, a)
    return _scaled(low, scalar, array), static


def _pair(
    low: Lowering, before: Expression, left: sympy.Expr, a: Shape, factor: Expression
) -> tuple[sympy.Expr, Shape]:
    """left @ factor. Ones are sums or broadcasts, a diagonal scales rows or columns, an outer product broadcasts."""
    b = shape(factor)
    static = (a[0], b[1])
    if isinstance(factor, Ones):
        return (left if a[1] == ONE else _total(low, left, a, 1)), static
    if isinstance(before, Ones):
        right = low.lower(factor)
        return (right if b[0] == ONE else _total(low, right, b, 0)), static
    if isinstance(before, Diag):
        return low.lower(_column(before.operand)) * low.lower(factor), static
    if isinstance(factor, Diag):
        return left * low.lower(Transpose(_column(factor.operand))), static
    right = low.lower(factor)
    if a[1] == ONE:
        return left * right, static
    product = low.call("matmul", static, low.full(left, a), low.full(right, b))
    return (low.call("item", SCALAR, product) if static == SCALAR else product), static


def _column(e: Expression) -> Expression:
    return e if shape(e)[1] == ONE else Transpose(e)


def _transpose(low: Lowering, e: Transpose) -> sympy.Expr:
    operand = low.lower(e.operand)
    if isinstance(e.operand, Transpose):
        return low.lower(e.operand.operand)
    rows, columns = low.shape(operand)
    return operand if (rows, columns) == SCALAR else low.call("transpose", (columns, rows), low.named(operand))


def _reduce(low: Lowering, e: Reduce) -> sympy.Expr:
    static = shape(e.operand)
    if e.axis is None and not is_scalar(static):
        pair = _inner(e.operand)
        if pair is not None:
            return low.call("inner", SCALAR, *(low.full(low.lower(p), static) for p in pair))
    return _total(low, low.lower(e.operand), static, e.axis)


def _inner(e: Expression) -> tuple[Expression, Expression] | None:
    """u and v of u ⊙ v, two of one shape; the square of u is u ⊙ u."""
    if isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value == 2:
        return e.base, e.base
    if isinstance(e, Product) and len(e.factors) == 2 and shape(e.factors[0]) == shape(e.factors[1]):
        return (e.factors[0], e.factors[1]) if not any(_is_mask(f) for f in e.factors) else None
    return None


def _total(low: Lowering, operand: sympy.Expr, static: Shape, axis: int | None) -> sympy.Expr:
    """The sum along an axis; an axis that is only broadcast is a factor."""
    found = low.shape(operand)
    axes = [k for k in (0, 1) if axis in (None, k)]
    count = sympy.Mul(*(low.size(static[k]) for k in axes if found[k] == ONE))
    left = [k for k in axes if found[k] != ONE]
    if left:
        which = None if len(left) == 2 else left[0]
        result = (ONE if 0 in left else found[0], ONE if 1 in left else found[1])
        operand = low.call("total_all" if result == SCALAR else f"total_{_AXES[which]}", result, operand)
    return operand * count


def _elementwise(low: Lowering, e: Elementwise) -> sympy.Expr:
    row = e.function
    arguments = [low.lower(a) for a in e.arguments]
    if row.name == "identity" and e.order == 0:
        return arguments[0]
    if row.kind != "known" or e.order > 1:
        return low.interpreted(e)
    if e.order == 1:
        law = law_of(row)
        by_name = dict(zip(row.parameters, e.arguments, strict=True))
        return low.lower(_bound(law, by_name))
    if row.name == "where" and _is_mask(e.arguments[0]):
        arguments[0] = _mask(low, e.arguments[0])
    prefix = "array" if not is_scalar(low.shape(arguments[0])) else "scalar"
    result = low.shape(sympy.Tuple(*arguments))
    return low.call(f"{prefix}_{row.name}", result, *arguments)


def _bound(e: Expression, arguments: dict[str, Expression]) -> Expression:
    """A law in the parameters of a function, with the arguments in their places."""
    if isinstance(e, Tensor):
        return arguments[e.name]
    if isinstance(e, Elementwise):
        return Elementwise(e.function, tuple(_bound(a, arguments) for a in e.arguments), e.order)
    if isinstance(e, (Sum, Product)):
        return type(e)(tuple(_bound(part, arguments) for part in children(e)))
    return Power(_bound(e.base, arguments), e.exponent) if isinstance(e, Power) else e


def _shorthand(low: Lowering, e: Shorthand) -> sympy.Expr:
    if e.name not in ("softmax", "logsumexp"):
        return low.lower(expand(e))
    operand = e.operands[0]
    if is_scalar(shape(operand)):
        return low.lower(operand) if e.name == "logsumexp" else sympy.Integer(1)
    return low.call(f"{e.name}_{_AXES[e.axis]}", shape(e), low.full(low.lower(operand), shape(operand)))


RULES: dict[type[Expression], Rule] = {
    Number: lambda low, e: sympy.Rational(e.value.numerator, e.value.denominator),
    Constant: lambda low, e: sympy.pi,
    Dimension: lambda low, e: low.size(e.size),
    Tensor: lambda low, e: low.tensor(e),
    Sum: _sum,
    Product: _product,
    Power: lambda low, e: sympy.Pow(low.lower(e.base), low.lower(e.exponent)),
    MatMul: _matmul,
    Transpose: _transpose,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Ones: lambda low, e: sympy.Integer(1),
    Identity: lambda low, e: low.call("eye", (e.size, e.size), low.size(e.size)),
    Shorthand: _shorthand,
}
