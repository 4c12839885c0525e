"""What is found in a document: formulas with their places, contexts, marks, headings, other files, macros."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal


@dataclass(frozen=True)
class Place:
    """A span of a file: lines and columns count from 1, `end_column` is exclusive; `cell` is that of a notebook."""

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True)
class Document:
    """A text with the name of its file; of a notebook each cell is a document of its own."""

    file: str
    text: str
    cell: int | None = None

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(k + 1 for k, character in enumerate(self.text) if character == "\n")]

    def place(self, start: int, end: int) -> Place:
        """The span [start, end) of the text."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, max(end - 1, start)) - 1
        return Place(
            first + 1,
            start - self._starts[first] + 1,
            last + 1,
            max(end, start + 1) - self._starts[last] + 1,
            self.cell,
        )

    def line(self, number: int) -> str:
        """A line of the text, without its end."""
        begin = self._starts[number - 1]
        end = self.text.find("\n", begin)
        return self.text[begin:] if end < 0 else self.text[begin:end]


Role = Literal["", "condition", "conditional", "elsewhere", "denied"]


@dataclass(frozen=True)
class Formula:
    """Mathematics in a document.

    latex     what is to be read: macros expanded, comments blank
    offsets   for each character of `latex`, and for its end, where it comes from in the document
    start     where it begins in the document, with its delimiters; `end` where it ends
    display   whether it stands on lines of its own
    role      what the words around it make of it: a condition, a claim under one, what words before it are equal to,
              or what is said not to be so
    """

    document: Document
    latex: str
    offsets: tuple[int, ...]
    start: int
    end: int
    display: bool
    role: Role = ""

    def place(self, start: int, end: int) -> Place:
        """Where the part [start, end) of `latex` stands in the file."""
        size = len(self.latex)
        first = self.offsets[min(start, size)]
        last = self.offsets[max(min(end, size) - 1, 0)]
        stop = self.offsets[min(end, size)]
        return self.document.place(first, max(stop if stop > last else last + 1, first + 1))


@dataclass(frozen=True)
class Context:
    """A block that declares names: TOML, or tables that are read already (the front matter)."""

    document: Document
    start: int
    toml: str
    table: Mapping[str, Any] | None = None


MarkKind = Literal["ignore", "wrong"]


@dataclass(frozen=True)
class Mark:
    """`derive: ignore` or `derive: wrong`, about the formula after it."""

    document: Document
    start: int
    end: int
    kind: MarkKind


@dataclass(frozen=True)
class Heading:
    """Where a section begins."""

    start: int


@dataclass(frozen=True)
class Include:
    r"""`\input{name}`: the pieces of another file stand here; of a package in the author's folder only its macros."""

    document: Document
    start: int
    end: int
    name: str
    is_package: bool = False


@dataclass(frozen=True)
class Source:
    """A file that is input: what stands in it follows."""

    document: Document
    start: int = 0


@dataclass(frozen=True)
class Trouble:
    """Something about the document itself that its author should know."""

    document: Document
    start: int
    end: int
    message: str


Piece = Formula | Context | Mark | Heading | Include | Source | Trouble
