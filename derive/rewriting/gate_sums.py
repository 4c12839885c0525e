"""Gates of sums, on demand: if u + v > 0, then u > 0 or v > 0.

So [u>0][v>0] = [u+v>0]·([u>0] + [v>0] − 1), with u and v times positive numbers: a > b and b > c make a > c, and
maximum(a, maximum(b, c)) is maximum(maximum(a, b), c). Where u + v is a number its gate is one: no z is above 1 and
below 0. Not the normal form itself, because which of the three products goes is a choice; some are tried. (These are
the relations of Varchenko and Gelfand, "Heaviside functions of a configuration of hyperplanes", for three of them.)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from derive.errors import DeriveError
from derive.rewriting.gates import gates
from derive.rewriting.heads import GATES, Kind
from derive.rewriting.polynomial import ONE, Key, Polynomial, Raw, Ring, as_raw

GATES_AT_MOST, TERMS = 8, 60
"""So many different gates, and so many terms, a polynomial may have."""

STEPS = 150
"""So many products are replaced, in all orders of the gates together."""


def vanishes_by_sums(ring: Ring, polynomial: Polynomial) -> bool:
    """Whether a polynomial of gates is 0 because of how their arguments add up."""
    heads = sorted({h for factors, _ in polynomial for h, _, _ in factors if ring.heads.kinds[h] in GATES})
    if not 2 <= len(heads) <= GATES_AT_MOST or len(polynomial) > TERMS:
        return False
    sums = _Sums(ring)
    for n in range(len(heads)):
        for order in ([*heads[n:], *heads[:n]], [*heads[n::-1], *heads[:n:-1]]):
            left = sums.reduced(polynomial, order)
            if not left:
                return True
            if sums.steps >= STEPS or (left is polynomial and not sums.found):
                return False
    return False


class _Sums:
    """Products of gates in a ring, and what is known of the sums of their arguments."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.steps = 0
        self.found = False  # whether the arguments of any two gates have a term in common
        self._known: dict[tuple[Key, Key], list[tuple[Polynomial, Polynomial]]] = {}

    def reduced(self, polynomial: Polynomial, order: list[int]) -> Polynomial:
        """The polynomial without two gates beside each other whose arguments add up to that of an earlier one.

        The products that take the place of one have fewer gates, or an earlier one instead of a later one; because the
        laws of the ring may bring later ones back, steps are counted.
        """
        done: Polynomial = {}
        pending, before = [polynomial], self.steps
        while pending:
            for monomial, coefficient in pending.pop().items():
                step = self._step(as_raw(monomial, coefficient), order) if self.steps < STEPS else None
                if step is None:
                    done = self.ring.add(done, {monomial: coefficient})
                else:
                    pending.append(step)
                    self.steps += 1
        return done if self.steps > before else polynomial

    def _step(self, raw: Raw, order: list[int]) -> Polynomial | None:
        """A product with the first pair of its gates that can be replaced."""
        ring = self.ring
        if sum(h in order for h, _ in raw.factors) < 2:
            return None
        with ring.heads.borrowed(len(raw.sizes)) as names:
            opened = {(h, tuple(names[i] if i >= 0 else i for i in at)): e for (h, at), e in raw.factors.items()}
            for one, other in combinations(sorted(key for key in opened if key[0] in order), 2):
                for gate, instead in self._replacements(one, other):
                    if not _is_earlier(gate, one, other, order):
                        continue
                    rest = (ring.atom(*key, e) for key, e in opened.items() if key not in (one, other))
                    result = ring.scale(ring.product(instead, *rest), raw.coefficient)
                    for label, size in zip(names, raw.sizes, strict=True):
                        result = ring.sum_over(result, label, size)
                    return result
        return None

    def _replacements(self, one: Key, other: Key) -> list[tuple[Polynomial, Polynomial]]:
        """What p·q is for two gates, and the third gate in it: g·(p + q − 1) with that of a sum, p + g·(q − p) with
        that of a difference."""
        if (one, other) in self._known:
            return self._known[one, other]
        ring, result = self.ring, list[tuple[Polynomial, Polynomial]]()
        p, q = ring.atom(*one), ring.atom(*other)
        u, v = self._argument(one), self._argument(other)
        for g in self._gates(u, v):
            result.append((g, ring.product(g, ring.subtract(ring.add(p, q), ONE))))
        for g in self._gates(u, ring.negate(v)):
            result.append((g, ring.add(p, ring.product(g, ring.subtract(q, p)))))
        for g in self._gates(v, ring.negate(u)):
            result.append((g, ring.add(q, ring.product(g, ring.subtract(p, q)))))
        self._known[one, other] = result
        self.found = self.found or bool(result)
        return result

    def _gates(self, u: Polynomial, v: Polynomial) -> Iterator[Polynomial]:
        """[αu + βv > 0] for positive α, β such that a term of u and one of v cancel."""
        ring = self.ring
        for ratio in dict.fromkeys(-v[m] / c for m, c in u.items() if c * v.get(m, 0) < 0):
            try:
                yield gates(ring, ring.add(ring.scale(u, ratio), v))[0]
            except DeriveError:  # signs that are not compared
                continue

    def _argument(self, key: Key) -> Polynomial:
        """u for [u>0], −u for [u<0]."""
        u = self.ring.thaw(*key)
        return u if self.ring.heads.kinds[key[0]] is Kind.ABOVE else self.ring.negate(u)


def _is_earlier(gate: Polynomial, one: Key, other: Key, order: list[int]) -> bool:
    """Whether a gate is 0 or 1, or comes before both of two others, all of them being known."""
    if not gate or gate == ONE:
        return True
    ((monomial, coefficient), *more) = gate.items()
    if more or coefficient != 1 or monomial[1] or len(monomial[0]) != 1 or monomial[0][0][0] not in order:
        return False
    head, indices, _ = monomial[0][0]
    mine, *theirs = ((order.index(h), i) for h, i in ((head, indices), one, other))
    return mine < min(theirs)
