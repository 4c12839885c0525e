"""Several lines as one verdict: that of the worst, with the first wrong line, and where the others got theirs from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from derive.checking.lines.inheritance import Origin
from derive.checking.verdicts.verdict import Verdict, worst
from derive.errors import Position
from derive.notation.answer import Statement

EXPLAINED = 2
"""Lines with a slip of their own whose mistakes are named."""


def in_lines(
    statements: Sequence[Statement], verdicts: Mapping[int, Verdict], typed: str, origins: Mapping[int, Origin]
) -> Verdict:
    """The verdict on an answer of several statements, with one for each claim among them."""
    lines = tuple(
        _marked(dataclasses.replace(verdicts[s.number], text=written(typed, s.position)), origins.get(s.number))
        for s in statements
        if s.name is None
    )
    wrong = [v.line if v.follows_from is None else v.follows_from for v in lines if is_wrong(v)]
    return dataclasses.replace(
        worst(lines),
        lines=lines,
        first_wrong_line=min((n for n in wrong if n is not None), default=None),
        definitions=tuple((s.number, definition(s, typed)) for s in statements if s.name is not None),
    )


def _marked(verdict: Verdict, origin: Origin | None) -> Verdict:
    """The verdict on a line with where its mistake comes from."""
    if origin is None:
        return verdict
    if origin.basis is not None:
        return dataclasses.replace(verdict, basis=(origin.number, origin.basis))
    return dataclasses.replace(verdict, follows_from=origin.number, would_hold=origin.meant)


def told_in_lines(verdict: Verdict, tell: Callable[[Verdict, bool], Verdict]) -> Verdict:
    """The same with its lines explained: each that has a slip of its own, and the first that a definition spoils.

    `tell` explains a line; it is told whether it is the first, which is looked at most closely.
    """
    told: set[int | None] = {line.line for line in verdict.lines if line.follows_from is None}
    lines, left = [], EXPLAINED
    for line in verdict.lines:
        inherits = line.follows_from is not None and line.follows_from in told
        if is_wrong(line) and not inherits and left:
            line, left = tell(line, left == EXPLAINED), left - 1
        lines.append(line)
        told.add(line.follows_from)
    return dataclasses.replace(
        worst(tuple(lines)),
        lines=tuple(lines),
        first_wrong_line=verdict.first_wrong_line,
        definitions=verdict.definitions,
    )


def is_wrong(verdict: Verdict) -> bool:
    """Whether a line is not right as it stands."""
    return verdict.verdict in ("refuted", "conditional")


def written(typed: str, position: Position) -> str:
    """What stands in the text at a position."""
    lines = typed.split("\n")
    return (
        lines[position.line - 1][position.column - 1 : position.end_column - 1] if position.line <= len(lines) else ""
    )


def definition(statement: Statement, typed: str) -> str:
    """What a statement defines, as it is shown: the name as it is read, its value as it is typed."""
    assert statement.name is not None
    return f"{statement.name.name} = {written(typed, statement.position)}"
