"""Somebody's own backward pass: right ones agree, wrong ones do not, unusable ones are refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import UsageError
from derive.expression.nodes import Dimension, Product, Reduce
from derive.expression.sizes import size
from derive.networks.network import Network
from numeric.against import compare_function, load_function
from numeric.comparison import Comparison

BACKWARD = """
import numpy as np

def right(X, Y, W1, b1, W2, b2, lam):
    n = X.shape[1]
    a1 = np.tanh(W1 @ X + b1)
    d2 = (W2 @ a1 + b2 - Y) / n
    d1 = W2.T @ d2 * (1 - a1**2)
    return {"dW1": d1 @ X.T + lam*W1, "db1": d1.sum(1), "dW2": d2 @ a1.T + lam*W2, "db2": d2.sum(1, keepdims=True)}

def no_mean(X, Y, W1, b1, W2, b2, lam, N):
    return {k: g*N for k, g in right(X, Y, W1, b1, W2, b2, lam).items()}

def large(X, Y, W1, b1, W2, b2, lam):
    z1 = W1 @ X + b1
    a1 = np.tanh(z1)
    d2 = (W2 @ a1 + b2 - Y) / X.shape[1]
    d1 = W2.T @ d2 * np.where(abs(z1) > 15, 1, 1 - a1**2)
    return d1 @ X.T + lam*W1, d1.sum(1), d2 @ a1.T + lam*W2, d2.sum(1)

def single(X, Y, W1, b1, W2, b2, lam):
    return {k: g.astype(np.float32) for k, g in right(X, Y, W1, b1, W2, b2, lam).items()}

def transposed(X, Y, W1, b1, W2, b2, lam):
    return {k: g.T for k, g in right(X, Y, W1, b1, W2, b2, lam).items() if k == "dW1"}

def by_layers(X, Y, W1, b1, W2, b2, lam):
    return tuple(right(X, Y, W1, b1, W2, b2, lam).values())

class Net:
    backward = staticmethod(right)

def partly(X, Y, W1, b1, W2, b2, lam):
    return {"dW1": right(X, Y, W1, b1, W2, b2, lam)["dW1"], "grads": 1}

def floats(X, Y, W1, b1, W2, b2, lam):
    assert np.shape(b2) == ()
    return right(X, Y, W1, b1, W2, b2, lam)

def arrays(X, Y, W1, b1, W2, b2, lam):
    assert b2.shape == (1, 1)
    return right(X, Y, W1, b1, W2, b2, lam)

def ragged(X):
    return {"W1": [[1, 2], [3]]}

def unknown(x, weights):
    return {}

def broken(X):
    raise ZeroDivisionError("no")
"""


def against(function: str, tmp_path: Path) -> Comparison:
    network = Network(("n0", "n1", "n2"), "tanh,identity", batch="N", l2="lam/2")
    names = network.problem().scope.tensors
    file = tmp_path / "mine.py"
    file.write_text(BACKWARD, encoding="utf-8")
    d1, d2, a1 = names["delta1"], names["delta2"], names["A1"]
    deltas = (
        (d2, (names["A2"] - names["Y"]) / Dimension(size("N"))),
        (d1, Product((names["W2"].T @ d2, 1 - a1**2))),
    )
    gradients = {
        "W1": d1 @ names["X"].T + names["lam"] * names["W1"], "b1": Reduce(d1, 1),
        "W2": d2 @ a1.T + names["lam"] * names["W2"], "b2": Reduce(d2, 1),
    }  # fmt: skip
    return compare_function(load_function(f"{file}:{function}"), network, gradients, deltas, name=function)


def test_somebodys_right_backward_pass_agrees(tmp_path: Path) -> None:
    report = against("right", tmp_path)
    assert report.agrees
    assert report.parameters == ("W1", "b1", "W2", "b2")
    assert all(against(other, tmp_path).agrees for other in ("single", "by_layers", "Net.backward"))


@pytest.mark.parametrize("function", ["no_mean", "large", "transposed", "partly"])
def test_somebodys_wrong_backward_pass_does_not(function: str, tmp_path: Path) -> None:
    assert not against(function, tmp_path).agrees


@pytest.mark.parametrize("function", ["floats", "arrays"])
def test_what_a_network_has_is_an_array_or_else_a_float(function: str, tmp_path: Path) -> None:
    network = Network((2, 3, 1), "tanh,identity", batch=4, l2="lam/2")
    file = tmp_path / "mine.py"
    file.write_text(BACKWARD, encoding="utf-8")
    tensors = network.problem().scope.tensors
    gradient = {"b2": Reduce((tensors["A2"] - tensors["Y"]) / 4, 1)}
    assert compare_function(load_function(f"{file}:{function}"), network, gradient).agrees


def test_a_missing_gradient_is_said_and_not_confirmed(tmp_path: Path) -> None:
    assert "no gradient in b1, W2, b2" in against("transposed", tmp_path).notes[0]
    report = against("partly", tmp_path)
    assert not report.agrees
    assert not report.disagreements
    assert "also returns grads" in report.notes[1]


def test_a_tuple_is_taken_in_the_order_that_fits(tmp_path: Path) -> None:
    network = Network((2, 3, 1), "tanh,identity", batch=4)
    file = tmp_path / "mine.py"
    file.write_text("def f(X, Y, W1, b1, W2, b2): return W1 * 0, b1 * 0, W2.T.T * 0, b2 * 0", encoding="utf-8")
    zeros = {name: network.problem().scope.tensors[name] * 0 for name in ("W2", "b2", "W1", "b1")}
    report = compare_function(load_function(f"{file}:f"), network, zeros)
    assert report.agrees
    assert "in the order W1, b1, W2, b2" in report.notes[0]


def test_a_wrong_gradient_that_is_a_multiple_or_the_transpose_is_said_to_be_one(tmp_path: Path) -> None:
    assert any("the transpose in W1" in note for note in against("transposed", tmp_path).notes)
    times = [note for note in against("no_mean", tmp_path).notes if "× the gradient" in note]
    assert len(times) == 1
    assert times[0].endswith("W1, b1, W2, b2")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("unknown", "asks for 'weights'"),
        ("broken", "ZeroDivisionError: no"),
        ("ragged", "no array"),
        ("absent", "no function absent"),
    ],
)
def test_functions_that_cannot_be_used_are_refused(function: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        against(function, tmp_path)


def test_a_place_that_is_none_is_refused(tmp_path: Path) -> None:
    for where in ("nowhere", f"{tmp_path}/none.py:f"):
        with pytest.raises(UsageError):
            load_function(where)
