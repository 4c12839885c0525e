"""Polynomials of indexed factors: sums of monomials with rational coefficients, always in normal form.

`Ring` adds, multiplies, sums over an index and renames. Every product passes through `collect`, which merges equal
factors, applies the relations of the atoms (see `relations`), turns a summed index that nothing uses into its size,
and labels the rest canonically. Equal polynomials of one ring are equal expressions for every size; that is all a
proof needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpq

from derive.deadline import glance
from derive.errors import LimitError
from derive.rewriting.heads import Head, Heads, Kind
from derive.rewriting.monomial import UNIT, Exponent, Factor, Monomial, canonical

Polynomial = dict[Monomial, Any]
"""Monomial ↦ coefficient (fmpq); the zero polynomial is empty."""

Key = tuple[int, tuple[int, ...]]
"""A factor without its exponent: head and indices."""

Frozen = frozenset[tuple[Monomial, Any]]
"""A polynomial as a key."""

ZERO: Polynomial = {}
ONE: Polynomial = {UNIT: fmpq(1)}


MAXIMUM_BITS = 100_000
"""A power with longer numbers is not computed."""


@dataclass
class Raw:
    """A product before it is put in order: dummies are 0..len(sizes)-1; `gone` were merged into other indices."""

    coefficient: Any
    factors: dict[Key, Exponent]
    sizes: tuple[int, ...]
    gone: frozenset[int] = frozenset()


Relation = Callable[["Ring", Raw, Key], "list[Raw] | None"]
"""A law of one atom: the products that a raw product with this factor becomes (none: it is zero); None: it is done."""


@dataclass
class Budget:
    """How many terms a computation may form before it gives up: steps, not the clock, which is only a net below."""

    terms: int = 15_000

    def spend(self, amount: int = 1) -> None:
        glance()
        self.terms -= amount
        if self.terms < 0:
            raise LimitError("The expressions have too many terms to compare.", code="E-BUDGET")


class Ring:
    """Arithmetic on polynomials over one table of heads."""

    def __init__(self, relations: Mapping[Kind | None, Relation], budget: Budget | None = None) -> None:
        self.heads = Heads()
        self.relations = relations
        self.declared: dict[int, tuple[Relation, ...]] = {}  # laws of single names: y² = 1, Σ y = 1, W symmetric
        self.budget = budget or Budget()
        self.at_zero: Callable[[Ring, Polynomial, int, tuple[int, ...]], Polynomial] | None = None
        self.remake: Callable[[Ring, int, tuple[int, ...], Exponent], Polynomial] | None = None
        self.signs: Callable[[Ring, Polynomial], bool] | None = None
        self.positive: set[int] = set()  # heads of names declared positive
        self.binary: set[int] = set()  # heads of names declared 0 or 1
        self.units: set[int] = set()  # heads of names declared 1 or -1
        self.size_polynomials: dict[int, Polynomial] = {}
        self._nonnegative: dict[int, bool] = {}

    def declare(self, head: int, law: Relation) -> None:
        """A law of one name, such as y² = 1."""
        if law not in self.declared.get(head, ()):
            self.declared[head] = (*self.declared.get(head, ()), law)

    def is_nonnegative(self, head: int) -> bool:
        """Whether the argument of an atom is known to be at least 0; nothing is known until `signs` is set."""
        known = self._nonnegative.get(head)
        if known is None:
            if self.signs is None:
                return False
            known = self._nonnegative[head] = self.signs(self, dict(self.heads[head].arguments[0]))
        return known

    # Building blocks

    def number(self, value: int | Fraction | Any) -> Polynomial:
        if isinstance(value, Fraction):
            value = fmpq(value.numerator, value.denominator)
        value = fmpq(value)
        return {UNIT: value} if value else {}

    def atom(self, head: Head | int, indices: tuple[int, ...] = (), exponent: Exponent = 1) -> Polynomial:
        """head[indices]^exponent as a polynomial."""
        number = head if isinstance(head, int) else self.heads.number(head)
        return self.collect([Raw(fmpq(1), {(number, indices): exponent}, ())])

    def delta(self, i: int, j: int) -> Polynomial:
        return self.atom(self.heads.delta, (i, j))

    def size(self, value: sympy.Expr) -> Polynomial:
        """A size as a polynomial in the names of sizes."""
        return self._size(self.heads.size(value))

    def _size(self, number: int) -> Polynomial:
        known = self.size_polynomials.get(number)
        if known is None:
            known = self.size_polynomials[number] = self._size_terms(self.heads.sizes[number])
        return known

    def _size_terms(self, value: sympy.Expr) -> Polynomial:
        if value.is_Rational:
            return self.number(fmpq(int(value.p), int(value.q)))
        if value.is_Add:
            return self.add(*(self._size_terms(a) for a in value.args))
        if value.is_Mul:
            return self.product(*(self._size_terms(a) for a in value.args))
        if value.is_Pow and value.exp.is_Integer:
            return self.power(self._size_terms(value.base), int(value.exp))
        return self.atom(Head(Kind.SIZE, value))

    # Arithmetic

    def add(self, *terms: Polynomial) -> Polynomial:
        if len(terms) == 1:
            return terms[0]
        result: Polynomial = {}
        for term in terms:
            for monomial, coefficient in term.items():
                total = result.get(monomial, 0) + coefficient
                if total:
                    result[monomial] = total
                else:
                    result.pop(monomial, None)
        return result

    def scale(self, polynomial: Polynomial, factor: Any) -> Polynomial:
        return {m: c * factor for m, c in polynomial.items()} if factor else {}

    def negate(self, polynomial: Polynomial) -> Polynomial:
        return {m: -c for m, c in polynomial.items()}

    def subtract(self, left: Polynomial, right: Polynomial) -> Polynomial:
        return self.add(left, self.negate(right))

    def product(self, *factors: Polynomial) -> Polynomial:
        """The product; dummies of the factors are kept apart."""
        result = ONE
        for factor in factors:
            if not factor or not result:
                return {}
            if result is ONE:
                result = factor
            elif factor is not ONE:
                result = self.collect(self._pairs(result, factor))
        return result

    def power(self, base: Polynomial, exponent: int) -> Polynomial:
        """base^exponent for exponent ≥ 0, by repeated squaring; LimitError if its numbers would be too long."""
        if exponent * max((c.height_bits() - 1 for c in base.values()), default=0) > MAXIMUM_BITS:
            raise LimitError("A number has too many digits to compute with.", code="E-LIMIT")
        if exponent < 0:
            raise ValueError(f"a polynomial has no power {exponent}; take the inverse first")
        result, square = ONE, base
        while exponent:
            if exponent & 1:
                result = self.product(result, square)
            exponent >>= 1
            if exponent:
                square = self.product(square, square)
        return result

    def contract(self, left: Polynomial, right: Polynomial, label: int, size: int) -> Polynomial:
        """Σ over `label` of left · right."""
        raws = self._pairs(left, right)
        return self.collect(_summed(raw, label, size) for raw in raws)

    def sum_over(self, polynomial: Polynomial, label: int, size: int) -> Polynomial:
        """Σ over a free label of the given size; terms that do not use it are multiplied by the size."""
        return self.collect(_summed(as_raw(m, c), label, size) for m, c in polynomial.items())

    def rename(self, polynomial: Polynomial, names: Mapping[int, int]) -> Polynomial:
        """The polynomial with free labels renamed; all at once, so labels may be exchanged."""
        if not names or not polynomial or all(a == b for a, b in names.items()):
            return polynomial
        return self.collect(_renamed(as_raw(m, c), names) for m, c in polynomial.items())

    def thaw(self, head: int, indices: tuple[int, ...], argument: int = 0) -> Polynomial:
        """An argument of an atom, with its open slots filled by free labels."""
        slots = {self.heads.label(("slot", n)): index for n, index in enumerate(indices)}
        return self.rename(dict(self.heads[head].arguments[argument]), slots)

    def _pairs(self, left: Polynomial, right: Polynomial) -> Iterable[Raw]:
        self.budget.spend(len(left) * len(right))
        for (factors_a, sizes_a), a in left.items():
            offset = len(sizes_a)
            for (factors_b, sizes_b), b in right.items():
                factors = {(h, i): e for h, i, e in factors_a}
                for head, indices, exponent in factors_b:
                    if offset:
                        indices = tuple(i + offset if i >= 0 else i for i in indices)
                    key = (head, indices)
                    factors[key] = factors.get(key, 0) + exponent
                yield Raw(a * b, factors, sizes_a + sizes_b)

    # Normal form

    def collect(self, raws: Iterable[Raw]) -> Polynomial:
        """Reduce every product by the relations, label it, and add like terms."""
        return self.gathered(self._reduced(raws))

    def _reduced(self, raws: Iterable[Raw]) -> Iterator[Raw]:
        pending = list(raws)
        while pending:
            raw = pending.pop()
            self.budget.spend(1 + len(raw.factors) // 4)
            step = self._step(raw)
            if step is not None:
                pending.extend(step)
            else:
                yield raw

    def gathered(self, raws: Iterable[Raw]) -> Polynomial:
        """The sum of products that are reduced already: each labelled, like terms added."""
        result: Polynomial = {}
        for raw in raws:
            monomial = self._label(raw)
            total = result.get(monomial, 0) + raw.coefficient
            if total:
                result[monomial] = total
            else:
                result.pop(monomial, None)
        return result

    def _step(self, raw: Raw) -> list[Raw] | None:
        if any(not e for e in raw.factors.values()):
            raw.factors = {k: e for k, e in raw.factors.items() if e}
        kinds, slots = self.heads.kinds, self.relations.get(None)
        for key in raw.factors:
            if key[1] and slots is not None:
                rewritten = slots(self, raw, key)
                if rewritten is not None:
                    return rewritten
            relation = self.relations.get(kinds[key[0]])
            if relation is not None:
                rewritten = relation(self, raw, key)
                if rewritten is not None:
                    return rewritten
            for law in self.declared.get(key[0], ()):
                rewritten = law(self, raw, key)
                if rewritten is not None:
                    return rewritten
        return self._unused(raw)

    def _unused(self, raw: Raw) -> list[Raw] | None:
        """Σ over an index that nothing uses is its size."""
        used = {i for _, indices in raw.factors for i in indices if i >= 0}
        idle = [d for d in range(len(raw.sizes)) if d not in used and d not in raw.gone]
        if not idle:
            return None
        gone = raw.gone | frozenset(idle)
        results = [Raw(raw.coefficient, raw.factors, raw.sizes, gone)]
        for dummy in idle:
            size = self._size(raw.sizes[dummy])
            results = [times(r, m, c) for r in results for m, c in size.items()]
        return results

    def _label(self, raw: Raw) -> Monomial:
        factors: list[Factor] = [(h, i, e) for (h, i), e in raw.factors.items()]
        if not raw.sizes:
            return tuple(sorted(factors)), ()
        used = {i for _, indices, _ in factors for i in indices if i >= 0}
        self.budget.spend(len(used) ** 2 // 4)
        return canonical(factors, {d: raw.sizes[d] for d in used}, self.heads.symmetric)


def times(raw: Raw, monomial: Monomial, coefficient: Any) -> Raw:
    """raw · coefficient · monomial, for a monomial whose dummies become new ones of the product."""
    offset = len(raw.sizes)
    factors = dict(raw.factors)
    for head, indices, exponent in monomial[0]:
        key = (head, tuple(i + offset if i >= 0 else i for i in indices))
        factors[key] = factors.get(key, 0) + exponent
    return Raw(raw.coefficient * coefficient, factors, raw.sizes + monomial[1], raw.gone)


def as_raw(monomial: Monomial, coefficient: Any) -> Raw:
    """A term as a product to work on."""
    return Raw(coefficient, {(h, i): e for h, i, e in monomial[0]}, monomial[1])


def _renamed(raw: Raw, names: Mapping[int, int]) -> Raw:
    factors: dict[Key, Exponent] = {}
    for (head, indices), exponent in raw.factors.items():
        key = (head, tuple(names.get(i, i) if i < 0 else i for i in indices))
        factors[key] = factors.get(key, 0) + exponent
    return Raw(raw.coefficient, factors, raw.sizes, raw.gone)


def _summed(raw: Raw, label: int, size: int) -> Raw:
    raw = _renamed(raw, {label: len(raw.sizes)})
    return Raw(raw.coefficient, raw.factors, (*raw.sizes, size), raw.gone)


def labels(polynomial: Polynomial) -> frozenset[int]:
    """The free labels that occur."""
    return frozenset(i for factors, _ in polynomial for _, indices, _ in factors for i in indices if i < 0)


def freeze(polynomial: Polynomial) -> Frozen:
    return frozenset(polynomial.items())


def as_number(polynomial: Polynomial) -> Any | None:
    """The value of a constant polynomial, else None."""
    if not polynomial:
        return fmpq(0)
    if len(polynomial) == 1 and UNIT in polynomial:
        return polynomial[UNIT]
    return None
