"""The computation graph of a problem as a picture: definitions with shapes, and the paths of the chain rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from derive.expression.nodes import Derivative, Expression
from derive.expression.problem import Problem
from derive.expression.shapes import known_shape
from derive.rendering.dependence import Arrow, Dependence, dependence
from derive.rendering.document import (
    Block,
    Bullets,
    Document,
    Heading,
    Inline,
    Paragraph,
    Picture,
    ShapeOf,
    Span,
    Table,
)
from derive.rendering.drawing import XY, Box, Curve, Drawing, Label, Mark, Role, moved
from derive.rendering.layered import Edge, Layout, Node, layered
from derive.rendering.lines import arranged
from derive.rendering.terminal import plain
from derive.rendering.text_width import text_width
from derive.writing.unicode import UnicodeWriter

_SIZE, _SMALL, _LINE = 15.0, 12.0, 20.0
_ROOM = 34 * _SIZE
_MOST_PATHS = 6


@dataclass(frozen=True)
class _Face:
    """What is written in the box of a name: lines of a formula, and its shape below."""

    lines: tuple[Span, ...]
    shape: Span
    node: Node


def graph_document(problem: Problem, wanted: Iterable[Expression]) -> Document:
    """The picture, the paths from the objective to what derivatives are wanted in, and the definitions as a table.

    Raises UsageError if the problem has no objective.
    """
    found = dependence(problem, wanted)
    title: Span = (problem.title,) if problem.title else ("What ", found.objective, " depends on")
    blocks: list[Block] = [Picture(graph_drawing(found), graph_words(found))]
    for goal in sorted(found.goals & set(found.meanings), key=list(found.meanings).index):
        blocks += _paths(found, goal)
    rows = tuple(_row(name, meaning) for name, meaning in found.meanings.items())
    blocks += [Heading(("Definitions",)), Table((("name",), ("is",), ("shape",)), rows)]
    return Document(title, tuple(blocks))


def graph_words(found: Dependence) -> str:
    """What is to be seen, in a sentence."""
    goals = [name for name in found.meanings if name in found.goals]
    counted = f"{_count(len(found.meanings), 'name')}, {_count(len(found.arrows), 'arrow')}"
    paths = [f"{_count(found.count(goal), 'path')} to {plain((goal,))}." for goal in goals]
    return " ".join([f"The graph of {plain((found.objective,))}: {counted}.", *paths])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _paths(found: Dependence, goal: Expression) -> Iterator[Block]:
    """The chain rule, path by path: one product for each."""
    if goal == found.objective:
        return
    number = found.count(goal)
    words = f" collects {_count(number, 'path')}"
    shown = found.paths(goal, _MOST_PATHS)
    more = f", of which {len(shown)} are shown" if len(shown) < number else ""
    yield Paragraph((Derivative(found.objective, goal, "formal"), f"{words}{more}:"))
    yield Bullets(tuple(_product(path) for path in shown))


def _product(path: list[Arrow]) -> Span:
    span: list[Inline] = []
    for arrow in path:
        span += [" · ", *_factor(arrow)] if span else _factor(arrow)
    return tuple(span)


def _factor(arrow: Arrow) -> Span:
    return (Derivative(arrow.user, arrow.source, "formal"),) if not arrow.gap else ("…",)


def _row(name: Expression, meaning: Expression | None) -> tuple[Span, ...]:
    size = known_shape(name)
    shape: Span = () if size is None else (ShapeOf(size),)
    is_: Span = ("given",) if meaning is None else (meaning,)
    return (name,) if meaning != name else ("objective",), is_, shape


def graph_drawing(found: Dependence) -> Drawing:
    """Boxes from what is given, at the top, to the objective; the ways to the goals stand out."""
    names = list(found.meanings)
    places = {name: k for k, name in enumerate(names)}
    faces = [_face(name, found.meanings[name]) for name in names]
    edges = [Edge(places[a.source], places[a.user], _weight(found, a)) for a in found.arrows]
    layout = layered([face.node for face in faces], edges)
    marks: list[Mark] = []
    order = sorted(range(len(edges)), key=lambda k: _on_the_way(found, found.arrows[k]))
    for k in order:
        marks += _arrow(found, found.arrows[k], layout.routes[k])
    for k, name in enumerate(names):
        marks += _box(found, name, faces[k], layout, k)
    labels = [x for k in order for x in _labels(found, found.arrows[k], layout, k, edges[k].end)]
    spans = [(x.x, text_width(plain(x.content), _SMALL) + 12, x.anchor) for x in labels]
    left = min([0.0, *(at - wide for at, wide, anchor in spans if anchor == "end")])
    right = max([layout.width, *(at + wide for at, wide, anchor in spans if anchor == "start")])
    return Drawing(right - left, layout.height, tuple(moved(mark, -left) for mark in (*marks, *labels)))


def _weight(found: Dependence, arrow: Arrow) -> float:
    """How straight an arrow should be: the ways to the goals most of all, then those between definitions."""
    return 16.0 if _on_the_way(found, arrow) else 1.0 if found.meanings[arrow.source] is None else 4.0


def _on_the_way(found: Dependence, arrow: Arrow) -> bool:
    return arrow.source in found.on_the_way


def _face(name: Expression, meaning: Expression | None) -> _Face:
    size = known_shape(name)
    shape: Span = () if size is None else (ShapeOf(size),)
    if meaning is None:
        lines: tuple[Span, ...] = ((name,),)
    else:
        writer = UnicodeWriter()
        broken = arranged(meaning, writer, lambda text: text_width(text, _SIZE), _ROOM).lines
        head = "" if meaning == name else f"{writer.text(name)} = "
        one_line: Span = (meaning,) if meaning == name else (name, " = ", meaning)
        lines = (one_line,) if len(broken) == 1 else _broken(head, broken)
    width = max(text_width(plain(line), _SIZE) for line in (*lines, shape))
    return _Face(lines, shape, Node(max(width, 34.0) + 24, _LINE * len(lines) + (18.0 if shape else 4.0) + 8))


def _broken(head: str, lines: tuple[str, ...]) -> tuple[Span, ...]:
    return tuple(((head if k == 0 else "      ") + line,) for k, line in enumerate(lines))


def _box(found: Dependence, name: Expression, face: _Face, layout: Layout, place: int) -> Iterator[Mark]:
    x, y = layout.centres[place]
    goal, way = name in found.goals, name in found.on_the_way
    given = found.meanings[name] is None
    stroke: Role = "main" if way else "faint" if given else "muted"
    left, top = x - face.node.width / 2, y - face.node.height / 2
    yield Box(left, top, face.node.width, face.node.height, stroke, "soft" if way else "paper", 2.2 if goal else 1.2)
    at = top + 4 + _LINE / 2 + (0 if face.shape else 4)
    for line in face.lines:
        if len(face.lines) > 1:
            yield Label(left + 12, at, line, "ink", _SIZE, "start", goal)
        else:
            yield Label(x, at, line, "ink", _SIZE, "middle", goal)
        at += _LINE
    if face.shape:
        yield Label(x, at - 1, face.shape, "muted", _SMALL, "middle")


def _arrow(found: Dependence, arrow: Arrow, route: tuple[XY, ...]) -> Iterator[Mark]:
    way = _on_the_way(found, arrow)
    yield Curve(_smooth(route), "main" if way else "faint", 2.0 if way else 1.3, True, True, arrow.gap)


def _smooth(route: tuple[XY, ...]) -> tuple[XY, ...]:
    """Cubic pieces that leave and enter every layer upright."""
    points = [route[0]]
    for (x0, y0), (x1, y1) in pairwise(route):
        bend = 0.45 * (y1 - y0)
        points += [(x0, y0 + bend), (x1, y1 - bend), (x1, y1)]
    return tuple(points)


def _labels(found: Dependence, arrow: Arrow, layout: Layout, place: int, user: int) -> Iterator[Label]:
    """What the arrow contributes to the chain rule, before it arrives; a long way round has it on its outer side."""
    if not _on_the_way(found, arrow) or arrow.gap:
        return
    route = layout.routes[place]
    (x0, y0), (x1, y1) = route[-2], route[-1]
    left = len(route) > 2 and x1 < layout.centres[user][0]
    # Where the arrow runs to the left there is room below it, else above it.
    away = max(-9.0, min(9.0, (x0 - x1) / 4))
    x, y = (x0 + x1) / 2 + (-9 if left else 9), (y0 + y1) / 2 + (-away if left else away) - 2
    factor: Span = (Derivative(arrow.user, arrow.source, "formal"),)
    yield Label(x, y, factor, "main", _SMALL, "end" if left else "start", halo=True)
