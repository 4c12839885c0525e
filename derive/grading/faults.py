"""What is wrong with a line of answers, besides what is wrong with an answer."""

from __future__ import annotations

from derive.errors import DeriveError


class LineError(DeriveError):
    """A line of the file that holds no answer."""

    code = "E-LINE"


class PathError(DeriveError):
    """A file that a line may not name: it lies elsewhere."""

    code = "E-PATH"
