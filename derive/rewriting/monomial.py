"""Monomials of indexed factors, and their canonical labelling.

A *factor* is (head, indices, exponent): an indexed atom such as W[j,k]³. An index is an int: a dummy (summed) index
counts from 0, a free one is negative. A *monomial* is a sorted tuple of factors and the sizes of its dummies. Two raw
products are the same term exactly when they differ by the names of their dummies; `canonical` picks one name for each
by colour refinement, and by search within the ties that remain.

Complete: isomorphic products get equal monomials (apart from atoms with a partial symmetry of three or more slots).
Sound: equal monomials are isomorphic products, because a monomial spells out its whole wiring. The search ends
because each branch singles out one more dummy; past `BRANCHES` it raises LimitError.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any

from derive.errors import LimitError

Exponent = int | Fraction
Factor = tuple[int, tuple[int, ...], Exponent]
Monomial = tuple[tuple[Factor, ...], tuple[int, ...]]

UNIT: Monomial = ((), ())
BRANCHES = 5000


def canonical(factors: list[Factor], sizes: dict[int, int], symmetric: Collection[int]) -> Monomial:
    """The one representative of a product under renaming of its dummies.

    `sizes` maps each dummy that occurs to its size; `symmetric` holds the heads whose slots may be exchanged.
    """
    if not sizes:
        return tuple(sorted(factors)), ()
    if len(sizes) == 1:
        (dummy, size), *_ = sizes.items()
        return tuple(sorted(_relabel(factors, {dummy: 0}, symmetric))), (size,)
    fixed, components = connected(factors)
    parts = sorted(_component(part, sizes, symmetric) for part in components)
    result: list[Factor] = list(fixed)
    all_sizes: tuple[int, ...] = ()
    for part, part_sizes in parts:
        offset = len(all_sizes)
        result += shifted(part, offset)
        all_sizes += part_sizes
    return tuple(sorted(result)), all_sizes


def shifted(factors: Collection[Factor], offset: int) -> list[Factor]:
    """The factors with every dummy renamed by adding `offset`."""
    if not offset:
        return list(factors)
    return [(h, tuple(i + offset if i >= 0 else i for i in idx), e) for h, idx, e in factors]


def connected(factors: Collection[Factor]) -> tuple[list[Factor], list[list[Factor]]]:
    """Factors without dummies, and the rest in groups that share dummies."""
    fixed: list[Factor] = []
    groups: list[tuple[set[int], list[Factor]]] = []
    for factor in factors:
        dummies = {i for i in factor[1] if i >= 0}
        if not dummies:
            fixed.append(factor)
            continue
        touching = [g for g in groups if not dummies.isdisjoint(g[0])]
        merged = [factor]
        for group in touching:
            dummies |= group[0]
            merged += group[1]
            groups.remove(group)
        groups.append((dummies, merged))
    return fixed, [g[1] for g in groups]


def _relabel(factors: Collection[Factor], names: dict[int, int], symmetric: Collection[int]) -> list[Factor]:
    out = []
    for head, indices, exponent in factors:
        renamed = tuple(names[i] if i >= 0 else i for i in indices)
        if head in symmetric:
            renamed = tuple(sorted(renamed))
        out.append((head, renamed, exponent))
    return out


def _component(
    factors: list[Factor], sizes: dict[int, int], symmetric: Collection[int]
) -> tuple[tuple[Factor, ...], tuple[int, ...]]:
    dummies = {i for _, indices, _ in factors for i in indices if i >= 0}
    if len(dummies) == 1:
        (only,) = dummies
        return tuple(sorted(_relabel(factors, {only: 0}, symmetric))), (sizes[only],)
    return _Labelling(factors, sizes, symmetric).best({d: sizes[d] for d in dummies})


class _Labelling:
    """The search for the least labelling of one connected product."""

    def __init__(self, factors: list[Factor], sizes: dict[int, int], symmetric: Collection[int]) -> None:
        self.factors, self.sizes, self.symmetric = factors, sizes, symmetric
        self.branches = 0

    def best(self, colours: dict[int, int]) -> tuple[tuple[Factor, ...], tuple[int, ...]]:
        colours = self._refine(dict(colours))
        cells: dict[int, list[int]] = {}
        for dummy, colour in colours.items():
            cells.setdefault(colour, []).append(dummy)
        ties = [c for c in sorted(cells) if len(cells[c]) > 1]
        if not ties:
            order = sorted(colours, key=colours.__getitem__)
            names = {dummy: position for position, dummy in enumerate(order)}
            named = tuple(sorted(_relabel(self.factors, names, self.symmetric)))
            return named, tuple(self.sizes[d] for d in order)
        self.branches += len(cells[ties[0]])
        if self.branches > BRANCHES:
            raise LimitError("A term is too symmetric to be put in order.", code="E-BUDGET")
        top = max(colours.values()) + 1
        return min(self.best({**colours, dummy: top}) for dummy in cells[ties[0]])

    def _refine(self, colours: dict[int, int]) -> dict[int, int]:
        classes = len(set(colours.values()))
        while True:
            signatures: dict[int, list[tuple[Any, ...]]] = {d: [] for d in colours}
            for head, indices, exponent in self.factors:
                seen = tuple((1, colours[i]) if i >= 0 else (0, i) for i in indices)
                exchange = head in self.symmetric
                around = tuple(sorted(seen)) if exchange else seen
                for slot, index in enumerate(indices):
                    if index >= 0:
                        # Equal dummies in two slots of one factor (a trace) are part of the pattern.
                        twins = tuple(p for p, i in enumerate(indices) if i == index)
                        where = (len(twins),) if exchange else (slot, *twins)
                        signatures[index].append((head, exponent, where, around))
            keys = {d: (colours[d], sorted(signatures[d])) for d in colours}
            ordered = sorted(colours, key=keys.__getitem__)
            rank, previous = -1, None
            for dummy in ordered:
                if keys[dummy] != previous:
                    rank, previous = rank + 1, keys[dummy]
                colours[dummy] = rank
            if rank + 1 == classes:
                return colours
            classes = rank + 1
