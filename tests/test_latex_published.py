"""Ways of writing that published notes share: what each means is told by what conforms, and slips stay wrong."""

from __future__ import annotations

import tomllib

import pytest

from derive.checking import check
from derive.expression.problem import Problem
from derive.problems import from_table
from derive.standalone import check_standalone

ANY_DEPTH = from_table(
    tomllib.loads("""
[network]
widths = ["n0", "...", "nL"]
activations = ["g", "sigmoid"]
batch = "m"
loss = "bce"
delta = "example"
[question]
wrt = "W[l]"
""")
)
TWO_LAYERS = from_table(
    tomllib.loads("""
[network]
widths = ["n", "d", "o"]
activations = ["f", "softmax"]
loss = "softmax-ce"
[notation]
'\\phi' = "f"
'\\mathbf{h}' = "a1"
'\\mathbf{o}' = "z2"
'L' = "E"
[question]
wrt = "W1"
""")
)
LINEAR = from_table(
    tomllib.loads("""
[shapes]
X = ["n", "d"]
theta = ["d"]
y = ["n"]
[define]
h = "X @ theta"
J = "1/2*sum((h - y)**2)"
[notation]
'h_{\\theta}' = "h"
[question]
objective = "J"
""")
)


@pytest.mark.parametrize(
    ("problem", "right", "wrong"),
    [
        (ANY_DEPTH, r"db^{[l]} = \frac{1}{m} dZ^{[l]} 1", r"db^{[l]} = \frac{2}{m} dZ^{[l]} 1"),
        (ANY_DEPTH, r"db^{[l]} = \frac{1}{m} \sum dZ^{[l]}", r"\delta^{[l]} = \frac{1}{m} \sum dZ^{[l]}"),
        (ANY_DEPTH, r"dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l-1]^T}", r"dW^{[l]} = \frac{1}{m} dZ^{[l]} A^{[l]^T}"),
        (ANY_DEPTH, r"dZ^{[l]} = dA^{[l]} * {g^{[l]}}'(Z^{[l]})", r"dZ^{[l]} = dA^{[l]} * {g^{[l]}}(Z^{[l]})"),
        (ANY_DEPTH, r"dA^{[L]} = -\frac{Y}{A^{[L]}} + \frac{1-Y}{1-A^{[L]}}",
         r"dA^{[L]} = \frac{Y}{A^{[L]}} + \frac{1-Y}{1-A^{[L]}}"),
        (TWO_LAYERS, r"\mathrm{d}L/\mathrm{d}W_2 = (a_2 - y) \mathbf{h}^T",
         r"\mathrm{d}L/\mathrm{d}W_2 = y \mathbf{h}^T"),
        (TWO_LAYERS, r"\mathrm{d}L/\mathrm{d}a_1 = W_2^T \mathrm{d}L/\mathrm{d}z_2",
         r"\mathrm{d}L/\mathrm{d}a_1 = W_2^T y"),
        (TWO_LAYERS, r"d\mathbf{o} = a_2 - y", r"d\mathbf{h} = a_2 - y"),
        (TWO_LAYERS, r"\frac{dL}{dz_1} = W_2^T \frac{dL}{d\mathbf{o}} * \phi'(z_1)",
         r"\frac{dL}{dz_1} = W_2^T \frac{dL}{d\mathbf{o}} * \phi(z_1)"),
        (TWO_LAYERS, r"\frac{\partial (z_2)_i}{\partial (b_2)_j} = \delta_{ij}",
         r"\frac{\partial (z_2)_i}{\partial (b_2)_j} = 2 \delta_{ij}"),
        (LINEAR, r"\nabla{J(\theta)} = \sum_{i=1}^n (\theta^T x^{(i)} - y^{(i)}) x^{(i)}",
         r"\nabla{J(\theta)} = \sum_{i=1}^n (\theta^T x^{(i)} + y^{(i)}) x^{(i)}"),
        (LINEAR, r"\frac{\partial J}{\partial \theta_j} = \sum_{i=1}^n (h_\theta(x^{(i)}) - y^{(i)})\cdot{}x_j^{(i)}",
         r"\frac{\partial J}{\partial \theta_j} = \sum_{i=1}^n h_\theta(x^{(i)})\cdot{}x_j^{(i)}"),
        (LINEAR, r"J = \frac{1}{2}{\sum_{i}}(h_i - y_i)^2", r"J = {\sum_{i}}(h_i - y_i)^2"),
    ],
)  # fmt: skip
def test_published_forms_are_read_as_they_conform(problem: Problem, right: str, wrong: str) -> None:
    assert check(problem, right).verdict == "proved"
    assert check(problem, wrong).verdict in ("refuted", "conditional")


def test_a_trace_is_one_in_any_font() -> None:
    assert check_standalone(r"\frac{\partial \mathrm{tr}(A X B)}{\partial X} = A^\top B^\top", {}).verdict == "proved"


def test_a_capital_sigma_is_no_sigmoid() -> None:
    assert check(TWO_LAYERS, r"\delta_1 = \Sigma'(z_1) W_2^T \delta_2").verdict == "not understood"
