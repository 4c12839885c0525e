"""Laws of pictures: layouts without overlaps, graphs that hold what the problem holds, curves that say the truth."""

from __future__ import annotations

import itertools
import math
import random
from xml.etree import ElementTree

import pytest

from derive.errors import UsageError
from derive.expression.problem import Problem
from derive.expression.text import tensor_text, text
from derive.networks import Network
from derive.problems import from_table
from derive.rendering.axes import Scale, scientific
from derive.rendering.dependence import Dependence, dependence
from derive.rendering.document import Picture
from derive.rendering.drawing import Box
from derive.rendering.graph_picture import graph_document, graph_drawing
from derive.rendering.kink_picture import bends, kink_document
from derive.rendering.layered import Edge, Layout, Node, layered
from derive.rendering.svg import svg
from derive.rendering.text_width import text_width
from derive.rendering.tikz import tikz


def random_graph(rng: random.Random, count: int) -> tuple[list[Node], list[Edge]]:
    nodes = [Node(rng.uniform(20, 200), rng.uniform(20, 60)) for _ in range(count)]
    pairs = {(rng.randrange(k), k) for k in range(1, count)}
    pairs |= {(a, b) for a, b in (sorted(rng.sample(range(count), 2)) for _ in range(count // 2))}
    return nodes, [Edge(a, b, rng.choice((1.0, 16.0))) for a, b in sorted(pairs)]


def boxes(nodes: list[Node], layout: Layout) -> list[tuple[float, float, float, float]]:
    return [(x - n.width / 2, y - n.height / 2, x + n.width / 2, y + n.height / 2)
            for n, (x, y) in zip(nodes, layout.centres, strict=True)]  # fmt: skip


def test_boxes_never_overlap_and_arrows_point_down_past_them() -> None:
    rng = random.Random(1)
    for count in (1, 2, 5, 12, 30):
        nodes, edges = random_graph(rng, count)
        layout = layered(nodes, edges)
        found = boxes(nodes, layout)
        for a, b in itertools.combinations(found, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert all(min(a) >= 0 and a[2] <= layout.width and a[3] <= layout.height for a in found)
        for edge, route in zip(edges, layout.routes, strict=True):
            assert [y for _, y in route] == sorted(y for _, y in route)
            assert route[0][1] == pytest.approx(found[edge.start][3])
            assert route[-1][1] == pytest.approx(found[edge.end][1])
            for (x, y0), (_, y1) in zip(route[1::2], route[2::2], strict=False):
                assert not any(a[0] < x < a[2] and a[1] < y1 and y0 < a[3] for a in found)


def test_a_circle_has_no_layers() -> None:
    with pytest.raises(ValueError, match="circle"):
        layered([Node(1, 1), Node(1, 1)], [Edge(0, 1), Edge(1, 0)])


def test_a_chain_is_straight() -> None:
    layout = layered([Node(50.0 + k, 20) for k in range(8)], [Edge(k, k + 1) for k in range(7)])
    assert max(x for x, _ in layout.centres) - min(x for x, _ in layout.centres) < 1e-6


def graph(problem: Problem, *wanted: str) -> Dependence:
    names = {tensor_text(t): t for t in problem.scope.tensors.values()}
    return dependence(problem, [names[name] for name in wanted])


def two_layers(**options: object) -> Problem:
    return Network("n0,n1,n2", batch="N", **options).problem()  # type: ignore[arg-type]


def test_a_graph_holds_every_definition_and_what_it_mentions() -> None:
    problem = two_layers(l2="lam/2")
    found = graph(problem, "W1")
    assert {text(name) for name, meaning in found.meanings.items() if meaning is not None} == {
        text(d.target) for d in problem.definitions
    }
    arrows = {(text(a.source), text(a.user)) for a in found.arrows}
    assert {("W1", "Z1"), ("W1", "E"), ("A1", "Z2"), ("A2", "E"), ("lam", "E"), ("X", "Z1")} <= arrows
    assert len(arrows) == len(found.arrows) == 13
    assert {text(name) for name in found.on_the_way} == {"W1", "Z1", "A1", "Z2", "A2", "E"}


def test_every_path_is_one_product_of_the_chain_rule() -> None:
    shapes = {"W": ["n", "n"], "x": ["n"]}
    define = {"h1": "tanh(W @ x)", "h2": "tanh(W @ h1)", "h3": "tanh(W @ h2)"}
    table = {"shapes": shapes, "define": define, "question": {"objective": "sum(h3**2)", "wrt": "W"}}
    found = graph(from_table(table), "W")
    goal = next(iter(found.goals))
    assert found.count(goal) == 3
    paths = found.paths(goal, 10)
    assert sorted(map(len, paths)) == [2, 3, 4]
    for path in paths:
        assert path[0].user == found.objective
        assert path[-1].source == goal
        assert all(a.source == b.user for a, b in itertools.pairwise(path))


def test_a_network_of_any_depth_is_drawn_at_three_layers() -> None:
    found = graph(Network("n0,...,nL", "f").problem("W[l]"))
    gaps = {(text(a.source), text(a.user)) for a in found.arrows if a.gap}
    assert gaps == {("a[0]", "a[l-1]"), ("a[l]", "a[L-1]")}


def test_boxes_are_as_wide_as_their_text() -> None:
    assert text_width("W₁ X + b₁", 10) > 45
    assert text_width("mm") > text_width("ii")
    found = graph(two_layers(), "b1")
    drawn = graph_drawing(found)
    frames = [mark for mark in drawn.marks if isinstance(mark, Box)]
    assert len(frames) == len(found.meanings)
    assert all(f.x >= 0 and f.x + f.width <= drawn.width and f.y + f.height <= drawn.height for f in frames)


def test_a_picture_is_well_formed_and_says_what_it_shows() -> None:
    problem = two_layers(l2="lam/2")
    picture = next(b for b in graph_document(problem, [problem.scope.tensors["W1"]]).blocks if isinstance(b, Picture))
    root = ElementTree.fromstring(svg(picture.drawing, picture.words))
    assert root.get("role") == "img"
    assert "2 paths to W₁" in (root.get("aria-label") or "")
    said = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"W₁", "Z₁ = W₁ X + b₁", "∂Z₁/∂W₁", "n₁×N"} <= set(said)
    assert "prefers-color-scheme" in svg(picture.drawing, picture.words)
    assert "<style" not in svg(picture.drawing, picture.words, inside=True)
    drawn = tikz(picture.drawing)
    assert drawn.count("{") == drawn.count("}")


def test_the_interval_at_a_kink_lies_between_the_slopes_of_both_sides() -> None:
    define = {"u": "relu(x) + leaky_relu(x) + elu(x, alpha)*abs(x) + maximum(x, b) - minimum(x, b)", "v": "g(x)"}
    table = {
        "shapes": {"x": ["n"], "b": ["n"], "alpha": []},
        "functions": {"g": "leaky_relu(z, 1/3)"},
        "define": define,
        "question": {"objective": "sum(u*v)", "wrt": "x"},
    }
    found = list(bends(from_table(table)))
    assert len(found) == 7
    for bend in found:
        sides = sorted((bend.slope(bend.at - 1e-9), bend.slope(bend.at + 1e-9)))
        assert sides == pytest.approx([bend.low, bend.high])
        assert bend.low <= bend.value <= bend.high
        steps = ((bend(bend.at + h) - bend(bend.at)) / h for h in (-1e-7, 1e-7))
        assert sorted(steps) == pytest.approx(sides, abs=1e-6)
    words = next(b for b in kink_document(from_table(table)).blocks if isinstance(b, Picture)).words
    assert "relu has slopes from 0 to 1, 0 is chosen" in words


def test_what_has_no_kink_is_said_to_have_none() -> None:
    with pytest.raises(UsageError, match="kink"):
        kink_document(two_layers())


def test_scales_keep_their_ends() -> None:
    for scale in (Scale(2, 5, 10, 90), Scale(1e-9, 1e3, 10, 90, log=True)):
        assert (scale(scale.low), scale(scale.high)) == (10, 90)
        assert scale.holds(scale.low)
        assert not scale.holds(scale.high * 1.01)
        assert not scale.holds(math.nan)
    assert scientific(3.2e-5) == "3·10⁻⁵"
