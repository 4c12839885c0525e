"""The routes: backprop, differences and exact entries, each held against something that is known."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from derive.errors import Unsupported, UsageError
from derive.expression.functions import apply
from derive.expression.nodes import Derivative, Dimension, Product, Reduce, Sum, Tensor, number, scalar
from derive.expression.problem import Assumptions, Definition, Problem, Question
from derive.expression.scope import Scope
from derive.expression.sizes import SCALAR, column, matrix, size
from derive.networks.network import Network
from numeric.backprop import backprop, backprop_parts
from numeric.compare import compare
from numeric.differences import central, complex_step
from numeric.objective import Objective, split_objective
from numeric.points import distinct_sizes, draw, telling_points
from numeric.real import REAL
from numeric.sizes import bind_sizes, matrix_of

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu", "identity", "f", "sin")
LOSSES = (
    ("half-squared", "identity"), ("half-squared", "sigmoid"), ("squared", "softmax"), ("mse", "tanh"),
    ("bce", "sigmoid"), ("softmax-ce", "softmax"), ("softmax-ce", "identity"), ("logistic", "identity"),
)  # fmt: skip


def networks() -> Iterator[Network]:
    """Every activation with every loss; layouts, regularisers, bias, batch and depth in turn."""
    for k, (hidden, (loss, output)) in enumerate(itertools.product(HIDDEN, LOSSES)):
        last = 1 if loss == "logistic" else "m"
        widths = ("n0", "n1", last) if k % 3 else ("n0", "n1", "n2", last)
        batch = (None, "N", "N", 4)[k % 4]
        yield Network(
            widths, [hidden] * (len(widths) - 2) + [output], loss, batch=batch, layout="row" if k % 2 else "column",
            l2="lam/2" if k % 5 == 0 else None, l1="mu" if k % 5 == 1 else None, bias=k % 7 != 0,
            regularise_bias=k % 10 == 1 and k % 7 != 0, sum=k % 4 == 2,
        )  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_backprop_is_the_complex_step_of_the_objective(part: int) -> None:
    checked = 0
    for network in itertools.islice(networks(), part, None, 4):
        problem = network.problem()
        assert problem.question.objective is not None
        point = draw(problem, distinct_sizes(problem), 11)
        loss, gradients = backprop(network, point.values)
        objective = Objective(problem, problem.question.objective, point.sizes, point.values)
        assert np.isclose(objective(REAL, point.values).item(), loss, rtol=1e-13)
        for variable in (*network.parameters, network.layers.inputs):
            entries = list(np.ndindex(point.values[variable.name].shape))[:6]
            steps = complex_step(objective, point.values, variable.name, entries)
            own = np.array([gradients[variable.name][e] for e in entries])
            assert np.allclose(steps, own, rtol=0, atol=1e-12 * max(1.0, np.abs(own).max())), (network, variable)
            checked += 1
    assert checked > 60


def test_backprop_gives_deltas_and_activations_too() -> None:
    network = Network(("n0", "n1", "n2"), "tanh,sigmoid", batch="N", delta="example")
    problem = network.problem()
    point = draw(problem, distinct_sizes(problem), 2)
    _, gradients = backprop(network, point.values)
    count = point.values["X"].shape[1]
    assert {"Z1", "A1", "Z2", "A2", "X", "delta1", "delta2"} <= gradients.keys()
    assert np.allclose(gradients["delta1"], count * gradients["Z1"])
    assert np.allclose(gradients["W1"], gradients["Z1"] @ point.values["X"].T)


def test_data_term_and_regulariser_are_kept_apart() -> None:
    network = Network(("n0", "n1"), "sigmoid", batch="N", l2="lam/2")
    problem = network.problem()
    point = draw(problem, distinct_sizes(problem), 2)
    parts = backprop_parts(network, {**point.values, "lam": 1e6})
    assert np.allclose(parts.regulariser["W1"], 1e6 * point.values["W1"])
    assert np.allclose(parts.data["W1"], backprop_parts(network, {**point.values, "lam": 0}).gradients["W1"])
    assert "b1" not in parts.regulariser


def test_wrong_values_are_refused() -> None:
    network = Network(("n0", "n1"), "sigmoid", batch="N")
    values = {"X": np.ones((2, 4)), "Y": np.ones((3, 5)), "W1": np.ones((3, 2)), "b1": np.ones(3)}
    with pytest.raises(UsageError, match="axis 1 of Y has 5 entries, but N is 4"):
        backprop(network, values)
    with pytest.raises(UsageError, match="No value for b1"):
        backprop(network, {k: v for k, v in values.items() if k != "b1"})
    with pytest.raises(Unsupported, match="any depth"):
        backprop(Network("n0,...,nL"), values)


def problem_of(value: Any, *names: Tensor) -> Problem:
    e = scalar("E")
    return Problem(
        scope=Scope(tensors={t.name: t for t in (*names, e)}),
        definitions=(Definition(e, value),),
        question=Question(objective=e),
    )


X = Tensor("x", column("n"))


def test_central_differences_report_the_bottom_of_the_v() -> None:
    problem = problem_of(Reduce(apply("exp", apply("sin", X))), X)
    values = {"x": np.array([[0.3], [-1.1], [2.0]])}
    objective = Objective(problem, scalar("E"), bind_sizes((X,), values), values)
    sweep = central(objective, values, "x", [(0, 0), (1, 0), (2, 0)])
    truth = np.exp(np.sin(values["x"])) * np.cos(values["x"])
    errors = np.abs(sweep.quotients - truth.T)
    assert (np.abs(sweep.estimate - truth[:, 0]) <= 2 * sweep.error + 1e-15).all()
    assert (sweep.error < 1e-8).all()
    # A V: both the largest and the smallest step are worse than the chosen one.
    assert (errors[0] > 1e3 * sweep.error).all()
    assert (errors[-1] > np.abs(sweep.estimate - truth[:, 0])).all()


def test_a_step_across_a_kink_is_skipped() -> None:
    problem = problem_of(Reduce(apply("relu", X)), X)
    values = {"x": np.array([[3e-4], [0.0], [2.0]])}
    objective = Objective(problem, scalar("E"), bind_sizes((X,), values), values)
    sweep = central(objective, values, "x", [(0, 0), (1, 0), (2, 0)])
    assert sweep.skipped == ((1, 0),)
    assert np.isnan(sweep.quotients[:3, 0]).all()
    assert np.isclose(sweep.estimate[0], 1.0, atol=1e-9)
    assert not np.isnan(sweep.quotients[:, 2]).any()


def test_a_complex_step_is_exact_to_rounding() -> None:
    problem = problem_of(Reduce(apply("softplus", 3 * X) * apply("tanh", X)), X)
    values = {"x": np.array([[0.3], [-1.1], [9.0]])}
    objective = Objective(problem, scalar("E"), bind_sizes((X,), values), values)
    z = values["x"]
    truth = 3 / (1 + np.exp(-3 * z)) * np.tanh(z) + np.logaddexp(0, 3 * z) * (1 - np.tanh(z) ** 2)
    assert np.allclose(complex_step(objective, values, "x", [(0, 0), (1, 0), (2, 0)]), truth[:, 0], rtol=1e-14, atol=0)


def test_the_regulariser_is_what_sees_only_parameters() -> None:
    network = Network(("n0", "n1"), "sigmoid", batch="N", l2="lam/2", l1="mu")
    _, regulariser = split_objective(network.problem(), network.parameters)
    assert regulariser is not None
    assert isinstance(regulariser, Sum)
    assert len(regulariser.terms) == 2
    assert split_objective(Network(("n0", "n1")).problem(), network.parameters)[1] is None


def test_a_problem_that_is_no_network_is_compared_by_the_other_routes() -> None:
    w, x, y = Tensor("W", matrix("n", "m")), Tensor("X", matrix("m", "N")), Tensor("Y", matrix("n", "N"))
    lam = scalar("lam")
    value = Reduce((w @ x - y) ** 2) / (2 * Dimension(size("N"))) + lam * Reduce(apply("abs", w))
    problem = problem_of(value, w, x, y, lam)
    right = (w @ x - y) @ x.T / Dimension(size("N")) + lam * apply("sign", w)
    assert compare(problem, {"W": right}).agrees
    wrong = compare(problem, {"W": right + lam * number("1e-9") * w})
    assert {row.route for row in wrong.disagreements} >= {"entries", "complex step"}


def test_roots_and_jacobian_free_problems_are_compared() -> None:
    w, x, y = Tensor("W", matrix("n", "m")), Tensor("x", column("m")), Tensor("y", column("n"))
    problem = problem_of(apply("sqrt", Reduce((w @ x - y) ** 2)), w, x, y)
    root = scalar("E")
    assert compare(problem, {"W": (w @ x - y) @ x.T / root}).agrees
    assert not compare(problem, {"W": (w @ x - y) @ x.T / root**2}).agrees


def test_questions_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(UsageError, match="any depth"):
        compare(Network("n0,...,nL"), {})
    network = Network(("n0", "n1"))
    with pytest.raises(UsageError, match="no W7"):
        compare(network, {"W7": number(0)})
    vector = dataclasses.replace(network.problem(), question=Question(objective=X))
    with pytest.raises(UsageError, match="scalar objective"):
        compare(vector, {})
    unfinished = Derivative(scalar("E"), network.parameters[0])
    with pytest.raises(Unsupported, match="not been worked out"):
        compare(network, {"W1": unfinished})


def test_points_are_seeded_distinct_and_in_keeping_with_assumptions() -> None:
    problem = Network(("n0", "n1", "n2"), "tanh,softmax", "softmax-ce", batch="N", layout="row").problem()
    sizes = distinct_sizes(problem)
    assert len(set(sizes.values())) == len(sizes) == 4
    first, second = draw(problem, sizes, 3), draw(problem, sizes, 3)
    assert all((first.values[n] == second.values[n]).all() for n in first.values)
    assert np.allclose(first.values["Y"].sum(axis=1), 1.0)
    assert (draw(problem, sizes, 4).values["W1"] != first.values["W1"]).any()
    signs = draw(Network(("n0", 1), "identity", "logistic", batch="N").problem(), sizes, 1).values["Y"]
    assert set(np.unique(signs)) <= {-1.0, 1.0}


def test_saturated_points_drive_every_pre_activation_both_ways() -> None:
    network = Network(("n0", "n1", "n2"), "sigmoid,tanh", batch="N", layout="row")
    problem = network.problem()
    reached: dict[str, list[float]] = {"Z1": [], "Z2": []}
    for point in telling_points(problem, distinct_sizes(problem), 0):
        x, w1, b1, w2, b2 = (point.values[n] for n in ("X", "W1", "b1", "W2", "b2"))
        z1 = x @ w1 + b1
        z2 = 1 / (1 + np.exp(-np.clip(z1, -700, 700))) @ w2 + b2
        reached["Z1"] += [z1.min(), z1.max()]
        reached["Z2"] += [z2.min(), z2.max()]
    assert all(min(found) < -20 and max(found) > 20 for found in reached.values())


def test_declared_facts_hold_at_a_point() -> None:
    s, p = Tensor("S", matrix("n", "n")), Tensor("p", SCALAR)
    declared = Assumptions(positive=frozenset({"p"}), symmetric=frozenset({"S"}), between=(("q", 2, 3),))
    problem = dataclasses.replace(
        problem_of(Reduce(s) * p * Reduce(Product((scalar("q"), X))), s, p, scalar("q"), X), assumptions=declared
    )
    values = draw(problem, distinct_sizes(problem), 1).values
    assert (values["S"] == values["S"].T).all()
    assert values["p"].item() > 0
    assert 2 < values["q"].item() < 3


def test_a_list_of_numbers_is_a_column() -> None:
    assert matrix_of(X, [1, 2, 3]).shape == (3, 1)
    assert matrix_of(Tensor("r", (SCALAR[0], size("n"))), [1, 2, 3]).shape == (1, 3)
