"""From a reading to the scope that a formula is read in: classes of sizes get names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from derive.checking.verdicts.reading import Reading
from derive.expression.functions import FUNCTIONS, unspecified
from derive.expression.nodes import Index, Tensor
from derive.expression.scope import Scope
from derive.expression.sizes import ONE as SINGLE
from derive.expression.sizes import Shape, Size, size, size_text
from derive.notation.names import Names
from derive.standalone.axes import ONE, Axis
from derive.standalone.custom import may_be_size
from derive.standalone.search import Found
from derive.standalone.uses import Uses

_LETTERS = "nmkpqrstuvwh"


def scopes(found: Found, uses: Uses) -> Iterator[Scope]:
    """The scope of a reading; and those in which a scalar with the name of a size is one of the sizes."""
    sizes = _Sizes(found, uses)
    tensors = {
        name: Tensor(name, (sizes.of(rows), sizes.of(columns)))
        for name, (rows, columns) in found.names.items()
        if name not in uses.defined
    }
    indices = {name: Index(name, sizes.of(axis)) for name, axis in found.indices.items()}
    named = {name: size(name) for name in uses.sizes}
    # One letter, or one with primes, is a function about which nothing is known; words are for the reader to refuse.
    functions = {name: unspecified(name) for name in uses.unspecified if name not in uses.quantities}
    plain = Scope(tensors=tensors, sizes=named | sizes.symbols(), indices=indices, functions=functions)
    yield plain
    for name in tensors:
        if may_be_size(name) and tensors[name].shape == (SINGLE, SINGLE) and name not in uses.differentiated:
            rest = {n: t for n, t in tensors.items() if n != name}
            for side in sizes.unnamed():
                yield _called(dataclasses.replace(plain, tensors=rest), side, size(name))


def _called(scope: Scope, old: Size, new: Size) -> Scope:
    """The scope with a size called by the name that a formula has for it."""

    def changed(shape: Shape) -> Shape:
        return (shape[0].xreplace({old: new}), shape[1].xreplace({old: new}))

    return dataclasses.replace(
        scope,
        tensors={name: dataclasses.replace(t, shape=changed(t.shape)) for name, t in scope.tensors.items()},
        sizes={str(new): new} | {name: s for name, s in scope.sizes.items() if s != old},
        indices={name: Index(name, i.size.xreplace({old: new})) for name, i in scope.indices.items()},
    )


def reading(scope: Scope, uses: Uses) -> Reading:
    """What a scope says about the names of a formula."""
    names = Names(scope)
    functions = [(name, "unspecified") for name in scope.functions]
    for name in uses.called:
        known = names.function(name)
        if name not in scope.functions and known is not None and known.name != name:
            functions.append((name, known.name))
    return Reading(
        tuple((name, t.shape) for name, t in scope.tensors.items()),
        tuple(functions),
        tuple((name, size_text(index.size)) for name, index in scope.indices.items()),
        tuple(name for name in scope.sizes if name in uses.quantities or name in uses.sizes),
    )


class _Sizes:
    """Names for classes of sizes: those that formulas use, else n, m, k …"""

    def __init__(self, found: Found, uses: Uses) -> None:
        self.axes = found.axes
        taken = {*uses.quantities, *uses.indices, *uses.functions, *uses.sizes, *FUNCTIONS}
        taken |= {str(s) for s in found.axes.bounds()}
        self._free = iter([c for c in _LETTERS if c not in taken] + [f"n{k}" for k in range(1, 1000)])
        self._names: dict[int, Size] = {}

    def of(self, axis: Axis) -> Size:
        """The size of an axis."""
        assert axis is not None
        if axis == ONE:
            return SINGLE
        bound = self.axes.bound(axis)
        root = self.axes.root(axis)
        if bound is None and root not in self._names:
            self._names[root] = size(next(self._free))
        return self._names[root] if bound is None else bound

    def symbols(self) -> dict[str, Size]:
        """Every named size, by its name."""
        return {s.name: s for s in (*self._names.values(), *self.axes.bounds()) if s.is_Symbol}

    def unnamed(self) -> list[Size]:
        """Sizes that a formula has no name for."""
        return list(self._names.values())
