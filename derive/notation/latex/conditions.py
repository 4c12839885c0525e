r"""Conditions on indices behind an equation: ∂p_i/∂z_j = −p_i p_j for i ≠ j.

The equation is then about these entries only. Both sides are multiplied by 1 − δ_ij, or by δ_ij for i = j: that is 1
where the condition holds, and 0 elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.expression.nodes import (
    Component,
    Expression,
    Index,
    KroneckerDelta,
    Position,
    Product,
    Sum,
    number,
)
from derive.expression.traverse import walk
from derive.notation.answer import Line
from derive.notation.latex.making import call, chain, group, name
from derive.notation.latex.statements import Statement
from derive.notation.latex.tokens import Token
from derive.notation.syntax import Node, Num, Terms, height


@dataclass(frozen=True)
class Condition:
    """left = right, or left ≠ right, of an index and an index or a position."""

    left: str
    right: str
    is_equal: bool

    def on(self, line: Line, declared: Mapping[str, Index]) -> Line | None:
        """The line for the entries that are meant; None where it does not speak of these indices."""
        indices = dict(declared) | {i.name: i for e in line.expressions for i in _indices(e)}
        left = indices.get(self.left)
        right: Position = int(self.right) if self.right.isdigit() else indices.get(self.right)
        if left is None or right is None or line.kind != "relation":
            return None
        delta = KroneckerDelta(left, right)
        weight = delta if self.is_equal else Sum((number(1), Product((number(-1), delta))))
        weighed = [tuple(Product((weight, e)) for e in sides) for sides in (line.expressions, *line.readings)]
        return replace(line, expressions=weighed[0], readings=tuple(weighed[1:]))

    def weighed(self, node: Node) -> Node:
        """A side of the equation as it is written, times 1 − δ or δ."""
        delta = call(node, "kron", name(node, self.left), self._position(node))
        one = Num(node.start, node.end, 1, Fraction(1), True)
        weight = delta if self.is_equal else Terms(node.start, node.end, height(delta), one, (("-", delta),))
        return chain(node, group(node, weight), [("*", group(node, node))])

    def _position(self, node: Node) -> Node:
        is_number = self.right.isdigit()
        return Num(node.start, node.end, 1, Fraction(self.right), True) if is_number else name(node, self.right)


def condition_of(statement: Statement) -> Condition | None:
    """The condition that a statement sets; None if it is none. i = j sets one only behind “for”, “if” or “where”."""
    sides = [[t for t in side if t.kind != "end"] for side in statement.sides]
    if len(sides) == 2 and statement.signs == ("=",) and statement.remark:
        pieces, is_equal = sides, True
    elif len(sides) == 1 and sum(t.is_sign("!=") for t in sides[0]) == 1:
        inner = _without_brackets(sides[0])
        place = next(k for k, t in enumerate(inner) if t.is_sign("!="))
        pieces, is_equal = [inner[:place], inner[place + 1 :]], False
    else:
        return None
    if any(len(piece) != 1 or piece[0].kind not in ("letter", "number") for piece in pieces):
        return None
    left, right = (piece[0].text for piece in pieces)
    return None if left.isdigit() or left == right else Condition(left, right, is_equal)


def _without_brackets(tokens: list[Token]) -> list[Token]:
    is_bracketed = len(tokens) > 2 and tokens[0].is_sign("(") and tokens[-1].is_sign(")")
    return tokens[1:-1] if is_bracketed else tokens


def _indices(e: Expression) -> Iterator[Index]:
    for part in walk(e):
        if isinstance(part, Component | KroneckerDelta):
            yield from (place for place in (part.row, part.column) if isinstance(place, Index))
