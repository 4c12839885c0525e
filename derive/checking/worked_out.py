"""A Jacobian as a closed formula, where one is to be shown."""

from __future__ import annotations

from derive.differentiation.jacobians import jacobian
from derive.errors import DeriveError
from derive.expression.nodes import Component, Derivative, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE


def worked_out(e: Derivative, problem: Problem) -> Expression:
    """∂u/∂v of vectors without derivatives, and of an entry of u its row; e itself, where no law is known."""
    if e.form != "jacobian" or not isinstance(e.wrt, Tensor):
        return e
    entry = e.of if isinstance(e.of, Component) and ONE in shape(e.of.operand) else None
    of, row = (e.of, None) if entry is None else (entry.operand, entry.row or entry.column)
    try:
        whole = jacobian(problem, of, e.wrt).result
    except DeriveError:
        return e
    return whole if row is None else Component(whole, row, None)
