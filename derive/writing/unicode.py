"""Expressions as one line of Unicode mathematics that reads well in a terminal: δ₂ = W₂ᵀ δ₃ ⊙ σ′(Z₂)."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

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
    Number,
    Ones,
    Position,
    Reduce,
    Shorthand,
    Tensor,
    Transpose,
)
from derive.expression.shapes import is_scalar, known_shape
from derive.expression.sizes import ONE, Shape
from derive.expression.text import layer_text
from derive.writing.broadcasting import with_ones
from derive.writing.names import (
    GREEK,
    centred,
    display_width,
    split_name,
    subscript,
    superscript,
    unicode_name,
    unicode_shape,
    unicode_size,
)
from derive.writing.products import MINUS_ONE
from derive.writing.second import Second, second
from derive.writing.writer import SHARED, Level, Rule, Writer, Written, decimal_text, plain_name

_VULGAR = {
    Fraction(1, 2): "½", Fraction(1, 3): "⅓", Fraction(2, 3): "⅔", Fraction(1, 4): "¼", Fraction(3, 4): "¾",
    Fraction(1, 5): "⅕", Fraction(1, 6): "⅙", Fraction(1, 8): "⅛",
}  # fmt: skip
_SIGNS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}
_INDICATORS = {name: _SIGNS[sign] for sign, name in COMPARISONS.items()}
_AXES = {None: "", 0: "_col", 1: "_row"}
_OPEN, _MIDDLE, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_OPEN}([^{_MIDDLE}]*){_MIDDLE}([^{_CLOSE}]*){_CLOSE}")


def unicode(e: Expression, *, broadcast: bool = False) -> str:
    """The expression as one line of Unicode mathematics.

    >>> from derive.expression.nodes import scalar
    >>> unicode(scalar("lam") / 2 * scalar("w1") ** 2)
    '(λ/2) w₁²'
    """
    return UnicodeWriter().text(with_ones(e) if broadcast else e)


def unicode_with_shapes(e: Expression) -> tuple[str, str]:
    """Two lines of one width: the expression, and under each tensor that stands as a factor its shape."""
    return split_shapes(shaped_writer().text(e))


def shaped_writer() -> UnicodeWriter:
    """A writer that marks each factor with its shape; `split_shapes` turns what it writes into two lines."""
    return UnicodeWriter(_mark)


def split_shapes(marked: str) -> tuple[str, str]:
    """The two lines of marked text: formula, and shapes centred under their factors."""
    above, below, position = "", "", 0
    for match in _MARKED.finditer(marked):
        before = marked[position : match.start()]
        width = max(display_width(match[1]), display_width(match[2]))
        above += before + centred(match[1], width)
        below += " " * display_width(before) + centred(match[2], width)
        position = match.end()
    above += marked[position:]
    return above, below


def _mark(written: Written, shape: Shape) -> Written:
    return Written(f"{_OPEN}{written.text}{_MIDDLE}{unicode_shape(shape)}{_CLOSE}", written.level)


class UnicodeWriter(Writer):
    hadamard: ClassVar[str] = " ⊙ "
    dot: ClassVar[str] = " · "
    minus: ClassVar[str] = "−"

    def number(self, value: Fraction) -> Written:
        text = str(value) if value.denominator == 1 else _VULGAR.get(value) or decimal_text(value)
        return Written(text, Level.ATOM) if text else Written(str(value), Level.HADAMARD)

    def fraction(self, above: Written, below: Written) -> Written:
        return Written(f"{self.hold(above, Level.JUXTAPOSED)}/{self.hold(below, Level.SCRIPT)}", Level.HADAMARD)

    def power(self, base: Expression, exponent: Expression) -> Written:
        if exponent == MINUS_ONE:
            return self.fraction(self.number(Fraction(1)), self.write(base))
        sign = "" if is_scalar(base) else "⊙"
        inner = self.text(exponent)
        raised = superscript(inner) if " " not in inner else None
        above = raised if raised is not None else f"^{self.hold(self.write(exponent), Level.ATOM)}"
        return Written(f"{self.at(base, Level.ATOM)}{sign}{above}", Level.SCRIPT)

    def brackets(self, text: str) -> str:
        return f"({text})"

    def juxtapose(self, parts: list[Written]) -> Written:
        """2λ W₁; a fraction is bracketed: (1/N) δ Xᵀ."""
        texts = [self.hold(part, Level.JUXTAPOSED) for part in parts[:-1]]
        last = parts[-1]
        texts.append(last.text if last.level == Level.PREFIX else self.hold(last, Level.JUXTAPOSED))
        out = texts[0]
        for before, after in pairwise(texts):
            close = before.isnumeric() and (after[0].isalpha() or after[0] == "(") and after[0] != "Σ"
            out += " · " + after if after[0].isnumeric() else after if close else " " + after
        return Written(out, Level.JUXTAPOSED)

    def function_name(self, e: Elementwise) -> str:
        """The name with its primes: σ′."""
        row = e.function
        name = row.latex.removeprefix(r"\operatorname{").removesuffix("}").removeprefix("\\") or row.name
        if row.kind == "unspecified" or not name.isidentifier():
            name = row.name
        name = GREEK.get(name, unicode_name(name) if row.kind == "unspecified" else name)
        return name + ("′" * e.order if e.order < 3 else f"⁽{superscript(str(e.order))}⁾")

    def call(self, name: str, arguments: str) -> Written:
        return Written(f"{name}({arguments})", Level.ATOM)


def _family(e: Tensor) -> str:
    layer = layer_text(e.layer)
    raised = superscript(layer)
    return unicode_name(e.name) + (f"[{layer}]" if raised is None else f"⁽{raised}⁾")


def _tensor(w: UnicodeWriter, e: Tensor) -> Written:
    if e.layer is None:
        return Written(unicode_name(e.name), Level.ATOM)
    return Written(_family(e), Level.SCRIPT)


def _transpose(w: UnicodeWriter, e: Transpose) -> Written:
    if isinstance(e.operand, Tensor):
        return Written(w.text(e.operand) + "ᵀ", Level.SCRIPT)
    return Written(w.at(e.operand, Level.ATOM) + "ᵀ", Level.SCRIPT)


def _elementwise(w: UnicodeWriter, e: Elementwise) -> Written:
    name, arguments = e.function.name, e.arguments
    if e.order == 0 and e.function.kind == "known":
        if name in _INDICATORS:
            return Written(f"𝟙[{_comparison(w, e)}]", Level.ATOM)
        if name in _NOTATIONS:
            return _NOTATIONS[name](w, arguments)  # type: ignore[no-any-return]
    if e.function.defaults and arguments[-1] == Number(e.function.defaults[-1]):
        arguments = arguments[:-1]
    return w.call(w.function_name(e), w.joined(arguments))


def _comparison(w: UnicodeWriter, e: Elementwise) -> str:
    left, right = e.arguments
    return f"{w.text(left)} {_INDICATORS[e.function.name]} {w.text(right)}"


def _exponential(w: UnicodeWriter, arguments: tuple[Expression, ...]) -> Written:
    inner = w.text(arguments[0])
    raised = superscript(inner) if len(inner) <= 3 else None
    return w.call("exp", inner) if raised is None else Written("e" + raised, Level.SCRIPT)


def _where(w: UnicodeWriter, arguments: tuple[Expression, ...]) -> Written:
    condition, then, otherwise = arguments
    if isinstance(condition, Elementwise) and condition.function.name in _INDICATORS and condition.order == 0:
        test = _comparison(w, condition)
    else:
        test = f"{w.text(condition)} ≠ 0"
    return Written(f"({w.text(then)} if {test}, else {w.text(otherwise)})", Level.ATOM)


def _root(w: UnicodeWriter, arguments: tuple[Expression, ...]) -> Written:
    inner = w.text(arguments[0])
    return Written(f"√{inner}" if inner.isalnum() else f"√({inner})", Level.SCRIPT)


_NOTATIONS: dict[str, Any] = {
    "exp": _exponential,
    "where": _where,
    "sqrt": _root,
    "abs": lambda w, a: Written(f"|{w.text(a[0])}|", Level.ATOM),
}


def _reduce(w: UnicodeWriter, e: Reduce) -> Written:
    if e.axis is None:
        return Written(f"Σ {w.at(e.operand, Level.PREFIX)}", Level.PREFIX)
    operand = w.at(e.operand, Level.SCRIPT)
    return Written(f"𝟏ᵀ {operand}" if e.axis == 0 else f"{operand} 𝟏", Level.JUXTAPOSED)


def _position(position: Position) -> str:
    return ":" if position is None else unicode_name(position.name) if isinstance(position, Index) else str(position)


def _component(w: UnicodeWriter, e: Component) -> Written:
    """xᵢ and Wⱼₖ where subscripts exist and cannot be mistaken, else W₁[j,k]."""
    size = known_shape(e.operand)
    column = size is not None and size[1] == ONE and e.column is None and e.row is not None
    places = [e.row] if column else [e.row, e.column]
    indices = [p.name for p in places if isinstance(p, Index)]
    plain = plain_name(e.operand, lambda name: name == "delta" or bool(split_name(name).subscript))
    lowered = subscript("".join(indices)) if len(indices) == len(places) and max(map(len, indices)) == 1 else None
    if plain and lowered:
        return Written(w.text(e.operand) + lowered, Level.ATOM)
    base = w.text(e.operand) if isinstance(e.operand, Tensor) else w.at(e.operand, Level.ATOM)
    return Written(f"{base}[{','.join(_position(p) for p in places)}]", Level.ATOM)


def _index_sum(w: UnicodeWriter, e: IndexSum) -> Written:
    index = unicode_name(e.index.name)
    below = subscript(e.index.name) if len(e.index.name) == 1 else None
    return Written(f"Σ{below or '_' + index} {w.at(e.body, Level.PREFIX)}", Level.PREFIX)


def _kronecker(w: UnicodeWriter, e: KroneckerDelta) -> Written:
    row, column = _position(e.row), _position(e.column)
    lowered = subscript(row + column) if len(row) == len(column) == 1 else None
    return Written(f"δ{lowered}" if lowered else f"𝟙[{row} = {column}]", Level.ATOM)


def _ones(w: UnicodeWriter, e: Ones) -> Written:
    rows, columns = e.shape
    if columns == ONE:
        return Written(f"𝟏[{unicode_size(rows)}]", Level.ATOM)
    if rows == ONE:
        return Written(f"𝟏[{unicode_size(columns)}]ᵀ", Level.SCRIPT)
    return Written(f"𝟏[{unicode_shape(e.shape)}]", Level.ATOM)


def _explicit(w: UnicodeWriter, e: Explicit) -> Written:
    return Written("[" + "; ".join(w.joined(row) for row in e.rows) + "]", Level.ATOM)


def _second(w: UnicodeWriter, e: Second) -> Written:
    turned = w.rules[Transpose](w.unmarked, Transpose(e.columns)).text
    last = turned if e.matrix else w.unmarked.at(e.columns, Level.SCRIPT)
    above = w.text(e.of) if isinstance(e.of, Tensor) else w.at(e.of, Level.ATOM)
    rows = w.unmarked.at(e.rows, Level.SCRIPT)
    is_square = e.rows == e.columns and isinstance(e.rows, Tensor) and not e.matrix
    return Written(f"∂²{above}/∂{rows}²" if is_square else f"∂²{above}/∂{rows}∂{last}", Level.HADAMARD)


def _derivative(w: UnicodeWriter, e: Derivative) -> Written:
    twice = second(e)
    if twice is not None:
        return _second(w, twice)
    below = w.unmarked.at(e.wrt, Level.SCRIPT)
    if e.form == "jacobian" and not is_scalar(e.wrt):
        below = w.rules[Transpose](w.unmarked, Transpose(e.wrt)).text
    return Written(f"∂{w.at(e.of, Level.ATOM)}/∂{below}" if not isinstance(e.of, Tensor) else
                   f"∂{w.text(e.of)}/∂{below}", Level.HADAMARD)  # fmt: skip


def _shorthand(w: UnicodeWriter, e: Shorthand) -> Written:
    special = _SHORTHANDS.get(e.name)
    if special is not None and e.axis is None:
        return special(w, *e.operands)  # type: ignore[no-any-return]
    name = {"trace": "tr"}.get(e.name, e.name)
    return w.call(name + _AXES[e.axis], w.joined(e.operands))


def _between(w: UnicodeWriter, left: Expression, sign: str, right: Expression) -> Written:
    return Written(f"{w.at(left, Level.SCRIPT)} {sign} {w.at(right, Level.SCRIPT)}", Level.HADAMARD)


_SHORTHANDS: dict[str, Any] = {
    "norm": lambda w, x: Written(f"‖{w.text(x)}‖", Level.ATOM),
    "inner": lambda w, g, u: Written(f"⟨{w.text(g)}, {w.text(u)}⟩", Level.ATOM),
    "dot": lambda w, u, v: _between(w, u, "·", v),
    "outer": lambda w, u, v: _between(w, u, "⊗", v),
}


def _size(e: Dimension) -> Written:
    tight = not e.size.args or e.size.is_Function
    return Written(unicode_size(e.size), Level.ATOM if tight else Level.HADAMARD if e.size.is_Mul else Level.SUM)


RULES: dict[type[Expression], Rule] = SHARED | {
    Constant: lambda w, e: Written(GREEK[e.name], Level.ATOM),
    Dimension: lambda w, e: _size(e),
    Tensor: _tensor,
    Transpose: _transpose,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: _kronecker,
    Diag: lambda w, e: w.call("diag", w.text(e.operand)),
    Ones: _ones,
    Identity: lambda w, e: Written(f"𝐈[{unicode_size(e.size)}]", Level.ATOM),
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: _shorthand,
}
UnicodeWriter.rules = RULES
