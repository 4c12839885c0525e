"""Activations and their slopes in plain NumPy, written by hand for the backprop: nothing here comes from `derive`.

Each row gives g(z) and g′(z) together, both accurate to a few units in the last place for every z, also where g is
saturated: σ′ = e/(1+e)² with e = exp(−|z|), not σ(1−σ), which is 0 long before σ′ is. A function that has no row is
differentiated by a complex step.
"""

from __future__ import annotations

from collections.abc import Callable
from math import erf, pi, sqrt

import numpy as np

from derive.expression.function import Function
from numeric.analytic import ANALYTIC
from numeric.evaluate import Evaluator
from numeric.real import Floats
from numeric.standins import stand_in

Pair = tuple[Floats, Floats]

_H = 1e-30
_ERF = np.vectorize(erf, otypes=[float])


def _sigmoid(z: Floats) -> Pair:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e), e / (1.0 + e) ** 2


def _tanh(z: Floats) -> Pair:
    e = np.exp(-2.0 * np.abs(z))
    return np.tanh(z), 4.0 * e / (1.0 + e) ** 2


def _softplus(z: Floats) -> Pair:
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))), _sigmoid(z)[0]


def _silu(z: Floats) -> Pair:
    value, slope = _sigmoid(z)
    return z * value, value + z * slope


def _gelu(z: Floats) -> Pair:
    below = 0.5 * (1.0 + _ERF(z / sqrt(2.0)))
    return z * below, below + z * np.exp(-0.5 * z * z) / sqrt(2.0 * pi)


def _elu(z: Floats, alpha: Floats) -> Pair:
    negative = np.minimum(z, 0.0)
    return np.where(z > 0, z, alpha * np.expm1(negative)), np.where(z > 0, 1.0, alpha * np.exp(negative))


SLOPES: dict[str, Callable[..., Pair]] = {
    "identity": lambda z: (z, np.ones_like(z)),
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": lambda z: (np.maximum(z, 0.0), np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": lambda z, alpha: (np.where(z > 0, z, alpha * z), np.where(z > 0, 1.0, alpha)),
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "elu": _elu,
    "exp": lambda z: (np.exp(z), np.exp(z)),
    "sin": lambda z: (np.sin(z), np.cos(z)),
    "cos": lambda z: (np.cos(z), -np.sin(z)),
    "abs": lambda z: (np.abs(z), np.sign(z)),
}
"""g and g′ by name; at a kink the slope is the one that derivations choose."""


def value_and_slope(row: Function, z: Floats, parameters: list[Floats]) -> Pair:
    """g(z) and g′(z) of any elementwise function: by its row, by its stand-in, or by a complex step."""
    if row.name in SLOPES and row.kind == "known":
        return SLOPES[row.name](z, *parameters)
    if row.kind == "unspecified":
        return np.asarray(stand_in(row.name, 0, z)), np.asarray(stand_in(row.name, 1, z))
    arguments = [z + _H * 1j, *(p + 0j for p in parameters)]
    if row.formula is None:
        stepped = ANALYTIC.apply(row, 0, arguments)
    else:
        stepped = Evaluator(ANALYTIC, dict(zip(row.parameters, arguments, strict=True)), {})(row.formula)
    return stepped.real, stepped.imag / _H
