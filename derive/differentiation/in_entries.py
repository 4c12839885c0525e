"""Formulas written in entries, as people write one unit: (W a + b)[i] = Σ_k W[i,k] a[k] + b[i]."""

from __future__ import annotations

from collections.abc import Iterable

from derive.differentiation.lookup import value_names
from derive.differentiation.rule import Context
from derive.differentiation.rules_components import ORDER, placed
from derive.differentiation.rules_index import entries
from derive.differentiation.working import Working
from derive.expression.nodes import (
    Component,
    Explicit,
    Expression,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Reduce,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import rebuild, walk

WRITTEN_OUT = 4
"""Terms of a sum that are written out one by one."""


def in_entries(e: Expression, problem: Problem) -> Expression:
    """The formula with every component moved in to names; a sum over few entries is written out."""
    sizes = {str(s) for t in problem.free_tensors for s in t.shape} | set(map(str, problem.scope.sizes))
    taken = {p.name for part in walk(e) for p in _places(part)} | set(problem.scope.indices)
    working = Working(e, Context(problem, value_names(problem), taken=taken | sizes))
    working.tidy((*ORDER, "unit_vector"))
    sums = [part for part in walk(working.line) if isinstance(part, IndexSum)]
    if sums and all(part.index.size.is_Integer and part.index.size <= WRITTEN_OUT for part in sums):
        working.tidy(("written_out", *ORDER))
    return working.line


def with_sums(e: Expression, problem: Problem, letters: Iterable[Index] = ()) -> Expression:
    """Sums and dot products as sums over an index, with these letters where they run over the same size."""
    context = Context(problem, value_names(problem), taken=set(map(str, problem.scope.sizes)))
    found = in_entries(_summed(e, context), problem)
    for letter in letters:
        found = _relettered(found, letter)
    return found


def _summed(e: Expression, context: Context) -> Expression:
    if isinstance(e, Reduce | MatMul) and shape(e) == SCALAR:
        written = entries(e, (e,), context)
        return e if written is None else written
    return rebuild(e, lambda part: _summed(part, context))


def _relettered(e: Expression, letter: Index) -> Expression:
    """Each sum over the size of a letter with that letter, unless it is used within."""
    if isinstance(e, IndexSum) and e.index.size == letter.size and e.index != letter:
        names = {p.name for part in walk(e.body) for p in _places(part)}
        return e if letter.name in names else IndexSum(placed(e.body, e.index, letter), letter)
    return rebuild(e, lambda part: _relettered(part, letter))


def written_out(e: Expression, problem: Problem, most: int = 6) -> Expression:
    """A column, or a row, of few entries with all of them: (0, a, 0)ᵀ. Anything else as it is."""
    rows, columns = shape(e)
    count = rows * columns
    if ONE not in (rows, columns) or (rows, columns) == SCALAR or not count.is_Integer or count > most:
        return e
    if columns == ONE:
        row = tuple(simple(Component(e, k, None), problem) for k in range(1, int(rows) + 1))
        return Transpose(Explicit((row,)))
    return Explicit((tuple(simple(Component(e, None, k), problem) for k in range(1, int(columns) + 1)),))


def simple(e: Expression, problem: Problem) -> Expression:
    """An entry in entries, with its numbers collected."""
    working = Working(in_entries(e, problem), Context(problem, value_names(problem)))
    working.tidy(("collect", "like_terms", "cancel"))
    return working.line


def _places(e: Expression) -> list[Index]:
    if isinstance(e, Component | KroneckerDelta):
        return [p for p in (e.row, e.column) if isinstance(p, Index)]
    return [e.index] if isinstance(e, IndexSum) else []
