"""Names of two values, taken out of atoms on demand: f(y) = (1 + y)/2·f(1) + (1 − y)/2·f(−1) where y² = 1.

Not the normal form itself, because it turns one term into two: −yσ(−yz) = σ(z) − (1 + y)/2. For a y that is 0 or 1 it
is y·f(1) + (1 − y)·f(0). A product that has no value at one of the two is left as it is. It ends: each step takes
an entry out of the atoms of a product.
"""

from __future__ import annotations

from flint import fmpq

from derive.errors import DeriveError, LimitError
from derive.rewriting.calculus import substitute
from derive.rewriting.heads import Kind
from derive.rewriting.polynomial import ONE, Key, Polynomial, Ring, labels


def out_of_atoms(ring: Ring, polynomial: Polynomial) -> Polynomial:
    """The polynomial without entries of names of two values, of free indices, in the arguments of its atoms."""
    special = ring.units | ring.binary
    if not special:
        return polynomial
    result: Polynomial = {}
    for (factors, sizes), coefficient in polynomial.items():
        term: Polynomial = {(factors, sizes): coefficient}
        if all(special.isdisjoint(ring.heads.mentions(h)) for h, _, _ in factors):
            result = ring.add(result, term)
            continue
        with ring.heads.borrowed(len(sizes)) as names:
            opened = [(h, tuple(names[i] if i >= 0 else i for i in indices), e) for h, indices, e in factors]
            inside = ring.product(ring.number(coefficient), *(ring.atom(*factor) for factor in opened))
            parts = _apart(ring, inside)
            if parts is not None:
                term = out_of_atoms(ring, parts)
                for label, size in zip(names, sizes, strict=True):
                    term = ring.sum_over(term, label, size)
        result = ring.add(result, term)
    return result


def _apart(ring: Ring, term: Polynomial) -> Polynomial | None:
    """The two values of a term, each where the entry is that; None if there is no such entry, or one has no value."""
    for entry in _entries(ring, term):
        try:
            return ring.add(
                *(ring.product(where, _at(ring, term, entry, value)) for where, value in _cases(ring, entry))
            )
        except LimitError:
            raise
        except DeriveError:  # not defined there
            continue
    return None


def _entries(ring: Ring, term: Polynomial) -> list[Key]:
    """The entries of names of two values, of labels that are free in a term, inside its atoms."""
    found: dict[Key, None] = {}

    def visit(head: int, indices: tuple[int, ...]) -> None:
        if head in ring.units or head in ring.binary:
            found[head, indices] = None

    for factors, _ in term:
        for head, indices, _ in factors:
            if ring.heads.kinds[head] is not Kind.LEAF:
                for n in range(len(ring.heads[head].inputs)):
                    substitute(ring, ring.thaw(head, indices, n), visit)
    free = labels(term)
    return [entry for entry in found if free.issuperset(entry[1])]


def _cases(ring: Ring, entry: Key) -> list[tuple[Polynomial, int]]:
    """What is 1 where the entry has a value and 0 where it has the other, with that value."""
    y, half = ring.atom(*entry), fmpq(1, 2)
    if entry[0] in ring.binary:
        return [(y, 1), (ring.subtract(ONE, y), 0)]
    return [(ring.scale(ring.add(ONE, y), half), 1), (ring.scale(ring.subtract(ONE, y), half), -1)]


def _at(ring: Ring, term: Polynomial, entry: Key, value: int) -> Polynomial:
    return substitute(ring, term, lambda h, i: ring.number(value) if (h, i) == entry else None)
