"""Slips in what is differentiated: a quantity held constant that is none, the loss of labels of another kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.differentiation.gradient import gradient, gradient_definitions
from derive.errors import DeriveError
from derive.expression.functions import apply
from derive.expression.nodes import UNIT, Elementwise, Expression, Number, Power, Sum, Tensor, number
from derive.expression.problem import Definition, Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, tensors, walk
from derive.mistakes.factors import opposite
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, summed

_HELD = 4
"""Quantities that are held constant, one at a time; each costs a derivation."""


def _held(e: Expression, s: Setting) -> Iterator[Slip]:
    """The gradient with one quantity held constant that the variable acts through, and with all of these."""
    wrt = s.facts.problem.question.wrt
    if not s.is_final or not isinstance(wrt, Tensor) or wrt.shape == SCALAR or s.facts.problem.scope.layers:
        return
    found = _detours(s, wrt)[:_HELD]
    for held in [(d,) for d in found] + ([tuple(found)] if len(found) > 1 else []):
        kept = tuple(d for d in s.facts.problem.definitions if d not in held)
        after = _differentiated(replace(s.facts.problem, definitions=kept), wrt)
        if after is not None:
            yield Slip(after, wrt, " and ".join(d.target.name for d in held))


def _detours(s: Setting, wrt: Tensor) -> list[Definition]:
    """Definitions through which the data's term depends on the variable, but not every path leads through them."""
    problem, objective = s.facts.problem, s.facts.objective
    if objective is None:
        return []
    parts = objective.terms if isinstance(objective, Sum) else (objective,)
    data = summed(tuple(t for t in parts if t not in s.facts.penalty_terms) or parts)
    reached = _reached(problem, data)
    return [
        d for d in problem.definitions
        if d.target in reached and wrt in _reached(problem, d.value) and wrt in _reached(problem, data, d.target)
    ]  # fmt: skip


def _reached(problem: Problem, e: Expression, avoiding: Tensor | None = None) -> set[Tensor]:
    """The names that a formula depends on, through definitions."""
    found: set[Tensor] = set()
    waiting = list(tensors(e))
    while waiting:
        name = waiting.pop()
        if name not in found and name != avoiding:
            found.add(name)
            value = problem.definition(name)
            waiting += tensors(value) if value is not None else ()
    return found


def _differentiated(problem: Problem, wrt: Tensor) -> Expression | None:
    """The gradient, without names of its own."""
    try:
        derivation = gradient(problem, wrt)
    except DeriveError:
        return None
    names: dict[Expression, Expression] = dict(gradient_definitions(derivation))
    result = derivation.result
    while any(t in names for t in tensors(result)):
        result = substitute(result, names)
    return result


def _zero_one(e: Expression, s: Setting) -> Iterator[Slip]:
    """The cross-entropy of labels 0 and 1, log(1 + eᵐ) − ym, in place of log(1 + e^(−ym))."""
    objective, wrt = s.facts.objective, s.facts.problem.question.wrt
    if not s.is_final or objective is None or not isinstance(wrt, Tensor):
        return
    for part in walk(objective):
        inner = _exponent(part)
        for label in _labels(s.facts.problem) if inner is not None else ():
            parts = factors(opposite(inner)) if inner is not None else ()
            if label in parts:
                margin = product(*(f for f in parts if f != label))
                other = Sum((apply("softplus", margin), -product(label, margin)))
                asked = replace(s.facts.problem.question, objective=substitute(objective, {part: other}))
                after = _differentiated(replace(s.facts.problem, question=asked), wrt)
                if after is not None:
                    yield Slip(after, label)


def _exponent(e: Expression) -> Expression | None:
    """u in log(1 + eᵘ), the softplus of u."""
    if not isinstance(e, Elementwise) or e.order:
        return None
    inner = e.arguments[0]
    if e.function.name == "softplus":
        return inner
    if e.function.name == "log" and isinstance(inner, Sum) and len(inner.terms) == 2 and UNIT in inner.terms:
        grown = inner.terms[1 - inner.terms.index(UNIT)]
        if isinstance(grown, Elementwise) and grown.function.name == "exp" and not grown.order:
            return grown.arguments[0]
    return None


def _labels(problem: Problem) -> list[Tensor]:
    """Names that are 1 or −1: it is assumed that their squares are 1."""
    found = []
    for one, other in problem.assumptions.equations:
        square = one if isinstance(other, Number) and other.value == 1 else other
        if isinstance(square, Power) and square.exponent == number(2) and isinstance(square.base, Tensor):
            found.append(square.base)
    return found


ROWS: Rows = (
    Row("held-constant", "something is treated as a constant that is none",
        "You treat {detail} as constant, but {part} is in there, too.",
        "Through which quantities does the variable act? Each path adds a term.",
        "The derivative is the sum over all paths from the variable to the objective.", "normalised", _held, "line"),
    Row("labels-as-zero-one", "labels of 1 and −1 used as 0 and 1",
        "You use {part} as if it were 0 or 1; here it is 1 or −1.",
        "Put both labels into the loss: what does it become for each of them?",
        "For labels ±1 the slope in m is −yσ(−ym); σ(m) − y is the one for labels 0 and 1.", "margin",
        _zero_one, "line"),
)  # fmt: skip
