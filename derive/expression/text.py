"""Writing expressions as text that reads back as the same expression: `read(text(e)) == e`.

Precedence, loosest first: comparison, sum, unary minus, product (`*`, `/` and `@`, left to right), power, postfix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import sympy

from derive.expression.functions import COMPARISONS
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
    Position,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.sizes import size_text

SUM, UNARY, PRODUCT, POWER, ATOM = range(5)

_SIGNS = {name: sign for sign, name in COMPARISONS.items()}
_MINUS_ONE = Fraction(-1)

Written = tuple[str, int]


def text(e: Expression) -> str:
    """The expression as one line of text in the notation that users type.

    >>> from derive.expression.nodes import scalar
    >>> text(-(scalar("y") - scalar("a")) * scalar("x"))
    '-(y - a)*x'
    """
    return _write(e)[0]


def layer_text(layer: sympy.Expr) -> str:
    """A layer subscript without spaces: l+1."""
    return str(layer).replace(" ", "")


def tensor_text(e: Tensor) -> str:
    return e.name if e.layer is None else f"{e.name}[{layer_text(e.layer)}]"


def number_text(value: Fraction) -> str:
    return str(value)


def _write(e: Expression) -> Written:
    kept = e.__dict__
    if "_text" not in kept:
        kept["_text"] = _WRITERS[type(e)](e)
    return kept["_text"]  # type: ignore[no-any-return]


def _at(e: Expression, level: int) -> str:
    """The text of a part that stands where at least `level` is needed, in brackets if it is looser."""
    written, own = _write(e)
    return written if own >= level else f"({written})"


def _number(e: Number) -> Written:
    value = e.value
    if value < 0:
        return number_text(value), UNARY
    return number_text(value), ATOM if value.denominator == 1 else PRODUCT


def _sum(e: Sum) -> Written:
    if len(e.terms) < 2:
        return f"sumof({text(e.terms[0])})" if e.terms else "sumof()", ATOM
    parts = [_at(e.terms[0], UNARY)]
    for term in e.terms[1:]:
        if _is_negated(term):
            parts.append(" - " + _at(term, UNARY)[1:])
        else:
            parts.append(" + " + _at(term, PRODUCT))
    return "".join(parts), SUM


def _is_negated(term: Expression) -> bool:
    written, level = _write(term)
    return level == UNARY and written.startswith("-")


def _product(e: Product) -> Written:
    if len(e.factors) < 2:
        return f"productof({text(e.factors[0])})" if e.factors else "productof()", ATOM
    first, rest = e.factors[0], e.factors[1:]
    if isinstance(first, Number) and first.value == _MINUS_ONE and not _literal(rest[0]):
        if len(rest) > 1:
            body = _chain(rest)
        else:
            # A lone factor keeps its brackets if it is itself a product: −(a·b) is not (−a)·b.
            body = _at(rest[0], POWER)
        return "-" + body, UNARY
    if isinstance(first, Number) and first.value < 0:
        return number_text(first.value) + _tail(first, rest), UNARY
    return _chain(e.factors), PRODUCT


def _literal(e: Expression) -> bool:
    return isinstance(e, Number)


def _chain(factors: tuple[Expression, ...]) -> str:
    first = factors[0]
    if isinstance(first, Number) and first.value >= 0:
        head = number_text(first.value)
    else:
        head = _at(first, POWER)
    return head + _tail(first, factors[1:])


def _tail(first: Expression, factors: tuple[Expression, ...]) -> str:
    out = []
    for position, factor in enumerate(factors):
        divides = isinstance(factor, Power) and factor.exponent == Number(_MINUS_ONE)
        after_number = position == 0 and isinstance(first, Number)
        if divides and not (after_number and isinstance(factor.base, Number)):  # type: ignore[attr-defined]
            out.append("/" + _at(factor.base, POWER))  # type: ignore[attr-defined]
        else:
            out.append("*" + _at(factor, POWER))
    return "".join(out)


def _matmul(e: MatMul) -> Written:
    if len(e.factors) < 2:
        return f"matmulof({text(e.factors[0])})", ATOM
    return " @ ".join(_at(f, POWER) for f in e.factors), PRODUCT


def _power(e: Power) -> Written:
    return f"{_at(e.base, ATOM)}**{_at(e.exponent, ATOM)}", POWER


def _elementwise(e: Elementwise) -> Written:
    name = e.function.name
    if name in _SIGNS and e.order == 0:
        left, right = e.arguments
        return f"({_at(left, SUM)} {_SIGNS[name]} {_at(right, SUM)})", ATOM
    arguments = list(e.arguments)
    for default in reversed(e.function.defaults):
        if len(arguments) > 1 and arguments[-1] == Number(default):
            arguments.pop()
        else:
            break
    return f"{name}{chr(39) * e.order}({', '.join(text(a) for a in arguments)})", ATOM


def _axis(axis: int | None) -> str:
    return "" if axis is None else f", axis={axis}"


def position_text(position: Position) -> str:
    return ":" if position is None else position.name if isinstance(position, Index) else str(position)


def _component(e: Component) -> Written:
    inside = position_text(e.row)
    if e.column is not None:
        inside += "," + position_text(e.column)
    return f"{_at(e.operand, ATOM)}[{inside}]", ATOM


def _derivative(e: Derivative) -> Written:
    name = {"gradient": "grad", "jacobian": "jacobian", "partial": "partial", "formal": "formal"}[e.form]
    return f"{name}({text(e.of)}, {text(e.wrt)})", ATOM


def _shorthand(e: Shorthand) -> Written:
    return f"{e.name}({', '.join(text(o) for o in e.operands)}{_axis(e.axis)})", ATOM


def _explicit(e: Explicit) -> Written:
    rows = ", ".join("[" + ", ".join(text(entry) for entry in row) + "]" for row in e.rows)
    return f"[{rows}]", ATOM


def _size_level(e: Dimension) -> Written:
    value = e.size
    return size_text(value), ATOM if not value.args or value.is_Function else SUM


_WRITERS: Mapping[type[Expression], Callable[..., Written]] = {
    Number: _number,
    Constant: lambda e: (e.name, ATOM),
    Dimension: _size_level,
    Tensor: lambda e: (tensor_text(e), ATOM),
    Sum: _sum,
    Product: _product,
    Power: _power,
    MatMul: _matmul,
    Transpose: lambda e: (f"{_at(e.operand, ATOM)}.T", ATOM),
    Elementwise: _elementwise,
    Reduce: lambda e: (f"sum({text(e.operand)}{_axis(e.axis)})", ATOM),
    Component: _component,
    IndexSum: lambda e: (f"sum({text(e.body)}, {e.index.name})", ATOM),
    KroneckerDelta: lambda e: (f"kron({position_text(e.row)},{position_text(e.column)})", ATOM),
    Diag: lambda e: (f"diag({text(e.operand)})", ATOM),
    Ones: lambda e: (f"ones({size_text(e.shape[0])}, {size_text(e.shape[1])})", ATOM),
    Identity: lambda e: (f"eye({size_text(e.size)})", ATOM),
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: _shorthand,
}
