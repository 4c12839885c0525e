"""What is proved is true wherever both sides are defined; what algebra makes equal is proved.

Truth is settled by `numpy_values`, written apart from the package, and by the exact search for a counterexample.
"""

from __future__ import annotations

import random

import pytest

from derive.equality.indices import free_indices
from derive.equality.prove import Prover
from derive.equality.search import refute
from derive.errors import DeriveError, ShapeError, Unsupported
from derive.expression.functions import apply, from_formula, unspecified
from derive.expression.nodes import (
    Component,
    Derivative,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    Number,
    Ones,
    Power,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    number,
    scalar,
)
from derive.expression.problem import Assumptions, Problem
from derive.expression.scope import Scope
from derive.expression.sizes import column, matrix, size
from derive.expression.text import text
from derive.networks.network import Network
from derive.rewriting.polynomial import Budget
from tests.expressions import SCOPE, SHAPES, random_expression
from tests.lowering import PLAIN, VALUES
from tests.numpy_values import disagreement
from tests.rewrites import MUTATIONS, REWRITES, changed, size_of

GATED = ("relu", "abs", "sign", "step", "gt", "ge", "lt", "le", "eq", "where", "maximum", "minimum", "elu", "identity")
DOMAINS = ("log", "sqrt", "exp", "abs", "sigmoid", "softplus", "tanh", "relu")


def _pair(rng: random.Random, functions: tuple[str, ...] | None) -> tuple[Expression, Expression] | None:
    """A formula and one or two mutations, now and then also a rewrite, of it."""
    chosen = {} if functions is None else {"functions": functions}
    e = random_expression(rng, PLAIN, rng.choice(SHAPES), rng.choice((2, 3, 3, 4)), nodes=VALUES, **chosen)
    if size_of(e) > 40:
        return None
    other = e
    for table in rng.choice(((MUTATIONS,), (MUTATIONS,), (MUTATIONS, REWRITES), (MUTATIONS, MUTATIONS))):
        found = changed(rng, other, table)
        other = other if found is None else found[1]
    return None if other == e else (e, other)


@pytest.mark.parametrize("functions", [None, GATED, DOMAINS], ids=["all", "gates", "domains"])
def test_what_is_proved_is_equal(functions: tuple[str, ...] | None) -> None:
    proved = tried = 0
    for seed in range(220):
        pair = _pair(random.Random(f"{functions}{seed}"), functions)
        if pair is None:
            continue
        tried += 1
        prover = Prover()
        try:
            found = prover.equal(*pair)
        except DeriveError:
            continue
        if found is not None:
            proved += 1
            point = disagreement(*pair, free_indices(Sum(pair)), seed=seed)
            assert point is None, f"{text(pair[0])} = {text(pair[1])} fails at {point.sizes} {point.names}"
    assert tried > 160
    assert proved > 20


def test_the_witness_sees_a_planted_difference() -> None:
    x, s = SCOPE.tensors["x"], scalar("s")
    assert disagreement(apply("gt", x, number(0)), apply("ge", x, number(0))) is not None
    assert disagreement(apply("sqrt", s**2), s) is not None
    assert disagreement(apply("log", s**2), 2 * apply("log", s)) is None


_s, _t, _a, _b, _z = (scalar(c) for c in ("s", "t", "a", "b", "z"))
_x, _v, _y = (Tensor(c, column("n")) for c in "xvy")
_W, _C = Tensor("W", matrix("n", "n")), Tensor("C", matrix("n", "n"))
_i, _j = Index("i", size("n")), Index("j", size("m"))
_HALF, _ONE, _N = number("1/2"), number(1), Dimension(size("N"))


def _log(e: Expression) -> Expression:
    return apply("log", e)


def _exp(e: Expression) -> Expression:
    return apply("exp", e)


_V, _U, _P = Tensor("V", column(3)), Tensor("U", column(2)), Tensor("P", matrix(3, 2))


def _relu_of(entries: list[Expression]) -> Expression:
    return apply("relu", Explicit(tuple((e,) for e in entries)))


def _row(k: int) -> Expression:
    return Component(_P, k, 1) * Component(_U, 1, None) + Component(_P, k, 2) * Component(_U, 2, None)


_SIGMA = apply("sigmoid", _s)
_NORM = Shorthand("norm", (_W @ _x - _x,))

