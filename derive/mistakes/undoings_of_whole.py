"""Slips of a whole answer as they are undone: a factor that is missing, two names that have changed places, a mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import combinations, pairwise

from derive.expression.nodes import (
    Derivative,
    Dimension,
    Elementwise,
    Expression,
    MatMul,
    Power,
    Product,
    Tensor,
    number,
)
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute, tensors
from derive.mistakes.terms import factors, product
from derive.mistakes.undoings import Undoing, conforms

_PAIRED = 5
"""Factors of which two may be missing together."""


def of_the_whole(answer: Expression, expected: Expression, problem: Problem) -> Iterator[Undoing]:
    own = tuple(dict.fromkeys(factors(expected)))
    pairs = [product(a, b) for a, b in combinations(own[:_PAIRED], 2)]
    for factor in (*own, *pairs):
        if tensors(factor) and not _is_condition(factor) and conforms(product(answer, factor), expected):
            yield Undoing("missing-factor", factor, product(answer, factor))
    yield from _in_the_chain(answer, expected)
    yield from _exchanged(answer, problem)
    for size in problem.scope.sizes.values():
        share = Power(Dimension(size), number(-1))
        yield Undoing("missing-mean", Dimension(size), product(share, answer))
        yield Undoing("double-mean", Dimension(size), product(Dimension(size), answer))


def _exchanged(answer: Expression, problem: Problem) -> Iterator[Undoing]:
    """Two names of one kind that have changed places everywhere: x1 and x2, W[l] and V[l]."""
    names = sorted((t for t in tensors(answer) if t.layer is None), key=lambda t: t.name)
    for one, other in combinations(names, 2):
        if one.shape != SCALAR and _stem(one) == _stem(other) != one.name:
            yield Undoing("names-exchanged", one, substitute(answer, {one: other, other: one}), one, other)


def _stem(t: Tensor) -> str:
    return t.name.rstrip("0123456789")


def _in_the_chain(answer: Expression, expected: Expression) -> Iterator[Undoing]:
    """A factor that is missing in a product of matrices, at each place, or a link between two others."""
    if isinstance(answer, MatMul | Product):
        for place, (one, other) in enumerate(pairwise(answer.factors), start=1):
            if isinstance(one, Derivative) and isinstance(other, Derivative) and one.wrt != other.of:
                link = dataclasses.replace(one, of=one.wrt, wrt=other.of)
                parts = (*answer.factors[:place], link, *answer.factors[place:])
                yield Undoing("missing-factor", link, type(answer)(parts))
    if not isinstance(expected, MatMul):
        return
    parts = answer.factors if isinstance(answer, MatMul) else (answer,)
    for factor in dict.fromkeys(expected.factors):
        for place in range(len(parts) + 1):
            line = MatMul((*parts[:place], factor, *parts[place:]))
            if conforms(line, expected):
                yield Undoing("factor-forgotten", factor, line)


def _is_condition(e: Expression) -> bool:
    """Whether a factor is 1 where something holds: without it a formula is right there, which says more."""
    return isinstance(e, Elementwise) and (
        e.function.name in ("gt", "step") or (e.function.name, e.order) == ("relu", 1)
    )
