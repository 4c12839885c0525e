"""Expressions as MathML Core, which browsers set themselves: no script, no fonts to load.

The same conventions as in LaTeX (see `latex`): a formula of one is that of the other, element by command.
"""

from __future__ import annotations

import re
from fractions import Fraction
from html import escape
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
from derive.expression.text import text as plain_text
from derive.writing import mathml_parts as ml
from derive.writing.mathml_parts import mi, mn, mo
from derive.writing.names import GREEK, split_name
from derive.writing.products import MINUS_ONE
from derive.writing.second import Second, second
from derive.writing.writer import SHARED, Level, Rule, Writer, Written, decimal_text, is_named, plain_name

_SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤", "eq": "=", "ne": "≠"}
_INDICATORS = {name: _SIGNS[name] for name in COMPARISONS.values()}
_FUNCTION_NAMES = frozenset(ml.name(name) for name in (*FUNCTIONS, *ALIASES))
_AXES = {None: "", 0: "col", 1: "row"}
_BOLD_ONE, _BOLD_I = mi("𝟏"), mi("𝐈")
_PARTIAL = mi("∂")
_NUMERIC = re.compile(r"<mn>[\d.]+</mn>|<mfrac><mn>\d+</mn><mn>\d+</mn></mfrac>")
_CALLED = re.compile(r'<mo form="postfix" stretchy="\w+">\)</mo></mrow>$')


def mathml(e: Expression, *, display: bool = True, shapes: bool = False) -> str:
    """A formula as one `math` element, with the text that derive reads as what is said in its place.

    >>> from derive.expression.nodes import scalar
    >>> mathml(scalar("lam"), display=False)
    '<math alttext="lam"><mi>λ</mi></math>'
    """
    return math(mathml_writer(shapes).text(e), plain_text(e), display=display)


def math(run: str, alternative: str, *, display: bool = True) -> str:
    """A run of elements as a `math` element; fractions and sums are large if `display`."""
    style = ' displaystyle="true"' if display else ""
    return f'<math{style} alttext="{escape(alternative)}">{run}</math>'


def mathml_writer(shapes: bool = False) -> MathmlWriter:
    """A writer, for those who need the parts of a formula; with the shapes under the factors if asked."""
    return MathmlWriter(_shaped if shapes else None)


def _shaped(written: Written, shape: Shape) -> Written:
    below = f'<mrow class="shape">{ml.shape(shape)}</mrow>'
    return Written(f'<munder class="shaped">{ml.row(written.text)}{below}</munder>', Level.SCRIPT)


class MathmlWriter(Writer):
    hadamard: ClassVar[str] = mo("⊙")
    dot: ClassVar[str] = mo("⋅")
    minus: ClassVar[str] = mo("−", form="prefix")
    plus: ClassVar[str] = mo("+", form="infix")
    less: ClassVar[str] = mo("−", form="infix")
    wide: ClassVar[tuple[str, str]] = (
        mo("(", form="prefix", stretchy="true", minsize="1.7em"),
        mo(")", form="postfix", stretchy="true", minsize="1.7em"),
    )

    def number(self, value: Fraction) -> Written:
        if value.denominator == 1:
            return Written(mn(str(value)), Level.ATOM)
        decimal = decimal_text(value)
        if decimal:
            return Written(mn(decimal), Level.ATOM)
        return Written(ml.fraction(mn(str(value.numerator)), mn(str(value.denominator))), Level.SCRIPT)

    def fraction(self, above: Written, below: Written) -> Written:
        return Written(ml.fraction(above.text, below.text), Level.SCRIPT)

    def power(self, base: Expression, exponent: Expression) -> Written:
        if exponent == MINUS_ONE:
            return self.fraction(self.number(Fraction(1)), self.write(base))
        sign = "" if is_scalar(base) else mo("⊙", lspace="0", rspace="0")
        return Written(ml.raised(self.at(base, Level.ATOM), sign + self.text(exponent)), Level.SCRIPT)

    def brackets(self, text: str) -> str:
        return ml.fenced("(", text, ")")

    def juxtapose(self, parts: list[Written]) -> Written:
        out = parts[0].text
        for before, part in pairwise(parts):
            if part.text.startswith("<mn>") or (_NUMERIC.fullmatch(before.text) and _NUMERIC.fullmatch(part.text)):
                out += self.dot + part.text
            elif before.text in _FUNCTION_NAMES and part.text.startswith('<mrow><mo form="prefix" stretchy='):
                out = out[: -len(before.text)] + self.brackets(before.text) + ml.TIMES + part.text
            else:
                out += ml.TIMES + part.text
        return Written(out, Level.JUXTAPOSED)

    def _within(self, term: Expression) -> list[str]:
        """As everywhere, unless a break would fall inside of an element."""
        parts = super()._within(term)
        return parts if all(part.count("<mrow") == part.count("</mrow") for part in parts) else []

    def joined(self, parts: Any, separator: str = ml.COMMA) -> str:
        return super().joined(parts, separator)

    def call(self, name: str, arguments: str) -> Written:
        return Written(name + ml.APPLY + self.brackets(arguments), Level.ATOM)


