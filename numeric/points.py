"""Points to compare gradients at: seeded, with distinct sizes, ordinary and saturated, in keeping with what is assumed.

A gradient that is wrong only where |z| is large agrees at every ordinary point; one that mixes up two axes agrees
where the axes are equally long. So sizes differ, and at the saturated points some units have weights 30 times as large
as others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from derive.errors import Unsupported
from derive.expression.nodes import UNIT, Elementwise, Expression, Power, Reduce, Shorthand, Tensor
from derive.expression.nodes import number as exact
from derive.expression.problem import Problem
from derive.expression.sizes import is_scalar
from derive.expression.text import tensor_text
from derive.expression.traverse import walk
from numeric.evaluate import evaluate
from numeric.real import REAL, Floats
from numeric.sizes import Sizes, concrete_shape, matrix_of

_GRID = 64
_FAR = 20.0
_TRIES = 10
_CANDIDATES = (2, 3, 4, 5, 7, 6, 8, 9, 11, 13)


@dataclass(frozen=True)
class Point:
    """Arrays by name, and a word for where it lies: `ordinary`, `wide`, `saturated`."""

    label: str
    values: dict[str, Floats]
    sizes: Sizes


KINDS: tuple[tuple[str, float], ...] = (("ordinary", 1.0), ("wide", 6.0), ("saturated", 30.0))
"""What points are called, and how many times larger the weights of every other unit are."""


def symbolic_sizes(problem: Problem) -> list[sympy.Expr]:
    """The sizes without a number, in order of appearance; the last ones get the larger numbers."""
    found: dict[sympy.Expr, None] = {}
    for tensor in problem.free_tensors:
        for side in tensor.shape:
            for symbol in sorted(side.free_symbols, key=str):
                found.setdefault(symbol)
    return list(found)


def distinct_sizes(problem: Problem, given: Mapping[str, int] | None = None) -> Sizes:
    """A different small number for each symbolic size; `given` fixes some by name."""
    wanted = dict(given or {})
    symbols = symbolic_sizes(problem)
    taken = {int(side) for t in problem.free_tensors for side in t.shape if side.is_Integer} | set(wanted.values())
    free = [n for n in (*_CANDIDATES, *range(14, 14 + len(symbols))) if n not in taken]
    return {s: sympy.Integer(wanted[str(s)] if str(s) in wanted else free.pop(0)) for s in symbols}


def small_sizes(problem: Problem, given: Mapping[str, int] | None = None) -> Sizes:
    """As small as is telling: 2 and 3 in turn for the first sizes, then 2; `given` fixes some by name."""
    numbers = [2, 3, *[2] * len(symbolic_sizes(problem))]
    wanted = dict(given or {})
    return {s: sympy.Integer(wanted.get(str(s), n)) for s, n in zip(symbolic_sizes(problem), numbers, strict=False)}


def draw(
    problem: Problem, sizes: Sizes, seed: int, kind: str = "ordinary", given: Mapping[str, Any] | None = None
) -> Point:
    """A point for a problem. Entries are multiples of 1/64, never 0; scalars lie in (0, 1)."""
    rng = np.random.default_rng([seed, *kind.encode()])
    scale = dict(KINDS)[kind]
    probabilities = _probabilities(problem)
    values: dict[str, Floats] = {}
    for tensor in problem.free_tensors:
        name, shape = tensor_text(tensor), concrete_shape(tensor.shape, sizes)
        if given is not None and name in given:
            values[name] = matrix_of(tensor, given[name])
        elif is_scalar(tensor.shape) and tensor not in _targets(problem):
            values[name] = rng.integers(1, 16, size=shape) / 16.0
        elif tensor in probabilities:
            values[name] = rng.choice([0.0, 0.25, 0.625, 1.0], size=shape)
        else:
            values[name] = _entries(rng, shape)
            if tensor not in _data(problem):
                values[name] = values[name] * _stretch(rng, shape, scale)
    for left, right in problem.assumptions.equations:
        _assume(rng, left, right, values, given or {})
    _declared(problem, values, rng)
    return Point(kind, values, sizes)


def telling_points(problem: Problem, sizes: Sizes, seed: int, given: Mapping[str, Any] | None = None) -> list[Point]:
    """Two ordinary points, a wide one, and saturated ones until each function's argument has been beyond ±20.

    Saturated points that add nothing are left out; if a function's argument cannot get there, two are kept.
    """
    points = [draw(problem, sizes, seed + k, kind, given) for k, kind in enumerate(("ordinary", "ordinary", "wide"))]
    watched = {str(k): e for k, e in enumerate(_arguments(problem))}
    missing = {(name, sign) for name in watched for sign in (-1.0, 1.0)}
    spare: list[Point] = []
    for k in range(3, 3 + _TRIES):
        point = draw(problem, sizes, seed + k, "saturated", given)
        found = evaluate(problem, watched, point.values, REAL)
        reached = {(name, sign) for name, sign in missing if float((sign * found[name]).max()) > _FAR}
        (points if reached else spare).append(point)
        missing -= reached
        if not missing and len(points) + len(spare) >= 5:
            break
    return points + spare[: max(0, 5 - len(points))]


def _arguments(problem: Problem) -> list[Expression]:
    """What functions are applied to, in the definitions: z1, z2, …"""
    found: dict[Expression, None] = {}
    for definition in problem.definitions:
        for node in walk(definition.value):
            if isinstance(node, Elementwise) and node.function.name not in {"log", "sqrt", "abs"}:
                found.setdefault(node.arguments[0])
            elif isinstance(node, Shorthand) and node.name == "softmax":
                found.setdefault(node.operands[0])
    return list(found)


def _entries(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    drawn = np.round(rng.normal(size=shape) * _GRID) / _GRID
    return np.where(drawn == 0.0, 1.0 / _GRID, drawn)


def _stretch(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    """Every other unit's weights are made larger: both axes, so that it works in either layout."""
    rows = np.where(rng.random((shape[0], 1)) < 0.5, scale, 1.0)
    return np.asarray(np.where(rng.random((1, shape[1])) < 0.7, rows, 1.0))


