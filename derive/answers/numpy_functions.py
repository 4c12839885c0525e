"""NumPy's functions of arrays, and the formulas they stand for: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from derive.answers.formulas import (
    either,
    is_condition,
    minus,
    negated,
    negative,
    over,
    plus,
    reciprocal,
    times,
)
from derive.expression.functions import apply
from derive.expression.nodes import ZERO, Diag, Expression, MatMul, Ones, Power, Shorthand, number
from derive.expression.shapes import shape

if TYPE_CHECKING:
    from derive.answers.symbolic import SymbolicArray

Entrywise = Callable[..., Expression]


def _named(name: str) -> Entrywise:
    return lambda *arguments: apply(name, *arguments)


UFUNCS: Mapping[str, Entrywise] = {
    "add": plus,
    "subtract": minus,
    "multiply": times,
    "divide": over,
    "true_divide": over,
    "negative": negative,
    "positive": lambda a: a,
    "reciprocal": reciprocal,
    "square": lambda a: Power(a, number(2)),
    "absolute": _named("abs"),
    "fabs": _named("abs"),
    **{name: _named(name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sinh", "cosh", "sign")},
    "log1p": lambda a: apply("log", plus(number(1), a)),
    "expm1": lambda a: minus(apply("exp", a), number(1)),
    "logaddexp": lambda a, b: apply("log", plus(apply("exp", a), apply("exp", b))),
    "heaviside": lambda a, h: plus(apply("gt", a, ZERO), times(h, apply("eq", a, ZERO))),
    "maximum": _named("maximum"),
    "minimum": _named("minimum"),
    "fmax": _named("maximum"),
    "fmin": _named("minimum"),
    "greater": _named("gt"),
    "greater_equal": _named("ge"),
    "less": _named("lt"),
    "less_equal": _named("le"),
    "equal": _named("eq"),
    "not_equal": _named("ne"),
}
"""Functions entry by entry."""

LOGICAL: Mapping[str, Entrywise] = {
    "logical_and": times,
    "logical_or": either,
    "logical_not": negated,
    "bitwise_and": times,
    "bitwise_or": either,
    "invert": negated,
}
"""Functions of conditions."""


def _where(array: SymbolicArray, condition: Any, *branches: Any) -> SymbolicArray:
    if len(branches) != 2:
        array.trace.fail("np.where takes a condition and two values here.", "Write np.where(z > 0, a, b).")
    if not is_condition(array.lift(condition)):
        condition = array.combined(lambda c: apply("ne", c, ZERO), condition)
    return array.combined(_named("where"), condition, *branches)


def _outer(array: SymbolicArray, a: Any, b: Any) -> SymbolicArray:
    return array.new(Shorthand("outer", (array.lift(a), array.lift(b))))


def _diag(array: SymbolicArray, a: Any) -> SymbolicArray:
    if 1 not in shape(array.lift(a)):
        array.trace.fail("np.diag of a matrix is not known in a formula.", "np.diag(v) of a vector is.")
    return array.new(Diag(array.lift(a)))


def _norm(array: SymbolicArray, a: Any, order: Any = None, axis: Any = None, keepdims: bool = False) -> SymbolicArray:
    if order not in (None, 2, "fro") or axis is not None or (order == 2 and 1 not in shape(array.lift(a))):
        array.trace.fail("Of norms only the Euclidean one is known in a formula.", "np.linalg.norm(x) is.")
    return array.new(Shorthand("norm", (array.lift(a),)))


def _like(value: int) -> Callable[..., SymbolicArray]:
    def made(array: SymbolicArray, a: Any, **_: Any) -> SymbolicArray:
        ones = Ones(shape(array.lift(a)))
        return array.new(ones if value else times(ZERO, ones))

    return made


def _clip(array: SymbolicArray, a: Any, low: Any, high: Any) -> SymbolicArray:
    return array.combined(lambda x, b, c: apply("minimum", apply("maximum", x, b), c), a, low, high)


def _inner(array: SymbolicArray, a: Any, b: Any) -> SymbolicArray:
    return array.new(Shorthand("inner", (array.lift(a), array.lift(b))))


ROUTINES: Mapping[str, Callable[..., SymbolicArray]] = {
    "sum": lambda array, a, *rest, **options: array.of(a).sum(*rest, **options),
    "mean": lambda array, a, *rest, **options: array.of(a).mean(*rest, **options),
    "dot": lambda array, a, b: array.of(a).dot(b),
    "transpose": lambda array, a: array.of(a).T,
    "copy": lambda array, a: array.of(a).copy(),
    "where": _where,
    "outer": _outer,
    "vdot": _inner,
    "diag": _diag,
    "norm": _norm,
    "trace": lambda array, a: array.new(Shorthand("trace", (array.lift(a),))),
    "zeros_like": _like(0),
    "ones_like": _like(1),
    "clip": _clip,
    "multi_dot": lambda array, parts: array.new(MatMul(tuple(map(array.lift, parts)))),
}
"""Functions of whole arrays, called with some array of the call and the arguments."""
