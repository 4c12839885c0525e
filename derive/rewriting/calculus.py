"""Substitution and differentiation in index form.

The derivative is taken term by term with Kronecker deltas, ∂W_jk/∂W_ab = δ_ja δ_kb, and by one law for each kind of
atom. It shares nothing with the matrix rules of `differentiation`, which it is used to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flint import fmpq

from derive.errors import Unsupported
from derive.rewriting import odds
from derive.rewriting.closing import make
from derive.rewriting.elementwise import KINKED, apply_function
from derive.rewriting.exponential import exp, log, log_abs, raise_to
from derive.rewriting.gates import gates
from derive.rewriting.heads import Head, Kind
from derive.rewriting.logistic import sigmoid, slope
from derive.rewriting.monomial import Exponent, Factor
from derive.rewriting.polynomial import ONE, Polynomial, Ring
from derive.rewriting.powers import inverse, power, root

Visit = Callable[[int, tuple[int, ...]], Polynomial | None]

REMAKE: Mapping[Kind, Callable[[Ring, Head, list[Polynomial]], Polynomial]] = {
    Kind.SIGMOID: lambda ring, head, a: odds.sigmoid(ring, a[0]),
    Kind.SLOPE: lambda ring, head, a: odds.slope(ring, a[0]),
    Kind.EXP: lambda ring, head, a: exp(ring, a[0]),
    Kind.SOFTPLUS: lambda ring, head, a: odds.softplus(ring, a[0]),
    Kind.LOGABS: lambda ring, head, a: log_abs(ring, a[0]),
    Kind.LOG: lambda ring, head, a: log(ring, a[0]),
    Kind.ABOVE: lambda ring, head, a: gates(ring, a[0])[0],
    Kind.BELOW: lambda ring, head, a: gates(ring, a[0])[1],
    Kind.INVERSE: lambda ring, head, a: inverse(ring, a[0]),
    Kind.ROOT: lambda ring, head, a: root(ring, a[0], head.label),
    Kind.FUNCTION: lambda ring, head, a: apply_function(ring, head.label[0], head.label[1], a[0]),
    Kind.POWER: lambda ring, head, a: raise_to(ring, a[0], a[1]),
    Kind.KINKED: lambda ring, head, a: make(ring, Kind.KINKED, head.label, *a),
}
"""How an atom is made again when its argument has changed."""


def substitute(ring: Ring, polynomial: Polynomial, visit: Visit) -> Polynomial:
    """Replace atoms and names, also inside arguments; `visit` gives the replacement (None: leave it)."""
    known: dict[tuple[int, tuple[int, ...]], Polynomial | None] = {}

    def replacement(head: int, indices: tuple[int, ...]) -> Polynomial | None:
        key = (head, indices)
        if key not in known:
            known[key] = visit(head, indices)
            if known[key] is None:
                known[key] = _inside(ring, head, indices, replacement)
        return known[key]

    ring.budget.spend(1 + len(polynomial))
    result: Polynomial = {}
    untouched: Polynomial = {}
    for (factors, sizes), coefficient in polynomial.items():
        with ring.heads.borrowed(len(sizes)) as names:
            opened = [(h, tuple(names[i] if i >= 0 else i for i in idx), e) for h, idx, e in factors]
            new = [replacement(h, idx) for h, idx, _ in opened]
            if all(n is None for n in new):
                untouched[(factors, sizes)] = coefficient
                continue
            term = ring.number(coefficient)
            for (head, indices, exponent), value in zip(opened, new, strict=True):
                base = ring.atom(head, indices, exponent) if value is None else raised(ring, value, exponent)
                term = ring.product(term, base)
            result = ring.add(result, _bind(ring, term, names, sizes))
    return ring.add(untouched, result)


def raised(ring: Ring, base: Polynomial, exponent: Exponent) -> Polynomial:
    """base^exponent for an exponent of a factor."""
    if exponent == 1:
        return base
    q = fmpq(exponent) if isinstance(exponent, int) else fmpq(exponent.numerator, exponent.denominator)
    return power(ring, base, q)


def _bind(ring: Ring, term: Polynomial, names: list[int], sizes: tuple[int, ...]) -> Polynomial:
    for label, size in zip(names, sizes, strict=True):
        term = ring.sum_over(term, label, size)
    return term


def _inside(ring: Ring, number: int, indices: tuple[int, ...], visit: Visit) -> Polynomial | None:
    """The atom with its arguments replaced, or None if nothing in them changes."""
    head = ring.heads[number]
    if not head.arguments:
        return None
    old = [ring.thaw(number, indices, n) for n in range(len(head.inputs))]
    new = [substitute(ring, argument, visit) for argument in old]
    if new == old:
        return None
    return REMAKE[head.kind](ring, head, new)


def remake(ring: Ring, number: int, indices: tuple[int, ...], exponent: Exponent) -> Polynomial:
    """An atom made afresh from its arguments, where merged indices may have changed them."""
    head = ring.heads[number]
    made = REMAKE[head.kind](ring, head, [ring.thaw(number, indices, n) for n in range(len(head.inputs))])
    return raised(ring, made, exponent)


def resolve_kinks(ring: Ring, polynomial: Polynomial) -> Polynomial:
    """Write relu(u) and its like, which were kept whole while a derivative was taken, in gates."""

    def visit(head: int, indices: tuple[int, ...]) -> Polynomial | None:
        if ring.heads.kinds[head] is not Kind.KINKED:
            return None
        arguments = [resolve_kinks(ring, ring.thaw(head, indices, n)) for n in range(len(ring.heads[head].arguments))]
        return KINKED[ring.heads[head].label].value(ring, arguments)

    return substitute(ring, polynomial, visit)


def at_zero(ring: Ring, polynomial: Polynomial, name: int, indices: tuple[int, ...]) -> Polynomial:
    """The polynomial where one entry of a name is 0."""
    return substitute(ring, polynomial, lambda h, i: {} if (h, i) == (name, indices) else None)


def set_names(ring: Ring, polynomial: Polynomial, values: Mapping[int, Polynomial]) -> Polynomial:
    """Replace names by what they are defined as: values[head] has the labels of the name's own axes."""

    def visit(head: int, indices: tuple[int, ...]) -> Polynomial | None:
        value = values.get(head)
        if value is None:
            return None
        return ring.rename(value, dict(zip(ring.heads.axes[head], indices, strict=True)))

    return substitute(ring, polynomial, visit)


