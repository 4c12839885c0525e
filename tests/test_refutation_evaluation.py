"""Exact evaluation: it agrees with NumPy, keeps the laws of a ring, and its derivatives are those of SymPy."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy
from flint import arb, fmpq

from derive.equality.arithmetic import PRECISIONS, Balls, differ, is_defined, precision
from derive.equality.arithmetic_functions import FORMULAS, SLOPED
from derive.equality.concrete import Concrete
from derive.equality.dual import Dual, Duals, total
from derive.equality.evaluate import Evaluation, Point, evaluate
from derive.equality.evaluation import RULES
from derive.equality.matrix import Matrix
from derive.equality.model import Model
from derive.equality.values import smooth_functions
from derive.expression.functions import FUNCTIONS, apply
from derive.expression.nodes import (
    NODES,
    Component,
    Derivative,
    Elementwise,
    Explicit,
    Expression,
    Index,
    IndexSum,
    KroneckerDelta,
    Reduce,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.sizes import column, matrix
from derive.expression.traverse import tensors
from derive.networks.network import Network
from numeric.evaluate import Evaluator
from numeric.real import REAL
from tests.expressions import SCOPE, random_expression

SIZES = {"n": 2, "m": 3, "N": 4, **{f"d[{k}]": 2 for k in range(5)}}
LAYERS = (("L", 3), ("l", 2))
PLAIN = [cls for cls in NODES if cls is not Derivative]
KNOWN = [name for name in FUNCTIONS if name not in ("eq", "ne")]
_NO_PROBLEM = Model(None)


def random_point(rng: random.Random, *, low: int = -9) -> Point:
    """Rational values, all different in size from 0, for every plain name of the common scope."""
    values = {}
    for t in SCOPE.tensors.values():
        if t.layer is None:
            rows, columns = (int(side.subs({s: SIZES[s.name] for s in side.free_symbols})) for side in t.shape)
            entries = [fmpq(rng.randint(low, 9), 7) + fmpq(1, 1000) for _ in range(rows * columns)]
            values[(t.name, None)] = Matrix(rows, columns, entries)
    return Point(Concrete(SIZES, LAYERS), values, smooth_functions(["f", "g"], rng.randint(0, 1)))


def as_float(x: object) -> float:
    return float(arb(x).mid())


@pytest.mark.parametrize("seed", range(150))
def test_values_are_those_of_numpy(seed: int) -> None:
    rng = random.Random(seed)
    e = random_expression(rng, nodes=PLAIN, functions=KNOWN, depth=5)
    if any(t.layer is not None for t in tensors(e)):
        return
    point = random_point(rng, low=1 if seed % 2 else -9)
    binding = {"i": 2, "i1": 1, "j": 3}
    with precision(PRECISIONS[1]):
        v = Evaluation(_NO_PROBLEM, point)
        v.binding = dict(binding)
        found = v.value(e)
    arrays = {key[0]: np.array([[as_float(x) for x in m.row(i)] for i in range(m.rows)])
              for key, m in point.values.items()}  # fmt: skip
    sizes = {sympy.Symbol(name, integer=True, positive=True): sympy.Integer(k) for name, k in SIZES.items()}
    with np.errstate(all="ignore"):
        theirs = np.asarray(Evaluator(REAL, arrays, sizes, indices=binding)(e), dtype=float)
    assert found.shape == np.broadcast_to(theirs, found.shape).shape
    for x, y in zip(found.entries, np.broadcast_to(theirs, found.shape).flat, strict=True):
        if is_defined(x) and np.isfinite(y) and abs(y) < 1e9:
            assert as_float(x) == pytest.approx(y, rel=1e-6, abs=1e-6)


def test_every_node_class_has_a_rule_and_every_function_a_formula() -> None:
    assert set(RULES) == set(NODES)
    assert set(FORMULAS) == set(FUNCTIONS)


def random_scalar(rng: random.Random) -> object:
    plain = fmpq(rng.randint(-9, 9), rng.randint(1, 5))
    kind = rng.randrange(4)
    if kind == 0:
        return plain
    if kind == 1:
        return arb(plain).exp()
    level = rng.choice((1, 2))
    inner = Dual(1, plain, {0: fmpq(rng.randint(-4, 4)), 1: fmpq(1)})
    return inner if level == 1 else Dual(2, inner, {0: fmpq(rng.randint(-4, 4))})


def same(x: object, y: object) -> bool:
    """Nowhere certainly different, parts included."""
    if type(x) is Dual or type(y) is Dual:
        level = max(z.level for z in (x, y) if type(z) is Dual)
        a, b = (z if type(z) is Dual and z.level == level else Dual(level, z, {}) for z in (x, y))
        zero = fmpq(0)
        parts = all(same(a.parts.get(k, zero), b.parts.get(k, zero)) for k in {*a.parts, *b.parts})
        return parts and same(a.value, b.value)
    return not differ(x, y)


@pytest.mark.parametrize("seed", range(60))
def test_scalars_are_a_commutative_ring(seed: int) -> None:
    rng = random.Random(seed)
    a, b, c = (random_scalar(rng) for _ in range(3))
    t = Duals(Balls())
    assert same(a + b, b + a)
    assert same(a * b, b * a)
    assert same((a + b) + c, a + (b + c))
    assert same((a * b) * c, a * (b * c))
    assert same(a * (b + c), a * b + a * c)
    assert same(a - a, fmpq(0))
    assert same(total([a, b, c]), a + b + c)
    assert same(t.power(a, 3), a * a * a)
    if t.sign(a):
        assert same(a * t.inverse(a), fmpq(1))
        assert same(t.power(a, -2) * a * a, fmpq(1))
    assert same(t.exp(a + b), t.exp(a) * t.exp(b))
    assert same(t.sin(a) * t.sin(a) + t.cos(a) * t.cos(a), fmpq(1))
    if (t.sign(a) or 0) > 0:
        assert same(t.exp(t.log(a)), a)
        assert same(t.sqrt(a) * t.sqrt(a), a)


@pytest.mark.parametrize("seed", range(30))
def test_dual_numbers_are_the_derivative_of_polynomials(seed: int) -> None:
    """Against SymPy, exactly, first and second derivatives, through a definition."""
    rng = random.Random(seed)
    names = ("p", "q", "r")
    symbols = dict(zip(names, sympy.symbols(names), strict=True))

    def make(depth: int) -> tuple[Expression, sympy.Expr]:
        if depth == 0:
            name = rng.choice(names)
            k = rng.randint(-3, 3)
            return rng.choice([(scalar(name), symbols[name]), (number(k), sympy.Integer(k))])
        (a, x), (b, y) = make(depth - 1), make(depth - 1)
        k = rng.randint(0, 3)
        return rng.choice([(a + b, x + y), (a * b, x * y), (a - b, x - y), (a**k, x**k)])

    e, known = make(4)
    problem = Problem(definitions=(Definition(scalar("u"), e), Definition(scalar("E"), scalar("u") ** 2)))
    at = {name: Fraction(rng.randint(-5, 5), rng.randint(1, 3)) for name in names}
    values = {(k, None): Matrix(1, 1, [fmpq(x.numerator, x.denominator)]) for k, x in at.items()}
    point = Point(Concrete({}), values)
    first = Derivative(scalar("E"), scalar("p"))
    for found, wanted in (
        (first, sympy.diff(known**2, symbols["p"])),
        (Derivative(first, scalar("q")), sympy.diff(known**2, symbols["p"], symbols["q"])),
        (Derivative(scalar("E"), scalar("u")), 2 * known),
        (Derivative(scalar("E") * scalar("p"), scalar("p"), "partial"), known**2),
    ):
        value = evaluate(found, point, Model(problem)).entries[0]
        exact = wanted.subs({symbols[k]: sympy.Rational(x.numerator, x.denominator) for k, x in at.items()})
        assert str(value) == str(exact)


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_slopes_of_formulas_are_the_laws_of_the_table(name: str) -> None:
    """Two routes that share no code: f′ by dual numbers, and the row's derivative evaluated; also at the kink."""
    rng = random.Random(name)
    row = FUNCTIONS[name]
    assert row.derivative is not None
    parameters = [scalar(f"u{k}") for k in range(len(row.parameters))]
    law = row.derivative(*parameters)
    for k in range(6):
        entries = [
            fmpq(rng.randint(1, 9), 3) * (rng.choice((1, -1)) if row.domain == "real" else 1) for _ in parameters
        ]
        if k == 5 and name in SLOPED:
            entries[0] = entries[1] if name in ("maximum", "minimum") else fmpq(0)
        values = {(p.name, None): Matrix(1, 1, [x]) for p, x in zip(parameters, entries, strict=True)}
        v = Evaluation(_NO_PROBLEM, Point(Concrete({}), values))
        slope = v.value(Elementwise(row, tuple(parameters), 1)).entries[0]
        assert is_defined(slope)
        assert not differ(slope, v.value(law).entries[0])


