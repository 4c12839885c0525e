"""Sums of fractions, on demand: over a common denominator, 1/(x − w) is (x + w)/(x² − w²), also within a sum.

Nothing is multiplied any more, and no term may be switched off (see the package): then each pole that occurs is not 0
where both sides are defined, and what is 0 times all of them is 0.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from derive.errors import DeriveError, LimitError
from derive.rewriting.closing import is_guarded, is_pole
from derive.rewriting.heads import Kind
from derive.rewriting.monomial import Factor, Monomial
from derive.rewriting.polynomial import Key, Polynomial, Ring

TERMS, POLES = 30, 6
"""So many terms and poles a sum may have."""


def vanishes_over_poles(ring: Ring, polynomial: Polynomial) -> bool:
    """Whether a polynomial is 0 times its poles; terms that are summed over the same indices are taken together."""
    kinds = {ring.heads.kinds[h] for factors, _ in polynomial for h, _, _ in factors}
    if Kind.INVERSE not in kinds or Kind.POWER in kinds or len(polynomial) > TERMS or is_guarded(ring, polynomial):
        return False
    groups: dict[tuple[int, ...], list[Monomial]] = {}
    for monomial in polynomial:
        groups.setdefault(monomial[1], []).append(monomial)
    try:
        return all(_vanishes(ring, {m: polynomial[m] for m in group}, sizes) for sizes, group in groups.items())
    except LimitError:
        raise
    except DeriveError:
        return False


def _vanishes(ring: Ring, group: Polynomial, sizes: tuple[int, ...]) -> bool:
    with ring.heads.borrowed(len(sizes)) as names:
        opened: list[Polynomial] = []
        poles: dict[Key, int] = {}
        for (factors, _), coefficient in group.items():
            term: list[Factor] = [
                (h, tuple(names[i] if i >= 0 else i for i in indices), e) for h, indices, e in factors
            ]
            opened.append(ring.product(ring.number(coefficient), *(ring.atom(*factor) for factor in term)))
            for head, indices, exponent in term:
                if is_pole(ring, head, exponent):
                    poles[head, indices] = max(ceil(abs(Fraction(exponent))), poles.get((head, indices), 0))
        if not poles or len(poles) > POLES:
            return False
        below = []
        for (head, indices), count in poles.items():
            is_inverse = ring.heads.kinds[head] is Kind.INVERSE
            factor = ring.thaw(head, indices) if is_inverse else ring.atom(head, indices)
            below += [factor] * count
        return not ring.product(ring.add(*opened), *below)
