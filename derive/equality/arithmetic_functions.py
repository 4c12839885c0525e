"""The table of elementwise functions once more, as formulas over an arithmetic.

Values only, from a handful of primitives (exp, log, sqrt, erf, sin, cos, 1/x, sign). Derivatives come from running the
same formula on dual numbers, so nothing here is shared with the derivative laws of `expression.functions`: this is the
second route. At a kink the convention of the table is taken (or `arithmetic.slope`).
"""

from __future__ import annotations

from collections.abc import Callable

from derive.equality.arithmetic import Arithmetic, Formula, Scalar


def _kinked(
    t: Arithmetic, z: Scalar, right: Callable[[], Scalar], left: Callable[[], Scalar], chosen: Scalar
) -> Scalar:
    """`right` for z > 0, `left` for z < 0; at 0 a mixture: `chosen` of the right slope, the rest of the left one."""
    sign = t.sign(z)
    if sign is None:
        return t.undefined()
    if sign:
        return right() if sign > 0 else left()
    t.ties += 1
    share = chosen if t.slope is None else t.slope
    return share * right() + (1 - share) * left()


def _sigmoid(t: Arithmetic, z: Scalar) -> Scalar:
    return t.logistic(z)


def _tanh(t: Arithmetic, z: Scalar) -> Scalar:
    return 2 * t.logistic(2 * z) - 1


def _normal(t: Arithmetic, z: Scalar) -> Scalar:
    return (1 + t.erf(z * t.inverse(t.sqrt(t.rational(2))))) * t.inverse(t.rational(2))


def _cosh(t: Arithmetic, z: Scalar) -> Scalar:
    return (t.exp(z) + t.exp(-z)) * t.inverse(t.rational(2))


def _sinh(t: Arithmetic, z: Scalar) -> Scalar:
    return (t.exp(z) - t.exp(-z)) * t.inverse(t.rational(2))


def _elu(t: Arithmetic, z: Scalar, alpha: Scalar) -> Scalar:
    return _kinked(t, z, lambda: z, lambda: alpha * (t.exp(z) - 1), t.rational(0))


def _comparison(holds: Callable[[int], bool], *, is_kink: bool) -> Formula:
    """An indicator of a ? b in terms of the sign of a − b. An inequality at equality is a tie; = and ≠ are not."""

    def formula(t: Arithmetic, a: Scalar, b: Scalar) -> Scalar:
        sign = t.sign(a - b)
        if sign is None:
            return t.undefined()
        if sign == 0 and is_kink:
            t.ties += 1
        return t.rational(1 if holds(sign) else 0)

    return formula


def _jump(value: Callable[[int], int]) -> Formula:
    """A function of the sign alone: sign and step."""

    def formula(t: Arithmetic, z: Scalar) -> Scalar:
        sign = t.sign(z)
        if sign is None:
            return t.undefined()
        if sign == 0:
            t.ties += 1
        return t.rational(value(sign))

    return formula


def _where(t: Arithmetic, c: Scalar, a: Scalar, b: Scalar) -> Scalar:
    sign = t.sign(c)
    if sign is None:
        return t.undefined()
    return a if sign else b


FORMULAS: dict[str, Formula] = {
    "identity": lambda t, z: z,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": lambda t, z: _kinked(t, z, lambda: z, lambda: 0 * z, t.rational(0)),
    "leaky_relu": lambda t, z, alpha: _kinked(t, z, lambda: z, lambda: alpha * z, t.rational(0)),
    "softplus": lambda t, z: t.log(1 + t.exp(z)),
    "exp": lambda t, z: t.exp(z),
    "log": lambda t, z: t.log(z),
    "sqrt": lambda t, z: t.sqrt(z),
    "abs": lambda t, z: _kinked(t, z, lambda: z, lambda: -z, t.inverse(t.rational(2))),
    "sign": _jump(lambda sign: sign),
    "step": _jump(lambda sign: int(sign > 0)),
    "silu": lambda t, z: z * _sigmoid(t, z),
    "gelu": lambda t, z: z * _normal(t, z),
    "elu": _elu,
    "erf": lambda t, z: t.erf(z),
    "sin": lambda t, z: t.sin(z),
    "cos": lambda t, z: t.cos(z),
    "cosh": _cosh,
    "sinh": _sinh,
    "sech": lambda t, z: t.inverse(_cosh(t, z)),
    "maximum": lambda t, a, b: _kinked(t, a - b, lambda: a, lambda: b, t.rational(1)),
    "minimum": lambda t, a, b: _kinked(t, a - b, lambda: b, lambda: a, t.rational(0)),
    "where": _where,
    "gt": _comparison(lambda sign: sign > 0, is_kink=True),
    "ge": _comparison(lambda sign: sign >= 0, is_kink=True),
    "lt": _comparison(lambda sign: sign < 0, is_kink=True),
    "le": _comparison(lambda sign: sign <= 0, is_kink=True),
    "eq": _comparison(lambda sign: sign == 0, is_kink=False),
    "ne": _comparison(lambda sign: sign != 0, is_kink=False),
}

SLOPED = frozenset({"relu", "leaky_relu", "elu", "abs", "maximum", "minimum"})
"""Rows with a kink: continuous, and a slope to choose there."""

KINKED = SLOPED | {"sign", "step", "gt", "ge", "lt", "le"}
"""Rows whose ties are noted: those with a kink, and those that jump."""
