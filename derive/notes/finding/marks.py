"""Marks and contexts in comments: `derive: ignore`, `derive: wrong`, or a block of TOML after `derive`."""

from __future__ import annotations

import re

from derive.notes.finding.pieces import Context, Document, Mark, MarkKind, Piece, Trouble
from derive.suggestions import did_you_mean

_MARK = re.compile(r"^\s*derive\s*:\s*(?P<word>[A-Za-z-]+)\b[^\n]*$")
_BLOCK = re.compile(r"^\s*derive\s*:?[ \t]*(?=\n)")
KINDS: tuple[MarkKind, ...] = ("ignore", "wrong")


def in_comment(document: Document, text: str, start: int, end: int) -> Piece | None:
    """What a comment says to derive, if anything; `text` is its inside, which begins at the same line.

    >>> in_comment(Document("a.md", ""), " derive: wrong ", 0, 0).kind
    'wrong'
    """
    block = _BLOCK.match(text)
    if block is not None:
        return Context(document, start, "\n" + text[block.end() + 1 :])
    mark = _MARK.match(text.strip())
    if mark is None:
        return None
    for kind in KINDS:
        if mark["word"] == kind:
            return Mark(document, start, end, kind)
    hint = did_you_mean(mark["word"], KINDS, otherwise="Marks are")
    return Trouble(document, start, end, f"There is no mark `derive: {mark['word']}`. {hint}")
