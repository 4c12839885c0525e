"""A formula and its normal form have the same value: at kinks, at poles that are switched off, and at every size."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from flint import fmpq

from derive.equality.arithmetic import PRECISIONS, differ, is_defined, precision
from derive.equality.concrete import Concrete
from derive.equality.evaluate import Point, evaluate
from derive.equality.matrix import Matrix
from derive.equality.model import Key, Model
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.functions import apply
from derive.expression.nodes import (
    Component,
    Diag,
    Expression,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    number,
    scalar,
)
from derive.expression.problem import Assumptions, Problem
from derive.expression.scope import Scope
from derive.expression.sizes import SCALAR, Shape, column, matrix, size
from derive.expression.text import text
from derive.notation import read
from derive.rewriting import closing, exponential, gate_relations, gates
from derive.rewriting.heads import ROW
from tests.normal_form_values import Values

_n = size("n")
_VECTOR, _MATRIX = column("n"), matrix("n", "n")
_S, _T, _P, _B, _C = (scalar(name) for name in "stpbc")
_X, _Y, _Q = (Tensor(name, _VECTOR) for name in "xyq")
_A, _M = Tensor("A", _MATRIX), Tensor("M", _MATRIX)
PROBLEM = Problem(
    scope=Scope(tensors={t.name: t for t in (_S, _T, _P, _B, _C, _X, _Y, _Q, _A, _M)}, sizes={"n": _n}),
    assumptions=Assumptions(
        positive=frozenset({"p"}), binary=frozenset({"b"}), symmetric=frozenset({"M"}),
        equations=((Power(_C, number(2)), number(1)), (Reduce(_Q), number(1))),
    ),
)  # fmt: skip

_ONE_ARGUMENT = (
    "relu", "relu", "abs", "abs", "sign", "step", "sigmoid", "tanh", "softplus", "exp", "exp", "log", "log", "sqrt",
    "sqrt", "silu", "cosh", "sinh", "sech", "sin", "cos", "gelu",
)  # fmt: skip
_COMPARISONS = ("gt", "lt", "ge", "le", "eq", "ne")
_EXPONENTS = (2, 2, 3, -1, -1, -2, Fraction(1, 2), Fraction(1, 2), Fraction(-1, 2), Fraction(3, 2), Fraction(1, 3))
_POOLS = ((-2, -1, 0, 1, 2), (0, 1), (Fraction(1, 2), 1, 2, -3), (-1, 1), (-1, -2, Fraction(-1, 3)), (0,))


class Chooser:
    """Random formulas in few names, so that arguments are often related."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.indices: tuple[Index, ...] = ()

    def leaf(self, shape: Shape) -> Expression:
        rng = self.rng
        if shape == _VECTOR:
            return rng.choice((_X, _X, _Y, _Q))
        if shape == _MATRIX:
            return rng.choice((_A, _M, _A.T))
        found: list[Expression] = [_S, _S, _T, _T, _P, _B, _C, number(rng.choice((0, 1, 2, -1))), Reduce(_Q)]
        if self.indices:
            i, j = rng.choice(self.indices), rng.choice(self.indices)
            found += [Component(_X, i, None), Component(_M, i, j), KroneckerDelta(i, j)]
        return rng.choice(found)

    def make(self, shape: Shape, depth: int) -> Expression:
        rng = self.rng
        if depth <= 0:
            return self.leaf(shape)
        way = rng.random()
        inner = self.make(shape, depth - 1)
        if way < 0.2:
            return Sum((inner, self.make(rng.choice((shape, SCALAR)), depth - 1)))
        if way < 0.4:
            return Product((inner, self.make(rng.choice((shape, SCALAR)), depth - 1)))
        if way < 0.52:
            return Power(inner, number(rng.choice(_EXPONENTS)))
        if way < 0.56:
            return Power(inner, self.make(SCALAR, min(depth - 1, 1)))
        if way < 0.8:
            return apply(rng.choice(_ONE_ARGUMENT), inner)
        if way < 0.9 or shape == _MATRIX:
            other = self.make(shape, depth - 1)
            test = apply(rng.choice(_COMPARISONS), inner, rng.choice((other, number(0))))
            return test if rng.random() < 0.4 else apply("where", test, self.make(shape, depth - 1), other)
        return self._contracted(shape, depth)

    def _contracted(self, shape: Shape, depth: int) -> Expression:
        rng = self.rng
        if shape == _VECTOR:
            operand = self.make(_MATRIX, depth - 1)
            return rng.choice((Reduce(operand, 1), MatMul((operand, self.make(_VECTOR, depth - 1))),
                               MatMul((Diag(_X), self.leaf(_VECTOR))), Shorthand("softmax", (_Y,), 0)))  # fmt: skip
        if rng.random() < 0.5:
            return Reduce(self.make(_VECTOR, depth - 1))
        index, outer = Index(rng.choice("ij"), _n), self.indices
        self.indices = (*(i for i in outer if i.name != index.name), index)
        body = self.make(SCALAR, depth - 1)
        self.indices = outer
        return IndexSum(body, index)


