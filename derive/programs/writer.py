"""Expressions as NumPy code that people read: W2.T @ delta2 * a1 * (1 - a1).

Arrays have two axes, scalars are plain numbers. `+` and `*` are NumPy's own, because they broadcast as ours do; a
product whose result is one number is a dot product, so that numbers never are arrays of one entry.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from enum import IntEnum
from fractions import Fraction
from itertools import chain, count
from typing import Any, NamedTuple

import sympy

from derive.errors import Unsupported
from derive.expression.function import Function
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
    scalar,
)
from derive.expression.shapes import is_dot, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR
from derive.expression.text import tensor_text, text
from derive.expression.traverse import substitute
from derive.programs.functions import FUNCTIONS
from derive.writing.names import GREEK
from numeric.evaluate import law_of

_TAKEN = frozenset([*keyword.kwlist, "np", "math", "range", "sum", "float", "example", "forward", "gradients", "check",
                    "sizes_of", "locals", "SHAPES", "rng", "seed", "softmax", "logsumexp", *FUNCTIONS])  # fmt: skip
_COMPARED = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
_LETTERS = {letter: "lam" if name == "lambda" else name for name, letter in GREEK.items()}
_PRIMES = ("", "_prime", "_second")


class Level(IntEnum):
    """How tightly Python holds a piece of code together."""

    SUM = 0
    TERM = 1
    UNARY = 2
    POWER = 3
    ATOM = 4


class Code(NamedTuple):
    text: str
    level: Level


Rule = Callable[["NumpyWriter", Any], Code]


class NumpyWriter:
    """Writes expressions; collects the functions that are called, the sizes, and what is passed in besides arrays."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self.sizes: dict[sympy.Expr, None] = {}
        self.unspecified: dict[tuple[str, int], str] = {}
        self.formulas: dict[str, Function] = {}
        self.indices: dict[str, Index] = {}
        self._bound: list[str] = []
        self._identifiers: dict[tuple[str, str], str] = {}

    def name(self, kind: str, typed: str) -> str:
        """An identifier for a name of some kind (array, size, function …), the same one each time, no other's."""
        key = (kind, typed)
        if key not in self._identifiers:
            spelled = "".join(_LETTERS.get(c, c) for c in typed)
            word = re.sub(r"\W+", "_", spelled, flags=re.ASCII).strip("_") or "v"
            word = f"v_{word}" if word[0].isdigit() else word
            taken = _TAKEN | set(self._identifiers.values())
            candidates = chain((word,), (f"{word}_{k}" for k in count(1)))
            self._identifiers[key] = next(w for w in candidates if w not in taken)
        return self._identifiers[key]

    def array(self, tensor: Tensor) -> str:
        return self.name("array", tensor_text(tensor))

    def parameter(self, tensor: Tensor) -> str:
        """The name under which an array is passed in."""
        return self.array(tensor)

    def size(self, value: sympy.Expr) -> Code:
        """A size as a number that is known when the code runs."""
        if value.is_Integer:
            return Code(str(value), Level.ATOM if value >= 0 else Level.UNARY)
        if isinstance(value, sympy.Symbol):
            self.sizes.setdefault(value)
            return Code(self.name("size", value.name), Level.ATOM)
        parts = [self.size(argument) for argument in value.args]
        if isinstance(value, sympy.Add):
            return Code(" + ".join(p.text for p in parts), Level.SUM)
        if isinstance(value, sympy.Mul):
            return Code(" * ".join(self.hold(p, Level.UNARY) for p in parts), Level.TERM)
        if isinstance(value, sympy.Pow):
            return Code(f"{self.hold(parts[0], Level.ATOM)}**{self.hold(parts[1], Level.ATOM)}", Level.POWER)
        raise Unsupported(f"The size {value} has no NumPy code.", suggestion="Give the widths names or numbers.")

    def write(self, e: Expression) -> Code:
        return RULES[type(e)](self, e)

    def text(self, e: Expression) -> str:
        return self.write(e).text

    def at(self, e: Expression, level: Level) -> str:
        return self.hold(self.write(e), level)

    def hold(self, code: Code, level: Level) -> str:
        return code.text if code.level >= level else f"({code.text})"

    def call(self, name: str, *arguments: str) -> Code:
        return Code(f"{name}({', '.join(arguments)})", Level.ATOM)

    def position(self, position: Position) -> str:
        """Where an entry is, counted from 0."""
        if not isinstance(position, Index):
            assert position is not None
            return str(position - 1)
        if position.name not in self._bound:
            self.indices[position.name] = position
        return f"{self.name('index', position.name)} - 1"

    def index_sum(self, e: IndexSum) -> Code:
        self._bound.append(e.index.name)
        body = self.text(e.body)
        self._bound.pop()
        last = self.hold(self.size(e.index.size), Level.TERM)
        return Code(f"sum({body} for {self.name('index', e.index.name)} in range(1, {last} + 1))", Level.ATOM)


