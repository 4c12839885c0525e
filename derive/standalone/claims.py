"""Equations that claim nothing by themselves: definitions in disguise, layers of a network, facts about one function.

z_i = Σ_j W_ij x_j says what z is; δ^l speaks of layers that only a network has; f' = f (1 − f) is right of one
function, and not of any. None of them is wrong, so none must be refuted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from derive.checking.verdicts.verdict import Verdict
from derive.notation.source import Source
from derive.notation.syntax import Call, Chain, Group, Name, Node, Power, Raised, Subscripted, Terms, Transposed, parts
from derive.standalone.uses import Uses, Written

_LAYERS = frozenset(("l", "L", "ell"))


def check(source: Source, lines: Written, used: Uses) -> None:
    """Raise ReadError for an equation that only defines, or that speaks of layers."""
    for sides in lines:
        for side in sides:
            name = _layer(side)
            if name is not None:
                raise source.error(name.start, name.end, f"{name.text} seems to be a layer, and no network is given.",
                                   "Describe the network: --widths n0,...,nL.", "E-NAME")  # fmt: skip
            alone = _alone(side) or _applied(source, side)
            if alone is not None and len(sides) > 1 and _occurrences(lines, alone) == 1 and alone not in used.defined:
                raise source.error(side.start, side.end, f"This only defines {alone}; nothing is claimed.",
                                   "Add a line with a claim about it.", "E-EMPTY")  # fmt: skip


def about_functions(verdict: Verdict, lines: Written, used: Uses) -> Verdict:
    """What is not right of every function is not refuted, if it may be meant to say which function it is."""
    if verdict.verdict not in ("refuted", "conditional", "undecided"):
        return verdict
    names = [name for name in used.unspecified for sides in lines if _tells(sides, name)]
    if not names:
        return verdict
    reason = f"This is not right of every function {names[0]}, and nothing says which one {names[0]} is."
    hint = "Write sigma, tanh, relu …, or name a problem that defines it."
    plain = Verdict("not understood", code="E-NAME", reason=f"{reason} {hint}")
    return dataclasses.replace(plain, reading=verdict.reading, text=verdict.text)


def _tells(sides: Sequence[Node], function: str) -> bool:
    """Whether a relation may say what a function is: it is one side of it, or on one side only."""
    inner = [_inner(side) for side in sides]
    there = [function in _called(side) for side in sides]
    return sum(there) == 1 or any(isinstance(side, Call) and side.name == function for side in inner)


def _called(node: Node) -> set[str]:
    own = {node.name} if isinstance(node, Call) else set()
    return own.union(*map(_called, parts(node)))


def _inner(node: Node) -> Node:
    while isinstance(node, Group | Subscripted | Transposed):
        node = node.inner if isinstance(node, Group) else node.operand
    return node


def _alone(node: Node) -> str | None:
    """The name of which a side is an entry, the transpose or a power; or that it is."""
    inner = _inner(node)
    while isinstance(inner, Raised | Power):
        inner = _inner(inner.base)
    return inner.text if isinstance(inner, Name) else None


def _applied(source: Source, node: Node) -> str | None:
    """The name in J(w), which is written as a product of two: as a whole side it says what J depends on."""
    if not (isinstance(node, Chain) and len(node.rest) == 1 and isinstance(node.first, Name)):
        return None
    (_, argument), between = node.rest[0], source.text[node.first.end : node.rest[0][1].start]
    return node.first.text if isinstance(_inner(argument), Name) and "(" in between else None


def _layer(node: Node) -> Name | None:
    """A letter for layers in an exponent: l, L, l+1."""
    if isinstance(node, Raised | Power):
        exponent = _inner(node.exponent)
        first = exponent.first if isinstance(exponent, Terms) else exponent
        if isinstance(first, Name) and first.text in _LAYERS:
            return first
    return next((found for part in parts(node) if (found := _layer(part)) is not None), None)


def _occurrences(lines: Written, name: str) -> int:
    return sum(text == name for sides in lines for side in sides for text in _names(side))


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.text
    for part in parts(node):
        yield from _names(part)
