"""Errors that users meet: every one says what happened, where, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    """A span of the text a person typed; lines and columns count from 1, `end_column` is exclusive."""

    line: int
    column: int
    end_column: int


class DeriveError(Exception):
    """The root of all errors raised on purpose.

    `code` is stable and explained by `derive explain CODE`; `message` is one sentence in the words of the
    person who typed the input; `suggestion` says what to try instead.
    """

    code = "E-ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        position: Position | None = None,
        suggestion: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.suggestion = suggestion
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.suggestion}".rstrip()


class UsageError(DeriveError):
    """The question itself is malformed: an unknown option, activation, key, or a size that is missing."""

    code = "E-USAGE"


class ReadError(DeriveError):
    """Text that cannot be read: the position points at the first character that does not fit."""

    code = "E-SYNTAX"


class LimitError(DeriveError):
    """A stated limit (length, depth, digits, terms, time) was reached."""

    code = "E-LIMIT"


class ShapeError(DeriveError):
    """Two operands whose shapes do not conform; the message names both and shows both shapes."""

    code = "shape"


class Unsupported(DeriveError):
    """An operation met a node that it has no law for; better refused by name than silently wrong."""

    code = "E-UNSUPPORTED"
