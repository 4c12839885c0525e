"""Concrete sizes: which number stands for n, read off the arrays that are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import sympy

from derive.errors import UsageError
from derive.expression.nodes import Tensor
from derive.expression.sizes import Shape, Size, is_scalar, size_text
from derive.expression.text import tensor_text

Sizes = dict[sympy.Expr, sympy.Integer]


def matrix_of(tensor: Tensor, value: Any, dtype: Any = float) -> np.ndarray[Any, Any]:
    """An array with two axes for a tensor: a list of n numbers is a column (a row if the tensor is one)."""
    array = np.asarray(value, dtype=dtype)
    if array.ndim == 2:
        return array
    if array.ndim == 0:
        return array.reshape(1, 1)
    if array.ndim == 1:
        return array.reshape(1, -1) if tensor.shape[0] == 1 and not is_scalar(tensor.shape) else array.reshape(-1, 1)
    raise UsageError(f"{tensor_text(tensor)} has {array.ndim} axes; give a number, a vector or a matrix.")


def bind_sizes(tensors: Iterable[Tensor], values: Mapping[str, np.ndarray[Any, Any]]) -> Sizes:
    """The number of every symbolic size, from arrays by name; UsageError if arrays disagree."""
    bound: Sizes = {}
    origin: dict[sympy.Expr, str] = {}
    for tensor in tensors:
        key = tensor_text(tensor)
        if key not in values:
            continue
        for axis, (side, found) in enumerate(zip(tensor.shape, values[key].shape, strict=True)):
            what = f"axis {axis} of {key}"
            expected = int(side) if side.is_Integer else bound.setdefault(side, sympy.Integer(int(found)))
            if expected != found:
                because = (
                    f"{size_text(side)} is {expected} in {origin[side]}" if side in origin else f"it is {expected}"
                )
                raise UsageError(f"{what} has {found} entries, but {because}.", suggestion="Check the shapes given.")
            origin.setdefault(side, what)
    return bound


def concrete(value: Size, sizes: Sizes) -> int:
    """A size as a number; UsageError names the symbol that has none."""
    number = value.xreplace(sizes) if value.free_symbols else value
    if not number.is_Integer:
        missing = ", ".join(sorted(size_text(s) for s in number.free_symbols)) or size_text(value)
        raise UsageError(f"The size {missing} has no number here.", suggestion=f"Give one, such as {missing}=3.")
    return int(number)


def concrete_shape(shape: Shape, sizes: Sizes) -> tuple[int, int]:
    return concrete(shape[0], sizes), concrete(shape[1], sizes)
