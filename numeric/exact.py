"""Exact arithmetic for entries: SymPy expressions become quotients of polynomials over ℚ in generator symbols.

Every symbol, and every distinct application of σ, tanh, exp, a gate … is a generator; two applications are one if
their arguments are equal, or mirror images: σ(−u) = 1 − σ(u). A difference whose numerator is the zero polynomial,
after h² = h for gates and r² = P for roots, is exactly zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import flint
import sympy

from derive.errors import Unsupported
from numeric.atoms import Atom, Composite, Cos, Erf, Exp, Gate, Sigma, Sin, Softplus, Tanh

Polynomial = Any
"""flint.fmpq_mpoly, which has no type stubs."""


@dataclass(frozen=True)
class Quotient:
    """top / Π factor^power; the factors below are kept apart, so that common denominators stay small."""

    top: Polynomial
    below: tuple[tuple[int, int], ...] = ()


class Field:
    """The field that a set of entries lives in; generators are made as they are met."""

    def __init__(
        self, entries: Iterable[sympy.Expr], square_one: Iterable[sympy.Symbol] = (), expanded: bool = False
    ) -> None:
        self._expanded = expanded
        room = _generators(entries)
        self.ring = flint.fmpq_mpoly_ctx.get([f"g{k}" for k in range(room)], flint.Ordering.lex)
        self._free = list(self.ring.gens())[::-1]
        self._converted: dict[sympy.Expr, Quotient] = {}
        self._applied: dict[tuple[object, ...], int] = {}
        self._factors: list[Polynomial] = []
        self._factor_ids: dict[str, int] = {}
        self._gates: set[int] = set()
        self._roots: dict[int, tuple[int, Quotient]] = {}
        self._odd: set[sympy.Symbol] = set(square_one)
        self._signs: set[int] = set()

    def is_zero(self, e: sympy.Expr) -> bool:
        """Whether the numerator vanishes identically."""
        return self._zero(self.convert(e))

    def equal(self, left: sympy.Expr, right: sympy.Expr) -> bool:
        """Whether two entries are the same function of their generators."""
        return self._zero(self.add(self.convert(left), self.scaled(self.convert(right), -1)))

    def convert(self, e: sympy.Expr) -> Quotient:
        """A SymPy expression as a quotient; Unsupported for anything that is not rational in its atoms."""
        if e not in self._converted:
            self._converted[e] = self._convert(e)
        return self._converted[e]

    def constant(self, value: Any) -> Quotient:
        return Quotient(self.ring.constant(flint.fmpq(int(value.p), int(value.q))))

    def add(self, a: Quotient, b: Quotient) -> Quotient:
        if a.below == b.below:
            return Quotient(a.top + b.top, a.below)
        left, right = dict(a.below), dict(b.below)
        common = {f: max(left.get(f, 0), right.get(f, 0)) for f in left | right}
        return Quotient(self._raised(a, left, common) + self._raised(b, right, common), _powers(common))

    def multiply(self, a: Quotient, b: Quotient) -> Quotient:
        below = dict(a.below)
        for f, power in b.below:
            below[f] = below.get(f, 0) + power
        return Quotient(a.top * b.top, _powers(below))

    def scaled(self, a: Quotient, by: int) -> Quotient:
        return Quotient(a.top * by, a.below)

    def inverse(self, a: Quotient) -> Quotient:
        if a.top == 0:
            raise Unsupported("An entry divides by zero.")
        top = self.ring.constant(1)
        for f, power in a.below:
            top = top * self._factors[f] ** power
        leading, rest = _monic(a.top)
        below: dict[int, int] = {}
        exponents = list(rest.monoms()) if len(rest) == 1 else []
        if exponents:
            for generator, power in zip(self.ring.gens(), exponents[0], strict=True):
                if power:
                    below[self._factor(generator)] = int(power)
        else:
            below[self._factor(rest)] = 1
        return Quotient(top / leading, _powers(below))

    def power(self, a: Quotient, n: int) -> Quotient:
        if n < 0:
            return self.power(self.inverse(a), -n)
        return Quotient(a.top**n, tuple((f, power * n) for f, power in a.below if n))

    def generator(self, key: tuple[object, ...]) -> int:
        """The number of the generator for a key; a new one if the key is new."""
        if key not in self._applied:
            self._applied[key] = len(self._applied)
        return self._applied[key]

    def gen(self, number: int) -> Quotient:
        return Quotient(self._free[number])

    def _convert(self, e: sympy.Expr) -> Quotient:
        if e.is_Rational:
            return self.constant(e)
        if e.is_Symbol or e == sympy.pi:
            number = self.generator((e,))
            if e in self._odd:
                self._signs.add(number)
            return self.gen(number)
        if e.is_Add or e.is_Mul:
            join = self.add if e.is_Add else self.multiply
            result = self.convert(e.args[0])
            for argument in e.args[1:]:
                result = join(result, self.convert(argument))
            return result
        if e.is_Pow and e.exp.is_Rational:
            base = self.convert(e.base)
            return self.power(base if e.exp.is_Integer else self._root(base, int(e.exp.q)), int(e.exp.p))
        if isinstance(e, Composite):
            if self._expanded:
                return self.convert(e.expansion(*e.args))
            parts = [self.canonical(self.convert(a)) for a in e.args]
            return self.gen(self.generator((type(e), *((str(p.top), p.below) for p in parts))))
        if isinstance(e, Atom):
            return self._apply(type(e), self.canonical(self.convert(e.args[0])))
        raise Unsupported(f"The entries route has no exact form for {type(e).__name__}.")

    def canonical(self, a: Quotient) -> Quotient:
        """Relations applied and common factors removed: equal arguments look alike."""
        top = self._reduced(a.top)
        if not a.below:
            return Quotient(top)
        bottom = self.ring.constant(1)
        for f, power in a.below:
            bottom = bottom * self._factors[f] ** power
        shared = top.gcd(bottom)
        leading, bottom = _monic(bottom / shared)
        top = top / shared / leading
        return Quotient(top, () if bottom == 1 else ((self._factor(bottom), 1),))

    def _apply(self, kind: type[Atom], u: Quotient) -> Quotient:
        """A generator for kind(u), by its mirror image if the leading coefficient of u is negative."""
        one = self.constant(sympy.S.One)
        if u.top == 0 and kind in _AT_ZERO:
            return self.constant(_AT_ZERO[kind])
        leading = u.top.leading_coefficient() if u.top != 0 else 1
        if kind is Gate:
            u = Quotient(u.top / abs(leading), u.below)
        if leading < 0 and kind in _MIRRORED:
            mirrored = self.scaled(u, -1)
            return _MIRRORED[kind](self, one, mirrored, self._apply(kind, mirrored))
        number = self.generator((kind, str(u.top), u.below))
        if kind is Gate:
            self._gates.add(number)
        return self.gen(number)

    def _root(self, base: Quotient, q: int) -> Quotient:
        base = self.canonical(base)
        number = self.generator(("root", q, str(base.top), base.below))
        self._roots[number] = (q, base)
        return self.gen(number)

    def _zero(self, a: Quotient) -> bool:
        return bool(self._reduced(a.top) == 0)

    def _reduced(self, p: Polynomial) -> Polynomial:
        """A numerator with h² = h, s² = 1 and r^q = P applied; P = top/below multiplies through by `below`."""
        special = self._gates | self._signs | set(self._roots)
        if not special or p == 0:
            return p
        last = len(self._free) - 1
        for number in sorted(self._roots, reverse=True):
            p = self._without_root(p, last - number, *self._roots[number])
        gates, signs = ({last - n for n in group} for group in (self._gates, self._signs))
        terms: dict[tuple[int, ...], Any] = {}
        for exponents, coefficient in p.to_dict().items():
            key = tuple(
                min(n, 1) if at in gates else n % 2 if at in signs else n for at, n in enumerate(map(int, exponents))
            )
            terms[key] = terms.get(key, 0) + coefficient
        return self.ring.from_dict(terms)

    def _without_root(self, p: Polynomial, at: int, q: int, base: Quotient) -> Polynomial:
        """r^q = top/below used until r has powers below q; everything is multiplied by the same power of `below`."""
        grouped: dict[int, dict[tuple[int, ...], Any]] = {}
        for exponents, coefficient in p.to_dict().items():
            whole, rest = divmod(int(exponents[at]), q)
            key = tuple(rest if k == at else int(n) for k, n in enumerate(exponents))
            grouped.setdefault(whole, {})[key] = coefficient
        highest = max(grouped, default=0)
        if highest == 0:
            return p
        bottom = self.ring.constant(1)
        for f, power in base.below:
            bottom = bottom * self._factors[f] ** power
        total = self.ring.constant(0)
        for whole, terms in grouped.items():
            total = total + self.ring.from_dict(terms) * base.top**whole * bottom ** (highest - whole)
        return total

    def _factor(self, p: Polynomial) -> int:
        key = str(p)  # flint's polynomials do not hash; their text is canonical
        if key not in self._factor_ids:
            self._factor_ids[key] = len(self._factors)
            self._factors.append(p)
        return self._factor_ids[key]

    def _raised(self, a: Quotient, own: dict[int, int], common: dict[int, int]) -> Polynomial:
        top = a.top
        for f, power in common.items():
            missing = power - own.get(f, 0)
            if missing:
                top = top * self._factors[f] ** missing
        return top


def _generators(entries: Iterable[sympy.Expr]) -> int:
    """Room for every symbol, atom and root that occurs, written out or not."""
    seen: set[sympy.Expr] = set()
    pending = list(entries)
    count = 4
    while pending:
        e = pending.pop()
        if e in seen:
            continue
        seen.add(e)
        count += bool(e.is_Symbol or e.is_Pow or isinstance(e, Atom))
        pending.extend((*e.args, e.expansion(*e.args)) if isinstance(e, Composite) else e.args)
    return count


def _powers(below: dict[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((f, n) for f, n in below.items() if n))


def _monic(p: Polynomial) -> tuple[Any, Polynomial]:
    leading = p.leading_coefficient()
    return leading, p / leading


_AT_ZERO: dict[type[Atom], sympy.Expr] = {
    Exp: sympy.S.One, Sigma: sympy.S.Half, Tanh: sympy.S.Zero, Erf: sympy.S.Zero,
    Sin: sympy.S.Zero, Cos: sympy.S.One,
}  # fmt: skip
"""What an atom is at 0. A gate at 0 is at its kink, and stays an atom."""

Mirror = Callable[[Field, Quotient, Quotient, Quotient], Quotient]


def _complement(field: Field, one: Quotient, u: Quotient, applied: Quotient) -> Quotient:
    return field.add(one, field.scaled(applied, -1))


def _odd(field: Field, one: Quotient, u: Quotient, applied: Quotient) -> Quotient:
    return field.scaled(applied, -1)


_MIRRORED: dict[type[Atom], Mirror] = {
    Sigma: _complement,
    Gate: _complement,
    Tanh: _odd,
    Erf: _odd,
    Sin: _odd,
    Cos: lambda field, one, u, applied: applied,
    Exp: lambda field, one, u, applied: field.inverse(applied),
    Softplus: lambda field, one, u, applied: field.add(applied, field.scaled(u, -1)),
}
"""f(−u) from f(u) and u: 1 − σ(u), −tanh(u), 1/exp(u), softplus(u) − u."""
