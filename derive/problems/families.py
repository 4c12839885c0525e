"""Families in a problem file: names with a member for every layer, `'W[l]' = ["n[l+1]", "n[l]"]`.

The letter in brackets is the general layer; `L` is the last one. A family that [shapes] declares may be defined later,
since z[l] and a[l] speak of each other.
"""

from __future__ import annotations

import re

import sympy

from derive.errors import UsageError
from derive.expression.nodes import Tensor
from derive.expression.sizes import Shape, Size, layer_size, layer_symbol
from derive.expression.traverse import substitute_layer
from derive.problems.draft import Draft

LAST = "L"
_MEMBER = re.compile(r"^\s*([^\W\d]\w*)\s*\[\s*([^\W\d]|\d+)\s*(?:([+-])\s*(\d+)\s*)?\]\s*$")


def member(draft: Draft, key: str, where: str) -> tuple[str, sympy.Expr] | None:
    """The name and the layer of `W[l]`, `a[1]` or `b[L]`; None for a plain name. New letters become layers."""
    found = _MEMBER.match(key)
    if found is None:
        return None
    name, letter, sign, shift = found.groups()
    if letter.isdigit():
        base: sympy.Expr = sympy.Integer(int(letter))
    else:
        base = _layer(draft, letter, where)
    return name, base + int(shift or 0) * (-1 if sign == "-" else 1)


def width(draft: Draft, written: str, where: str) -> Size | None:
    """The size `n[l+1]`; None for a plain one. `n_l` and `n_L` are then names of sizes too."""
    found = member(draft, written, where)
    if found is None:
        return None
    name, layer = found
    for letter, symbol in draft.scope.layers.items():
        draft.extend(sizes={f"{name}{letter}": layer_size(name, symbol)})
    return layer_size(name, layer)


def declare(draft: Draft, name: str, layer: sympy.Expr, found: Shape, where: str) -> None:
    """A family with the shape of its general member."""
    if not isinstance(layer, sympy.Symbol):
        raise UsageError(
            f"{where}: a family is declared for a general layer.", suggestion=f"Write '{name}[l]' = [...]."
        )
    name = draft.declare(name, "[shapes]")
    draft.extend(tensors={name: Tensor(name, found, layer)})


def target(draft: Draft, name: str, layer: sympy.Expr, found: Shape, where: str) -> Tensor:
    """The member of a family that a definition is about; a new name is a family of values of this shape."""
    if name not in draft.scope.tensors and isinstance(layer, sympy.Symbol):
        declare(draft, name, layer, found, where)
    family = draft.scope.tensors.get(name)
    if family is None or family.layer is None:
        raise UsageError(f"{where}: the family {name} is not declared.", suggestion=f"Add '{name}[l]' to [shapes].")
    moved = substitute_layer(family, {family.layer: layer})
    assert isinstance(moved, Tensor)
    return moved


def _layer(draft: Draft, letter: str, where: str) -> sympy.Symbol:
    """A layer symbol; there is one general letter, and L for the last layer."""
    known = draft.scope.layers
    if letter not in known:
        general = [name for name in known if name != LAST]
        if general and letter != LAST:
            raise UsageError(f"{where}: the general layer is {general[0]} already.", suggestion=f"Write {general[0]}.")
        first = {} if letter == LAST else {letter: layer_symbol(letter)}
        draft.change_layers({**first, **known, LAST: layer_symbol(LAST)})
    symbol = draft.scope.layers[letter]
    assert isinstance(symbol, sympy.Symbol)
    return symbol
