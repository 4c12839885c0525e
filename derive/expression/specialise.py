"""The same problem with some sizes replaced: N = 1, or n = m."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import sympy

from derive.expression.nodes import Expression, Index, Tensor
from derive.expression.problem import Definition, Problem, Question
from derive.expression.scope import Scope
from derive.expression.traverse import substitute_layer

Sizes = Mapping[sympy.Expr, sympy.Expr]


def specialised(problem: Problem, sizes: Sizes) -> Problem:
    """The problem at other sizes; names, definitions and assumptions keep their meaning."""

    def tensor(t: Tensor) -> Tensor:
        changed = substitute_layer(t, sizes)
        assert isinstance(changed, Tensor)
        return changed

    def maybe(e: Expression | None) -> Expression | None:
        return None if e is None else substitute_layer(e, sizes)

    scope = problem.scope
    facts, asked = problem.assumptions, problem.question
    return dataclasses.replace(
        problem,
        scope=dataclasses.replace(
            scope,
            tensors={name: tensor(t) for name, t in scope.tensors.items()},
            sizes={name: s.xreplace(dict(sizes)) for name, s in scope.sizes.items()},
            indices={name: Index(i.name, i.size.xreplace(dict(sizes))) for name, i in scope.indices.items()},
            aliases={name: substitute_layer(e, sizes) for name, e in scope.aliases.items()},
        ),
        definitions=tuple(Definition(tensor(d.target), substitute_layer(d.value, sizes)) for d in problem.definitions),
        assumptions=dataclasses.replace(
            facts,
            equations=tuple((substitute_layer(a, sizes), substitute_layer(b, sizes)) for a, b in facts.equations),
        ),
        question=Question(maybe(asked.objective), maybe(asked.wrt), maybe(asked.value)),
        gradients={tensor(a): tensor(b) for a, b in problem.gradients.items()},
        scales={tensor(a): substitute_layer(e, sizes) for a, e in problem.scales.items()},
    )


def size_symbols(scope: Scope) -> tuple[sympy.Symbol, ...]:
    """The sizes of a scope that have a name and no number, in order of name."""
    found = {s for t in scope.tensors.values() for side in t.shape for s in side.free_symbols}
    return tuple(sorted(found, key=str))