def test_a_kink_is_noted_and_its_slope_can_be_chosen() -> None:
    z = Tensor("z", column(2))
    point = Point(Concrete({}), {("z", None): Matrix(2, 1, [fmpq(0), fmpq(3)])})
    slope = apply("relu", z, order=1)
    for chosen, wanted in ((None, "0"), (fmpq(1), "1"), (fmpq(1, 3), "1/3")):
        v = Evaluation(_NO_PROBLEM, point)
        v.arithmetic.slope = chosen
        assert [str(x) for x in v.value(slope).entries] == [wanted, "1"]
        v.value(apply("relu", z))
        assert len(v.kinks) == 1


def test_what_is_not_defined_is_never_a_number() -> None:
    x = scalar("x")
    for e, at in (
        (1 / x, 0), (apply("log", x), 0), (apply("log", x), -1), (apply("sqrt", x), -2), (x ** Fraction(1, 3), -8),
        (x**-1 * x, 0), (apply("log", x) * 0, -1), (Derivative(apply("sqrt", x), x), 0),
    ):  # fmt: skip
        point = Point(Concrete({}), {("x", None): Matrix(1, 1, [fmpq(at)])})
        assert not is_defined(evaluate(e, point, _NO_PROBLEM).entries[0])


def test_a_sign_that_balls_cannot_decide_is_not_guessed() -> None:
    x = scalar("x")
    zero = apply("exp", x) * apply("exp", -x) - 1
    point = Point(Concrete({}), {("x", None): Matrix(1, 1, [fmpq(1)])})
    for bits in PRECISIONS:
        with precision(bits):
            assert not is_defined(evaluate(apply("step", zero), point, _NO_PROBLEM).entries[0])


