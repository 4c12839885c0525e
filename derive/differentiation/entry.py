"""One entry of a gradient: ∂E/∂W[i,j], or delta1[i,j], as a sum over indices."""

from __future__ import annotations

from derive.differentiation.derivation import Stage
from derive.differentiation.lookup import gradient_scale
from derive.differentiation.rule import Context
from derive.differentiation.rules import RULES
from derive.differentiation.rules_components import ORDER, at, free_letters
from derive.differentiation.sweep import Sweep
from derive.differentiation.terms import inverse, times
from derive.differentiation.tidy import ORDER as TIDY
from derive.differentiation.working import Working
from derive.expression.nodes import Component, Derivative, Expression, Index, Position, Tensor
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR


def entry_stage(sweep: Sweep, asked: Component, whole: Stage) -> Stage:
    """From ∂E/∂W[i,j] to its formula in entries, starting from the gradient as a whole; rows and columns stay whole.

    If an entry of a gradient's name is asked for, delta1[i,j], the stage has that name and starts from what the name
    stands for, N ∂E/∂Z1[i,j].
    """
    v, name = whole.target.wrt, whole.name
    assert isinstance(v, Tensor)
    named = asked.operand != v
    place: tuple[Position, Position] = (asked.row, asked.column)
    across = (asked.column, asked.row)
    turned = name is not None and name.shape != v.shape
    target = Derivative(sweep.objective, at(v, *(across if named and turned else place)), "gradient")
    inside = across if turned and not named else place
    scale = None if name is None else gradient_scale(sweep.problem, name)
    sizes = set(map(str, sweep.problem.scope.sizes)) | {str(s) for t in sweep.problem.free_tensors for s in t.shape}
    context = Context(sweep.problem, sweep.value_name, taken=_letters(asked) | free_letters(sweep.value) | sizes)

    def line(e: Expression) -> Expression:
        """The entry of the whole, which the stage's own name already scales."""
        entry = at(e, *inside)
        return entry if named or scale is None else times(inverse(scale), entry)

    working = Working(target if not named or scale is None else times(scale, target), context)
    if name is not None and not named:
        working.step(RULES["entry_of_gradient"], line(name))
        working.step(RULES["held_fixed"], line(whole.result))
    else:
        working.step(RULES["entry_of_gradient"], line(whole.result))
    if shape(asked) == SCALAR:
        working.tidy((*ORDER, *TIDY))
    return Stage(name if named else None, target, tuple(working.steps), entry=asked if named else None)


def _letters(asked: Component) -> set[str]:
    return {p.name for p in (asked.row, asked.column) if isinstance(p, Index)}
