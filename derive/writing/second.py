"""Which derivatives of derivatives are written as one: ∂²E/∂w∂wᵀ, ∂²E/∂w∂b, ∂²E/∂s∂t."""

from __future__ import annotations

from typing import NamedTuple

from derive.expression.nodes import Derivative, Expression
from derive.expression.shapes import known_shape
from derive.expression.sizes import SCALAR


class Second(NamedTuple):
    """∂²of/∂rows ∂columns; `matrix` if it has both as axes, so that the second variable is written as a row."""

    of: Expression
    rows: Expression
    columns: Expression
    matrix: bool


def second(e: Derivative) -> Second | None:
    """The second derivative that a derivative is: the Jacobian in v of the gradient in u, and the gradient in s of one
    in the scalar t; None for anything else."""
    inner = e.of
    if not isinstance(inner, Derivative) or inner.form != "gradient":
        return None
    if e.form == "jacobian":
        return Second(inner.of, inner.wrt, e.wrt, known_shape(e.wrt) != SCALAR)
    if e.form == "gradient" and known_shape(inner.wrt) == SCALAR:
        return Second(inner.of, e.wrt, inner.wrt, False)
    return None
