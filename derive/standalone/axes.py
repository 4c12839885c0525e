"""Axes of quantities whose sizes are not known: each is 1 or a symbolic size, and equal sizes are one class.

A shape is a pair of axes. An axis is ONE, the number of a class of sizes, or None where nothing is known yet (a name
that has no kind yet): rules say what they can about such a shape and never contradict what may still come.
"""

from __future__ import annotations

import sympy

from derive.expression.sizes import Size, size
from derive.notation.syntax import Node

Axis = int | None
Sides = tuple[Axis, Axis]

ONE = -1
SCALAR: Sides = (ONE, ONE)
UNKNOWN: Sides = (None, None)


def turned(sides: Sides) -> Sides:
    """The shape of the transpose."""
    return (sides[1], sides[0])


class Clash(Exception):
    """Two shapes that do not conform; `node` is the innermost part that holds them.

    axes  whether the shapes are not wrong, but the part would have more than two axes, which nothing here has
    """

    node: Node | None = None
    axes = False


class Axes:
    """Classes of equal sizes; a class may be bound to a size that was insisted on, or to a number."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._bound: dict[int, Size] = {}
        self._named: dict[str, int] = {}

    def copy(self) -> Axes:
        """The same classes, to try something with."""
        other = Axes()
        other._parent, other._bound, other._named = list(self._parent), dict(self._bound), dict(self._named)
        return other

    def fresh(self, bound: Size | None = None) -> Axis:
        """An axis of a size of its own, or of the given size; ONE if that is 1."""
        if bound is not None and bound == 1:
            return ONE
        self._parent.append(len(self._parent))
        if bound is not None:
            self._bound[len(self._parent) - 1] = bound
        return len(self._parent) - 1

    def named(self, name: str) -> int:
        """The class of a size that a formula calls by name."""
        if name not in self._named:
            axis = self.fresh(size(name))
            assert axis is not None
            self._named[name] = axis
        return self.root(self._named[name])

    def sized(self, given: Size) -> Axis:
        """The axis of a size that was insisted on."""
        return self.named(given.name) if isinstance(given, sympy.Symbol) else self.fresh(given)

    def root(self, axis: int) -> int:
        """The number that stands for the class of an axis."""
        while self._parent[axis] != axis:
            axis = self._parent[axis]
        return axis

    def bound(self, axis: int) -> Size | None:
        """The size a class is bound to: one that a formula calls by name, or that was insisted on."""
        return self._bound.get(self.root(axis))

    def bounds(self) -> tuple[Size, ...]:
        """Every size that some class is bound to."""
        return tuple(self._bound.values())

    def same(self, a: Axis, b: Axis) -> Axis:
        """The axis that both are; Clash if one is 1 and the other is not, or if both are bound to different sizes."""
        if a is None or b is None:
            return b if a is None else a
        if a == ONE or b == ONE:
            if a != b:
                raise Clash
            return ONE
        first, second = sorted((self.root(a), self.root(b)))
        if first != second:
            sizes = {self._bound[x] for x in (first, second) if x in self._bound}
            if len(sizes) > 1:
                raise Clash
            self._parent[second] = first
            self._bound.update(dict.fromkeys((first,), sizes.pop()) if sizes else {})
        return first

    def wide(self, a: Axis, b: Axis) -> Axis:
        """The axis of the broadcast of two: 1 gives way."""
        if a == ONE or b == ONE:
            return b if a == ONE else a
        return self.same(a, b)

    def same_shape(self, a: Sides, b: Sides) -> Sides:
        """The shape that both have."""
        return (self.same(a[0], b[0]), self.same(a[1], b[1]))

    def broadcast(self, a: Sides, b: Sides) -> Sides:
        """The shape of a + b, entry by entry."""
        return (self._beside(a[0], b[0]), self._beside(a[1], b[1]))

    def _beside(self, a: Axis, b: Axis) -> Axis:
        """Like `wide`; what stands beside an unknown axis may be 1, and then that one counts."""
        if a is None or b is None:
            known = b if a is None else a
            return None if known == ONE else known
        return self.wide(a, b)

    def matmul(self, a: Sides, b: Sides) -> Sides:
        """The shape of a @ b: scalars pass, two columns are their dot product."""
        if SCALAR in (a, b):
            return b if a == SCALAR else a
        if None in a or None in b:
            return (a[0] if ONE not in a and None not in a else None, None)
        if a[1] == ONE and b[0] != ONE:
            if b[1] != ONE:
                raise Clash
            self.same(a[0], b[0])
            return SCALAR
        self.same(a[1], b[0])
        return (a[0], b[1])
