"""The proof of a second derivative as two certificates in a row: the first derivative, and that of its closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.certifying.writer import certificate
from derive.chained import FORMAT, replay
from derive.differentiation.again import has_derivatives
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.errors import Unsupported
from derive.expander import Refused
from derive.expression.nodes import Component, Derivative, Expression, Tensor
from derive.expression.problem import Layout, Problem, Question
from derive.expression.traverse import substitute


def asks_again(problem: Problem) -> bool:
    """Whether what is asked is the derivative of a derivative."""
    objective = problem.question.objective
    return objective is not None and has_derivatives(objective)


def certificate_in_a_row(problem: Problem, answer: Expression) -> dict[str, Any]:
    """The proof that an answer is a second derivative, as a JSON object that `derive.chained.replay` accepts.

    Raises Unsupported where the objective is anything but a gradient, or an entry of one, by a name.
    """
    asked = problem.question
    inner, place = _whole(asked.objective)
    if not isinstance(inner, Derivative) or inner.form != "gradient" or not isinstance(inner.wrt, Tensor):
        raise Unsupported("A certificate speaks of second derivatives only of one objective by names.")
    if any(has_derivatives(e) for e in (inner.of, answer, *(d.value for d in problem.definitions))):
        raise Unsupported("A certificate of a second derivative has no other derivatives in it.",
                          suggestion="Write them out.")  # fmt: skip
    plain = replace(problem, gradients={}, shown_gradients=frozenset(), scales={})
    first = replace(plain, layout=Layout(problem.layout.examples), question=Question(objective=inner.of, wrt=inner.wrt))
    closed = _closed(first)
    of = closed if place is None else Component(closed, place.row, place.column)
    parts = [certificate(first, closed), certificate(replace(plain, question=replace(asked, objective=of)), answer)]
    result = {"format": FORMAT, "parts": parts}
    try:
        replay(result)
    except Refused as error:
        raise Unsupported(f"The certificate that was written is refused: {error}") from None
    return result


def _whole(objective: Expression | None) -> tuple[Expression | None, Component | None]:
    """The gradient that (∂E/∂w)[i] or ∂E/∂w[i] is an entry of, and the entry."""
    if isinstance(objective, Component):
        return objective.operand, objective
    if isinstance(objective, Derivative) and isinstance(objective.wrt, Component):
        return replace(objective, wrt=objective.wrt.operand), objective.wrt
    return objective, None


def _closed(problem: Problem) -> Expression:
    """The gradient with no names but the problem's own."""
    derivation = gradient(problem)
    found = derivation.result
    for name, value in reversed(gradient_definitions(derivation)):
        found = substitute(found, {name: value})
    return found
