r"""LaTeX equations that speak for themselves: letters get their names, shapes and functions from how they are used."""

from __future__ import annotations

import pytest

from derive.expression.sizes import shape_list
from derive.standalone import check_standalone

PAIRS = [
    (r"\frac{\partial}{\partial x} x^T A x = (A + A^T) x", r"\frac{\partial}{\partial x} x^T A x = (A - A^T) x"),
    (r"\frac{\partial \|Ax-y\|^2}{\partial x} = 2A^T(Ax-y)", r"\frac{\partial \|Ax-y\|^2}{\partial x} = A^T(Ax-y)"),
    (r"\nabla_x \|Ax\|_2^2 = 2 A^\top A x", r"\nabla_x \|Ax\|_2^2 = 2 A A^\top x"),
    (r"\frac{\partial a^T X b}{\partial X} = a b^T", r"\frac{\partial a^T X b}{\partial X} = -a b^T"),
    (
        r"\frac{\partial}{\partial X} \operatorname{tr}(AXB) = A^T B^T",
        r"\frac{\partial}{\partial X} \operatorname{tr}(AXB) = 2 A^T B^T",
    ),
    (
        r"E = \frac12 \|Wx - y\|^2, \quad \frac{\partial E}{\partial W} = (Wx-y)x^T",
        r"E = \frac12 \|Wx - y\|^2, \quad \frac{\partial E}{\partial W} = 2(Wx-y)x^T",
    ),
    (
        r"\frac{\partial}{\partial \theta} \|X\theta - y\|^2 = 2X^T(X\theta - y)",
        r"\frac{\partial}{\partial \theta} \|X\theta - y\|^2 = 2X^T(X\theta + y)",
    ),
    (
        r"\nabla_\beta \left( \|y - X\beta\|^2 + \lambda \|\beta\|^2 \right) = -2X^T(y - X\beta) + 2\lambda\beta",
        r"\nabla_\beta \left( \|y - X\beta\|^2 + \lambda \|\beta\|^2 \right) = -2X^T(y - X\beta) + \lambda\beta",
    ),
    (
        r"\frac{\partial}{\partial W_1} \tfrac12\|W_2 \sigma(W_1 x) - y\|^2 = "
        r"\left(W_2^T (W_2\sigma(W_1 x) - y) \odot \sigma'(W_1 x)\right) x^T",
        r"\frac{\partial}{\partial W_1} \tfrac12\|W_2 \sigma(W_1 x) - y\|^2 = W_2^T (W_2\sigma(W_1 x) - y) x^T",
    ),
    (r"\sigma'(z) = \sigma(z)(1-\sigma(z))", r"\sigma'(z) = \sigma(z)(1+\sigma(z))"),
    (
        r"\frac{e^{-z}}{(1+e^{-z})^2} = \frac{1}{2+2\cosh z}",
        r"\frac{e^{-z}}{(1+e^{-z})^2} = \frac{1}{2+\cosh z}",
    ),
    (r"\tanh(z) = 2\sigma(2z) - 1", r"\tanh(z) = 2\sigma(2z) + 1"),
    (r"\tanh(2x)_i = \tanh(2x_i)", r"\tanh(2x)_i = 2\tanh(x)_i"),
    (r"\sum_{i \ne j} x_i x_j = (\sum_i x_i)^2 - \sum_i x_i^2", r"\sum_{i \ne j} x_i x_j = (\sum_i x_i)^2"),
    ("e^{x+y} = e^xe^y", "e^{x+y} = e^xe^x"),
    (r"\frac{d}{dx}(a x^2 + b x + c) = 2 a x + b", r"\frac{d}{dx}(a x^2 + b x + c) = 2 a x + c"),
    (r"\frac{d}{dx} f(g(x)) = f'(g(x)) g'(x)", r"\frac{d}{dx} f(g(x)) = f'(x) g'(x)"),
    (
        r"\frac{d}{dx}\frac{u(x)}{v(x)} = \frac{u'(x)v(x) - u(x)v'(x)}{v(x)^2}",
        r"\frac{d}{dx}\frac{u(x)}{v(x)} = \frac{u'(x)v(x) + u(x)v'(x)}{v(x)^2}",
    ),
    (r"\frac{\partial (Ax)_i}{\partial x_j} = A_{ij}", r"\frac{\partial (Ax)_i}{\partial x_j} = 2A_{ij}"),
    (
        r"\frac{\partial \operatorname{softmax}(z)_i}{\partial z_j} = "
        r"\operatorname{softmax}(z)_i (\delta_{ij} - \operatorname{softmax}(z)_j)",
        r"\frac{\partial \operatorname{softmax}(z)_i}{\partial z_j} = "
        r"\operatorname{softmax}(z)_j (\delta_{ij} - \operatorname{softmax}(z)_j)",
    ),
    (
        r"\frac{\partial \log\sum_j e^{z_j}}{\partial z_i} = \frac{e^{z_i}}{\sum_j e^{z_j}}",
        r"\frac{\partial \log\sum_j e^{z_j}}{\partial z_i} = \frac{1}{\sum_j e^{z_j}}",
    ),
    (r"\sum_{i=1}^n x_i y_i = x^T y", r"\sum_{i=1}^n x_i y_i = 2x^T y"),
    (r"x^T A x = \sum_{i,j} A_{ij} x_i x_j", r"x^T A x = \sum_{i,j} A_{ij} x_i x_i"),
    (r"\frac{\partial}{\partial x} \mathbf{1}^T x = \mathbf{1}", r"\frac{\partial}{\partial x} \mathbf{1}^T x = x"),
    (r"\max(0, x) = \frac{x + |x|}{2}", r"\max(0, x) = \frac{x - |x|}{2}"),
    (
        r"(\mathbf{A}\mathbf{B})^\top = \mathbf{B}^\top \mathbf{A}^\top",
        r"(\mathbf{A}\mathbf{B})^\top = \mathbf{A}^\top \mathbf{B}^\top",
    ),
    (
        r"\frac{\partial}{\partial \mu} \frac{(x-\mu)^2}{2\sigma^2} = -\frac{x-\mu}{\sigma^2}",
        r"\frac{\partial}{\partial \mu} \frac{(x-\mu)^2}{2\sigma^2} = \frac{x-\mu}{\sigma^2}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("right", "spoiled"), PAIRS, ids=[right for right, _ in PAIRS])
def test_a_right_equation_is_proved_and_a_spoiled_one_is_not(right: str, spoiled: str) -> None:
    assert check_standalone(right).verdict == "proved"
    assert check_standalone(spoiled).verdict in ("refuted", "conditional")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\frac{\partial \|Ax-y\|^2}{\partial x} = 2A^T(Ax-y)", {"A": ["n", "m"], "x": ["m"], "y": ["n"]}),
        (r"\frac{d}{dx}(a x^2 + b x) = 2 a x + b", {"a": [], "x": [], "b": []}),
        (r"W_{1} x = W^{(1)} x", {"W_1": ["n", "m"], "x": ["m"]}),
        (r"\nabla_w (w^T x + b - y)^2 = 2(w^Tx + b - y) x", {"w": ["n"], "x": ["n"], "b": [], "y": []}),
    ],
)
def test_shapes_are_those_of_custom_corrected_by_use(written: str, expected: dict[str, list[str]]) -> None:
    verdict = check_standalone(written)
    assert verdict.verdict == "proved"
    assert verdict.reading is not None
    assert {name: shape_list(shape) for name, shape in verdict.reading.shapes} == expected


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (r"\frac{\partial E}{\partial x} = 2x", "E-NAME"),
        (r"\frac{1}{2} x^T x", "E-SYNTAX"),
        (r"W \in \mathbb{R}^{n \times m}", "E-UNSUPPORTED"),
        (r"\int x \, dx = 1", "E-UNSUPPORTED"),
        (r"\def\x{\x\x}\x = 1", None),
        (r"\frac{1}{", None),
        ("{" * 300 + r"\alpha\beta" + "}" * 300, "E-DEPTH"),
    ],
)
def test_what_is_not_understood_is_said(written: str, code: str | None) -> None:
    verdict = check_standalone(written)
    assert verdict.verdict == "not understood"
    assert code in (None, verdict.code)
    assert verdict.reason