TRAPS: dict[str, tuple[Expression, Expression]] = {
    "the exponent of a square is no square": (Power(_s**2, _t), Power(_s, 2 * _t)),
    "an unknown power is not positive": (Power(_s, 2 * _t), apply("abs", Power(_s, 2 * _t))),
    "nor is an N-th power": (_s**_N, apply("abs", _s) ** _N),
    "0^(N-1) is not 0^N": (apply("step", _s) ** (_N - 1), apply("step", _s) ** _N),
    "log of an even pole": (_exp(-_HALF * _log(1 / (_a + _b) ** 2)), _a + _b),
    "log of an even power": (_exp(_HALF * _log((_a + _b) ** -2)), 1 / (_a + _b)),
    "logs that are nowhere both defined": (_log(_s * _t), _log(-_s * _t)),
    "0 off the diagonal is not seen on it": (_W * apply("gt", Reduce(Identity(size("n")) * _W**2), number(0)), _W),
    "0 in one row is not 0 in all": (_W.T * apply("gt", Reduce(_W**2, 1), number(0)), _W.T),
    "the inside of a log is not |·|": (_exp(_log(_s * (1 - _t))), apply("abs", _s) * (1 - _t)),
    "what 0^(N-1) is at 0": (apply("eq", _s, number(0)) / _s ** (_N - 1), number(0)),
    "s^(N-1) has no pole": (
        (1 + _s ** (_N - 1)) ** -1 * apply("ne", _s, number(0)),
        (1 + _s ** (_N - 1)) ** -1,
    ),
    "0^(N-1) has a sign of its own": (
        apply("sign", Power(apply("eq", _s, number(0)), number("2/3")) ** (_N - 1)),
        apply("eq", _s, number(0)),
    ),
    "root of a square": (apply("sqrt", _s**2), _s),
    "third root of a cube": (Power(_s**6, number("1/3")), _s**2 * apply("sign", _s)),
    "jacobian in a row": (
        Derivative(_W @ _x, Component(_W, _i, None), "jacobian"),
        Derivative(_W @ _x, Component(_W, None, _i), "jacobian"),
    ),
    "a number past the end": (IndexSum(KroneckerDelta(Index("k", size(2)), 3), Index("k", size(2))), number(1)),
    "two shapes": (_x, _x @ Ones((size(1), size("N")))),
    "slope of a jump": (
        Derivative(apply("relu", _s), _s),
        Derivative(_s * apply("ge", _s, number(0)), _s),
    ),
    "slope of a formula with a kink": (
        Derivative(Elementwise(from_formula("h", "z", apply("abs", _z)), (_s,)), _s),
        2 * apply("gt", _s, number(0)) - 1,
    ),
    "slope of a choice": (Derivative(apply("where", _s, _s, _t), _s), number(1)),
    "a pole that is switched off": (apply("where", apply("gt", _s**2, number(0)), _s**-2, number(0)) * _s**2, _ONE),
    "a pole that is switched off on both sides": (
        apply("where", apply("gt", _s, number(0)), 1 / _s, apply("where", apply("lt", _s, number(0)), 1 / _s, _t)) * _s,
        _ONE,
    ),
    "a power of 0 with a gate": (
        apply("sign", _s ** (1 - apply("step", _t))),
        apply("sign", _s) * apply("sign", _s ** apply("step", _t)),
    ),
    "a slope of σ has a sign": (apply("relu", _SIGMA - _HALF), _SIGMA - _HALF),
    "σ - 2D has no sign": (apply("abs", _SIGMA - 2 * _SIGMA * (1 - _SIGMA)), _SIGMA - 2 * _SIGMA * (1 - _SIGMA)),
    "two names between two numbers": (
        apply("gt", _s, number(0)) * apply("lt", _t, _ONE),
        apply("gt", _s, number(0)) + apply("lt", _t, _ONE) - 1,
    ),
    "on both sides of two numbers": (
        apply("gt", _s, _ONE) * apply("lt", _s, number(0)),
        apply("gt", _s, _ONE) + apply("lt", _s, number(0)) - 1,
    ),
    "sinh has a sign": (apply("abs", apply("sinh", _s)), apply("sinh", _s)),
    "e^2s - 1 has the sign of e^s": (apply("step", _exp(2 * _s) - 1), apply("step", _exp(_s))),
    "sech² beside σ": (apply("sech", _s) ** 2 + apply("tanh", _s) ** 2 + _SIGMA, 1 + apply("sigmoid", 2 * _s)),
    "dead unit": (apply("sign", _s - _s), 2 * apply("gt", _s - _s, number(0)) - 1),
    "unspecified functions differ": (Elementwise(unspecified("f"), (_s,)), Elementwise(unspecified("g"), (_s,))),
    "f of a sum": (
        Elementwise(unspecified("f"), (_s + _t,)),
        Elementwise(unspecified("f"), (_s,)) + Elementwise(unspecified("f"), (_t,)),
    ),
}


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_a_trap_is_not_proved(trap: str) -> None:
    assert Prover().equal(*TRAPS[trap]) is None


