"""Arithmetic for complex steps: every function continued from the real line, kinks decided by the real part.

f(x + ih) = f(x) + ih f′(x) + O(h²), without the cancellation of a difference; with h = 1e-30 nothing but rounding is
left. Piecewise functions are analytic on each side of their kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erf
from typing import Any

import numpy as np

from derive.errors import Unsupported
from derive.expression.function import Function
from numeric.real import Floats, Real
from numeric.standins import stand_in

_REAL_ERF = np.vectorize(erf, otypes=[float])


def _sigmoid(z: Floats) -> Floats:
    e = np.exp(-_abs(z))
    return np.asarray(np.where(z.real >= 0, 1.0, e) / (1.0 + e))


def _abs(z: Floats) -> Floats:
    return np.asarray(np.where(z.real >= 0, z, -z))


def _softplus(z: Floats) -> Floats:
    return np.asarray(np.where(z.real > 0, z, 0) + _log_one_plus(np.exp(-_abs(z))))


def _log_one_plus(z: Floats) -> Floats:
    """log(1 + z) with all digits for small z, which NumPy's complex log1p does not give: log(u)/(u − 1) is smooth."""
    u = 1.0 + z
    small = u.real == 1.0
    below = np.where(small, 1.0, u - 1.0)
    return np.asarray(np.where(small, z, np.log(u) * (z / below)))


def _erf(z: Floats) -> Floats:
    """erf near the real line, to first order in the imaginary part: erf is the integral of 2/√π e^{−t²}."""
    slope = 2.0 / np.sqrt(np.pi) * np.exp(-(z.real**2))
    return np.asarray(_REAL_ERF(z.real) + 1j * slope * z.imag)


def _elu(z: Floats, alpha: Floats) -> Floats:
    return np.asarray(np.where(z.real > 0, z, alpha * np.expm1(np.where(z.real > 0, 0, z))))


def _sech(z: Floats) -> Floats:
    e = np.exp(-_abs(z))
    return np.asarray(2 * e / (1 + e * e))


def _compare(test: Callable[[Any, Any], Any]) -> Callable[[Floats, Floats], Floats]:
    return lambda a, b: np.where(test(a.real, b.real), 1.0 + 0j, 0j)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0),
    "leaky_relu": lambda z, a: np.where(z.real > 0, z, a * z),
    "softplus": _softplus,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": _abs,
    "sign": lambda z: np.sign(z.real) + 0j,
    "step": lambda z: np.where(z.real > 0, 1.0 + 0j, 0j),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": lambda z: 0.5 * z * (1 + _erf(z / np.sqrt(2))),
    "elu": _elu,
    "erf": _erf,
    "sin": np.sin,
    "cos": np.cos,
    "cosh": np.cosh,
    "sinh": np.sinh,
    "sech": _sech,
    "maximum": lambda a, b: np.where(a.real >= b.real, a, b),
    "minimum": lambda a, b: np.where(a.real <= b.real, a, b),
    "where": lambda c, a, b: np.where(c.real != 0, a, b),
    "gt": _compare(np.greater),
    "ge": _compare(np.greater_equal),
    "lt": _compare(np.less),
    "le": _compare(np.less_equal),
    "eq": _compare(np.equal),
    "ne": _compare(np.not_equal),
}


class Analytic(Real):
    """complex128 arrays; each function is analytic wherever the real part of its argument is not at a kink."""

    dtype = complex

    def apply(self, function: Function, order: int, arguments: list[Floats]) -> Floats:
        if function.kind == "unspecified":
            return np.asarray(stand_in(function.name, order, arguments[0]))
        if order or function.name not in _FUNCTIONS:
            raise Unsupported(f"{function.name} has no continuation to complex arguments here.",
                              suggestion="Central differences still work.")  # fmt: skip
        return np.asarray(_FUNCTIONS[function.name](*np.broadcast_arrays(*arguments)))


ANALYTIC = Analytic()
