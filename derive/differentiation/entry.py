"""One entry of a gradient: ∂E/∂W[i,j] as a sum over indices."""

from __future__ import annotations

from derive.differentiation.derivation import Stage
from derive.differentiation.rule import Context
from derive.differentiation.rules import RULES
from derive.differentiation.rules_components import ORDER, at
from derive.differentiation.sweep import Sweep
from derive.differentiation.tidy import ORDER as TIDY
from derive.differentiation.working import Working
from derive.expression.nodes import Component, Derivative, Expression, Index
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR


def entry_stage(sweep: Sweep, asked: Component, whole: Stage) -> Stage:
    """From ∂E/∂W[i,j] to its formula in entries, starting from the gradient as a whole; rows and columns stay whole."""
    context = Context(sweep.problem, sweep.value_name, taken=_letters(asked))
    target = Derivative(sweep.objective, asked, "gradient")
    working = Working(target, context)
    result: Expression = whole.result if whole.name is None else whole.name
    working.step(RULES["entry_of_gradient"], at(result, asked.row, asked.column))
    if whole.name is not None:
        working.step(RULES["held_fixed"], at(whole.result, asked.row, asked.column))
    if shape(asked) == SCALAR:
        working.tidy((*ORDER, *TIDY))
    return Stage(None, target, tuple(working.steps))


def _letters(asked: Component) -> set[str]:
    return {p.name for p in (asked.row, asked.column) if isinstance(p, Index)}
