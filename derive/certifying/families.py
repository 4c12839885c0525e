"""Networks of any depth in certificates: the part of the problem between a name and the δ that the answer uses.

E depends on what lies before layer l+1 only through z[l+1], so the problem is stated with E as an unspecified function
of z[l+1], and the members of the families that lie between as ordinary definitions.
"""

from __future__ import annotations

import dataclasses

from derive.differentiation.lookup import gradient_name, gradient_scale, last_layer, mentioning
from derive.differentiation.sweep import relevant
from derive.errors import Unsupported
from derive.expression.nodes import Component, Expression, Tensor
from derive.expression.problem import Definition, Problem, Question
from derive.expression.traverse import substitute_layer, tensors

STEPS = 12
"""So many definitions may lie between a name and the δ that the answer uses."""


def ordinary(problem: Problem, answer: Expression) -> tuple[Problem, tuple[Tensor, ...]]:
    """The same question about finitely many definitions, and the names through which the rest of E is reached.

    Raises Unsupported if the answer uses no δ beyond the name that is asked for, and E is not near.
    """
    asked = problem.question.wrt
    if problem.question.value is not None or asked is None:
        raise Unsupported("A certificate about a network of any depth is of a gradient.")
    value = next(d.value for d in problem.definitions if d.target.name == problem.objective_name)
    used = {t for t in tensors(answer) if t.layer is not None}
    subject = asked.operand if isinstance(asked, Component) else asked
    assert isinstance(subject, Tensor)
    start = _stands_for(problem, subject) or subject
    between, held = _between(problem, start, value, used)
    reached = {start, *between} - set(held)
    objective = None
    if tensors(value) & (reached - {start}):
        objective = value
    elif start in tensors(value):
        objective = relevant(value, start)
    names = {t: z for t in (*used, subject) if (z := _stands_for(problem, t)) is not None}
    scales = {t: scale for t in names if (scale := gradient_scale(problem, t)) is not None}
    known = _in_order({**_opened(problem, {start, *tensors(answer)} - set(held)), **between})
    return dataclasses.replace(problem, definitions=known, gradients=names, scales=scales,
                               question=Question(objective=objective, wrt=asked)), tuple(held)  # fmt: skip


def _stands_for(problem: Problem, name: Tensor) -> Tensor | None:
    """z[l+1] for delta[l+1]."""
    for known, z in problem.gradients.items():
        if known.name == name.name and known.layer is not None and name.layer is not None:
            moved = substitute_layer(z, {known.layer: name.layer})
            return moved if isinstance(moved, Tensor) else None
    return None


def _between(
    problem: Problem, start: Tensor, value: Expression, used: set[Tensor]
) -> tuple[dict[Tensor, Definition], list[Tensor]]:
    """The definitions from a name up to those whose δ the answer uses, and the latter's names."""
    last = last_layer(problem, value)
    found: dict[Tensor, Definition] = {}
    held: list[Tensor] = []
    pending = [start]
    while pending:
        for d in mentioning(problem, pending.pop(0), last):
            if d.target in found:
                continue
            found[d.target] = d
            if len(found) > STEPS:
                raise Unsupported("A certificate about a network of any depth needs an answer in terms of a delta.")
            if gradient_name(problem, d.target) in used:
                held.append(d.target)
            else:
                pending.append(d.target)
    return found, held


def _opened(problem: Problem, used: set[Tensor]) -> dict[Tensor, Definition]:
    """The definitions of names that an answer may write out: z[l] = W[l] @ a[l-1] + b[l]."""
    found = {t: problem.definition(t) for t in sorted(used, key=str) if t.layer is not None}
    return {t: Definition(t, value) for t, value in found.items() if value is not None}


def _in_order(between: dict[Tensor, Definition]) -> tuple[Definition, ...]:
    """The definitions, each after those that it uses."""
    left, done = dict(between), list[Definition]()
    while left:
        ready = [t for t, d in left.items() if not tensors(d.value) & (left.keys() - {t})]
        if not ready:
            raise Unsupported("The definitions of the network go round in a circle.")
        done += [left.pop(t) for t in ready]
    return tuple(done)
