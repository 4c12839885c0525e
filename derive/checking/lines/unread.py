"""Lines of work of which some cannot be read: the others are decided, and these are not understood.

A statement that cannot be read is taken out of the text, with all that goes on from it; what is left is what the person
would have typed without it, at its old places. Where statements cannot be told apart, nothing is taken out.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from derive.checking.lines.several import written
from derive.checking.verdicts.verdict import Verdict, worst
from derive.errors import DeriveError, Position
from derive.notation import Limits
from derive.notation.answer import Answer, Statement
from derive.notation.lexer import lex
from derive.notation.lines import split_lines
from derive.notation.reading import is_latex
from derive.notation.source import Source

MOST = 8
"""Statements that may be taken out of one answer."""

Span = tuple[int, int]
Unread = tuple[Span, DeriveError]

_OF_THE_WHOLE = frozenset(("E-SIZE", "E-DEPTH", "E-EMPTY"))
"""Codes that speak of the whole text."""

_ROWS = re.compile(r"\\\\|\\begin|\\newcommand|\\def")
_EQUATION = re.compile(r"\s*(?:[A-Za-z]|\\(?:d?frac|partial|nabla|delta|Delta)).*=.*[\w})\]'⊤]\s*", re.DOTALL)
"""A line of LaTeX that stands for itself: neither does it go on from the line before, nor the next one from it."""


def apart(typed: str, limits: Limits, read: Callable[[str], list[Answer]]) -> tuple[str, list[Unread]] | None:
    """What is left of a text that can be read, and the statements that cannot; None if nothing would be left.

    `read` reads a text, and raises as the readers do.
    """
    text, unread = typed, list[Unread]()
    spans = _statements(typed, limits)
    while len(unread) <= MOST:
        try:
            answers = read(text)
        except DeriveError as error:
            span = _around(text, spans, error)
            if span is None or span in (s for s, _ in unread) or len(unread) + 1 == len(spans):
                return None
            unread.append((span, error))
            text = text[: span[0]] + re.sub(r"[^\n]", " ", text[span[0] : span[1]]) + text[span[1] :]
        else:
            claimed = any(s.name is None for s in answers[0].statements)
            return (text, sorted(unread, key=lambda u: u[0])) if unread and claimed else None
    return None


def with_unread(
    verdict: Verdict, statements: Sequence[Statement], typed: str, unread: Sequence[tuple[Span, Verdict]]
) -> Verdict:
    """The verdict on what was read, given by `statements`, and with it the lines that were not."""
    lines = verdict.lines or (dataclasses.replace(verdict, line=statements[0].number, definitions=()),)
    missed = [(_position(typed, span), line) for span, line in unread]
    numbers = _numbers([s.position for s in statements], [p for p, _ in missed])
    new = dict(zip((s.number for s in statements), numbers, strict=False))
    told = [_renumbered(line, new) for line in lines]
    for number, (position, line) in zip(numbers[len(statements) :], missed, strict=True):
        told.append(dataclasses.replace(line, line=number, text=written(typed, position)))
    told.sort(key=lambda line: line.line or 0)
    first = verdict.first_wrong_line
    wrong = [line.line for line in told if line.verdict in ("refuted", "conditional") and line.line is not None]
    return dataclasses.replace(
        worst(tuple(told)),
        lines=tuple(told),
        first_wrong_line=min(wrong, default=None) if first is None else min([new[first], *wrong[:1]]),
        definitions=tuple((new[number], text) for number, text in verdict.definitions),
    )


def _renumbered(line: Verdict, new: dict[int, int]) -> Verdict:
    """A line with the numbers that lines have once those are counted that were not read."""
    assert line.line is not None
    passage = line.passage
    if passage is not None and passage.since is not None:
        passage = dataclasses.replace(passage, since=new[passage.since])
    return dataclasses.replace(
        line,
        line=new[line.line],
        follows_from=None if line.follows_from is None else new[line.follows_from],
        basis=None if line.basis is None else (new[line.basis[0]], line.basis[1]),
        passage=passage,
    )


def _numbers(read: Sequence[Position], unread: Sequence[Position]) -> list[int]:
    """By the lines of the text as it was typed; if two share one, they are counted: as an answer numbers them."""
    typed = [p.line for p in (*read, *unread)]
    if len(set(typed)) == len(typed):
        return typed
    places = [(p.line, p.column) for p in (*read, *unread)]
    order = {k: n for n, k in enumerate(sorted(range(len(places)), key=places.__getitem__), 1)}
    return [order[k] for k in range(len(places))]


def _around(text: str, spans: Sequence[Span], error: DeriveError) -> Span | None:
    """The statement in which an error stands; None if there is no other, or if it is about the whole."""
    if len(spans) < 2 or error.position is None or error.code in _OF_THE_WHOLE:
        return None
    rows = text.split("\n")[: error.position.line - 1]
    at = sum(len(row) + 1 for row in rows) + error.position.column - 1
    return next((span for span in reversed(spans) if span[0] <= at), None)


def _statements(typed: str, limits: Limits) -> list[Span]:
    """Where the statements of a text stand; none if they cannot be told apart without reading them."""
    if len(typed.encode("utf-8", "surrogatepass")) > limits.size:
        return []
    if is_latex(typed):
        rows = [(m.start(), m.end()) for m in re.finditer(r"[^\n]*\S[^\n]*", typed)]
        return rows if not _ROWS.search(typed) and all(_EQUATION.fullmatch(typed, *row) for row in rows) else []
    try:
        return [(line[0].start, line[-1].end) for line in split_lines(lex(Source(typed), limits))]
    except DeriveError:
        return []


def _position(typed: str, span: Span) -> Position:
    """The first row of a span."""
    before = typed[: span[0]]
    column = span[0] - (before.rfind("\n") + 1) + 1
    row = typed[span[0] : span[1]].split("\n")[0]
    return Position(before.count("\n") + 1, column, column + len(row))
