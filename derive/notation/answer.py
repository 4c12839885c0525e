"""What an answer consists of: claims, relations and definitions, one a line, and the single statements in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from derive.errors import Position
from derive.expression.nodes import Expression, Tensor
from derive.expression.sizes import Shape
from derive.expression.traverse import substitute, tensors


@dataclass(frozen=True)
class Line:
    """One line of an answer.

    claim       one expression
    relation    two or more that are claimed to be equal: A = B = C
    definition  `name` = the first expression (and, in a chain, = the others); the name may be used from here on
    shape       the expression is claimed to have the shape `size`, as in W ∈ ℝ^{n×m}

    `readings` holds the other expressions that the same line may stand for, where its notation has several meanings.
    """

    kind: Literal["claim", "relation", "definition", "shape"]
    expressions: tuple[Expression, ...]
    positions: tuple[Position, ...]
    text: str
    name: Tensor | None = None
    readings: tuple[tuple[Expression, ...], ...] = ()
    size: Shape | None = None

    @property
    def position(self) -> Position:
        """Where the line stands: from its first expression to its last, or to the end of the first text line."""
        first, last = self.positions[0], self.positions[-1]
        return Position(first.line, first.column, last.end_column if last.line == first.line else first.end_column)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What the line says, one for each equals sign; all of them are held against its first side."""
        if self.kind in ("claim", "shape"):
            return (Statement(self.expressions[0], self.position, size=self.size),)
        defined = () if self.name is None else (Statement(self.expressions[0], self.positions[0], name=self.name),)
        pairs = zip(self.expressions[1:], self.positions[1:], strict=True)
        return (*defined, *(Statement(e, place, self.expressions[0]) for e, place in pairs))


@dataclass(frozen=True)
class Statement:
    """One step of an answer.

    expression  what is stated
    position    where that stands
    head        what it is said to equal: the first side of its chain; None for what the question asks for
    name        the name that it defines; then nothing is claimed
    number      by which people refer to it, see `Answer.statements`
    size        the shape that it is said to have; then nothing else is claimed
    chain       the place of its line among the lines of the answer: statements of one chain share it
    """

    expression: Expression
    position: Position
    head: Expression | None = None
    name: Tensor | None = None
    size: Shape | None = None
    number: int = 1
    chain: int = 0


@dataclass(frozen=True)
class Answer:
    """The lines of an answer, in order."""

    lines: tuple[Line, ...]

    @property
    def definitions(self) -> tuple[tuple[Tensor, Expression], ...]:
        """The names that the answer defines, with their values, in order."""
        return tuple((line.name, line.expressions[0]) for line in self.lines if line.name is not None)

    @property
    def last(self) -> Expression | None:
        """The last formula that something is claimed of, with the names that the answer defines written out; where
        nothing is claimed, the last that gets a name."""
        stated = [s.expression for s in self.statements if s.name is None and s.size is None]
        values: dict[Expression, Expression] = dict(self.definitions)
        found = stated[-1] if stated else next(iter(reversed(values.values())), None)
        while found is not None and values.keys() & tensors(found):
            found = substitute(found, values)
        return found

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements, numbered: by the lines of the text as it was typed; if two share one, they are counted."""
        found = [replace(s, chain=k) for k, line in enumerate(self.lines) for s in line.statements]
        typed = [s.position.line for s in found]
        numbers = typed if len(set(typed)) == len(typed) else range(1, len(found) + 1)
        return tuple(replace(s, number=n) for s, n in zip(found, numbers, strict=True))
