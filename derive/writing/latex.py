r"""Expressions as LaTeX, as mathematicians write it, and so that a reader can get the same expression back.

How ambiguities are settled: a digit below a name is part of the name (`W_{1}`), so entries of such names are taken
of the name in brackets (`(W_{1})_{i,j}`) and entries have commas (`\delta_{i,j}` is an entry, `\delta_{ij}` is
Kronecker's); powers and quotients are entry by entry (`W^{\odot 2}`, `\frac{y}{a}`); ones and identities are bold
(`\mathbf{1}_{N}`, `\mathbf{I}_{n}`), an indicator is `\mathbf{1}[z > 0]`, the exponential an upright e; a total
gradient of a formula is `\nabla_{x}`, a partial one `\frac{\partial}{\partial x}`, a Jacobian has the transpose below.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

from derive.expression.functions import ALIASES, COMPARISONS, FUNCTIONS
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
from derive.writing.broadcasting import with_ones
from derive.writing.names import latex_layer, latex_name, latex_shape, latex_size, split_name
from derive.writing.products import MINUS_ONE
from derive.writing.second import Second, second
from derive.writing.writer import SHARED, Level, Rule, Writer, Written, decimal_text, is_named, plain_name

_TALL = re.compile(r"\\(frac|sum|begin|left)")
_INDICATORS = {name: FUNCTIONS[name].latex for name in COMPARISONS.values()}
_FUNCTION_NAMES = frozenset(latex_name(name) for name in (*FUNCTIONS, *ALIASES))
_AXES = {None: "", 0: r"_{\mathrm{col}}", 1: r"_{\mathrm{row}}"}


def latex(e: Expression, *, broadcast: bool = False, shapes: bool = False) -> str:
    r"""The expression in LaTeX (mathematics mode, amsmath).

    broadcast   show what a broadcast repeats: b\mathbf{1}_{N}^{\top} in W X + b
    shapes      show the shape under each tensor that stands as a factor

    >>> from derive.expression.nodes import scalar
    >>> latex(scalar("lam") / 2 * scalar("w1") ** 2)
    '\\frac{\\lambda}{2} w_{1}^{2}'
    """
    return latex_writer(shapes).text(with_ones(e) if broadcast else e)


def latex_writer(shapes: bool = False) -> LatexWriter:
    """A writer, for those who need the parts of a formula; with the shapes under the factors if asked."""
    return LatexWriter(_underbrace if shapes else None)


def _underbrace(written: Written, shape: Shape) -> Written:
    return Written(rf"\underbrace{{{written.text}}}_{{{latex_shape(shape)}}}", Level.SCRIPT)


class LatexWriter(Writer):
    hadamard: ClassVar[str] = r" \odot "
    dot: ClassVar[str] = r" \cdot "
    minus: ClassVar[str] = "-"
    wide: ClassVar[tuple[str, str]] = (r"\Bigl( ", r" \Bigr)")

    def number(self, value: Fraction) -> Written:
        if value.denominator == 1:
            return Written(str(value), Level.ATOM)
        decimal = decimal_text(value)
        if decimal:
            return Written(decimal, Level.ATOM)
        return Written(rf"\frac{{{value.numerator}}}{{{value.denominator}}}", Level.SCRIPT)

    def fraction(self, above: Written, below: Written) -> Written:
        return Written(rf"\frac{{{above.text}}}{{{below.text}}}", Level.SCRIPT)

    def power(self, base: Expression, exponent: Expression) -> Written:
        if exponent == MINUS_ONE:
            return self.fraction(self.number(Fraction(1)), self.write(base))
        sign = "" if is_scalar(base) else r"\odot "
        return Written(f"{self.at(base, Level.ATOM)}^{{{sign}{self.text(exponent)}}}", Level.SCRIPT)

    def brackets(self, text: str) -> str:
        return rf"\left( {text} \right)" if _TALL.search(text) else f"({text})"

    def juxtapose(self, parts: list[Written]) -> Written:
        out = parts[0].text
        for before, part in pairwise(parts):
            if part.text[0].isdigit() or (_numeric(before.text) and _numeric(part.text)):
                out += r" \cdot " + part.text
            elif before.text.startswith(r"\underbrace") and part.text.startswith(r"\underbrace"):
                out += r" \; " + part.text
            elif before.text in _FUNCTION_NAMES and part.text.startswith(("(", r"\left(")):
                # A tensor that is called sigma: without brackets σ (x) would be a function call.
                out = out[: -len(before.text)] + f"({before.text}) {part.text}"
            else:
                out += " " + part.text
        return Written(out, Level.JUXTAPOSED)

    def function_name(self, e: Elementwise) -> str:
        """The name with its primes; a known name of one letter is set upright, to keep it apart from tensors."""
        row = e.function
        if row.kind == "unspecified":
            name = latex_name(row.name)
        else:
            name = row.latex or rf"\operatorname{{{row.name}}}"
            if not name.startswith("\\") or name == r"\sqrt":
                name = rf"\operatorname{{{name if name.isalpha() else row.name}}}"
        return name + ("'" * e.order if e.order < 3 else rf"^{{({e.order})}}")

    def call(self, name: str, arguments: str) -> Written:
        return Written(name + self.brackets(arguments), Level.ATOM)


def _numeric(text: str) -> bool:
    return re.fullmatch(r"[\d.]+|\\frac\{\d+\}\{\d+\}", text) is not None


def _tensor(w: LatexWriter, e: Tensor) -> Written:
    if e.layer is None:
        return Written(latex_name(e.name), Level.ATOM)
    return Written(f"{latex_name(e.name)}^{{[{latex_layer(e.layer)}]}}", Level.SCRIPT)


def _transpose(w: LatexWriter, e: Transpose) -> Written:
    operand = e.operand
    if isinstance(operand, Tensor) and operand.layer is not None:
        return Written(f"{latex_name(operand.name)}^{{[{latex_layer(operand.layer)}]\\top}}", Level.SCRIPT)
    return Written(rf"{w.at(operand, Level.ATOM)}^{{\top}}", Level.SCRIPT)


def _elementwise(w: LatexWriter, e: Elementwise) -> Written:
    name, arguments = e.function.name, e.arguments
    if e.order == 0 and e.function.kind == "known":
        if name in _INDICATORS:
            return Written(rf"\mathbf{{1}}[{_comparison(w, e)}]", Level.ATOM)
        if name in _NOTATIONS:
            return _NOTATIONS[name](w, arguments)  # type: ignore[no-any-return]
    below = ""
    if e.function.defaults and len(arguments) == 2:
        if arguments[1] != Number(e.function.defaults[-1]):
            below = f"_{{{w.text(arguments[1])}}}"
        arguments = arguments[:1]
    return w.call(_with_parameter(w.function_name(e), below, e.order), w.joined(arguments))


def _with_parameter(name: str, below: str, order: int) -> str:
    plain = name.rstrip("'") if order < 3 else name
    return plain + below + name[len(plain) :]


def _comparison(w: LatexWriter, e: Elementwise) -> str:
    left, right = e.arguments
    return f"{w.text(left)} {_INDICATORS[e.function.name]} {w.text(right)}"


def _exponential(w: LatexWriter, arguments: tuple[Expression, ...]) -> Written:
    inner = w.text(arguments[0])
    if _TALL.search(inner) or "^" in inner:
        return w.call(r"\exp", inner)
    return Written(rf"\mathrm{{e}}^{{{inner}}}", Level.SCRIPT)


def _cases(w: LatexWriter, arguments: tuple[Expression, ...]) -> Written:
    condition, then, otherwise = arguments
    if isinstance(condition, Elementwise) and condition.function.name in _INDICATORS and condition.order == 0:
        test = _comparison(w, condition)
    else:
        test = rf"{w.text(condition)} \ne 0"
    rows = rf"{w.text(then)} & \text{{if }} {test} \\ {w.text(otherwise)} & \text{{otherwise}}"
    return Written(rf"\begin{{cases}} {rows} \end{{cases}}", Level.SCRIPT)


_NOTATIONS: dict[str, Any] = {
    "exp": _exponential,
    "where": _cases,
    "sqrt": lambda w, a: Written(rf"\sqrt{{{w.text(a[0])}}}", Level.ATOM),
    "abs": lambda w, a: Written(rf"\lvert {w.text(a[0])} \rvert", Level.ATOM),
}


def _reduce(w: LatexWriter, e: Reduce) -> Written:
    size = known_shape(e.operand)
    if e.axis is None:
        return Written(rf"\sum {w.at(e.operand, Level.PREFIX)}", Level.PREFIX)
    if size is None:
        return w.call(rf"\operatorname{{sum}}{_AXES[e.axis]}", w.text(e.operand))
    ones = rf"\mathbf{{1}}_{{{latex_size(size[e.axis])}}}"
    operand = w.at(e.operand, Level.SCRIPT)
    text = rf"{ones}^{{\top}} {operand}" if e.axis == 0 else f"{operand} {ones}"
    return Written(text, Level.JUXTAPOSED)


def _position(position: Position) -> str:
    return ":" if position is None else latex_name(position.name) if isinstance(position, Index) else str(position)


def _component(w: LatexWriter, e: Component) -> Written:
    operand, size = e.operand, known_shape(e.operand)
    column = size is not None and size[1] == ONE
    places = [e.row] if column and e.column is None and e.row is not None else [e.row, e.column]
    plain = plain_name(operand, lambda name: bool(split_name(name).subscript))
    called = isinstance(operand, (Elementwise, Shorthand)) and w.write(operand).level == Level.ATOM
    called = called and w.text(operand).endswith(")")
    if called or (plain and not (len(places) == 1 and isinstance(e.row, int))):
        base = w.text(operand)
    else:
        base = w.brackets(w.text(operand))
    return Written(f"{base}_{{{','.join(_position(p) for p in places)}}}", Level.ATOM)


def _index_sum(w: LatexWriter, e: IndexSum) -> Written:
    bounds = rf"\sum_{{{latex_name(e.index.name)}=1}}^{{{latex_size(e.index.size)}}}"
    return Written(f"{bounds} {w.at(e.body, Level.PREFIX)}", Level.PREFIX)


def _kronecker(w: LatexWriter, e: KroneckerDelta) -> Written:
    if isinstance(e.row, int) and isinstance(e.column, int):
        return Written(rf"\mathbf{{1}}[{e.row} = {e.column}]", Level.ATOM)
    return Written(rf"\delta_{{{_position(e.row)} {_position(e.column)}}}", Level.ATOM)


def _ones(w: LatexWriter, e: Ones) -> Written:
    rows, columns = e.shape
    if columns == ONE:
        return Written(rf"\mathbf{{1}}_{{{latex_size(rows)}}}", Level.ATOM)
    if rows == ONE:
        return Written(rf"\mathbf{{1}}_{{{latex_size(columns)}}}^{{\top}}", Level.SCRIPT)
    return Written(rf"\mathbf{{1}}_{{{latex_shape(e.shape)}}}", Level.ATOM)


def _explicit(w: LatexWriter, e: Explicit) -> Written:
    rows = r" \\ ".join(" & ".join(w.text(entry) for entry in row) for row in e.rows)
    return Written(rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}", Level.ATOM)


def _derivative(w: LatexWriter, e: Derivative) -> Written:
    twice = second(e)
    if twice is not None:
        return _second(w, twice)
    below = rf"\partial {w.unmarked.at(e.wrt, Level.SCRIPT)}"
    if e.form == "jacobian":
        transposed = w.rules[Transpose](w.unmarked, Transpose(e.wrt)).text
        return _quotient(rf"\partial {w.at(e.of, Level.SCRIPT)}", rf"\partial {transposed}")
    if e.form == "formal" or (e.form == "gradient" and is_named(e.of)):
        return _quotient(rf"\partial {w.at(e.of, Level.SCRIPT)}", below)
    operator = rf"\frac{{\partial}}{{{below}}}" if e.form == "partial" else rf"\nabla_{{{w.unmarked.text(e.wrt)}}}"
    return Written(f"{operator} {w.at(e.of, Level.SCRIPT)}", Level.PREFIX)


def _second(w: LatexWriter, e: Second) -> Written:
    turned = w.rules[Transpose](w.unmarked, Transpose(e.columns)).text
    last = turned if e.matrix else w.unmarked.at(e.columns, Level.SCRIPT)
    below = rf"\partial {w.unmarked.at(e.rows, Level.SCRIPT)} \partial {last}"
    if is_named(e.of):
        return _quotient(rf"\partial^2 {w.at(e.of, Level.SCRIPT)}", below)
    return Written(rf"\frac{{\partial^2}}{{{below}}} {w.at(e.of, Level.SCRIPT)}", Level.PREFIX)


def _quotient(above: str, below: str) -> Written:
    return Written(rf"\frac{{{above}}}{{{below}}}", Level.SCRIPT)


def _shorthand(w: LatexWriter, e: Shorthand) -> Written:
    special = _SHORTHANDS.get(e.name)
    if special is not None and e.axis is None:
        return special(w, *e.operands)  # type: ignore[no-any-return]
    name = {"trace": "tr"}.get(e.name, e.name)
    return w.call(rf"\operatorname{{{name}}}{_AXES[e.axis]}", w.joined(e.operands))


def _between(w: LatexWriter, left: Expression, sign: str, right: Expression) -> Written:
    return Written(f"{w.at(left, Level.SCRIPT)} {sign} {w.at(right, Level.SCRIPT)}", Level.HADAMARD)


def _angles(text: str) -> Written:
    if _TALL.search(text):
        return Written(rf"\left\langle {text} \right\rangle", Level.ATOM)
    return Written(rf"\langle {text} \rangle", Level.ATOM)


_SHORTHANDS: dict[str, Any] = {
    "norm": lambda w, x: Written(rf"\lVert {w.text(x)} \rVert", Level.ATOM),
    "inner": lambda w, g, u: _angles(f"{w.text(g)}, {w.text(u)}"),
    "dot": lambda w, u, v: _between(w, u, r"\cdot", v),
    "outer": lambda w, u, v: _between(w, u, r"\otimes", v),
}

RULES: dict[type[Expression], Rule] = SHARED | {
    Constant: lambda w, e: Written(rf"\{e.name}", Level.ATOM),
    Dimension: lambda w, e: _size(e),
    Tensor: _tensor,
    Transpose: _transpose,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: _kronecker,
    Diag: lambda w, e: w.call(r"\operatorname{diag}", w.text(e.operand)),
    Ones: _ones,
    Identity: lambda w, e: Written(rf"\mathbf{{I}}_{{{latex_size(e.size)}}}", Level.ATOM),
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: _shorthand,
}


def _size(e: Dimension) -> Written:
    tight = not e.size.args or e.size.is_Function
    return Written(latex_size(e.size), Level.ATOM if tight else Level.JUXTAPOSED if e.size.is_Mul else Level.SUM)


LatexWriter.rules = RULES
