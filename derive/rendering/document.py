"""The one document model: what is to be said, before any format decides how it looks.

Builders make documents (from derivations, comparisons …); a renderer is a function of a document. Strings are plain
text, perhaps typed by a user: every renderer neutralises what its format would act on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from derive.expression.nodes import Derivative, Expression, Tensor
from derive.rendering.drawing import Drawing
from derive.rendering.spans import Inline as Inline
from derive.rendering.spans import Member as Member
from derive.rendering.spans import ShapeOf as ShapeOf
from derive.rendering.spans import Span as Span


@dataclass(frozen=True)
class Heading:
    """`level` 1 is a section, 2 a subsection."""

    content: Span
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    content: Span


@dataclass(frozen=True)
class Bullets:
    items: tuple[Span, ...]


@dataclass(frozen=True)
class Line:
    """left = right, and why. Without `left` the line continues the one above it.

    rule     the identifiers of the laws that were applied (data for machines)
    reason   what is shown beside the line
    laws     the titles of the laws that are shown, and what they say
    """

    left: Expression | None
    right: Expression
    reason: Span = ()
    rule: tuple[str, ...] = ()
    note: str = ""
    laws: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DerivationBlock:
    """Aligned lines: definitions that are given, one stage of a derivation, or its result.

    shapes   show the shape under each tensor that stands as a factor
    number   the equation's number, if it has one
    """

    lines: tuple[Line, ...]
    kind: Literal["given", "stage", "result"] = "stage"
    name: Tensor | None = None
    target: Derivative | None = None
    shapes: bool = False
    number: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header; `right` names the columns (from 0) that are set to the right."""

    header: tuple[Span, ...]
    rows: tuple[tuple[Span, ...], ...]
    caption: Span = ()
    right: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Verbatim:
    """Text shown exactly as it is."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A drawing; `words` say what is to be seen on it to those who do not see it."""

    drawing: Drawing
    words: str
    caption: Span = ()


Block: TypeAlias = Heading | Paragraph | Bullets | DerivationBlock | Table | Verbatim | Picture
BLOCKS: tuple[type, ...] = (Heading, Paragraph, Bullets, DerivationBlock, Table, Verbatim, Picture)


@dataclass(frozen=True)
class Document:
    title: Span
    blocks: tuple[Block, ...]
