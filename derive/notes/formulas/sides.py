"""What can be told of the sides of an equation: as they are written, and as they are read."""

from __future__ import annotations

from derive.expression.nodes import Elementwise, Expression, Shorthand
from derive.expression.traverse import walk
from derive.notation import Answer
from derive.notes.formulas.chains import Chain
from derive.notes.formulas.functions import is_lone


def functions_in(e: Expression) -> frozenset[str]:
    """The functions and shorthands in a formula, by name."""
    return frozenset(p.function.name if isinstance(p, Elementwise) else p.name
                     for p in walk(e) if isinstance(p, (Elementwise, Shorthand)))  # fmt: skip


def fits(read: Answer, members: Chain) -> bool:
    """Whether what was read has a side for each member."""
    line = read.lines[0]
    sides = len(line.expressions) + (line.name is not None)
    return len(read.lines) == 1 and sides == len(members.parts)


def at_commas(written: str) -> list[str]:
    r"""The parts between commas that stand in no brackets.

    >>> at_commas("W_{i,j}, b")
    ['W_{i,j}', ' b']
    """
    parts, depth = [""], 0
    for character in written:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def is_step(left: str, right: str) -> bool:
    r"""Whether A = B is an update, W = W - …: the left side stands first on the right.

    >>> is_step("W_1", r"W_1 - \\eta G"), is_step("a", "ab - c")
    (True, False)
    """
    name, value = "".join(left.split()), "".join(right.split())
    return is_lone(left) and value.startswith((f"{name}-", f"{name}+"))


def applied_name(written: str) -> str:
    """The name of a side as its letters spell it."""
    return "".join(c for c in written if c.isalnum())
