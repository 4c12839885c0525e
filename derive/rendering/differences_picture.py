"""How far finite differences are off, over their step: the V of truncation and rounding, with its best point."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.errors import UsageError
from derive.expression.nodes import Component, Derivative, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.text import tensor_text
from derive.rendering.axes import Axes, Scale, powers, scientific
from derive.rendering.document import Block, Document, Heading, Paragraph, Picture, Span, Table
from derive.rendering.drawing import Dot, Drawing, Label, Mark, Role
from numeric.compile import compile_expressions
from numeric.differences import Sweep, central
from numeric.evaluate import Definitions, definitions_of, evaluate
from numeric.objective import Objective
from numeric.points import distinct_sizes, draw
from numeric.real import REAL, Floats

STEPS: tuple[float, ...] = tuple(10.0 ** (-k / 4) for k in range(2, 57))
_FLOOR = 1e-17
_COLOURS: tuple[Role, ...] = ("main", "second", "third", "accent")


@dataclass(frozen=True)
class Claim:
    """A gradient, shaped like its variable."""

    variable: Tensor
    formula: Expression


@dataclass(frozen=True)
class Curve:
    """The errors of one entry of one gradient, relative to its value; NaN where a step crosses a kink."""

    claim: Claim
    entry: tuple[int, int]
    derived: float
    sweep: Sweep
    objective: float

    @property
    def errors(self) -> list[float]:
        scale = abs(self.derived) or 1.0
        return [abs(float(q) - self.derived) / scale for q in self.sweep.quotients[:, 0]]

    @property
    def best(self) -> tuple[float, float] | None:
        """The step with the least error, and that; None if every step crosses a kink."""
        found = [(error, step) for step, error in zip(self.sweep.steps, self.errors, strict=True) if error == error]
        return min(found)[::-1] if found else None


def differences_document(
    problem: Problem, objective: Expression, claims: Sequence[Claim], definitions: Definitions, seed: int = 0
) -> Document:
    """The picture and its numbers as a table, one column for each gradient.

    Raises UsageError for a problem whose objective is no number, or that has a network of any depth.
    """
    curves = _curves(problem, objective, claims, definitions, seed)
    shown = curves[: len(_COLOURS)]
    more = f" The first {len(shown)} of {len(curves)} are drawn; choose with --wrt." if len(shown) < len(curves) else ""
    caption: Span = (
        f"Central differences (E(w + h) − E(w − h))/2h at a point drawn with seed {seed}, in the largest entry of each "
        f"gradient. Large steps are off by a multiple of h², small ones by rounding.{more}",
    )
    blocks: list[Block] = [
        Picture(_drawing(shown), _words(curves), caption),
        Heading(("The numbers",)),
        _table(curves),
    ]
    if any(math.isnan(error) for curve in curves for error in curve.errors):
        blocks.append(Paragraph(("A dash: the step crosses a kink, where a difference tells nothing.",)))
    return Document(("Finite differences of ", objective), tuple(blocks))


def _curves(
    problem: Problem, objective: Expression, claims: Sequence[Claim], definitions: Definitions, seed: int
) -> list[Curve]:
    if shape(objective) != SCALAR:
        raise UsageError("Only an objective that is a number has differences to show.",
                         suggestion="Ask about a scalar, or use --what graph.")  # fmt: skip
    if any(t.layer is not None for t in problem.scope.tensors.values()):
        raise UsageError("A network of any depth has no numbers.", suggestion="Give widths such as 2,3,1.")
    point = draw(problem, distinct_sizes(problem), seed)
    names = {tensor_text(c.variable): c.variable for c in claims}
    own = {tensor_text(target) for target, _ in definitions_of(problem)}
    values: dict[str, Floats] = dict(point.values)
    derived: Mapping[str, Any] = compile_expressions(
        problem, {tensor_text(c.variable): c.formula for c in claims}, definitions
    )(point.values)
    inner = {name: variable for name, variable in names.items() if name in own}
    values |= evaluate(problem, inner, point.values, REAL)
    curves = []
    for claim in claims:
        name = tensor_text(claim.variable)
        gradient = np.atleast_2d(np.asarray(derived[name], dtype=float))
        row, column = np.unravel_index(int(np.argmax(np.abs(gradient))), gradient.shape)
        entry = (int(row), int(column))
        kept = {key: v for key, v in values.items() if key == name or key not in inner}
        function = Objective(problem, objective, point.sizes, kept)
        sweep = central(function, kept, name, [entry], STEPS)
        curves.append(Curve(claim, entry, float(gradient[entry]), sweep, float(function(REAL, kept).item())))
    return curves


def _target(curve: Curve) -> Expression:
    """The entry that is looked at: ∂E/∂W₁[1,2], or ∂E/∂b of a scalar."""
    variable = curve.claim.variable
    if variable.shape == SCALAR:
        return variable
    return Component(variable, curve.entry[0] + 1, None if variable.shape[1] == ONE else curve.entry[1] + 1)


def _words(curves: Sequence[Curve]) -> str:
    parts = []
    for curve in curves:
        best = curve.best
        found = "every step crosses a kink" if best is None else f"best step {best[0]:.0e}, error {best[1]:.0e}"
        parts.append(f"{tensor_text(curve.claim.variable)}: {found}")
    return "The error of finite differences over the step, a V on logarithmic axes. " + "; ".join(parts) + "."


def _drawing(curves: Sequence[Curve]) -> Drawing:
    found = [max(error, _FLOOR) for curve in curves for error in curve.errors if error == error]
    low = math.floor(math.log10(min(found, default=1e-12)))
    high = max(math.ceil(math.log10(max(found, default=1.0))), low + 4)
    x = Scale(STEPS[-1], STEPS[0], 76, 676, log=True)
    y = Scale(10.0**low, 10.0**high, 356, 20, log=True)
    every = 1 if high - low < 8 else 2
    axes = Axes(x, y, ("step h",), ("relative error",), powers(-14, -1, 2), powers(low, high, every))
    marks: list[Mark] = [*axes.frame(), *_guides(axes, curves[0])]
    for colour, curve in zip(_COLOURS, curves, strict=False):
        points = [(h, max(error, _FLOOR)) for h, error in zip(curve.sweep.steps, curve.errors, strict=True)]
        marks += axes.graph(points, colour)
    for place, (colour, curve) in enumerate(zip(_COLOURS, curves, strict=False)):
        line = 416.0 + 24 * place
        marks += [Dot(84, line, 4, colour), Label(98, line, _legend(curve), "ink", 14)]
        best = curve.best
        if best is not None:
            marks += [Dot(*axes.at(best[0], max(best[1], _FLOOR)), 5.5, colour, hollow=True)]
    return Drawing(700, 416.0 + 24 * len(curves), tuple(marks))


def _legend(curve: Curve) -> Span:
    best = curve.best
    found = (
        "every step crosses a kink"
        if best is None
        else f"best at h = {scientific(best[0])}, error {scientific(best[1])}"
    )
    return (Derivative(Tensor("E", SCALAR), _target(curve), "formal"), f":  {found}")


def _guides(axes: Axes, curve: Curve) -> list[Mark]:
    """What theory says of the first curve: c h² from the large steps, and the rounding of the objective over h."""
    errors = dict(zip(curve.sweep.steps, curve.errors, strict=True))
    rounding = float(np.finfo(float).eps) * abs(curve.objective) / (abs(curve.derived) or 1.0)
    marks: list[Mark] = list(axes.line(lambda h: rounding / h, "muted"))
    at = 10.0 ** (-math.log10(axes.x.high / axes.x.low) * 0.72) * axes.x.high
    if rounding > 0 and axes.y.holds(rounding / at):
        marks.append(Label(*axes.at(at, rounding / at), ("  rounding, ε|E|/h",), "muted", 12, halo=True))
    tried = [(h, error) for h, error in errors.items() if error == error and 1e-3 < h < 0.05 and error > 1e-10]
    if tried:
        h0, error0 = tried[0]
        marks += axes.line(lambda h: error0 * (h / h0) ** 2, "muted")
        h = h0 / 10
        if axes.y.holds(error0 / 100):
            marks.append(Label(*axes.at(h, error0 / 100), ("truncation, c h²  ",), "muted", 12, "end", halo=True))
    return marks


def _table(curves: Sequence[Curve]) -> Table:
    header: tuple[Span, ...] = (("step h",), *((_target(c),) for c in curves))
    rows = []
    for k, step in enumerate(STEPS):
        if (k + 2) % 4 == 0:
            cells = (f"{c.errors[k]:.1e}" if c.errors[k] == c.errors[k] else "–" for c in curves)
            rows.append(((f"{step:.0e}",), *((cell,) for cell in cells)))
    return Table(header, tuple(rows), ("relative errors",), frozenset(range(len(header))))
