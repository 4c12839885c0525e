"""Wrong use gets one sentence that says what is wrong and one that says what to write."""

from __future__ import annotations

from typing import Any

import pytest

from derive.errors import UsageError
from derive.expression.functions import unspecified
from derive.expression.text import text
from derive.networks import Network
from derive.networks.coefficients import coefficient
from derive.problems import network, network_problem

WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"widths": "2"}, "two widths", "n0,n1,n2"),
    ({"widths": ""}, "two widths", "n0,n1,n2"),
    ({"widths": "2,0"}, "0", "numbers or names"),
    ({"widths": "2,-3"}, "'-3'", "numbers or names"),
    ({"widths": "2,3.5"}, "'3.5'", "numbers or names"),
    ({"widths": (2, 2.5)}, "2.5", "numbers or names"),
    ({"widths": "2,9999999999999"}, "too large", "name"),
    ({"widths": "n0,...,n"}, "n0,...,n", "n0,...,nL"),
    ({"widths": "n0,...,nL", "activations": "f,f,f"}, "3", "sigmoid,identity"),
    ({"widths": "2,W1"}, "'W1'", "another name"),
    ({"widths": "2,3", "activations": "sigmiod"}, "'sigmiod'", "sigmoid"),
    ({"widths": "2,3", "activations": "exp("}, "'exp('", "name"),
    ({"widths": "2,3", "activations": [3]}, "3", "name"),
    ({"widths": "2,3", "activations": "relu(2)"}, "0 parameters", "relu"),
    ({"widths": "2,3,1", "activations": "relu,relu,relu"}, "3 activations for 2 layers", "relu,relu"),
    ({"widths": "2,3,1", "activations": "softmax,sigmoid"}, "last layer", "sigmoid,softmax"),
    ({"widths": "2,3", "loss": "hinge"}, "'hinge'", "half-squared"),
    ({"widths": "2,3", "loss": "half_squared"}, "'half_squared'", "half-squared"),
    ({"widths": "2,2", "loss": "logistic"}, "one output", "softmax-ce"),
    ({"widths": "2,3", "layout": "columns"}, "'columns'", "column"),
    ({"widths": "2,3", "gradient": "numerators"}, "'numerators'", "numerator"),
    ({"widths": "2,3", "delta": "examples"}, "'examples'", "example"),
    ({"widths": "2,3", "sum": True}, "batch", "--batch N"),
    ({"widths": "2,3", "delta": "example"}, "batch", "--batch N"),
    ({"widths": "2,3", "batch": "1.5"}, "'1.5'", "such as 4 or N"),
    ({"widths": "2,3", "l2": "lam**"}, "'lam**'", "lam/2"),
    ({"widths": "2,3", "l2": 0.5}, "0.5", "string"),
    ({"widths": "2,3", "l2": "1/0"}, "zero", ""),
    ({"widths": "2,3", "l2": "W1"}, "'W1'", "another name"),
    ({"widths": "2,3", "regularise_bias": True}, "regulariser", "--l2"),
    ({"widths": "2,3", "regularise_bias": True, "bias": False, "l2": "lam"}, "biases", "--no-bias"),
)


@pytest.mark.parametrize(("options", "what", "instead"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_wrong_options_are_refused_in_a_sentence(options: dict[str, Any], what: str, instead: str) -> None:
    with pytest.raises(UsageError) as caught:
        Network(**options)
    assert what in caught.value.message
    assert caught.value.message.endswith(".")
    assert instead in caught.value.suggestion


@pytest.mark.parametrize("asked", ["W3", "W", "delta9", "W[l]", "1+1", ""])
def test_a_name_that_the_network_lacks_is_refused(asked: str) -> None:
    with pytest.raises(UsageError):
        Network("2,3,1", "f").problem(asked)


@pytest.mark.parametrize("asked", ["W", "W[k]", "W1", "q[l]"])
def test_a_layer_that_the_network_lacks_is_refused(asked: str) -> None:
    problem = Network("n0,...,nL", "f")
    if asked == "W":
        assert text(problem.problem(asked).question.wrt or problem.layers.objective) == "W[l]"
    else:
        with pytest.raises(UsageError):
            problem.problem(asked)


def test_options_are_read_as_the_command_line_gives_them() -> None:
    found = network({"widths": "2,3,1", "activations": "sigmoid,f", "no_bias": True, "l2": "lam/(2*N)", "batch": "N",
                     "l1": None, "sum": False})  # fmt: skip
    objective = found.problem().definitions[-1].value
    assert text(objective) == "1/(2*N)*sum((A2 - Y)**2) + lam/(2*N)*(sum(W1**2) + sum(W2**2))"
    assert not found.bias


def test_an_activation_may_be_given_by_a_formula() -> None:
    found = network({"widths": "2,3,1", "activations": "mish=z*tanh(softplus(z)),mish"})
    first, second = found.activations
    assert first == second
    assert text(first.function.formula) == "z*tanh(softplus(z))"


def test_an_activation_may_have_parameters() -> None:
    problem = network({"widths": "2,3,1", "activations": "leaky_relu(alpha),elu"}).problem()
    assert [text(d.value) for d in problem.definitions][1] == "leaky_relu(z1, alpha)"
    assert "alpha" in problem.scope.tensors


def test_an_activation_may_be_a_function_object() -> None:
    assert text(Network("2,1", unspecified("phi")).problem().definitions[1].value) == "phi(z1)"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"widths": "2,3", "activation": "f"}, "'activation'"),
        ({"activations": "f"}, "widths"),
        ({"widths": "2,3", "activations": "m=x*y"}, "x, y"),
        ({"widths": "2,3", "activations": "m=1"}, "no variable"),
        ({"widths": "2,3", "sum": "yes"}, "sum"),
        ({"widths": "2,3", "activations": 3}, "3"),
    ],
)
def test_wrong_options_of_the_command_line_are_refused(options: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        network(options)


def test_a_component_may_be_asked_for() -> None:
    problem = network_problem(Network("2,3,1", "f"), "W1[i,j]")
    assert text(problem.question.wrt or problem.scope.tensors["E"]) == "W1[i,j]"
    assert set(problem.scope.indices) == {"i", "j"}


@pytest.mark.parametrize(
    ("given", "written"),
    [("lam/2", "lam/2"), ("lambda", "lam"), ("1/2", "1/2"), ("0.1", "1/10"), ("1/2*lam", "1/2*lam"), (2, "2"),
     ("2*lam/3", "2*lam/3"), ("λ/2", "lam/2")],
)  # fmt: skip
def test_coefficients_are_exact(given: Any, written: str) -> None:
    assert text(coefficient(given)) == written
