"""Somebody's own backward pass, held against the gradients: `--against FILE.py:FUNCTION`.

The function is called with arrays by name, as in `def backward(X, Y, W1, b1, lam): …`, and returns its gradients: a
dictionary (keys `W1`, `dW1` or `grad_W1`), or a tuple in the order of the parameters. What a network has is an array of
two axes, whatever its sizes, unless the function cannot do with one of a single entry; scalars are floats.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
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
from numeric.likeness import Pair, likeness
from numeric.points import Point, distinct_sizes, telling_points
from numeric.real import Floats
from numeric.returned import by_parameter

Backward = Callable[..., Any]

_OF_NETWORKS = re.compile(r"[WbXYxy]\d*")

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
    found: object = module
    for part in name.split("."):  # Net.backward, if it needs no object
        found = getattr(found, part, None)
    if not callable(found):
        known = [n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == module.__name__]
        raise UsageError(f"{path} has no function {name}.", suggestion=did_you_mean(name, known))
    return found


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
    pairs: dict[str, list[Pair]] = {}
    notes: list[str] = []
    with np.errstate(all="ignore"):
        points = telling_points(problem, chosen, seed, values)
    for point in points:
        with np.errstate(all="ignore"):
            expected = {p: np.atleast_2d(g) for p, g in program(point.values).items() if p in gradients}
        shapes = {p: expected[p].shape for p in gradients}
        returned, note = by_parameter(_called(function, problem, point, isinstance(asked, Network), name), shapes, name)
        notes.append(note)
        for parameter in gradients:
            if parameter in returned:
                right, found = expected[parameter], _in_shape(returned[parameter], expected[parameter])
                pairs.setdefault(parameter, []).append((right, found))
                rows.append(_row(parameter, name, point, right, found))
            else:
                rows.append(_nothing(parameter, name, point))
    missing = [p for p in gradients if p not in pairs]
    told = f"{name} returns no gradient in {', '.join(missing)}" if missing else ""
    notes = [told, *dict.fromkeys(notes), *_alike(rows, pairs, name)]
    numbers = {str(s): int(n) for s, n in chosen.items()}
    return Comparison(tuple(rows), numbers, seed, tuple(p.label for p in points), tuple(filter(None, notes)))


def _alike(rows: Sequence[Row], pairs: Mapping[str, list[Pair]], name: str) -> list[str]:
    """What the wrong gradients are of the right ones, as far as that is simple."""
    wrong = dict.fromkeys(row.parameter for row in rows if row.agrees is False)
    words: dict[str, list[str]] = {}
    for parameter in wrong:
        words.setdefault(likeness(pairs[parameter]), []).append(parameter)
    return [f"{name} returns {what} in {', '.join(of)}" for what, of in words.items() if what]


def _called(function: Backward, problem: Problem, point: Point, is_network: bool, name: str) -> Any:
    """What the function returns; one that cannot do with arrays of one entry gets floats in their place."""
    failed: Exception | None = None
    for arrays in (True, False) if is_network else (False,):
        arguments = _arguments(function, problem, point, arrays=arrays)
        try:
            with np.errstate(all="ignore"):
                return function(**arguments)
        except Exception as error:
            failed = failed or error
    raise UsageError(f"{name} stops with {type(failed).__name__}: {failed}.") from failed


def _arguments(function: Backward, problem: Problem, point: Point, *, arrays: bool) -> dict[str, Any]:
    """Arrays for the names that the function asks for; scalars are floats, sizes are whole numbers.

    `arrays`: what a network has stays an array even where it has one entry, so that W2.T is something.
    """
    known: dict[str, Any] = {str(s): int(n) for s, n in point.sizes.items()}
    for tensor in problem.free_tensors:
        name, value = tensor_text(tensor), point.values[tensor_text(tensor)]
        is_float = is_scalar(tensor.shape) and not (arrays and _OF_NETWORKS.fullmatch(name))
        known[name] = float(value.item()) if is_float else value.copy()
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


def _in_shape(returned: Floats, expected: Floats) -> Floats:
    """What has fewer axes, in the shape of the gradient."""
    return returned.reshape(expected.shape) if returned.size == expected.size and returned.ndim < 2 else returned


def _nothing(parameter: str, name: str, point: Point) -> Row:
    nan = float("nan")
    return Row(parameter, name, "total", point.label, None, nan, nan, nan, nan, nan, "", None)


def _row(parameter: str, name: str, point: Point, expected: Floats, found: Floats) -> Row:
    if found.shape != expected.shape:
        note = f"returned {'×'.join(map(str, found.shape))}, not {'×'.join(map(str, expected.shape))}"
        nothing = float("nan")
        return Row(parameter, name, "total", point.label, None, nothing, nothing, nothing, nothing, 0.0, "",
                   False, note)  # fmt: skip
    scale = float(np.abs(expected).max())
    allowed = RELATIVE.get(found.dtype.itemsize, RELATIVE[8]) if found.dtype.kind == "f" else RELATIVE[8]
    error = np.where(np.isfinite(found), np.abs(expected - found.astype(float)), np.inf)
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    tolerance = allowed * scale + 1e-300
    return Row(
        parameter, name, "total", point.label, (int(worst[0]) + 1, int(worst[1]) + 1), float(expected[worst]),
        float(found[worst]), float(error[worst]), float(error[worst]) / scale if scale else 0.0, tolerance,
        f"{allowed:.0e} of the largest entry, for {found.dtype}", bool(error[worst] <= tolerance),
    )  # fmt: skip
