r"""Drawings as TikZ, which sets labels as LaTeX does everything else; needs `\usepackage{tikz}`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derive.rendering.drawing import XY, Area, Box, Curve, Dot, Drawing, Label
from derive.rendering.latex_text import words
from derive.rendering.svg import LIGHT

_POINT = 0.75
_PAGE = (480.0, 640.0)
_ANCHORS = {"start": "west", "middle": "center", "end": "east"}


def tikz(drawing: Drawing) -> str:
    """A `tikzpicture`, made smaller where it would not fit on a page."""
    unit = min(_POINT, _PAGE[0] / drawing.width, _PAGE[1] / drawing.height)
    colours = "\n".join(rf"\definecolor{{derive-{role}}}{{HTML}}{{{code[1:].upper()}}}" for role, code in LIGHT.items())
    marks = "\n".join(RENDERERS[type(mark)](mark, unit) for mark in drawing.marks)
    opening = f"\\begin{{tikzpicture}}[x={unit:.4f}bp,y=-{unit:.4f}bp]"
    return f"% needs \\usepackage{{tikz}}\n{colours}\n{opening}\n{marks}\n\\end{{tikzpicture}}\n"


def _at(point: XY) -> str:
    return f"({point[0]:.1f},{point[1]:.1f})"


def _box(mark: Box, unit: float) -> str:
    corners = f"{_at((mark.x, mark.y))} rectangle {_at((mark.x + mark.width, mark.y + mark.height))}"
    look = f"draw=derive-{mark.stroke},fill=derive-{mark.fill},line width={mark.thick * unit:.2f}bp"
    return rf"\path[{look},rounded corners={6 * unit:.1f}bp] {corners};"


def _curve(mark: Curve, unit: float) -> str:
    look = f"draw=derive-{mark.stroke},line width={mark.thick * unit:.2f}bp"
    look += ",-{latex}" if mark.arrow else ""
    look += ",dashed" if mark.dashed else ""
    first, rest = mark.points[0], mark.points[1:]
    if mark.smooth:
        thirds = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        path = "".join(f" .. controls {_at(a)} and {_at(b)} .. {_at(end)}" for a, b, end in thirds)
    else:
        path = "".join(f" -- {_at(point)}" for point in rest)
    return rf"\path[{look},line join=round,line cap=round] {_at(first)}{path};"


def _area(mark: Area, unit: float) -> str:
    return rf"\path[fill=derive-{mark.fill}] {' -- '.join(map(_at, mark.points))} -- cycle;"


def _dot(mark: Dot, unit: float) -> str:
    fill = "paper" if mark.hollow else mark.stroke
    look = f"draw=derive-{mark.stroke},fill=derive-{fill},line width={1.6 * unit:.2f}bp"
    return rf"\path[{look}] {_at((mark.x, mark.y))} circle [radius={mark.radius * unit:.2f}bp];"


def _label(mark: Label, unit: float) -> str:
    points = mark.size * unit
    font = rf"\fontsize{{{points:.1f}}}{{{1.2 * points:.1f}}}\selectfont" + (r"\bfseries\boldmath" if mark.bold else "")
    look = f"text=derive-{mark.color},inner sep=1bp,font={{{font}}}"
    look += ",rotate=90" if mark.turned else ""
    look += ",fill=derive-paper" if mark.halo else ""
    return rf"\node[anchor={_ANCHORS[mark.anchor]},{look}] at {_at((mark.x, mark.y))} {{{words(mark.content)}}};"


RENDERERS: dict[type, Callable[[Any, float], str]] = {
    Area: _area,
    Box: _box,
    Curve: _curve,
    Dot: _dot,
    Label: _label,
}
