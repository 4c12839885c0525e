"""The shape of every expression; two operands that do not conform are named, with both shapes."""

from __future__ import annotations

from derive.errors import ShapeError
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
from derive.expression.sizes import ONE, SCALAR, Shape, Size, shape_text, size
from derive.expression.text import text

shape: Operation[Shape] = Operation("shape")


def known_shape(e: Expression) -> Shape | None:
    """The shape, or None for a formula that does not conform, or a sum of no terms: others say what is wrong."""
    try:
        return shape(e)
    except (ShapeError, IndexError):
        return None


def is_scalar(e: Expression) -> bool:
    """Whether an expression conforms, and is a number."""
    return known_shape(e) == SCALAR


def _mismatch(what: str, left: Expression, a: Shape, right: Expression, b: Shape, hint: str) -> ShapeError:
    return ShapeError(f"{what}: {text(left)} is {shape_text(a)} and {text(right)} is {shape_text(b)}.", suggestion=hint)


def broadcast_sizes(a: Size, b: Size) -> Size | None:
    """The common size of two axes, or None: sizes must be equal, or one of them 1.

    >>> from derive.expression.sizes import size
    >>> broadcast_sizes(size("n"), size(1))
    n
    """
    if a == b or b == 1:
        return a
    return b if a == 1 else None


def broadcast(what: str, operands: tuple[Expression, ...]) -> Shape:
    """The NumPy broadcast of the operands' shapes."""
    result, widest = shape(operands[0]), operands[0]
    for operand in operands[1:]:
        other = shape(operand)
        rows = broadcast_sizes(result[0], other[0])
        columns = broadcast_sizes(result[1], other[1])
        if rows is None or columns is None:
            hint = "Use @ for a matrix product, .T to transpose." if what != "sum" else "Both must have one shape."
            raise _mismatch(f"The {what} does not conform", widest, result, operand, other, hint)
        if (rows, columns) != result:
            result, widest = (rows, columns), operand
    return result


@shape.rule(Number, Constant, Dimension, KroneckerDelta)
def _scalar(e: Expression) -> Shape:
    return SCALAR


@shape.rule(Tensor, Ones)
def _named(e: Tensor | Ones) -> Shape:
    return e.shape


@shape.rule(Identity)
def _identity(e: Identity) -> Shape:
    return (e.size, e.size)


@shape.rule(Sum)
def _sum(e: Sum) -> Shape:
    return broadcast("sum", e.terms)


@shape.rule(Product)
def _product(e: Product) -> Shape:
    return broadcast("elementwise product", e.factors)


@shape.rule(Power)
def _power(e: Power) -> Shape:
    if shape(e.exponent) != SCALAR:
        raise ShapeError(f"The exponent {text(e.exponent)} is {shape_text(shape(e.exponent))}; it must be a scalar.")
    return shape(e.base)


@shape.rule(MatMul)
def _matmul(e: MatMul) -> Shape:
    """Scalars pass through a product; two columns are their dot product, a column and a row their outer product."""
    left = shape(e.factors[0])
    for position, right in enumerate(e.factors[1:], start=1):
        other = shape(right)
        joined = matmul_shape(left, other)
        if joined is None:
            before = e.factors[0] if position == 1 else MatMul(e.factors[:position])
            raise _mismatch("The matrix product does not conform", before, left, right, other,
                            "The columns of the left must equal the rows of the right; .T transposes.")  # fmt: skip
        left = joined
    return left


def matmul_shape(left: Shape, right: Shape) -> Shape | None:
    """The shape of left @ right, or None if they do not conform."""
    if left == SCALAR or right == SCALAR:
        return right if left == SCALAR else left
    if left[1] == right[0]:
        return (left[0], right[1])
    return SCALAR if is_dot(left, right) else None


def is_dot(left: Shape, right: Shape) -> bool:
    """Whether u @ v of these shapes is read as the dot product of two columns."""
    return left == right and left[1] == ONE and left[0] != ONE


@shape.rule(Transpose)
def _transpose(e: Transpose) -> Shape:
    rows, columns = shape(e.operand)
    return (columns, rows)


@shape.rule(Elementwise)
def _elementwise(e: Elementwise) -> Shape:
    return broadcast(f"argument list of {e.function.name}", e.arguments)


@shape.rule(Reduce)
def _reduce(e: Reduce) -> Shape:
    return reduced(shape(e.operand), e.axis)