class Differentiation:
    """∂/∂t[labels] of polynomials, for one name t.

    `through` gives the value of a name that depends on t, for the total derivative; without it all other names are
    held fixed.
    """

    def __init__(
        self, ring: Ring, wrt: int, labels: tuple[int, ...], through: Callable[[int], Polynomial | None] | None = None
    ) -> None:
        self.ring, self.wrt, self.labels, self.through = ring, wrt, labels, through
        self._names: dict[int, Polynomial] = {}

    def __call__(self, polynomial: Polynomial) -> Polynomial:
        ring = self.ring
        result: Polynomial = {}
        for (factors, sizes), coefficient in polynomial.items():
            with ring.heads.borrowed(len(sizes)) as names:
                opened = [(h, tuple(names[i] if i >= 0 else i for i in idx), e) for h, idx, e in factors]
                for position, factor in enumerate(opened):
                    inner = self._factor(factor)
                    if not inner:
                        continue
                    others = [ring.atom(h, i, e) for n, (h, i, e) in enumerate(opened) if n != position]
                    term = ring.product(ring.number(coefficient), inner, *others)
                    result = ring.add(result, _bind(ring, term, names, sizes))
        return result

    def _factor(self, factor: Factor) -> Polynomial:
        head, indices, exponent = factor
        ring = self.ring
        inner = self._atom(head, indices)
        if not inner or exponent == 1:
            return inner
        scale = fmpq(exponent) if isinstance(exponent, int) else fmpq(exponent.numerator, exponent.denominator)
        return ring.scale(ring.product(ring.atom(head, indices, exponent - 1), inner), scale)

    def _atom(self, number: int, indices: tuple[int, ...]) -> Polynomial:
        ring = self.ring
        if number == self.wrt:
            return ring.product(*(ring.delta(i, a) for i, a in zip(indices, self.labels, strict=True)))
        head = ring.heads[number]
        if head.kind is Kind.LEAF:
            return self._name(number, indices)
        if not head.arguments or head.kind in (Kind.ABOVE, Kind.BELOW):
            return {}
        result: Polynomial = {}
        changes = [self(ring.thaw(number, indices, slot)) for slot in range(len(head.inputs))]
        for slot, change in enumerate(changes):
            if change:
                outer = _slope_of_atom(ring, number, indices, slot)
                result = ring.add(result, ring.product(outer, change))
        return result

    def _name(self, number: int, indices: tuple[int, ...]) -> Polynomial:
        if self.through is None:
            return {}
        if number not in self._names:
            value = self.through(number)
            self._names[number] = self(value) if value is not None else {}
        axes = self.ring.heads.axes[number]
        return self.ring.rename(self._names[number], dict(zip(axes, indices, strict=True)))


def _slope_of_atom(ring: Ring, number: int, indices: tuple[int, ...], slot: int) -> Polynomial:
    """∂atom/∂argument, one law a kind."""
    head = ring.heads[number]
    kind = head.kind
    argument = ring.thaw(number, indices, 0)
    if kind is Kind.SIGMOID:
        return slope(ring, argument)
    if kind is Kind.SLOPE:
        middle = ring.subtract(ONE, ring.scale(sigmoid(ring, argument), fmpq(2)))
        return ring.product(slope(ring, argument), middle)
    if kind is Kind.EXP:
        return ring.atom(number, indices)
    if kind is Kind.SOFTPLUS:
        return sigmoid(ring, argument)
    if kind in (Kind.LOG, Kind.LOGABS):
        return inverse(ring, argument)
    if kind is Kind.INVERSE:
        return ring.negate(ring.atom(number, indices, 2))
    if kind is Kind.ROOT:
        return ring.scale(ring.product(ring.atom(number, indices), inverse(ring, argument)), fmpq(1, head.label))
    if kind is Kind.FUNCTION:
        return apply_function(ring, head.label[0], head.label[1] + 1, argument)
    if kind is Kind.POWER:
        value, exponent = ring.atom(number, indices), ring.thaw(number, indices, 1)
        return ring.product(
            value, ring.product(exponent, inverse(ring, argument)) if slot == 0 else log(ring, argument)
        )
    if kind is Kind.KINKED:
        arguments = [ring.thaw(number, indices, n) for n in range(len(head.arguments))]
        return KINKED[head.label].slopes[slot](ring, arguments)
    raise Unsupported(f"No derivative is known for {kind.value}.")
