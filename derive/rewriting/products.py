"""Working on raw products: changing exponents, renaming indices, writing out an argument, dividing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from derive.rewriting.heads import Kind
from derive.rewriting.monomial import Exponent, Factor, Monomial, canonical, connected
from derive.rewriting.polynomial import Key, Polynomial, Raw, Ring, times


def with_factors(raw: Raw, changes: Mapping[Key, Exponent | None], coefficient: object = 1) -> Raw:
    """The product with some factors set to another exponent (None removes them)."""
    factors = dict(raw.factors)
    for key, exponent in changes.items():
        if exponent:
            factors[key] = exponent
        else:
            factors.pop(key, None)
    return Raw(raw.coefficient * coefficient, factors, raw.sizes, raw.gone)


def merge_index(raw: Raw, old: int, new: int, drop: Key) -> Raw:
    """The product with one index renamed to another and the factor `drop` removed."""
    merged = rename(with_factors(raw, {drop: None}), {old: new})
    gone = raw.gone | {old} if old >= 0 else raw.gone
    return Raw(merged.coefficient, merged.factors, merged.sizes, gone)


@dataclass(frozen=True)
class Opened:
    """A product in which the dummies that one atom uses are free labels for a while, so that the atom's argument can
    be written out beside it."""

    ring: Ring
    raw: Raw
    key: Key
    back: Mapping[int, int]

    def argument(self, number: int = 0) -> Polynomial:
        return self.ring.thaw(*self.key, number)

    def close(self, raw: Raw) -> Raw:
        return rename(raw, self.back)

    def times(self, raw: Raw, polynomial: Polynomial, scale: object = 1) -> list[Raw]:
        return [self.close(times(raw, m, c * scale)) for m, c in polynomial.items()]


@contextmanager
def opened_out(ring: Ring, raw: Raw, key: Key) -> Iterator[Opened]:
    dummies = sorted({i for i in key[1] if i >= 0})
    with ring.heads.borrowed(len(dummies)) as borrowed:
        names = dict(zip(dummies, borrowed, strict=True))
        inside = (key[0], tuple(names.get(i, i) for i in key[1]))
        back = {label: dummy for dummy, label in names.items()}
        yield Opened(ring, rename(raw, names), inside, back)


def rename(raw: Raw, names: Mapping[int, int]) -> Raw:
    """The product with indices renamed, dummies and labels alike."""
    if not names:
        return raw
    factors: dict[Key, Exponent] = {}
    for (head, indices), exponent in raw.factors.items():
        key = (head, tuple(names.get(i, i) for i in indices))
        factors[key] = factors.get(key, 0) + exponent
    return Raw(raw.coefficient, factors, raw.sizes, raw.gone)


def divide(ring: Ring, raw: Raw, monomial: Monomial) -> Raw | None:
    """raw / monomial if it divides: its free factors by their powers, its sums as whole components.

    Sizes are never 0, so they always divide; but a monomial of sizes alone is no reason to divide.
    """
    fixed, sums = connected(monomial[0])
    factors = dict(raw.factors)
    kinds = ring.heads.kinds
    has_other = bool(sums) or any(kinds[h] is not Kind.SIZE for h, _, _ in fixed)
    for head, indices, exponent in fixed:
        have = factors.get((head, indices), 0)
        is_unit = has_other and kinds[head] is Kind.SIZE
        if not is_unit and not (have >= exponent > 0 or have <= exponent < 0):
            return None
        factors[(head, indices)] = have - exponent
    result = Raw(raw.coefficient, {k: e for k, e in factors.items() if e}, raw.sizes, raw.gone)
    for wanted in sums:
        reduced = _without_sum(ring, result, isolated(ring, wanted, monomial[1]))
        if reduced is None:
            return None
        result = reduced
    return result


def isolated(ring: Ring, factors: list[Factor], sizes: tuple[int, ...]) -> Monomial:
    used = {i for _, indices, _ in factors for i in indices if i >= 0}
    return canonical(factors, {d: sizes[d] for d in used}, ring.heads.symmetric)


def _without_sum(ring: Ring, raw: Raw, wanted: Monomial) -> Raw | None:
    _, components = connected([(h, i, e) for (h, i), e in raw.factors.items()])
    for component in components:
        if len(component) == len(wanted[0]) and isolated(ring, component, raw.sizes) == wanted:
            gone = raw.gone | {i for _, indices, _ in component for i in indices if i >= 0}
            taken = {(h, i) for h, i, _ in component}
            return Raw(raw.coefficient, {k: e for k, e in raw.factors.items() if k not in taken}, raw.sizes, gone)
    return None
