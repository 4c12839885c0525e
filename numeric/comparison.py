"""The report of a comparison: for every gradient and every route the worst entry, both values, the error, and what
error is allowed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from numeric.differences import Sweep

Part = Literal["total", "data", "regulariser"]


@dataclass(frozen=True)
class Row:
    """One gradient against one route at one point.

    parameter  the variable's name
    route      `entries`, `backprop`, `complex step`, `central differences`, or the name of somebody's function
    part       the whole gradient, or its data term or regulariser alone (the rest taken from the same route)
    entry      the worst entry, row and column counting from 1; None if nothing could be compared
    claimed, found   that entry of the gradient in question, and by the route
    error      |claimed − found| there; relative: the same against the largest entry of this part
    tolerance  how large that error may be; `because` says where this comes from
    agrees     None: nothing was decided, and `note` says why
    """

    parameter: str
    route: str
    part: Part
    point: str
    entry: tuple[int, int] | None
    claimed: float
    found: float
    error: float
    relative: float
    tolerance: float
    because: str
    agrees: bool | None
    note: str = ""

    @property
    def severity(self) -> float:
        """The error in units of what is allowed."""
        if self.agrees is False and self.tolerance == 0.0:
            return float("inf")
        return self.error / self.tolerance if self.tolerance > 0.0 else 0.0


@dataclass(frozen=True)
class Comparison:
    """Everything that was compared. It agrees if nothing disagrees and every gradient was confirmed by some route."""

    rows: tuple[Row, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    points: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sweeps: tuple[Sweep, ...] = ()

    @property
    def agrees(self) -> bool:
        parameters = {row.parameter for row in self.rows}
        confirmed = {row.parameter for row in self.rows if row.agrees}
        return bool(parameters) and confirmed == parameters and not self.disagreements

    @property
    def disagreements(self) -> tuple[Row, ...]:
        """The rows that disagree, worst first."""
        wrong = [row for row in self.rows if row.agrees is False]
        return tuple(sorted(wrong, key=lambda row: -row.severity))

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.parameter for row in self.rows))

    @property
    def routes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.route for row in self.rows))

    def worst(self) -> tuple[Row, ...]:
        """One row for each gradient, route and part: a disagreement if any, else the largest error."""
        chosen: dict[tuple[str, str, str], Row] = {}
        for row in self.rows:
            key = (row.parameter, row.route, row.part)
            if key not in chosen or _rank(row) > _rank(chosen[key]):
                chosen[key] = row
        return tuple(chosen.values())

    def largest(self, route: str) -> float:
        """The largest relative error of a route in any gradient."""
        return max((row.relative for row in self.rows if row.route == route and row.agrees is not None), default=0.0)


def _rank(row: Row) -> tuple[int, float]:
    return ({False: 2, True: 1, None: 0}[row.agrees], row.severity)
