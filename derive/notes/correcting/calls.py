"""What a function that the notes define comes to: f′(x) as 3x², where f(x) = x³."""

from __future__ import annotations

from derive.checking.form.worked_out import worked_out
from derive.errors import DeriveError
from derive.expression.nodes import Derivative, Elementwise, Expression, scalar
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, walk


def called(e: Elementwise, problem: Problem, *, in_law: bool = False) -> Expression:
    """The value of f, f′, … of a number; e itself where f has no formula, or its slope none that is known.

    With `in_law` the slope of a known function by its law: σ′ as σ (1 − σ).
    """
    formula, law = e.function.formula, e.function.derivative
    if in_law and law is not None and e.order == 1:
        return law(*e.arguments)
    if formula is None or len(e.arguments) != 1:
        return e
    variable = scalar(e.function.parameters[0])
    try:
        if shape(e.arguments[0]) != SCALAR:
            return e
        for _ in range(e.order):
            formula = worked_out(Derivative(formula, variable, "gradient"), problem)
    except DeriveError:
        return e
    if any(isinstance(part, Derivative) for part in walk(formula)):
        return e
    return substitute(formula, {variable: e.arguments[0]})
