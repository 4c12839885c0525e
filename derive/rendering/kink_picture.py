"""Functions around their kinks: the graph, the slopes that are allowed there, and the one that is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy

from derive.errors import UsageError
from derive.expression.function import Function, Kink
from derive.expression.nodes import Elementwise, Expression, Number, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import walk
from derive.rendering.axes import Axes, Scale
from derive.rendering.document import Document, Paragraph, Picture, Span, Table
from derive.rendering.drawing import XY, Area, Curve, Dot, Drawing, Label, Mark
from numeric.evaluate import Evaluator, law_of
from numeric.real import REAL

_TALL, _WIDE, _LEFT, _BETWEEN = 250.0, 290.0, 64.0, 84.0
_STAND_IN = 0.25
"""What a parameter without a number is drawn with."""


@dataclass(frozen=True)
class Bend:
    """A function that has a kink, with numbers for its parameters, and what happens there.

    at, low, high, value   the place, the subdifferential and the slope that is chosen
    """

    function: Function
    parameters: tuple[float, ...]
    at: float
    low: float
    high: float
    value: float
    note: str = ""

    def __call__(self, z: float) -> float:
        assert self.function.numpy is not None
        return float(self.function.numpy(np, np.array(z), *(np.array(p) for p in self.parameters)))

    @property
    def comparing(self) -> bool:
        """Whether it bends where its two arguments are equal, as max(a, b) does."""
        return len(self.parameters) == 1 and not self.function.defaults

    def slope(self, z: float) -> float:
        """The derivative away from the kink."""
        values = (z, *self.parameters)
        names = dict(zip(self.function.parameters, (np.array([[v]]) for v in values), strict=True))
        return float(Evaluator(REAL, names, {})(law_of(self.function)).item())


def kink_document(problem: Problem) -> Document:
    """A picture with a row for each function of the problem that has a kink, and the numbers as a table.

    Raises UsageError if nothing has one.
    """
    found = list(bends(problem))
    if not found:
        raise UsageError("Nothing in this problem has a kink.",
                         suggestion="relu, leaky_relu, elu, abs, maximum and minimum have one.")  # fmt: skip
    rows = tuple(
        (_applied(b), (_place(b),), (f"{b.slope(b.at - 1e-9):g}",), (f"{b.slope(b.at + 1e-9):g}",),
         (f"[{b.low:g}, {b.high:g}]",), (f"{b.value:g}",))
        for b in found
    )  # fmt: skip
    header = (("function",), ("kink at",), ("slope before",), ("after",), ("subdifferential",), ("chosen",))
    words = "; ".join(
        f"{b.function.name} has slopes from {b.low:g} to {b.high:g}, {b.value:g} is chosen" for b in found
    )
    notes = [Paragraph((note,)) for note in dict.fromkeys(b.note for b in found if b.note)]
    accepted = "Derivations take the slope that is chosen; in an answer any other of the interval is right as well."
    caption: Span = (
        "Left: the function; the lines that lie in the shaded area touch it at the kink, and the dashed one is the one "
        "that is chosen. Right: its derivative, which jumps over the subdifferential.",
    )
    picture = Picture(_drawing(found), f"Functions around their kinks. {words}.", caption)
    return Document(("Kinks",), (picture, Table(header, rows), *notes, Paragraph((accepted,))))


def bends(problem: Problem) -> Iterator[Bend]:
    """The functions of a problem that have a kink, each with the same parameters once."""
    seen: set[tuple[str, tuple[float, ...]]] = set()
    sources = [d.value for d in problem.definitions]
    sources += [e for e in (problem.question.objective, problem.question.value) if e is not None]
    for e in (node for source in sources for node in walk(source)):
        for inner in _inside(e):
            for kink in inner.function.kinks:
                bend = _bend(inner, kink)
                if bend.low != bend.high and (bend.function.name, bend.parameters) not in seen:
                    seen.add((bend.function.name, bend.parameters))
                    yield bend


def _inside(e: Expression) -> Iterator[Elementwise]:
    """The applications in a node itself: also in the formula of a function that is given by one."""
    if isinstance(e, Elementwise):
        yield e
        if e.function.formula is not None:
            yield from (node for node in walk(e.function.formula) if isinstance(node, Elementwise))


def _bend(e: Elementwise, kink: Kink) -> Bend:
    row = e.function
    names = [sympy.Symbol(name, real=True) for name in row.parameters[1:]]
    # max(a, b) bends where a = b: it is drawn for b = 0.
    comparing = len(row.parameters) == 2 and not row.defaults
    numbers = [0.0 if comparing else _number(a) for a in e.arguments[1:]]
    open_ = [n for n, a in zip(row.parameters[1:], e.arguments[1:], strict=True) if not isinstance(a, Number)]
    note = f"{row.name} is drawn for {open_[0]} = {_STAND_IN:g}." if open_ and not comparing else ""
    if comparing:
        note = f"{row.name}({', '.join(row.parameters)}) is drawn as a function of {row.parameters[0]}."
    at, low, high, value = (
        float(part.xreplace(dict(zip(names, map(sympy.Float, numbers), strict=True))))
        for part in (kink.at, kink.low, kink.high, kink.value)
    )
    return Bend(row, tuple(numbers), at, low, high, value, note)


def _number(e: Expression) -> float:
    return float(e.value) if isinstance(e, Number) else _STAND_IN


def _place(bend: Bend) -> str:
    first, *others = bend.function.parameters
    return f"{first} = {others[0]}" if bend.comparing else f"{bend.at:g}"


def _applied(bend: Bend, order: int = 0) -> Span:
    """f(z) as a formula, with the parameters that are numbers."""
    row = bend.function
    names = [Tensor(name, SCALAR) for name in row.parameters]
    parameters = [Number(Fraction(p).limit_denominator(10**6)) for p in bend.parameters] if row.defaults else names[1:]
    return (Elementwise(row, (names[0], *parameters), order),)


def _drawing(bends: list[Bend]) -> Drawing:
    marks: list[Mark] = []
    for place, bend in enumerate(bends):
        marks += _row(bend, place * (_TALL + 92))
    return Drawing(2 * (_LEFT + _WIDE) + _BETWEEN - 20, len(bends) * (_TALL + 92), tuple(marks))


def _row(bend: Bend, top: float) -> Iterator[Mark]:
    """The function at the left, its slope at the right."""
    first = Scale(bend.at - 2, bend.at + 2, _LEFT, _LEFT + _WIDE)
    yield from _function(bend, first, top + 38)
    second = Scale(bend.at - 2, bend.at + 2, 2 * _LEFT + _WIDE + _BETWEEN - 40, 2 * _LEFT + 2 * _WIDE + _BETWEEN - 40)
    yield from _slopes(bend, second, top + 38)


def _ticks(bend: Bend, values: tuple[float, ...]) -> tuple[tuple[float, Span], ...]:
    other = bend.function.parameters[-1]
    return tuple((v, ((other if v == 0 else f"{other} {'+' if v > 0 else '−'} {abs(v):g}") if bend.comparing
                      else f"{v:g}".replace("-", "−"),)) for v in values)  # fmt: skip


def _function(bend: Bend, x: Scale, top: float) -> Iterator[Mark]:
    """The graph, and through the kink every line that lies in the fan of the subdifferential."""
    zs = [x.low + k / 100 * (x.high - x.low) for k in range(101)]
    values = [bend(z) for z in zs]
    low, high = min(*values, -1.0), max(*values, 1.0)
    y = Scale(low - 0.15, high + 0.15, top + _TALL, top)
    name: Span = (Tensor(bend.function.parameters[0], SCALAR),)
    whole = (-2.0, -1.0, 0.0, 1.0, 2.0)
    axes = Axes(x, y, name, (), _ticks(bend, whole), _ticks(bend, tuple(v for v in whole if y.holds(v))))
    yield Label(x.start, top - 20, _applied(bend), "ink", 15, bold=True)
    at: XY = (bend.at, bend(bend.at))
    for side in (-1.15, 1.15):
        edges = [(at[0] + side, at[1] + side * slope) for slope in (bend.low, bend.high)]
        yield Area(tuple(axes.at(*p) for p in (at, *edges)), "soft")
    yield from axes.frame()
    ends = [(at[0] + side, at[1] + side * bend.value) for side in (-1.15, 1.15)]
    yield Curve(tuple(axes.at(*p) for p in ends), "accent", 1.8, dashed=True)
    yield from axes.graph(list(zip(zs, values, strict=True)), "main", 2.4)
    yield Dot(*axes.at(*at), 4, "main")


def _slopes(bend: Bend, x: Scale, top: float) -> Iterator[Mark]:
    """The derivative, which jumps: the interval that is allowed at the kink, and the value that is chosen."""
    low, high = min(bend.low, 0.0) - 0.35, max(bend.high, 0.0) + 0.35
    y = Scale(low, high, top + _TALL, top)
    name: Span = (Tensor(bend.function.parameters[0], SCALAR),)
    ends = {bend.low, bend.high}
    marked = sorted(ends if any(abs(end) < 0.1 * (high - low) for end in ends) else {*ends, 0.0})
    axes = Axes(x, y, name, (), _ticks(bend, (-2.0, -1.0, 0.0, 1.0, 2.0)),
                tuple((v, (f"{v:g}".replace("-", "−"),)) for v in marked))  # fmt: skip
    yield Label(x.start, top - 20, _applied(bend, 1), "ink", 15, bold=True)
    yield from axes.frame()
    gap = 1e-6
    for a, b in ((x.low, bend.at - gap), (bend.at + gap, x.high)):
        zs = [a + k / 60 * (b - a) for k in range(61)]
        yield from axes.graph([(z, bend.slope(z)) for z in zs], "main", 2.4)
    px = x(bend.at)
    yield Area(((px - 5, y(bend.low)), (px + 5, y(bend.low)), (px + 5, y(bend.high)), (px - 5, y(bend.high))), "soft")
    yield Curve(((px, y(bend.low)), (px, y(bend.high))), "main", 1.2, dashed=True)
    for side, z in ((bend.at - gap, bend.at - gap), (bend.at + gap, bend.at + gap)):
        yield Dot(*axes.at(side, bend.slope(z)), 4, "main", hollow=True)
    yield Dot(px, y(bend.value), 5, "accent")
    words = f"chosen: {bend.value:g}".replace("-", "−")
    right = bend.slope(bend.at + gap) != bend.value
    yield Label(px + (14 if right else -14), y(bend.value) - 13, (words,), "accent", 13, "start" if right else "end",
                halo=True)  # fmt: skip
    share = 0.5 if abs(bend.value - (bend.low + bend.high) / 2) > 0.2 * (bend.high - bend.low) else 0.75
    middle = y(bend.low + share * (bend.high - bend.low))
    interval = f"[{bend.low:g}, {bend.high:g}]".replace("-", "−")
    yield Label(px + 12, middle, (interval,), "main", 13, "start", halo=True)
