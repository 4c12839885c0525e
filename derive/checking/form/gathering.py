"""A matrix that is written out, but lists the entries of something that has a name: (a_1, a_2, a_3) is a."""

from __future__ import annotations

from dataclasses import replace

from derive.expression.nodes import Component, Elementwise, Explicit, Expression, Tensor
from derive.expression.shapes import shape
from derive.expression.sizes import ONE
from derive.expression.traverse import rebuild
from derive.notation import Answer


def gathered_answer(answer: Answer) -> Answer:
    """The answer with every such matrix as what it lists."""
    lines = (replace(line, expressions=tuple(gathered(e) for e in line.expressions)) for line in answer.lines)
    return replace(answer, lines=tuple(lines))


def gathered(e: Expression) -> Expression:
    """[a[1]; a[2]] is a, and [f(z[1]); f(z[2])] is f(z), where that is all of a and of z."""
    e = rebuild(e, gathered)
    return _whole(e.rows) or e if isinstance(e, Explicit) else e


def _whole(rows: tuple[tuple[Expression, ...], ...]) -> Expression | None:
    first = rows[0][0]
    if isinstance(first, Elementwise):
        return _function(rows, first)
    if not isinstance(first, Component) or not isinstance(first.operand, Tensor):
        return None
    of = first.operand
    if shape(of) != (len(rows), len(rows[0])):
        return None
    wide, high = of.shape[1] != ONE, of.shape[0] != ONE
    same = all(
        isinstance(e, Component) and e.operand == of
        and (e.row, e.column) in ((i, j), (i if high else None, j if wide else None))
        for i, row in enumerate(rows, start=1) for j, e in enumerate(row, start=1)
    )  # fmt: skip
    return of if same else None


def _function(rows: tuple[tuple[Expression, ...], ...], first: Elementwise) -> Expression | None:
    arguments: list[Expression] = []
    for k in range(len(first.arguments)):
        inner: list[tuple[Expression, ...]] = []
        for row in rows:
            called = [
                e for e in row if isinstance(e, Elementwise) and (e.function, e.order) == (first.function, first.order)
            ]
            if len(called) != len(row):
                return None
            inner.append(tuple(e.arguments[k] for e in called))
        whole = _whole(tuple(inner))
        if whole is None:
            return None
        arguments.append(whole)
    return Elementwise(first.function, tuple(arguments), first.order)
