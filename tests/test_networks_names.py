"""All spellings of a name are one name, deltas are gradients, and a formula's name is its function."""

from __future__ import annotations

import pytest

from derive.expression.nodes import Derivative, Dimension, scalar
from derive.expression.text import text
from derive.networks import Network
from derive.notation import read

BATCH = Network("n0,n1,n2", "sigmoid", batch="N", l2="lam/2").problem()
SINGLE = Network("n0,n1,n2", ("f", "identity")).problem()


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("z1", "Z1"), ("a1", "A1"), ("x", "X"), ("y", "Y"), ("yhat", "A2"), ("a2", "A2"), ("a0", "X"), ("A0", "X"),
        ("W_1", "W1"), ("W^1", "W1"), ("W^[1]", "W1"), ("W[1]", "W1"), ("w1", "W1"), ("δ2", "delta2"),
        ("delta_2", "delta2"), ("lambda", "lam"), ("λ", "lam"), ("dZ1", "grad(E, Z1)"), ("dz1", "grad(E, Z1)"),
        ("dW2", "grad(E, W2)"), ("db1", "grad(E, b1)"), ("dA1", "grad(E, A1)"), ("dX", "grad(E, X)"), ("N", "N"),
    ],
)  # fmt: skip
def test_every_spelling_means_the_same_with_a_batch(spelling: str, canonical: str) -> None:
    assert text(read(spelling, BATCH.scope)) == canonical


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [("Z1", "z1"), ("A1", "a1"), ("X", "x"), ("Y", "y"), ("yhat", "a2"), ("dZ2", "grad(E, z2)"), ("a0", "x")],
)
def test_every_spelling_means_the_same_for_one_example(spelling: str, canonical: str) -> None:
    assert text(read(spelling, SINGLE.scope)) == canonical


def test_a_batch_of_known_size_may_still_be_called_n() -> None:
    assert read("N", Network("2,3,1", "tanh", batch=5).problem().scope) == Dimension(Network("1,1", batch=5).batch)


def test_deltas_are_the_gradients_in_the_pre_activations() -> None:
    pairs = {name.name: z.name for name, z in BATCH.gradients.items()}
    assert pairs == {"delta1": "Z1", "delta2": "Z2"}
    assert all(name.shape == z.shape for name, z in BATCH.gradients.items())
    assert not BATCH.scales


def test_the_delta_of_an_example_leaves_out_the_mean() -> None:
    problem = Network("n0,n1,n2", "f", batch="N", delta="example").problem()
    assert {text(d): text(s) for d, s in problem.scales.items()} == {"delta1": "N", "delta2": "N"}
    assert not Network("n0,n1,n2", "f", batch="N", delta="example", sum=True).problem().scales


@pytest.mark.parametrize(
    ("asked", "target"), [("W1", "W1"), ("delta2", "Z2"), ("δ1", "Z1"), ("dW2", "W2"), ("z1", "Z1"), ("W[2]", "W2")]
)
def test_a_question_finds_what_is_differentiated_by(asked: str, target: str) -> None:
    question = Network("n0,n1,n2", "f", batch="N").problem(asked).question
    assert question.objective == scalar("E")
    assert question.wrt is not None
    assert text(question.wrt) == target


def test_a_shared_activation_may_be_called_f() -> None:
    assert text(read("f'(z2)", BATCH.scope)) == "sigmoid'(Z2)"
    assert "f" not in Network("n0,n1,n2", ("relu", "sigmoid")).problem().scope.functions


def test_a_linear_output_read_as_logits_is_the_pre_activation() -> None:
    problem = Network("n0,n1,n2", ("tanh", "identity"), "softmax-ce", batch="N").problem()
    assert text(read("A2", problem.scope)) == text(read("yhat", problem.scope)) == "Z2"
    assert isinstance(read("dA2", problem.scope), Derivative)


def test_assumptions_are_declared_in_words() -> None:
    assert Network("2,3", "softmax", "softmax-ce", batch="N").problem().assumptions.equation_texts == ("sum(y) = 1",)
    assert Network("2,1", "identity", "logistic").problem().assumptions.equation_texts == ("y**2 = 1",)
