"""Gradients that are held fixed inside what is differentiated: ∂/∂a ⟨δ, W a + b⟩ = Wᵀδ, although δ depends on a, too.

That is how a gradient is handed on from one layer to the one before it; differentiation through all definitions gives
another value, so it is a condition, and said.
"""

from __future__ import annotations

import dataclasses

from derive.checking.questions.question import Question
from derive.differentiation.gradient import gradient
from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.problem import Layout, Problem
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.expression.traverse import rebuild, substitute, walk

HELD = "held fixed"
"""How the condition ends."""


def held_fixed(question: Question, e: Expression) -> tuple[Expression, frozenset[str]]:
    """The formula with derivatives worked out as if the gradients inside them were constants; and how these are called.

    Raises DeriveError where one cannot be worked out.
    """
    constant: set[str] = set()

    def held(e: Expression) -> Expression:
        if not isinstance(e, Derivative) or e.form != "gradient" or isinstance(e.of, Tensor):
            return rebuild(e, held)
        inside = {part for part in walk(e.of) if question.differentiated(part) is not None}
        constant.update(_called(question, part) for part in inside)
        if not inside:
            return e
        names = {part: Tensor(f"held {k}", shape(part)) for k, part in enumerate(inside)}
        worked = gradient(_of(question.problem, substitute(e.of, {**names}), e.wrt), e.wrt).result
        return substitute(worked, {name: part for part, name in names.items()})

    return held(e), frozenset(constant)


def _of(problem: Problem, objective: Expression, wrt: Expression) -> Problem:
    """The problem with this objective; names for gradients speak of another one."""
    question = dataclasses.replace(problem.question, objective=objective, wrt=wrt, value=None)
    return dataclasses.replace(problem, question=question, gradients={}, shown_gradients=frozenset(), scales={},
                               layout=Layout(problem.layout.examples))  # fmt: skip


def _called(question: Question, e: Expression) -> str:
    """A gradient by its name, or as dE/dA2."""
    by = question.differentiated(e)
    return text(e) if by is None or by == e else f"d{question.problem.objective_name}/d{text(by)}"