def function_name(e: Elementwise, below: str = "") -> str:
    """The name with its parameter below and its primes above."""
    row = e.function
    if row.kind == "unspecified":
        name = ml.name(row.name)
    else:
        word = row.latex.removeprefix(r"\operatorname{").removesuffix("}").removeprefix("\\")
        name = mi(GREEK[word]) if word in GREEK else mi(word if word.isalpha() and word != "sqrt" else row.name, True)
    name = ml.lowered(name, below) if below else name
    if e.order == 0:
        return name
    return ml.raised(name, mo("′″"[e.order - 1]) if e.order < 3 else ml.fenced("(", mn(str(e.order)), ")"))


def _tensor(w: MathmlWriter, e: Tensor) -> Written:
    if e.layer is None:
        return Written(ml.name(e.name), Level.ATOM)
    return Written(ml.raised(ml.name(e.name), ml.fenced("[", ml.layer(e.layer), "]")), Level.SCRIPT)


def _transpose(w: MathmlWriter, e: Transpose) -> Written:
    operand = e.operand
    if isinstance(operand, Tensor) and operand.layer is not None:
        above = ml.fenced("[", ml.layer(operand.layer), "]") + ml.TOP
        return Written(ml.raised(ml.name(operand.name), above), Level.SCRIPT)
    return Written(ml.raised(w.at(operand, Level.ATOM), ml.TOP), Level.SCRIPT)


def _elementwise(w: MathmlWriter, e: Elementwise) -> Written:
    name, arguments = e.function.name, e.arguments
    if e.order == 0 and e.function.kind == "known":
        if name in _INDICATORS:
            return Written(_BOLD_ONE + ml.fenced("[", _comparison(w, e), "]"), Level.ATOM)
        if name in _NOTATIONS:
            return _NOTATIONS[name](w, arguments)  # type: ignore[no-any-return]
    below = ""
    if e.function.defaults and len(arguments) == 2:
        if arguments[1] != Number(e.function.defaults[-1]):
            below = w.text(arguments[1])
        arguments = arguments[:1]
    return w.call(function_name(e, below), w.joined(arguments))


def _comparison(w: MathmlWriter, e: Elementwise) -> str:
    left, right = e.arguments
    return f"{w.text(left)}{mo(_INDICATORS[e.function.name])}{w.text(right)}"


def _exponential(w: MathmlWriter, arguments: tuple[Expression, ...]) -> Written:
    inner = w.text(arguments[0])
    if re.search("<mfrac>|<munderover>|<mtable|∑|<msup|<msubsup", inner):
        return w.call(mi("exp"), inner)
    return Written(ml.raised(mi("e", upright=True), inner), Level.SCRIPT)


