"""The table of elementwise functions: one row a function, and everything that is known about it.

A new function is one new row here. `derivative` is the law that derivations show; a test proves each law from the
SymPy expression, so a wrong row cannot pass. `numpy` forms do not overflow at |z| = 1000.
"""

from __future__ import annotations

import copyreg
import math
from fractions import Fraction
from typing import Any

import sympy

from derive.expression.function import Function, Kink
from derive.expression.nodes import (
    Constant,
    Elementwise,
    Expression,
    IndexSum,
    MatMul,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Transpose,
    number,
)
from derive.expression.traverse import walk

_HALF = Fraction(1, 2)


def apply(name: str, *arguments: Expression, order: int = 0) -> Elementwise:
    """A known function applied entry by entry; missing parameters take their defaults."""
    row = function(name)
    missing = len(row.parameters) - len(arguments)
    defaults = tuple(Number(v) for v in row.defaults[len(row.defaults) - missing :]) if missing > 0 else ()
    return Elementwise(row, arguments + defaults, order)


def function(name: str) -> Function:
    """The row of a known function; KeyError if there is none."""
    return FUNCTIONS[ALIASES.get(name, name)]


def unspecified(name: str) -> Function:
    """A smooth function about which nothing is known: f, with f′, f″ …"""
    return Function(name, ("z",), "unspecified", latex=name)


def from_formula(name: str, variable: str, formula: Expression) -> Function:
    """A function given by a formula in one scalar variable, such as mish = z·tanh(softplus(z))."""
    return Function(name, (variable,), "formula", formula=formula, latex=rf"\operatorname{{{name}}}")


def works_by_entry(formula: Expression) -> bool:
    """Whether a formula in one variable means the same for each entry: z/‖z‖ and softmax(z) speak of all of them."""
    return not any(isinstance(n, MatMul | Reduce | Shorthand | Transpose | IndexSum) for n in walk(formula))


def _neg(e: Expression) -> Expression:
    return Product((number(-1), e))


def _one_minus(e: Expression) -> Expression:
    return Sum((number(1), _neg(e)))


def _inverse(e: Expression) -> Expression:
    return Power(e, number(-1))


def _square(e: Expression) -> Expression:
    return Power(e, number(2))


def _gt0(z: Expression) -> Expression:
    return apply("gt", z, number(0))


def _gaussian(z: Expression) -> Expression:
    return apply("exp", Product((number(Fraction(-1, 2)), _square(z))))


def _sqrt_pi(scale: int) -> Expression:
    return apply("sqrt", Product((number(scale), Constant("pi"))) if scale != 1 else Constant("pi"))


def _indicator(test: Any) -> Any:
    return lambda a, b: sympy.Piecewise((1, test(a, b)), (0, True))