TRUE: dict[str, tuple[Expression, Expression]] = {
    "log of a product": (_log(_s * _t), _log(_s) + _log(_t)),
    "log of a pole": (_log(1 / (_a + _b)), -_log(_a + _b)),
    "log of odds": (_log(_s / (1 - _s)), _log(_s) - _log(1 - _s)),
    "a vector where it is not 0": (_W @ _x * apply("gt", Shorthand("norm", (_x,)), number(0)), _W @ _x),
    "sign of a norm": (apply("sign", _NORM) * apply("abs", -_NORM), _NORM),
    "a product beside two poles": ((1 + _s**2) / (1 + apply("abs", _s)) / (1 + _s**2), 1 / (1 + apply("abs", _s))),
    "σ(2u) beside σ(u)": (_exp(-_s) * (apply("tanh", _s) ** 2 + apply("sech", _s) ** 2), 1 / _SIGMA - 1),
    "exp of a log": (_exp(_log(_s) - _log(1 - _t)), _s / (1 - _t)),
    "a quotient of sums of quotients": (1 / (1 / (1 + _s) + 1 / (1 + _t)), (1 + _s) * (1 + _t) / (2 + _s + _t)),
    "0 where it is defined": (apply("ne", Power(apply("eq", _s, number(0)) / _s, number("1/3")), number(0)), 0 * _s),
    "log of a root": (_log(apply("sqrt", _s)), _HALF * _log(_s)),
    "logs of numbers": (_log(number("9/4")), 2 * _log(number(3)) - 2 * _log(number(2))),
    "whole powers": (_s ** (2 * _N + 1), _s**_N * _s**_N * _s),
    "between two numbers": (
        apply("gt", _s, number(0)) * apply("ge", _s, _ONE) * _t,
        apply("ge", _s, _ONE) * _t,
    ),
    "between two numbers, from both sides": (
        apply("gt", _s, number(0)) * apply("lt", _s, _ONE),
        apply("gt", _s, number(0)) + apply("lt", _s, _ONE) - 1,
    ),
    "odds are positive": (apply("abs", _SIGMA / (1 - _SIGMA)), _exp(_s)),
    "σ² below": (_t / (_exp(_s) + _SIGMA / (1 - _SIGMA) - _exp(_s)), _t * _exp(-_s)),
    "sinh by its sign": (apply("abs", apply("sinh", _s)) * apply("sign", apply("sinh", _s)), apply("sinh", _s)),
    "sign of a difference of exponentials": (apply("step", _exp(2 * _s) - 1), apply("step", _exp(_s) - _exp(-_s))),
    "sech² beside σ": (apply("sech", _s) ** 2 + apply("tanh", _s) ** 2 - 1 / _SIGMA + _exp(-_s), number(0)),
    "exponentials beside tanh": (_exp(-_s) * (1 + apply("tanh", _s)), _exp(_s) * (1 - apply("tanh", _s))),
    "an inverse norm is positive": (
        apply("relu", 1 / Shorthand("norm", (_x,))),
        1 / Shorthand("norm", (_x,)),
    ),
    "a quotient that is a sign": (_s / apply("abs", _s), apply("sign", _s)),
    "a pole through a gate": (apply("sign", _s) / apply("abs", _s), 1 / _s),
    "a pole that is switched off": (
        apply("where", apply("gt", _s**2, number(0)), _s**-2, number(0)) * _s**2,
        apply("ne", _s, number(0)),
    ),
    "quotient by |x|": (_s / apply("abs", _s), apply("abs", _s) / _s),
    "positive parts": (apply("abs", Shorthand("softmax", (_x,))), Shorthand("softmax", (_x,))),
    "norms are not negative": (apply("abs", Shorthand("norm", (_x,))), Shorthand("norm", (_x,))),
    "jacobian in a row": (
        Component(Derivative(_W @ _x, Component(_W, _i, None), "jacobian"), 1, 2),
        KroneckerDelta(_i, 1) * Component(_x, 2, None),
    ),
    "max and min": (apply("maximum", _a, _b) + apply("minimum", _a, _b), _a + _b),
    "max of either order": (apply("maximum", _a, _b), apply("maximum", _b, _a)),
    "quadratic form": (Derivative(_x.T @ _W @ _x, _x), (_W + _W.T) @ _x),
    "softmax jacobian": (
        Derivative(Shorthand("softmax", (_x,)), _x, "jacobian"),
        Shorthand("softmax", (_x,)) * (Identity(size("n")) - Shorthand("softmax", (_x,)).T),
    ),
    "slope of a power": (Derivative(_s**_N, _s), _N * _s**_N / _s),
    "slope of an unknown power": (Derivative(Power(_s, _t), _t), Power(_s, _t) * _log(_s)),
    "slope of a norm": (Derivative(Shorthand("norm", (_x,)), _x), _x / Shorthand("norm", (_x,))),
    "sizes": (Reduce(Ones((size("n"), size("N")))), Dimension(size("n") * size("N"))),
}


