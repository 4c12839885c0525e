"""Whether a formula that was read conforms, as its author must have meant it to."""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import ShapeError
from derive.expression.nodes import Component, Derivative, Expression, Sum, number
from derive.expression.shapes import shape
from derive.expression.sizes import ONE
from derive.expression.traverse import walk


def conforms(sides: Sequence[Expression]) -> bool:
    """Whether the sides of a relation have one shape, and no row is added to a column: that spreads both over a matrix
    that nobody wrote."""
    try:
        return len({shape(side) for side in sides}) == 1 and not any(
            _adds_row_to_column(part) for side in sides for part in walk(side) if isinstance(part, Sum)
        )
    except ShapeError:
        return False


def is_set_to_zero(sides: Sequence[Expression]) -> bool:
    """Whether a gradient is said to be something, and that to be zero: ∇J = Xᵀ(Xw − y) = 0. At the end stands the
    condition for a minimum, and no claim."""
    of = sides[0].operand if isinstance(sides[0], Component) else sides[0]
    is_gradient = len(sides) > 2 and isinstance(of, Derivative) and of.form == "gradient"
    return is_gradient and sides[-1] == number(0) and sides[-2] != number(0)


def _adds_row_to_column(e: Sum) -> bool:
    sizes = {shape(term) for term in e.terms}
    rows, columns = ({s for s in sizes if s[k] == ONE and s[1 - k] != ONE} for k in (0, 1))
    return bool(rows) and bool(columns) and not any(ONE not in s for s in sizes)
