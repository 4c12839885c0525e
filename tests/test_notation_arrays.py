"""NumPy, PyTorch, MATLAB and R: what their users type says the same as our text, and what is none of it says why."""

from __future__ import annotations

import numpy as np
import pytest

from derive import check
from derive.errors import DeriveError, ShapeError
from derive.expression.nodes import Tensor
from derive.expression.problem import Problem
from derive.expression.scope import Scope
from derive.expression.sizes import column, matrix, size
from derive.notation import read_answer
from derive.problems import loads

SHAPES = {"X": matrix("N", "d"), "D": matrix("N", "k"), "W": matrix("d", "k"), "x": column("d"), "g": column("d"),
          "h": column("k")}  # fmt: skip
SCOPE = Scope(
    tensors={name: Tensor(name, sides) for name, sides in SHAPES.items()},
    sizes={name: size(name) for name in "Ndk"},
)

SAME = [
    ("torch.mm(X.t(), D)", "X.T @ D"),
    ("X.transpose(0, 1).matmul(D)", "X.T @ D"),
    ("X.permute(1, 0) @ D", "X.T @ D"),
    ("X.mT @ D", "X.T @ D"),
    ("t(X) %*% D", "X.T @ D"),
    ("X.'*D .* 1", "X' * D .* 1"),
    ("np.einsum('ni,nj->ij', X, D)", "X.T @ D"),
    ('torch.einsum("bi, bo -> io", X, D)', "X.T @ D"),
    ("np.einsum('ij,jk', X, W)", "X @ W"),
    ("np.einsum('nj->', D)", "sum(D)"),
    ("np.einsum('i,j->ij', x, h)", "outer(x, h)"),
    ("np.einsum('ij,ij->ij', D, D)", "D*D"),
    ("np.einsum('i,i,j->ij', x, g, h)", "outer(x*g, h)"),
    ("D.mul(D).add(1).div(2)", "(D*D + 1)/2"),
    ("np.power(D, 2) - np.square(D)", "D**2 - D**2"),
    ("D.exp().log1p()", "log(1 + exp(D))"),
    ("torch.sigmoid(D) - D.sigmoid()", "sigmoid(D) - sigmoid(D)"),
    ("F.relu(D) + torch.nn.functional.silu(D)", "relu(D) + silu(D)"),
    ("D.clamp(min=0)", "maximum(D, 0)"),
    ("torch.clamp(D, -1, 1)", "minimum(maximum(D, -1), 1)"),
    ("D.gt(0).float()", "(D > 0)"),
    ("torch.rsqrt(D)", "1/sqrt(D)"),
    ("F.softmax(D, dim=1)", "softmax(D, axis=1)"),
    ("x.softmax(-1)", "softmax(x, axis=0)"),
    ("F.log_softmax(D, dim=-1)", "log(softmax(D, axis=1))"),
    ("D.sum(dim=0, keepdim=True)", "sum(D, axis=0)"),
    ("D.mean(1, keepdims=True)", "mean(D, axis=1)"),
    ("sum(D .* D, 1)", "sum(D*D, axis=0)"),
    ("sum(D .* D, 2)", "sum(D*D, axis=1)"),
    ("x[:, None] * h[None, :]", "x * h.T"),
    ("x[..., np.newaxis]", "x"),
    ("x.reshape(1, -1) @ W", "x.T @ W"),
    ("x.unsqueeze(0) @ W.view(d, k)", "x.T @ W"),
    ("np.ones((1, N)) @ D", "ones(1, N) @ D"),
    ("D / D.shape[0] + len(D)", "D / N + N"),
    ("np.identity(d) @ x", "eye(d) @ x"),
    ("np.linalg.norm(x, 2)", "norm(x)"),
    ("D .* (1 .- D)", "D*(1 - D)"),
    ("D o D", "D*D"),
    ("X⊤ (D ⊙ D)", "X.T @ (D*D)"),
]


