"""The entries style: for small numbers as sizes, every component written out, as for a 2-3-1 network on paper."""

from __future__ import annotations

from itertools import product

import sympy

from derive.differentiation.derivation import Derivation, Stage, Step
from derive.differentiation.gradient import objective_of, subject, sweep_for
from derive.differentiation.index_style import IndexStage
from derive.differentiation.lookup import is_family
from derive.differentiation.rules_components import ORDER
from derive.differentiation.sweep import Sweep
from derive.differentiation.wanted import wanted
from derive.errors import LimitError, UsageError
from derive.expression.nodes import Component, Derivative, Explicit, Expression, Position, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, is_symbolic, shape_text
from derive.expression.text import text

ENTRIES = 200
"""So many entries are written out at most."""

_ORDER = (*ORDER, "written_out")


def entries_derivation(problem: Problem, wrt: str | Expression | None = None) -> Derivation:
    """The derivation with one stage for each entry of each intermediate gradient; the last line is the whole matrix.

    Raises UsageError unless all sizes are numbers, LimitError past ENTRIES entries.
    """
    asked = wanted(problem, wrt)
    v = subject(problem, asked)
    named = {t for d in problem.definitions for t in (d.target,)} | set(problem.free_tensors) | {v}
    symbolic = next((t for t in sorted(named, key=lambda t: t.name) if is_symbolic(t.shape)), None)
    if is_family(problem) or symbolic is not None:
        what = "" if symbolic is None else f", but {text(symbolic)} is {shape_text(symbolic.shape)}"
        raise UsageError(f"Entries can be written out only for numbers as sizes{what}.",
                         suggestion="Give numbers, such as --widths 2,3,1, or use the index style.")  # fmt: skip
    sweep = sweep_for(problem, objective_of(problem))
    sweep.run((v,))
    chain = [stage.target.wrt for stage in sweep.chain(v)]
    whole = [u for u in chain if isinstance(u, Tensor)] + ([v] if not isinstance(asked, Component) else [])
    if sum(int(u.shape[0] * u.shape[1]) for u in whole) > ENTRIES:
        raise LimitError(f"More than {ENTRIES} entries would have to be written out.",
                         suggestion="Use smaller sizes, or the index style.")  # fmt: skip
    stages = [stage for u in whole for stage in _stages(sweep, u)]
    if isinstance(asked, Component):
        stages.append(_stage(sweep, v, asked.row, asked.column))
    elif v.shape != SCALAR:
        stages.append(_together(sweep, v, stages[-int(v.shape[0] * v.shape[1]) :]))
    return Derivation(problem, asked, tuple(stages))


def _stages(sweep: Sweep, u: Tensor) -> list[Stage]:
    rows, columns = (int(size) for size in u.shape)
    return [_stage(sweep, u, i, j) for i, j in product(range(1, rows + 1), range(1, columns + 1))]


def _stage(sweep: Sweep, u: Tensor, row: Position, column: Position) -> Stage:
    place = (None if u.shape[0] == sympy.S.One else row, None if u.shape[1] == sympy.S.One else column)
    return IndexStage(sweep, u, place, _ORDER).stage(sweep.stages[u].name)


def _together(sweep: Sweep, v: Tensor, entries: list[Stage]) -> Stage:
    """The entries as one matrix."""
    columns = int(v.shape[1])
    values = [stage.result for stage in entries]
    rows = tuple(tuple(values[k : k + columns]) for k in range(0, len(values), columns))
    target = Derivative(sweep.objective, v, "gradient")
    assert shape(Explicit(rows)) == v.shape
    return Stage(None, target, (Step(target, "entries_together", Explicit(rows), level="brief"),))
