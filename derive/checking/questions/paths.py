"""The chain rule over several paths: ∂L/∂x = ∂L/∂u ∂u/∂x + ∂L/∂v ∂v/∂x, where u may itself be computed from v.

Each ∂L/∂u is the derivative through everything that comes after u. So the last link ∂u/∂x of one path must hold what
the other paths lead through fixed, or a path would count twice: in batch normalisation ∂x̂/∂x is 1/σ beside the paths
through μ and σ². A derivative that stands by itself, or in one chain only, holds nothing fixed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive.errors import Unsupported
from derive.expression.nodes import (
    Component,
    Derivative,
    Expression,
    IndexSum,
    MatMul,
    Product,
    Reduce,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.traverse import rebuild, substitute, tensors

Reached = Callable[[Expression], frozenset[str]]
"""The names that a formula rests on, also through definitions."""


@dataclass(frozen=True)
class _Path:
    """One term of the rule: ∂top/∂through …, and its last link ∂through/∂variable where that is a derivative."""

    top: Expression
    through: Tensor
    link: Derivative | None


def held_apart(e: Sum, problem: Problem, reached: Reached) -> Expression:
    """The sum with the last link of each path holding fixed what the other paths lead through.

    Raises Unsupported where a Jacobian would have to.
    """
    paths = [path for term in e.terms for path in _paths(term)]
    variables = {named(path.link.wrt) for path in paths if path.link is not None}
    if len(paths) < 2 or len(variables) != 1 or len({path.top for path in paths}) != 1:
        return e
    (variable,) = variables
    changed: dict[Expression, Expression] = {}
    for path in paths:
        others = frozenset(p.through for p in paths) - {path.through, variable}
        if path.link is None or path.link.form == "partial" or not isinstance(variable, Tensor):
            continue
        own = reached(path.through)
        if any(o.name in own and variable.name in reached(o) for o in others):
            if path.link.form != "gradient":
                raise Unsupported("A Jacobian that holds some values fixed is not compared.",
                                  suggestion="Write it in components.")  # fmt: skip
            changed[path.link] = _holding(path.link, path.through, frozenset({*others, variable}), problem)
    return substitute(e, changed) if changed else e


def named(e: Expression) -> Expression:
    """What a component or a transpose is taken of."""
    while isinstance(e, Component | Transpose):
        e = e.operand
    return e


def _paths(term: Expression) -> Iterator[_Path]:
    """The path that a product leads along, if it is a product of derivatives and other things."""
    links = list(_links(term))
    for last in links:
        of = named(last.of)
        before = next((d for d in links if d is not last and named(d.wrt) == of), None)
        if before is not None and isinstance(of, Tensor) and not any(named(d.of) == named(last.wrt) for d in links):
            yield _Path(_top(before, links), of, last)
            return
    through = named(links[-1].wrt) if links else None
    if isinstance(through, Tensor):
        yield _Path(_top(links[-1], links), through, None)


def _top(link: Derivative, links: list[Derivative]) -> Expression:
    """What the chain that ends in a link is the derivative of."""
    for _ in links:
        before = next((d for d in links if named(d.wrt) == named(link.of)), None)
        if before is None or before is link:
            break
        link = before
    return link.of


def _links(e: Expression) -> Iterator[Derivative]:
    """The derivatives among the factors of a product, also under sums over an index."""
    if isinstance(e, Derivative):
        yield e
    elif isinstance(e, Product | MatMul):
        for factor in e.factors:
            yield from _links(factor)
    elif isinstance(e, IndexSum):
        yield from _links(e.body)
    elif isinstance(e, Transpose | Reduce | Component):
        yield from _links(e.operand)


def _holding(link: Derivative, u: Tensor, fixed: frozenset[Tensor], problem: Problem) -> Derivative:
    """∂u/∂v with some names held fixed: all other definitions are put in, and those names are left."""

    def opened(e: Expression) -> Expression:
        if not isinstance(e, Tensor):
            return rebuild(e, opened)
        value = None if e in fixed else problem.definition(e)
        return e if value is None or not tensors(value) else opened(value)

    return dataclasses.replace(link, of=substitute(link.of, {u: opened(u)}), form="partial")
