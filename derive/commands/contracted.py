"""What `derive compare` makes of second derivatives and of Jacobians: gradients of scalars, which all routes know.

The Jacobian J of a vector u in v is right if Jᵀc is the gradient of ⟨c, u⟩ in v; c is a vector that is drawn with the
point. A second derivative is the derivative of a first one: the closed form of that is compared, too, so that nothing
rests on the derivation.
"""

from __future__ import annotations

from dataclasses import replace

from derive.differentiation.again import has_derivatives, leads_to_derivatives, without_derivatives
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.errors import UsageError
from derive.expression.nodes import Component, Derivative, Expression, Index, Product, Reduce, Tensor, Transpose
from derive.expression.problem import Layout, Problem, Question
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.text import text
from derive.writing.names import unicode_name
from numeric.compare import compare
from numeric.comparison import Comparison


def is_needed(problem: Problem) -> bool:
    """Whether what is asked is no plain gradient of a scalar."""
    objective = problem.question.objective
    return objective is not None and (shape(objective) != SCALAR or leads_to_derivatives(problem, objective))


def compare_contracted(problem: Problem, seed: int) -> Comparison:
    """Every derivative that is asked for, and every one that it rests on, against all routes, in one table.

    An entry of a derivative is confirmed with all others. Raises UsageError for what has more than two axes.
    """
    asked = problem.question.wrt
    objective = _whole(problem.question.objective)
    if asked is None or objective is None:
        raise UsageError("The problem does not say what to differentiate by.", suggestion="Add --wrt NAME.")
    if ONE not in shape(objective) or (shape(objective) != SCALAR and ONE not in shape(_whole_name(asked))):
        raise UsageError("A second derivative by a matrix has more than two axes; none of it is compared.",
                         suggestion="derive check decides its entries.")  # fmt: skip
    steps: list[tuple[Problem, Derivation]] = []

    def recorded(inner: Problem, wrt: Expression) -> Derivation:
        steps.append((inner, gradient(inner, wrt)))
        return steps[-1][1]

    recorded(without_derivatives(problem, objective, recorded), _whole_name(asked))
    found = [_compared(inner, derivation, seed) for inner, derivation in steps]
    labels = _labels([text(derivation.wrt) for _, derivation in steps])
    rows = tuple(replace(row, parameter=label) for c, label in zip(found, labels, strict=True) for row in c.rows)
    vectors = [label for (inner, _), label in zip(steps, labels, strict=True) if shape(_objective(inner)) != SCALAR]
    told = [f"{_shown(label)}: the product with a vector c that is drawn with the point" for label in vectors]
    notes = dict.fromkeys([*told, *(note for c in found for note in c.notes)])
    return replace(found[-1], rows=rows, notes=tuple(notes))


def _compared(problem: Problem, derivation: Derivation, seed: int) -> Comparison:
    """One derivation by all routes; of a vector, its product with c."""
    objective, claimed = _objective(problem), derivation.result
    assert isinstance(derivation.wrt, Tensor)
    sides = shape(objective)
    if sides != SCALAR:
        taken = {t.name for t in problem.free_tensors} | {d.target.name for d in problem.definitions}
        c = Tensor(next(name for name in ("c", "cc", "ccc", "cccc") if name not in taken), sides)
        column: Expression = c if sides[1] == ONE else Transpose(c)
        claimed = Transpose(claimed) @ column
        claimed = claimed if derivation.wrt.shape[1] == ONE else Transpose(claimed)
        objective = Reduce(Product((c, objective)), None)
        problem = replace(problem, layout=Layout(problem.layout.examples))
    problem = replace(problem, question=Question(objective=objective, wrt=derivation.wrt))
    return compare(problem, {text(derivation.wrt): claimed}, gradient_definitions(derivation), seed=seed)


def _shown(label: str) -> str:
    return ", ".join(map(unicode_name, label.split(", ")))


def _objective(problem: Problem) -> Expression:
    assert problem.question.objective is not None
    return problem.question.objective


def _labels(names: list[str]) -> list[str]:
    """How often was differentiated: w for ∂E/∂w, and w, b for ∂²E/∂w∂b; two derivatives of one kind are numbered."""
    labels = [", ".join(names[: k + 1]) for k in range(len(names))]
    return [f"{label} ({k})" if labels.count(label) > 1 else label for k, label in enumerate(labels, start=1)]


def _whole(objective: Expression | None) -> Expression | None:
    """∂E/∂w for (∂E/∂w)[i] and ∂E/∂w[i], with letters that say nothing of numbers."""
    if isinstance(objective, Component) and has_derivatives(objective) and _has_letters(objective):
        return objective.operand
    if isinstance(objective, Derivative) and isinstance(objective.wrt, Component) and _has_letters(objective.wrt):
        return replace(objective, wrt=objective.wrt.operand)
    return objective


def _whole_name(wrt: Expression) -> Expression:
    return wrt.operand if isinstance(wrt, Component) else wrt


def _has_letters(e: Component) -> bool:
    return any(isinstance(p, Index) for p in (e.row, e.column))
