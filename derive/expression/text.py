"""Writing expressions as text that reads back as the same expression: `read(text(e)) == e`.

Precedence, loosest first: comparison, sum, unary minus, product (`*`, `/` and `@`, left to right), power, postfix.
Chains of one operator are one node. A leading whole/whole of a chain is one number; a minus in front of a chain
multiplies its leading literal or adds a factor −1. Nodes that no formula spells (a sum of one term, a size n·m as one
number) are written as calls: `sumof(x)`, `size(n*m)`. A size that is a plain number reads back as that number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
from derive.expression.sizes import SCALAR, Size, size_text
from derive.expression.traverse import children

COMPARISON, SUM, UNARY, PRODUCT, POWER, ATOM = range(6)

_SIGNS = {name: sign for sign, name in COMPARISONS.items()}
_MINUS_ONE = Fraction(-1)

Written = tuple[str, int]


def text(e: Expression) -> str:
    """The expression as one line of text in the notation that users type.

    >>> from derive.expression.nodes import scalar
    >>> text(-((scalar("a") - scalar("y")) @ scalar("x").T))
    '-(a - y) @ x.T'
    """
    # Parts before wholes, so that a formula of any depth is written without recursion.
    pending = [e]
    while pending:
        part = pending[-1]
        unwritten = [] if "_text" in part.__dict__ else [c for c in children(part) if "_text" not in c.__dict__]
        if unwritten:
            pending.extend(unwritten)
        else:
            _write(pending.pop())
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
        return _call("sumof", e.terms), ATOM
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
        return _call("productof", e.factors), ATOM
    first, rest = e.factors[0], e.factors[1:]
    if isinstance(first, Number) and first.value == _MINUS_ONE and not isinstance(rest[0], Number):
        return "-" + (_chain(rest) if len(rest) > 1 else _negatable(rest[0])), UNARY
    if isinstance(first, Number) and first.value < 0:
        return number_text(first.value) + _tail(first, rest), UNARY
    return _chain(e.factors), PRODUCT


def _negatable(e: Expression) -> str:
    """A lone factor behind a minus: a product keeps its brackets, for −(a·b) is not (−1)·a·b."""
    if isinstance(e, MatMul) and len(e.factors) > 1 and not isinstance(e.factors[0], Number):
        return _at(e, PRODUCT)
    return _at(e, POWER)


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
        return _call("matmulof", e.factors), ATOM
    return " @ ".join(_at(f, POWER) for f in e.factors), PRODUCT


def _power(e: Power) -> Written:
    return f"{_at(e.base, ATOM)}**{_at(e.exponent, ATOM)}", POWER


def _elementwise(e: Elementwise) -> Written:
    name = e.function.name
    if name in _SIGNS and e.order == 0:
        left, right = e.arguments
        return f"{_at(left, SUM)} {_SIGNS[name]} {_at(right, SUM)}", COMPARISON
    arguments = list(e.arguments)
    for default in reversed(e.function.defaults):
        if len(arguments) > 1 and arguments[-1] == Number(default):
            arguments.pop()
        else:
            break
    return _call(name + "'" * e.order, arguments), ATOM


def _call(name: str, arguments: Iterable[Expression]) -> str:
    return f"{name}({', '.join(text(a) for a in arguments)})"


def _axis(axis: int | None) -> str:
    return "" if axis is None else f", axis={axis}"


def position_text(position: Position) -> str:
    return ":" if position is None else position.name if isinstance(position, Index) else str(position)


def _component(e: Component) -> Written:
    if e.column is None and is_column(e.operand):
        inside = position_text(e.row)
    elif e.row is None and e.column is not None and _is_row(e.operand):
        inside = position_text(e.column)
    else:
        inside = f"{position_text(e.row)},{position_text(e.column)}"
    return f"{_postfixed(e.operand)}[{inside}]", ATOM


def _postfixed(e: Expression) -> str:
    """A part that .T or [i] follows; digits take brackets, for `1[…]` is an indicator and `2.` a decimal."""
    written = _at(e, ATOM)
    return f"({written})" if written[-1].isdigit() and written[0].isdigit() else written


def _is_row(e: Expression) -> bool:
    return isinstance(e, Tensor) and e.shape[0] == 1 and e.shape[1] != 1


def is_column(e: Expression) -> bool:
    """Whether an expression certainly has one column, so that v[i] says enough; False where that takes a shape."""
    if isinstance(e, Tensor | Ones):
        return bool(e.shape[1] == 1)
    if isinstance(e, Sum | Product | Elementwise):
        parts = children(e)
        return bool(parts) and all(is_column(part) for part in parts)
    if isinstance(e, MatMul):
        # A scalar on the right would leave the columns of what is on its left.
        last = e.factors[-1] if e.factors else None
        return isinstance(last, Tensor) and is_column(last) and last.shape[0] != 1
    if isinstance(e, Power):
        return is_column(e.base)
    if isinstance(e, Component):
        return e.column is not None
    return isinstance(e, Number | Constant | Dimension | KroneckerDelta)


def _derivative(e: Derivative) -> Written:
    inner = e.of
    if e.form == "jacobian" and isinstance(inner, Derivative) and inner.form == "gradient":
        variables = (inner.wrt,) if inner.wrt == e.wrt else (inner.wrt, e.wrt)
        if all(isinstance(v, Tensor) and v.shape != SCALAR for v in variables):
            return f"hessian({', '.join(map(text, (inner.of, *variables)))})", ATOM
    name = {"gradient": "grad", "jacobian": "jacobian", "partial": "partial", "formal": "formal"}[e.form]
    return f"{name}({text(e.of)}, {text(e.wrt)})", ATOM


def _index_sum(e: IndexSum) -> Written:
    """The size is left out where a component in the body shows what the index runs over."""
    name, sizes = e.index.name, _ranges(e.body, e.index.name)
    shown = name if sizes == {e.index.size} else f"{name}=1..{size_text(e.index.size)}"
    return f"sum({text(e.body)}, {shown})", ATOM


def _ranges(e: Expression, name: str) -> set[Size]:
    """The sizes of the free indices of a name that stand in components of an expression."""
    found: set[Size] = set()
    pending = [e]
    while pending:
        current = pending.pop()
        if isinstance(current, IndexSum) and current.index.name == name:
            continue
        if isinstance(current, Component):
            positions = (current.row, current.column)
            found.update(p.size for p in positions if isinstance(p, Index) and p.name == name)
        pending.extend(children(current))
    return found


def _shorthand(e: Shorthand) -> Written:
    return f"{e.name}({', '.join(text(o) for o in e.operands)}{_axis(e.axis)})", ATOM


def _explicit(e: Explicit) -> Written:
    rows = ", ".join("[" + ", ".join(text(entry) for entry in row) + "]" for row in e.rows)
    return f"[{rows}]", ATOM


def _dimension(e: Dimension) -> Written:
    plain = not e.size.args or e.size.is_Function
    return size_text(e.size) if plain else f"size({size_text(e.size)})", ATOM


_WRITERS: Mapping[type[Expression], Callable[..., Written]] = {
    Number: _number,
    Constant: lambda e: (e.name, ATOM),
    Dimension: _dimension,
    Tensor: lambda e: (tensor_text(e), ATOM),
    Sum: _sum,
    Product: _product,
    Power: _power,
    MatMul: _matmul,
    Transpose: lambda e: (f"{_postfixed(e.operand)}.T", ATOM),
    Elementwise: _elementwise,
    Reduce: lambda e: (f"sum({text(e.operand)}{_axis(e.axis)})", ATOM),
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: lambda e: (f"kron({position_text(e.row)},{position_text(e.column)})", ATOM),
    Diag: lambda e: (f"diag({text(e.operand)})", ATOM),
    Ones: lambda e: (f"ones({size_text(e.shape[0])}, {size_text(e.shape[1])})", ATOM),
    Identity: lambda e: (f"eye({size_text(e.size)})", ATOM),
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: _shorthand,
}
