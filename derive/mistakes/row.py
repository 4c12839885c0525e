"""What a misconception is: a law that is easily broken, and how a formula looks when it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from derive.expression.nodes import Expression

if TYPE_CHECKING:
    from derive.mistakes.setting import Setting

At = Literal["node", "term", "line"]
"""Where a row is tried: at every part of a line, at each of its additive terms, or at the line as a whole."""


@dataclass(frozen=True)
class Slip:
    """A part of a formula with one slip in it, what the message about it names, and how much it is off."""

    after: Expression
    about: Expression
    detail: str = ""


Changes = Callable[[Expression, "Setting"], Iterator[Slip]]


@dataclass(frozen=True)
class Row:
    """A misconception.

    code     stable; `derive explain CODE` shows it
    title    what goes wrong, in a few words
    message  one sentence to the person; {part} is what the slip is about, as they write it, and
             {detail} by how much it is off
    hint     what to look at next, without giving the answer away
    law      what is true
    example  the problem of `examples` in which it is shown
    changes  the wrong formulas that come of a right one
    at       where it is tried
    in_term  the sentence where it is one term of several that the slip is in
    """

    code: str
    title: str
    message: str
    hint: str
    law: str
    example: str
    changes: Changes = field(compare=False, repr=False)
    at: At = "node"
    in_term: str = ""


Rows = tuple[Row, ...]