def points(rng: random.Random) -> Iterator[tuple[int, dict[str, Matrix]]]:
    """Sizes and values that satisfy what is declared; zeros and ties are common."""
    for k in (1, 2, 2, 3, 2, 2):
        pool = rng.choice(_POOLS)

        def drawn(count: int, pool: tuple[int | Fraction, ...] = pool) -> list[fmpq]:
            return [fmpq(x.numerator, x.denominator) for x in map(Fraction, rng.choices(pool, k=count))]

        values = {name: Matrix(1, 1, drawn(1)) for name in "st"}
        values["p"] = Matrix(1, 1, [abs(x) or fmpq(1) for x in drawn(1)])
        values["b"] = Matrix(1, 1, [fmpq(rng.randint(0, 1))])
        values["c"] = Matrix(1, 1, [fmpq(rng.choice((-1, 1)))])
        values |= {name: Matrix(k, 1, drawn(k)) for name in "xy"}
        free = drawn(k - 1)
        values["q"] = Matrix(k, 1, [*free, 1 - sum(free, fmpq(0))])
        values["A"] = Matrix(k, k, drawn(k * k))
        entries = drawn(k * k)
        values["M"] = Matrix(k, k, [entries[min(i, j) * k + max(i, j)] for i in range(k) for j in range(k)])
        yield k, values


def compared(e: Expression, rng: random.Random) -> int:
    """How many values of a formula and of its normal form were compared; none may differ for certain."""
    prover = Prover(PROBLEM)
    prover.ring.budget.terms = 4_000
    try:
        form = prover.lowered(e)
    except DeriveError:
        return 0
    count = 0
    with precision(PRECISIONS[1]):
        for k, names in points(rng):
            given: dict[Key, Matrix] = {(name, None): m for name, m in names.items()}
            found = evaluate(e, Point(Concrete({"n": k}), given), Model(PROBLEM))
            if not is_defined(found.entries[0]):
                continue
            own = Values(prover.ring, names, k)(form, {ROW: 0})
            if is_defined(own):
                count += 1
                assert not differ(found.entries[0], own), (text(e), {n: m.entries for n, m in names.items()})
    return count


@pytest.mark.parametrize("seed", range(6))
def test_a_normal_form_has_the_value_of_its_formula(seed: int) -> None:
    rng, total = random.Random(seed), 0
    for _ in range(60):
        chooser = Chooser(rng)
        total += compared(chooser.make(rng.choice((SCALAR, SCALAR, _VECTOR)), rng.choice((2, 3, 3))), rng)
    assert total > 100


SWITCHED_OFF = (
    "step(1/(b + s**2))",
    "step(log(b + t)**(-1/2) <= 0)",
    "abs(s) == (c + 1)**(t <= s)",
    "where(s + 1 != 0, 1/(s + 1), t)*(s + 1)",
    "where(s**2 > 0, s**(-2), t)*s**2",
    "sum(where(x > 0, 1/x, 0))*s",
    "(step(p*s)**(s**2))**(p == t)",
)
"""Where laws once were used outside of what they hold for."""


@pytest.mark.parametrize("formula", SWITCHED_OFF)
def test_what_is_switched_off_stays_off(formula: str) -> None:
    e = read(formula, PROBLEM.scope)
    assert sum(compared(e, random.Random(seed)) for seed in range(20)) > 10


def _poles_leave_what_a_bit_switches_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(closing, "is_guarded", lambda ring, u: False)
    patch.setattr(gates, "bit_inside", lambda ring, u: None)


FAULTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "poles leave what a bit switches off": _poles_leave_what_a_bit_switches_off,
    "a gate is used beside its pole": lambda patch: patch.setattr(
        gate_relations, "_may_divide_a_pole", lambda ring, raw, key: False
    ),
    "gates stay in the exponent": lambda patch: patch.setattr(exponential, "gate_inside", lambda ring, u: None),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_planted_fault_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        _all_stay_off()


def _all_stay_off() -> None:
    for formula in SWITCHED_OFF:
        test_what_is_switched_off_stays_off(formula)
