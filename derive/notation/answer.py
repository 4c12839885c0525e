"""What an answer consists of: claims, relations and definitions, one a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from derive.errors import Position
from derive.expression.nodes import Expression, Tensor


@dataclass(frozen=True)
class Line:
    """One line of an answer.

    claim       one expression
    relation    two or more that are claimed to be equal: A = B = C
    definition  `name` = the first expression (and, in a chain, = the others); the name may be used from here on
    """

    kind: Literal["claim", "relation", "definition"]
    expressions: tuple[Expression, ...]
    positions: tuple[Position, ...]
    text: str
    name: Tensor | None = None

    @property
    def position(self) -> Position:
        """Where the line stands: from its first expression to its last, or to the end of the first text line."""
        first, last = self.positions[0], self.positions[-1]
        return Position(first.line, first.column, last.end_column if last.line == first.line else first.end_column)


@dataclass(frozen=True)
class Answer:
    """The lines of an answer, in order."""

    lines: tuple[Line, ...]

    @property
    def definitions(self) -> tuple[tuple[Tensor, Expression], ...]:
        """The names that the answer defines, with their values, in order."""
        return tuple((line.name, line.expressions[0]) for line in self.lines if line.name is not None)
