"""A small ring expander for the proof checker: polynomials of indexed atoms, multiplied out and differentiated.

No import of ours. A factor is (kind, label, indices) for a leaf and (kind, label, argument) for an atom, its argument a
polynomial in order; labels are strings, dummies are named by height and place, so that equal products are equal data.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

Poly = dict[Any, Any]  # (((factor, exponent), …), ((dummy, size), …)) ↦ coefficient
Term = tuple[Any, dict[Any, Any], dict[str, Any]]  # not in order yet: coefficient, exponents of factors, dummies
UNIT: Any = ((), ())
ONE: Poly = {UNIT: 1}
SCALAR: Any = ((UNIT, 1),)  # the size 1; a size is a polynomial in names, in order
LEAVES = ("name", "gradient", "variable", "size", "pi", "delta")
POSITIVE = ("sigmoid", "slope", "exp", "softplus", "size", "pi")
NOT_NEGATIVE = ("root", "pos", "neg")
SOLID = ("pos", "neg", "delta")  # 0 or 1: their inverse is left as it is
NEEDS = {"inverse": ["nonzero"], "log": ["nonzero", "log"], "logabs": ["nonzero"], "root": ["root"]}

AXIOMS: Mapping[str, tuple[str, str, str]] = {
    # Parameters, what is zero for all their values, and a side condition; slope is D = σ(1 − σ).
    "square": ("u", "sigmoid(u) ** 2 - sigmoid(u) + slope(u)", ""),
    "reflection": ("u", "sigmoid(u) + sigmoid(-u) - 1", ""),
    "even slope": ("u", "slope(u) - slope(-u)", ""),
    "inverse slope": ("u", "1 / slope(u) - 2 - exps(u) - exps(-u)", ""),
    "sigmoid times exp": ("u", "sigmoid(u) * exps(u) - exps(u) + sigmoid(u)", ""),
    "slope times exp": ("u", "slope(u) * exps(u) - sigmoid(u) + slope(u)", ""),
    "exp": ("u", "exp(u) - exps(u)", ""),
    "exp of softplus": ("u", "exp(softplus(u)) - 1 - exps(u)", ""),
    "exp of log|u|": ("u", "exp(logabs(u)) - u * (pos(u) - neg(u))", ""),
    "softplus reflection": ("u", "softplus(u) - softplus(-u) - u", ""),
    "log": ("u", "log(u) - logabs(u)", ""),
    "log is defined": ("u", "pos(u) - 1 + 0 * log(u)", "no slope is taken"),
    "log of -u": ("u", "logabs(u) - logabs(-u)", ""),
    "log of product": ("u v", "logabs(u * v) - logabs(u) - logabs(v)", ""),
    "log of power": ("u k", "logabs(u ** k) - k * logabs(u)", ""),
    "log of exp": ("u", "logabs(exps(u)) - u", ""),
    "log of 1 + exp": ("u", "logabs(1 + exps(u)) - softplus(u)", ""),
    "log of sigmoid": ("u", "logabs(sigmoid(u)) - u + softplus(u)", ""),
    "inverse": ("u", "u * inverse(u) - 1", ""),
    "root": ("u q", "root(u, q) ** q - u", ""),
    "root is defined": ("u q", "neg(u) + 0 * root(u, q)", "no slope is taken"),
    "root of product": ("u v q", "root(u * v, q) - root(u, q) * root(v, q)", "positive"),
    "root of positive": ("u q", "root(u, q) - u ** (1 / q)", "positive"),
    "root of square": ("u", "root(u * u, 2) - u * (pos(u) - neg(u))", ""),
    "positive": ("u v", "pos(u + v * v) - 1", "positive"),
    "not negative": ("u v", "neg(u + v * v)", "not negative"),
    "gate of -u": ("u", "neg(u) - pos(-u)", ""),
    "gate of product": ("u v", "pos(u * v) - pos(u) * pos(v) - neg(u) * neg(v)", ""),
    "gate of sum": ("u v", "pos(u + v) * (1 - pos(u)) * (1 - pos(v))", ""),
    "gate by region": ("v a b c", "pos(a * pos(v) + b * neg(v) + c) - pos(v) * pos(a + c) - neg(v) * pos(b + c)"
                       " - (1 - pos(v) - neg(v)) * pos(c)", ""),
    "pos is 0 or 1": ("u", "pos(u) ** 2 - pos(u)", ""),
    "gates exclude": ("u", "pos(u) * neg(u)", ""),
    "zero off the gates": ("u", "u * (1 - pos(u) - neg(u))", "no slope is taken"),
    "square in a sum": ("u v", "v * (1 - pos(u))", "v² is in u"),
    "value": ("u z c v", "(u - at(u, z, c)) * v * (1 - pos((z - c) * v) - neg((z - c) * v))", "no slope is taken"),
    "odd erf": ("u", "erf(u) + erf(-u)", ""),
    "odd sin": ("u", "sin(u) + sin(-u)", ""),
    "even cos": ("u", "cos(u) - cos(-u)", ""),
    "circle": ("u", "sin(u) ** 2 + cos(u) ** 2 - 1", ""),
}  # fmt: skip


class Refused(Exception):
    """The certificate proves nothing; the message names the step and the reason."""


def need(true: object, reason: str) -> None:
    if not true:
        raise Refused(reason)


def add(*polys: Poly, scale: Any = 1) -> Poly:
    """The first polynomial plus `scale` times the others."""
    result = dict(polys[0])
    for m, c in (item for poly in polys[1:] for item in poly.items()):
        total = result.pop(m, 0) + c * scale
        if total:
            result[m] = total
    return result


def freeze(u: Poly) -> Any:
    return tuple(sorted(u.items()))


def names(e: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(e) if isinstance(node, ast.Name)}


def times(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> dict[Any, Any]:
    """The exponents of a product."""
    return {f: e for f in {**a, **b} if (e := a.get(f, 0) + b.get(f, 0))}


def number(value: Any) -> Any:
    """A whole number, or a fraction in lowest terms as text."""
    lowest = isinstance(value, str) and "/" in value and str(Fraction(value)) == value
    need(lowest or type(value) is int, "not a number, or not in lowest terms")
    return Fraction(value) if lowest else value


class Ring:
    """Polynomials of indexed atoms, multiplied out, their dummies in canonical order."""

    def __init__(self, facts: Iterable[tuple[str, str]]) -> None:
        self.facts = set(facts)  # ("positive" or "symmetric", name)
        self.known: dict[Any, Poly] = {}  # what polynomials were proved equal to
        self.plain = False  # while derivatives are taken: the slope at a kink is a convention, so u[u<0] stays
        self.free = False  # while a proof is multiplied out: nothing known is used
        self.over: dict[str, Any] = {}  # what free labels of a proof run over
        self.depth = self.steps = 0
        self.made: list[Poly] = []  # atoms and their arguments, that an axiom mentions
        self._moved, self._scope = dict[Any, Any](), dict[Any, tuple[frozenset[str], int]]()

    def scope(self, u: Any) -> tuple[frozenset[str], int]:
        """The free labels of an argument, and its height, after which its dummies are named."""
        if u not in self._scope:
            labels, height = set[str](), 0
            for (factors, dummies), _ in u:
                inner = [(frozenset(f[2]), 0) if f[0] in LEAVES else self.scope(f[2]) for f, _ in factors]
                labels |= frozenset().union(*(i[0] for i in inner)) - {d for d, _ in dummies}
                height = max(height, 1 + max((i[1] for i in inner), default=0))
            self._scope[u] = frozenset(labels), height
        return self._scope[u]

    def within(self, f: Any) -> frozenset[str]:
        """The labels of a factor."""
        return frozenset(f[2]) if f[0] in LEAVES else self.scope(f[2])[0]

    def moved(self, f: Any, names: Mapping[str, str]) -> Any:
        """A factor with its labels renamed."""
        kind, label, u = f
        if kind in LEAVES:
            idx = tuple(names.get(i, i) for i in u)
            tied = kind == "delta" or (kind == "name" and ("symmetric", label) in self.facts)
            return kind, label, tuple(sorted(idx)) if tied else idx
        own = tuple((i, names[i]) for i in sorted(self.within(f)) if i in names)
        if own and (f, own) not in self._moved:
            with self.unaided():
                self._moved[f, own] = (kind, label, freeze(self.rename(dict(u), dict(own))))
        return self._moved[f, own] if own else f

    @contextmanager
    def unaided(self, free: bool = True) -> Iterator[None]:
        """While the block runs, nothing that was proved is used; or, with free = False, it is again."""
        held, self.free = self.free, free
        try:
            yield
        finally:
            self.free = held

    @contextmanager
    def borrowed(self, count: int) -> Iterator[list[str]]:
        """Free labels that nothing else uses while the block runs; in a proof none that a certificate may use."""
        self.depth += count
        yield [f"{'!' * self.free}?{n}" for n in range(self.depth - count, self.depth)]
        self.depth -= count

    def terms(self, u: Poly, names: Mapping[str, str] | None = None, dummy: str = "<") -> Iterator[Term]:
        """The products of a polynomial, taken apart; their dummies get names that start with `dummy`."""
        for (factors, dummies), c in u.items():
            new = {**(names or {}), **{d: dummy + d for d, _ in dummies}}
            moved: dict[Any, Any] = {}
            for f, e in factors:
                f = self.moved(f, new) if new else f
                moved[f] = moved.get(f, 0) + e
            yield c, moved, {new[d]: size for d, size in dummies}

    def norm(self, u: Poly) -> Poly:
        """What a polynomial was proved equal to."""
        return u if self.free else self.known.get((frozenset(u.items()), self.plain), u)

    def leaf(self, kind: str, name: str = "", idx: tuple[str, ...] = ()) -> Poly:
        return self.collect([(1, {self.moved((kind, name, idx), {}): 1}, {})])

    def make(self, kind: str, u: Poly, label: Any = "") -> Poly:
        """An atom; the inverse of a product is the product of its factors' inverses."""
        need(kind != "root" or (isinstance(label, int) and label > 1), "a root is a second one or higher")
        need(kind != "inverse" or u, "0 has no inverse")
        self.made.append(u)
        with self.unaided(False):
            u = self.norm(u)
        whole = kind == "inverse" and self.powers(u, -1)
        self.made.append(whole or self.collect([(1, {(kind, label, freeze(u)): 1}, {})]))
        return self.made[-1]

    def powers(self, u: Poly, e: Any) -> Poly | None:
        """A product of factors to a power, factor by factor; half powers are of positive factors only."""
        ((factors, dummies), c), *more = u.items() or [(UNIT, 0)]
        sure = e == int(e) or (c == 1 and all(self.positive({(((f, 1),), ()): 1}) for f, _ in factors))
        if not c or more or dummies or not sure or (e < 0 and any(f[0] in SOLID for f, _ in factors)):
            return None
        return self.collect([(Fraction(c) ** int(e) if e == int(e) else 1, {f: x * e for f, x in factors}, {})])

    def power(self, base: Poly, e: Any) -> Poly:
        """A power of what is no product is one of it, of its inverse, and of its root."""
        need((base or e > 0) and abs(e) <= 64, "a power of zero, or past 64")
        if (product := self.powers(base, e)) is not None:
            return product
        whole, part = int(e // 1), Fraction(e) % 1
        result = self.mul(ONE, *[self.make("inverse", base) if whole < 0 else base] * abs(whole))
        return self.mul(result, *[self.make("root", base, part.denominator)] * part.numerator) if part else result

    def positive(self, u: Poly) -> bool:
        """Positive numbers times positive atoms and squares; in one term no squares."""
        return self.weak(u) and any(all(self.sure(f) for f, _ in m[0]) for m in u)

    def weak(self, u: Poly) -> bool:
        """Positive numbers times positive atoms, roots, gates, squares, u[u>0] and −u[u<0] are not negative."""
        for (factors, _), c in u.items():
            odd = [f for f, e in factors if e % 2 and f[0] not in NOT_NEGATIVE and not self.sure(f)]
            below, above = ([f for f in odd if (kind, "", (((((f, 1),), ()), 1),)) in dict(factors)]
                            for kind in ("neg", "pos"))  # fmt: skip
            if c * (-1) ** len(below) <= 0 or len(below) + len(above) < len(odd):
                return False
        return True

    def squared(self, u: Poly, v: Poly) -> bool:
        """Whether v², summed over the labels that u does not have, is a term of u, which has none that is negative."""
        square = self.mul(v, v)
        for label in self.scope(freeze(v))[0] - self.scope(freeze(u))[0]:
            square = self.total(square, label, self.over[label])
        return self.weak(u) and len(square) == 1 and square.keys() <= u.keys()

    def sure(self, f: Any) -> bool:
        inner = f[0] in ("inverse", "root") and self.positive(dict(f[2]))
        return inner or f[0] in POSITIVE or (f[0] == "name" and ("positive", f[1]) in self.facts)

    def mul(self, *polys: Poly) -> Poly:
        result = polys[0]
        for poly in polys[1:]:
            others = [*self.terms(poly, dummy=">")]
            result = self.collect((c * d, times(f, g), s | t) for c, f, s in self.terms(result) for d, g, t in others)
        return result

    def multiple(self, c: Any, factors: Mapping[Any, Any], dummies: Mapping[str, Any], u: Poly) -> list[Term]:
        """Σ over the dummies of c · factors · u."""
        return [(c * d, times(factors, g), {**s, **dummies}) for d, g, s in self.terms(u)]

    def total(self, u: Poly, label: str, size: Any) -> Poly:
        """Σ over a free label; over one value there is nothing to add."""
        return u if size == SCALAR else self.collect((c, f, {**s, label: size}) for c, f, s in self.terms(u))

    def rename(self, u: Poly, names: Mapping[str, str]) -> Poly:
        return self.collect(self.terms(u, names))

    def collect(self, pending: Iterable[Term]) -> Poly:
        result, left = dict[Any, Any](), list(pending)
        while left:
            self.steps += 1
            need(self.steps < 1_000_000, "the proof takes too many steps")
            c, factors, dummies = left.pop()
            factors = {f: e if isinstance(e, int) or e != int(e) else int(e) for f, e in factors.items() if e}
            need(all(isinstance(e, int) or self.sure(f) for f, e in factors.items()), "a power that is not whole")
            new = self.step(c, factors, dummies) if dummies or any(f[0] == "delta" for f in factors) else None
            if new is None:
                m = self.canonical(factors, dummies) if dummies else (tuple(sorted(factors.items())), ())
                result[m] = result.get(m, 0) + c
            left += new or ()
        return self.norm({m: c for m, c in result.items() if c})

    def step(self, c: Any, factors: dict[Any, Any], dummies: dict[str, Any]) -> list[Term] | None:
        """δ_ij x_j = δ_ij x_i, Σ_j δ_ij x_j = x_i, δ_ii = 1; Σ over a label that nothing uses is its size."""
        for f, e in factors.items():
            if f[0] != "delta":
                continue
            i, j = sorted(f[2], key=lambda label: (label in dummies, label))
            rest = {g: x for g, x in factors.items() if g != f}
            need(e > 0, "a power of a delta")
            if i[0] == j[0] == "#" and i != j:
                return []
            need(not self.free or dummies.get(j) in (None, dummies.get(i, self.over.get(i))), "an index out of a sum")
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
        return self.multiple(c, factors, left, dict(dummies[idle]))

    def canonical(self, factors: dict[Any, Any], dummies: dict[str, Any]) -> Any:
        """One name for products that differ by the names of dummies: refine colours; a tie is broken at any place."""
        colours, broken, before = dict.fromkeys(dummies, 0), "", 0
        while len(dummies) > 1:
            shade = {d: f"!c{n}" for d, n in colours.items()}
            seen = {d: (dummies[d], colours[d], d != broken, sorted((self.moved(f, {**shade, d: "!"}), e)
                        for f, e in factors.items() if d in self.within(f))) for d in dummies}  # fmt: skip
            order = sorted(dummies, key=seen.__getitem__)
            colours = {d: next(n for n, other in enumerate(order) if seen[other] == seen[d]) for d in order}
            if (after := len(set(colours.values()))) == len(dummies):
                break
            shared = [d for d in order if list(colours.values()).count(colours[d]) > 1]
            broken, before = shared[0] if after == before else "", after
        height = 1 + max((0 if f[0] in LEAVES else self.scope(f[2])[1] for f in factors), default=0)
        names = {d: f"!{height}.{n}" for n, d in enumerate(sorted(dummies, key=colours.__getitem__))}
        moved = sorted((self.moved(f, names), e) for f, e in factors.items())
        return tuple(moved), tuple((name, dummies[d]) for d, name in names.items())

    def each(self, u: Poly, change: Callable[[dict[Any, Any]], Poly]) -> Poly:
        """The sum of what is made of each product, its dummies being free labels meanwhile."""
        result: Poly = {}
        for (factors, dummies), c in u.items():
            with self.borrowed(len(dummies)) as fresh:
                names, opened = {d: f for (d, _), f in zip(dummies, fresh, strict=True)}, dict[Any, Any]()
                for f, e in factors:
                    opened = times(opened, {self.moved(f, names): e})
                part = self.mul({UNIT: c}, change(opened))
                for d, size in dummies:
                    part = self.total(part, names[d], size)
                result = add(result, part)
        return result

    def substitute(self, u: Poly, visit: Callable[[Any], Poly | None]) -> Poly:
        """Leaves replaced, also inside arguments; every atom is made again."""

        def new(f: Any, e: Any) -> Poly:
            value = visit(f) if f[0] in LEAVES else self.make(f[0], self.substitute(dict(f[2]), visit), f[1])
            same = value is None or value == {(((f, 1),), ()): 1}
            return self.collect([(1, {f: e}, {})]) if same else self.power(value or {}, e)

        return self.each(u, lambda product: self.mul(ONE, *(new(f, e) for f, e in product.items())))

    def derivative(self, u: Poly, wrt: Any) -> Poly:
        """∂u/∂(a leaf at free labels): the product rule, and the slope of each factor."""

        def part(product: dict[Any, Any], f: Any, e: Any) -> Poly:
            inner = self.slope(f, wrt)
            return self.mul(self.collect([(e, times(product, {f: -1}), {})]), inner) if inner else {}

        return self.each(u, lambda product: add({}, *(part(product, f, e) for f, e in product.items())))

    def slope(self, f: Any, wrt: Any) -> Poly:
        """The derivative of one factor: of a leaf deltas, of an atom its slope times that of the argument."""
        kind, label, inside = f
        if kind in LEAVES:
            pairs = zip(inside, wrt[2], strict=True) if (kind, label) == wrt[:2] else ()
            return self.mul(ONE, *(self.leaf("delta", "", pair) for pair in pairs)) if (kind, label) == wrt[:2] else {}
        u, own = dict(inside), {((((f, 1),), ())): 1}
        inner = self.derivative(u, wrt) if kind not in ("pos", "neg") else {}
        if not inner:
            return {}
        outer: dict[str, Callable[[], Poly]] = {
            "sigmoid": lambda: self.make("slope", u),
            "slope": lambda: self.mul(self.make("slope", u), add(ONE, self.make("sigmoid", u), scale=-2)),
            "exp": lambda: own,
            "softplus": lambda: self.make("sigmoid", u),
            "log": lambda: self.make("inverse", u),
            "inverse": lambda: self.mul({UNIT: -1}, self.power(u, -2)),
            "root": lambda: self.mul({UNIT: Fraction(1, label)}, own, self.make("inverse", u)),
            "sin": lambda: self.make("cos", u),
            "cos": lambda: self.mul({UNIT: -1}, self.make("sin", u)),
            "erf": lambda: self.mul({UNIT: 2}, self.make("exp", self.mul({UNIT: -1}, u, u)),
                                    self.power(self.leaf("pi"), Fraction(-1, 2))),
            "function": lambda: self.make("function", u, (label[0], label[1] + 1)),
        }  # fmt: skip
        return self.mul(outer["log" if kind == "logabs" else kind](), inner)

    def needed(self, kind: str, u: Poly, bound: Mapping[str, Any]) -> set[Any]:
        """That u is not 0 (or positive, for log; at least 0, for root) for all values of its dummies, up to a scale;
        a product is not 0 if no factor is, 1/u is not, and a root if what is under it is not."""
        ((factors, dummies), _), *more = u.items() or [(UNIT, 0)]
        single = len(factors) == 1 and factors[0][1] == 1 and factors[0][0][0] != "inverse"
        if kind == "nonzero" and factors and not more and not dummies and not single:
            parts = (dict(f[2]) if f[0] == "inverse" else {(((f, 1),), ()): 1} for f, _ in factors)
            return set[Any]().union(*(self.needed(kind, part, bound) for part in parts))
        if self.positive(u) or (kind == "root" and self.weak(u)):
            return set()
        scale = Fraction(min(u.items())[1]) if u else Fraction(1)
        frozen = freeze({m: c / (scale if kind == "nonzero" else abs(scale)) for m, c in u.items()})
        own = {d: bound[d] for d in sorted(self.scope(frozen)[0]) if d in bound}
        found = {self.canonical({(kind, "", frozen): 1}, own)}
        if kind == "nonzero" and factors and not more and factors[0][0][0] == "root":
            found |= self.needed(kind, dict(factors[0][0][2]), bound)
        return found

    def domain(self, polys: Iterable[Poly], bound: Mapping[str, Any]) -> set[Any]:
        """What polynomials need to be defined."""
        found = set[Any]()
        for factors, dummies in (m for u in polys for m in u):
            scope = {**bound, **dict(dummies)}
            for f, e in factors:
                for kind in NEEDS.get(f[0], ()):
                    found |= self.needed(kind, dict(f[2]), scope)
                if e < 0 or e != int(e):
                    found |= self.needed("nonzero", {(((f, 1),), ()): 1}, scope)
                found |= self.domain([dict(f[2])], scope) if f[0] not in LEAVES else set()
        return found