@pytest.mark.parametrize("law", sorted(TRUE))
def test_a_law_is_proved(law: str) -> None:
    assert Prover().equal(*TRUE[law]) is not None
    assert refute(*TRUE[law], budget=20_000) is None


def test_a_declared_fact_is_not_used_of_a_variable_of_the_same_name() -> None:
    """h(z) = |z| stays |·| although a name z of the problem is declared positive."""
    h = from_formula("h", "z", apply("abs", _z))
    problem = Problem(scope=Scope(tensors={"z": _z, "x": _x}), assumptions=Assumptions(positive=frozenset({"z"})))
    assert Prover(problem).equal(apply("abs", _z), _z)
    assert not Prover(problem).equal(Elementwise(h, (_x,)), _x)


@pytest.mark.parametrize(
    ("assumptions", "objective", "wrong"),
    [
        (Assumptions(equations=((Reduce(_y), number(1)),)), Reduce(_y), 0 * _y),
        (Assumptions(binary=frozenset({"y"})), Reduce(_y**2), Ones(column("n"))),
        (Assumptions(equations=((Power(_y, number(2)), number(1)),)), Reduce(_y**2), 0 * _y),
    ],
)
def test_nothing_is_differentiated_in_a_name_that_a_fact_ties(
    assumptions: Assumptions, objective: Expression, wrong: Expression
) -> None:
    prover = Prover(Problem(scope=Scope(tensors={"y": _y}), assumptions=assumptions))
    with pytest.raises(Unsupported):
        prover.equal(Derivative(objective, _y), wrong)


def test_declared_facts_are_used_where_they_hold() -> None:
    facts = Assumptions(equations=((Reduce(_y), number(1)),), symmetric=frozenset({"W"}))
    prover = Prover(Problem(scope=Scope(tensors={"y": _y, "W": _W}), assumptions=facts))
    p = Shorthand("softmax", (_x,))
    assert prover.equal(Derivative(-Reduce(_y * _log(p)), _x), p - _y)
    assert prover.equal(Derivative(_x.T @ _W @ _x, _x), 2 * _W @ _x)
    assert not Prover().equal(Derivative(-Reduce(_y * _log(p)), _x), p - _y)
    assert not prover.equal(Reduce(_y * _x), Reduce(_x))
    assert not prover.equal(Reduce(_y**2), number(1))


def test_what_a_bit_switches_off_is_no_factor_of_a_sign() -> None:
    """step(1/(q + s²)) is 1 at s = 0 where q = 1, although 1/s² is not defined there."""
    q = scalar("q")
    prover = Prover(Problem(scope=Scope(tensors={"q": q}), assumptions=Assumptions(binary=frozenset({"q"}))))
    sign = apply("step", 1 / (q + _s**2))
    assert prover.equal(sign, sign * apply("ne", _s, number(0))) is None
    assert prover.equal(sign, q + (1 - q) * apply("step", _s**-2))


