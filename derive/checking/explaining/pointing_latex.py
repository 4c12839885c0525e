r"""Where a part of an answer stands in LaTeX: among the terms, the factors, and what stands in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.errors import DeriveError
from derive.expression.nodes import Expression
from derive.expression.scope import Scope
from derive.notation.latex import LatexReader

_TOKEN = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])|\\[A-Za-z]+|\\.|\S", re.DOTALL)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SIGNS = frozenset("+-")
_LAYOUT = frozenset({r"\left", r"\right", r"\quad", r"\qquad", r"\,", r"\;", r"\:", r"\!", r"\ "})
_READINGS = 80
"""Stretches of a line that are read."""


def latex_span(line: str, start: int, end: int, part: Expression, scope: Scope) -> tuple[int, int] | None:
    """The shortest stretch that reads as the part; None if there are several of that length, or none."""
    reader = LatexReader(scope)
    spans = sorted(set(_stretches(line, start, end)), key=lambda span: span[1] - span[0])
    matching: list[tuple[int, int]] = []
    for span in spans[:_READINGS]:
        if matching and span[1] - span[0] > 2 * (matching[0][1] - matching[0][0]):
            break
        if _reads_as(reader, line[span[0] : span[1]], part):
            matching.append(span)
    inner = [span for span in matching if not any(_is_around(span, other) for other in matching)]
    return inner[0] if len(inner) == 1 else None


def _is_around(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and span[0] <= other[0] and other[1] <= span[1]


def _reads_as(reader: LatexReader, text: str, part: Expression) -> bool:
    try:
        return reader.expression(text) == part
    except DeriveError:
        return False


def _stretches(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Terms with and without their signs, factors, and the same of what stands in brackets."""
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(line, start, end)]
    for first, last in _inside(tokens):
        for a, b in _terms(tokens, first, last):
            yield tokens[a][1], tokens[b - 1][2]
            if tokens[a][0] in _SIGNS and a + 1 < b:
                yield tokens[a + 1][1], tokens[b - 1][2]
                a += 1
            for c, d in _factors(tokens, a, b):
                yield tokens[c][1], tokens[d - 1][2]


Tokens = list[tuple[str, int, int]]


def _inside(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """The whole line, and the inside of each pair of round or square brackets."""
    yield 0, len(tokens)
    opened: list[int] = []
    for k, (token, _, _) in enumerate(tokens):
        if token in _OPENING:
            opened.append(k)
        elif token in _CLOSING and opened:
            first = opened.pop()
            last = k - 1 if tokens[k - 1][0] == r"\right" else k
            if token != "}" and first + 1 < last:
                yield first + 1, last


def _terms(tokens: Tokens, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Stretches between signs outside brackets, each with the sign in front of it."""
    depth, begin = 0, first
    for k in range(first, last):
        token = tokens[k][0]
        if token in _SIGNS and depth == 0 and k > begin:
            yield from _trimmed(tokens, begin, k)
            begin = k
        depth += (token in _OPENING) - (token in _CLOSING)
    yield from _trimmed(tokens, begin, last)


def _trimmed(tokens: Tokens, first: int, last: int) -> Iterator[tuple[int, int]]:
    while first < last and tokens[first][0] in _LAYOUT:
        first += 1
    while first < last and tokens[last - 1][0] in _LAYOUT:
        last -= 1
    if first < last:
        yield first, last


def _factors(tokens: Tokens, first: int, last: int) -> Iterator[tuple[int, int]]:
    """A factor with its scripts and arguments: from each place where one may begin to each where one may end."""
    starts, depth = [], 0
    for k in range(first, last):
        token = tokens[k][0]
        before = tokens[k - 1][0] if k > first else ""
        is_part = token in ("_", "^", "'") or before in ("_", "^") or token in "{" or token in _CLOSING
        if depth == 0 and not is_part:
            starts.append(k)
        depth += (token in _OPENING) - (token in _CLOSING)
    for number, begin in enumerate(starts):
        for stop in [*starts[number + 1 :], last][:4]:
            yield from _trimmed(tokens, begin, stop)
