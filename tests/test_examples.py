"""Every example loads, conforms, evaluates to what plain NumPy makes of it, and is listed with a command."""

from __future__ import annotations

import itertools
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.differentiation.gradient import gradient, gradient_definitions
from derive.expression.nodes import Component, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import is_symbolic
from derive.expression.text import text
from derive.problems import load, load_network
from numeric.evaluate import evaluate
from numeric.real import REAL
from numeric.standins import stand_in

FOLDER = Path(__file__).resolve().parent.parent / "examples"
FILES = sorted(FOLDER.glob("*.toml"))
SIZES = {"n": 3, "n0": 2, "n1": 4, "n2": 3, "n3": 2, "N": 5, "B": 5, "d": 3, "m": 4, "q": 2}

Values = dict[str, Any]
Map = Callable[[Any], Any]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def relu(z: Any) -> Any:
    return np.where(z > 0, z, 0.0)


def free(name: str) -> Map:
    """The function that stands in for an unspecified one."""
    return lambda z: stand_in(name, 0, z)


def cross_entropy(y: Any, p: Any) -> Any:
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def forward(v: Values, inputs: str, maps: list[Map], *, rows: bool = False) -> Any:
    """The outputs of layers W1, b1, … in either layout."""
    a = v[inputs]
    for k, f in enumerate(maps, start=1):
        W, b = v[f"W{k}"], v.get(f"b{k}", 0.0)
        a = f(a @ W + b if rows else W @ a + b)
    return a


def half_squared_mean(rows: bool) -> Callable[[Values], Any]:
    def value(v: Values) -> Any:
        error = forward(v, "X", [sigmoid] * 3, rows=rows) - v["Y"]
        return np.mean(np.sum(error**2, axis=1 if rows else 0)) / 2

    return value


def root(rows: bool) -> Callable[[Values], Any]:
    return lambda v: np.linalg.norm(forward(v, "X", [sigmoid] * 2, rows=rows) - v["Y"])


def index_form(sigma: Map) -> Callable[[Values], Any]:
    def value(v: Values) -> Any:
        x = [1.0, *v["x"][:, 0]]
        theta = np.hstack([v["theta0"], v["Theta"]])
        beta = [v["beta0"].item(), *v["beta"][:, 0]]
        a = [1.0] + [sigma(sum(theta[j, i] * x[i] for i in range(len(x)))) for j in range(len(theta))]
        return cross_entropy(v["y"].item(), sigmoid(sum(b * unit for b, unit in zip(beta, a, strict=True))))

    return value


def batch_form(sigma: Map) -> Callable[[Values], Any]:
    def value(v: Values) -> Any:
        m = len(v["X"])
        design = np.hstack([np.ones((m, 1)), v["X"]])
        hidden = sigma(design @ np.hstack([v["theta0"], v["Theta"]]).T)
        p = sigmoid(np.hstack([np.ones((m, 1)), hidden]) @ np.vstack([v["beta0"], v["beta"]]))
        return np.mean(cross_entropy(v["y"], p))

    return value


def scalars(layers: int, penalty: Map | None = None) -> Callable[[Values], Any]:
    def value(v: Values) -> Any:
        output = forward(v, "x", [free(f"sigma{k}") for k in range(1, layers + 1)])
        weights = sum(penalty(v[f"W{k}"]) for k in range(1, layers + 1)) if penalty else 0.0
        return (output - v["y"]) ** 2 / 2 + (v["lam"] * weights if penalty else 0.0)

    return value


OBJECTIVES: dict[str, Callable[[Values], Any]] = {
    "neuron": lambda v: (v["y"] - free("f")(np.sum(v["x"] * v["w"]))) ** 2 / 2,
    "column_three_layers": half_squared_mean(rows=False),
    "row_three_layers": half_squared_mean(rows=True),
    "column_two_layers_root": root(rows=False),
    "row_two_layers_root": root(rows=True),
    "numerator_cross_entropy": lambda v: cross_entropy(v["y"], forward(v, "x", [free("g"), free("g"), sigmoid])),
    "numerator_cross_entropy_batch": lambda v: np.sum(
        cross_entropy(v["Y"], forward(v, "X", [free("g"), free("g"), sigmoid]))
    ),
    "logistic_regression": lambda v: cross_entropy(v["y"], sigmoid(np.dot(v["theta"][:, 0], v["x"][:, 0]))),
    "classifier_index_tanh": index_form(np.tanh),
    "classifier_index_sigmoid": index_form(sigmoid),
    "classifier_batch_tanh": batch_form(np.tanh),
    "classifier_batch_sigmoid": batch_form(sigmoid),
    "relu_2_3_4_1": lambda v: (forward(v, "x", [relu, relu, lambda z: z]) - v["y"]) ** 2 / 2,
    "relu_2_3_4_1_cross_entropy": lambda v: cross_entropy(v["y"], forward(v, "x", [relu, relu, sigmoid])),
    "scalar_one_layer": scalars(1),
    "scalar_one_layer_l2": scalars(1, np.square),
    "scalar_one_layer_l1": scalars(1, np.abs),
    "scalar_two_layers": scalars(2),
    "scalar_two_layers_l2": scalars(2, np.square),
    "scalar_two_layers_l1": scalars(2, np.abs),
}
"""E of every example that has numbers, written without derive."""

