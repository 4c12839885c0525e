"""Layered drawing of graphs without circles: which node stands where, and how each arrow runs.

Sugiyama's way. Layers by the longest path to an end, so that every node stands just before what it is used for;
arrows over several layers get a place in each (an empty node); the order in a layer by barycentres of the neighbours,
keeping the order with the fewest crossings; positions as least squares: each node wants to stand at the mean of its
neighbours, with room between nodes (pooling adjacent violators solves that exactly for one layer).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from derive.rendering.drawing import XY

_ROUNDS = 12
_LANE = 10.0
_STRAIGHT = 8.0


@dataclass(frozen=True)
class Node:
    width: float
    height: float


@dataclass(frozen=True)
class Edge:
    """From one node to another, by their places; a heavy edge wants to be straight."""

    start: int
    end: int
    weight: float = 1.0


@dataclass(frozen=True)
class Layout:
    """The centre of every node, the points each edge runs through from bottom to top edge, and the size of it all.

    A route has two points for each layer that it passes: where it leaves the one before and enters the next.
    """

    centres: tuple[XY, ...]
    routes: tuple[tuple[XY, ...], ...]
    width: float
    height: float


@dataclass
class _Sheet:
    """What is being laid out: real nodes first, then the empty ones; `chains` are the nodes that an edge runs over."""

    nodes: list[Node]
    layer: list[int]
    chains: list[list[int]]
    above: list[dict[int, float]] = field(default_factory=list)
    below: list[dict[int, float]] = field(default_factory=list)


def layered(nodes: Sequence[Node], edges: Sequence[Edge], gap: XY = (26.0, 58.0), margin: float = 16.0) -> Layout:
    """Lay out a graph from top to bottom; ValueError if it has a circle."""
    sheet = _sheet(nodes, edges)
    orders = _ordered(sheet)
    x = _positions(sheet, orders, gap[0])
    tops, heights, y = [], [], margin
    for order in orders:
        tops.append(y)
        heights.append(max(sheet.nodes[k].height for k in order))
        y += heights[-1] + gap[1]
    left = min(x[k] - n.width / 2 for k, n in enumerate(sheet.nodes)) - margin
    x = [value - left for value in x]
    centres = [(x[k], tops[sheet.layer[k]] + heights[sheet.layer[k]] / 2) for k in range(len(sheet.nodes))]
    width = max(x[k] + n.width / 2 for k, n in enumerate(sheet.nodes)) + margin
    routes = _routes(sheet, edges, centres, tops, heights)
    return Layout(tuple(centres[: len(nodes)]), routes, width, y - gap[1] + margin)


def _layers(count: int, edges: Sequence[Edge]) -> list[int]:
    """The layer of each node, from the top: as far from the ends as its longest path is."""
    users: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    sources: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        users[edge.start].append(edge.end)
        sources[edge.end].append(edge.start)
        waiting[edge.start] += 1
    far = [0] * count
    ready = [k for k in range(count) if not waiting[k]]
    done = 0
    while ready:
        k = ready.pop()
        done += 1
        far[k] = 1 + max((far[u] for u in users[k]), default=-1)
        for source in sources[k]:
            waiting[source] -= 1
            if not waiting[source]:
                ready.append(source)
    if done < count:
        raise ValueError("a graph with a circle has no layers")
    last = max(far, default=0)
    return [last - f for f in far]


def _sheet(nodes: Sequence[Node], edges: Sequence[Edge]) -> _Sheet:
    """Edges over several layers run over empty nodes, one in each."""
    sheet = _Sheet(list(nodes), _layers(len(nodes), edges), [])
    for edge in edges:
        chain = [edge.start]
        for layer in range(sheet.layer[edge.start] + 1, sheet.layer[edge.end]):
            chain.append(len(sheet.nodes))
            sheet.nodes.append(Node(_LANE, 1.0))
            sheet.layer.append(layer)
        sheet.chains.append([*chain, edge.end])
    sheet.above = [{} for _ in sheet.nodes]
    sheet.below = [{} for _ in sheet.nodes]
    for edge, chain in zip(edges, sheet.chains, strict=True):
        for a, b in pairwise(chain):
            # A long way round is straight between its ends, and does not pull at them.
            empty = (a >= len(nodes)) + (b >= len(nodes))
            straight = (1.0, 0.25, _STRAIGHT)[empty]
            sheet.below[a][b] = sheet.above[b][a] = edge.weight * straight
    return sheet


def _ordered(sheet: _Sheet) -> list[list[int]]:
    """The nodes of each layer from left to right, with few crossings."""
    orders: list[list[int]] = [[] for _ in range(max(sheet.layer) + 1)]
    for k in _from_the_end(sheet):
        orders[sheet.layer[k]].append(k)
    best, fewest = [list(order) for order in orders], _crossings(sheet, orders)
    for sweep in range(_ROUNDS):
        down = sweep % 2 == 0
        for layer in range(1, len(orders)) if down else range(len(orders) - 2, -1, -1):
            neighbours = sheet.above if down else sheet.below
            fixed = {k: place for place, k in enumerate(orders[layer - 1 if down else layer + 1])}
            orders[layer] = _by_barycentre(orders[layer], neighbours, fixed)
        crossings = _crossings(sheet, orders)
        if crossings < fewest:
            best, fewest = [list(order) for order in orders], crossings
    return best


def _from_the_end(sheet: _Sheet) -> list[int]:
    """All nodes, neighbours one after the other, beginning with the last layer: a first order that is not far off."""
    seen: dict[int, None] = {}
    pending = [k for k in range(len(sheet.nodes)) if not sheet.below[k]][::-1]
    while pending:
        k = pending.pop()
        if k not in seen:
            seen[k] = None
            pending.extend(reversed(list(sheet.above[k])))
    return list(seen)


def _by_barycentre(order: list[int], neighbours: list[dict[int, float]], fixed: dict[int, int]) -> list[int]:
    """Sorted by the mean place of the neighbours; a node without any keeps its place."""
    keys = {}
    for place, k in enumerate(order):
        places = [fixed[other] for other in neighbours[k]]
        keys[k] = sum(places) / len(places) if places else float(place)
    return sorted(order, key=lambda k: keys[k])


def _crossings(sheet: _Sheet, orders: list[list[int]]) -> int:
    total = 0
    for upper, lower in pairwise(orders):
        place = {k: p for p, k in enumerate(lower)}
        seen: list[int] = []
        for k in upper:
            ends = sorted(place[b] for b in sheet.below[k])
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _positions(sheet: _Sheet, orders: list[list[int]], gap: float) -> list[float]:
    """The horizontal centre of every node."""
    x = [0.0] * len(sheet.nodes)
    for order in orders:
        _placed(order, [0.0] * len(order), [1.0] * len(order), sheet, gap, x)
    for sweep in range(2 * _ROUNDS):
        for order in orders if sweep % 2 else reversed(orders):
            wishes, weights = [], []
            for k in order:
                both = (sheet.above[k], sheet.below[k])
                near = both if sweep >= _ROUNDS else (both[0],) if sweep % 2 else (both[1],)
                pulls = [(x[other], weight) for side in near for other, weight in side.items()]
                total = sum(weight for _, weight in pulls)
                wishes.append(sum(at * weight for at, weight in pulls) / total if total else x[k])
                weights.append(total or 0.1)
            _placed(order, wishes, weights, sheet, gap, x)
    return x


def _placed(
    order: list[int], wishes: list[float], weights: list[float], sheet: _Sheet, gap: float, x: list[float]
) -> None:
    """Put the nodes of a layer as near to their wishes as the room between them allows: least squares."""
    offset, offsets = 0.0, []
    for place, k in enumerate(order):
        if place:
            empty = sheet.nodes[k].height <= 1.0 and sheet.nodes[order[place - 1]].height <= 1.0
            between = gap / 2 if empty else gap
            offset += (sheet.nodes[order[place - 1]].width + sheet.nodes[k].width) / 2 + between
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []
    for wish, weight, shift in zip(wishes, weights, offsets, strict=True):
        mean, total, count = wish - shift, weight, 1
        while pools and pools[-1][0] > mean:
            before, heavier, many = pools.pop()
            mean = (mean * total + before * heavier) / (total + heavier)
            total, count = total + heavier, count + many
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    for k, mean, shift in zip(order, means, offsets, strict=True):
        x[k] = mean + shift


def _routes(
    sheet: _Sheet, edges: Sequence[Edge], centres: list[XY], tops: list[float], heights: list[float]
) -> tuple[tuple[XY, ...], ...]:
    """From the lower side of the first node, through the lanes, to the upper side of the last."""
    out = _ports(sheet, centres, lambda chain: (chain[0], chain[1]))
    into = _ports(sheet, centres, lambda chain: (chain[-1], chain[-2]))
    routes = []
    for number, chain in enumerate(sheet.chains):
        first, last = chain[0], chain[-1]
        points: list[XY] = [(out[number], centres[first][1] + sheet.nodes[first].height / 2)]
        for k in chain[1:-1]:
            top = tops[sheet.layer[k]]
            points += [(centres[k][0], top), (centres[k][0], top + heights[sheet.layer[k]])]
        points.append((into[number], centres[last][1] - sheet.nodes[last].height / 2))
        routes.append(tuple(points))
    return tuple(routes)


def _ports(sheet: _Sheet, centres: list[XY], ends: Callable[[list[int]], tuple[int, int]]) -> list[float]:
    """Where each edge meets its node: spread along the side, in the order in which the edges come."""
    at: dict[int, list[tuple[float, int]]] = {}
    for number, chain in enumerate(sheet.chains):
        node, neighbour = ends(chain)
        at.setdefault(node, []).append((centres[neighbour][0], number))
    found = [0.0] * len(sheet.chains)
    for node, arriving in at.items():
        step = min(30.0, sheet.nodes[node].width / (len(arriving) + 1))
        for rank, (_, number) in enumerate(sorted(arriving)):
            found[number] = centres[node][0] + (rank - (len(arriving) - 1) / 2) * step
    return found
