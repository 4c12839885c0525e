"""A term that a certificate rewrites, and the multiples of axioms that change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from derive.certificate import Checker
from derive.expander import LEAVES, SOLID, UNIT, Poly, add

Factors = dict[Any, Any]


@dataclass(frozen=True)
class Step:
    """A multiple of an axiom."""

    coefficient: Any
    factors: Factors
    dummies: dict[str, Any]
    rule: str
    given: tuple[Any, ...] = ()


class Ways(NamedTuple):
    """Which way a proof is looked for.

    late      signs wait until names are opened, and poles of names that are 0 or 1 stay poles
    whole     logarithms of what is positive are left whole
    thorough  both values are put in for names of two values, and gates are compared by how their arguments add up
    """

    late: bool = False
    whole: bool = False
    thorough: bool = False


@dataclass
class Product:
    """One term of a polynomial, its dummies opened as labels; and what the declared equations are about."""

    ring: Checker
    coefficient: Any
    factors: Factors
    dummies: dict[str, Any]
    declared: Mapping[int, tuple[str, str, str]] = field(default_factory=dict)
    ways: Ways = field(default_factory=Ways)

    def without(self, f: Any, count: int | Fraction = 1) -> Factors:
        left = dict(self.factors)
        left[f] = left.get(f, 0) - count
        return {g: e for g, e in left.items() if e}

    def step(self, factors: Factors, rule: str, *given: Any, scale: Any = 1) -> Step:
        """A multiple of an axiom; numbers that it is given are constant polynomials."""
        if rule != "declared":
            given = tuple(g if isinstance(g, dict) else {UNIT: g} if g else {} for g in given)
        return Step(self.coefficient * scale, {g: e for g, e in factors.items() if e}, self.dummies, rule, given)

    def drop(self, f: Any, rule: str, *given: Any, lead: Any = 1) -> list[Step]:
        """Remove one f by an axiom `lead · f − …`."""
        return [self.step(self.without(f), rule, *given, scale=Fraction(1) / lead)]

    def evidence(self, kind: str, u: Poly, g: Poly, rest: Poly) -> Step:
        """That g divides u, so that it is defined and not 0 (or of u's sign) where u is: u = g · rest."""
        with self.ring.unaided(False):
            self.ring.mul(g, rest)  # what it is equal to gets its proof
        return Step(1, {}, self.dummies, "divides", (kind, u, g, rest))

    def as_poly(self, factors: Factors) -> Poly:
        return self.ring.collect([(1, dict(factors), {})])


def minus(u: Poly) -> Poly:
    return {m: -c for m, c in u.items()}


def oriented(u: Poly) -> bool:
    """Of u and −u one is oriented: by the sign of its first coefficient."""
    return not u or min(u.items(), key=lambda item: (-_degree(item[0]), item[0]))[1] > 0


def _degree(m: Any) -> Any:
    return sum(abs(e) for _, e in m[0])


def leading(u: Poly) -> Any:
    """The product that rewriting removes: the greatest by degree."""
    return max(u, key=lambda m: (_degree(m), len(m[1]), m))


def labels(g: Any) -> set[str]:
    if g[0] in LEAVES:
        return set(g[2])
    return {i for (factors, _), _ in g[2] for h, _ in factors for i in labels(h)}


def content(u: Poly) -> Factors:
    """The factors that all terms have in common."""
    tables = [{g: x for g, x in m[0] if g[0] not in SOLID and not any(
        d in labels(g) for d, _ in m[1])} for m in u]  # fmt: skip
    seen = sorted({g for t in tables for g in t})
    low = {g: min(t.get(g, 0) for t in tables) for g in seen}
    return {g: x for g, x in low.items() if x}


def less(factors: Factors, f: Any) -> Factors:
    return {g: x for g, x in {**factors, f: factors[f] - 1}.items() if x}


def divide(p: Product, m: Any, fixed: Any) -> Product | None:
    """The product without the factors of m, whose sums must be whole sums of the product, up to the labels of the
    atom `fixed`, which are held. Sizes are never 0, so they always divide, but are no reason to."""
    factors, dummies = dict(p.factors), dict(p.dummies)
    free = {g: x for g, x in m[0] if not any(d in labels(g) for d, _ in m[1])}
    sizes_divide = any(g[0] != "size" for g, _ in m[0])
    for g, x in free.items():
        have = factors.get(g, 0)
        if not (have >= x > 0 or have <= x < 0 or (sizes_divide and g[0] == "size")):
            return None
        factors[g] = have - x
    bound, sizes = {g: x for g, x in m[0] if g not in free}, dict(m[1])
    for wanted in groups(bound, set(sizes)):
        sum_ = {d: s for d, s in sizes.items() if any(d in labels(g) for g in wanted)}
        target = p.ring.canonical({g: bound[g] for g in wanted}, sum_)
        for group in groups(factors, dummies.keys() - labels(fixed)):
            own = {d: dummies[d] for d in dummies.keys() - labels(fixed) if any(d in labels(g) for g in group)}
            if p.ring.canonical({g: factors[g] for g in group}, own) == target:
                factors = {g: x for g, x in factors.items() if g not in group}
                dummies = {d: s for d, s in dummies.items() if d not in own}
                break
        else:
            return None
    return Product(p.ring, p.coefficient, {g: x for g, x in factors.items() if x}, dummies)


def groups(factors: Factors, dummies: set[str]) -> list[list[Any]]:
    """Factors that share dummies, directly or through others."""
    groups: list[tuple[set[str], list[Any]]] = []
    for g in factors:
        own, joined = labels(g) & dummies, [g]
        if not own:
            continue
        for other in [x for x in groups if x[0] & own]:
            own, joined = own | other[0], joined + other[1]
            groups.remove(other)
        groups.append((own, joined))
    return [g for _, g in groups]


def half(ring: Checker, u: Poly) -> Poly | None:
    """P for a product u = P²; sums occur twice in it."""
    ((c, opened, dummies),) = ring.terms(u)
    free = {g: x for g, x in opened.items() if not labels(g) & dummies.keys()}
    kept: dict[Any, Any] = {g: Fraction(x) / 2 for g, x in free.items()}
    sums: dict[Any, dict[str, Any]] = {}
    if c != 1 or any(x % 2 for x in free.values()):
        return None
    for group in groups({g: x for g, x in opened.items() if g not in free}, {*dummies}):
        part = {g: opened[g] for g in group}
        own = {d: s for d, s in dummies.items() if any(d in labels(g) for g in group)}
        key = ring.canonical(part, own)
        if sums.pop(key, None) is None:
            sums[key] = own
        else:
            kept |= part
    if sums:
        return None
    used = {d: s for d, s in dummies.items() if any(d in labels(g) for g in kept)}
    return ring.collect([(1, kept, used)])


def one_minus_sigmoid(u: Poly) -> Poly | None:
    """v, if u = c·(1 − σ(v))."""
    if len(u) != 2 or UNIT not in u:
        return None
    ((m, c),) = ((m, c) for m, c in u.items() if m != UNIT)
    if c != -u[UNIT] or len(m[0]) != 1 or m[1] or m[0][0][0][0] != "sigmoid" or m[0][0][1] != 1:
        return None
    return dict(m[0][0][0][2])


def one_plus_exp(ring: Checker, u: Poly) -> tuple[Poly, Poly] | None:
    """(s, v), if u = s·(1 + e^v) with s a positive number times exponentials."""
    if len(u) != 2:
        return None
    (m, c), (n, d) = sorted(u.items())
    if c != d or c < 0 or any(x[1] or any(f[0] != "exp" for f, _ in x[0]) for x in (m, n)):
        return None
    low, high = (_exponent(ring, x) for x in (m, n))
    v = add(high, low, scale=-1)
    return ({m: c}, v) if oriented(v) else ({n: c}, minus(v))


def _exponent(ring: Checker, m: Any) -> Poly:
    return add({}, *({x: c * e for x, c in f[2]} for f, e in m[0]))


def mentions(g: Any, name: Any) -> bool:
    return g == name or (g[0] not in LEAVES and any(mentions(h, name) for (fs, _), _ in g[2] for h, _ in fs))


Rule = Callable[[Product, Any, Any], "list[Step] | None"]
"""The steps that a rule takes for a factor and its exponent; None: it has nothing to do."""
