"""What shapes the parts of a formula have, and what must be equal for them to conform: one rule a notation.

Works on the tree of what was written, for some shapes of its names. Sizes that must be equal become one class;
shapes that cannot conform are a Clash. Rules mirror those of `derive.expression.shapes`, with unknown sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from derive.expression.sizes import size
from derive.notation.conventions import BESIDE, EITHER, OUTER
from derive.notation.syntax import (
    Call,
    Chain,
    Compared,
    Group,
    Matrix,
    Name,
    Negated,
    Node,
    Num,
    Power,
    Primed,
    Raised,
    Repeated,
    Span,
    Subscripted,
    Terms,
    Transposed,
    Unit,
)
from derive.notation.syntax import Quotient as WrittenQuotient
from derive.standalone.axes import ONE, SCALAR, UNKNOWN, Axes, Axis, Clash, Sides, turned
from derive.standalone.calls import call_shape
from derive.standalone.custom import MIXED, UNUSUAL, costs
from derive.standalone.derivatives import Quotient, factors
from derive.standalone.uses import Uses, is_transposed, marked_name


class Conformity:
    """The shapes of some formulas for some shapes of names; a name that is missing has no shape yet.

    strain  what unusual constructions cost, besides what names cost
    """

    def __init__(self, axes: Axes, names: Mapping[str, Sides], uses: Uses, insisted: Collection[str] = ()) -> None:
        self.axes: Axes = axes
        self.names = dict(names)
        self.uses = uses
        self.insisted = insisted
        self.indices: dict[str, list[Axis]] = {}
        self.strain = 0

    def shape(self, node: Node) -> Sides:
        """The shape of a formula; Clash if its parts do not conform."""
        rule = _RULES.get(type(node))
        try:
            return UNKNOWN if rule is None else rule(self, node)
        except Clash as clash:
            clash.node = clash.node or node
            raise

    def side(self, node: Node) -> Sides:
        """The shape of one whole side: the derivative of a vector by a vector is a Jacobian there."""
        inner = node
        while isinstance(inner, Group):
            inner = inner.inner
        found = list(factors(inner)) if isinstance(inner, Chain) else [("*", inner)]
        alone = found[0][1] if len(found) == 1 else None
        if not isinstance(alone, Quotient | WrittenQuotient):
            return self.shape(node)
        of, wrt = self.shape(alone.of), self.shape(alone.wrt)
        if None in (*of, *wrt) or SCALAR in (of, wrt):
            return self.shape(node)
        return self.jacobian(of, wrt)

    def vector(self, node: Node) -> Sides:
        """The shape of an operand that nobody would write for scalars: of .T, @, norm …"""
        found = self.shape(node)
        if found == SCALAR and (not self.is_tensorial(node) or self._has_dot(node)):
            raise Clash
        return found

    def _has_dot(self, node: Node) -> bool:
        """Whether a scalar owes its shape to u @ v of two columns: of that nobody takes the norm, or the trace."""
        if isinstance(node, Chain) and all(sign == "@" for sign, _ in node.rest):
            return self.shape(node.first)[0] != ONE
        return any(self._has_dot(part) for part in _inside(node))

    def is_tensorial(self, node: Node) -> bool:
        """Whether some name in a formula is, or may still be, no scalar."""
        if isinstance(node, Name):
            return self.names.get(node.text, UNKNOWN) != SCALAR and node.text not in self.uses.sizes
        if isinstance(node, Matrix | Unit):
            return True
        if isinstance(node, Call) and node.name in ("ones", "eye"):
            return True
        return any(self.is_tensorial(part) for part in _inside(node))

    def scalar(self, node: Node) -> None:
        """A formula that must be a scalar."""
        self.axes.same_shape(self.shape(node), SCALAR)

    def broadcast(self, nodes: Sequence[Node]) -> Sides:
        """The common shape of operands, entry by entry."""
        result = SCALAR
        for node in nodes:
            result = self.axes.broadcast(result, self.shape(node))
        return result

    # ---- names and numbers

    def name(self, node: Name) -> Sides:
        if node.text in self.uses.sizes or node.text in ("pi", "e"):
            return self.names.get(node.text, SCALAR)
        return self.names.get(node.text, UNKNOWN)

    def matrix(self, node: Matrix) -> Sides:
        for row in node.rows:
            for entry in row:
                self.scalar(entry)
        rows, columns = (self.axes.fresh(size(n)) for n in (len(node.rows), len(node.rows[0])))
        return (rows, columns)

    # ---- sums and products

    def terms(self, node: Terms) -> Sides:
        parts = [node.first, *(part for _, part in node.rest)]
        shapes = [self.shape(part) for part in parts]
        result = SCALAR
        for found in shapes:
            result = self.axes.broadcast(result, found)
        if result != SCALAR and None not in result:
            self.strain += MIXED * sum(s == SCALAR and _is_dot(p) for s, p in zip(shapes, parts, strict=True))
        return result

    def chain(self, node: Chain) -> Sides:
        result: Sides | None = None
        left: Node | Quotient | None = None
        was_dot = False
        for sign, factor in factors(node):
            if isinstance(factor, Quotient):
                found = self._quotient(factor)
            else:
                found = self.vector(factor) if sign in ("@", OUTER) else self.shape(factor)
            if result is None:
                result, left = found, factor
                continue
            if was_dot and sign == "@":
                raise Clash  # u @ v @ w is no dot product times w
            self._beside(sign, left, factor, result, found)
            joined = self.joined(sign, result, found)
            was_dot = sign == "@" and joined == SCALAR and result[1] == ONE and result != SCALAR
            result, left = joined, None
        assert result is not None
        return result

    def _beside(self, sign: str, left: Node | Quotient | None, right: Node | Quotient, a: Sides, b: Sides) -> None:
        """What is unusual about two factors next to each other; `left` is None for what is a product already."""
        if sign == "@" and left is not None and not isinstance(left, Quotient):
            self.vector(left)
        if sign in ("@", BESIDE) and left is not None:
            self._no_row(left, right, b)
        if sign == BESIDE and b == SCALAR and a != SCALAR and isinstance(right, Name):
            self.strain += MIXED  # a scalar stands in front

    def _no_row(self, left: Node | Quotient, right: Node | Quotient, found: Sides) -> None:
        """x@A means a row times a matrix to users of NumPy: it is no dot product, whatever A could be."""
        if not isinstance(left, Name) or not isinstance(right, Name) or right.text in self.insisted:
            return
        is_small = costs(left.text)["column"] < costs(left.text)["matrix"]
        if is_small and costs(right.text)["matrix"] == 0 and found[1] == ONE:
            raise Clash

    def joined(self, sign: str, a: Sides, b: Sides) -> Sides:
        """The shape of a product by its sign."""
        if sign == "@":
            return self.axes.matmul(a, b)
        if sign == OUTER:
            return self.outer(a, b)
        if sign == EITHER and SCALAR not in (a, b):
            return UNKNOWN
        if sign == BESIDE and SCALAR not in (a, b) and a[1] == ONE and b[1] == ONE:
            raise Clash  # nobody writes two columns side by side for their dot product
        if sign not in "*/":
            return self._dotted(a, b) if sign == "·" and SCALAR not in (a, b) else self.axes.matmul(a, b)
        if None not in a and None not in b and SCALAR not in (a, b) and [x == ONE for x in a] != [x == ONE for x in b]:
            self.strain += UNUSUAL
        return self.axes.broadcast(a, b)

    def _dotted(self, a: Sides, b: Sides) -> Sides:
        if None in a or None in b:
            return UNKNOWN
        if [x == ONE for x in a] == [x == ONE for x in b] and ONE in a:
            self.axes.same_shape(a, b)
            return SCALAR
        return self.axes.matmul(a, b)

    def outer(self, a: Sides, b: Sides) -> Sides:
        """Two columns."""
        self.axes.same(a[1], ONE)
        self.axes.same(b[1], ONE)
        return (a[0], b[0])

    def raised(self, node: Raised) -> Sides:
        name = marked_name(node)
        if name is not None:
            return self.names.get(name, UNKNOWN)
        if is_transposed(node):
            return turned(self.vector(node.base))
        if isinstance(node.base, Name) and node.base.text == "e" and "e" not in self.names:
            return self.shape(node.exponent)
        self.scalar(node.exponent)
        return self.shape(node.base)

    # ---- derivatives

    def _quotient(self, found: Quotient) -> Sides:
        """Shaped like its variable, if it is the derivative of a scalar; how others are laid out is for the reader."""
        of, wrt = self.shape(found.of), self.shape(found.wrt)
        if None not in (*of, *wrt) and SCALAR not in (of, wrt) and (ONE not in of or ONE not in wrt):
            raise Clash  # more than two axes
        return wrt if of == SCALAR else UNKNOWN

    def jacobian(self, of: Sides, wrt: Sides) -> Sides:
        """Entry (i, j) is ∂of_i/∂wrt_j; both are vectors."""
        return (self._length(of), self._length(wrt))

    def _length(self, of: Sides) -> Axis:
        if None in of:
            return None
        if ONE not in of:
            raise Clash
        return of[0] if of[1] == ONE else of[1]

    def operator(self, node: WrittenQuotient) -> Sides:
        """A quotient that LaTeX wrote as such."""
        return self._quotient(Quotient(node.of, node.wrt))

    def repeated(self, of: Node, wrt: Sequence[Node]) -> Sides:
        """A number by scalars; shaped like the only variable that is none; or a matrix, the first along its rows."""
        variables = [self.shape(v) for v in wrt]
        tensors = [sides for sides in variables if sides != SCALAR]
        if not tensors:
            return self.shape(of)
        self.scalar(of)
        is_matrix = any(None not in t and ONE not in t for t in tensors) or any(map(self._is_matrix_by_custom, wrt))
        if len(tensors) > 1 and (len(tensors) > 2 or is_matrix):
            clash = Clash()
            clash.axes = True
            raise clash
        if any(None in sides for sides in tensors):
            return UNKNOWN
        return tensors[0] if len(tensors) == 1 else self.jacobian(*tensors)

    def _is_matrix_by_custom(self, node: Node) -> bool:
        """Whether a variable is a capital that nobody has said to be a vector."""
        name = node.text if isinstance(node, Name) else ""
        return bool(name) and name not in self.insisted and costs(name)["matrix"] == 0

    def power(self, node: Power) -> Sides:
        """x^2 as mathematics has it."""
        if isinstance(node.base, Name) and node.base.text == "e" and "e" not in self.names:
            return self.shape(node.exponent)
        self.scalar(node.exponent)
        return self.shape(node.base)

    def unit(self, node: Unit) -> Sides:
        """The identity, a column of ones, or a unit vector."""
        side = self.axes.fresh()
        return (side, side) if node.kind == "identity" else (side, ONE)

    # ---- components and their indices

    def subscripted(self, node: Subscripted) -> Sides:
        sides = self.vector(node.operand)
        if len(node.positions) == 1:
            along = 1 if sides[0] == ONE and sides[1] != ONE else 0
            if sides[0] is None:
                return UNKNOWN
            kept = self._at(node.positions[0], sides[along])
            return (ONE, kept) if along else (kept, sides[1])
        return (self._at(node.positions[0], sides[0]), self._at(node.positions[1], sides[1]))

    def _at(self, position: Node, axis: Axis) -> Axis:
        """The axis that is left: all of it for a colon, else one entry."""
        if isinstance(position, Span):
            return axis
        if isinstance(position, Name):
            if axis == ONE:
                raise Clash
            self.along(position.text, axis)
        return ONE

    def along(self, index: str, axis: Axis) -> None:
        """An index runs over an axis."""
        self.axes.same(self.index(index), axis)

    def index(self, name: str) -> Axis:
        """What an index runs over, a size of its own until more is known."""
        if not self.indices.get(name):
            self.indices[name] = [self.axes.fresh()]
        return self.indices[name][-1]

    @contextmanager
    def bound(self, index: str, axis: Axis) -> Iterator[None]:
        """A bound index has a range of its own."""
        known = self.indices.setdefault(index, [])
        known.append(self.axes.fresh() if axis is None else axis)
        yield
        known.pop()

    def size(self, node: Node) -> Axis:
        """A size by its name or number; any other formula is a size of its own."""
        if isinstance(node, Name):
            return self.axes.named(node.text)
        if isinstance(node, Num) and node.whole and node.value >= 1:
            return self.axes.fresh(size(int(node.value)))
        return self.axes.fresh()

    def call(self, node: Call) -> Sides:
        return call_shape(self, node)


def _inside(node: Node) -> Iterator[Node]:
    if isinstance(node, Subscripted):
        yield node.operand
    elif isinstance(node, Call):
        yield from node.arguments
    elif isinstance(node, Group):
        yield node.inner
    elif isinstance(node, Terms | Chain):
        yield node.first
        yield from (part for _, part in node.rest)
    elif isinstance(node, Raised | Power):
        yield node.base
    elif isinstance(node, WrittenQuotient):
        yield from (node.of, node.wrt)
    elif isinstance(node, Repeated):
        yield from (node.of, *node.wrt)
    elif isinstance(node, Negated | Primed | Transposed):
        yield node.operand
    elif isinstance(node, Compared):
        yield from (node.left, node.right)


def _is_dot(node: Node) -> bool:
    """Whether a term is a matrix product, perhaps in brackets or with a sign."""
    while isinstance(node, Group | Negated):
        node = node.inner if isinstance(node, Group) else node.operand
    return isinstance(node, Chain) and any(sign == "@" for sign, _ in node.rest)


_RULES: Mapping[type[Node], Callable[[Conformity, Any], Sides]] = {
    Num: lambda c, n: SCALAR,
    Name: Conformity.name,
    Group: lambda c, n: c.shape(n.inner),
    Negated: lambda c, n: c.shape(n.operand),
    Terms: Conformity.terms,
    Chain: Conformity.chain,
    Raised: Conformity.raised,
    Compared: lambda c, n: c.broadcast((n.left, n.right)),
    Call: lambda c, n: c.call(n),
    Subscripted: Conformity.subscripted,
    Primed: lambda c, n: turned(c.vector(n.operand)),
    Transposed: lambda c, n: turned(c.vector(n.operand)),
    Matrix: Conformity.matrix,
    WrittenQuotient: Conformity.operator,
    Repeated: lambda c, n: c.repeated(n.of, n.wrt),
    Power: Conformity.power,
    Unit: Conformity.unit,
}
