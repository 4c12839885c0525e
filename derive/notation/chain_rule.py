"""Chains of derivatives as people write them: ∂L/∂a · ∂a/∂z · ∂z/∂W.

A factor ∂u/∂v of tensors has no value of its own that fits into a product of matrices; what the chain rule means is a
contraction, Σ_k ∂L/∂u_k ∂u_k/∂v. `chain` turns a product of such factors into formulas of scalar derivatives, Jacobians
and sums over indices. Nothing is differentiated here, and nothing is known of definitions: a wrong chain has a reading,
too, and is refuted by its value.

How quotients are read: form `formal` is a quotient ∂u/∂v as written, laid out by the declared layout; `gradient` (∇L)
and `partial` are shaped like their variable in every layout; `jacobian` is m×n in every layout.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from derive.expression.nodes import (
    Component,
    Derivative,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    MatMul,
    Position,
    Product,
    Transpose,
)
from derive.expression.problem import Layout
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.notation.entries import Fresh, component

_DENOMINATOR = Layout()

MAXIMUM_READINGS = 8
"""Of a chain with more readings the first ones are kept."""


Gradient = Literal["numerator", "denominator"]


def jacobian_layouts(layout: Layout) -> tuple[Gradient, ...]:
    """How ∂u/∂v of vectors may be laid out beside such gradients: m×n, or the other way round."""
    return ("numerator",) if layout.gradient == "numerator" else ("numerator", "denominator")


def chain(
    factors: Sequence[Expression],
    layout: Layout = _DENOMINATOR,
    *,
    elementwise: bool = False,
    jacobians: Gradient | None = None,
) -> tuple[Expression, ...]:
    """The readings of a product of factors of which some are derivatives; () if they do not link.

    factors      as written, left to right: derivatives `Derivative(u, v, form)`, and any other expressions
    elementwise  two factors of one shape that are no derivatives are multiplied entry by entry
    jacobians    one of `jacobian_layouts`, so that all of a formula are laid out alike; None: each that there is

    A factor ∂u/∂v after a left part of the shape of u is the contraction Σ_k G_k ∂u_k/∂v, shaped like v (in numerator
    layout like vᵀ). A product that starts with ∂u/∂v of a vector u is a product of Jacobians. In denominator layout the
    factors may also stand the other way round, ∂z/∂x · ∂L/∂z. Raises ShapeError for a factor that does not conform.
    """
    if layout.gradient == "denominator" and _is_reversed(factors):
        factors = factors[::-1]
    allowed = jacobian_layouts(layout)
    custom = _Custom(layout.gradient, allowed if jacobians is None else (jacobians,), elementwise, Fresh(factors))
    return tuple(dict.fromkeys(_read(factors, custom)))


def laid_out(
    derivative: Derivative, layout: Layout = _DENOMINATOR, *, jacobians: Gradient | None = None
) -> tuple[Expression, ...]:
    """The readings of a derivative that stands by itself.

    ∂L/∂v of a scalar is shaped like v, in numerator layout like vᵀ; ∂u/∂v of vectors is the m×n Jacobian, in
    denominator layout perhaps its transpose (both are returned); ∂u/∂t by a scalar is shaped like u. () for a
    derivative with more than two axes.
    """
    return chain((derivative,), layout, jacobians=jacobians)


def explicit_jacobian(of: Expression, wrt: Expression) -> Explicit:
    """∂(a_1, …, a_m)/∂(z_1, …, z_n) written out entry by entry: row i, column j is ∂a_i/∂z_j.

    of, wrt  scalars or vectors written out (`Explicit`, a row or a column) of names or components.
    """
    entries = _listed(wrt)
    return Explicit(tuple(tuple(Derivative(u, v, "gradient") for v in entries) for u in _listed(of)))


def _listed(e: Expression) -> tuple[Expression, ...]:
    if isinstance(e, Transpose):
        return _listed(e.operand)
    return tuple(entry for row in e.rows for entry in row) if isinstance(e, Explicit) else (e,)


def entrywise(derivative: Derivative, layout: Layout = _DENOMINATOR) -> Expression | None:
    """∂u/∂v of two tensors of one shape, meant entry by entry as in ∂L/∂a ⊙ ∂a/∂z: the ∂u_k/∂v_k, laid out like ∂L/∂u.

    None if the shapes differ.
    """
    of, wrt = derivative.of, derivative.wrt
    if shape(of) != shape(wrt):
        return None
    row, column = Fresh((derivative,)).along(shape(of))
    entry = _scalar(derivative, component(of, row, column), component(wrt, row, column))
    if (row, column) == (None, None):
        return entry
    found = _spread(entry, (row, column), shape(of))
    return Transpose(found) if layout.gradient == "numerator" else found


# ---- parts of a chain


@dataclass(frozen=True)
class _Covector:
    """A value with more than one entry, such as a gradient: entry by entry, or as a whole.

    shape   that of the variable whose gradient it is (or may be)
    turned  whether it is written the other way round, as a row for a column; None if only its own shape is known
    """

    shape: Shape
    entry: Callable[[Position, Position], Expression]
    turned: bool | None = None

    @property
    def written(self) -> Expression:
        """As it stands in a product."""
        whole = self.entry(None, None)
        return Transpose(whole) if self.turned and self.shape != SCALAR else whole


@dataclass(frozen=True)
class _Custom:
    """How the chain is written: how gradients and Jacobians are laid out; and names for sums."""

    gradient: Gradient
    jacobians: tuple[Gradient, ...]
    elementwise: bool
    fresh: Fresh


@dataclass(frozen=True)
class _State:
    """The left part of a chain: scalar factors, and then a covector, links still without anything before them, or
    neither."""

    scalars: tuple[Expression, ...] = ()
    covector: _Covector | None = None
    links: tuple[Derivative, ...] = ()


# ---- reading


def _read(factors: Sequence[Expression], custom: _Custom) -> list[Expression]:
    states = [_State()]
    for factor in factors:
        step = _Step(factor, custom)
        states = [new for state in states for new in step.after(state)][:MAXIMUM_READINGS]
    return [value for state in states for value in _values(state, custom)]


@dataclass(frozen=True)
class _Step:
    """One more factor of a chain, at its right end."""

    factor: Expression
    custom: _Custom

    def after(self, state: _State) -> list[_State]:
        """What the chain may mean with this factor; [] if it does not fit."""
        e = self.factor
        if isinstance(e, Transpose) and isinstance(e.operand, Derivative):
            inner = _read((e.operand,), self.custom)
            return [new for value in inner for new in self._joined(state, _plain(Transpose(value)))]
        if isinstance(e, Derivative):
            return self._gradient(state, e) if shape(e.of) == SCALAR else self._linked(state, e)
        if shape(e) == SCALAR:
            return [dataclasses.replace(state, scalars=(*state.scalars, e))]
        return self._joined(state, _plain(e))

    def _gradient(self, state: _State, e: Derivative) -> list[_State]:
        """∂s/∂v of a scalar s: a factor if v is one, too, else the start of a contraction."""
        if shape(e.wrt) == SCALAR:
            return [dataclasses.replace(state, scalars=(*state.scalars, _scalar(e)))]
        if state.links and shape(state.links[-1].wrt) == SCALAR:
            return [dataclasses.replace(state, links=(*state.links, e))]
        return self._joined(state, _gradient_of(e, self.custom))

    def _linked(self, state: _State, e: Derivative) -> list[_State]:
        """∂u/∂v of a tensor u: contracted with what stands before it, or the start of a product of Jacobians."""
        u = shape(e.of)
        if state.links:
            bottom = shape(state.links[-1].wrt)
            return [dataclasses.replace(state, links=(*state.links, e))] if bottom == u else []
        left = state.covector
        if left is None:
            return [dataclasses.replace(state, links=(e,))]
        turns = [turned for turned in (False, True) if (left.shape[::-1] if turned else left.shape) == u]
        if left.turned is not None or self.custom.gradient == "denominator" or u[0] != u[1]:
            turns = turns[:1]
        found = [self._contracted(left, e, turned) for turned in turns]
        if not turns or (turns == [True] and self.custom.gradient == "denominator" and shape(e.wrt) != SCALAR):
            # A row before ∂u/∂v of columns is a product of matrices, whatever the layout.
            found += [c for m in _jacobians((e,), self.custom) for c in _product(left.written, m)]
        return [_after(state, covector) for covector in found]

    def _contracted(self, left: _Covector, e: Derivative, turned: bool) -> _Covector:
        """Σ_k left_k ∂u_k/∂v."""
        row, column = self.custom.fresh.along(shape(e.of))
        factor = left.entry(column, row) if turned else left.entry(row, column)
        of = component(e.of, row, column)

        def entry(i: Position, j: Position) -> Expression:
            return _summed(Product((factor, _scalar(e, of, component(e.wrt, i, j)))), (row, column))

        return _Covector(shape(e.wrt), entry, self.custom.gradient == "numerator")

    def _joined(self, state: _State, right: _Covector) -> list[_State]:
        """A factor that is a plain value: the matrix product with what stands before it."""
        if state.links:
            values = _chained(state.links, self.custom)
            begun = [_State(state.scalars, _plain(value)) for value in values]
            return [new for one in begun for new in self._joined(one, right)]
        if state.covector is None:
            return [dataclasses.replace(state, covector=right)]
        left, value = state.covector.written, right.written
        if self.custom.elementwise and shape(left) == shape(value):
            return [dataclasses.replace(state, covector=_plain(Product((left, value))))]
        return [_after(state, joined) for joined in _product(left, value)]


def _after(state: _State, value: _Covector) -> _State:
    """The scalars so far, and a value after them; where that is a scalar itself, anything may follow."""
    if value.shape == SCALAR:
        return _State((*state.scalars, value.written))
    return _State(state.scalars, value)


def _product(left: Expression, right: Expression) -> list[_Covector]:
    """The matrix product, if the two conform."""
    if shape(left)[1] != shape(right)[0]:
        return []
    return [_plain(MatMul((*(left.factors if isinstance(left, MatMul) else (left,)), right)))]


def _plain(e: Expression) -> _Covector:
    """A value of which is only known what its shape says."""
    return _Covector(shape(e), lambda row, column: component(e, row, column))


def _scalar(e: Derivative, of: Expression | None = None, wrt: Expression | None = None) -> Derivative:
    """The derivative of one scalar (or of `of`) that a factor speaks of; it is shaped like its variable."""
    return Derivative(e.of if of is None else of, e.wrt if wrt is None else wrt,
                      "partial" if e.form == "partial" else "gradient")  # fmt: skip


def _gradient_of(e: Derivative, custom: _Custom) -> _Covector:
    """∂s/∂v for a scalar s; ∇s and ∂s/∂vᵀ say by themselves how they are laid out."""
    if e.form == "jacobian":
        return _plain(e)
    wrt = _upright(e.wrt)
    turned = e.form == "formal" and custom.gradient == "numerator"
    return _Covector(shape(wrt), lambda i, j: _scalar(e, wrt=component(wrt, i, j)), wrt != e.wrt or turned)


def _summed(body: Expression, indices: tuple[Index | None, Index | None]) -> Expression:
    """Σ over the indices, the first outermost."""
    for index in reversed(indices):
        body = body if index is None else IndexSum(body, index)
    return body


# ---- values


def _values(state: _State, custom: _Custom) -> list[Expression]:
    """The whole chain as formulas."""
    if state.covector is not None:
        return [_scaled(state.scalars, state.covector.written)]
    if state.links:
        return [_scaled(state.scalars, value) for value in _chained(state.links, custom)]
    return [_scaled(state.scalars[:-1], state.scalars[-1])] if state.scalars else []


def _scaled(scalars: tuple[Expression, ...], value: Expression) -> Expression:
    return Product((*scalars, value)) if scalars else value


def _chained(links: tuple[Derivative, ...], custom: _Custom) -> list[Expression]:
    """∂u/∂v · ∂v/∂w …: a product of Jacobians, or shaped like u if the last variable is a scalar."""
    if shape(links[-1].wrt) == SCALAR:
        return _by_a_scalar(links, custom)
    return _jacobians(links, custom)


def _jacobians(links: tuple[Derivative, ...], custom: _Custom) -> list[Expression]:
    """The product of Jacobians of vectors; its transpose, too, where the layout leaves that open."""
    ends = [(_upright(e.of), _upright(e.wrt)) for e in links]
    if any(ONE not in shape(side) for pair in ends for side in pair) or any(e.form == "partial" for e in links):
        return []
    parts = tuple(_jacobian(u, v) for u, v in ends)
    product = parts[0] if len(parts) == 1 else MatMul(parts)
    of, wrt = links[0].of, links[-1].wrt
    if links[0].form == "jacobian" or isinstance(wrt, Transpose):
        return [product]
    ways: tuple[Gradient, ...] = ("denominator",) if isinstance(of, Transpose) else custom.jacobians
    return [product if way == "numerator" else Transpose(product) for way in ways]


def _jacobian(u: Expression, v: Expression) -> Expression:
    """∂u/∂v of vectors as an m×n matrix."""
    if shape(u) != SCALAR:
        return Derivative(u, v, "jacobian")
    gradient = Derivative(u, v, "gradient")
    return Transpose(gradient) if shape(v)[1] == ONE else gradient


def _by_a_scalar(links: tuple[Derivative, ...], custom: _Custom) -> list[Expression]:
    """∂u/∂t shaped like u; a vector, in denominator layout, perhaps the other way round."""
    first = links[0]
    if len(links) == 1 and ONE in shape(first.of) and first.form != "partial":
        column_wise = Derivative(first.of, first.wrt, "jacobian")
        value: list[Expression] = [column_wise if shape(first.of)[1] == ONE else Transpose(column_wise)]
    else:
        row, column = custom.fresh.along(shape(first.of))
        top = dataclasses.replace(first, of=component(first.of, row, column))
        inner = _read((top, *links[1:]), custom)
        value = [_spread(e, (row, column), shape(first.of)) for e in inner]
    ways = custom.jacobians if ONE in shape(first.of) else ("numerator",)
    return [each if way == "numerator" else Transpose(each) for way in ways for each in value]


def _spread(entry: Expression, indices: tuple[Index | None, Index | None], sides: Shape) -> Expression:
    """The matrix whose entry (row, column) is given: Σ entry · e_row e_columnᵀ."""
    row, column = indices
    units: list[Expression] = [] if row is None else [Component(Identity(sides[0]), None, row)]
    units += [] if column is None else [Component(Identity(sides[1]), column, None)]
    unit = units[0] if len(units) == 1 else MatMul(tuple(units))
    return _summed(Product((entry, unit)), indices)


def _upright(e: Expression) -> Expression:
    return e.operand if isinstance(e, Transpose) else e


def _is_reversed(factors: Sequence[Expression]) -> bool:
    """Whether each factor differentiates what is the variable of the next: ∂z/∂x · ∂L/∂z."""
    found = [e for e in factors if isinstance(e, Derivative)]
    if len(found) < 2 or any(shape(e) != SCALAR for e in factors if not isinstance(e, Derivative)):
        return False
    return all(_upright(left.of) == _upright(right.wrt) for left, right in pairwise(found))
