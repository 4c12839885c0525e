"""Changes of basis on demand: exponentials where σ occurs too, e^u = σ(u)/D(u) − 1, and logarithms as log|·|.

Without the first, formulas in e^z and formulas in σ(z) are two bases of one ring. It is done only on demand, because it
turns one term into two.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

from derive.rewriting.calculus import REMAKE, substitute
from derive.rewriting.closing import close
from derive.rewriting.exponential import log_abs
from derive.rewriting.heads import Head, Kind
from derive.rewriting.logistic import sigmoid, slope
from derive.rewriting.monomial import Exponent
from derive.rewriting.polynomial import ONE, Key, Polynomial, Ring, as_number
from derive.rewriting.powers import inverse


def exponentials_to_sigmoid(ring: Ring, polynomial: Polynomial) -> Polynomial:
    """The polynomial with e^(q·u) written in σ(u), for every argument u of a σ that occurs, also inside arguments."""
    present: set[int] = set()
    for factors, _ in polynomial:
        for head, _, _ in factors:
            present |= {head} | ring.heads.mentions(head)
    kinds = ring.heads.kinds
    found = {n: _leading_exponential(ring, n) for n in sorted(present) if kinds[n] in (Kind.SIGMOID, Kind.SLOPE)}
    units = {n: lead[2] for n, lead in found.items() if lead is not None}
    # Of σ(z) and σ(2z) the second one goes first: it takes e^2z whole.
    sigmoids = sorted(units, key=lambda n: -units[n])
    if not sigmoids or not any(kinds[n] is Kind.EXP for n in present):
        return polynomial
    return _everywhere(ring, polynomial, sigmoids)


def _everywhere(ring: Ring, polynomial: Polynomial, sigmoids: list[int]) -> Polynomial:
    def visit(number: int, indices: tuple[int, ...]) -> Polynomial | None:
        head = ring.heads[number]
        if not any(ring.heads.kinds[h] is Kind.EXP for h in ring.heads.mentions(number)):
            return None
        old = [ring.thaw(number, indices, n) for n in range(len(head.inputs))]
        new = [_everywhere(ring, argument, sigmoids) for argument in old]
        # None would have the arguments looked into once more.
        return ring.atom(number, indices) if new == old else REMAKE[head.kind](ring, head, new)

    result = substitute(ring, polynomial, visit)
    for place, number in enumerate(sigmoids):
        # What σ(2z) leaves of e^−z goes to σ(z) if that occurs too, else e^−z = e^−2z·e^z.
        is_last = not any(_same_place(ring, number, other) for other in sigmoids[place + 1 :])
        result = _convert(ring, result, number, down=is_last)
    return result


def _same_place(ring: Ring, number: int, other: int) -> bool:
    """Whether two σ take the same exponential apart."""
    one, two = _leading_exponential(ring, number), _leading_exponential(ring, other)
    return one is not None and two is not None and one[:2] == two[:2]


def _leading_exponential(ring: Ring, number: int) -> tuple[int, tuple[int, ...], fmpq] | None:
    """One factor e^m of e^u that has all open slots of u: its head, its slots, and its exponent in e^u."""
    head = ring.heads[number]
    for monomial, coefficient in sorted(head.arguments[0]):
        frozen, indices, _ = close(ring, {monomial: fmpq(1)})
        if len(set(indices)) == head.arity:
            exponential = ring.heads.number(Head(Kind.EXP, "", frozen, len(indices)))
            return exponential, indices, coefficient
    return None


def _convert(ring: Ring, polynomial: Polynomial, number: int, *, down: bool) -> Polynomial:
    found = _leading_exponential(ring, number)
    if found is None:
        return polynomial
    exponential, slots, unit = found
    order = [slots.index(ring.heads.label(("slot", n))) for n in range(len(slots))]
    result: Polynomial = {}
    for (factors, sizes), coefficient in polynomial.items():
        targets = [f for f in factors if f[0] == exponential and _quotient(f[2], unit, down=down)]
        if not targets:
            result = ring.add(result, {(factors, sizes): coefficient})
            continue
        with ring.heads.borrowed(len(sizes)) as names:
            term = ring.number(coefficient)
            for head, indices, exponent in factors:
                opened = tuple(names[i] if i >= 0 else i for i in indices)
                if (head, indices, exponent) in targets:
                    place = (number, tuple(opened[n] for n in order))
                    count = _quotient(exponent, unit, down=down)
                    term = ring.product(term, _in_sigma(ring, place, (head, opened), exponent, count))
                else:
                    term = ring.product(term, ring.atom(head, opened, exponent))
            for label, size in zip(names, sizes, strict=True):
                term = ring.sum_over(term, label, size)
        result = ring.add(result, term)
    return result


def _quotient(exponent: Exponent, unit: fmpq, *, down: bool) -> int:
    """How many whole e^u are in (e^m)^exponent, rounded down, or else towards 0."""
    value = fmpq(exponent) if isinstance(exponent, int) else fmpq(exponent.numerator, exponent.denominator)
    ratio = value / unit
    return int(ratio.p // ratio.q) if down or ratio > 0 else -int(-ratio.p // ratio.q)


def _in_sigma(ring: Ring, place: Key, factor: Key, exponent: Exponent, count: int) -> Polynomial:
    """(e^m)^exponent = (e^u)^count · e^(rest), with e^u = σ(u)/D(u) − 1 and e^−u = 1/D(u) − 2 − e^u."""
    u = ring.thaw(*place)
    value = sigmoid(ring, u if count > 0 else ring.negate(u))
    base = ring.subtract(ring.product(value, slope(ring, u, -1)), ONE)
    rest = ring.atom(*factor, exponent=exponent)
    # e^(−q·u) removes the whole powers; the exponentials of the other terms of u appear with it.
    for monomial, c in u.items():
        frozen, indices, _ = close(ring, {monomial: fmpq(1)})
        head = ring.heads.number(Head(Kind.EXP, "", frozen, len(indices)))
        power = -c * count
        whole: Exponent = int(power.p) if power.q == 1 else _fraction(power)
        rest = ring.product(rest, ring.atom(head, indices, whole))
    return ring.product(rest, ring.power(base, abs(count)))


def _fraction(value: fmpq) -> Exponent:
    return Fraction(int(value.p), int(value.q))


def doubled_to_single(ring: Ring, polynomial: Polynomial) -> Polynomial:
    """σ(2u) = (σ − D)/(1 − 2D) and D(2u) = D²/(1 − 2D)² where σ(u) occurs too; 1 − 2D is at least 1/2."""
    kinds, heads = ring.heads.kinds, ring.heads
    present = {h for factors, _ in polynomial for h, _, _ in factors if kinds[h] in (Kind.SIGMOID, Kind.SLOPE)}
    found: dict[int, int] = {}
    for number in present:
        half = frozenset((m, c / 2) for m, c in heads[number].arguments[0])
        for kind in (Kind.SIGMOID, Kind.SLOPE):
            other = heads.known(Head(kind, "", (half,), heads[number].arity))
            if other in present:
                found[number] = heads.partner(other, Kind.SIGMOID)
    if not found:
        return polynomial

    def visit(number: int, indices: tuple[int, ...]) -> Polynomial | None:
        if number not in found:
            return None
        single = ring.atom(found[number], indices)
        d = ring.atom(heads.partner(found[number], Kind.SLOPE), indices)
        pole = inverse(ring, ring.subtract(ONE, ring.scale(d, fmpq(2))))
        if kinds[number] is Kind.SIGMOID:
            return ring.product(ring.subtract(single, d), pole)
        return ring.product(d, d, pole, pole)

    return substitute(ring, polynomial, visit)


def logarithms_of_absolute(ring: Ring, polynomial: Polynomial) -> Polynomial:
    """log P as log|P|, also inside arguments: the same wherever log P is defined, and then log of a product is a sum.

    Not the normal form itself, in which e^(log P) is P.
    """

    def visit(number: int, indices: tuple[int, ...]) -> Polynomial | None:
        if ring.heads.kinds[number] is not Kind.LOG:
            return None
        u = ring.thaw(number, indices)
        return None if as_number(u) is not None else log_abs(ring, logarithms_of_absolute(ring, u))

    return substitute(ring, polynomial, visit)
