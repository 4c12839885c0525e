"""Gradients of networks: the lines of textbooks, agreement with finite differences, cost linear in the depth."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient, gradient_definitions, gradients
from derive.differentiation.rules import RULES
from derive.errors import UsageError
from derive.expression.functions import apply, from_formula
from derive.expression.nodes import Derivative, Tensor, Transpose, scalar
from derive.expression.problem import Definition, Problem, Question
from derive.expression.scope import Scope
from derive.expression.sizes import column, matrix
from derive.expression.text import text
from derive.expression.traverse import walk
from derive.networks.network import Network
from derive.rendering.derivations import derivation_document
from derive.rendering.formats import render
from tests.numeric_witness import Witness
from tests.pace import at_most


def lines(derivation: Derivation) -> dict[str, str]:
    """What each stage finds, by its name; the last one is `result`."""
    found = {text(stage.name): text(stage.result) for stage in derivation.stages if stage.name is not None}
    return found | {"result": text(derivation.result)}


def solved(wrt: str, **options: Any) -> dict[str, str]:
    return lines(gradient(Network(**options).problem(), wrt))


TWO_LAYERS: dict[str, Any] = {
    "widths": "n0,n1,n2", "activations": "sigmoid", "loss": "half-squared", "batch": "N", "l2": "lam/2"
}  # fmt: skip


def test_two_sigmoid_layers_in_columns() -> None:
    assert solved("W1", **TWO_LAYERS) == {
        "delta2": "1/N*(A2 - Y)*A2*(1 - A2)",
        "delta1": "(W2.T @ delta2)*A1*(1 - A1)",
        "result": "delta1 @ X.T + lam*W1",
    }


def test_two_sigmoid_layers_in_rows() -> None:
    assert solved("W1", **TWO_LAYERS, layout="row") == {
        "delta2": "1/N*(A2 - Y)*A2*(1 - A2)",
        "delta1": "(delta2 @ W2.T)*A1*(1 - A1)",
        "result": "X.T @ delta1 + lam*W1",
    }


def test_numerator_layout_transposes_the_answer_only() -> None:
    assert solved("W1", **TWO_LAYERS, gradient="numerator") == {
        "delta2": "1/N*(A2 - Y)*A2*(1 - A2)",
        "delta1": "(W2.T @ delta2)*A1*(1 - A1)",
        "result": "X @ delta1.T + lam*W1.T",
    }


def test_the_delta_of_an_example_leaves_out_the_mean() -> None:
    assert solved("W1", **TWO_LAYERS, delta="example") == {
        "delta2": "(A2 - Y)*A2*(1 - A2)",
        "delta1": "(W2.T @ delta2)*A1*(1 - A1)",
        "result": "1/N*(delta1 @ X.T) + lam*W1",
    }


@pytest.mark.parametrize(
    ("options", "wrt", "result"),
    [
        ({"loss": "bce", "batch": "N"}, "Z2", "1/N*(A2 - Y)"),
        ({"loss": "bce"}, "z2", "a2 - y"),
        ({"loss": "softmax-ce", "activations": "tanh,softmax", "batch": "N"}, "delta2", "1/N*(A2 - Y)"),
        ({"loss": "softmax-ce", "activations": "tanh,identity"}, "delta2", "softmax(z2) - y"),
        ({"loss": "logistic", "activations": "tanh,identity", "widths": "n0,n1,1"}, "delta2", "-y*sigmoid(-y*z2)"),
        ({"loss": "mse", "activations": "identity", "batch": "N"}, "delta2", "2/N/n2*(A2 - Y)"),
        ({"activations": "tanh"}, "delta1", "(W2.T @ delta2)*(1 - a1**2)"),
        ({"activations": "relu"}, "delta1", "(W2.T @ delta2)*(z1 > 0)"),
        ({"activations": "f"}, "delta1", "(W2.T @ delta2)*f'(z1)"),
        ({"activations": "f"}, "b1", "delta1"),
        ({"activations": "f", "batch": "N"}, "b1", "sum(delta1, axis=1)"),
        ({"activations": "f", "batch": "N", "layout": "row"}, "b1", "sum(delta1, axis=0)"),
        ({"activations": "f"}, "x", "W1.T @ delta1"),
        ({"activations": "f", "l2": "lam/2"}, "lam", "1/2*(sum(W1**2) + sum(W2**2))"),
        ({"activations": "f", "l1": "lam"}, "W1", "delta1 @ x.T + lam*sign(W1)"),
        ({"widths": "1,1,1", "activations": "f"}, "W1", "delta1*x"),
    ],
)
def test_textbook_lines(options: dict[str, Any], wrt: str, result: str) -> None:
    assert solved(wrt, **{"widths": "n0,n1,n2", **options})["result"] == result


def test_softmax_cross_entropy_says_what_it_assumes() -> None:
    network = Network("n0,n1", "softmax", "softmax-ce", batch="N")
    assert gradient(network.problem(), "W1").assumptions == ("sum(y) = 1",)
    assert gradient(Network("n0,n1", "sigmoid", "bce").problem(), "W1").assumptions == ()


def test_conventions_at_kinks_are_stated() -> None:
    assert gradient(Network("n0,n1", "relu").problem(), "W1").conventions == ("relu'(0) = 0",)
    assert gradient(Network("n0,n1", "leaky_relu").problem(), "W1").conventions == ("leaky_relu'(0) = 1/100",)


MISH = from_formula("mish", "q", scalar("q") * apply("tanh", apply("softplus", scalar("q"))))
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu", "identity", "f", MISH)
LAST = (("half-squared", "identity"), ("squared", "f"), ("mse", "tanh"), ("bce", "sigmoid"),
        ("softmax-ce", "identity"), ("softmax-ce", "softmax"), ("logistic", "identity"))  # fmt: skip


def random_network(seed: int) -> Network:
    draw = random.Random(seed)
    depth = draw.choice((1, 2, 3))
    loss, last = LAST[seed % len(LAST)]
    widths = [draw.choice((f"n{k}", "2", "1")) for k in range(depth + 1)]
    widths[-1] = {"logistic": "1", "softmax-ce": "3"}.get(loss, widths[-1])
    batch = draw.choice((None, "N"))
    return Network(
        ",".join(widths), [*(HIDDEN[(seed + k) % len(HIDDEN)] for k in range(depth - 1)), last], loss, batch=batch,
        l2=draw.choice((None, "lam/2")), l1=draw.choice((None, "lam")), bias=draw.random() < 0.7,
        sum=batch is not None and draw.random() < 0.3, layout=draw.choice(("column", "row")),
        gradient=draw.choice(("denominator", "numerator")),
        delta=draw.choice(("batch", "example")) if batch else "batch",
    )  # fmt: skip


def at_a_kink(point: Witness, problem: Problem) -> bool:
    values = [point.tensor(z) for z in problem.gradients.values()]
    return any(float(np.abs(value).min()) < 1e-3 for value in values)


def away_from_kinks(problem: Problem, seed: int) -> Witness:
    points = (Witness(problem, seed + 100 * k) for k in range(10))
    return next(point for point in points if not at_a_kink(point, problem))


@pytest.mark.parametrize("seed", range(7))
def test_every_line_of_random_networks_is_true(seed: int) -> None:
    network = random_network(seed)
    problem = network.problem()
    point = away_from_kinks(problem, seed)
    point.name_gradients()
    for stage in gradient(problem, network.parameters[0]).stages:
        for held in stage.held:
            point.values[held.target] = point.value(held.value)
        for step in stage.steps:
            assert point.error(step.before, step.after) < 1e-5, (step.rule, text(step.after))


@pytest.mark.parametrize("seed", range(7, 21))
def test_results_agree_with_finite_differences(seed: int) -> None:
    network = random_network(seed)
    problem = network.problem()
    point = away_from_kinks(problem, seed)
    for parameter in network.parameters:
        derivation = gradient(problem, parameter)
        for name, value in gradient_definitions(derivation):
            point.values[name] = point.value(value)
        expected: Any = Derivative(problem.definitions[-1].target, parameter)
        if network.gradient == "numerator":
            expected = Transpose(expected)
        assert point.error(expected, derivation.result) < 1e-6, text(derivation.result)


def deep(depth: int) -> Problem:
    widths = ",".join(f"n{k}" for k in range(depth + 1))
    return Network(widths, "sigmoid", batch="N", l2="lam/2").problem()


def work(derivation: Derivation) -> tuple[int, int]:
    """The number of steps, and the number of nodes in all their lines."""
    return len(derivation.steps), sum(sum(1 for _ in walk(step.after)) for step in derivation.steps)


def test_cost_is_linear_in_depth() -> None:
    one, two, three = (work(gradient(deep(depth), "W1")) for depth in (20, 40, 60))
    assert (two[0] - one[0], two[1] - one[1]) == (three[0] - two[0], three[1] - two[1])


@pytest.mark.parametrize(
    "options",
    [
        {"activations": "gelu", "l2": "lam/2"},
        {"activations": "silu"},
        {"activations": "leaky_relu"},
        {"activations": ["tanh"] * 49 + ["softmax"], "loss": "softmax-ce"},
    ],
    ids=["gelu", "silu", "leaky relu", "softmax"],
)
def test_fifty_layers_take_less_than_a_second_and_two_to_print(options: dict[str, Any]) -> None:
    problem = Network(",".join(f"n{k}" for k in range(51)), batch="N", **options).problem()
    with at_most(1):
        derivation = gradient(problem, "W1")
    with at_most(2):
        assert render(derivation_document(derivation, rules=RULES)).strip()


def test_cost_does_not_depend_on_widths() -> None:
    small, large = (work(gradient(Network(w, "tanh").problem(), "W1")) for w in ("2,3,4", "784,1024,10"))
    assert small == large


def test_a_residual_connection_does_not_double_the_work() -> None:
    """h_k = h_(k-1) + f(h_(k-1)): expanded, the terms would double with each layer."""

    def residual(depth: int) -> Problem:
        h = [Tensor(f"h{k}", column("n")) for k in range(depth + 1)]
        definitions = [Definition(h[k], h[k - 1] + apply("tanh", h[k - 1])) for k in range(1, depth + 1)]
        return Problem(definitions=tuple(definitions), question=Question(objective=(h[-1].T @ h[-1])))

    first, second, third = (work(gradient(residual(depth), Tensor("h0", column("n")))) for depth in (9, 21, 33))
    assert second[1] - first[1] == third[1] - second[1]


def test_several_gradients_share_their_stages() -> None:
    found = gradients(deep(5), ["W1", "b1", "W3"])
    assert found["W1"].stages[0] is found["b1"].stages[0] is found["W3"].stages[0]
    assert found["W1"].stages[:-1] == found["b1"].stages[:-1]


def test_a_gradient_does_not_depend_on_what_else_is_asked() -> None:
    problem = Network("n0,n1,n2", "sigmoid", "bce").problem()
    together = gradients(problem, ["a2", "a1", "z1", "W1", "x"])
    assert all(together[name].result == gradient(problem, name).result for name in together)


@pytest.mark.parametrize(
    ("wrt", "result"),
    [
        ("delta[L]", "(a[L] - y)*f'(z[L])"),
        ("delta[l]", "(W[l+1].T @ delta[l+1])*f'(z[l])"),
        ("z[l-1]", "(W[l].T @ delta[l])*f'(z[l-1])"),
        ("W[l]", "delta[l] @ a[l-1].T"),
        ("W[L]", "delta[L] @ a[L-1].T"),
        ("W[1]", "delta[1] @ a[0].T"),
        ("b[l]", "delta[l]"),
        ("a[l]", "W[l+1].T @ delta[l+1]"),
        ("x", "W[1].T @ delta[1]"),
    ],
)
def test_a_network_of_any_depth(wrt: str, result: str) -> None:
    assert solved(wrt, widths="n0,...,nL", activations="f")["result"] == result


def test_the_regulariser_of_the_asked_layer() -> None:
    problem = Network("n0,...,nL", "f", batch="N", layout="row", l2="lam/2").problem("W[l]")
    assert text(gradient(problem).result) == "A[l-1].T @ delta[l] + lam*W[l]"


def test_one_entry() -> None:
    problem = Network(**TWO_LAYERS).problem()
    assert text(gradient(problem, "W1[i,j]").result) == "sum(delta1[i,k]*X[j,k], k) + lam*W1[i,j]"
    assert text(gradient(problem, "b1[2]").result) == "sum(delta1[2,k], k)"


def test_a_formula_without_definitions_keeps_no_helper_names() -> None:
    a, x, y = Tensor("A", matrix("n", "m")), Tensor("x", column("m")), Tensor("y", column("n"))
    scope = Scope(tensors={"A": a, "x": x, "y": y})
    objective = (a @ x - y).T @ (a @ x - y)
    result = gradient(Problem(scope=scope, question=Question(objective, x))).result
    assert text(result) == "2*(A.T @ (A @ x - y))"


def test_unknown_names_get_a_suggestion() -> None:
    with pytest.raises(UsageError, match="W3"):
        gradient(Network("n0,n1", "f").problem(), "W3")
    with pytest.raises(UsageError, match="count from 1"):
        gradient(Network("n0,n1", "f").problem(), "W1[0,1]")
