"""Calls: one handler for each notation that is not an elementwise function; the rest comes from the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from derive.expression.function import Function
from derive.expression.functions import apply
from derive.expression.nodes import (
    Axis,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Expression,
    Identity,
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
    number,
)
from derive.expression.shapes import known_shape
from derive.expression.shorthand import NOTATIONS
from derive.expression.sizes import ONE, SCALAR
from derive.notation.array_calls import HANDLERS, build_array_call
from derive.notation.arrays import NAMES, translated
from derive.notation.axes import axis_number, down_columns, without_order
from derive.notation.context import Context
from derive.notation.repeated import second, straightened, too_many_axes
from derive.notation.source import MissingSign
from derive.notation.syntax import Call, Compared, Name, Node, Num, Span

Handler = Callable[[Context, Call], Expression]
_Form = Literal["gradient", "jacobian", "partial", "formal"]


def build_call(context: Context, call: Call) -> Expression:
    """The expression a call stands for; declared names go before built-in ones.

    Raises ReadError for unknown functions, and where the number of arguments is wrong.
    """
    declared = call.name in context.names.scope.functions
    if not declared and context.names.find(call.name) is not None:
        raise MissingSign(
            f"{call.name} is not a function.",
            position=context.source.position(call.start, call.name_end),
            suggestion=f"A product needs its sign: {call.name}*(…) or {call.name} @ (…).",
        )
    if not declared:
        spelled = translated(call)
        if not isinstance(spelled, Call):
            return context.build(spelled)
        call = spelled
    if not declared and not call.primes:
        handler = _HANDLERS.get(call.name) or (build_array_call if call.name in HANDLERS else None)
        if handler is not None:
            return handler(context, call)
        if call.name in NOTATIONS:
            return _notation(context, call)
    if not declared and call.name == "softmax" and call.primes == 1:
        return _softmax_slope(context, call)
    function = context.names.function(call.name)
    if function is None and call.name in _ABSENT:
        raise context.error(call, f"There is no {_ABSENT[call.name]} here.", "Give its value a name of its own.")
    if function is None:
        raise context.error(
            Name(call.start, call.name_end, 1, call.name),
            f"The function {call.name}{chr(39) * call.primes} is not known.",
            context.names.function_suggestion(call.name, BUILT_IN),
        )
    return _elementwise(context, call, function)


def _elementwise(context: Context, call: Call, function: Function) -> Expression:
    arguments = [context.build(a) for a in call.arguments]
    least = len(function.parameters) - len(function.defaults)
    for keyword, value in call.keywords:
        if len(arguments) >= len(function.parameters) or function.parameters[len(arguments)] != keyword:
            raise context.error(value, f"{call.name} has no parameter {keyword} here.", _usage(function))
        arguments.append(context.build(value))
    if not least <= len(arguments) <= len(function.parameters):
        raise _wrong_count(context, call, least, _usage(function))
    missing = len(function.parameters) - len(arguments)
    defaults = function.defaults[len(function.defaults) - missing :] if missing else ()
    return Elementwise(function, (*arguments, *map(Number, defaults)), call.primes)


def _usage(function: Function) -> str:
    return f"Write {function.name}({', '.join(function.parameters)})."


def _wrong_count(context: Context, call: Call, count: int, suggestion: str = "") -> Exception:
    many = f"{count} argument{'s' * (count != 1)}"
    return context.error(call, f"{call.name} takes {many}, not {len(call.arguments)}.", suggestion)


def _operands(context: Context, call: Call, count: int, keywords: tuple[str, ...] = ()) -> list[Expression]:
    """Exactly `count` built arguments and none but the named keywords."""
    if len(call.arguments) != count:
        raise _wrong_count(context, call, count)
    for keyword, value in call.keywords:
        if keyword not in keywords:
            raise context.error(value, f"{call.name} has no parameter {keyword}.")
    return [context.build(a) for a in call.arguments]


# ---- sums and other reductions


def _axis(context: Context, call: Call, operands: int) -> tuple[Call, Axis]:
    """The call without its axis (positional or axis=), and the axis; keepdims says nothing here."""
    rest, axis = call.arguments, None
    if len(rest) == operands + 1:
        rest, axis = rest[:-1], axis_number(context, rest[-1], rest[0], is_positional=True)
    keywords = []
    for keyword, value in call.keywords:
        if keyword == "axis":
            axis = axis_number(context, value, rest[0] if rest else value)
        elif keyword != "keepdims":
            keywords.append((keyword, value))
    fields = (call.start, call.end, call.depth, call.name, call.name_end, call.primes)
    plain = Call(*fields, rest, tuple(keywords))
    return plain, down_columns(context, plain) if axis is None else axis


def _laid_down(context: Context, call: Call, e: Expression) -> Expression:
    """What is left of a matrix that is summed along an axis has one axis: NumPy sets it up as a column or lays it down
    as a row, wherever it conforms; with keepdims it stays as it is."""
    keeps = any(keyword == "keepdims" for keyword, _ in call.keywords)
    size = known_shape(e)
    if keeps or not context.is_array_code or size is None or size[0] != ONE or size[1] == ONE:
        return e
    return Transpose(e) if context.prefer("flat", 2) else e


def _sum(context: Context, call: Call) -> Expression:
    """sum(x), sum(x, axis=0), sum(W[j,k]*x[k], k), sum(x, k=1..n)."""
    binders: list[tuple[Node, str, Node | None]] = []
    arguments = list(call.arguments)
    while len(arguments) > 1 and (name := _binder(context, arguments[-1])):
        binders.insert(0, (arguments.pop(), name, None))
    keywords = []
    for keyword, value in call.keywords:
        if isinstance(value, Span) and (value.upper is not None or keyword != "axis"):
            binders.append((value, keyword, value.upper))
        else:
            keywords.append((keyword, value))
    fields = (call.start, call.end, call.depth, call.name, call.name_end, call.primes)
    plain = Call(*fields, tuple(arguments), tuple(keywords))
    if not binders:
        plain, axis = _axis(context, plain, 1)
        return _laid_down(context, call, Reduce(_operands(context, plain, 1)[0], axis))
    return _index_sum(context, plain, binders)


def _index_sum(context: Context, call: Call, binders: list[tuple[Node, str, Node | None]]) -> Expression:
    if not binders:
        return _operands(context, call, 1)[0]
    node, name, upper = binders[-1]
    size = None if upper is None else context.size(upper)
    with context.indices.bind(name, size, node) as entry:
        body = _index_sum(context, call, binders[:-1])
    return IndexSum(body, entry.index(node))


def _binder(context: Context, node: Node) -> str:
    """The name of the index that a sum runs over, or "" if the argument is an axis or a formula."""
    if not isinstance(node, Name) or node.text == "None":
        return ""
    return node.text if context.indices.is_known(node.text) or context.names.find(node.text) is None else ""


def _notation(context: Context, call: Call) -> Expression:
    row = NOTATIONS[call.name]
    call = without_order(context, call)
    plain, axis = _axis(context, call, row.arity) if row.takes_axis else (call, None)
    found = Shorthand(row.name, tuple(_operands(context, plain, row.arity)), axis)
    return found if axis is None or row.name == "softmax" else _laid_down(context, call, found)


def _softmax_slope(context: Context, call: Call) -> Expression:
    """softmax'(z) is the Jacobian of softmax; of a formula in the closed form diag(p) − p pᵀ."""
    operand = _operands(context, call, 1)[0]
    p = Shorthand("softmax", (operand,))
    if isinstance(operand, Tensor):
        return Derivative(p, operand, "jacobian")
    return Sum((Diag(p), Product((number(-1), MatMul((p, Transpose(p)))))))


