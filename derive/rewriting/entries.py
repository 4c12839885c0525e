"""Entry by entry, where sizes are numbers: Σ_k over 3 is the sum of three terms, also inside arguments.

So W x is [W₁₁x₁ + W₁₂x₂, …], and a vector that is written out is the vector. It ends: each sum is written out once.
"""

from __future__ import annotations

from itertools import product

import sympy

from derive.rewriting.calculus import REMAKE, raised
from derive.rewriting.heads import COLUMN, ROW
from derive.rewriting.monomial import Exponent
from derive.rewriting.polynomial import Polynomial, Ring

LARGEST = 64
"""So many entries, and terms of one sum, are written out."""


def vanishes_by_entries(ring: Ring, polynomial: Polynomial, rows: sympy.Expr, columns: sympy.Expr) -> bool:
    """Whether each entry is 0; False too where a size is no number, or too large."""
    if not (rows.is_Integer and columns.is_Integer) or rows * columns > LARGEST:
        return False
    at = {k: ring.heads.label(("at", k)) for k in range(1, int(max(rows, columns)) + 1)}
    for i, j in product(range(1, int(rows) + 1), range(1, int(columns) + 1)):
        entry = written_out(ring, ring.rename(polynomial, {ROW: at[i], COLUMN: at[j]}))
        if entry is None or entry:
            return False
    return True


def written_out(ring: Ring, polynomial: Polynomial) -> Polynomial | None:
    """The polynomial without sums; None if one of them runs to what is no number, or too far."""
    result: Polynomial = {}
    for (factors, sizes), coefficient in polynomial.items():
        counts = [ring.heads.sizes[size] for size in sizes]
        if not all(count.is_Integer for count in counts) or sympy.prod(counts) > LARGEST:
            return None
        for places in product(*(range(1, int(count) + 1) for count in counts)):
            names = [ring.heads.label(("at", k)) for k in places]
            term = ring.number(coefficient)
            for head, indices, exponent in factors:
                atom = _atom(ring, head, tuple(names[i] if i >= 0 else i for i in indices), exponent)
                if atom is None:
                    return None
                term = ring.product(term, atom)
            result = ring.add(result, term)
    return result


def _atom(ring: Ring, number: int, indices: tuple[int, ...], exponent: Exponent) -> Polynomial | None:
    """An atom with its arguments written out."""
    head = ring.heads[number]
    old = [ring.thaw(number, indices, n) for n in range(len(head.inputs))]
    new = [written_out(ring, argument) for argument in old]
    arguments = [argument for argument in new if argument is not None]
    if len(arguments) < len(new):
        return None
    if arguments == old:
        return ring.atom(number, indices, exponent)
    return raised(ring, REMAKE[head.kind](ring, head, arguments), exponent)
