"""Where a part of an answer stands in the text that was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from derive.checking.explaining.pointing_latex import latex_span
from derive.errors import DeriveError, Position
from derive.expression.nodes import Expression, Tensor
from derive.expression.scope import Scope
from derive.expression.traverse import walk
from derive.mistakes.finding import Finding
from derive.notation import read
from derive.notation.reading import is_latex

_TOKEN = re.compile(r"\\[A-Za-z]+|[^\W\d_]\w*'*|\d+(?:\.\d+)?|\*\*|\S")
_TOKENS = 60
"""Longer lines are not searched: every stretch of tokens is read."""


def pointed(position: Position | None, found: Sequence[Finding], typed: str, scope: Scope) -> Position | None:
    """The span of the part that the first mistake is about, if it stands in the text exactly once."""
    part = next((f.part for f in found[:1] if f.part is not None), None)
    if part is None or position is None or not typed:
        return None
    line = typed.split("\n")[position.line - 1]
    end = position.end_column - 1 if position.end_column > position.column else len(line)
    if is_latex(typed):
        span = latex_span(line, position.column - 1, min(end, len(line)), part, scope)
    else:
        span = _span(line, position.column - 1, end, part, scope)
    return None if span is None else Position(position.line, span[0] + 1, span[1] + 1)


def _span(line: str, start: int, end: int, part: Expression, scope: Scope) -> tuple[int, int] | None:
    """The shortest stretch of whole tokens that reads as the part; None if there are several or none."""
    tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(line, start, min(end, len(line)))]
    if len(tokens) > _TOKENS:
        return None
    # Each name of the part is a word of the stretch, and each word is a name, a function, a size or such.
    words = list(accumulate((line[a].isalpha() and line[a - 1 : a] != "." for a, _ in tokens), initial=0))
    nodes = list(walk(part))
    least, most = sum(isinstance(node, Tensor) for node in nodes), len(nodes)
    for length in range(1, len(tokens)):
        starts = [k for k in range(len(tokens) - length + 1) if least <= words[k + length] - words[k] <= most]
        spans = [(tokens[k][0], tokens[k + length - 1][1]) for k in starts]
        matching = [span for span in spans if _reads_as(line[span[0] : span[1]], part, scope)]
        if matching:
            return matching[0] if len(matching) == 1 else None
    return None


def _reads_as(text: str, part: Expression, scope: Scope) -> bool:
    if text.count("(") != text.count(")") or text.count("[") != text.count("]") or text[0] in ")]*/@+":
        return False
    try:
        return read(text, scope) == part
    except DeriveError:
        return False