def test_indices_sums_and_deltas() -> None:
    W = Tensor("W", matrix("n", "m"))
    i, j = Index("i", W.shape[0]), Index("j", W.shape[1])
    point = Point(Concrete({"n": 2, "m": 3}), {("W", None): Matrix(2, 3, [fmpq(k) for k in range(1, 7)])})
    v = Evaluation(_NO_PROBLEM, point)
    assert v.value(IndexSum(IndexSum(Component(W, i, j), i), j)).entries == v.value(Reduce(W)).entries
    v.binding = {"i": 2}
    assert v.value(IndexSum(Component(W, i, j) * KroneckerDelta(j, 3), j)).entries == [fmpq(6)]
    assert v.value(Component(W, i, None)).entries == [fmpq(4), fmpq(5), fmpq(6)]
    assert v.value(Component(Transpose(W), None, i)).shape == (3, 1)
    assert v.value(Explicit(((number(1), Component(W, 1, 2)),))).entries == [fmpq(1), fmpq(2)]


def test_one_entry_alone_is_the_entry_of_the_whole() -> None:
    problem = Network(widths="2,3,2", activations="tanh", loss="half-squared", l2="lam/2").problem("W1")
    rng = random.Random(3)
    values = {(t.name, None): Matrix(int(t.shape[0]), int(t.shape[1]),
                                     [fmpq(rng.randint(-3, 3), 2) for _ in range(int(t.shape[0] * t.shape[1]))])
              for t in problem.free_tensors}  # fmt: skip
    assert problem.question.objective is not None
    assert problem.question.wrt is not None
    e = Transpose(2 * Derivative(problem.question.objective, problem.question.wrt) + problem.scope.tensors["lam"])
    whole = Evaluation(Model(problem), Point(Concrete({}), values)).value(e)
    rows, columns = (int(side) for side in shape(e))
    for i in range(rows):
        for j in range(columns):
            alone = Evaluation(Model(problem), Point(Concrete({}), values)).entry(e, i, j)
            assert not differ(alone, whole[i, j])


def test_cost_is_linear_in_depth() -> None:
    steps = []
    for depth in (10, 20, 40):
        problem = Network(widths=",".join(["2"] * (depth + 1)), activations="sigmoid").problem("W1")
        values = {(t.name, None): Matrix(int(t.shape[0]), int(t.shape[1]), [fmpq(1)] * int(t.shape[0] * t.shape[1]))
                  for t in problem.free_tensors}  # fmt: skip
        assert problem.question.objective is not None
        v = Evaluation(Model(problem), Point(Concrete({}), values))
        v.entry(Derivative(problem.question.objective, problem.scope.tensors["W1"]), 0, 0)
        steps.append(v.steps[0])
    assert steps[2] - steps[1] == 2 * (steps[1] - steps[0])
