"""What somebody's backward pass returned, as arrays by the names of the parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from derive.errors import UsageError
from numeric.real import Floats

_NAME = re.compile(r"([A-Za-z]+)_?(\d+)")
_KEYS = ("{}", "d{}", "grad_{}", "{}_grad", "g{}", "dL_d{}", "dE_d{}")


def by_parameter(returned: Any, shapes: Mapping[str, tuple[int, ...]], name: str) -> tuple[dict[str, Floats], str]:
    """The arrays by parameter, and a note on how they were taken, or "".

    returned  a dictionary (keys `W1`, `dW1`, `grad_W1`, …), or a tuple
    shapes    the shapes that the gradients have, by parameter

    A tuple is taken in the order of the parameters, last layer first, or in that of the layers (W1, b1, W2, …) if only
    then the numbers of entries fit. UsageError for anything else.
    """
    parameters = list(shapes)
    note = ""
    if isinstance(returned, Mapping):
        found = {p: returned[key] for p in parameters for k in _KEYS if (key := k.format(p)) in returned}
        others = [str(key) for key in returned if not any(returned[key] is value for value in found.values())]
        if others and len(found) < len(parameters):
            note = f"{name} also returns {', '.join(others[:6])}: no name of a gradient, which are like W1 or dW1"
    elif isinstance(returned, (tuple, list)) and len(returned) == len(parameters):
        order = _order(returned, shapes)
        found = dict(zip(order, returned, strict=True))
        note = f"{name} returns a tuple, taken in the order {', '.join(order)}"
    elif isinstance(returned, np.ndarray) and len(parameters) == 1:
        found = {parameters[0]: returned}
    else:
        what = "nothing" if returned is None else f"a {type(returned).__name__}"
        raise UsageError(f"{name} returns {what}, which cannot be matched to {', '.join(parameters)}.",
                         suggestion="Return a dictionary by name, or a tuple in this order.")  # fmt: skip
    return {p: _array(g, p, name) for p, g in found.items()}, note


def _order(returned: Sequence[Any], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """The order of the parameters in a tuple: the one that is given, unless only that of the layers fits."""
    given = list(shapes)
    layers = sorted(given, key=_place)
    sizes = [np.size(g) if isinstance(g, np.ndarray) else -1 for g in returned]
    fits = [s == int(np.prod(shapes[p])) for s, p in zip(sizes, given, strict=True)]
    fits_layers = [s == int(np.prod(shapes[p])) for s, p in zip(sizes, layers, strict=True)]
    return layers if all(fits_layers) and not all(fits) else given


def _place(parameter: str) -> tuple[int, bool, str]:
    """W1, b1, W2, b2, …"""
    found = _NAME.fullmatch(parameter)
    return (int(found[2]), not found[1].isupper(), parameter) if found else (0, True, parameter)


def _array(value: Any, parameter: str, name: str) -> Floats:
    """The array of numbers; UsageError if it is none."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            array = array.astype(float)
    except (TypeError, ValueError):
        raise UsageError(f"{name} returns no array of numbers for {parameter}.",
                         suggestion="Return NumPy arrays.") from None  # fmt: skip
    return array
