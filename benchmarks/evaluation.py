"""An independent witness: values of expressions in ball arithmetic (Arb, 400 bits), derivatives by differences.

It shares no code with the normal form, the search for counterexamples or the differentiation of `derive`: arrays of
balls in NumPy, central differences with step 2^−80 at those bits, so that slopes are good to about 1e-45.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import flint
import numpy as np
import sympy
from flint import arb

from benchmarks.balls import FUNCTIONS, Undefined, precision, unspecified
from benchmarks.balls import same as same_values
from benchmarks.balls import step as difference_step
from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.sizes import ONE

Array = np.ndarray[Any, Any]
Formulas = Mapping[Tensor, Expression]

LAYERS = {"l": 2, "L": 4}
MODES = ("ordinary", "ordinary", "positive", "large", "coarse")


class Witness:
    """One random point of a problem: sizes, layers and values are drawn when they are first needed.

    mode   `ordinary` values of both signs below 2, `positive`, `large` (about 45), `coarse` (small whole numbers)
    sizes  sizes that are fixed beforehand, by name; the others are drawn from 2 to 4, unlike one another
    """

    def __init__(
        self,
        problem: Problem,
        formulas: Formulas | None = None,
        seed: int = 0,
        mode: str = "ordinary",
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        self.problem = problem
        self.formulas = dict(formulas or {})
        self.rng = random.Random(seed)
        self.mode = mode
        self.sizes: dict[str, int] = dict(sizes or {})
        self.values: dict[tuple[str, int | None], Array] = {}
        self.known: dict[tuple[str, int | None], Array] = {}
        self.indices: dict[str, int] = {}
        self.is_differenced = False  # whether a slope was worked out
        self._unused = [2, 3, 4]
        self.rng.shuffle(self._unused)

    # ---- sizes and layers

    def layer(self, layer: sympy.Expr) -> int:
        return int(layer.subs({s: LAYERS.get(s.name, 2) for s in layer.free_symbols}))

    def size(self, value: sympy.Expr) -> int:
        """A size as a number."""
        applied = {f: sympy.Integer(self._named(f"{f.func.__name__}[{self.layer(f.args[0])}]"))
                   for f in value.atoms(sympy.core.function.AppliedUndef)}  # fmt: skip
        value = value.xreplace(applied)
        return int(value.subs({s: self._named(s.name) for s in value.free_symbols}))

    def _named(self, name: str) -> int:
        if name not in self.sizes:
            self.sizes[name] = self._unused.pop() if self._unused else self.rng.choice((2, 3, 4))
        return self.sizes[name]

    # ---- names

    def tensor(self, t: Tensor) -> Array:
        key = (t.name, None if t.layer is None else self.layer(t.layer))
        if key in self.values:
            return self.values[key]
        if key not in self.known:
            formula = self.formulas.get(t)
            if formula is None and t in self.problem.gradients:
                formula = self._gradient(t)
            if formula is None and (key[1] is None or key[1] > 0):
                formula = self.problem.definition(t)
            if formula is None:
                self.values[key] = self._drawn(t)
                return self.values[key]
            rows, columns = (self.size(side) for side in t.shape)
            self.known[key] = np.broadcast_to(self.value(formula), (rows, columns))
        return self.known[key]

    def _gradient(self, t: Tensor) -> Expression | None:
        """delta1 as ∂E/∂z1; in a network of any depth the deltas are given."""
        if t.layer is not None:
            return None
        objective = self.problem.question.objective or Tensor(self.problem.objective_name, (ONE, ONE))
        return Derivative(objective, self.problem.gradients[t])

    def _drawn(self, t: Tensor) -> Array:
        rows, columns = (self.size(side) for side in t.shape)
        drawn = np.array([[self._number(t.name) for _ in range(columns)] for _ in range(rows)], dtype=object)
        if t.name in self.problem.assumptions.symmetric:
            drawn = (drawn + drawn.T) / arb(2)
        for left, _ in self.problem.assumptions.equations:
            if isinstance(left, Reduce) and left.operand == t:
                axis = left.axis
                drawn = drawn / (drawn.sum() if axis is None else drawn.sum(axis=axis, keepdims=True))
            elif isinstance(left, Power) and left.base == t:
                drawn = np.vectorize(lambda x: arb(1 if x > 0 else -1), otypes=[object])(drawn)
        return drawn

    def _number(self, name: str) -> arb:
        facts = self.problem.assumptions
        if name in facts.binary:
            return arb(self.rng.randint(0, 1))
        low, high = next(((a, b) for n, a, b in facts.between if n == name), (None, None))
        if low is not None and high is not None:
            return low + (high - low) * arb(self.rng.randint(1, 99)) / 101
        value = arb(self.rng.randint(1, 180)) / 101
        if self.mode == "large" and self.rng.random() < 0.7:
            value = value * 25 + 12
        if self.mode == "coarse":
            value = arb(self.rng.randint(1, 4))
        positive = self.mode == "positive" or name in facts.positive
        return value if positive or self.rng.random() < 0.5 else -value

    # ---- values

    def value(self, e: Expression) -> Array:
        """The value with two axes."""
        found = _RULES[type(e)](self, e)
        if isinstance(found, np.ndarray):
            return found
        return np.array([[found if isinstance(found, arb) else arb(found)]], dtype=object)

    def entries(self, e: Expression, indices: tuple[Index, ...] = ()) -> list[Array]:
        """The values for every choice of the free indices."""
        with precision():
            found = []
            for chosen in product(*(range(1, self.size(i.size) + 1) for i in indices)):
                self.indices = {i.name: k for i, k in zip(indices, chosen, strict=True)}
                found.append(self.value(e))
            self.indices = {}
        if not all(x.is_finite() for array in found for x in array.ravel()):
            raise Undefined
        return found

    def same(self, left: Expression, right: Expression, indices: tuple[Index, ...] = ()) -> bool:
        """Whether two expressions have the same values here; two shapes are not the same."""
        pairs = list(zip(self.entries(left, indices), self.entries(right, indices), strict=True))
        if any(a.shape != b.shape for a, b in pairs):
            return False
        with precision():
            return all(same_values(x, y) for a, b in pairs for x, y in zip(a.ravel(), b.ravel(), strict=True))

    def apply(self, e: Elementwise) -> Array:
        arguments = np.broadcast_arrays(*(self.value(a) for a in e.arguments))
        function = e.function

        def plain(*values: arb) -> arb:
            if function.kind == "unspecified":
                return unspecified(function.name, values[0])
            return FUNCTIONS[function.name](*values)

        def at(*values: arb) -> arb:
            z, others = values[0], values[1:]
            if not all(value.is_finite() for value in values):
                raise Undefined
            if e.order == 0:
                return plain(*values)
            self.is_differenced = True
            h = difference_step()
            up, down = plain(z + h, *others), plain(z - h, *others)
            return (up - down) / (2 * h) if e.order == 1 else (up - 2 * plain(*values) + down) / h**2

        if function.kind == "formula":
            return self._formula(e, arguments[0])
        return np.frompyfunc(at, len(arguments), 1)(*arguments)

    def _formula(self, e: Elementwise, z: Array) -> Array:
        assert e.function.formula is not None
        key = (e.function.parameters[0], None)
        self.values[key] = z
        found = self.value(e.function.formula)
        del self.values[key]
        return found

    def slope(self, e: Derivative) -> Array:
        """Central differences through the definitions, cut at the variable if that is a defined name."""
        wrt = e.wrt.operand if isinstance(e.wrt, Component) else e.wrt
        assert isinstance(wrt, Tensor)
        key = (wrt.name, None if wrt.layer is None else self.layer(wrt.layer))
        point, saved, known = self.tensor(wrt), self.values, self.known
        self.value(e.of)  # whatever is still to be drawn is drawn before anything moves
        slopes, h, self.is_differenced = [], difference_step(), True
        for place in np.ndindex(point.shape):
            ends = []
            for sign in (1, -1):
                moved = point.copy()
                moved[place] = moved[place] + sign * h
                self.values, self.known = saved | {key: moved}, {}
                ends.append(self.value(e.of))
            slopes.append((ends[0] - ends[1]) / (2 * h))
        self.values, self.known = saved, known
        if e.form == "jacobian" or slopes[0].shape != (1, 1):
            found = np.stack([s.ravel() for s in slopes], axis=1)
        else:
            found = np.array([s[0, 0] for s in slopes], dtype=object).reshape(point.shape)
        return found[self._at(e.wrt.row), self._at(e.wrt.column)] if isinstance(e.wrt, Component) else found

    def _at(self, position: Any) -> slice:
        if position is None:
            return slice(None)
        n = self.indices[position.name] if isinstance(position, Index) else int(position)
        return slice(n - 1, n)

    def summed(self, e: IndexSum) -> Array:
        before = self.indices.get(e.index.name)
        total: Any = 0
        for k in range(1, self.size(e.index.size) + 1):
            self.indices[e.index.name] = k
            total = total + self.value(e.body)
        del self.indices[e.index.name]
        if before is not None:
            self.indices[e.index.name] = before
        return np.asarray(total, dtype=object)

    def delta(self, e: KroneckerDelta) -> int:
        a, b = (self.indices[p.name] if isinstance(p, Index) else int(p) for p in (e.row, e.column))
        return int(a == b)


def _full(rows: int, columns: int, diagonal: bool = False) -> Array:
    return np.array(
        [[arb(int(not diagonal or i == j)) for j in range(columns)] for i in range(rows)], dtype=object
    ).reshape(rows, columns)


def _matmul(w: Witness, e: MatMul) -> Array:
    found = w.value(e.factors[0])
    for factor in e.factors[1:]:
        right = w.value(factor)
        if 1 in (found.size, right.size) and found.shape[1] != right.shape[0]:
            found = found * right
        elif found.shape[1] == right.shape[0]:
            found = found.dot(right)
        else:
            found = np.array([[(found * right).sum()]], dtype=object)
    return found


def _product(w: Witness, e: Product) -> Array:
    found = w.value(e.factors[0])
    for factor in e.factors[1:]:
        found = found * w.value(factor)
    return found


def _sum(w: Witness, e: Sum) -> Array:
    found = w.value(e.terms[0])
    for term in e.terms[1:]:
        found = found + w.value(term)
    return found


def _power(w: Witness, e: Power) -> Array:
    base, exponent = w.value(e.base), w.value(e.exponent)[0, 0]
    whole = exponent.unique_fmpz() if exponent.is_exact() else None
    if whole is not None and abs(int(whole)) < 100:
        return np.frompyfunc(lambda x: _whole_power(x, int(whole)), 1, 1)(base)
    return np.frompyfunc(lambda x: x**exponent, 1, 1)(base)


def _whole_power(x: arb, n: int) -> arb:
    """By products: a ball that contains 0 has no logarithm."""
    found = arb(1)
    for _ in range(abs(n)):
        found = found * x
    return found if n >= 0 else 1 / found


def _reduce(w: Witness, e: Reduce) -> Array:
    inner = w.value(e.operand)
    return np.array([[inner.sum()]], dtype=object) if e.axis is None else inner.sum(axis=e.axis, keepdims=True)


def _shorthand(w: Witness, e: Shorthand) -> Array:
    first, *others = (w.value(o) for o in e.operands)
    total: Callable[[Array], Any] = lambda a: (  # noqa: E731
        np.array([[a.sum()]], dtype=object) if e.axis is None else a.sum(axis=e.axis, keepdims=True)
    )
    exp, log, root = (np.frompyfunc(FUNCTIONS[name], 1, 1) for name in ("exp", "log", "sqrt"))
    laws: dict[str, Callable[[], Any]] = {
        "norm": lambda: root(total(first * first)),
        "mean": lambda: total(first) / arb(first.size // total(first).size),
        "trace": lambda: np.array([[sum((first[k, k] for k in range(len(first))), arb(0))]], dtype=object),
        "inner": lambda: np.array([[(first * others[0]).sum()]], dtype=object),
        "dot": lambda: np.array([[(first * others[0]).sum()]], dtype=object),
        "outer": lambda: first.dot(others[0].T),
        "softmax": lambda: exp(first) / total(exp(first)),
        "logsumexp": lambda: log(total(exp(first))),
    }
    return np.asarray(laws[e.name](), dtype=object)


_RULES: dict[type[Expression], Callable[[Witness, Any], Any]] = {
    Number: lambda w, e: arb(flint.fmpq(e.value.numerator, e.value.denominator)),
    Constant: lambda w, e: arb.pi(),
    Dimension: lambda w, e: w.size(e.size),
    Tensor: lambda w, e: w.tensor(e),
    Sum: _sum,
    Product: _product,
    Power: _power,
    MatMul: _matmul,
    Transpose: lambda w, e: w.value(e.operand).T,
    Elementwise: lambda w, e: w.apply(e),
    Reduce: _reduce,
    Component: lambda w, e: w.value(e.operand)[w._at(e.row), w._at(e.column)],
    IndexSum: lambda w, e: w.summed(e),
    KroneckerDelta: lambda w, e: w.delta(e),
    Diag: lambda w, e: np.diag([arb(1)] * w.value(e.operand).size) * w.value(e.operand).reshape(-1, 1),
    Ones: lambda w, e: _full(*(w.size(side) for side in e.shape)),
    Identity: lambda w, e: _full(w.size(e.size), w.size(e.size), True),
    Explicit: lambda w, e: np.block([[w.value(x) for x in row] for row in e.rows]),
    Derivative: lambda w, e: w.slope(e),
    Shorthand: _shorthand,
}  # fmt: skip


def free_indices(*expressions: Expression) -> tuple[Index, ...]:
    """The indices that some component mentions and no sum binds."""
    found: dict[Index, None] = {}

    def visit(e: Expression, bound: frozenset[str]) -> None:
        if isinstance(e, IndexSum):
            bound = bound | {e.index.name}
        if isinstance(e, Component | KroneckerDelta):
            for p in (e.row, e.column):
                if isinstance(p, Index) and p.name not in bound:
                    found.setdefault(p)
        for value in e._fields:
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Expression):
                    visit(part, bound)
                elif isinstance(part, tuple):
                    for entry in part:
                        if isinstance(entry, Expression):
                            visit(entry, bound)

    for e in expressions:
        visit(e, frozenset())
    return tuple(sorted(found, key=lambda i: i.name))
