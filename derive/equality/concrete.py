"""Concrete sizes and layers: numbers for n, N and n[l], and for the layer symbols l and L."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy.core.function import AppliedUndef

from derive.errors import LimitError, Unsupported
from derive.expression.nodes import Dimension, Expression, Identity, Index, Ones, Tensor
from derive.expression.sizes import Size, size_text
from derive.expression.traverse import walk

Layers = tuple[tuple[str, int], ...]
"""What the layer symbols stand for; a definition of a family is evaluated with its own layer in here."""


LARGEST = 10**6
"""A matrix or a sum that is written down with more entries is not computed."""


def bounded(entries: int) -> int:
    """The number of entries; LimitError if there are too many to compute with."""
    if entries > LARGEST:
        raise LimitError(f"A matrix or a sum has {entries:,} entries; at most {LARGEST:,} are computed with.")
    return entries


class Concrete:
    """Numbers for sizes, each looked up once.

    sizes   `n` ↦ 2, and `n[0]` ↦ 3 for a width that depends on the layer
    layers  `l` ↦ 1, `L` ↦ 2
    last    the last layer that general definitions compute; members of a family beyond it are given
    """

    def __init__(self, sizes: Mapping[str, int], layers: Layers = (), last: int = 0) -> None:
        self.sizes = dict(sizes)
        self.layers = layers
        self.last = last
        self._known: dict[Layers, dict[Size, int]] = {}

    def with_size(self, name: str, value: int) -> Concrete:
        """The same with another number for one size."""
        return Concrete({**self.sizes, name: value}, self.layers, self.last)

    def number(self, e: Size, layers: Layers) -> int:
        """The number that a size or a layer is; Unsupported if it has none here."""
        known = self._known.setdefault(layers, {})
        found = known.get(e)
        if found is None:
            found = known[e] = self._worked_out(e, layers)
        return found

    def count(self, e: Size, layers: Layers) -> int:
        """A size of something that has entries; Unsupported if it is not positive here (n − 1 at n = 1)."""
        found = self.number(e, layers)
        if found < 1:
            raise Unsupported(f"The size {size_text(e)} is {found} here.")
        return found

    def _worked_out(self, e: Size, layers: Layers) -> int:
        if e.is_Integer:
            return int(e)
        if isinstance(e, sympy.Symbol):
            named = dict(layers)
            value = named.get(e.name, self.sizes.get(e.name))
        elif isinstance(e, AppliedUndef):
            value = self.sizes.get(f"{e.func.__name__}[{self.number(e.args[0], layers)}]")
        else:
            # xreplace works from the top: n(l) is replaced before the l inside it is seen.
            parts = e.atoms(AppliedUndef) | e.free_symbols
            replaced = e.xreplace({p: sympy.Integer(self.number(p, layers)) for p in parts})
            value = int(replaced) if replaced.is_Integer else None
        if value is None:
            raise Unsupported(f"The size {size_text(e)} has no number here.")
        return value


def size_expressions(e: Expression) -> set[Size]:
    """Every size and layer that an expression mentions."""
    kept = e.__dict__
    if "_size_expressions" not in kept:
        found: set[Size] = set()
        for node in walk(e):
            if isinstance(node, (Tensor, Ones)):
                found.update(node.shape)
            elif isinstance(node, (Dimension, Identity)):
                found.add(node.size)
            for value in node._fields:
                if isinstance(value, Index):
                    found.add(value.size)
        kept["_size_expressions"] = found
    return kept["_size_expressions"]  # type: ignore[no-any-return]


def layer_expressions(e: Expression) -> set[Size]:
    """The layers of the members of families that an expression mentions, and those inside widths n(l)."""
    found = {node.layer for node in walk(e) if isinstance(node, Tensor) and node.layer is not None}
    for mentioned in size_expressions(e):
        found.update(a.args[0] for a in mentioned.atoms(AppliedUndef))
    return found
