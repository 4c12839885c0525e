"""A mistake planted in any one route is caught by `compare`, each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from derive.expression.functions import apply
from derive.expression.nodes import (
    Component,
    Dimension,
    Expression,
    Identity,
    Number,
    Power,
    Product,
    Reduce,
    Tensor,
    number,
)
from derive.expression.problem import Definition, Problem
from derive.expression.sizes import size
from derive.expression.traverse import substitute
from derive.networks.network import Network
from numeric import slopes
from numeric.backprop import Parts, backprop_parts
from numeric.compare import Witnesses, compare
from numeric.comparison import Comparison
from numeric.entries import EntryVerdict, entries_route
from numeric.objective import Objective
from numeric.real import Floats

Formulas = dict[str, Expression]

# All widths are one symbol, so that a transpose or a wrong layer conforms and only its value is wrong.
NETWORK = Network(("n", "n", "n"), "sigmoid,identity", "half-squared", batch="N", l2="lam/2")
TENSORS = NETWORK.problem().scope.tensors
X, Y, W1, W2, Z1, A1, Z2, LAM = (TENSORS[name] for name in ("X", "Y", "W1", "W2", "Z1", "A1", "Z2", "lam"))
A2 = TENSORS["A2"]
D1, D2 = TENSORS["delta1"], TENSORS["delta2"]
N = Dimension(size("N"))
ONE_N = Power(N, number(-1))
SLOPE = Product((A1, 1 - A1))


def right() -> Formulas:
    """The gradients and deltas, by hand."""
    return {
        "delta2": Product((ONE_N, A2 - Y)),
        "delta1": Product((W2.T @ D2, SLOPE)),
        "W1": D1 @ X.T + LAM * W1,
        "b1": Reduce(D1, 1),
        "W2": D2 @ A1.T + LAM * W2,
        "b2": Reduce(D2, 1),
    }


def compared(
    formulas: Formulas,
    witnesses: Witnesses | None = None,
    values: Mapping[str, Any] | None = None,
    asked: tuple[str, ...] = ("W1", "b1", "W2", "b2"),
) -> Comparison:
    names = {"delta2": D2, "delta1": D1}
    definitions = tuple((names[name], formulas[name]) for name in names)
    gradients = {name: formulas[name] for name in asked}
    return compare(NETWORK, gradients, definitions, values=values, sizes={"n": 2}, witnesses=witnesses)


def lone_entry() -> Expression:
    """A matrix with one entry of 10⁻⁹, in the first row and second column."""
    eye = Identity(size("n"))
    return Number(Fraction(1, 10**9)) * (Component(eye, None, 1) @ Component(eye, 2, None))


LARGE = apply("gt", apply("abs", Z1), number(20))
TINY = {"lam": 1e-6}


@dataclass(frozen=True)
class Fault:
    """What is wrong, in which formula, and the λ at which it must still be seen."""

    name: str
    where: str
    formula: Callable[[Formulas], Expression]
    values: Mapping[str, Any] | None = None


FAULTS = [
    Fault("missing mean", "delta2", lambda f: A2 - Y),
    Fault("mean taken twice", "b2", lambda f: ONE_N * f["b2"]),
    Fault("sign flipped", "delta2", lambda f: -f["delta2"]),
    Fault("sign of one layer flipped", "W1", lambda f: -(D1 @ X.T) + LAM * W1),
    Fault("half forgotten", "delta2", lambda f: 2 * f["delta2"]),
    Fault("weights not transposed", "delta1", lambda f: Product((W2 @ D2, SLOPE))),
    Fault("gradient transposed", "W2", lambda f: (D2 @ A1.T).T + LAM * W2),
    Fault("g for g′", "delta1", lambda f: Product((W2.T @ D2, A1))),
    Fault("σ′ forgotten", "delta1", lambda f: W2.T @ D2),
    Fault("σ′ of the wrong layer", "delta1", lambda f: Product((W2.T @ D2, A2, 1 - A2))),
    Fault("z for a in σ′", "delta1", lambda f: Product((W2.T @ D2, Z1, 1 - Z1))),
    Fault("σ′ taken twice", "delta1", lambda f: Product((W2.T @ D2, SLOPE, SLOPE))),
    Fault("wrong weights", "delta1", lambda f: Product((W1.T @ D2, SLOPE))),
    Fault("activation of the next layer", "W2", lambda f: D2 @ A2.T + LAM * W2),
    Fault("delta of the next layer", "W1", lambda f: D2 @ X.T + LAM * W1),
    Fault("regulariser dropped at λ = 1e-6", "W1", lambda f: D1 @ X.T, TINY),
    Fault("regulariser doubled at λ = 1e-6", "W2", lambda f: D2 @ A1.T + 2 * LAM * W2, TINY),
    Fault("data term doubled at λ = 1e4", "W2", lambda f: 2 * (D2 @ A1.T) + LAM * W2, {"lam": 1e4}),
    Fault("regulariser of the other layer", "W1", lambda f: D1 @ X.T + LAM * W2),
    Fault("bias regularised", "b1", lambda f: f["b1"] + LAM * TENSORS["b1"]),
    Fault("one example only", "b2", lambda f: N * f["b2"]),
    Fault("one wrong entry, by 1e-9", "W1", lambda f: f["W1"] + lone_entry()),
    Fault("wrong where |z| > 20", "delta1", lambda f: Product((W2.T @ D2, apply("where", LARGE, A1, SLOPE)))),
    Fault("error for its square", "delta2", lambda f: Product((ONE_N, Power(A2 - Y, number(2))))),
]


def test_right_gradients_agree_in_every_route() -> None:
    report = compared(right())
    assert report.agrees
    assert set(report.routes) == {"entries", "backprop", "complex step", "central differences"}
    assert all(row.agrees for row in report.rows)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_wrong_claim_is_caught_by_every_exact_route(fault: Fault) -> None:
    formulas = right()
    formulas[fault.where] = fault.formula(formulas)
    asked = {"delta1": "W1", "delta2": "W2"}.get(fault.where, fault.where)
    report = compared(formulas, values=fault.values, asked=(asked,))
    assert not report.agrees
    caught = {row.route for row in report.disagreements}
    assert {"backprop", "complex step"} <= caught
    # Away from kinks a gate on |z| is a different function of the gates, so entries see it, too.
    assert "entries" in caught


def test_there_are_at_least_twenty_faults() -> None:
    assert len(FAULTS) + len(WITNESS_FAULTS) >= 20


def _spoiled(change: Callable[[Parts], Parts]) -> Witnesses:
    return Witnesses(backprop=lambda network, values: change(backprop_parts(network, values)))


def _one_entry(parts: Parts) -> Parts:
    data = dict(parts.data)
    data["W1"] = data["W1"].copy()
    data["W1"][1, 0] *= 1.0 + 1e-9
    return dataclasses.replace(parts, data=data)


def _elsewhere(change: Callable[[Problem], Problem]) -> Witnesses:
    """The entries route is asked another question."""

    def entries(problem: Problem, *rest: Any) -> dict[str, EntryVerdict]:
        return entries_route(change(problem), *rest)

    return Witnesses(entries=entries)


def _differenced(change: Callable[[Expression], Expression]) -> Witnesses:
    """The differences are taken of another objective."""

    def objective(problem: Problem, expression: Expression, *rest: Any) -> Objective:
        return Objective(problem, change(expression), *rest)

    return Witnesses(objective=objective)


def _redefined(name: str, change: Callable[[Expression], Expression]) -> Callable[[Problem], Problem]:
    def changed(problem: Problem) -> Problem:
        definitions = tuple(
            Definition(d.target, change(d.value)) if d.target.name == name else d for d in problem.definitions
        )
        return dataclasses.replace(problem, definitions=definitions)

    return changed


def _without(name: Tensor) -> Callable[[Expression], Expression]:
    return lambda e: substitute(e, {name: Product((number(0), name))})


def _doubled(gradients: Mapping[str, Floats], name: str) -> dict[str, Floats]:
    return {n: 2.0 * g if n == name else g for n, g in gradients.items()}


WITNESS_FAULTS: dict[str, tuple[str, Witnesses, Mapping[str, Any] | None]] = {
    "backprop: one entry off by 1e-9": ("backprop", _spoiled(_one_entry), None),
    "backprop: data term doubled": (
        "backprop", _spoiled(lambda p: dataclasses.replace(p, data=_doubled(p.data, "b1"))), {"lam": 1e4}),
    "backprop: regulariser dropped": (
        "backprop", _spoiled(lambda p: dataclasses.replace(p, regulariser={})), TINY),
    "backprop: regulariser doubled": (
        "backprop", _spoiled(lambda p: dataclasses.replace(p, regulariser=_doubled(p.regulariser, "W2"))), TINY),
    "entries: missing mean": (
        "entries", _elsewhere(_redefined("E", lambda e: substitute(e, {N: number(1)}))), None),
    "entries: regulariser dropped": ("entries", _elsewhere(_redefined("E", _without(LAM))), TINY),
    "entries: tanh for σ": (
        "entries", _elsewhere(_redefined("A1", lambda e: apply("tanh", Z1))), None),
    "entries: bias forgotten": ("entries", _elsewhere(_redefined("Z1", lambda e: W1 @ X)), None),
    "differences: data term doubled": (
        "complex step", _differenced(lambda e: substitute(e, {N: number(1)})), {"lam": 1e4}),
    "differences: regulariser dropped": ("complex step", _differenced(_without(LAM)), TINY),
    "differences: fourth power": (
        "complex step", _differenced(lambda e: substitute(e, {A2 - Y: Power(A2 - Y, number(2))})), None),
}  # fmt: skip


@pytest.mark.parametrize("name", WITNESS_FAULTS)
def test_a_faulty_witness_is_caught_and_named(name: str) -> None:
    route, witnesses, values = WITNESS_FAULTS[name]
    report = compared(right(), witnesses, values)
    assert not report.agrees
    families = {"central differences": "complex step"}
    assert {families.get(row.route, row.route) for row in report.disagreements} == {route}


@pytest.mark.parametrize("threshold", [5.0, 20.0])
def test_a_slope_that_is_wrong_only_for_large_z_is_caught(threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    true = slopes.SLOPES["sigmoid"]

    def wrong(z: Floats) -> tuple[Floats, Floats]:
        value, slope = true(z)
        return value, np.where(np.abs(z) > threshold, value, slope)

    monkeypatch.setitem(slopes.SLOPES, "sigmoid", wrong)
    report = compared(right())
    assert {row.route for row in report.disagreements} == {"backprop"}
    assert "ordinary" not in {row.point for row in report.disagreements} or threshold < 10


def test_the_report_says_where_a_tolerance_comes_from() -> None:
    for row in compared(right()).rows:
        assert row.because
        assert row.entry is not None
        assert row.error <= row.tolerance


def test_nothing_compared_is_no_agreement() -> None:
    assert not Comparison(()).agrees