def _sigmoid_numpy(np: Any, z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def _sigma(z: sympy.Expr) -> sympy.Expr:
    return 1 / (1 + sympy.exp(-z))


def _erf_numpy(np: Any, z: Any) -> Any:
    return np.vectorize(math.erf, otypes=[float])(z)


def _normal_cdf(z: Expression) -> Expression:
    scaled = Product((z, _inverse(apply("sqrt", number(2)))))
    return Product((number(_HALF), Sum((number(1), apply("erf", scaled)))))


_Z, _ALPHA = sympy.symbols("z alpha", real=True)
_STEP_AT_0 = (Kink(sympy.S.Zero, sympy.S.Zero, sympy.S.Zero, sympy.S.One),)
# At a tie the first argument has the whole slope, so that max(0, z) has slope 0 at 0, as ReLU has.
_FIRST_AT_A_TIE = (Kink(sympy.S.Zero, sympy.S.One, sympy.S.Zero, sympy.S.One),)

_ROWS: tuple[Function, ...] = (
    Function("identity", sympy=lambda z: z, derivative=lambda z: number(1), latex=r"\operatorname{id}",
             numpy=lambda np, z: z),
    Function("sigmoid", sympy=_sigma,
             derivative=lambda z: Product((apply("sigmoid", z), _one_minus(apply("sigmoid", z)))),
             latex=r"\sigma", numpy=_sigmoid_numpy),
    Function("tanh", sympy=sympy.tanh, derivative=lambda z: _one_minus(_square(apply("tanh", z))), latex=r"\tanh",
             numpy=lambda np, z: np.tanh(z)),
    Function("relu", sympy=lambda z: sympy.Max(0, z), derivative=_gt0, kinks=_STEP_AT_0,
             latex=r"\operatorname{ReLU}", numpy=lambda np, z: np.maximum(z, 0.0)),
    Function("leaky_relu", ("z", "alpha"), sympy=lambda z, a: sympy.Piecewise((z, z > 0), (a * z, True)),
             derivative=lambda z, a: apply("where", _gt0(z), number(1), a),
             kinks=(Kink(sympy.S.Zero, _ALPHA, _ALPHA, sympy.S.One),), latex=r"\operatorname{LReLU}",
             numpy=lambda np, z, a: np.where(z > 0, z, a * z), defaults=(Fraction(1, 100),)),
    Function("softplus", sympy=lambda z: sympy.log(1 + sympy.exp(z)), derivative=lambda z: apply("sigmoid", z),
             latex=r"\operatorname{softplus}", numpy=lambda np, z: np.logaddexp(0.0, z)),
    Function("exp", sympy=sympy.exp, derivative=lambda z: apply("exp", z), latex=r"\exp",
             numpy=lambda np, z: np.exp(z)),
    Function("log", sympy=sympy.log, derivative=_inverse, domain="positive", latex=r"\log",
             numpy=lambda np, z: np.log(z)),
    Function("sqrt", sympy=sympy.sqrt,
             derivative=lambda z: Product((number(_HALF), _inverse(apply("sqrt", z)))), domain="nonnegative",
             latex=r"\sqrt", numpy=lambda np, z: np.sqrt(z)),
    Function("abs", sympy=sympy.Abs, derivative=lambda z: apply("sign", z),
             kinks=(Kink(sympy.S.Zero, sympy.S.Zero, sympy.S.NegativeOne, sympy.S.One),), latex=r"\operatorname{abs}",
             numpy=lambda np, z: np.abs(z)),
    Function("sign", sympy=sympy.sign, derivative=lambda z: number(0), latex=r"\operatorname{sign}",
             numpy=lambda np, z: np.sign(z)),
    Function("step", sympy=lambda z: sympy.Piecewise((1, z > 0), (0, True)), derivative=lambda z: number(0),
             latex=r"H", numpy=lambda np, z: np.where(z > 0, 1.0, 0.0)),
    Function("silu", sympy=lambda z: z * _sigma(z),
             derivative=lambda z: Sum((apply("sigmoid", z),
                                       Product((z, apply("sigmoid", z), _one_minus(apply("sigmoid", z)))))),
             latex=r"\operatorname{SiLU}", numpy=lambda np, z: z * _sigmoid_numpy(np, z)),
    Function("gelu", sympy=lambda z: z * (1 + sympy.erf(z / sympy.sqrt(2))) / 2,
             derivative=lambda z: Sum((_normal_cdf(z), Product((z, _gaussian(z), _inverse(_sqrt_pi(2)))))),
             latex=r"\operatorname{GELU}",
             numpy=lambda np, z: 0.5 * z * (1.0 + _erf_numpy(np, z * 0.7071067811865476))),
    Function("elu", ("z", "alpha"),
             sympy=lambda z, a: sympy.Piecewise((z, z > 0), (a * (sympy.exp(z) - 1), True)),
             derivative=lambda z, a: apply("where", _gt0(z), number(1), Product((a, apply("exp", z)))),
             kinks=(Kink(sympy.S.Zero, _ALPHA, sympy.Min(1, _ALPHA), sympy.Max(1, _ALPHA)),),
             latex=r"\operatorname{ELU}",
             numpy=lambda np, z, a: np.where(z > 0, z, a * np.expm1(np.minimum(z, 0.0))), defaults=(Fraction(1),)),
    Function("erf", sympy=sympy.erf,
             derivative=lambda z: Product((number(2), _inverse(_sqrt_pi(1)), apply("exp", _neg(_square(z))))),
             latex=r"\operatorname{erf}", numpy=_erf_numpy),
    Function("sin", sympy=sympy.sin, derivative=lambda z: apply("cos", z), latex=r"\sin",
             numpy=lambda np, z: np.sin(z)),
    Function("cos", sympy=sympy.cos, derivative=lambda z: _neg(apply("sin", z)), latex=r"\cos",
             numpy=lambda np, z: np.cos(z)),
    Function("cosh", sympy=sympy.cosh, derivative=lambda z: apply("sinh", z), latex=r"\cosh",
             numpy=lambda np, z: np.cosh(z)),
    Function("sinh", sympy=sympy.sinh, derivative=lambda z: apply("cosh", z), latex=r"\sinh",
             numpy=lambda np, z: np.sinh(z)),
    Function("sech", sympy=sympy.sech,
             derivative=lambda z: _neg(Product((apply("tanh", z), apply("sech", z)))),
             latex=r"\operatorname{sech}",
             numpy=lambda np, z: 2 * np.exp(-np.abs(z)) / (1 + np.exp(-2 * np.abs(z)))),
    Function("maximum", ("a", "b"), sympy=sympy.Max, derivative=lambda a, b: apply("ge", a, b), latex=r"\max",
             kinks=_FIRST_AT_A_TIE, numpy=lambda np, a, b: np.maximum(a, b)),
    Function("minimum", ("a", "b"), sympy=sympy.Min, derivative=lambda a, b: apply("le", a, b), latex=r"\min",
             kinks=_FIRST_AT_A_TIE, numpy=lambda np, a, b: np.minimum(a, b)),
    Function("where", ("c", "a", "b"), sympy=lambda c, a, b: sympy.Piecewise((a, sympy.Ne(c, 0)), (b, True)),
             derivative=lambda c, a, b: number(0), latex=r"\operatorname{where}",
             numpy=lambda np, c, a, b: np.where(c, a, b)),
    Function("gt", ("a", "b"), sympy=_indicator(lambda a, b: a > b), derivative=lambda a, b: number(0), latex=">",
             numpy=lambda np, a, b: np.where(a > b, 1.0, 0.0)),
    Function("ge", ("a", "b"), sympy=_indicator(lambda a, b: a >= b), derivative=lambda a, b: number(0),
             latex=r"\ge", numpy=lambda np, a, b: np.where(a >= b, 1.0, 0.0)),
    Function("lt", ("a", "b"), sympy=_indicator(lambda a, b: a < b), derivative=lambda a, b: number(0), latex="<",
             numpy=lambda np, a, b: np.where(a < b, 1.0, 0.0)),
    Function("le", ("a", "b"), sympy=_indicator(lambda a, b: a <= b), derivative=lambda a, b: number(0),
             latex=r"\le", numpy=lambda np, a, b: np.where(a <= b, 1.0, 0.0)),
    Function("eq", ("a", "b"), sympy=_indicator(sympy.Eq), derivative=lambda a, b: number(0), latex="=",
             numpy=lambda np, a, b: np.where(a == b, 1.0, 0.0)),
    Function("ne", ("a", "b"), sympy=_indicator(sympy.Ne), derivative=lambda a, b: number(0), latex=r"\ne",
             numpy=lambda np, a, b: np.where(a != b, 1.0, 0.0)),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}

ALIASES: dict[str, str] = {
    **dict.fromkeys(("sigma", "logistic", "expit"), "sigmoid"),
    "swish": "silu",
    "id": "identity",
    "ln": "log",
    "sgn": "sign",
}
"""Other names that are read as a row's own."""

COMPARISONS: dict[str, str] = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"}
"""Comparison signs, as text, and their rows: a comparison is an indicator."""


def _reduce(row: Function) -> tuple[Any, ...]:
    if row.kind == "known":
        return (function, (row.name,))
    return (_rebuild, (row.name, row.parameters, row.kind, row.formula, row.latex))


def _rebuild(name: str, parameters: tuple[str, ...], kind: Any, formula: Any, latex: str) -> Function:
    return Function(name, parameters, kind, formula=formula, latex=latex)


# Rows hold callables, which do not travel between processes; a known row travels by its name.
copyreg.pickle(Function, _reduce)
