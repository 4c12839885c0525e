"""A network of any depth is, at each depth, the network of that depth."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sympy

from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import layer_size, layer_symbol
from derive.expression.text import text
from derive.expression.traverse import substitute_layer
from derive.networks import Network
from derive.notation import read

DEPTH = 3
CASES: tuple[dict[str, Any], ...] = (
    {"activations": "f"},
    {"activations": ("tanh", "identity"), "batch": "N"},
    {"activations": ("relu", "sigmoid"), "loss": "bce", "batch": "N", "bias": False},
    {"activations": ("f", "softmax"), "loss": "softmax-ce", "batch": "N", "sum": True},
    {"activations": "sigmoid", "loss": "mse", "batch": "N"},
)


def numbered(e: Expression, depth: int) -> str:
    """A formula of the family as the network of a given depth writes it: W[2] is W2, n[2] is n2, A[0] is X."""
    written = text(substitute_layer(e, {layer_symbol("L"): sympy.Integer(depth)}))
    return re.sub(r"\b[aA]0\b", "X" if "A" in written else "x", re.sub(r"(\w+)\[(\d+)\]", r"\1\2", written))


def member(problem: Problem, name: str, layer: sympy.Expr) -> Tensor:
    family = problem.scope.tensors[name]
    found = substitute_layer(family, {layer_symbol("l"): layer})
    assert isinstance(found, Tensor)
    return found


@pytest.mark.parametrize("layout", ["column", "row"])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_every_member_is_defined_as_in_the_network_of_that_depth(options: dict[str, Any], layout: Any) -> None:
    family = Network("n0,...,nL", layout=layout, **options).problem()
    activations = options["activations"]
    chain = activations if isinstance(activations, str) else (*[activations[0]] * (DEPTH - 1), activations[1])
    fixed = Network("n0,n1,n2,n3", layout=layout, **(options | {"activations": chain})).problem()
    z, a = ("Z", "A") if "batch" in options else ("z", "a")
    for k in range(1, DEPTH + 1):
        for name in (z, a):
            # The last layer is asked for as L: its own definition, if it has one, is exact.
            layer = layer_symbol("L") if k == DEPTH else sympy.Integer(k)
            tensor = member(family, name, layer)
            value = family.definition(tensor)
            assert value is not None
            assert shape(value) == tensor.shape
            assert numbered(value, DEPTH) == text(fixed.definition(fixed.scope.tensors[f"{name}{k}"]) or tensor)
    objective = family.definition(family.scope.tensors["E"])
    assert objective is not None
    assert numbered(objective, DEPTH) == text(fixed.definition(fixed.scope.tensors["E"]) or objective)


def test_the_input_is_layer_zero() -> None:
    problem = Network("n0,...,nL", "f").problem()
    assert text(problem.definition(member(problem, "a", sympy.Integer(0))) or objective()) == "x"


def objective() -> Tensor:
    return Network("1,1").layers.objective


@pytest.mark.parametrize(
    ("asked", "target"),
    [("W[l]", "W[l]"), ("W[L]", "W[L]"), ("delta[L]", "z[L]"), ("delta[l]", "z[l]"), ("b[l-1]", "b[l-1]"),
     ("dW[l]", "W[l]")],
)  # fmt: skip
def test_a_question_about_a_layer(asked: str, target: str) -> None:
    question = Network("n0,...,nL", "f").problem(asked).question
    assert question.wrt is not None
    assert text(question.wrt) == target


def test_the_objective_shows_the_regulariser_of_the_layer_in_question() -> None:
    network = Network("n0,...,nL", "f", l2="lam/2")
    for asked in ("W[l]", "W[L]", "W[l+1]"):
        problem = network.problem(asked)
        assert text(problem.definitions[-1].value).endswith(f"lam/2*sum({asked}**2)")
        assert problem.notes


def test_widths_and_layers_can_be_read() -> None:
    scope = Network("n0,...,nL", "f", batch="N").problem().scope
    assert text(read("W[l+1].T @ delta[l+1] * f'(z[l])", scope)) == "(W[l+1].T @ delta[l+1])*f'(Z[l])"
    assert read("W[l]", scope).shape == (  # type: ignore[attr-defined]
        layer_size("n", layer_symbol("l")),
        layer_size("n", layer_symbol("l") - 1),
    )