def _data(problem: Problem) -> set[Tensor]:
    """Inputs and targets: by their usual names, they are not stretched."""
    return {t for t in problem.free_tensors if t.name in {"x", "X", "y", "Y"}}


def _targets(problem: Problem) -> set[Tensor]:
    return {t for t in problem.free_tensors if t.name in {"y", "Y"}}


def _probabilities(problem: Problem) -> set[Tensor]:
    """Targets of a Bernoulli likelihood: names that stand beside log(1 − p) as a factor 1 − y."""
    bernoulli = [
        node
        for definition in problem.definitions
        for node in walk(definition.value)
        if isinstance(node, Elementwise) and node.function.name == "log" and node.order == 0
    ]
    return _targets(problem) if len(bernoulli) > 1 else set()


def _assume(
    rng: np.random.Generator,
    left: Expression,
    right: Expression,
    values: dict[str, Floats],
    given: Mapping[str, Any],
) -> None:
    """Values that satisfy Σy = 1 (half of them one-hot) or s² = 1."""
    if right == UNIT and isinstance(left, Reduce) and isinstance(left.operand, Tensor):
        name = tensor_text(left.operand)
        if name not in given:
            values[name] = _simplex(rng, values[name].shape, left.axis)
    elif isinstance(left, Power) and isinstance(left.base, Tensor) and (left.exponent, right) == (exact(2), UNIT):
        name = tensor_text(left.base)
        if name not in given:
            values[name] = np.where(values[name] > 0, 1.0, -1.0)
    else:
        raise Unsupported("Values that satisfy this assumption cannot be drawn.", suggestion="Give the values.")


def _simplex(rng: np.random.Generator, shape: tuple[int, ...], axis: int | None) -> Floats:
    size = int(np.prod(shape)) if axis is None else shape[axis]
    lines = int(np.prod(shape)) // size
    drawn = np.array([rng.multinomial(1 if k % 2 else 8, np.full(size, 1.0 / size)) for k in range(lines)], dtype=float)
    drawn /= drawn.sum(axis=1, keepdims=True)
    return drawn.reshape(shape) if axis is None else drawn.T if axis == 0 else drawn


def _declared(problem: Problem, values: dict[str, Floats], rng: np.random.Generator) -> None:
    """What else is declared: positive, integer, binary, symmetric, between."""
    declared = problem.assumptions
    for name in declared.positive & values.keys():
        values[name] = np.abs(values[name])
    for name in declared.integer & values.keys():
        values[name] = np.ceil(np.abs(values[name])) * np.sign(values[name])
    for name in declared.binary & values.keys():
        values[name] = rng.integers(0, 2, size=values[name].shape).astype(float)
    for name in declared.symmetric & values.keys():
        values[name] = (values[name] + values[name].T) / 2.0
    for name, low, high in declared.between:
        if name in values:
            values[name] = np.asarray(low + (high - low) * rng.integers(1, 16, size=values[name].shape) / 16.0)
