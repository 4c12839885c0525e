"""Somebody's own backward pass, held against the gradients: `--against FILE.py:FUNCTION`.

The function is called with arrays by name, as in `def backward(X, Y, W1, b1, lam): …`, and returns its gradients: a
dictionary (keys `W1`, `dW1` or `grad_W1`), or a tuple in the order of the parameters.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from derive.errors import UsageError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import is_scalar
from derive.expression.text import tensor_text
from derive.networks.network import Network
from derive.suggestions import did_you_mean
from numeric.comparison import Comparison, Row
from numeric.compile import compile_expressions
from numeric.evaluate import Definitions
from numeric.points import Point, distinct_sizes, telling_points
from numeric.real import Floats
from numeric.sizes import Sizes

Backward = Callable[..., Any]

RELATIVE = {8: 1e-9, 4: 1e-4}
"""What is allowed, against the largest entry, by the bytes of a float: somebody else's formula rounds differently."""


def load_function(where: str) -> Backward:
    """The function that `FILE.py:FUNCTION` names. The file is run: it is the user's own code.

    UsageError if there is no such file or function.
    """
    path, colon, name = where.rpartition(":")
    if not colon or not path or not name:
        raise UsageError(f"{where!r} names no function.", suggestion="Write FILE.py:FUNCTION.")
    if not Path(path).is_file():
        raise UsageError(f"There is no file {path}.", suggestion="Write FILE.py:FUNCTION.")
    spec = importlib.util.spec_from_file_location(f"_against_{Path(path).stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file.", suggestion="Write FILE.py:FUNCTION.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path} stops with {type(error).__name__}: {error}.") from error
    found = getattr(module, name, None)
    if not callable(found):
        known = [n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == module.__name__]
        raise UsageError(f"{path} has no function {name}.", suggestion=did_you_mean(name, known))
    return found  # type: ignore[no-any-return]


def compare_function(
    function: Backward,
    asked: Network | Problem,
    gradients: Mapping[str, Expression],
    definitions: Definitions = (),
    *,
    name: str = "your function",
    values: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
) -> Comparison:
    """Hold what a function returns against gradients given as formulas, at ordinary and saturated points.

    UsageError if the function asks for a name that the problem does not have, raises, or returns something else.
    """
    problem = asked.problem() if isinstance(asked, Network) else asked
    chosen = distinct_sizes(problem, sizes)
    program = compile_expressions(problem, gradients, definitions)
    rows: list[Row] = []
    with np.errstate(all="ignore"):
        points = telling_points(problem, chosen, seed, values)
    for point in points:
        with np.errstate(all="ignore"):
            expected = program(point.values)
        returned = _called(function, problem, point, list(gradients), name)
        rows.extend(
            _row(parameter, name, point, np.atleast_2d(expected[parameter]), returned[parameter])
            for parameter in gradients
            if parameter in returned
        )
    missing = [p for p in gradients if p not in {row.parameter for row in rows}]
    notes = (f"{name} returns no gradient in {', '.join(missing)}",) if missing else ()
    numbers = {str(s): int(n) for s, n in chosen.items()}
    return Comparison(tuple(rows), numbers, seed, tuple(p.label for p in points), notes)


def _called(
    function: Backward, problem: Problem, point: Point, parameters: Sequence[str], name: str
) -> dict[str, Floats]:
    """The function's gradients by parameter."""
    arguments = _arguments(function, problem, point.values, point.sizes)
    try:
        with np.errstate(all="ignore"):
            returned = function(**arguments)
    except Exception as error:
        raise UsageError(f"{name} stops with {type(error).__name__}: {error}.") from error
    if isinstance(returned, Mapping):
        found = {p: returned[k] for p in parameters for k in (p, f"d{p}", f"grad_{p}") if k in returned}
    elif isinstance(returned, (tuple, list)) and len(returned) == len(parameters):
        found = dict(zip(parameters, returned, strict=True))
    elif isinstance(returned, np.ndarray) and len(parameters) == 1:
        found = {parameters[0]: returned}
    else:
        raise UsageError(f"{name} returns a {type(returned).__name__} that cannot be matched to "
                         f"{', '.join(parameters)}.", suggestion="Return a dictionary by name, or a tuple in this "
                         "order.")  # fmt: skip
    return {p: np.asarray(g) for p, g in found.items()}


def _arguments(function: Backward, problem: Problem, values: Mapping[str, Floats], sizes: Sizes) -> dict[str, Any]:
    """Arrays for the names that the function asks for; scalars are floats, sizes are whole numbers."""
    known: dict[str, Any] = {str(s): int(n) for s, n in sizes.items()}
    for tensor in problem.free_tensors:
        value = values[tensor_text(tensor)]
        known[tensor_text(tensor)] = float(value.item()) if is_scalar(tensor.shape) else value.copy()
    for alias, meaning in problem.scope.aliases.items():
        if isinstance(meaning, Tensor) and tensor_text(meaning) in known:
            known.setdefault(alias, known[tensor_text(meaning)])
    wanted = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in wanted):
        return {tensor_text(t): known[tensor_text(t)] for t in problem.free_tensors}
    required = [p for p in wanted if p.default is p.empty]
    for p in required:
        if p.name not in known:
            raise UsageError(f"The function asks for {p.name!r}, which the problem does not have.",
                             suggestion=did_you_mean(p.name, list(known)))  # fmt: skip
    return {p.name: known[p.name] for p in wanted if p.name in known}


def _row(parameter: str, name: str, point: Point, expected: Floats, returned: Floats) -> Row:
    found = returned.reshape(expected.shape) if returned.size == expected.size and returned.ndim < 2 else returned
    if found.shape != expected.shape:
        note = f"returned {'×'.join(map(str, returned.shape))}, not {'×'.join(map(str, expected.shape))}"
        nothing = float("nan")
        return Row(parameter, name, "total", point.label, None, nothing, nothing, nothing, nothing, 0.0, "shape",
                   False, note)  # fmt: skip
    scale = float(np.abs(expected).max())
    allowed = RELATIVE.get(returned.dtype.itemsize, RELATIVE[8]) if returned.dtype.kind == "f" else RELATIVE[8]
    error = np.where(np.isfinite(found), np.abs(expected - found.astype(float)), np.inf)
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    tolerance = allowed * scale + 1e-300
    return Row(
        parameter, name, "total", point.label, (int(worst[0]) + 1, int(worst[1]) + 1), float(expected[worst]),
        float(found[worst]), float(error[worst]), float(error[worst]) / scale if scale else 0.0, tolerance,
        f"{allowed:.0e} of the largest entry, for {returned.dtype}", bool(error[worst] <= tolerance),
    )  # fmt: skip
