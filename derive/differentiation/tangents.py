"""The derivative of a vector or matrix by one entry of another, as a closed formula: ∂(W a)/∂W[i,j] = a[j] e_i.

The change e_i e_jᵀ of the variable is pushed forwards through the formula. It stays a sum of products of a column and a
row, which is what people write; where it does not, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from derive.differentiation.lookup import value_names
from derive.differentiation.rule import Context, flipped
from derive.differentiation.rules_components import at, kronecker
from derive.differentiation.rules_functions import lowered, slope_of
from derive.differentiation.rules_jacobian import depends
from derive.differentiation.terms import matmul, negative, plus, times, total
from derive.errors import Unsupported
from derive.expression.nodes import (
    UNIT,
    Component,
    Elementwise,
    Expression,
    Identity,
    Index,
    MatMul,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shapes import is_dot, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR, Shape, Size
from derive.expression.text import text

Place = Index | int


@dataclass(frozen=True)
class Unit:
    """e_i of a size."""

    place: Place
    size: Size


Side = Expression | Unit | None
"""A column, or None where there is one entry, which is 1."""


@dataclass(frozen=True)
class Change:
    """weight · column · rowᵀ."""

    weight: Expression
    column: Side
    row: Side

    @property
    def turned(self) -> Change:
        return replace(self, column=self.row, row=self.column)


Changes = tuple[Change, ...]


def by_entry(problem: Problem, of: Expression, wrt: Expression) -> Expression:
    """∂of/∂wrt for a component W[i,j] or v[i], shaped like `of`. Unsupported where it is no sum of rank one."""
    return Tangent(problem, wrt).worked_out(of)


class Tangent:
    """The change of formulas when one entry of a name changes."""

    def __init__(self, problem: Problem, wrt: Expression) -> None:
        v = wrt.operand if isinstance(wrt, Component) else wrt
        if not isinstance(v, Tensor) or v.layer is not None or shape(wrt) != SCALAR:
            raise Unsupported(f"{text(wrt)} is no entry of a name.")
        self.v = v
        self.context = Context(problem, value_names(problem))
        row, column = (wrt.row, wrt.column) if isinstance(wrt, Component) else (None, None)
        self.of_v = Change(UNIT, _unit(row, v.shape[0]), _unit(column, v.shape[1]))
        self._kept: dict[Expression, Changes] = {}

    def worked_out(self, e: Expression) -> Expression:
        """The change of e as a formula."""
        found = plus(*(_written(change) for change in self.of(e)))
        return found if shape(found) == shape(e) else Product((found, Ones(shape(e))))

    def of(self, e: Expression) -> Changes:
        """The change of e; () where nothing in it depends on the entry."""
        if e not in self._kept:
            rule = RULES.get(type(e))
            if not depends(e, self.v, self.context):
                self._kept[e] = ()
            elif rule is None:
                raise Unsupported(f"There is no law for the derivative of {text(e)} by an entry.")
            else:
                self._kept[e] = rule(self, e)
        return self._kept[e]


def _unit(place: Index | int | None, size: Size) -> Unit | None:
    return None if place is None or size == ONE else Unit(place, size)


def _written(change: Change) -> Expression:
    column, row = _as_column(change.column), _as_column(change.row)
    if row is None:
        return times(change.weight, *(() if column is None else (column,)))
    across = _across(row)
    return times(change.weight, across if column is None else matmul(column, across))


def _across(e: Expression) -> Expression:
    """eᵀ, with the transposes of a product's factors undone."""
    return times(*(flipped(f) for f in e.factors)) if isinstance(e, Product) else flipped(e)


def _as_column(side: Side) -> Expression | None:
    return Component(Identity(side.size), None, side.place) if isinstance(side, Unit) else side


# ---- what is done to a side


def _through(matrix: Expression, side: Side, weight: Expression) -> tuple[Expression, Side]:
    """(weight, side) of matrix · side."""
    rows = shape(matrix)[0]
    if isinstance(side, Unit):
        if isinstance(matrix, Transpose):
            found = flipped(at(matrix.operand, side.place, None))
        else:
            found = at(matrix, None, side.place)
        return (times(weight, found), None) if rows == ONE else (weight, found)
    found = matrix if side is None else matmul(matrix, side)
    return (times(weight, found), None) if rows == ONE else (weight, found)


def _at(side: Side, place: Index | int | None) -> Expression:
    if side is None or place is None:
        return UNIT
    return kronecker(side.place, place) if isinstance(side, Unit) else at(side, place, None)


def _total(side: Side) -> Expression:
    if side is None or isinstance(side, Unit):
        return UNIT
    return total(side.operand if isinstance(side, Transpose) else side)


def _spread(change: Change, own: Shape, whole: Shape) -> Change:
    """The change of what is broadcast."""
    column = Ones((whole[0], ONE)) if own[0] == ONE != whole[0] else change.column
    row = Ones((whole[1], ONE)) if own[1] == ONE != whole[1] else change.row
    return replace(change, column=column, row=row)


