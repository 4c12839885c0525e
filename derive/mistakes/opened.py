"""A name written out as what it is defined as, and an entry of it as the formula of that entry."""

from __future__ import annotations

from derive.errors import DeriveError
from derive.expression.nodes import Component, Expression, Product, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR


def opened(e: Expression, problem: Problem) -> Expression:
    """The value of a name that is defined, or of an entry of it; anything else as it is."""
    if isinstance(e, Tensor):
        return problem.definition(e) or e
    if isinstance(e, Component) and isinstance(e.operand, Tensor):
        value = problem.definition(e.operand)
        return e if value is None else _entry(value, e)
    return e


def _entry(value: Expression, at: Component) -> Expression:
    """(u + v)_i = u_i + v_i, and the same for products entry by entry; what broadcasts stays a whole."""
    whole = Component(value, at.row, at.column)
    if not isinstance(value, Sum | Product):
        return whole
    parts = value.terms if isinstance(value, Sum) else value.factors
    try:
        shapes = [shape(part) for part in parts]
        if any(own not in (shape(value), SCALAR) for own in shapes):
            return whole
    except DeriveError:
        return whole
    inside = tuple(part if own == SCALAR else _entry(part, at) for part, own in zip(parts, shapes, strict=True))
    return Sum(inside) if isinstance(value, Sum) else Product(inside)