ANY_DEPTH = {
    file.stem for file in FILES if "any_depth" in file.stem or file.stem.startswith(("exercise_bias", "exercise_l2"))
}
VALUES = {"exercise_relu", "sigmoid_derivative"}


def draw(problem: Problem, seed: int) -> Values:
    """Numbers for the free names; every target is a probability, which suits each loss."""
    generator = np.random.default_rng(seed)
    values = {}
    for tensor in problem.free_tensors:
        form = tuple(int(side) if side.is_Integer else SIZES[str(side)] for side in tensor.shape)
        positive = tensor.name in ("y", "Y", "lam")
        values[tensor.name] = generator.uniform(0.1 if positive else -0.9, 0.9, form)
    return values


def test_every_example_is_accounted_for() -> None:
    assert len(FILES) >= 25
    assert {file.stem for file in FILES} == set(OBJECTIVES) | ANY_DEPTH | VALUES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_example_loads_and_conforms(file: Path) -> None:
    problem = load(file)
    assert problem.title
    assert all(shape(d.value) == d.target.shape for d in problem.definitions)
    question = problem.question
    assert question.value is not None or (question.objective is not None and question.wrt is not None)
    assert any(is_symbolic(t.shape) for t in problem.free_tensors) or file.stem.startswith(
        ("relu", "scalar", "sigmoid")
    )


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_objective_is_what_plain_numpy_makes_of_it(name: str) -> None:
    problem = load(FOLDER / f"{name}.toml")
    assert problem.question.objective is not None
    for seed in range(3):
        values = draw(problem, seed)
        found = evaluate(problem, {"E": problem.question.objective}, values, REAL)["E"].item()
        assert found == pytest.approx(float(np.asarray(OBJECTIVES[name](values)).item()), rel=1e-12)


def slopes(value: Callable[[Values], Any], values: Values, name: str, step: float = 1e-6) -> Any:
    """The gradient of plain NumPy in one of its arrays, by central differences."""
    found = np.zeros_like(values[name])
    for place in np.ndindex(*found.shape):
        ends = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[place] += sign * step
            ends.append(float(np.asarray(value(values | {name: moved})).item()))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_derived_gradient_is_the_slope_of_plain_numpy(name: str) -> None:
    problem = load(FOLDER / f"{name}.toml")
    wrt = problem.question.wrt
    tensor = wrt.operand if isinstance(wrt, Component) else wrt
    assert isinstance(tensor, Tensor)
    derivation = gradient(problem, tensor)
    values = draw(problem, seed=4)
    found = evaluate(problem, {"g": derivation.result}, values, REAL, gradient_definitions(derivation))["g"]
    if problem.layout.gradient == "numerator":
        found = found.T
    assert found.shape == values[tensor.name].shape
    np.testing.assert_allclose(found, slopes(OBJECTIVES[name], values, tensor.name), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", sorted(ANY_DEPTH))
def test_networks_of_any_depth_ask_about_a_general_layer(name: str) -> None:
    problem = load(FOLDER / f"{name}.toml")
    assert problem.question.wrt is not None
    assert text(problem.question.wrt) == ("b[l]" if "bias" in name else "W[l]")
    product = next(text(d.value) for d in problem.definitions if d.target.name.lower() == "z")
    assert ("@ W[l]" if "row" in name else "W[l] @") in product


def test_the_2_3_4_1_network_has_30_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    network = load_network(FOLDER / "relu_2_3_4_1.toml")
    assert network is not None
    assert network.parameter_count == (2 * 3 + 3) + (3 * 4 + 4) + (4 * 1 + 1)
    assert runpy.run_path(str(FOLDER / "count_parameters.py"))["main"]() == 30
    assert "30" in capsys.readouterr().out


def test_the_training_run_learns_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    losses = runpy.run_path(str(FOLDER / "train_two_layer.py"))["main"]()
    printed = capsys.readouterr().out
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < 0.01 * losses[0]
    assert "dE/dW1 = " in printed
    assert printed.count("loss") > 5


def commands() -> Iterator[str]:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    yield from re.findall(r"`((?:derive|python) [^`]*examples/[a-z_0-9]+\.(?:toml|py))[^`]*`", readme)


def test_every_example_is_listed_with_its_command() -> None:
    listed = [command.split("examples/")[1] for command in commands()]
    assert sorted(set(listed)) == sorted(file.name for file in (*FILES, *FOLDER.glob("*.py")))