def number(value: Fraction) -> Code:
    """A number exactly: digits, a short decimal, or a quotient."""
    if value.denominator == 1:
        written = Code(str(value), Level.ATOM)
    elif Fraction(repr(float(value))) == value:
        written = Code(repr(float(value)), Level.ATOM)
    else:
        return Code(f"{value.numerator} / {value.denominator}", Level.TERM)
    return written if value >= 0 else Code(written.text, Level.UNARY)


def _sum(w: NumpyWriter, e: Sum) -> Code:
    out = ""
    for k, term in enumerate(e.terms):
        code = w.write(term)
        if code.text.startswith("-") and code.level >= Level.TERM and k:
            out += f" - {code.text[1:]}"
        else:
            out += (" + " if k else "") + w.hold(code, Level.SUM if k == 0 else Level.TERM)
    return Code(out or "0.0", Level.SUM if len(e.terms) > 1 else w.write(e.terms[0]).level if e.terms else Level.ATOM)


def _product(w: NumpyWriter, e: Product) -> Code:
    factors = list(e.factors)
    sign = ""
    if len(factors) > 1 and isinstance(factors[0], Number) and factors[0].value < 0:
        sign = "-"
        rest = Number(-factors[0].value)
        factors = factors[1:] if rest.value == 1 else [rest, *factors[1:]]
    out = ""
    for k, factor in enumerate(factors):
        if isinstance(factor, Power) and factor.exponent == Number(Fraction(-1)):
            out += ("1" if k == 0 else "") + f" / {w.at(factor.base, Level.UNARY)}"
        else:
            out += (" * " if k else "") + _factor(w, factor, len(factors) == 1)
    return Code(sign + (out or "1.0"), Level.TERM)


def _factor(w: NumpyWriter, e: Expression, alone: bool) -> str:
    """A factor; an indicator beside others may stay a mask of booleans."""
    if _is_mask(e) and not alone:
        return f"({_compared(w, e)})"
    return w.at(e, Level.UNARY)


def _is_mask(e: Expression) -> bool:
    return isinstance(e, Elementwise) and e.function.name in _COMPARED and e.order == 0


def _compared(w: NumpyWriter, e: Any) -> str:
    left, right = (w.at(a, Level.TERM) for a in e.arguments)
    return f"{left} {_COMPARED[e.function.name]} {right}"


def _power(w: NumpyWriter, e: Power) -> Code:
    if isinstance(e.exponent, Number):
        value = e.exponent.value
        if value == -1:
            return Code(f"1 / {w.at(e.base, Level.UNARY)}", Level.TERM)
        if value == Fraction(1, 2):
            return w.call("np.sqrt", w.text(e.base))
        if value < 0:
            return Code(f"1 / {_raised(w, e.base, Number(-value))}", Level.TERM)
    return Code(_raised(w, e.base, e.exponent), Level.POWER)


