"""The objective of every network is what a loop over layers, examples and outputs computes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import size
from derive.networks import Network
from numeric.evaluate import evaluate
from numeric.real import REAL
from tests.steps import steps

Values = dict[str, np.ndarray]
WIDTHS = (2, 3, 2)
EXAMPLES = 4

ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: 0.5 * z * (1 + math.erf(z / math.sqrt(2))),
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
}

LAST = {"bce": "sigmoid", "softmax-ce": "identity", "logistic": "identity"}


def softmax(z: list[float]) -> list[float]:
    total = sum(math.exp(v) for v in z)
    return [math.exp(v) / total for v in z]


LOSSES: dict[str, Callable[[list[float], list[float]], float]] = {
    "half-squared": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)) / 2,
    "squared": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)),
    "mse": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)) / len(y),
    "bce": lambda a, y: -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for p, t in zip(a, y, strict=True)),
    "softmax-ce": lambda z, y: -sum(t * math.log(p) for p, t in zip(softmax(z), y, strict=True)),
    "logistic": lambda z, y: sum(math.log(1 + math.exp(-t * p)) for p, t in zip(z, y, strict=True)),
}


def draw(problem: Problem, network: Network, seed: int) -> Values:
    """Numbers for every free name; targets are what the loss expects."""
    generator = np.random.default_rng(seed)
    sizes = {size("N"): EXAMPLES}
    values = {}
    for tensor in problem.free_tensors:
        form = tuple(int(side.subs(sizes)) for side in tensor.shape)
        values[tensor.name] = generator.normal(size=form)
    targets = network.layers.targets.name
    y = values[targets]
    if network.loss == "logistic":
        values[targets] = np.where(y > 0, 1.0, -1.0)
    elif network.loss in ("bce", "softmax-ce"):
        p = np.exp(y)
        values[targets] = p / p.sum(axis=0 if network.layout == "column" else 1, keepdims=True)
    return values


def by_hand(network: Network, values: Values) -> float:
    """E, one number at a time."""
    column = network.layout == "column"

    def parameter(name: str) -> np.ndarray:
        return values[name] if column else values[name].T

    x, y = (parameter(t.name) for t in (network.layers.inputs, network.layers.targets))
    total = 0.0
    for example in range(x.shape[1]):
        a = [float(v) for v in x[:, example]]
        for k in range(1, network.depth + 1):
            W = parameter(f"W{k}")
            b = parameter(f"b{k}") if network.bias else np.zeros((W.shape[0], 1))
            z = [sum(W[i, j] * a[j] for j in range(len(a))) + b[i, 0] for i in range(W.shape[0])]
            name = network.activation(k).name
            a = softmax(z) if name == "softmax" else [ACTIVATIONS[name](v) for v in z]
        if network.activation(network.depth).name == "softmax" and network.loss == "softmax-ce":
            total += -sum(t * math.log(p) for p, t in zip(a, y[:, example], strict=True))
        else:
            total += LOSSES[network.loss](a, [float(v) for v in y[:, example]])
    if network.batch is not None and not network.sum:
        total /= x.shape[1]
    for k in range(1, network.depth + 1):
        for name in (f"W{k}", f"b{k}") if network.regularise_bias else (f"W{k}",):
            if network.l2 is not None:
                total += values["lam"][0, 0] / 2 * sum(float(w) ** 2 for w in values[name].flat)
            if network.l1 is not None:
                total += values["mu"][0, 0] * sum(abs(float(w)) for w in values[name].flat)
    return total


def conforms(problem: Problem) -> bool:
    return all(shape(d.value) == d.target.shape for d in problem.definitions)


def objective_of(problem: Problem, values: Values) -> float:
    wanted: dict[str, Expression] = {"E": problem.scope.tensors["E"]}
    return float(evaluate(problem, wanted, values, REAL)["E"].item())


def assert_agrees(network: Network, seed: int) -> None:
    problem = network.problem()
    assert conforms(problem)
    values = draw(problem, network, seed)
    assert objective_of(problem, values) == pytest.approx(by_hand(network, values), rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "layout", "batch"), [*itertools.product(LOSSES, ("column", "row"), (None, "N", EXAMPLES))]
)
def test_every_loss_in_every_layout(loss: str, layout: Any, batch: Any) -> None:
    widths = (2, 3, 1) if loss == "logistic" else WIDTHS
    activations = ("tanh", LAST.get(loss, "sigmoid"))
    network = Network(widths, activations, loss, batch=batch, layout=layout)
    assert_agrees(network, seed=len(loss))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name: str) -> None:
    assert_agrees(Network(WIDTHS, name, batch="N"), seed=5)


OPTIONS: tuple[dict[str, Any], ...] = (
    {"sum": True},
    {"bias": False},
    {"l2": "lam/2"},
    {"l1": "mu"},
    {"l2": "lam/2", "l1": "mu", "regularise_bias": True},
    {"l2": "1/2*lam", "bias": False, "sum": True},
    {"delta": "example"},
    {"gradient": "numerator"},
)


@pytest.mark.parametrize("layout", ["column", "row"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options_change_the_objective_as_they_say(options: dict[str, Any], layout: Any) -> None:
    assert_agrees(Network(WIDTHS, ("sigmoid", "identity"), batch="N", layout=layout, **options), seed=11)


@pytest.mark.parametrize("widths", [(3, 2), (1, 1), (2, 3, 4, 1), (1, 1, 1)])
@pytest.mark.parametrize("batch", [None, "N"])
def test_any_number_of_layers(widths: tuple[int, ...], batch: str | None) -> None:
    assert_agrees(Network(widths, "tanh", batch=batch, l2="lam/2"), seed=3)


@pytest.mark.parametrize("batch", [None, "N"])
def test_a_softmax_last_activation_is_the_softmax_of_the_loss(batch: str | None) -> None:
    with_layer = Network(WIDTHS, ("tanh", "softmax"), "softmax-ce", batch=batch)
    assert_agrees(with_layer, seed=2)
    without = Network(WIDTHS, ("tanh", "identity"), "softmax-ce", batch=batch)
    values = draw(without.problem(), without, seed=2)
    assert objective_of(with_layer.problem(), values) == pytest.approx(objective_of(without.problem(), values))


def test_symbolic_widths_conform_for_every_loss() -> None:
    for loss, layout in itertools.product(LOSSES, ("column", "row")):
        assert conforms(Network("n0,n1,n2", ("f", "sigmoid"), loss, batch="N", layout=layout).problem())


def test_the_parameters_of_a_2_3_4_1_network_are_30() -> None:
    assert Network("2,3,4,1", "relu").parameter_count == 30
    assert Network("2,3,4,1", "relu", bias=False).parameter_count == 22


def test_the_cost_of_a_problem_grows_with_the_number_of_layers_and_not_faster() -> None:
    def problem(layers: int) -> Problem:
        widths = ",".join(f"n{k}" for k in range(layers + 1))
        return Network(widths, "tanh", batch="N", l2="lam/2").problem("W1")

    assert len(problem(200).definitions) == 401
    assert steps(lambda: problem(200)) < 5 * steps(lambda: problem(50))
