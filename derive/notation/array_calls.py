"""Calls of array libraries that shapes decide: reshape, [:, None], transpose with axes, shape, ones_like.

An array of one axis is a column here, or a row; what only sets it up or lays it down is said by its shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from derive.expression.functions import apply
from derive.expression.nodes import Dimension, Expression, Identity, Ones, Transpose
from derive.expression.shapes import shape
from derive.expression.sizes import ONE
from derive.notation.arrays import is_new_axis, is_whole_axis
from derive.notation.context import Context
from derive.notation.einsum import build_einsum
from derive.notation.syntax import Call, Name, Negated, Node, Num

Handler = Callable[[Context, Call], Expression]


def build_array_call(context: Context, call: Call) -> Expression:
    """The value of a call that HANDLERS knows; ReadError without an argument."""
    if not call.arguments:
        raise context.error(call, f"{call.name} takes an argument.", f"Write {call.name}(X).")
    return HANDLERS[call.name](context, call)


def laid_out(context: Context, node: Node, operand: Expression, positions: Sequence[Node]) -> Expression | None:
    """x[:, None] is a column, x[None, :] a row; None where no position is a new axis."""
    new = [is_new_axis(position) for position in positions]
    if not any(new):
        return None
    is_plain = all(is_new or is_whole_axis(p) for is_new, p in zip(new, positions, strict=True))
    if not is_plain or len(positions) != 2 or all(new) or not _is_vector(operand):
        raise context.error(node, "A new axis makes a column or a row of a vector.", "Write x[:, None] or x[None, :].")
    return _column(operand) if new[1] else Transpose(_column(operand))


def _is_vector(e: Expression) -> bool:
    return ONE in shape(e)


def _column(e: Expression) -> Expression:
    return e if shape(e)[1] == ONE else e.operand if isinstance(e, Transpose) else Transpose(e)


def _reshape(context: Context, call: Call) -> Expression:
    """x.reshape(-1, 1), reshape(x, (1, n)): a column, a row; what has the same shape stays."""
    operand = context.build(call.arguments[0])
    sizes = call.arguments[1:]
    if call.keywords or not 1 <= len(sizes) <= 2:
        raise _no_reshaping(context, call)
    if len(sizes) == 1:
        if not _is_vector(operand):
            raise _no_reshaping(context, call)
        return operand
    rows, columns = (None if _is_rest(size) else context.size(size) for size in sizes)
    if (rows, columns) == shape(operand):
        return operand
    if not _is_vector(operand) or ONE not in (rows, columns):
        raise _no_reshaping(context, call)
    column = _column(operand)
    made = column if columns == ONE else Transpose(column)
    if any(given is not None and given != side for given, side in zip((rows, columns), shape(made), strict=True)):
        raise _no_reshaping(context, call)
    return made


def _no_reshaping(context: Context, call: Call) -> Exception:
    return context.error(call, "Only a vector is read in another shape.", "Write x.reshape(-1, 1) or reshape(1, -1).")


def _is_rest(size: Node) -> bool:
    """-1: as many as there are."""
    return isinstance(size, Negated) and isinstance(size.operand, Num) and size.operand.value == 1


def _unsqueeze(context: Context, call: Call) -> Expression:
    """x.unsqueeze(1) is a column, x.unsqueeze(0) a row."""
    axes = [*call.arguments[1:], *(value for keyword, value in call.keywords if keyword == "axis")]
    operand = context.build(call.arguments[0])
    axis = _whole(axes[0]) if len(axes) == 1 else None
    if axis not in (-2, -1, 0, 1) or not _is_vector(operand):
        raise context.error(call, "A new axis makes a column or a row of a vector.", "Write x.unsqueeze(1).")
    return _column(operand) if axis in (1, -1) else Transpose(_column(operand))


def _whole(node: Node) -> int | None:
    if isinstance(node, Negated):
        inner = _whole(node.operand)
        return None if inner is None else -inner
    return int(node.value) if isinstance(node, Num) and node.whole else None


def _flatten(context: Context, call: Call) -> Expression:
    """The entries of a vector one after the other, which is the vector."""
    operand = context.build(call.arguments[0])
    if not _is_vector(operand):
        raise _no_reshaping(context, call)
    return operand


def _transpose(context: Context, call: Call) -> Expression:
    """X.transpose(0, 1), X.transpose(-1, -2), np.transpose(X)."""
    operand, *axes = call.arguments
    numbers = [_whole(axis) for axis in axes]
    if call.keywords or len(axes) not in (0, 2) or {n if n is None else n % 2 for n in numbers} not in (set(), {0, 1}):
        raise context.error(call, "A matrix has two axes to exchange.", "Write X.T.")
    return Transpose(context.build(operand))


def _size_of(context: Context, call: Call) -> Expression:
    """X.shape[0], len(X): how many rows; X.shape[1]: how many columns."""
    operand, *axes = call.arguments
    axis = _whole(axes[0]) if axes else 0
    sides = shape(context.build(operand))
    if call.keywords or len(axes) > 1 or axis not in (-2, -1, 0, 1):
        raise context.error(call, "A matrix has the axes 0 and 1.", "Write X.shape[0].")
    if ONE in sides and axis in (0, -1):
        return Dimension(sides[0] if sides[1] == ONE else sides[1])
    return Dimension(sides[axis])


def _ones_of(context: Context, call: Call) -> Expression:
    return Ones(shape(context.build(call.arguments[0])))


def _identity(context: Context, call: Call) -> Expression:
    """np.identity(n) of a size; of anything else the function that changes nothing."""
    if len(call.arguments) != 1 or call.keywords:
        raise context.error(call, "identity takes 1 argument.", "Write eye(n).")
    (argument,) = call.arguments
    found = context.names.find(argument.text) if isinstance(argument, Name) else None
    if isinstance(argument, Num) or isinstance(found, Dimension):
        return Identity(context.size(argument))
    return apply("identity", context.build(argument))


HANDLERS: Mapping[str, Handler] = {
    "einsum": build_einsum,
    "reshape": _reshape,
    "unsqueeze": _unsqueeze,
    "flatten": _flatten,
    "squeeze": _flatten,
    "transpose": _transpose,
    "t": _transpose,
    "shape": _size_of,
    "len": _size_of,
    "ones_of": _ones_of,
    "identity": _identity,
}
"""One handler for each call whose meaning shapes decide."""
