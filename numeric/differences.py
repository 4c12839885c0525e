"""Derivatives by differences: central, with the step swept over decades, and complex steps.

The error of a central difference is a V over the step: truncation falls with h², rounding grows with 1/h. No step is
right for all, so all are tried and the bottom of the V is reported. A step that crosses a kink tells nothing and is
skipped. A complex step has no V: f(x + ih) has nothing to cancel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from derive.expression.function import Function
from derive.expression.functions import COMPARISONS
from numeric.analytic import ANALYTIC
from numeric.objective import Objective
from numeric.real import Floats, Real
from numeric.rounding import exactly
from numeric.tangent import TANGENTS, moving, still

STEPS: tuple[float, ...] = tuple(10.0**-k for k in range(1, 10))
COMPLEX_STEP = 1e-30
_EPSILON = float(np.finfo(float).eps)
_JUMPS = frozenset({"step", "sign", "where", "maximum", "minimum", *COMPARISONS.values()})

Entry = tuple[int, int]


@dataclass(frozen=True)
class Sweep:
    """Central differences in some entries of one variable, for every step.

    quotients   one row a step, one column an entry; NaN where the step crosses a kink
    step        the chosen step of each entry: the bottom of the V, judged by how little a neighbouring step changes it
    estimate    the derivative at that step; NaN if every step crosses a kink
    error       how far it may be off: the change between neighbouring steps, and the rounding of the objective over h
    """

    name: str
    entries: tuple[Entry, ...]
    steps: tuple[float, ...]
    quotients: Floats
    step: Floats
    estimate: Floats
    error: Floats

    @property
    def skipped(self) -> tuple[Entry, ...]:
        """The entries at a kink: every step crosses it."""
        return tuple(e for e, value in zip(self.entries, self.estimate, strict=True) if np.isnan(value))


class _Watching(Real):
    """float64 that remembers on which side of its kinks every piecewise function was."""

    def __init__(self) -> None:
        self.sides: list[bytes] = []

    def apply(self, function: Function, order: int, arguments: list[Floats]) -> Floats:
        if function.name in _JUMPS and len(arguments) > 1:
            self.sides.append(np.sign(arguments[0] - arguments[1]).tobytes())
        elif function.kinks or function.name in _JUMPS:
            self.sides.append(np.sign(arguments[0]).tobytes())
        return super().apply(function, order, arguments)


def central(
    objective: Objective,
    values: Mapping[str, Floats],
    name: str,
    entries: Sequence[Entry],
    steps: Sequence[float] = STEPS,
) -> Sweep:
    """Central differences of the objective in the given entries of `name`; steps are relative to max(1, |entry|)."""
    quotients = np.full((len(steps), len(entries)), np.nan)
    rounding = np.zeros_like(quotients)
    for column, entry in enumerate(entries):
        scale = max(1.0, abs(float(values[name][entry])))
        for row, step in enumerate(steps):
            upper, above = _moved(objective, values, name, entry, step * scale)
            lower, below = _moved(objective, values, name, entry, -step * scale)
            rounding[row, column] = _EPSILON * max(abs(upper), abs(lower)) / (step * scale)
            if above == below:
                quotients[row, column] = (upper - lower) / (2.0 * step * scale)
    return _bottom(name, tuple(entries), tuple(steps), quotients, rounding)


def _moved(
    objective: Objective, values: Mapping[str, Floats], name: str, entry: Entry, by: float
) -> tuple[float, list[bytes]]:
    moved = values[name].copy()
    moved[entry] += by
    watching = _Watching()
    return float(objective(watching, {**values, name: moved}).item()), watching.sides


def _bottom(
    name: str, entries: tuple[Entry, ...], steps: tuple[float, ...], quotients: Floats, rounding: Floats
) -> Sweep:
    """Choose, for each entry, the step whose estimated error is least."""
    changes = np.abs(np.diff(quotients, axis=0))
    # The truncation of a step is about the change to the next smaller one; rounding is known from the objective.
    estimated = np.where(np.isnan(changes), np.inf, changes) + rounding[:-1] + rounding[1:]
    best = np.argmin(estimated, axis=0)
    columns = np.arange(len(entries))
    error = estimated[best, columns]
    estimate = np.where(np.isfinite(error), quotients[:-1][best, columns], np.nan)
    return Sweep(name, entries, steps, quotients, np.asarray(steps)[best], estimate, error)


def complex_step_bound(objective: Objective, values: Mapping[str, Floats], name: str) -> float:
    """How far rounding may move a complex step in any entry of `name`."""
    lifted = {key: moving(v) if key == name else still(exactly(v)) for key, v in values.items()}
    with np.errstate(all="ignore"):
        return float(objective(TANGENTS, lifted).slack.item())


def complex_step(objective: Objective, values: Mapping[str, Floats], name: str, entries: Sequence[Entry]) -> Floats:
    """Im f(x + ih)/h for each entry, exact up to rounding; Unsupported if a function has no continuation."""
    lifted = {key: value + 0j for key, value in values.items()}
    found = np.empty(len(entries))
    for column, entry in enumerate(entries):
        moved = lifted[name].copy()
        moved[entry] += COMPLEX_STEP * 1j
        found[column] = objective(ANALYTIC, {**lifted, name: moved}).item().imag / COMPLEX_STEP
    return found
