"""The value of a normal form at a point, worked out from its meaning alone: nothing of rewriting is used.

What a gate or a name that is 0 or 1 switches off counts as 0 even where it is not defined, as in `where`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from derive.equality.arithmetic import NAN, ONE, ZERO, Balls, is_defined
from derive.equality.matrix import Matrix
from derive.rewriting.heads import COLUMN, GATES, ROW, Kind
from derive.rewriting.polynomial import Polynomial, Ring


class Values:
    """Values of normal forms of one ring where names have these values, and every size is `size`."""

    def __init__(self, ring: Ring, names: Mapping[str, Matrix], size: int) -> None:
        self.ring, self.names, self.size, self.t = ring, names, size, Balls()

    def __call__(self, polynomial: Polynomial, labels: Mapping[int, int]) -> Any:
        """The value for these values of free labels (from 0); nan where it has none."""
        total: Any = ZERO
        lost: dict[Any, Any] = {}
        for (factors, sizes), coefficient in polynomial.items():
            for dummies in itertools.product(range(self.size), repeat=len(sizes)):
                places = {**labels, **dict(enumerate(dummies))}
                switch, rest, kept = coefficient, ONE, []
                for head, indices, exponent in factors:
                    at = tuple(self._position(i, places) for i in indices)
                    value = self._raised(self.head(head, at), exponent)
                    if self._is_switch(head):
                        switch = switch * value
                    else:
                        rest = rest * value
                        kept.append((head, at, exponent))
                if is_defined(rest):
                    total = total + switch * rest
                else:
                    key = tuple(sorted(kept, key=str))
                    lost[key] = lost.get(key, ZERO) + switch
        return NAN if any(not (type(s) is fmpq and s == 0) for s in lost.values()) else total

    def _is_switch(self, head: int) -> bool:
        return self.ring.heads.kinds[head] in (*GATES, Kind.DELTA) or head in self.ring.binary

    def _position(self, index: int, places: Mapping[int, int]) -> int:
        if index in places:
            return places[index]
        name = self.ring.heads.label_name(index)
        assert name[0] == "at"
        return int(name[1]) - 1

    def _raised(self, x: Any, exponent: int | Fraction) -> Any:
        """x^exponent; an exponential's may be a fraction."""
        if isinstance(exponent, int):
            return self.t.power(x, exponent)
        return self.t.exp(fmpq(exponent.numerator, exponent.denominator) * self.t.log(x))

    def head(self, number: int, at: tuple[int, ...]) -> Any:
        heads, t = self.ring.heads, self.t
        head = heads[number]
        if head.kind is Kind.LEAF:
            axes = dict(zip(heads.axes[number], at, strict=True))
            return self.names[head.label.name][axes.get(ROW, 0), axes.get(COLUMN, 0)]
        if head.kind is Kind.SIZE:
            return fmpq(self.size)
        if head.kind is Kind.CONSTANT:
            return t.pi()
        if head.kind is Kind.DELTA:
            return fmpq(int(at[0] == at[1]))
        slots = {heads.label(("slot", n)): place for n, place in enumerate(at)}
        arguments = [self(dict(a), slots) for a in head.inputs]
        u = arguments[0]
        if not all(map(is_defined, arguments)):
            return NAN
        return self._atom(head.kind, head.label, u, arguments)

    def _atom(self, kind: Kind, label: Any, u: Any, arguments: list[Any]) -> Any:
        t = self.t
        if kind in GATES:
            sign = t.sign(u)
            return NAN if sign is None else fmpq(int(sign == (1 if kind is Kind.ABOVE else -1)))
        simple: dict[Kind, Callable[[Any], Any]] = {
            Kind.SIGMOID: t.logistic, Kind.EXP: t.exp, Kind.LOG: t.log, Kind.INVERSE: t.inverse,
            Kind.SLOPE: lambda u: t.logistic(u) * t.logistic(-u), Kind.SOFTPLUS: lambda u: t.log(1 + t.exp(u)),
            Kind.LOGABS: lambda u: t.log(u if t.sign(u) in (0, 1) else -u),
        }  # fmt: skip
        if kind in simple:
            return simple[kind](u)
        if kind is Kind.ROOT:
            return self._root(u, label)
        if kind is Kind.FUNCTION:
            return {"erf": t.erf, "sin": t.cos if label[1] else t.sin}[label[0]](u)
        assert kind is Kind.POWER
        exact = t.as_rational(arguments[1])
        if exact is not None and exact.denominator == 1:
            return t.power(u, exact.numerator)
        return t.exp(arguments[1] * t.log(u)) if t.sign(u) == 1 else NAN

    def _root(self, u: Any, q: int) -> Any:
        if q == 2:
            return self.t.sqrt(u)
        if self.t.sign(u) == 0:
            return ZERO
        return arb(u).root(q) if self.t.sign(u) == 1 else NAN
