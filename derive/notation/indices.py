"""Indices of components and sums: what each runs over is learnt from where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import sympy

from derive.expression.nodes import Expression, Index
from derive.expression.scope import Scope
from derive.expression.sizes import Size
from derive.expression.traverse import substitute_layer
from derive.notation.source import Source
from derive.notation.syntax import Node


@dataclass
class Entry:
    """One index in its range of validity; `unknown` stands for its size until that is learnt."""

    name: str
    size: Size | None = None
    unknown: sympy.Symbol = field(init=False)
    asked: Node | None = None

    def __post_init__(self) -> None:
        self.unknown = sympy.Dummy(self.name, integer=True, positive=True)

    def index(self, node: Node) -> Index:
        """The index, with a placeholder for a size that is not known yet."""
        if self.size is not None:
            return Index(self.name, self.size)
        self.asked = self.asked or node
        return Index(self.name, self.unknown)


class Indices:
    """Declared indices, the free ones that a formula uses, and those that enclosing sums bind."""

    def __init__(self, scope: Scope, source: Source) -> None:
        self.source = source
        self.declared = scope.indices
        self._bound: dict[str, list[Entry]] = {}
        self._free: dict[str, Entry] = {}
        self._equal: list[tuple[Entry, Entry]] = []
        self._closed: list[Entry] = []

    def is_known(self, name: str) -> bool:
        """Whether a name is declared as an index or bound by an enclosing sum."""
        return name in self.declared or bool(self._bound.get(name))

    def along(self, name: str, size: Size, node: Node) -> Index:
        """An index in a component; an undeclared one runs over the axis it stands at first."""
        entry = self._entry(name)
        if entry.size is None:
            entry.size = size
        return entry.index(node)

    def equal(self, names: tuple[str | int, str | int], node: Node) -> tuple[Index | int, Index | int]:
        """The two indices of a Kronecker delta, which run over the same sizes."""
        entries = [self._entry(n) if isinstance(n, str) else n for n in names]
        left, right = entries
        if isinstance(left, Entry) and isinstance(right, Entry):
            self._equal.append((left, right))
        first, second = (e.index(node) if isinstance(e, Entry) else e for e in entries)
        return first, second

    @contextmanager
    def bind(self, name: str, size: Size | None, node: Node) -> Iterator[Entry]:
        """An index that a sum binds; after the body its size is known or an error says that it cannot be."""
        entry = Entry(name, size)
        self._bound.setdefault(name, []).append(entry)
        try:
            yield entry
        finally:
            self._bound[name].pop()
        self._close(entry, node)

    def learnt(self) -> dict[str, Size]:
        """What the free indices run over, as far as that is known."""
        return {name: entry.size for name, entry in self._free.items() if entry.size is not None}

    def know(self, sizes: Mapping[str, Size]) -> None:
        """What free indices run over by what stands beside the formula, on the other side of an equation."""
        for name, size in sizes.items():
            entry = self._entry(name)
            entry.size = entry.size if entry.size is not None else size

    def finish(self, e: Expression) -> Expression:
        """The formula with every placeholder replaced by the size that was learnt."""
        for entry in self._free.values():
            if entry.asked is not None:
                self._close(entry, entry.asked)
        learnt = {entry.unknown: entry.size for entry in self._closed if entry.asked is not None}
        return substitute_layer(e, learnt) if learnt else e

    def _entry(self, name: str) -> Entry:
        if self._bound.get(name):
            return self._bound[name][-1]
        if name not in self._free:
            declared = self.declared.get(name)
            self._free[name] = Entry(name, None if declared is None else declared.size)
        return self._free[name]

    def _close(self, entry: Entry, node: Node) -> None:
        if entry.size is None and entry.name in self.declared:
            entry.size = self.declared[entry.name].size
        if entry.size is None:
            partners = [b if a is entry else a for a, b in self._equal if entry in (a, b)]
            entry.size = next((p.size for p in partners if p.size is not None), None)
        if entry.size is None:
            raise self.source.error(
                node.start,
                node.end,
                f"What the index {entry.name} runs over cannot be known from here.",
                f"Use it in a component such as W[{entry.name},j], or write sum(…, {entry.name}=1..n).",
                code="E-INDEX",
            )
        self._closed.append(entry)
