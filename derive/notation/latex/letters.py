"""Which letters stand where in a formula: in scripts, below sums, anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from derive.notation.latex.tree import BigSum, Braces, Brackets, Relation, Scripted, Symbol
from derive.notation.syntax import Node, parts


def letters_in(node: Node) -> Iterator[str]:
    """All letters of a part."""
    pending: list[Node] = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, Symbol):
            yield node.name
        pending.extend(parts(node))


def script_letters(node: Node) -> Iterator[str]:
    """The letters that stand in scripts."""
    if isinstance(node, Scripted):
        for mark in (*node.below, *node.above):
            yield from letters_in(mark.inner)
        yield from script_letters(node.base)
        return
    for part in parts(node):
        yield from script_letters(part)


def free_script_letters(node: Node) -> Iterator[str]:
    """The letters in scripts that no sum around them runs over; a sum without a letter runs over all."""
    if isinstance(node, BigSum):
        own = None if node.below is None else set(summed_letters(node.below))
        yield from (x for x in free_script_letters(node.body) if own is not None and x not in own)
    elif isinstance(node, Scripted):
        yield from script_letters(node)
    else:
        for part in parts(node):
            yield from free_script_letters(part)


def summed_letters(below: Node | None) -> Iterator[str]:
    """The letters that a sum runs over, by what stands below it: i of i = 1, of j ≠ i, of i, j."""
    if isinstance(below, Symbol):
        yield below.name
    elif isinstance(below, Relation):
        yield from summed_letters(below.left)
    elif isinstance(below, Braces):
        yield from summed_letters(below.inner)
    elif isinstance(below, Brackets):
        for item in below.items:
            yield from summed_letters(item)


def letters_beside_exclusions(node: Node) -> Iterator[str]:
    """The letters in scripts, but not the j of Σ_{i≠j} f within that sum: does it stand anywhere else?"""
    if isinstance(node, BigSum) and isinstance(node.below, Relation) and node.below.sign == "!=":
        excluded = set(letters_in(node.below.right))
        yield from (letter for letter in letters_beside_exclusions(node.body) if letter not in excluded)
    elif isinstance(node, Scripted):
        yield from script_letters(node)
    else:
        for part in parts(node):
            yield from letters_beside_exclusions(part)
