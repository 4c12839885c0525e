"""Quotients of differentials in a product chain: dE/dx, ∂f(x)/∂x, d(x**2)/dx."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from derive.notation.syntax import Call, Chain, Differential, Group, Name, Node, Raised, Subscripted


@dataclass(frozen=True)
class Quotient:
    """∂of/∂wrt as two formulas."""

    of: Node
    wrt: Node


def factors(chain: Chain) -> Iterator[tuple[str, Node | Quotient]]:
    """The factors of a chain, each with the sign before it; a quotient of differentials is one factor."""
    signs = [("*", chain.first), *chain.rest]
    place = 0
    while place < len(signs):
        sign, part = signs[place]
        following = signs[place + 1] if place + 1 < len(signs) else None
        quotient = None if sign == "/" or following is None or following[0] != "/" else _quotient(part, following[1])
        yield sign, part if quotient is None else quotient
        place += 1 if quotient is None else 2


def _quotient(upper: Node, lower: Node) -> Quotient | None:
    of, wrt = _half(upper), _half(lower)
    return None if of is None or wrt is None else Quotient(of, wrt)


def _half(node: Node) -> Node | None:
    """What follows the d or ∂, or None if the part is no differential."""
    if isinstance(node, Differential):
        return node.operand
    if isinstance(node, Call) and node.name == "d" and len(node.arguments) == 1 and not node.primes:
        return Group(node.name_end, node.end, node.depth, node.arguments[0])
    if isinstance(node, Subscripted):
        inner = _half(node.operand)
        return None if inner is None else dataclasses.replace(node, operand=inner)
    if isinstance(node, Raised) and isinstance(node.base, Name | Differential):
        inner = _half(node.base)
        return None if inner is None else dataclasses.replace(node, base=inner)
    if isinstance(node, Name) and len(node.text) > 1 and node.text[0] == "d" and node.text[1:].isidentifier():
        # The name delta is no differential of elta.
        return Name(node.start + 1, node.end, 1, node.text[1:]) if _is_short(node.text[1:]) else None
    return None


def _is_short(name: str) -> bool:
    """One letter, perhaps numbered or marked: x, W1, z_out."""
    return len(name) == 1 or name[1:].isdigit() or name[1] == "_"
