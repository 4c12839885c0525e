"""Where an answer is right although it is not right everywhere: on the diagonal, or where all units are active."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from derive.equality.indices import free_indices
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import (
    UNIT,
    Component,
    Elementwise,
    Expression,
    Identity,
    Index,
    KroneckerDelta,
    Number,
    Product,
    Sum,
    Tensor,
)
from derive.expression.problem import Definition, Problem
from derive.expression.traverse import rebuild, walk
from derive.mistakes.finding import NOTES, Finding

_GATES = {"relu": 0, "leaky_relu": 0, "abs": 0, "elu": 0}
"""Functions that are the identity where their argument is positive."""
_OPEN = {"sign", "step"}


def right_where(
    answer: Expression, expected: Expression, problem: Problem, extra: Mapping[Tensor, Expression]
) -> tuple[Finding, ...]:
    """Conditions on values or indices under which the answer is proved, as findings."""
    return _right(
        answer, expected, problem, extra, (("right-on-diagonal", on_diagonal), ("right-where-active", where_active))
    )


def right_on_diagonal(
    answer: Expression, expected: Expression, problem: Problem, extra: Mapping[Tensor, Expression]
) -> tuple[Finding, ...]:
    """Whether the answer is proved for equal indices."""
    return _right(answer, expected, problem, extra, (("right-on-diagonal", on_diagonal),))


def lacks_index(answer: Expression, expected: Expression) -> bool:
    """Whether an answer speaks of one only of the two indices of which the right one distinguishes the cases."""
    own, wanted = set(free_indices(answer)), set(free_indices(expected))
    has_cases = [any(isinstance(p, KroneckerDelta | Identity) for p in walk(e)) for e in (expected, answer)]
    return has_cases == [True, False] and len(wanted) == 2 and len(own) == 1 and own < wanted


def _right(
    answer: Expression, expected: Expression, problem: Problem, extra: Mapping[Tensor, Expression],
    where: Sequence[tuple[str, Callable[[Expression, Expression, Problem], Restricted]]],
) -> tuple[Finding, ...]:  # fmt: skip
    for code, restricted in where:
        found = restricted(answer, expected, problem)
        if found is None:
            continue
        left, right, change = found
        definitions = tuple(Definition(d.target, change(d.value)) for d in problem.definitions)
        there = dataclasses.replace(problem, definitions=definitions)
        try:
            prover = Prover(there, {name: change(value) for name, value in extra.items()})
            proof = prover.aiding().equal(left, right)
        except DeriveError:
            continue
        if proof is not None:
            note = NOTES[code]
            return (Finding(code, note.message, note.hint),)
    return ()


Restricted = tuple[Expression, Expression, Callable[[Expression], Expression]] | None


def on_diagonal(answer: Expression, expected: Expression, problem: Problem) -> Restricted:
    """Both sides with j replaced by i, where they have two free indices of one size."""
    indices = free_indices(Sum((answer, expected)))
    if len(indices) != 2 or indices[0].size != indices[1].size:
        return None
    first, second = indices
    return _renamed(answer, second, first), _renamed(expected, second, first), lambda e: e


def _renamed(e: Expression, old: Index, new: Index) -> Expression:
    changed = rebuild(e, lambda child: _renamed(child, old, new))
    if isinstance(changed, Component):
        row, column = (new if p == old else p for p in (changed.row, changed.column))
        return changed if (row, column) == (changed.row, changed.column) else Component(changed.operand, row, column)
    if isinstance(changed, KroneckerDelta):
        row, column = (new if p == old else p for p in (changed.row, changed.column))
        return UNIT if row == column else KroneckerDelta(row, column)
    return changed


def where_active(answer: Expression, expected: Expression, problem: Problem) -> Restricted:
    """Both sides with every gate open, if there is a gate at all."""
    sources = (answer, expected, *(d.value for d in problem.definitions))
    if not any(_is_gate(part) for source in sources for part in walk(source)):
        return None
    return opened(answer), opened(expected), opened


def _is_gate(e: Expression) -> bool:
    """Whether a formula is 1, or what is inside, where that is positive, and something else where it is not."""
    return isinstance(e, Elementwise) and (e.function.name in _GATES or e.function.name in _OPEN)


def opened(e: Expression) -> Expression:
    """The formula where the arguments of all gates are positive."""
    inner = rebuild(e, opened)
    if not isinstance(inner, Elementwise):
        return inner
    name, first = inner.function.name, inner.arguments[0]
    if name in _GATES and inner.order == 0:
        return first
    one = Product((UNIT, _ones_like(first)))
    if (name in _GATES and inner.order == 1) or (name in _OPEN and inner.order == 0):
        return one
    if name == "gt" and inner.order == 0 and _is_zero(inner.arguments[1]):
        return one
    if name == "where" and _is_one(inner.arguments[0]):
        return Product((inner.arguments[1], _ones_like(inner.arguments[0])))
    return inner


def _ones_like(e: Expression) -> Expression:
    """1 in the shape of a formula."""
    return Sum((UNIT, Product((Number(UNIT.value - 1), e))))


def _is_zero(e: Expression) -> bool:
    return isinstance(e, Number) and e.value == 0


def _is_one(e: Expression) -> bool:
    return isinstance(e, Product) and e.factors[0] == UNIT
