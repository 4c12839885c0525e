"""Pictures as data: a few marks on a sheet, which SVG and TikZ draw alike.

Lengths are in units of a CSS pixel, the origin is at the top left. Colours are roles, so that a picture has a light
and a dark form and a format may choose its own. Labels are running text: formulas in them are set by each format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from derive.rendering.spans import Span

Role = Literal["ink", "muted", "faint", "paper", "main", "accent", "soft", "second", "third"]
"""ink: text and outlines; muted, faint: less of it; paper: what lies behind; main: what matters, and soft: an area of
it; accent: the one thing to look at; second, third: other curves."""

Anchor = Literal["start", "middle", "end"]
XY: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle with rounded corners; x, y is its top left corner."""

    x: float
    y: float
    width: float
    height: float
    stroke: Role
    fill: Role = "paper"
    thick: float = 1.0


@dataclass(frozen=True)
class Curve:
    """A line through points, straight or smooth; an arrow has its head at the last point.

    With `smooth` the points are those of cubic Bézier curves: one, and three more for each piece.
    """

    points: tuple[XY, ...]
    stroke: Role
    thick: float = 1.0
    smooth: bool = False
    arrow: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: tuple[XY, ...]
    fill: Role


@dataclass(frozen=True)
class Dot:
    """A filled disc, or a ring around paper."""

    x: float
    y: float
    radius: float
    stroke: Role
    hollow: bool = False


@dataclass(frozen=True)
class Label:
    """Text on one line, centred on the height y; x is its start, middle or end. Turned text reads upwards."""

    x: float
    y: float
    content: Span
    color: Role = "ink"
    size: float = 14.0
    anchor: Anchor = "start"
    bold: bool = False
    turned: bool = False
    halo: bool = False


Mark: TypeAlias = Box | Curve | Area | Dot | Label
MARKS: tuple[type, ...] = (Box, Curve, Area, Dot, Label)


@dataclass(frozen=True)
class Drawing:
    """A sheet with marks, later ones on top."""

    width: float
    height: float
    marks: tuple[Mark, ...]


def moved(mark: Mark, right: float, down: float = 0.0) -> Mark:
    """The same mark elsewhere."""
    if isinstance(mark, (Curve, Area)):
        return replace(mark, points=tuple((x + right, y + down) for x, y in mark.points))
    return replace(mark, x=mark.x + right, y=mark.y + down)
