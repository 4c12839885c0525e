"""The NumPy functions that lowered programs call: each written for few passes over memory and no overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from derive.expression.functions import FUNCTIONS
from numeric.real import REAL, Floats

_LARGEST_EXPONENT = 709.0
_BLOCK = 8192


def _sigmoid(z: Floats) -> Floats:
    # One buffer, five passes; the bound keeps exp finite, and σ(−709) is 1e-308 already.
    e = np.negative(z)
    np.minimum(e, _LARGEST_EXPONENT, out=e)
    np.exp(e, out=e)
    np.add(e, 1.0, out=e)
    return np.reciprocal(e, out=e)


def _softmax(axis: int | None) -> Callable[[Floats], Floats]:
    axes = (0, 1) if axis is None else axis

    def softmax(z: Floats) -> Floats:
        e = z - np.maximum.reduce(z, axes, keepdims=True)
        np.exp(e, out=e)
        e /= np.add.reduce(e, axes, keepdims=True)
        return e

    return softmax


def _log_sum_exp(axis: int | None) -> Callable[[Floats], Any]:
    def log_sum_exp(z: Floats) -> Any:
        value = REAL.logsumexp(z, axis)
        return float(value.item()) if axis is None else value

    return log_sum_exp


def _softplus(z: Floats) -> Floats:
    e = np.abs(z)
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.log1p(e, out=e)
    e += np.maximum(z, 0.0)
    return e


def _plus_scaled(product: Floats, factor: float, array: Floats) -> Floats:
    """product + factor × array in the memory of the product, which nobody else uses; no temporary of its size."""
    rows = max(1, _BLOCK // array.shape[1])
    if array.shape[0] <= rows:
        product += factor * array
        return product
    for start in range(0, array.shape[0], rows):
        product[start : start + rows] += factor * array[start : start + rows]
    return product


def _fill(value: Any, rows: int, columns: int) -> Floats:
    return np.array(np.broadcast_to(value, (rows, columns)), dtype=float)


VECTORISED: dict[str, Callable[..., Any]] = {
    "matmul": np.matmul,
    "transpose": np.transpose,
    "plus_scaled": _plus_scaled,
    "inner": np.vdot,
    "total_all": lambda x: np.add.reduce(x, (0, 1)),
    "total_0": lambda x: np.add.reduce(x, 0, keepdims=True),
    "total_1": lambda x: np.add.reduce(x, 1, keepdims=True),
    "item": lambda x: x.item(),
    "fill": _fill,
    "eye": np.eye,
    "softmax_all": _softmax(None),
    "softmax_0": _softmax(0),
    "softmax_1": _softmax(1),
    "logsumexp_all": _log_sum_exp(None),
    "logsumexp_0": _log_sum_exp(0),
    "logsumexp_1": _log_sum_exp(1),
    "mask_gt": np.greater,
    "mask_ge": np.greater_equal,
    "mask_lt": np.less,
    "mask_le": np.less_equal,
    "mask_eq": np.equal,
    "mask_ne": np.not_equal,
    "array_sigmoid": _sigmoid,
    "array_softplus": _softplus,
    "array_exp": np.exp,
    "array_log": np.log,
    "array_sqrt": np.sqrt,
    "array_tanh": np.tanh,
    "array_relu": lambda z: np.maximum(z, 0.0),
    "array_abs": np.abs,
    "array_sign": np.sign,
    "array_where": np.where,
}


def table_function(name: str) -> Callable[..., Any]:
    """The stable NumPy form of a row of the table of functions, for arrays and plain floats."""
    form = FUNCTIONS[name].numpy
    assert form is not None
    return lambda *arguments: form(np, *arguments)