@pytest.mark.parametrize(("code", "plain"), SAME, ids=[code for code, _ in SAME])
def test_what_libraries_call_things_reads_as_our_text(code: str, plain: str) -> None:
    assert read_answer(code, SCOPE).lines[0].expressions == read_answer(plain, SCOPE).lines[0].expressions


def test_einsum_that_is_no_matrix_product_has_the_value_numpy_gives_it() -> None:
    """The entries route evaluates both sides; a pattern with its result turned is another matrix."""
    asked = """
        shapes = { A = ["n", "m"], B = ["m", "k"], u = ["m"], v = ["n"] }
        question = { value = "diag(v) @ A @ diag(u) @ B" }
    """
    problem: Problem = loads(asked)
    pattern = "i,ij,j,jk->ik"
    assert check(problem, f"np.einsum('{pattern}', v, A, u, B)").verdict == "proved"
    assert check(problem, f"np.einsum('{pattern[:-2]}ki', v, A, u, B)").verdict in ("refuted", "conditional")
    values = [np.arange(1.0, 3), np.arange(6.0).reshape(2, 3), np.arange(3.0), np.arange(12.0).reshape(3, 4)]
    v, a, u, b = values
    assert np.allclose(np.einsum(pattern, *values), np.diag(v) @ a @ np.diag(u) @ b)


@pytest.mark.parametrize(
    ("answer", "verdicts"),
    [
        ("np.mean(p[:, None] * X, axis=0) + lam*w", {"proved"}),
        ("np.sum(p[:, None] * X, axis=0) + lam*w", {"refuted", "conditional"}),
        ("np.mean(p[:, None] * X, axis=0, keepdims=True) + lam*w", {"refuted"}),
        ("np.mean(p[:, None] * X, axis=1) + lam*w", {"refuted"}),
    ],
)
def test_a_sum_along_an_axis_has_one_axis_that_goes_where_it_conforms(answer: str, verdicts: set[str]) -> None:
    problem = loads("""
        shapes = { X = ["m", "n"], w = ["n"], p = ["m"], lam = [] }
        question = { value = "X.T @ p/m + lam*w" }
    """)
    assert check(problem, answer).verdict in verdicts


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("np.einsum('ij,jk->ik', X)", "2 operands"),
        ("np.einsum(X, D)", "begins with its pattern"),
        ("np.einsum('i,jk->ik', X, D)", "does not fit"),
        ("np.einsum('ij,jk->il', X, W)", "no vector or matrix"),
        ("np.einsum('ij", "does not end"),
        ("W.reshape(-1, 1)", "Only a vector"),
        ("W[:, None]", "column or a row of a vector"),
        ("X.transpose(0, 0)", "two axes"),
        ("np.linalg.norm(x, 1)", "Of norms"),
        ("x.frobnicate()", "is not read here"),
        ("sum(D, axis=2)", "An axis is 0"),
    ],
)
def test_what_is_not_read_says_what_and_what_to_do(code: str, said: str) -> None:
    with pytest.raises(DeriveError, match=said) as caught:
        read_answer(code, SCOPE)
    assert caught.value.position is not None


def test_one_letter_for_two_sizes_does_not_conform() -> None:
    with pytest.raises(ShapeError, match="runs over"):
        read_answer("np.einsum('ij,jk->ik', X, D)", SCOPE)


def test_a_gradient_that_is_set_to_zero_claims_what_the_gradient_is() -> None:
    problem = loads("""
        shapes = { X = ["m", "n"], w = ["n"], y = ["m"] }
        define = { J = "1/2*norm(X @ w - y)**2" }
        question = { objective = "J", wrt = "w" }
    """)
    assert check(problem, "dJ/dw = X.T @ (X @ w - y) = 0").verdict == "proved"
    assert check(problem, "dJ/dw = X.T @ (X @ w) = 0").verdict == "refuted"
    assert check(problem, "dJ/dw = 0").verdict == "refuted"
