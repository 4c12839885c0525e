"""Drawings as SVG: one file that needs nothing else, light and dark as the reader's screen is.

Formulas are lines of Unicode with single letters in italics. Nothing in a label is taken for markup.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from html import escape
from itertools import groupby
from typing import Any

from derive.rendering.drawing import XY, Area, Box, Curve, Dot, Drawing, Label
from derive.rendering.spans import Span
from derive.rendering.terminal import plain
from derive.writing.names import visible

LIGHT = {
    "ink": "#1c1e21", "muted": "#5f6670", "faint": "#c9ced6", "paper": "#ffffff", "main": "#1f5fbf",
    "soft": "#eaf1fb", "accent": "#c2410c", "second": "#0f766e", "third": "#7e3fb0",
}  # fmt: skip
DARK = {
    "ink": "#e4e6ea", "muted": "#9aa3af", "faint": "#49515c", "paper": "#15181c", "main": "#82b1ff",
    "soft": "#1d2a3d", "accent": "#ff9d5c", "second": "#4fd1c5", "third": "#c9a0f0",
}  # fmt: skip
"""The colour of each role; pages have the same in their style."""

FONT = "'STIX Two Text', 'STIX Two Math', Cambria, 'Cambria Math', 'Times New Roman', 'DejaVu Serif', serif"
_HEAD = 8.0


def svg(drawing: Drawing, words: str, *, inside: bool = False) -> str:
    """The drawing as an `svg` element; `inside` a page its colours are the page's, else it brings its own."""
    width, height = _number(drawing.width), _number(drawing.height)
    marks = "\n".join(RENDERERS[type(mark)](mark) for mark in drawing.marks)
    said = escape(visible(words.replace("\n", " ")))
    paper = '<rect width="100%" height="100%" style="fill:var(--paper)"/>'
    style = "" if inside else f"<style>{_colours()}</style>\n{paper}\n"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{said}" font-family="{FONT}">\n<title>{said}</title>\n{style}{marks}\n</svg>\n'
    )


def _colours() -> str:
    light, dark = ("".join(f"--{role}:{color};" for role, color in table.items()) for table in (LIGHT, DARK))
    return f"svg{{color-scheme:light dark;{light}}}@media (prefers-color-scheme:dark){{svg{{{dark}}}}}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _at(points: tuple[XY, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _box(mark: Box) -> str:
    return (
        f'<rect x="{_number(mark.x)}" y="{_number(mark.y)}" width="{_number(mark.width)}" '
        f'height="{_number(mark.height)}" rx="6" '
        f'style="fill:var(--{mark.fill});stroke:var(--{mark.stroke});stroke-width:{_number(mark.thick)}"/>'
    )


def _curve(mark: Curve) -> str:
    points = mark.points
    head = ""
    if mark.arrow:
        tip, before = points[-1], next((p for p in reversed(points[:-1]) if p != points[-1]), points[0])
        head, short = _arrow_head(before, tip, mark)
        points = (*points[:-1], short)
    first, rest = points[0], points[1:]
    path = f"M{_at((first,))} {'C' if mark.smooth else 'L'}{_at(rest)}"
    dashes = ";stroke-dasharray:5 4" if mark.dashed else ""
    return (
        f'<path d="{path}" style="fill:none;stroke:var(--{mark.stroke});stroke-width:{_number(mark.thick)};'
        f'stroke-linecap:round;stroke-linejoin:round{dashes}"/>{head}'
    )


def _arrow_head(before: XY, tip: XY, mark: Curve) -> tuple[str, XY]:
    """The head as a triangle, and where the line ends behind it."""
    length = math.dist(before, tip) or 1.0
    dx, dy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    long, wide = _HEAD + mark.thick, 0.42 * (_HEAD + mark.thick)
    back = (tip[0] - long * dx, tip[1] - long * dy)
    left, right = (back[0] - wide * dy, back[1] + wide * dx), (back[0] + wide * dy, back[1] - wide * dx)
    shape = f'<polygon points="{_at((tip, left, right))}" style="fill:var(--{mark.stroke})"/>'
    return shape, (tip[0] - 0.7 * long * dx, tip[1] - 0.7 * long * dy)


def _dot(mark: Dot) -> str:
    fill = "paper" if mark.hollow else mark.stroke
    return (
        f'<circle cx="{_number(mark.x)}" cy="{_number(mark.y)}" r="{_number(mark.radius)}" '
        f'style="fill:var(--{fill});stroke:var(--{mark.stroke});stroke-width:1.6"/>'
    )


def _label(mark: Label) -> str:
    x, y = _number(mark.x), _number(mark.y)
    turn = f' transform="rotate(-90 {x} {y})"' if mark.turned else ""
    halo = ";paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round" if mark.halo else ""
    weight = ";font-weight:600" if mark.bold else ""
    return (
        f'<text x="{x}" y="{y}" dy="0.35em" text-anchor="{mark.anchor}"{turn} xml:space="preserve" '
        f'style="fill:var(--{mark.color});font-size:{_number(mark.size)}px{weight}{halo}">{_words(mark.content)}</text>'
    )


def _words(span: Span) -> str:
    """A formula with its single letters in italics; words as they are."""
    return "".join(escape(visible(part)) if isinstance(part, str) else _italic(plain((part,))) for part in span)


def _italic(formula: str) -> str:
    pieces = []
    for is_letters, run in groupby(formula, _is_letter):
        text = "".join(run)
        alone = is_letters and sum(not unicodedata.combining(c) for c in text) == 1 and text not in ("Σ", "e")
        pieces.append(f'<tspan font-style="italic">{escape(text)}</tspan>' if alone else escape(text))
    return "".join(pieces)


def _is_letter(c: str) -> bool:
    """Letters proper with their accents, not raised or lowered ones."""
    return unicodedata.category(c) in ("Lu", "Ll", "Mn")


RENDERERS: dict[type, Callable[[Any], str]] = {
    Area: lambda mark: f'<polygon points="{_at(mark.points)}" style="fill:var(--{mark.fill})"/>',
    Box: _box,
    Curve: _curve,
    Dot: _dot,
    Label: _label,
}
