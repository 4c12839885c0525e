"""Text as people type it: factors side by side, MATLAB, NumPy, bars, primes, entries with letters below them."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest

from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.problems import from_table
from derive.standalone import check_standalone

LAYER = """
[shapes]
W = ["n", "m"]
V = ["n", "m"]
x = ["m"]
y = ["n"]
u = ["n"]
s = []
t = []
[functions]
f = "unspecified"
[define]
z = "W @ x"
a = "f(z)"
E = "1/2*sum((a - y)**2)"
[question]
objective = "E"
wrt = "W"
"""

SAME = [
    ("W x", "W @ x"), ("2Wx", "2*(W @ x)"), ("s W x t", "s*t*(W @ x)"), ("2s", "2*s"), ("2(s+t)3", "6*(s+t)"),
    ("s(1-s)", "s*(1-s)"), ("(s)(t)", "s*t"), ("s(1-s)^2", "s*(1-s)**2"), ("-s t^2", "-(s*t**2)"),
    ("1/2 s", "s/2"), ("s/t W", "(s/t)*W"), ("1/s Wx", "(W @ x)/s"),
    ("2W'y", "2*(W.T @ y)"), ("W' * (a - y)", "matmul(transpose(W), a - y)"),
    ("x'x", "x.T @ x"), ("(W + V)'", "(W + V).T"),
    ("(W' * u) .* x", "matmul(transpose(W), u)*x"), ("u .* y ./ (1 + y.^2)", "u*y/(1 + y**2)"), ("u * x'", "u @ x.T"),
    ("a'", "f'(z)", "refuted"), ("u .* a'", "u*f'(z)"),
    ("|s|", "abs(s)"), ("‖x‖²", "norm(x)**2"), ("||x||_2^2", "x.T @ x"), ("|s - t| |t|", "abs(s-t)*abs(t)"),
    ("s if s > 0 else t", "where(s > 0, s, t)"), ("s > 0 ? s : t", "where(s > 0, s, t)"),
    ("1{s > 0} t", "(s > 0)*t"), ("𝟙[s>0]", "(s > 0)"), ("I(s > 0)", "(s > 0)"), ("np.heaviside(s, 1)", "(s >= 0)"),
    ("(s > 0).astype(float)", "(s > 0)"), ("np.array(W, copy=True)", "W"), ("x.t()", "x.T"), ("√(s^2)", "sqrt(s**2)"),
    ("tanh²(s)", "tanh(s)**2"), ("tanh^2(s) t", "tanh(s)**2*t"), ("log(s)log(t)", "log(s)*log(t)"),
    ("u_i y_i", "u[i]*y[i]"), ("W_ij", "W[i,j]"), ("u_i y_j δ_ij", "u[i]*y[j]*kron(i,j)"), ("x_1", "x[1]"),
    ("sum_i u_i y_i", "u.T @ y"), ("Σ_j W_ij x_j", "(W @ x)[i]"), ("u_i / sum_k y_k * s", "u[i]/sum(y)*s"),
    ("f(z)_i", "f(z)[i]"), ("[s + t]", "s + t"), ("{s + t} [s - t]", "s**2 - t**2"),
    ("d/ds s^2", "2*s"), ("∂/∂s (s t)", "t"), ("W^T (u)", "W.T @ u"), ("sgn(s)", "sign(s)"), ("expit(s)", "sigmoid(s)"),
    ("tr(W'V)", "trace(W.T @ V)"), ("s  # as in the notes", "s"), ("dE/da", "a - y"), ("∂L/∂a", "a - y"),
]  # fmt: skip
"""What is typed and what it means; where the two have another shape, the verdict on the wrong one."""


@cache
def checker() -> Checker:
    return Checker(from_table(tomllib.loads(LAYER)), explain=False)


def check(answer: str) -> Verdict:
    return checker().check(answer)


@pytest.mark.parametrize("row", SAME, ids=[row[0] for row in SAME])
def test_it_means_what_its_author_means(row: tuple[str, ...]) -> None:
    typed, meaning = row[:2]
    if len(row) == 2:
        assert check(f"{meaning} = {typed}").verdict == "proved"
    assert check(f"2*({meaning}) + 1 = {typed}").verdict in ("refuted", "conditional")


RIGHT = [
    "((a - y) f'(z)) x'", "(a - y) ⊙ f'(z) xᵀ", "((a-y) .* f'(z)) * x'", "δ = (a − y) f′(z)\nδ xᵀ",
    "d = (a-y) .* f'(z);\nd * x'", "# the slope\nd = (a - y)*f'(z)  # by entries\nnp.outer(d, x)", "= ((a-y)*f'(z)) x'",
    "dL/dW = ((a-y)*f'(z)) x'", "dW = ((a-y)*f'(z)) @ x.T", "grad = ((a-y)*f'(z)) @ x.T",
    "(a_i - y_i) f'(z_i) x_j", "dE/dW_ij = (a_i - y_i) f'(z_i) x_j", "delta_i = (a_i - y_i) f'(z_i); delta_i x_j",
    "da = a - y\ndz = da f'(z)\ndW = dz x'",
]  # fmt: skip

WRONG = [
    "((a - y) f(z)) x'", "((a + y) .* f'(z)) * x'", "(a_i - y_i) f'(z_i)", "(a_j - y_j) f'(z_j) x_i", "(a - y) x'",
    "grad = ((a-y)*f'(z)) @ y.T", "dW = (a-y) @ x.T", "dL/dW = ((a-y)*f'(z)) @ y.T", "(a_i - y_i) f'(z_j) x_j",
    "J_kj = (a_i - y_i) f'(z_i) x_j", "J_ji = (a_i - y_i) f'(z_i) x_j",
]  # fmt: skip


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers_in_everyday_clothes_are_proved(answer: str) -> None:
    assert check(answer).verdict == "proved"


@pytest.mark.parametrize("answer", WRONG)
def test_wrong_ones_are_not(answer: str) -> None:
    assert check(answer).verdict not in ("proved", "agrees")


@pytest.mark.parametrize(
    "answer", ["s/t(1-s)", "1/2s", "u y", "W AB", "s xx", "W2a1", "Wx", "__s__", "s 2", "1e-3 s", "d/ds 1/s", "|W|"]
)
def test_what_nobody_could_read_for_certain_is_not_read(answer: str) -> None:
    verdict = check(f"s*t = {answer}") if answer != "u y" else check("(u*y)[1] = (u y)[1]")
    assert verdict.verdict in ("not understood", "refuted")
    assert verdict.verdict == "not understood" or answer in ("s/t(1-s)", "1/2s")


def test_a_slash_before_factors_side_by_side_has_two_readings() -> None:
    assert check("(s/t)*(1-s) = s/t(1-s)").code == "E-AMBIGUOUS"
    assert check("tanh(s)/2 = 1/2tanh(s)").code == "E-AMBIGUOUS"
    assert check("s/(t*(1-s)) = s/t(1-s)").code == "E-AMBIGUOUS"


def test_steps_are_about_what_they_change() -> None:
    table = LAYER.replace('objective = "E"\nwrt = "W"', 'value = "W - s*grad(E, W)"')
    asked = Checker(from_table(tomllib.loads(table)), explain=False)
    change = "((a-y)*f'(z)) @ x.T"
    for step in (f"W := W - s*{change}", f"W ← W - s {change}", f"W <- W - s*{change}", f"W -= s*{change}"):
        assert asked.check(step).verdict == "proved"
        assert asked.check(step.replace("f'", "f")).verdict == "refuted"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        ("tr(AB) = tr(BA)", "proved"), ("x'y = y'x", "proved"), ("x(1-x) = x - x*x", "proved"),
        ("d/dx x^2 = 2x", "proved"), ("(a+b)^2 = a^2 + 2ab + b^2", "proved"), ("(a+b)^2 = a^2 + ab + b^2", "refuted"),
        ("grad(1/2 ||Ax-b||^2, x) = A^T(Ax-b)", "proved"), ("grad(||x||^2, x) = x", "refuted"),
    ],
)  # fmt: skip
def test_equations_by_themselves_are_typed_like_that_too(equation: str, verdict: str) -> None:
    assert check_standalone(equation).verdict == verdict