def _dot(context: Context, call: Call) -> Expression:
    """Of two vectors of one shape their dot product; with a scalar a product; else the matrix product, as in NumPy."""
    left, right = _operands(context, call, 2)
    a, b = known_shape(left), known_shape(right)
    if a is None or b is None or (a == b and ONE in a):
        return Shorthand("dot", (left, right))
    return Product((left, right)) if SCALAR in (a, b) else MatMul((left, right))


# ---- derivatives, constant matrices, and the rest


def _derivative(form: _Form) -> Handler:
    def handler(context: Context, call: Call) -> Expression:
        of, wrt = _operands(context, call, 2)
        wrt = straightened(wrt)
        if form == "gradient" and isinstance(of, Derivative) and known_shape(of) not in (SCALAR, None):
            return _gradient_of_gradient(context, call, of, wrt)
        if form == "gradient" and isinstance(wrt, Transpose):
            # The row W[j,:] as a column: its gradient is a column, too.
            return Transpose(Derivative(of, wrt.operand, form))
        return Derivative(of, wrt, form)

    return handler


def _gradient_of_gradient(context: Context, call: Call, of: Derivative, wrt: Expression) -> Expression:
    """The matrix of second derivatives, where it is clear which variable goes along its rows."""
    if of.wrt != wrt and SCALAR not in (known_shape(of.wrt), known_shape(wrt)):
        raise context.error(call, "Which of the two variables goes along the rows is not said.",
                            "Write hessian(E, u, v), or jacobian(grad(E, u), v): u does.", "E-AMBIGUOUS")  # fmt: skip
    return Derivative(of, wrt, "jacobian")


def _hessian(context: Context, call: Call) -> Expression:
    """hessian(E, w), and hessian(E, u, v) with u along its rows and v along its columns."""
    of, *wrt = _operands(context, call, 3 if len(call.arguments) == 3 else 2)
    found = second(of, wrt[0], wrt[-1])
    if found is None:
        raise too_many_axes(context, call)
    return found


def _ones(context: Context, call: Call) -> Expression:
    if call.keywords or len(call.arguments) not in (1, 2):
        raise _wrong_count(context, call, 2, "Write ones(n, m), or ones(n) for a column.")
    sizes = [context.size(a) for a in call.arguments]
    if len(sizes) == 1 and context.is_array_code and context.prefer("flat ones", 2):
        return Ones((ONE, sizes[0]))  # of one axis, and in front of a matrix a row
    return Ones((sizes[0], sizes[1] if len(sizes) == 2 else ONE))