def _raised(w: NumpyWriter, base: Expression, exponent: Expression) -> str:
    return f"{w.at(base, Level.ATOM)}**{w.at(exponent, Level.ATOM)}"


def _matmul(w: NumpyWriter, e: MatMul) -> Code:
    code, left = w.write(e.factors[0]), shape(e.factors[0])
    before = e.factors[0]
    for factor in e.factors[1:]:
        right = shape(factor)
        if SCALAR in (left, right):
            code = Code(f"{w.hold(code, Level.TERM)} * {_factor(w, factor, False)}", Level.TERM)
        elif is_dot(left, right) or (left[0], right[1]) == SCALAR:
            code = w.call("np.vdot", code.text, w.text(factor))
        elif isinstance(factor, Ones) and right[1] == ONE:
            code = w.call("np.sum", code.text, "axis=1", "keepdims=True")
        elif isinstance(before, Ones) and left[0] == ONE and factor is e.factors[1]:
            code = w.call("np.sum", w.text(factor), "axis=0", "keepdims=True")
        else:
            code = Code(f"{_operand(w, code)} @ {w.at(factor, Level.UNARY)}", Level.TERM)
        left, before = shape(MatMul((Ones(left), Ones(right)))), factor
    return code


def _operand(w: NumpyWriter, code: Code) -> str:
    """What stands left of @; a product of another kind takes brackets, though Python would not need them."""
    return w.hold(code, Level.TERM if " * " not in code.text and " / " not in code.text else Level.UNARY)


def _transpose(w: NumpyWriter, e: Transpose) -> Code:
    if shape(e.operand) == SCALAR:
        return w.write(e.operand)
    return Code(f"{w.at(e.operand, Level.ATOM)}.T", Level.ATOM)


def _elementwise(w: NumpyWriter, e: Elementwise) -> Code:
    row = e.function
    if row.kind == "unspecified":
        own = f"{row.name}{_PRIMES[e.order] if e.order < len(_PRIMES) else f'_{e.order}'}"
        name = w.unspecified.setdefault((row.name, e.order), w.name("function", own))
        return w.call(name, w.text(e.arguments[0]))
    if e.order == 1 and row.derivative is not None:
        bound: dict[Expression, Expression] = {scalar(p): a for p, a in zip(row.parameters, e.arguments, strict=True)}
        return w.write(substitute(law_of(row), bound))
    if e.order:
        raise Unsupported(f"{text(e)} has no NumPy code.", suggestion="Export the derivation as .tex or .html.")
    if row.formula is not None:
        w.formulas[w.name("function", row.name)] = row
        return w.call(w.name("function", row.name), *(w.text(a) for a in e.arguments))
    w.called.add(row.name)
    if row.name == "where" and _is_mask(e.arguments[0]):
        return w.call("np.where", _compared(w, e.arguments[0]), *(w.text(a) for a in e.arguments[1:]))
    template = FUNCTIONS[row.name].call
    inside = template.endswith(")") and not template.startswith("1.0")
    arguments = [w.text(a) if inside and row.name != "step" else w.at(a, Level.TERM) for a in e.arguments]
    level = Level.ATOM if inside else Level.TERM if template.startswith("1.0") else w.write(e.arguments[0]).level
    return Code(template.format(*arguments), level) if template != "{0}" else w.write(e.arguments[0])


def _reduce(w: NumpyWriter, e: Reduce) -> Code:
    if shape(e.operand) == SCALAR:
        return w.write(e.operand)
    if e.axis is None or shape(e) == SCALAR:
        return w.call("np.sum", w.text(e.operand))
    return w.call("np.sum", w.text(e.operand), f"axis={e.axis}", "keepdims=True")


def _component(w: NumpyWriter, e: Component) -> Code:
    operand = shape(e.operand)
    if operand == SCALAR:
        return w.write(e.operand)
    row, column = e.row, e.column
    if shape(e) == SCALAR:
        inside = f"{w.position(row) if row is not None else 0}, {w.position(column) if column is not None else 0}"
    else:
        inside = f"{_slice(w, row)}, {_slice(w, column)}"
    return Code(f"{w.at(e.operand, Level.ATOM)}[{inside}]", Level.ATOM)


