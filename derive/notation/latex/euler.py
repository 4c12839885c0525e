r"""The letter e: Euler's number, or an error that somebody calls e; e^{z} is the exponential in either case."""

from __future__ import annotations

from collections.abc import Sequence

from derive.notation.latex.commands import FUNCTION_WORDS
from derive.notation.latex.making import is_transpose, name
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Mark, Scripted, Symbol
from derive.notation.syntax import Node, Num, parts


def number(r: Resolving, node: Node) -> Node | None:
    """e and e^z, where e is no declared name; None for other scripts. ReadError for e^T, which is neither."""
    powers = list(node.above) if isinstance(node, Scripted) else []
    if any(is_transpose(m) for m in powers):
        raise r.error(node, "What T is in this exponent is not clear.", r"Write \exp(…).")
    if len(powers) == 1:
        return r.call(node, "exp", powers[0].inner)
    return name(node, "e") if not powers else None


def is_meant(r: Resolving, above: Sequence[Sequence[Mark]]) -> bool:
    """Whether a power of a declared e is the exponential all the same: e^{-z}, but neither e^2 nor e^T. Where the power
    is a letter both are readings. `above` are the marks that each way to read the name leaves over."""
    left = [marks[0] for marks in above if len(marks) == 1]
    if not left or len(left) < len(above) or any(is_transpose(m) or isinstance(m.inner, Num) for m in left):
        return False
    return not isinstance(left[0].inner, Symbol) or r.pick("e", 2) == 0


def is_renamed(r: Resolving, trees: Sequence[Node]) -> bool:
    """Whether e = c^T o gives the letter to something that has names in it; e = 2.718… does not."""
    left, *values = trees
    if not isinstance(left, Symbol) or left.name != "e" or r.names.find("e") is not None or not values:
        return False
    known = {"e", "pi", *FUNCTION_WORDS}
    return any(isinstance(part, Symbol) and part.name not in known for part in _all(values[0]))


def _all(node: Node) -> list[Node]:
    return [node, *(below for part in parts(node) for below in _all(part))]
