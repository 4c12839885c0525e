"""Slips with a step of gradient descent, W − η ∂E/∂W, once its gradient is worked out."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression.nodes import Derivative, Expression, Product, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, tensors, walk
from derive.mistakes.factors import negated
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, summed, terms


def _step(e: Expression, s: Setting) -> tuple[Tensor, Tensor, Expression] | None:
    """(W, η, gradient) of the line, if the question asks for W − η ∂E/∂W."""
    rate = _rate(s.facts.problem)
    if rate is None or not isinstance(e, Sum) or len(e.terms) != 2 or not isinstance(e.terms[0], Tensor):
        return None
    inner = negated(e.terms[1])
    parts = () if inner is None else factors(inner)
    if rate not in parts:
        return None
    return e.terms[0], rate, product(*(p for p in parts if p != rate))


def _rate(problem: Problem) -> Tensor | None:
    """The one scalar name beside the derivative in W − η ∂E/∂W, or beside a name of something with it."""
    value = problem.question.value
    if not isinstance(value, Sum) or len(value.terms) != 2 or not isinstance(value.terms[1], Product):
        return None
    parts = factors(value.terms[1])
    names = [p for p in parts if isinstance(p, Tensor) and p.shape == SCALAR]
    return names[0] if len(names) == 1 and any(has_derivative(p, problem) for p in parts) else None


def has_derivative(e: Expression, problem: Problem) -> bool:
    """Whether it is a derivative, or the name of something with a derivative in it."""
    value = problem.definition(e) if isinstance(e, Tensor) else None
    return isinstance(e, Derivative) or (value is not None and any(isinstance(p, Derivative) for p in walk(value)))


def worked(expected: Expression, problem: Problem) -> Expression:
    """A step with the names written out that have a derivative in them: W − η(μv + ∂E/∂W) for W − ηu."""
    if problem.question.value is None:
        return expected
    names: dict[Expression, Expression] = {
        t: value
        for t in tensors(expected)
        if has_derivative(t, problem) and (value := problem.definition(t)) is not None
    }
    return substitute(expected, names) if names else expected


def _uphill(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _step(e, s)) is not None:
        w, rate, gradient = found
        yield Slip(Sum((w, product(rate, gradient))), w)


def _no_rate(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _step(e, s)) is not None:
        w, rate, gradient = found
        yield Slip(w - gradient, rate)


def _no_start(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _step(e, s)) is not None:
        w, rate, gradient = found
        yield Slip(-product(rate, gradient), w)
        yield Slip(product(rate, gradient), w)


def _rate_on_start(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _step(e, s)) is not None:
        w, rate, gradient = found
        yield Slip(Product((rate, Sum((w, -gradient)))), w)
        yield Slip(Sum((product(rate, w), -gradient)), w)


def _rate_on_one_term(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _step(e, s)) is None:
        return
    w, rate, gradient = found
    parts = terms(gradient)
    for k, part in enumerate(parts) if len(parts) > 1 else ():
        rest = summed((*parts[:k], *parts[k + 1 :]))
        yield Slip(Sum((w, -product(rate, rest), -part)), part)


def _divided(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _step(e, s)) is not None:
        w, rate, gradient = found
        yield Slip(Sum((w, -product(gradient, rate**-1))), rate)


ROWS: Rows = (
    Row("step-uphill", "a step along the gradient instead of against it",
        "Your step goes uphill: the step is subtracted from {part}.",
        "A gradient points to where the objective grows. Where do you want to go?",
        "Gradient descent goes against the gradient: W − η ∂E/∂W.", "step", _uphill, "line"),
    Row("learning-rate-forgotten", "the learning rate is missing",
        "The learning rate {part} is missing in front of the gradient.",
        "How long is a step?",
        "A step is the learning rate times the gradient.", "step", _no_rate, "line"),
    Row("start-forgotten", "the step alone, without where it starts",
        "Only the step is there; it starts from {part}.",
        "What are the weights after a step of length zero?",
        "The new weights are the old ones and the step: W − η ∂E/∂W.", "step", _no_start, "line"),
    Row("rate-on-start", "the learning rate in front of the old weights",
        "The learning rate does not belong in front of {part}.",
        "What are the weights after a step of length zero?",
        "The learning rate multiplies the gradient only.", "step", _rate_on_start, "line"),
    Row("rate-on-one-term", "the learning rate in front of one term of the gradient only",
        "The learning rate is missing in front of {part}.",
        "The gradient has several terms: what does the learning rate multiply?",
        "The learning rate multiplies the whole gradient, penalty included.", "step", _rate_on_one_term, "line"),
    Row("divided-by-rate", "divided by the learning rate",
        "You divide by {part} where you should multiply.",
        "A larger learning rate makes larger steps.",
        "A step is the learning rate times the gradient.", "step", _divided, "line"),
)  # fmt: skip
