"""Which axis a sum goes along: 0 and 1 in NumPy, 1 and 2 in MATLAB, −1 for the last one."""

from __future__ import annotations

from dataclasses import replace

from derive.expression.nodes import Axis
from derive.expression.shapes import known_shape
from derive.expression.sizes import ONE, SCALAR
from derive.notation.context import Context
from derive.notation.conventions import has_matlab_signs
from derive.notation.syntax import Call, Name, Negated, Node, Num


def axis_number(context: Context, node: Node, operand: Node, is_positional: bool = False) -> Axis:
    """The axis that a number names, where `operand` is summed; a position counts from 1 where the signs are MATLAB's.

    The last axis of a column is its only one to NumPy, which may have it as an array of one axis: that is meant, unless
    only the other one conforms.
    Raises ReadError for other numbers.
    """
    if isinstance(node, Name) and node.text == "None":
        return None
    minus = isinstance(node, Negated)
    inner = node.operand if isinstance(node, Negated) else node
    value = int(inner.value) if isinstance(inner, Num) and inner.whole else None
    if is_positional and not minus and value in (1, 2) and has_matlab_signs(context.source.text):
        return 0 if value == 1 else 1
    if value is None or value not in ((1, 2) if minus else (0, 1)):
        raise context.error(node, "An axis is 0 (over the rows, down each column) or 1 (along each row).",
                            "Beside the signs .* and ' of MATLAB it is 1 or 2.")  # fmt: skip
    if minus and value == 1 and _is_column(context, operand) and context.prefer("last axis", 2) == 0:
        return 0
    return 1 if value == 1 else 0


def without_order(context: Context, call: Call) -> Call:
    """norm(x, 2) and norm(x, ord=2) of a vector, which is the norm; ReadError for the order of another norm."""
    if call.name != "norm":
        return call
    positional = call.arguments[1:] if len(call.arguments) == 2 else ()
    orders = [*positional, *(value for keyword, value in call.keywords if keyword in ("ord", "p"))]
    size = known_shape(context.build(call.arguments[0])) if orders else None
    for order in orders:
        if not (isinstance(order, Num) and order.value == 2 and size is not None and ONE in size):
            raise context.error(order, "Of norms only that of a vector, and of all entries of a matrix, is read.",
                                "Write norm(x), or sum(abs(x)).", "E-UNSUPPORTED")  # fmt: skip
    keywords = tuple((keyword, value) for keyword, value in call.keywords if keyword not in ("ord", "p"))
    arguments = call.arguments[: len(call.arguments) - len(positional)]
    return replace(call, arguments=arguments, keywords=keywords)


def down_columns(context: Context, call: Call) -> Axis:
    """sum(X) of a matrix goes down its columns in MATLAB, and over all entries elsewhere: both are readings there."""
    if call.name not in ("sum", "mean") or len(call.arguments) != 1 or not has_matlab_signs(context.source.text):
        return None
    size = known_shape(context.build(call.arguments[0]))
    is_matrix = size is not None and ONE not in size
    return 0 if is_matrix and context.pick("down columns", 2) == 0 else None


def _is_column(context: Context, node: Node) -> bool:
    size = known_shape(context.build(node))
    return size is not None and size != SCALAR and size[1] == ONE
