"""Reading text: the tree of what was written becomes an expression, every name by what the scope says it means.

Conventions (the writer `derive.expression.text` keeps the same ones, so that `read(text(e)) == e`):
- decimals are exact; a leading whole/whole of a chain is one number: 1/2*x is ½·x;
- a minus in front of a chain multiplies its leading literal (-2*x is (−2)·x) or adds a factor −1 (-x*y is −1·x·y);
  a - b*c is the sum of a and −1·b·c; a/b is a times b to the power −1;
- chains of one operator are one node, brackets keep what is in them apart;
- `v[i]` of a row runs along it, of anything else down the rows; positions count from 1.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, ClassVar

from derive.errors import ReadError
from derive.expression.functions import COMPARISONS, apply
from derive.expression.nodes import (
    Component,
    Constant,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Number,
    Position,
    Sum,
    Transpose,
    number,
)
from derive.expression.problem import Layout
from derive.expression.shapes import known_shape, shape
from derive.expression.sizes import ONE, SCALAR, Size
from derive.expression.traverse import depth
from derive.notation.array_calls import laid_out
from derive.notation.calls import BUILT_IN, build_call
from derive.notation.chains import build_chain, negated, raised
from derive.notation.context import Context
from derive.notation.lexer import too_deep
from derive.notation.limits import Limits
from derive.notation.names import Names
from derive.notation.repeated import build_repeated
from derive.notation.source import Source
from derive.notation.syntax import (
    Call,
    Chain,
    Compared,
    Differential,
    Group,
    Mark,
    Matrix,
    Name,
    Negated,
    Node,
    Num,
    Primed,
    Raised,
    Repeated,
    Span,
    Subscripted,
    Terms,
    Transposed,
    unbracketed,
)


class Builder(Context):
    """Builds the expression of one tree."""

    rules: ClassVar[Mapping[type[Node], Callable[[Any, Any], Expression]]]
    """One rule a kind of node; the reader of LaTeX has a few of its own."""

    values: Mapping[Expression, Expression] = {}
    """What names are defined as, where it is known."""

    def __init__(self, source: Source, names: Names, limits: Limits, layout: Layout) -> None:
        super().__init__(source, names, layout)
        self.limits = limits

    def run(self, node: Node) -> Expression:
        """The whole formula."""
        return self.indices.finish(self.build(node))

    def build(self, node: Node) -> Expression:
        e: Expression = self.rules[type(node)](self, node)
        if depth(e) > self.limits.depth:
            raise too_deep(self.source, node.start, self.limits)
        return e

    # ---- names

    def name(self, node: Name) -> Expression:
        found = self.names.find(node.text)
        if found is None:
            return self._undeclared(node)
        if self.names.is_family(found):
            raise self.error(node, f"{node.text} has a member for each layer.", f"Write {node.text}[l].")
        return found

    def _undeclared(self, node: Name) -> Expression:
        if node.text == "e":
            return apply("exp", number(1))
        if node.text == "pi":
            return Constant("pi")
        entry = self._entry(node)
        if entry is not None:
            return entry
        base, _, mark = node.text.rpartition("_")
        family = self.names.find(base) if base else None
        layer = self.names.layer(mark)
        if family is not None and layer is not None and self.names.is_family(family):
            return self.names.member(family, layer)
        raise self.unknown(node)

    def _entry(self, node: Name) -> Expression | None:
        """x_i is x[i], W2_ki is W2[k,i], delta_ij Kronecker's delta; None if it is none of these."""
        base, _, mark = node.text.rpartition("_")
        if not base or not re.fullmatch("[a-z]{1,2}|[0-9]+", mark):
            return None
        found = self.names.find(base)
        start = node.end - len(mark)
        if mark.isdigit():
            positions: tuple[Node, ...] = (Num(start, node.end, 1, Fraction(mark), True),)
        else:
            positions = tuple(Name(start + k, start + k + 1, 1, letter) for k, letter in enumerate(mark))
        if found is None and base == "delta" and len(mark) == 2 and not mark.isdigit():
            return self.build(Call(node.start, node.end, 1, "kron", start, 0, positions, ()))
        axes = 0 if found is None or self.names.is_family(found) else sum(side != ONE for side in shape(found))
        if found is None or axes != len(positions):
            return None
        return self.component(Subscripted(node.start, node.end, 2, Name(node.start, start - 1, 1, base), positions),
                              found, positions)  # fmt: skip

    def primed(self, node: Primed) -> Expression:
        """A value with a prime: the transpose of a vector or matrix, or the slope of the function that it is of."""
        value = self.build(node.operand)
        ways: list[Expression] = []
        if node.primes == 1 and known_shape(value) != SCALAR:
            ways.append(Transpose(value))
        of = self.values.get(value, value)
        if isinstance(of, Elementwise) and len(of.arguments) == 1:
            ways.append(dataclasses.replace(of, order=of.order + node.primes))
        if not ways:
            raise self.error(node, "A prime stands behind a function, or transposes a vector or matrix.",
                             "Write f'(z), or grad(u, t).")  # fmt: skip
        return ways[self.pick("prime", len(ways))]

    def unknown(self, node: Name) -> ReadError:
        """The error for a name that means nothing here."""
        if self.indices.is_known(node.text):
            return self.error(node, f"{node.text} is an index; it stands in brackets only, as in W[{node.text},1].")
        if node.text in self.names.scope.functions or self.names.function(node.text) or node.text in BUILT_IN:
            return self.error(node, f"{node.text} is a function.", f"Write {node.text}(…).", "E-NAME")
        return self.error(node, f"The name {node.text} is not declared.", self.names.suggestion(node.text), "E-NAME")

    # ---- powers, and what else ^ may mean

    def raised(self, node: Raised) -> Expression:
        if isinstance(node.base, Name):
            marked = self._marked(node, node.base)
            if marked is not None:
                return marked
        if isinstance(node.exponent, Mark):
            raise self.error(node.exponent, "Square brackets after ^ mark a layer, as in W^[1].", "Use round brackets.")
        exponent = node.exponent
        if node.sign == "^" and isinstance(exponent, Name) and exponent.text == "T" and self.names.find("T") is None:
            return Transpose(self.build(node.base))
        return raised(self, node, self.build(node.base), self.build(exponent))

    def _marked(self, node: Raised, base: Name) -> Expression | None:
        """W^1, W^{(1)}, W^[l]: a layer's name, where W itself is not a plain name; e^z: the exponential."""
        found = self.names.find(base.text)
        if found is None and base.text == "e":
            return apply("exp", self.build(node.exponent))
        if node.sign != "^":
            return None
        inner, bracketed = unbracketed(node.exponent)
        if found is not None and self.names.is_family(found):
            layer = self.layer(inner)
            return None if layer is None else self.names.member(found, layer)
        joined = self._numbered(base, inner)
        return joined if joined is not None and (found is None or bracketed) else None

    def _numbered(self, base: Name, mark: Node) -> Expression | None:
        """The tensor W1 for the spelling W^1 or W[1]."""
        if not isinstance(mark, Num) or not mark.whole:
            return None
        return self.names.find(f"{base.text}{mark.value}")

    # ---- components and members of families

    def subscripted(self, node: Subscripted) -> Expression:
        positions = node.positions
        operand = node.operand
        if not isinstance(operand, Name):
            return self.component(node, self.build(operand), positions)
        found = self.names.find(operand.text)
        if found is None:
            return self._undeclared_member(node, operand)
        if not self.names.is_family(found):
            return self.component(node, found, positions)
        layer = self.layer(positions[0])
        if layer is None:
            raise self.error(positions[0], f"{operand.text} has a member for each layer; this is no layer.",
                             f"Layers here: {', '.join(self.names.scope.layers)}; "
                             f"as in {operand.text}[l+1].")  # fmt: skip
        member = self.names.member(found, layer)
        return self.component(node, member, positions[1:]) if positions[1:] else member

    def _undeclared_member(self, node: Subscripted, name: Name) -> Expression:
        """n[l] is a width; W[1] is W1."""
        if len(node.positions) == 1:
            joined = self._numbered(name, node.positions[0])
            if joined is not None:
                return joined
            layer = self.layer(node.positions[0])
            size = None if layer is None else self.names.size_at(name.text, layer)
            if size is not None:
                return Dimension(size)
        return self.component(node, self.name(name), node.positions)

    def component(self, node: Subscripted, operand: Expression, positions: tuple[Node, ...]) -> Expression:
        set_up = laid_out(self, node, operand, positions)
        if set_up is not None:
            return set_up
        if len(positions) > 2:
            raise self.error(node, "A matrix has two axes.", "Write W[j,k].")
        sides = shape(operand)
        if len(positions) == 2:
            row, column = (self.position(p, size) for p, size in zip(positions, sides, strict=True))
            return Component(operand, row, column)
        if sides[0] == ONE and sides[1] != ONE:
            return Component(operand, None, self.position(positions[0], sides[1]))
        return Component(operand, self.position(positions[0], sides[0]), None)

    def position(self, node: Node, size: Size) -> Position:
        if isinstance(node, Span):
            return None
        if isinstance(node, Num) and node.whole:
            if node.value == 0:
                raise self.error(node, "Positions count from 1; there is no entry 0.", "The first is 1.", "E-INDEX")
            return int(node.value)
        if isinstance(node, Name):
            known = self.indices.is_known(node.text)
            if known or (_is_index_name(node.text) and self.names.find(node.text) is None):
                return self.indices.along(node.text, size, node)
        raise self.error(node, "A position is a number counted from 1, an index such as i, or a colon.",
                         "Write W[j,k], W[1,2] or W[:,k].", "E-INDEX")  # fmt: skip

    # ---- the rest

    def terms(self, node: Terms) -> Expression:
        rest = (negated(self, part) if sign == "-" else self.build(part) for sign, part in node.rest)
        return Sum((self.build(node.first), *rest))

    def matrix(self, node: Matrix) -> Expression:
        return Explicit(tuple(tuple(self.build(entry) for entry in row) for row in node.rows))

    def transposed(self, node: Transposed) -> Expression:
        if isinstance(node.operand, Num) and self.source.text[node.end - 1] != "T":
            raise self.error(node, "A number has no transpose.", "Write ones(1, n) for a row of ones.")
        return Transpose(self.build(node.operand))

    def compared(self, node: Compared) -> Expression:
        return apply(COMPARISONS[node.sign], self.build(node.left), self.build(node.right))

    def differential(self, node: Differential) -> Expression:
        raise self.error(node, "∂ stands in a quotient.", "Write ∂E/∂W, or grad(E, W).")

    def misplaced(self, node: Node) -> Expression:
        raise self.error(node, "A colon or a range stands in brackets or sums only.", "Write X[i,:].")


RULES: Mapping[type[Node], Callable[[Any, Any], Expression]] = {
    Num: lambda b, n: Number(n.value),
    Name: Builder.name,
    Group: lambda b, n: b.build(n.inner),
    Negated: lambda b, n: negated(b, n.operand),
    Primed: Builder.primed,
    Terms: Builder.terms,
    Chain: build_chain,
    Raised: Builder.raised,
    Mark: Builder.misplaced,
    Compared: Builder.compared,
    Span: Builder.misplaced,
    Call: build_call,
    Subscripted: Builder.subscripted,
    Transposed: Builder.transposed,
    Matrix: Builder.matrix,
    Differential: Builder.differential,
    Repeated: build_repeated,
}
Builder.rules = RULES


def _is_index_name(name: str) -> bool:
    """One small letter, perhaps numbered: i, k2."""
    return name[0].islower() and (len(name) == 1 or name[1:].isdigit())
