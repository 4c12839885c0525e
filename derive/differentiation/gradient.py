"""`gradient`: from a problem and a name to the derivation of the gradient, the answer being its last line."""

from __future__ import annotations

from collections.abc import Iterable

from derive.differentiation.again import derived_again, leads_to_derivatives
from derive.differentiation.derivation import Derivation, Stage
from derive.differentiation.entry import entry_stage
from derive.differentiation.families import FamilySweep
from derive.differentiation.identity import value_derivation
from derive.differentiation.jacobians import jacobian
from derive.differentiation.lookup import gradient_scale, is_family
from derive.differentiation.sweep import Sweep
from derive.differentiation.wanted import wanted
from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Component, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.expression.traverse import captured, substitute_layer, tensors


def gradient(problem: Problem, wrt: str | Expression | None = None) -> Derivation:
    """The derivation of ∂E/∂wrt, total through the definitions; wrt defaults to the problem's question.

    wrt     a name (`W1`, `b2`, `X`, `lam`, a defined name such as `Z1`, a gradient's name such as `delta1`)
    result  shaped like wrt (in numerator layout transposed); for `delta1` whatever the problem calls delta1

    Raises UsageError for an unknown name, Unsupported where a law is missing.
    """
    if wrt is None and problem.question.wrt is None and problem.question.value is not None:
        return value_derivation(problem)
    asked = wanted(problem, wrt)
    return gradients(problem, (asked,))[text(asked)]


def _check_captured(problem: Problem, objective: Expression, asked: Iterable[Expression]) -> None:
    """Raise Unsupported for a name in the formula of a function: only the function's variable is differentiated by."""
    held = captured(objective).union(*(captured(d.value) for d in problem.definitions))
    names = {t.name for e in asked for t in tensors(e)} | {d.target.name for d in problem.definitions}
    for name in sorted(held & names):
        raise Unsupported(f"{name} stands in the formula of a function, which is not differentiated by it.",
                          suggestion="Write that formula out where the function is used.")  # fmt: skip


def gradients(problem: Problem, names: Iterable[str | Expression]) -> dict[str, Derivation]:
    """The derivations of several gradients, which share one sweep; keys are the names as text."""
    asked = [wanted(problem, name) for name in names]
    objective = objective_of(problem)
    _check_captured(problem, objective, asked)
    if leads_to_derivatives(problem, objective):
        return {text(a): derived_again(problem, objective, a, gradient) for a in asked}
    if shape(objective) != SCALAR:
        return {text(a): jacobian(problem, objective, a) for a in asked}
    targets = {a: subject(problem, a) for a in asked}
    sweep = sweep_for(problem, objective)
    sweep.run(tuple(dict.fromkeys(targets.values())))
    return {text(a): Derivation(problem, a, _stages(sweep, a, v)) for a, v in targets.items()}


def sweep_for(problem: Problem, objective: Expression) -> Sweep:
    """The sweep for this kind of problem."""
    return (FamilySweep if is_family(problem) else Sweep)(problem, objective)


def subject(problem: Problem, asked: Expression) -> Tensor:
    """z1 for delta1, W for W[i,j]; any other name stands for itself."""
    if isinstance(asked, Component):
        return subject(problem, asked.operand)
    assert isinstance(asked, Tensor)
    for name, v in problem.gradients.items():
        if name.name == asked.name and name.layer is not None and asked.layer is not None:
            moved = substitute_layer(v, {name.layer: asked.layer})
            assert isinstance(moved, Tensor)
            return moved
    return problem.gradients.get(asked, asked)


def _stages(sweep: Sweep, asked: Expression, v: Tensor) -> tuple[Stage, ...]:
    """The stages up to the gradient that is asked for, which is named only if it is what the name stands for."""
    problem, stage = sweep.problem, sweep.stages[v]
    if isinstance(asked, Component):
        return (*sweep.chain(v), stage, entry_stage(sweep, asked, stage))
    turned = problem.layout.gradient == "numerator" and v.shape != SCALAR and asked == v
    scaled = stage.name is not None and gradient_scale(problem, stage.name) is not None and asked == v
    if turned or scaled:
        stage = sweep.worked(v, None, turned)
    return (*sweep.chain(v), stage)


def objective_of(problem: Problem) -> Expression:
    """What is differentiated: the question's objective, or the definition called E."""
    if problem.question.objective is not None:
        return problem.question.objective
    for d in problem.definitions:
        if d.target.name == problem.objective_name:
            return d.target
    raise UsageError("The problem has no objective to differentiate.", suggestion=f"Define {problem.objective_name}.")


def gradient_definitions(derivation: Derivation) -> tuple[tuple[Tensor, Expression], ...]:
    """delta2, delta1 … with their formulas, in the order in which they can be evaluated."""
    return tuple(
        (stage.name, stage.result) for stage in derivation.stages if stage.name is not None and stage.entry is None
    )
