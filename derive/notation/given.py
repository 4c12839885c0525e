"""Spellings that were declared: the expression they stand for, with the indices and layers that stand there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from derive.expression.nodes import Component, Expression, Index, IndexSum, KroneckerDelta, Position
from derive.expression.traverse import rebuild, substitute_layer
from derive.notation.context import Context
from derive.notation.syntax import Given, Node


def build_given(context: Context, node: Given, position: Callable[[Node, Index], Position]) -> Expression:
    """The declared expression; `position` reads what stands for an index letter, given the axis it runs over."""
    letters = dict(node.letters)
    layers = context.names.scope.layers
    value = node.value
    shifts = {}
    for letter, part in letters.items():
        if letter in layers:
            layer = context.layer(part)
            if layer is None:
                raise context.error(part, "A layer is expected here.", "Write l, l+1 or a number.")
            shifts[layers[letter]] = layer
    if shifts:
        value = substitute_layer(value, shifts)

    def place(index: Index) -> Position:
        if index.name in letters:
            return position(letters[index.name], index)
        # A sum that runs over an index of the value learns from here how far.
        return context.indices.along(index.name, index.size, node)

    return _placed(value, place)


def _placed(e: Expression, place: Callable[[Index], Position]) -> Expression:
    """The expression with every index of its components replaced; bound ones stay."""
    if isinstance(e, IndexSum):
        own = e.index
        return dataclasses.replace(e, body=_placed(e.body, lambda index: index if index == own else place(index)))
    inner = rebuild(e, lambda child: _placed(child, place))
    if isinstance(inner, Component):
        row, column = (place(p) if isinstance(p, Index) else p for p in (inner.row, inner.column))
        return Component(inner.operand, row, column)
    if isinstance(inner, KroneckerDelta):
        ends = [place(p) if isinstance(p, Index) else p for p in (inner.row, inner.column)]
        return KroneckerDelta(*(p for p in ends if p is not None))
    return inner
