"""Losses without a definition: L is some function of what is computed last.

With Y = W X alone, ∂L/∂Y is an unknown matrix, and ∂L/∂X = Wᵀ ∂L/∂Y whatever L is. Every derivative of L is that of
⟨∂L/∂Y, Y⟩ with ∂L/∂Y held fixed, so this becomes its definition. That says nothing about the value of L, nor about its
second derivatives; claims about these are not decided.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from derive.expression.nodes import Derivative, Expression, Shorthand, Sum, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import children, in_order, tensors, walk


def with_losses(problem: Problem) -> Problem:
    """The problem with a definition for each loss that its definitions or its question differentiate."""
    found = list(dict.fromkeys(loss for loss, _ in _asked(problem)))
    for loss in found:
        variables = [v for other, v in _asked(problem) if other == loss]
        value = some_function(problem, loss, variables)
        if value is not None:
            given = [d for d in problem.definitions if not _differentiates(d.value)]
            rest = [d for d in problem.definitions if _differentiates(d.value)]
            problem = dataclasses.replace(problem, definitions=(*given, Definition(loss, value), *rest))
    return problem


def is_loss(problem: Problem, e: Expression) -> bool:
    """Whether this is a scalar without a definition that nothing is computed from."""
    if not isinstance(e, Tensor) or e.shape != SCALAR or problem.definition(e) is not None or e in problem.gradients:
        return False
    return not any(e in plain(d.value) for d in problem.definitions)


def some_function(problem: Problem, loss: Tensor, variables: list[Tensor]) -> Expression | None:
    """Σ ⟨∂L/∂u, u⟩ for all u that are computed last, and for variables that nothing reads; None for families."""
    given = [d for d in problem.definitions if not _differentiates(d.value)]
    read = frozenset(name for d in given for name in plain(d.value))
    last = [d.target for d in given if d.target not in read]
    reached = read | frozenset(last)
    last += [v for v in dict.fromkeys(variables) if v not in reached]
    if any(t.layer is not None for t in last):
        return None
    terms = [Shorthand("inner", (Tensor(f"∂{loss.name}/∂{t.name}", t.shape), t)) for t in last]
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def slopes(e: Expression) -> frozenset[str]:
    """The losses of whose unknown derivatives a formula speaks."""
    return frozenset(t.name[1:].split("/∂")[0] for t in tensors(e) if t.name.startswith("∂") and "/∂" in t.name)


def plain(e: Expression) -> frozenset[Tensor]:
    """The names whose values a formula uses: not those that are only differentiated, or differentiated by."""
    if isinstance(e, Tensor):
        return frozenset((e,))
    if isinstance(e, Derivative):
        return frozenset() if isinstance(e.of, Tensor) else plain(e.of)
    return frozenset().union(*(plain(child) for child in children(e)))


def _differentiates(e: Expression) -> bool:
    return any(isinstance(part, Derivative) for part in walk(e))


def _asked(problem: Problem) -> Iterator[tuple[Tensor, Tensor]]:
    """The losses that a problem differentiates, with the names by which."""
    question = problem.question
    formulas = [d.value for d in problem.definitions] + ([] if question.value is None else [question.value])
    quotients = [e for formula in formulas for e in walk(formula) if isinstance(e, Derivative)]
    if isinstance(question.objective, Tensor) and question.wrt is not None:
        quotients.append(Derivative(question.objective, question.wrt))
    for e in quotients:
        if isinstance(e.of, Tensor) and is_loss(problem, e.of):
            for variable in in_order(tensors(e.wrt)):
                yield e.of, variable
