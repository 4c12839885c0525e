"""A small ring expander for the proof checker: polynomials of indexed atoms, multiplied out.

It is the checker's own and shares no code with the prover; the standard library, no import of ours. A factor is
(kind, label, indices) for a leaf and (kind, label, argument) for an atom, its argument a polynomial in order; labels
are strings, and dummies are named by height and place, so that equal products are equal data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

Poly = dict[Any, Any]  # (((factor, exponent), …), ((dummy, size), …)) ↦ coefficient
Term = tuple[Any, dict[Any, Any], dict[str, Any]]  # not in order yet: coefficient, exponents of factors, dummies
UNIT: Any = ((), ())
ONE: Poly = {UNIT: 1}
LEAVES = ("name", "gradient", "fixed", "variable", "size", "pi", "delta")
SCALAR = (((), 1),)  # the size 1; a size is a polynomial in names
POSITIVE = ("sigmoid", "slope", "exp", "softplus", "size", "pi")
NEEDS = {"inverse": ["nonzero"], "log": ["nonzero", "log"], "logabs": ["nonzero"], "root": ["root"]}
LIMIT = 1_000_000


class Refused(Exception):
    """The certificate proves nothing; the message names the step and the reason."""


def need(true: object, reason: str) -> None:
    if not true:
        raise Refused(reason)


def given(true: object, reason: str, rows: list[Any]) -> list[Any]:
    """The rows of an axiom that has a side condition."""
    need(true, reason)
    return rows


def add(*polys: Poly, scale: Any = 1) -> Poly:
    """The first polynomial plus `scale` times the others."""
    result = dict(polys[0])
    for m, c in (item for poly in polys[1:] for item in poly.items()):
        total = result.pop(m, 0) + c * scale
        if total:
            result[m] = total
    return result


def minus(u: Poly) -> Poly:
    return {m: -c for m, c in u.items()}


def freeze(u: Poly) -> Any:
    return tuple(sorted(u.items()))


class Ring:
    """Polynomials of indexed atoms, multiplied out, their dummies in canonical order."""

    def __init__(self, facts: Iterable[tuple[str, ...]]) -> None:
        self.facts = set(facts)
        self.known: dict[Any, Poly] = {}  # what polynomials were proved equal to
        self.plain = False  # while derivatives are taken: the slope at a kink is a convention, so u[u<0] stays
        self.free = False  # while a proof is multiplied out: nothing known is used
        self.depth = self.steps = 0
        self._moved: dict[Any, Any] = {}
        self._scope: dict[Any, tuple[frozenset[str], int]] = {}

    def scope(self, u: Any) -> tuple[frozenset[str], int]:
        """The free labels of an argument, and its height, after which its dummies are named."""
        if u not in self._scope:
            labels: set[str] = set()
            height = 0
            for (factors, dummies), _ in u:
                inner = [(frozenset(f[2]), 0) if f[0] in LEAVES else self.scope(f[2]) for f, _ in factors]
                labels |= frozenset().union(*(i[0] for i in inner)) - {d for d, _ in dummies}
                height = max(height, 1 + max((i[1] for i in inner), default=0))
            self._scope[u] = frozenset(labels), height
        return self._scope[u]

    def within(self, f: Any) -> frozenset[str]:
        return frozenset(f[2]) if f[0] in LEAVES else self.scope(f[2])[0]

    def moved(self, f: Any, names: Mapping[str, str]) -> Any:
        """A factor with its labels renamed."""
        kind, label, u = f
        if kind in LEAVES:
            idx = tuple(names.get(i, i) for i in u)
            tied = kind == "delta" or (kind == "name" and ("symmetric", label, "") in self.facts)
            return kind, label, tuple(sorted(idx)) if tied else idx
        own = tuple((i, names[i]) for i in sorted(self.within(f)) if i in names)
        if own and (f, own) not in self._moved:
            held, self.free = self.free, True
            self._moved[f, own] = (kind, label, freeze(self.rename(dict(u), dict(own))))
            self.free = held
        return self._moved[f, own] if own else f

    @contextmanager
    def borrowed(self, count: int) -> Iterator[list[str]]:
        """Free labels that nothing else uses while the block runs."""
        self.depth += count
        yield [f"?{n}" for n in range(self.depth - count, self.depth)]
        self.depth -= count

    def terms(self, u: Poly, names: Mapping[str, str] | None = None, dummy: str = "<") -> Iterator[Term]:
        """The products of a polynomial, taken apart; their dummies get names that start with `dummy`."""
        for (factors, dummies), c in sorted(u.items()):
            new = {**(names or {}), **{d: dummy + d for d, _ in dummies}}
            moved: dict[Any, Any] = {}
            for f, e in factors:
                f = self.moved(f, new)
                moved[f] = moved.get(f, 0) + e
            yield c, moved, {new[d]: size for d, size in dummies}

    def norm(self, u: Poly) -> Poly:
        return u if self.free else self.known.get((frozenset(u.items()), self.plain), u)

    def leaf(self, kind: str, name: str = "", idx: tuple[str, ...] = ()) -> Poly:
        return self.collect([(1, {self.moved((kind, name, idx), {}): 1}, {})])

    def make(self, kind: str, u: Poly, label: Any = "", e: Any = 1) -> Poly:
        need(kind != "root" or (isinstance(label, int) and label > 1), "a root is a second one or higher")
        return self.collect([(1, {(kind, label, freeze(u)): e}, {})])

    def fraction(self, f: Any, e: Any) -> Any:
        """Only what is positive has powers that are not whole."""
        need(self.positive({(((f, 1),), ()): 1}), "a power that is not whole")
        return e

    def positive(self, u: Poly) -> bool:
        """Positive numbers times positive atoms and squares; in one term no squares."""
        sure = [[f[0] in POSITIVE or ("positive", f[1], "") in self.facts for f, _ in m[0]] for m in u]
        weak = all(s or e % 2 == 0 for m, row in zip(u, sure, strict=True) for s, (_, e) in zip(row, m[0], strict=True))
        return weak and all(c > 0 for c in u.values()) and any(map(all, sure))

    def size(self, value: Any) -> Poly:
        return add({}, *(self.mul({UNIT: c}, *(self.leaf("size", n) for n in names)) for names, c in value))

    def mul(self, *polys: Poly) -> Poly:
        result = polys[0]
        for poly in polys[1:]:
            pairs = [(a, b) for a in self.terms(result) for b in self.terms(poly, dummy=">")]
            result = self.collect((c * d, {k: f.get(k, 0) + g.get(k, 0) for k in f | g}, s | t)
                                  for (c, f, s), (d, g, t) in pairs)  # fmt: skip
        return result

    def total(self, u: Poly, label: str, size: Any) -> Poly:
        """Σ over a free label."""
        return self.collect((c, f, {**s, label: size}) for c, f, s in self.terms(u))

    def rename(self, u: Poly, names: Mapping[str, str]) -> Poly:
        return self.collect(self.terms(u, names))

    def power(self, base: Poly, e: Any) -> Poly:
        if base.keys() == {UNIT} and e == int(e):
            return {UNIT: Fraction(base[UNIT]) ** int(e)}
        whole, part = int(e // 1), Fraction(e) % 1
        need((base or e > 0) and abs(whole) <= 64, "a power of zero, or past 64")
        result = self.mul(ONE, *[self.make("inverse", base) if whole < 0 else base] * abs(whole))
        return self.mul(result, *[self.make("root", base, part.denominator)] * part.numerator) if part else result

    def collect(self, pending: Iterable[Term]) -> Poly:
        result, left = dict[Any, Any](), list(pending)
        while left:
            self.steps += 1
            need(self.steps < LIMIT, "the proof takes too many steps")
            c, factors, dummies = left.pop()
            factors = {f: int(e) if e == int(e) else self.fraction(f, e) for f, e in factors.items() if e}
            new = self.step(c, factors, dummies)
            if new is None:
                result = add(result, {self.canonical(factors, dummies): c})
            left += new or ()
        return self.norm(result)

    def step(self, c: Any, factors: dict[Any, Any], dummies: dict[str, Any]) -> list[Term] | None:
        """δ_ij x_j = δ_ij x_i, Σ_j δ_ij x_j = x_i, δ_ii = 1; Σ over a label that nothing uses is its size."""
        for f, e in factors.items():
            if f[0] != "delta":
                continue
            i, j = sorted(f[2], key=lambda label: (label in dummies, label))
            rest = {g: x for g, x in factors.items() if g != f}
            if i[0] == j[0] == "#" and i != j:
                return []
            if i == j or j in dummies or e != 1 or any(j in self.within(g) for g in rest):
                new: dict[Any, Any] = {} if i == j or j in dummies else {f: 1}
                for g, x in rest.items():
                    g = self.moved(g, {j: i})
                    new[g] = new.get(g, 0) + x
                return [(c, new, {d: s for d, s in dummies.items() if d != j or i == j})]
        used = frozenset().union(*(self.within(f) for f in factors))
        idle = next((d for d in dummies if d not in used), None)
        if idle is None:
            return None
        left = {d: size for d, size in dummies.items() if d != idle}
        sizes = self.terms(self.size(dummies[idle]))
        return [(c * x, {g: factors.get(g, 0) + f.get(g, 0) for g in factors | f}, left) for x, f, _ in sizes]

    def canonical(self, factors: dict[Any, Any], dummies: dict[str, Any]) -> Any:
        """One name for products that differ by the names of dummies: refine colours; a tie is broken at any place."""
        colours, broken, before = dict.fromkeys(dummies, 0), "", 0
        while dummies:
            shade = {d: f"!c{n}" for d, n in colours.items()}
            seen = {d: (dummies[d], colours[d], d != broken, sorted((self.moved(f, {**shade, d: "!"}), e)
                        for f, e in factors.items() if d in self.within(f))) for d in dummies}  # fmt: skip
            order = sorted(dummies, key=seen.__getitem__)
            colours = {d: next(n for n, other in enumerate(order) if seen[other] == seen[d]) for d in order}
            after = len(set(colours.values()))
            if after == len(dummies):
                break
            shared = [d for d in order if list(colours.values()).count(colours[d]) > 1]
            broken, before = shared[0] if after == before else "", after
        height = 1 + max((0 if f[0] in LEAVES else self.scope(f[2])[1] for f in factors), default=0)
        names = {d: f"!{height}.{n}" for n, d in enumerate(sorted(dummies, key=colours.__getitem__))}
        moved = sorted((self.moved(f, names), e) for f, e in factors.items())
        return tuple(moved), tuple((name, dummies[d]) for d, name in names.items())

    def substitute(self, u: Poly, visit: Callable[[Any], Poly | None]) -> Poly:
        """Leaves replaced, also inside arguments; every atom is made again."""
        result: Poly = {}
        for (factors, dummies), c in sorted(u.items()):
            with self.borrowed(len(dummies)) as fresh:
                names, part = {d: f for (d, _), f in zip(dummies, fresh, strict=True)}, {UNIT: c}
                for f, e in factors:
                    f = self.moved(f, names)
                    value = visit(f) if f[0] in LEAVES else self.make(f[0], self.substitute(dict(f[2]), visit), f[1])
                    same = value is None or value == {(((f, 1),), ()): 1}
                    part = self.mul(part, self.collect([(1, {f: e}, {})]) if same else self.power(value or {}, e))
                for d, size in dummies:
                    part = self.total(part, names[d], size)
                result = add(result, part)
        return result


AXIOMS: dict[str, Callable[..., list[Any]]] = {
    # Each row is zero: Σ coefficient × factors, with f(kind, u) the atom of u. D = σ(1 − σ).
    "square": lambda r, f, u: [(1, f("sigmoid", u, e=2)), (-1, f("sigmoid", u)), (1, f("slope", u))],
    "reflection": lambda r, f, u: [(1, f("sigmoid", u)), (1, f("sigmoid", minus(u))), (-1,)],
    "even slope": lambda r, f, u: [(1, f("slope", u)), (-1, f("slope", minus(u)))],
    "exponential": lambda r, f, u: [(1, r.e(u)), (-1, f("sigmoid", u), f("slope", u, e=-1)), (1,)],
    "exp": lambda r, f, u: [(1, f("exp", u)), (-1, r.e(u))],
    "exp of softplus": lambda r, f, u: [(1, f("exp", f("softplus", u))), (-1,), (-1, r.e(u))],
    "exp of log": lambda r, f, u: [(1, f("exp", f("log", u))), (-1, u)],
    "exp of log|u|": lambda r, f, u: [(1, f("exp", f("logabs", u))), (-1, u, f("pos", u)), (1, u, f("neg", u))],
    "softplus reflection": lambda r, f, u: [(1, f("softplus", u)), (-1, f("softplus", minus(u))), (-1, u)],
    "softplus of 0": lambda r, f: [(1, f("softplus", {})), (-1, f("log", {UNIT: 2}))],
    "log": lambda r, f, u: [(1, f("log", u)), (-1, f("logabs", u))],
    "log of -u": lambda r, f, u: [(1, f("logabs", u)), (-1, f("logabs", minus(u)))],
    "log of 1": lambda r, f: [(1, f("logabs", ONE))],
    "log of product": lambda r, f, u, v: [(1, f("logabs", r.mul(u, v))), (-1, f("logabs", u)), (-1, f("logabs", v))],
    "log of power": lambda r, f, u, k: [(1, f("logabs", r.raised(u, k))), (-k, f("logabs", u))],
    "log of exp": lambda r, f, u: [(1, f("logabs", r.e(u))), (-1, u)],
    "log of 1 + exp": lambda r, f, u: [(1, f("logabs", add(ONE, r.e(u)))), (-1, f("softplus", u))],
    "log of sigmoid": lambda r, f, u: [(1, f("logabs", f("sigmoid", u))), (-1, u), (1, f("softplus", u))],
    "log of 1 - sigmoid": lambda r, f, u: [(1, f("logabs", add(ONE, minus(f("sigmoid", u))))), (1, f("softplus", u))],
    "log of slope": lambda r, f, u: [(1, f("logabs", f("slope", u))), (-1, u), (2, f("softplus", u))],
    "log of inverse": lambda r, f, u: [(1, f("logabs", f("inverse", u))), (1, f("logabs", u))],
    "log of root": lambda r, f, u, q: [(q, f("logabs", f("root", u, q))), (-1, f("logabs", u))],
    "inverse": lambda r, f, u: given(u, "0 has no inverse", [(1, u, f("inverse", u)), (-1,)]),
    "root": lambda r, f, u, q: [(1, f("root", u, q, e=q)), (-1, u)],
    "root of product": lambda r, f, u, v, q: given(
        r.positive(u), "u is not positive", [(1, f("root", r.mul(u, v), q)), (-1, f("root", u, q), f("root", v, q))]
    ),
    "root of power": lambda r, f, u, k, q: given(
        r.positive(u), "u is not positive", [(1, f("root", r.raised(u, k), q)), (-1, f("root", u, q, e=k))]
    ),
    "root of exp": lambda r, f, u, q: [
        (1, f("root", r.e(u), q)),
        (-1, r.e({m: Fraction(c) / q for m, c in u.items()})),
    ],
    "root of square": lambda r, f, u: [(1, f("root", r.mul(u, u), 2)), (-1, u, f("pos", u)), (1, u, f("neg", u))],
    "gate of number": lambda r, f, c: [(1, f("pos", {UNIT: c} if c else {})), (-int(c > 0),)],
    "gate of positive": lambda r, f, u: given(r.positive(u), "u is not positive", [(1, f("pos", u)), (-1,)]),
    "gate of -u": lambda r, f, u: [(1, f("neg", u)), (-1, f("pos", minus(u)))],
    "gate of product": lambda r, f, u, v: [
        (1, f("pos", r.mul(u, v))),
        (-1, f("pos", u), f("pos", v)),
        (-1, f("neg", u), f("neg", v)),
    ],
    "gate by region": lambda r, f, u, v: [
        (1, f("pos", u)),
        (-1, f("pos", v), f("pos", r.region(u, v, 1, 0))),
        (-1, f("neg", v), f("pos", r.region(u, v, 0, 1))),
        (-1, r.off(v), f("pos", r.region(u, v, 0, 0))),
    ],
    "gate is 0 or 1": lambda r, f, u, kind: given(
        kind in ("pos", "neg"), "not a gate", [(1, f(kind, u, e=2)), (-1, f(kind, u))]
    ),
    "gates exclude": lambda r, f, u: [(1, f("pos", u), f("neg", u))],
    "zero off the gates": lambda r, f, u: given(not r.plain, "not while a derivative is taken", [(1, u, r.off(u))]),
    "value at zero": lambda r, f, z, u: given(
        not r.plain, "not while a derivative is taken", [(1, u, r.off(z)), (-1, r.at_zero(u, z), r.off(z))]
    ),
    "odd": lambda r, f, u, kind: given(kind in ("erf", "sin"), "not odd", [(1, f(kind, u)), (1, f(kind, minus(u)))]),
    "even": lambda r, f, u: [(1, f("cos", u)), (-1, f("cos", minus(u)))],
    "declared": lambda r, f, *fact: r.declared(*fact),
}


class Calculus(Ring):
    """The axioms of the atoms, and where products are defined."""

    def multiple(self, c: Any, factors: Mapping[Any, Any], dummies: Mapping[str, Any], u: Poly) -> list[Term]:
        """Σ over the dummies of c · factors · u."""
        return [(c * d, {f: factors.get(f, 0) + g.get(f, 0) for f in {**factors, **g}}, {**s, **dummies})
                for d, g, s in self.terms(u)]  # fmt: skip

    def declared(self, kind: str, name: str, axis: str, i: str, j: str) -> list[Any]:
        """An equation that the problem declares; known to the checker of a certificate."""
        raise NotImplementedError

    def axiom(self, rule: str, arguments: Iterable[Any]) -> tuple[Poly, list[Poly]]:
        """What is zero by an axiom, and all that must be defined for it."""
        need(rule in AXIOMS, f"there is no axiom {rule!r}")
        made = [u for u in arguments if isinstance(u, dict)]

        def f(kind: str, u: Poly, label: Any = "", e: Any = 1) -> Poly:
            made.append(self.make(kind, u, label, e))
            return made[-1]

        rows = AXIOMS[rule](self, f, *arguments)
        return add({}, *(self.mul({UNIT: c}, *parts) for c, *parts in rows if c)), made

    def e(self, u: Poly) -> Poly:
        """e^u as a product of e^m, one for each monomial m."""
        return self.mul(ONE, *(self.make("exp", {m: 1}, e=c) for m, c in sorted(u.items())))

    def raised(self, u: Poly, k: Any) -> Poly:
        """A product of atoms to a power."""
        ((c, factors, dummies),) = self.terms(u)
        need(c == 1 and not dummies, "not a product of atoms")
        return self.collect([(1, {f: e * k for f, e in factors.items()}, {})])

    def off(self, u: Poly) -> Poly:
        return add(ONE, self.make("pos", u), self.make("neg", u), scale=-1)

    def region(self, u: Poly, v: Poly, up: int, down: int) -> Poly:
        """u with [v>0] and [v<0] set to 0 or 1."""
        need(all(not m[1] for m in u), "a sum has no region")
        values = {("pos", "", freeze(v)): up, ("neg", "", freeze(v)): down}
        kept = [
            ({f: e for f, e in m[0] if f not in values}, c)
            for m, c in u.items()
            if all(values.get(f, 1) for f, _ in m[0])
        ]
        return self.collect((c, factors, {}) for factors, c in kept)

    def at_zero(self, u: Poly, z: Poly) -> Poly:
        """u where the entry z of a name is 0."""
        (((((name, e),), dummies), _),) = z.items()
        need(name[0] == "name" and e == 1 and not dummies, "not an entry of a name")
        return self.substitute(u, lambda f: {} if f == name else None)

    def needed(self, kind: str, u: Poly, bound: Iterable[str]) -> Any:
        """That u is not 0 (or positive, for log; at least 0, for root) for all values of its dummies; up to a scale."""
        scale = Fraction(min(u.items())[1]) if u else Fraction(1)
        scale = scale if kind == "nonzero" else abs(scale)
        frozen = freeze({m: c / scale for m, c in u.items()})
        return self.canonical(
            {(kind, "", frozen): 1}, dict.fromkeys(sorted(self.scope(frozen)[0].intersection(bound)), SCALAR)
        )

    def granted(self, kind: str, u: Poly, bound: Iterable[str]) -> set[Any]:
        """What follows for definedness from one need: a root that is not 0 is of what is not 0."""
        found, only = {self.needed(kind, u, bound)}, next(iter(u), UNIT)
        if kind == "nonzero" and len(u) == 1 and len(only[0]) == 1 and only[0][0][0][0] == "root":
            found.add(self.needed("nonzero", dict(only[0][0][0][2]), bound))
        return found

    def domain(self, factors: Iterable[tuple[Any, Any]], bound: Iterable[str]) -> set[Any]:
        """What a product needs to be defined."""
        found = set[Any]()
        for f, e in factors:
            for kind in NEEDS.get(f[0], ()) if f[0] in NEEDS and not self.positive(dict(f[2])) else ():
                found |= self.granted(kind, dict(f[2]), bound)
            if (e < 0 or e != int(e)) and not self.positive({(((f, 1),), ()): 1}):
                found |= self.granted("nonzero", {(((f, 1),), ()): 1}, bound)
            for (inside, more), _ in f[2] if f[0] not in LEAVES else ():
                found |= self.domain(inside, {*bound, *(d for d, _ in more)})
        return found