def _slice(w: NumpyWriter, position: Position) -> str:
    """One row or column that stays an axis, or the whole axis."""
    if position is None:
        return ":"
    start = w.position(position)
    return f"{start} : {start.removesuffix(' - 1') if ' - 1' in start else int(start) + 1}"


def _kronecker(w: NumpyWriter, e: KroneckerDelta) -> Code:
    sides = (w.position(side).removesuffix(" - 1") if isinstance(side, Index) else str(side)
             for side in (e.row, e.column))  # fmt: skip
    return w.call("float", " == ".join(sides))


def _diag(w: NumpyWriter, e: Diag) -> Code:
    return w.write(e.operand) if shape(e.operand) == SCALAR else w.call("np.diagflat", w.text(e.operand))


def _ones(w: NumpyWriter, e: Ones) -> Code:
    if e.shape == SCALAR:
        return Code("1.0", Level.ATOM)
    return w.call("np.ones", f"({w.size(e.shape[0]).text}, {w.size(e.shape[1]).text})")


def _identity(w: NumpyWriter, e: Identity) -> Code:
    return Code("1.0", Level.ATOM) if e.size == ONE else w.call("np.eye", w.size(e.size).text)


def _explicit(w: NumpyWriter, e: Explicit) -> Code:
    if shape(e) == SCALAR:
        return w.write(e.rows[0][0])
    rows = ", ".join(f"[{', '.join(w.text(entry) for entry in row)}]" for row in e.rows)
    return w.call("np.array", f"[{rows}]")


def _derivative(w: NumpyWriter, e: Derivative) -> Code:
    raise Unsupported(f"{text(e)} has not been worked out, so it has no NumPy code.",
                      suggestion="Export the derivation as .tex or .html.")  # fmt: skip


def _shorthand(w: NumpyWriter, e: Shorthand) -> Code:
    first = e.operands[0]
    alone = e.axis is None or shape(e) == SCALAR
    if shape(first) == SCALAR or (e.name in ("inner", "dot") and shape(first) != shape(e.operands[1])):
        return _of_one_number(w, e)
    if e.name in ("softmax", "logsumexp"):
        w.called.add(e.name)
        return w.call(e.name, w.text(first), *([] if e.axis is None else [f"axis={e.axis}"]))
    if e.name in _WHOLE and alone:
        return w.call(_WHOLE[e.name], *(w.text(operand) for operand in e.operands))
    if e.name == "mean":
        return w.call("np.mean", w.text(first), f"axis={e.axis}", "keepdims=True")
    return w.write(expand(e))


_WHOLE = {"norm": "np.linalg.norm", "mean": "np.mean", "trace": "np.trace", "inner": "np.vdot", "dot": "np.vdot"}


def _of_one_number(w: NumpyWriter, e: Shorthand) -> Code:
    """The softmax of one number is 1, its log-sum-exp the number itself; anything else is what it stands for."""
    if e.name == "softmax":
        return Code("1.0", Level.ATOM)
    return w.write(e.operands[0] if e.name == "logsumexp" else expand(e))


RULES: dict[type[Expression], Rule] = {
    Number: lambda w, e: number(e.value),
    Constant: lambda w, e: Code(f"np.{e.name}", Level.ATOM),
    Dimension: lambda w, e: w.size(e.size),
    Tensor: lambda w, e: Code(w.array(e), Level.ATOM),
    Sum: _sum,
    Product: _product,
    Power: _power,
    MatMul: _matmul,
    Transpose: _transpose,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Component: _component,
    IndexSum: lambda w, e: w.index_sum(e),
    KroneckerDelta: _kronecker,
    Diag: _diag,
    Ones: _ones,
    Identity: _identity,
    Explicit: _explicit,
    Derivative: _derivative,
    Shorthand: _shorthand,
}