def _eye(context: Context, call: Call) -> Expression:
    if call.keywords or len(call.arguments) != 1:
        raise _wrong_count(context, call, 1, "Write eye(n).")
    return Identity(context.size(call.arguments[0]))


def _size(context: Context, call: Call) -> Expression:
    if call.keywords or len(call.arguments) != 1:
        raise _wrong_count(context, call, 1, "Write size(2*n).")
    return Dimension(context.size(call.arguments[0]))


def _kron(context: Context, call: Call) -> Expression:
    if call.keywords or len(call.arguments) != 2:
        raise _wrong_count(context, call, 2, "Write kron(i, j).")
    first, second = (_kron_position(context, a) for a in call.arguments)
    row, column = context.indices.equal((first, second), call)
    return KroneckerDelta(row, column)


def _kron_position(context: Context, node: Node) -> str | int:
    if isinstance(node, Num) and node.whole and node.value >= 1:
        return int(node.value)
    if isinstance(node, Name) and (context.indices.is_known(node.text) or context.names.find(node.text) is None):
        return node.text
    raise context.error(node, "kron takes two indices, or positions counted from 1.", "Write kron(i, j).", "E-INDEX")


def _heaviside(context: Context, call: Call) -> Expression:
    """H(z) is 1 where z > 0; NumPy has a second argument for what it is at 0."""
    z, *rest = _operands(context, call, len(call.arguments) if len(call.arguments) in (1, 2) else 1)
    above = apply("gt", z, number(0))
    if not rest:
        return above
    return apply("where", above, number(1), apply("where", apply("lt", z, number(0)), number(0), rest[0]))


def _indicator(context: Context, call: Call) -> Expression:
    """I(z > 0)."""
    if len(call.arguments) != 1 or call.keywords or not isinstance(call.arguments[0], Compared):
        raise context.error(call, "I is an indicator of a condition.", "Write I(z > 0), or eye(n) for the identity.")
    return context.build(call.arguments[0])


def _array(context: Context, call: Call) -> Expression:
    """np.array(x, copy=True) is x."""
    if len(call.arguments) != 1:
        raise _wrong_count(context, call, 1)
    return context.build(call.arguments[0])


def _of(count: int, make: Callable[..., Expression]) -> Handler:
    def handler(context: Context, call: Call) -> Expression:
        return make(*_operands(context, call, count))

    return handler


def _diag(context: Context, call: Call) -> Expression:
    """diag(v) is a matrix; diag(A) of a square matrix is the column of its diagonal."""
    (operand,) = _operands(context, call, 1)
    size = known_shape(operand)
    if size is None or ONE in size:
        return Diag(operand)
    if size[0] != size[1]:
        raise context.error(call, "The diagonal of a matrix that is not square is not read.",
                            "Write its entries: A[i,i].", "E-UNSUPPORTED")  # fmt: skip
    return Reduce(Product((operand, Identity(size[0]))), 1)


def _of_any(make: Callable[[tuple[Expression, ...]], Expression]) -> Handler:
    def handler(context: Context, call: Call) -> Expression:
        return make(tuple(_operands(context, call, len(call.arguments))))

    return handler


_HANDLERS: Mapping[str, Handler] = {
    "sum": _sum,
    "dot": _dot,
    "grad": _derivative("gradient"),
    "jacobian": _derivative("jacobian"),
    "hessian": _hessian,
    "partial": _derivative("partial"),
    "formal": _derivative("formal"),
    "ones": _ones,
    "eye": _eye,
    "size": _size,
    "kron": _kron,
    "diag": _diag,
    "square": _of(1, lambda x: Power(x, number(2))),
    "max": _of(2, lambda a, b: apply("maximum", a, b)),
    "min": _of(2, lambda a, b: apply("minimum", a, b)),
    "multiply": _of(2, lambda a, b: Product((a, b))),
    "matmul": _of(2, lambda a, b: MatMul((a, b))),
    "tr": _of(1, lambda x: Shorthand("trace", (x,))),
    "heaviside": _heaviside,
    "I": _indicator,
    **dict.fromkeys(("array", "asarray"), _array),
    "sumof": _of_any(Sum),
    "productof": _of_any(Product),
    "matmulof": _of_any(MatMul),
}

_ABSENT: Mapping[str, str] = {
    "det": "determinant",
    **dict.fromkeys(("inv", "inverse", "pinv"), "inverse of a matrix"),
    **dict.fromkeys(("E", "expectation"), "expectation"),
    **dict.fromkeys(("Var", "var", "Cov", "cov"), "variance"),
    **dict.fromkeys(("conv", "convolve"), "convolution"),
    "vec": "vectorisation",
    "eig": "eigenvalue",
}
"""What some write as a function, and what we do not have."""

BUILT_IN = frozenset(_HANDLERS) | frozenset(HANDLERS) | NAMES | frozenset(NOTATIONS)
"""Names that are read as notations when they are called."""