def test_a_name_that_is_1_or_minus_1_has_a_sign_of_its_own() -> None:
    c = Tensor("c", column("n"))
    facts = Assumptions(equations=((Power(c, number(2)), _ONE),))
    prover = Prover(Problem(scope=Scope(tensors={"c": c}), assumptions=facts))
    assert prover.equal(apply("abs", c), Ones(c.shape))
    assert prover.equal(apply("sqrt", c**2 * _s**2), apply("abs", _s) * Ones(c.shape))
    assert prover.equal(apply("relu", c), _HALF * (1 + c))
    assert prover.equal(apply("step", apply("relu", c)), apply("step", c))
    assert prover.equal(apply("relu", 2 + c), 2 + c)
    assert prover.equal(-c * apply("sigmoid", -c * _s), apply("sigmoid", _s) - _HALF * (1 + c))
    assert not prover.equal(-c * apply("sigmoid", -c * _s), apply("sigmoid", _s) - _HALF * (1 - c))
    assert not prover.equal(apply("sigmoid", Reduce(c) * _s), apply("sigmoid", _s))
    assert not prover.equal(apply("step", 1 + c), Ones(c.shape))
    assert not prover.equal(apply("step", _s + c), apply("step", _s) * Ones(c.shape))
    assert not prover.equal(apply("step", c), Ones(c.shape))
    assert not prover.equal(apply("relu", c * _s), apply("relu", _s) * Ones(c.shape))
    assert not Prover().equal(apply("abs", c), Ones(c.shape))


@pytest.mark.parametrize(
    ("left", "right", "is_true"),
    [
        (_relu_of([Component(_V, k, None) for k in (1, 2, 3)]), apply("relu", _V), True),
        (_relu_of([Component(_V, k, None) for k in (1, 3, 2)]), apply("relu", _V), False),
        (_relu_of([_row(k) for k in (1, 2, 3)]), apply("relu", _P @ _U), True),
        (_relu_of([_row(k) for k in (1, 2, 2)]), apply("relu", _P @ _U), False),
        (apply("sqrt", Component(_U, 1, None) ** 2 + Component(_U, 2, None) ** 2), Shorthand("norm", (_U,)), True),
        (Component(_x, 1, None) + Component(_x, 2, None), Reduce(_x), False),
    ],
)
def test_entries_are_compared_one_by_one_where_sizes_are_numbers(
    left: Expression, right: Expression, is_true: bool
) -> None:
    assert (Prover().equal(left, right) is not None) is is_true


def test_the_sign_of_a_power_that_may_be_0_to_the_0_is_not_compared() -> None:
    with pytest.raises(Unsupported):
        Prover().equal(apply("sign", _s ** (_N - 1)), apply("sign", _s) * apply("sign", _s**_N))


@pytest.mark.parametrize("broken", [_x + Tensor("q", column("m")), _W @ Tensor("q", column("m"))])
def test_what_does_not_conform_is_never_proved(broken: Expression) -> None:
    with pytest.raises(ShapeError):
        Prover().equal(broken, broken)


def test_deltas_of_different_ranges_are_refused() -> None:
    with pytest.raises(ShapeError):
        Prover().equal(IndexSum(KroneckerDelta(_i, _j), _j), number(1))


@pytest.mark.parametrize(
    "e",
    [
        _log(apply("abs", _z)) * apply("lt", _z, number(0)),
        apply("tanh", 1 / _z) * apply("lt", _z, number(0)),
        Component((Identity(size("n")) * _W + 1) ** -1, 1, 2),
        Component(apply("sigmoid", _W @ _W - Identity(size("n"))), 2, 2),
        Power(Number(_HALF.value), number(5000)),
    ],
)
def test_odd_formulas_equal_themselves(e: Expression) -> None:
    assert Prover().equal(e, e + 0 * _z)


def test_running_out_of_budget_is_said() -> None:
    prover = Prover()
    prover.ring.budget = Budget(100)
    whole = (_a + _b + _s + _t + 1) ** 6
    with pytest.raises(DeriveError) as caught:
        prover.lowered(whole)
    assert caught.value.code == "E-BUDGET"


def test_a_derivative_through_all_layers_of_any_depth_ends() -> None:
    problem = Network("n0,...,nL", "sigmoid", "half-squared", batch="N").problem()
    names = problem.scope.tensors
    with pytest.raises(Unsupported):
        Prover(problem).equal(Derivative(names["E"], names["W"]), 0 * names["W"])


def test_undefined_functions_have_no_derivative() -> None:
    """At s < 0 neither log s nor s^(a number known only as a ball) is defined: nothing is refuted there."""
    n = Dimension(size("n"))
    assert refute(Derivative(_log(_s), _s), 1 / apply("abs", _s)) is None
    assert refute(Derivative(_s**n, _s), Derivative(_s ** _exp(_HALF * _log(n**2)), _s)) is None
