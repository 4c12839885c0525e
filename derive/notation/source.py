"""The text a person typed: positions in it, and the caret that shows where something does not fit."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from derive.errors import DeriveError, LimitError, Position, ReadError

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class MissingSign(ReadError):
    """Two factors stand side by side: in mathematics that is a product, in text it needs its sign."""


class StrayNumber(ReadError):
    """A number stands behind a factor: x 1 may mean a vector of ones, and x 2 anything."""


@dataclass(frozen=True)
class Source:
    """A text, with errors that point into it."""

    text: str

    def position(self, start: int, end: int) -> Position:
        """The span [start, end) of the text; a span over several lines ends with its first line."""
        line = self.text.count("\n", 0, start) + 1
        begin = self.text.rfind("\n", 0, start) + 1
        stop = self.text.find("\n", start)
        last = min(end, len(self.text) if stop < 0 else stop)
        return Position(line, start - begin + 1, max(last, start + 1) - begin + 1)

    def error(self, start: int, end: int, message: str, suggestion: str = "", code: str | None = None) -> ReadError:
        """A ReadError at a span."""
        return ReadError(message, code=code, position=self.position(start, end), suggestion=suggestion)

    def limit(self, start: int, end: int, message: str, suggestion: str = "", code: str | None = None) -> LimitError:
        """A LimitError at a span."""
        return LimitError(message, code=code, position=self.position(start, end), suggestion=suggestion)


def visible(text: str) -> str:
    """The text with every character that could act on a terminal, or hide, replaced by a mark of width one."""
    return "".join(" " if c == "\t" else "�" if unicodedata.category(c) in _UNSAFE else c for c in text)


def caret(text: str, error: DeriveError, width: int = 100) -> str:
    """The line an error is about, with carets below it, and the sentence; a long line is shown in part.

    >>> from derive.errors import ReadError
    >>> print(caret("x + )", ReadError("A bracket closes here.", position=Position(1, 5, 6))))
    x + )
        ^
    A bracket closes here.
    """
    at = error.position
    if at is None:
        return visible(str(error))
    lines = text.split("\n")
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    first = max(0, at.column - 1 - width // 2) if len(line) > width else 0
    shown = ("…" if first else "") + visible(line[first : first + width]) + ("…" if first + width < len(line) else "")
    begin = at.column - 1 - first + (1 if first else 0)
    count = max(1, min(at.end_column - at.column, len(shown) - begin))
    return f"{shown}\n{' ' * begin}{'^' * count}\n{visible(str(error))}"