def _cases(w: MathmlWriter, arguments: tuple[Expression, ...]) -> Written:
    condition, then, otherwise = arguments
    if isinstance(condition, Elementwise) and condition.function.name in _INDICATORS and condition.order == 0:
        test = _comparison(w, condition)
    else:
        test = w.text(condition) + mo("≠") + mn("0")
    rows = [[w.text(then), ml.mtext("if\u00a0") + test], [w.text(otherwise), ml.mtext("otherwise")]]
    return Written(f"<mrow>{mo('{', form='prefix')}{ml.table(rows, 'cases')}</mrow>", Level.SCRIPT)


_NOTATIONS: dict[str, Any] = {
    "exp": _exponential,
    "where": _cases,
    "sqrt": lambda w, a: Written(f"<msqrt>{w.text(a[0])}</msqrt>", Level.ATOM),
    "abs": lambda w, a: Written(ml.fenced("|", w.text(a[0]), "|"), Level.ATOM),
}


def _reduce(w: MathmlWriter, e: Reduce) -> Written:
    size = known_shape(e.operand)
    if e.axis is None:
        return Written(mo("∑") + w.at(e.operand, Level.PREFIX), Level.PREFIX)
    if size is None:
        return w.call(ml.lowered(mi("sum"), mi(_AXES[e.axis])), w.text(e.operand))
    ones = ml.lowered(_BOLD_ONE, ml.size(size[e.axis]))
    operand = w.at(e.operand, Level.SCRIPT)
    both = (ml.raised(ones, ml.TOP), operand) if e.axis == 0 else (operand, ones)
    return Written(ml.TIMES.join(both), Level.JUXTAPOSED)


def _position(position: Position) -> str:
    if position is None:
        return mo(":", lspace="0", rspace="0")
    return ml.name(position.name) if isinstance(position, Index) else mn(str(position))


def _component(w: MathmlWriter, e: Component) -> Written:
    operand, size = e.operand, known_shape(e.operand)
    column = size is not None and size[1] == ONE
    places = [e.row] if column and e.column is None and e.row is not None else [e.row, e.column]
    plain = plain_name(operand, lambda name: bool(split_name(name).subscript))
    called = isinstance(operand, (Elementwise, Shorthand)) and w.write(operand).level == Level.ATOM
    called = called and _CALLED.search(w.text(operand)) is not None
    if called or (plain and not (len(places) == 1 and isinstance(e.row, int))):
        base = w.text(operand)
    else:
        base = w.brackets(w.text(operand))
    return Written(ml.lowered(base, ml.COMMA.join(_position(p) for p in places)), Level.ATOM)


def _index_sum(w: MathmlWriter, e: IndexSum) -> Written:
    below = ml.row(f"{ml.name(e.index.name)}{mo('=')}{mn('1')}")
    sign = f"<munderover>{mo('∑')}{below}{ml.row(ml.size(e.index.size))}</munderover>"
    return Written(sign + w.at(e.body, Level.PREFIX), Level.PREFIX)


def _kronecker(w: MathmlWriter, e: KroneckerDelta) -> Written:
    row, column = _position(e.row), _position(e.column)
    if isinstance(e.row, int) and isinstance(e.column, int):
        return Written(_BOLD_ONE + ml.fenced("[", row + mo("=") + column, "]"), Level.ATOM)
    return Written(ml.lowered(mi("δ"), row + "<mspace width='0.15em'/>" + column), Level.ATOM)


def _ones(w: MathmlWriter, e: Ones) -> Written:
    rows, columns = e.shape
    if columns == ONE:
        return Written(ml.lowered(_BOLD_ONE, ml.size(rows)), Level.ATOM)
    if rows == ONE:
        return Written(ml.raised(ml.lowered(_BOLD_ONE, ml.size(columns)), ml.TOP), Level.SCRIPT)
    return Written(ml.lowered(_BOLD_ONE, ml.shape(e.shape)), Level.ATOM)


