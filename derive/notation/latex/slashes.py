"""Derivatives with a slash: ∂E/∂W and dE/dW in the line are the fractions that they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from derive.notation.latex.making import symbol_of
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Braces, Fraction, Partial, Symbol
from derive.notation.syntax import Node, height


def slashed(r: Resolving, parts: Sequence[Node], signs: Sequence[str]) -> tuple[list[Node], list[str]]:
    """∂E/∂W with a slash is a fraction like any other."""
    parts, signs = _with_differentials(r, parts, signs)
    found, kept = [parts[0]], []
    for sign, written in zip(signs, parts[1:], strict=True):
        above, part = _differential(found[-1]), _differential(written)
        if sign == "/" and isinstance(above, Partial) and isinstance(part, Partial):
            found[-1] = Fraction(above.start, part.end, height(above, part), above, part)
        else:
            found.append(written)
            kept.append(sign)
    return found, kept


def _with_differentials(
    r: Resolving, parts: Sequence[Node], signs: Sequence[str]
) -> tuple[Sequence[Node], Sequence[str]]:
    """dE/dW with a slash is ∂E/∂W: where d is upright, or no name."""
    found, kept = list(parts), list(signs)
    for place in range(len(parts) - 4, -1, -1):
        if kept[place : place + 3] != ["", "/", ""]:
            continue
        pairs = [(found[at], found[at + 1]) for at in (place, place + 2)]
        if all(_is_d(r, d, after) for d, after in pairs):
            found[place : place + 4] = [Partial(d.start, after.end, height(after), after) for d, after in pairs]
            kept[place : place + 3] = ["/"]
    return found, kept


def _is_d(r: Resolving, node: Node, after: Node) -> bool:
    """Whether a letter is the d of a differential of what stands right behind it."""
    if not isinstance(node, Symbol) or node.name != "d" or symbol_of(after) is None:
        return False
    return bool(node.font) or (r.names.find("d") is None and node.end == after.start)


def _differential(node: Node) -> Node:
    """{∂E} is ∂E."""
    return node.inner if isinstance(node, Braces) and isinstance(node.inner, Partial) else node
