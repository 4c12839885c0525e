"""What a computation hands back: the value as text that the reader reads, and the lines that lead to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A line of a solution that is no derivative: what is said in words, its value as a formula, and why."""

    words: str
    value: str
    reason: str


@dataclass(frozen=True)
class Computed:
    """The value that answers must equal, and the lines that lead to it."""

    value: str
    facts: tuple[Fact, ...]
