"""Derived gradients agree with every route under the options that the campaign of networks leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from derive.differentiation.gradient import gradient_definitions, gradients
from derive.expression.functions import apply, from_formula
from derive.expression.nodes import scalar
from derive.networks.network import Network
from numeric.compare import compare
from numeric.comparison import Comparison

Z = scalar("z")
MISH = from_formula("mish", "z", Z * apply("tanh", apply("softplus", Z)))

OPTIONS: dict[str, dict[str, Any]] = {
    "numerator layout": {"activations": "sigmoid,identity", "l2": "lam/2", "gradient": "numerator"},
    "sum, both regularisers, biases too": {
        "activations": "leaky_relu(alpha),identity", "loss": "mse", "sum": True, "l1": "lam", "l2": "mu/2",
        "regularise_bias": True},
    "unspecified functions, a number as coefficient": {
        "activations": "f,g", "loss": "squared", "l2": "0.01/N", "layout": "row"},
    "one example, softmax with squares": {
        "activations": "elu(alpha),softmax", "loss": "squared", "batch": None, "layout": "row",
        "gradient": "numerator"},
    "softmax with bce": {"activations": "tanh,softmax", "loss": "bce"},
    "every width one": {"widths": (1, 1, 1), "activations": "tanh,identity", "batch": None, "l1": "lam"},
    "a function given by a formula": {"activations": [MISH, "identity"]},
    "logits from tanh": {"activations": "sin,tanh", "loss": "softmax-ce"},
    "numbers as sizes": {"widths": (3, 2, 1), "activations": "relu,sigmoid", "loss": "bce", "batch": 2},
}  # fmt: skip


def compared(options: dict[str, Any], names: list[str] | None = None) -> Comparison:
    network = Network(**{"widths": ("n0", "n1", "n2"), "batch": "N", **options})
    found = gradients(network.problem(), names or [p.name for p in network.parameters])
    definitions = {name: value for d in found.values() for name, value in gradient_definitions(d)}
    return compare(network, {name: d.result for name, d in found.items()}, tuple(definitions.items()))


@pytest.mark.parametrize("name", OPTIONS)
def test_parameters_agree(name: str) -> None:
    report = compared(OPTIONS[name], ["W1", "b2"])
    assert report.agrees
    assert {"entries", "backprop", "complex step", "central differences"} == set(report.routes)
    assert all(row.agrees for row in report.rows if row.route == "entries")


@pytest.mark.parametrize(
    "options",
    [
        {"activations": "sigmoid,identity", "delta": "example"},
        {"activations": "sigmoid,identity", "gradient": "numerator", "delta": "example"},
        {"activations": "tanh,sigmoid", "layout": "row", "l2": "lam/2"},
    ],
)
def test_deltas_activations_inputs_and_constants_agree(options: dict[str, Any]) -> None:
    names = ["delta1", "delta2", "Z1", "A1", "X", "Y", *(["lam"] if "l2" in options else [])]
    report = compared(options, names)
    assert report.agrees
    assert set(report.parameters) == set(names)
