"""The common tree of a LaTeX formula as an expression: the text reader's rules, and those that only mathematics has."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from contextlib import ExitStack
from typing import Any

from derive.expression.nodes import (
    Axis,
    Component,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    Number,
    Ones,
    Position,
    Product,
    Shorthand,
    Transpose,
    number,
)
from derive.expression.nodes import MatMul as MatrixProduct
from derive.expression.nodes import Power as ElementwisePower
from derive.expression.problem import Layout
from derive.expression.shapes import known_shape, shape
from derive.expression.sizes import ONE, SCALAR, Size
from derive.notation.calls import build_call
from derive.notation.chains import raised
from derive.notation.given import build_given
from derive.notation.latex.choices import Choices
from derive.notation.latex.derivatives import build_negated, build_product, build_quotient, build_terms
from derive.notation.limits import Limits
from derive.notation.names import Names
from derive.notation.reader import RULES, Builder
from derive.notation.source import Source
from derive.notation.syntax import (
    Call,
    Chain,
    Given,
    Matrix,
    Name,
    Negated,
    Node,
    Power,
    Quotient,
    Raised,
    Stacked,
    Subscripted,
    Terms,
    Unit,
)


class LatexBuilder(Builder):
    """Builds one reading of one tree."""

    def __init__(
        self, source: Source, names: Names, limits: Limits, layout: Layout, choices: Choices, along: Axis = None
    ) -> None:
        super().__init__(source, names, limits, layout)
        self.choices = choices
        self.along = along
        """Along which axis softmax goes, of a matrix."""
        self._known: dict[int, tuple[Node, Expression]] = {}

    def build(self, node: Node) -> Expression:
        """Each part is built once: a product that is tried in several orders must not build its parts again."""
        known = self._known.get(id(node))
        if known is None:
            known = (node, self._of_each(super().build(node)))
            self._check_bars(node, known[1])
            self._check_blocks(node, known[1])
            self._known[id(node)] = known
        return known[1]

    def _check_bars(self, node: Node, e: Expression) -> None:
        """|A| of a matrix is its determinant to most who write it, and each entry's absolute value to some."""
        if not isinstance(node, Call) or node.name != "abs" or self.source.text[node.start] != "|":
            return
        size = known_shape(e)
        if size is not None and ONE not in size:
            raise self.error(node, "Bars around a matrix may mean its determinant.",
                             r"Write \|W\|_1, or |W_{ij}| for an entry.", "E-UNSUPPORTED")  # fmt: skip

    def _check_blocks(self, node: Node, e: Expression) -> None:
        """[W b]: blocks beside each other are right to write, but are not read."""
        if not isinstance(node, Matrix) or not isinstance(e, Explicit):
            return
        if any(known_shape(entry) not in (SCALAR, None) for row in e.rows for entry in row):
            raise self.error(node, "Matrices that are made of blocks are not read.",
                             "Write each block by itself, or the matrix by its name.", "E-UNSUPPORTED")  # fmt: skip

    def _of_each(self, e: Expression) -> Expression:
        """softmax of a matrix is that of each example, and softmax(z_i) the entry i: of a number it would be 1."""
        if not isinstance(e, Shorthand) or e.name not in ("softmax", "logsumexp") or e.axis is not None:
            return e
        size = known_shape(e.operands[0])
        inner = e.operands[0]
        if e.name == "softmax" and isinstance(inner, Component) and size == SCALAR and ONE in shape(inner.operand):
            return Component(Shorthand("softmax", (inner.operand,)), inner.row, inner.column)
        return e if size is None or ONE in size else dataclasses.replace(e, axis=self.along)

    def pick(self, fork: Hashable, ways: int) -> int:
        return self.choices.pick(fork, ways)

    def prefer(self, fork: Hashable, ways: int) -> int:
        return self.choices.prefer(fork, ways)

    def called(self, node: Call) -> Expression:
        """A call; ∇f of a vector f is its Jacobian."""
        if node.name == "grad" and len(node.arguments) == 2:
            of, wrt = node.arguments
            if known_shape(self.build(of)) not in (SCALAR, None):
                return build_quotient(self, Quotient(node.start, node.end, node.depth, of, wrt))
        return build_call(self, node)

    def given(self, node: Given) -> Expression:
        return build_given(self, node, lambda part, index: self.at_position(part, index))

    def position(self, node: Node, size: Size) -> Position:
        """A letter in a script is an index, even where a quantity has the same name."""
        if isinstance(node, Name) and len(node.text) == 1:
            return self.indices.along(node.text, size, node)
        return super().position(node, size)

    def component(self, node: Subscripted, operand: Expression, positions: tuple[Node, ...]) -> Expression:
        """W_j of a matrix is a row or a column."""
        if len(positions) == 1 and ONE not in shape(operand) and self.pick("axis", 2):
            return Component(operand, None, self.position(positions[0], shape(operand)[1]))
        return super().component(node, operand, positions)

    def at_position(self, part: Node, index: Index) -> Position:
        return self.position(part, index.size)

    def power(self, node: Power) -> Expression:
        """x^p of a scalar or vector entry by entry; W² of a square matrix may be a product; W^{−1} is refused."""
        base, exponent = self.build(node.base), self.build(node.exponent)
        plain = Raised(node.start, node.end, node.depth, node.base, node.exponent, "**")
        size = known_shape(base)
        if size is None or size == SCALAR or not isinstance(exponent, Number):
            return raised(self, plain, base, exponent)
        if exponent.value < 0:
            hint = r"Write a quotient \frac{1}{x}, entry by entry."
            if ONE not in size:
                hint = "Name the step, and say what the matrix makes of it: H s = g."
            raise self.error(node, "Inverses of vectors and matrices are not read.", hint, "E-UNSUPPORTED")
        if size[0] == size[1] and exponent == number(2) and self.pick("square", 2):
            return MatrixProduct((base, base))
        return ElementwisePower(base, exponent)

    def unit(self, node: Unit) -> Expression:
        """e_i, I and 1 without a size: the sizes that are declared are its readings."""
        size = node.size if node.size is not None else self._some_size(node)
        if node.kind == "ones":
            return Ones((size, ONE))
        if node.kind == "identity":
            return Identity(size)
        assert node.position is not None
        return Component(Identity(size), None, self.position(node.position, size))

    def stacked(self, node: Stacked) -> Expression:
        """[f_1; …; f_n] is Σ_i e_i f_i, and beside each other Σ_j f_j e_jᵀ."""
        places = [(place, axis) for place, axis in enumerate((node.row, node.column)) if axis is not None]
        with ExitStack() as bound:
            entries = []
            for _, (letter, upper) in places:
                size = self._some_size(node) if upper is None else self.size(upper)
                entries.append(bound.enter_context(self.indices.bind(letter, size, node)))
            found = self.build(node.body)
            for (place, _), entry in zip(places, entries, strict=True):
                found = _at_unit(found, entry.index(node), place)
        for entry in reversed(entries):
            found = IndexSum(found, entry.index(node))
        return found

    def _some_size(self, node: Node) -> Size:
        sides = [side for t in self.names.scope.tensors.values() for side in t.shape if side != ONE]
        sizes = sorted(set(sides), key=str)
        if not sizes:
            raise self.error(node, "The size of this is not known.", r"Write \mathbf{I}_{n}, or e_i with W[i,j].")
        return sizes[self.choices.guess(getattr(node, "kind", "stacked"), node.start, len(sizes))]


def _at_unit(part: Expression, index: Index, place: int) -> Expression:
    """A part set at its row (e_i times it) or its column (it times e_jᵀ)."""
    unit: Expression = Component(Identity(index.size), None, index)
    unit = unit if place == 0 else Transpose(unit)
    if shape(part) == SCALAR:
        return Product((part, unit))
    return MatrixProduct((unit, part) if place == 0 else (part, unit))


_OWN: dict[type[Node], Any] = {
    Call: LatexBuilder.called,
    Chain: build_product,
    Given: LatexBuilder.given,
    Negated: lambda b, n: build_negated(b, n.operand),
    Power: LatexBuilder.power,
    Quotient: build_quotient,
    Stacked: LatexBuilder.stacked,
    Terms: build_terms,
    Unit: LatexBuilder.unit,
}
LatexBuilder.rules = {**RULES, **_OWN}