def reduced(s: Shape, axis: int | None) -> Shape:
    return SCALAR if axis is None else (ONE, s[1]) if axis == 0 else (s[0], ONE)


def _past_the_end(e: Component, s: Shape, axis: int, position: int) -> ShapeError:
    """Which index it is, what its range is, and which entry may be meant."""
    what = "entry" if ONE in s else "column" if axis else "row"
    most = int(s[axis])
    near = Component(e.operand, *((most if k == axis else p) for k, p in enumerate((e.row, e.column))))
    said = f"{text(e)}: {what} {position} is past the end of {text(e.operand)}, which is {shape_text(s)}."
    meant = "" if s == SCALAR else f"The last {what} is {most}: {text(near)}."
    return ShapeError(said, suggestion=meant)


def _other_index(e: Component, s: Shape) -> str:
    turned = [p.size for p in (e.column, e.row) if isinstance(p, Index)]
    if turned == list(s):
        return f"The other way round it fits: {text(Component(e.operand, e.column, e.row))}."
    return "Another index belongs there, or another name."


@shape.rule(Component)
def _component(e: Component) -> Shape:
    s = shape(e.operand)
    for axis, position in enumerate((e.row, e.column)):
        if position is None:
            continue
        if isinstance(position, int):
            if s[axis].is_Integer and position > int(s[axis]):
                raise _past_the_end(e, s, axis, position)
        elif position.size != s[axis]:
            raise ShapeError(f"{text(e)}: the index {position.name} runs to {position.size}, but that axis of "
                             f"{text(e.operand)} ({shape_text(s)}) has {s[axis]} entries.",
                             suggestion=_other_index(e, s))  # fmt: skip
    return (s[0] if e.row is None else ONE, s[1] if e.column is None else ONE)


@shape.rule(IndexSum)
def _index_sum(e: IndexSum) -> Shape:
    return shape(e.body)


@shape.rule(Diag)
def _diag(e: Diag) -> Shape:
    rows, columns = shape(e.operand)
    if ONE not in (rows, columns):
        raise ShapeError(f"diag needs a vector, but {text(e.operand)} is {shape_text((rows, columns))}.")
    n = rows if columns == ONE else columns
    return (n, n)


@shape.rule(Explicit)
def _explicit(e: Explicit) -> Shape:
    for entry in (entry for row in e.rows for entry in row):
        found = shape(entry)
        if found != SCALAR:
            raise ShapeError(f"The entries of a matrix are numbers, but {text(entry)} is {shape_text(found)}.")
    return (size(len(e.rows)), size(len(e.rows[0])))


@shape.rule(Derivative)
def _derivative(e: Derivative) -> Shape:
    of, wrt = shape(e.of), shape(e.wrt)
    if e.form == "jacobian":
        for what, s in ((e.of, of), (e.wrt, wrt)):
            if ONE not in s:
                raise ShapeError(f"A Jacobian is taken of vectors, but {text(what)} is {shape_text(s)}.")
        return (of[0] * of[1], wrt[0] * wrt[1])
    if e.form != "formal" and of != SCALAR:
        raise ShapeError(f"A gradient is taken of a scalar, but {text(e.of)} is {shape_text(of)}.",
                         suggestion="Use jacobian(…) for a vector.")  # fmt: skip
    return wrt


@shape.rule(Shorthand)
def _shorthand(e: Shorthand) -> Shape:
    first = shape(e.operands[0])
    if e.name == "softmax":
        return first
    if e.name in ("norm", "mean", "logsumexp"):
        return reduced(first, e.axis)
    if e.name == "trace":
        if first[0] != first[1]:
            raise ShapeError(f"trace needs a square matrix, but {text(e.operands[0])} is {shape_text(first)}.")
        return SCALAR
    if e.name == "outer":
        second = shape(e.operands[1])
        for operand, s in zip(e.operands, (first, second), strict=True):
            if s[1] != ONE:
                raise ShapeError(f"outer needs columns, but {text(operand)} is {shape_text(s)}.")
        return (first[0], second[0])
    broadcast(e.name, e.operands)
    if first != shape(e.operands[1]):
        raise _mismatch(f"{e.name} needs two operands of one shape", e.operands[0], first, e.operands[1],
                        shape(e.operands[1]), "")  # fmt: skip
    return SCALAR