def _weighed(matrix: Expression, change: Change) -> Change:
    """matrix ⊙ change, for a change that is as large as the product."""
    rows, columns = shape(matrix)
    if isinstance(change.column, Unit) and rows != ONE:
        return _weighed(at(matrix, change.column.place, None), change)
    if isinstance(change.row, Unit) and columns != ONE:
        return _weighed(at(matrix, None, change.row.place), change)
    if (rows, columns) == SCALAR:
        return replace(change, weight=times(matrix, change.weight))
    if rows == ONE:
        return _weighed(flipped(matrix), change.turned).turned
    if columns != ONE:
        raise Unsupported("The derivative by an entry is no sum of products of a column and a row.")
    column = _as_column(change.column)
    return replace(change, column=matrix if column is None or isinstance(column, Ones) else times(matrix, column))


# ---- one rule a node


def _name(t: Tangent, e: Tensor) -> Changes:
    if e == t.v:
        return (t.of_v,)
    value = t.context.problem.definition(e)
    if value is None:
        raise Unsupported(f"Nothing is known of {text(e)}.")
    return t.of(value)


def _sum(t: Tangent, e: Sum) -> Changes:
    size = shape(e)
    return tuple(_spread(c, shape(term), size) for term in e.terms for c in t.of(term))


def _product(t: Tangent, e: Product) -> Changes:
    size = shape(e)
    found: list[Change] = []
    for k, f in enumerate(e.factors):
        others = times(*e.factors[:k], *e.factors[k + 1 :])
        found += [_weighed(others, _spread(c, shape(f), size)) for c in t.of(f)]
    return tuple(found)


def _function(t: Tangent, e: Elementwise) -> Changes:
    size = shape(e)
    found: list[Change] = []
    for k, argument in enumerate(e.arguments):
        changes = t.of(argument)
        slope = slope_of(e, k) if changes else None
        if changes and slope is None:
            raise Unsupported(f"{text(e)} has no slope here.")
        found += [_weighed(slope, _spread(c, shape(argument), size)) for c in changes if slope is not None]
    return tuple(found)


def _power(t: Tangent, e: Power) -> Changes:
    if t.of(e.exponent):
        raise Unsupported("The variable stands in an exponent.")
    slope = times(e.exponent, lowered(e.base, e.exponent))
    return tuple(_weighed(slope, c) for c in t.of(e.base))


def _matmul(t: Tangent, e: MatMul) -> Changes:
    left, right = matmul(*e.factors[:-1]), e.factors[-1]
    a, b = shape(left), shape(right)
    if SCALAR in (a, b):
        return t.of(Product((left, right)))
    if is_dot(a, b):
        return t.of(Reduce(Product((left, right)), None))
    found: list[Change] = []
    for c in t.of(right):
        weight, column = _through(left, c.column, c.weight)
        found.append(Change(weight, column, c.row))
    for c in t.of(left):
        weight, row = _through(flipped(right), c.row, c.weight)
        found.append(Change(weight, c.column, row))
    return tuple(found)


def _reduce(t: Tangent, e: Reduce) -> Changes:
    found: list[Change] = []
    for c in t.of(e.operand):
        column, row, weight = c.column, c.row, c.weight
        if e.axis in (None, 0):
            weight, column = times(weight, _total(column)), None
        if e.axis in (None, 1):
            weight, row = times(weight, _total(row)), None
        found.append(Change(weight, column, row))
    return tuple(found)


def _component(t: Tangent, e: Component) -> Changes:
    found: list[Change] = []
    for c in t.of(e.operand):
        weight = times(c.weight, _at(c.column, e.row), _at(c.row, e.column))
        found.append(Change(weight, c.column if e.row is None else None, c.row if e.column is None else None))
    return tuple(found)


def _shorthand(t: Tangent, e: Shorthand) -> Changes:
    """p = softmax(z) of a column: p ⊙ (∂z − Σ_r p_r ∂z_r); others are what they stand for."""
    if e.name != "softmax":
        return t.of(expand(e))
    z, size = e.operands[0], shape(e)
    if size[1] != ONE:
        raise Unsupported("There is no law for the derivative of this softmax by an entry.")
    found: list[Change] = []
    for c in t.of(z):
        mean, _ = _through(flipped(e), c.column, c.weight)
        found += [_weighed(e, c), Change(negative(mean), e, c.row)]
    return tuple(found)


RULES: Mapping[type[Expression], Callable[..., Changes]] = {
    Tensor: _name,
    Sum: _sum,
    Product: _product,
    Elementwise: _function,
    Power: _power,
    MatMul: _matmul,
    Transpose: lambda t, e: tuple(c.turned for c in t.of(e.operand)),
    Reduce: _reduce,
    Component: _component,
    Shorthand: _shorthand,
}
