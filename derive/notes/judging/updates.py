"""Updates W ← W − η G: what is subtracted must be the gradient of the objective, times a step."""

from __future__ import annotations

from dataclasses import dataclass

from derive.expression.nodes import (
    Component,
    Derivative,
    Expression,
    MatMul,
    Number,
    Product,
    Sum,
    Tensor,
    number,
)
from derive.expression.sizes import SCALAR
from derive.expression.traverse import rebuild, tensors, walk
from derive.notes.known.knowledge import Knowledge


@dataclass(frozen=True)
class Update:
    """What an update claims: left = right, about derivatives of `objective`.

    upwards    what would be on the left if the step went up
    is_named   whether the gradient is written as one, ∇J, and not worked out
    may_go_up  whether what is differentiated may be a likelihood, which is to grow
    """

    left: Expression
    right: Expression
    objective: Expression | None
    upwards: Expression
    is_named: bool = False
    may_go_up: bool = False


MAY_GROW = frozenset({"ell", "l", "LL", "Q", "R"})
"""Names of losses to some and of likelihoods or rewards to others."""


def update(
    knowledge: Knowledge, target: Expression, value: Expression, objective: Tensor | None = None
) -> Update | str:
    """The claim in target ← value, or why there is none to check; without an objective it is about the last one."""
    if not isinstance(target, (Tensor, Component)) or target not in set(walk(value)):
        return "an assignment"
    named = next((p for p in walk(value) if isinstance(p, Derivative) and _is_about(p, target)), None)
    if named is not None:
        gradient = _placeholder(target)
        inside = _replaced(value, named, gradient)
        step = _step(inside, target, frozenset({gradient}))
        down, up = _moved(target, step, gradient, -1), _moved(target, step, gradient, 1)
        return Update(down, inside, None, up, is_named=True, may_go_up=_may_grow(named.of))
    objective = objective or knowledge.objective()
    if objective is None:
        return "an update; there is no objective here that its gradient could be held against"
    variable = target.operand if isinstance(target, Component) else target
    if not knowledge.reaches(objective, variable):
        return f"an update; {objective.name} does not depend on {getattr(variable, 'name', 'this')} here"
    derivative = Derivative(objective, target)
    known = {t for t in tensors(value) if not knowledge.is_free(t) or knowledge.reaches(objective, t)}
    step = _step(value, target, frozenset(known))
    subtracted = _subtracted(value, target, step)
    may_go_up = _may_grow(objective)
    if subtracted is not None:
        up = Product((number(-1), derivative))
        return Update(derivative, subtracted, objective, up, may_go_up=may_go_up)
    down, up = _moved(target, step, derivative, -1), _moved(target, step, derivative, 1)
    return Update(down, value, objective, up, may_go_up=may_go_up)


def _may_grow(of: Expression) -> bool:
    return isinstance(of, Tensor) and of.name in MAY_GROW


def _is_about(e: Derivative, target: Expression) -> bool:
    return e.wrt == target and (not isinstance(e.of, Tensor) or e.of.shape == SCALAR)


def _placeholder(target: Expression) -> Tensor:
    shape = target.shape if isinstance(target, Tensor) else SCALAR
    return Tensor("gradient", shape)


def _replaced(e: Expression, old: Expression, new: Expression) -> Expression:
    return new if e == old else rebuild(e, lambda part: _replaced(part, old, new))


def _moved(target: Expression, step: Expression, gradient: Expression, sign: int) -> Expression:
    factors = (step, gradient) if sign > 0 else (number(-1), step, gradient)
    return Sum((target, Product(factors)))


def _step(value: Expression, target: Expression, known: frozenset[Tensor]) -> Expression:
    """The step: the scalar that stands in the update, but not in what is minimised; 1 if there is none."""
    own = tensors(target)
    free = sorted((t for t in tensors(value) - known - own if t.shape == SCALAR), key=lambda t: t.name)
    return free[0] if free else number(1)


def _subtracted(value: Expression, target: Expression, step: Expression) -> Expression | None:
    """G, where the update is written target − step G, one term or several; None if it is written otherwise."""
    if not isinstance(value, Sum) or target not in value.terms:
        return None
    rest = list(value.terms)
    rest.remove(target)
    parts = [_without(term, step) for term in rest]
    found = [p for p in parts if p is not None]
    if len(found) != len(parts) or not found:
        return None
    return found[0] if len(found) == 1 else Sum(tuple(found))


def _without(term: Expression, step: Expression) -> Expression | None:
    """A term −step·G as G."""
    factors = _factors(term)
    negative = [f for f in factors if isinstance(f, Number) and f.value < 0]
    if len(negative) != 1:
        return None
    size = -negative[0].value
    left = [f for f in factors if f is not negative[0]]
    if step != number(1):
        erased = _erased(left, step)
        if erased is None:
            return None
        left = erased
    if size != 1:
        left.insert(0, number(size))
    if not left:
        return number(1)
    return left[0] if len(left) == 1 else Product(tuple(left))


def _erased(factors: list[Expression], step: Expression) -> list[Expression] | None:
    """The factors without the step, which may stand in a matrix product, (ηδ)xᵀ; None if it is not there."""
    for k, factor in enumerate(factors):
        before, after = factors[:k], factors[k + 1 :]
        if factor == step:
            return [*before, *after]
        if isinstance(factor, (MatMul, Product)):
            inner = _erased(list(factor.factors), step)
            if inner is not None:
                kept = inner[0] if len(inner) == 1 else type(factor)(tuple(inner))
                return [*before, kept, *after]
    return None


def _factors(term: Expression) -> list[Expression]:
    """The factors of a product, those of products in it too."""
    return [f for part in term.factors for f in _factors(part)] if isinstance(term, Product) else [term]


def changed(target: Expression, value: Expression, kind: str) -> Expression:
    """What `target -= value` leaves: target − value."""
    return Sum((target, value if kind == "+=" else Product((number(-1), value))))