def _explicit(w: MathmlWriter, e: Explicit) -> Written:
    cells = ml.table([[w.text(entry) for entry in row] for row in e.rows], "matrix")
    return Written(ml.fenced("(", cells, ")"), Level.ATOM)


def _second(w: MathmlWriter, e: Second) -> Written:
    turned = w.rules[Transpose](w.unmarked, Transpose(e.columns)).text
    last = turned if e.matrix else w.unmarked.at(e.columns, Level.SCRIPT)
    below = _PARTIAL + w.unmarked.at(e.rows, Level.SCRIPT) + _PARTIAL + last
    twice = ml.raised(_PARTIAL, mn("2"))
    if is_named(e.of):
        return Written(ml.fraction(twice + w.at(e.of, Level.SCRIPT), below), Level.SCRIPT)
    return Written(ml.fraction(twice, below) + ml.TIMES + w.at(e.of, Level.SCRIPT), Level.PREFIX)


def _derivative(w: MathmlWriter, e: Derivative) -> Written:
    twice = second(e)
    if twice is not None:
        return _second(w, twice)
    below = _PARTIAL + w.unmarked.at(e.wrt, Level.SCRIPT)
    above = _PARTIAL + w.at(e.of, Level.SCRIPT)
    if e.form == "jacobian":
        transposed = w.rules[Transpose](w.unmarked, Transpose(e.wrt)).text
        return Written(ml.fraction(above, _PARTIAL + transposed), Level.SCRIPT)
    if e.form == "formal" or (e.form == "gradient" and is_named(e.of)):
        return Written(ml.fraction(above, below), Level.SCRIPT)
    if e.form == "partial":
        operator = ml.fraction(_PARTIAL, below)
    else:
        operator = ml.lowered(mo("∇", form="prefix", rspace="0"), w.unmarked.text(e.wrt))
    return Written(operator + ml.TIMES + w.at(e.of, Level.SCRIPT), Level.PREFIX)


def _shorthand(w: MathmlWriter, e: Shorthand) -> Written:
    special = _SHORTHANDS.get(e.name)
    if special is not None and e.axis is None:
        return special(w, *e.operands)  # type: ignore[no-any-return]
    name = mi({"trace": "tr"}.get(e.name, e.name))
    return w.call(ml.lowered(name, mi(_AXES[e.axis])) if e.axis is not None else name, w.joined(e.operands))


def _between(w: MathmlWriter, left: Expression, sign: str, right: Expression) -> Written:
    return Written(f"{w.at(left, Level.SCRIPT)}{mo(sign)}{w.at(right, Level.SCRIPT)}", Level.HADAMARD)


_SHORTHANDS: dict[str, Any] = {
    "norm": lambda w, x: Written(ml.fenced("‖", w.text(x), "‖"), Level.ATOM),
    "inner": lambda w, g, u: Written(ml.fenced("⟨", f"{w.text(g)}{ml.COMMA}{w.text(u)}", "⟩"), Level.ATOM),
    "dot": lambda w, u, v: _between(w, u, "⋅", v),
    "outer": lambda w, u, v: _between(w, u, "⊗", v),
}


def _size(e: Dimension) -> Written:
    tight = not e.size.args or e.size.is_Function
    return Written(ml.size(e.size), Level.ATOM if tight else Level.JUXTAPOSED if e.size.is_Mul else Level.SUM)


RULES: dict[type[Expression], Rule] = SHARED | {
    Constant: lambda w, e: Written(mi(GREEK[e.name]), Level.ATOM),
    Dimension: lambda w, e: _size(e),
    Tensor: _tensor,
    Transpose: _transpose,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: _kronecker,
    Diag: lambda w, e: w.call(mi("diag"), w.text(e.operand)),
    Ones: _ones,
    Identity: lambda w, e: Written(ml.lowered(_BOLD_I, ml.size(e.size)), Level.ATOM),
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: _shorthand,
}
MathmlWriter.rules = RULES
