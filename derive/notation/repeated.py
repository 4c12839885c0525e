"""Derivatives of derivatives: hessian(E, w), ∂²E/∂w_i∂w_j, d²y/dx².

A second derivative needs no node of its own: it is the derivative of a derivative. What is asked here is only which
one is meant. Of a scalar by one scalar after another each is a gradient; by two vectors u and v it is the matrix with
∂²E/∂u_i∂v_j in row i and column j, which is the Jacobian in v of the gradient in u. For u = v that is symmetric, and no
layout matters. What would have more than two axes is refused; its entries, by W[i,j] and W[k,l], are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.expression.nodes import Component, Derivative, Expression, Transpose
from derive.expression.shapes import known_shape
from derive.expression.sizes import ONE, SCALAR
from derive.notation.chains import half
from derive.notation.context import Context
from derive.notation.syntax import Differential, Node, Repeated


def straightened(wrt: Expression) -> Expression:
    """An entry of a transpose as the entry of what is transposed: one differentiates by entries of names."""
    if isinstance(wrt, Component) and isinstance(wrt.operand, Transpose) and known_shape(wrt) == SCALAR:
        return Component(wrt.operand.operand, wrt.column, wrt.row)
    return wrt


def second(of: Expression, rows: Expression, columns: Expression) -> Expression | None:
    """∂²of/∂rows ∂columns; None if it has more than two axes.

    Of a scalar by two vectors a matrix; by a scalar and something else shaped like that; of a column by two scalars a
    column.
    """
    readings = repeated(of, (rows, columns))
    return readings[0] if readings else None


def repeated(of: Expression, wrt: Sequence[Expression]) -> tuple[Expression, ...]:
    """The readings of ∂ⁿof/∂wrt[0]…∂wrt[n−1]; () if it has more than two axes.

    ∂²E/∂u∂vᵀ has u along its rows; where neither of two different vectors is turned, either may go along the rows.
    """
    variables = [straightened(v) for v in wrt]
    plain = [v.operand if isinstance(v, Transpose) else v for v in variables]
    tensors = [v for v in plain if known_shape(v) != SCALAR]
    if known_shape(of) != SCALAR:
        return _of_a_vector(of, plain) if not tensors else ()
    for scalar in reversed([v for v in plain if known_shape(v) == SCALAR]):
        of = Derivative(of, scalar)
    if not tensors:
        return (of,)
    if len(tensors) == 1:
        return (Derivative(of, tensors[0]),)
    if len(tensors) > 2 or any(ONE not in (known_shape(v) or ()) for v in tensors):
        return ()
    first, last = tensors
    ways = [_matrix(of, first, last), _matrix(of, last, first)]
    turned = [isinstance(v, Transpose) for v in variables if known_shape(v) != SCALAR]
    if first == last or turned == [False, True]:
        return (ways[0],)
    return (ways[1],) if turned == [True, False] else tuple(ways)


def _matrix(of: Expression, rows: Expression, columns: Expression) -> Expression:
    return Derivative(Derivative(of, rows), columns, "jacobian")


def _of_a_vector(of: Expression, scalars: Sequence[Expression]) -> tuple[Expression, ...]:
    """d²u/dt², shaped like the vector u."""
    size = known_shape(of)
    if size is None or ONE not in size:
        return ()
    column = of
    for scalar in reversed(scalars):
        column = Derivative(column, scalar, "jacobian")
    return (column if size[1] == ONE else Transpose(column),)


def build_repeated(context: Context, node: Repeated) -> Expression:
    """∂²E/∂w_i∂w_j as it is written."""
    of = context.build(half(context, Differential(node.start, node.end, node.depth, node.of)) or node.of)
    wrt = [context.build(half(context, Differential(v.start, v.end, v.depth, v)) or v) for v in node.wrt]
    readings = repeated(of, wrt)
    if not readings:
        raise too_many_axes(context, node)
    found = readings[context.pick(("second derivative", len(readings)), len(readings))]
    is_turned = context.layout.gradient == "numerator" and isinstance(found, Derivative) and found.form == "gradient"
    return Transpose(found) if is_turned and known_shape(found) != SCALAR else found


def too_many_axes(context: Context, node: Node) -> Exception:
    """The error for the second derivative of a scalar by a matrix, or of a vector by a vector."""
    return context.error(node, "This second derivative has more than two axes.",
                         "Ask for an entry: d2E/(dW[i,j] dW[k,l]).", "E-UNSUPPORTED")  # fmt: skip
