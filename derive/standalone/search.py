"""The readings of an equation: shapes for its names that conform, the cheapest by custom first.

Names get their kinds one after the other, in the order of their appearance. What has a kind so far must conform
already (names without one are unknown), so that most combinations are never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.errors import LimitError
from derive.expression.sizes import Shape
from derive.notation.syntax import Call, Chain, Group, Negated, Node, Num, Repeated
from derive.notation.syntax import Quotient as WrittenQuotient
from derive.standalone.axes import ONE, SCALAR, Axes, Clash, Sides, turned
from derive.standalone.conformity import Conformity
from derive.standalone.custom import MARGIN, SWAPPED, Kind, costs
from derive.standalone.derivatives import Quotient, factors
from derive.standalone.uses import Uses, Written

LOOKS = 6_000
"""Combinations looked at; more than that many names need to be told apart with --shape."""

DEAREST = 400
"""No reading that costs more is looked for."""


@dataclass(frozen=True)
class Found:
    """A reading: the kinds of names, their shapes as classes of sizes, and what it costs.

    agrees  whether the sides of every relation have one shape (or that of the other layout)
    """

    names: Mapping[str, Sides]
    indices: Mapping[str, int]
    axes: Axes
    cost: int
    agrees: bool


class Search:
    """Looks for readings of some lines; `given` are shapes that were insisted on."""

    def __init__(self, lines: Written, uses: Uses, given: Mapping[str, Shape]) -> None:
        self.lines = lines
        self.uses = uses
        self.given = given
        self.open = [name for name in uses.free if name not in given]
        self.looks = 0

    def left_sides(self) -> Search:
        """The search for what stands on the left alone."""
        lines = [sides[:2] if number in self.uses.defined.values() else sides[:1]
                 for number, sides in enumerate(self.lines)]  # fmt: skip
        return Search(lines, self.uses, self.given)

    def of_scalars(self) -> Found | None:
        """The reading in which everything is a scalar, if nothing is of use for vectors only, and no name a capital."""
        if any(costs(name)["matrix"] == 0 for name in self.open):
            return None
        return self._look(dict.fromkeys(self.open, "scalar"), 0, True)

    def cheapest(self, strict: bool, dearest: int = DEAREST) -> list[Found]:
        """The cheapest readings, and those that cost nearly the same; `strict`: both sides must have one shape."""
        bound = 0
        while bound <= dearest:
            found: list[Found] = []
            dearer = self._extend({}, 0, bound + MARGIN, strict, found)
            if any(f.cost <= bound for f in found):
                return sorted(found, key=lambda f: f.cost)
            if dearer is None and not found:
                return []
            bound = min(f.cost for f in found) if found else dearer or 0
        return []

    def clash(self) -> Clash:
        """The innermost part that does not conform by custom, or else the first line's left side."""
        found = Clash()
        try:
            self._look({name: next(iter(costs(name))) for name in self.open}, 0, True, tell=True)
        except Clash as clash:
            found = clash
        found.node = found.node or self.lines[0][0]
        return found

    def _extend(self, kinds: dict[str, Kind], cost: int, bound: int, strict: bool, found: list[Found]) -> int | None:
        """Give the next name each kind it can have; the least cost past the bound that was met, if any."""
        looked = self._look(kinds, cost, strict)
        if looked is None:
            return None
        if len(kinds) == len(self.open):
            if looked.cost <= bound:
                found.append(looked)
                return None
            return looked.cost
        name = self.open[len(kinds)]
        dearer: list[int] = []
        for kind, extra in costs(name).items():
            if cost + extra > bound:
                dearer.append(cost + extra)
                continue
            more = self._extend({**kinds, name: kind}, cost + extra, bound, strict, found)
            dearer += [] if more is None else [more]
        return min(dearer, default=None)

    def _look(self, kinds: Mapping[str, Kind], cost: int, strict: bool, tell: bool = False) -> Found | None:
        """The shapes of names with these kinds, or None if they cannot conform."""
        self.looks += 1
        if self.looks > LOOKS:
            raise LimitError(f"The shapes of {len(self.open)} names are too many to try.",
                             suggestion="Say some of them: --shape W=n,m --shape x=m.")  # fmt: skip
        axes = Axes()
        names = {name: _insisted(axes, shape) for name, shape in self.given.items()}
        names |= {name: _fresh(axes, kind) for name, kind in kinds.items()}
        c = Conformity(axes, names, self.uses, self.given)
        try:
            relations = [self._line(c, number) for number in range(len(self.lines))]
            swaps, agrees = self._related(c, [pair for line in relations for pair in line], strict)
        except Clash:
            if tell:
                raise
            return None
        indices = {name: axes.root(at[0]) for name, at in c.indices.items() if at and at[0] is not None and at[0] >= 0}
        known = {name: c.names[name] for name in self.uses.quantities if name in c.names}
        return Found(known, indices, axes, cost + c.strain + SWAPPED * swaps, agrees)

    def _line(self, c: Conformity, number: int) -> list[tuple[Node, Sides, Node, Sides]]:
        """The sides of a line, pairwise, with their shapes; a name that the line defines gets its shape."""
        sides = self.lines[number]
        new = next((n for n, at in self.uses.defined.items() if at == number), None)
        shapes = [c.side(side) for side in (sides[1:] if new else sides)]
        if new is not None:
            c.names[new] = shapes[0]
        nodes = list(sides[1:] if new else sides)
        return [(nodes[k], shapes[k], nodes[k + 1], shapes[k + 1]) for k in range(len(nodes) - 1)]

    @staticmethod
    def _related(c: Conformity, pairs: Sequence[tuple[Node, Sides, Node, Sides]], strict: bool) -> tuple[int, bool]:
        """Make the sides of relations equal: how many only are in the other layout, and whether all are."""
        swaps, agrees = 0, True
        for left, a, right, b in pairs:
            if _is_zero(right) or _same(c, a, b):
                continue
            if (is_derivative(left) or is_derivative(right)) and _same(c, a, turned(b)):
                swaps += 1
            elif strict:
                raise Clash
            else:
                agrees = False
        return swaps, agrees


def _same(c: Conformity, a: Sides, b: Sides) -> bool:
    try:
        c.axes.copy().same_shape(a, b)
    except Clash:
        return False
    c.axes.same_shape(a, b)
    return True


def _fresh(axes: Axes, kind: Kind) -> Sides:
    if kind == "scalar":
        return SCALAR
    if kind == "matrix":
        return (axes.fresh(), axes.fresh())
    return (axes.fresh(), ONE) if kind == "column" else (ONE, axes.fresh())


def _insisted(axes: Axes, shape: Shape) -> Sides:
    """The axes of sizes that were insisted on, which a formula may call by their names."""
    rows, columns = (axes.sized(side) for side in shape)
    return (rows, columns)


def _is_zero(node: Node) -> bool:
    while isinstance(node, Group | Negated):
        node = node.inner if isinstance(node, Group) else node.operand
    return isinstance(node, Num) and node.value == 0


def is_derivative(node: Node) -> bool:
    """Whether a side is a derivative, perhaps in brackets."""
    while isinstance(node, Group):
        node = node.inner
    if isinstance(node, WrittenQuotient | Repeated):
        return True
    if isinstance(node, Call):
        return node.name in ("grad", "jacobian", "partial", "hessian") or (node.name == "softmax" and node.primes > 0)
    return isinstance(node, Chain) and any(isinstance(factor, Quotient) for _, factor in factors(node))
