"""A plot's frame: scales, ticks and labels as marks of a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from derive.rendering.drawing import XY, Curve, Label, Mark, Role
from derive.rendering.spans import Span

_TICK, _SMALL = 12.0, 12.5


@dataclass(frozen=True)
class Scale:
    """Values from low to high along pixels from start to end; on a logarithmic scale values are powers of ten."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        at = math.log10(value) if self.log else value
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        if self.log:
            return self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)
        slack = 1e-9 * (self.high - self.low)
        return self.low - slack <= value <= self.high + slack


@dataclass(frozen=True)
class Axes:
    """Two scales, and what stands beside them: `x_ticks` and `y_ticks` are values with their text."""

    x: Scale
    y: Scale
    x_label: Span
    y_label: Span
    x_ticks: tuple[tuple[float, Span], ...]
    y_ticks: tuple[tuple[float, Span], ...]

    def at(self, x: float, y: float) -> XY:
        return self.x(x), self.y(y)

    def frame(self) -> Iterator[Mark]:
        """Grid lines, ticks and labels."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        for value, text in self.x_ticks:
            yield Curve(((self.x(value), bottom), (self.x(value), top)), "faint", 0.6)
            yield Label(self.x(value), bottom + 14, text, "muted", _TICK, "middle")
        for value, text in self.y_ticks:
            yield Curve(((left, self.y(value)), (right, self.y(value))), "faint", 0.6)
            yield Label(left - 8, self.y(value), text, "muted", _TICK, "end")
        yield Curve(((left, top), (left, bottom), (right, bottom)), "muted", 1.2)
        yield Label((left + right) / 2, bottom + 36, self.x_label, "ink", _SMALL, "middle")
        if self.y_label:
            yield Label(left - 52, (top + bottom) / 2, self.y_label, "ink", _SMALL, "middle", turned=True)

    def graph(self, points: Sequence[XY], stroke: Role, thick: float = 2.0, dashed: bool = False) -> Iterator[Curve]:
        """A line through points; it is cut where a point lies outside or is not a number."""
        run: list[XY] = []
        for x, y in [*points, (math.nan, math.nan)]:
            if not math.isnan(y) and self.x.holds(x) and self.y.holds(y):
                run.append(self.at(x, y))
                continue
            if len(run) > 1:
                yield Curve(tuple(run), stroke, thick, dashed=dashed)
            run = []

    def line(self, through: Callable[[float], float], stroke: Role, thick: float = 1.2) -> Iterator[Curve]:
        """A function as a dashed line of many points."""
        count = 200
        low, high = (math.log10(self.x.low), math.log10(self.x.high)) if self.x.log else (self.x.low, self.x.high)
        values = [low + k / count * (high - low) for k in range(count + 1)]
        xs = [10.0**v for v in values] if self.x.log else values
        yield from self.graph([(x, through(x)) for x in xs], stroke, thick, dashed=True)


def powers(low: int, high: int, every: int) -> tuple[tuple[float, Span], ...]:
    """Ticks at powers of ten."""
    return tuple((10.0**k, (power_text(k),)) for k in range(low, high + 1) if k % every == 0)


def power_text(exponent: int) -> str:
    """10⁻⁵ for −5."""
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def scientific(value: float) -> str:
    """A number that is not negative by its first digit: 3·10⁻⁵."""
    if not value:
        return "0"
    digit, _, exponent = f"{value:.0e}".partition("e")
    return power_text(int(exponent)) if digit == "1" else f"{digit}·{power_text(int(exponent))}"
