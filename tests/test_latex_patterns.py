"""Spellings with letters, dots whose pattern can be seen, conditions on indices, steps; families of problem files."""

from __future__ import annotations

import pytest

from derive.errors import UsageError
from derive.expression.problem import Problem
from derive.problems import loads
from tests.deciding import check

NOTES = loads(r"""
[shapes]
x = ["n[1]"]
y = ["n[L]"]
eta = []
'W[l]' = ["n[l+1]", "n[l]"]
'a[l]' = ["n[l]"]
'z[l]' = ["n[l]"]
[functions]
f = "unspecified"
[define]
'a[1]' = "x"
'z[l]' = "W[l-1] @ a[l-1]"
'a[l]' = "f(z[l])"
E = "1/2*norm(y - a[L])**2"
'delta[l]' = "grad(E, z[l])"
'W_new[l]' = "W[l] - eta*grad(E, W[l])"
[notation]
'w_{ij}^{l}' = "W[l][j,i]"
'E(x; W)' = "E"
operators = { '\times' = "elementwise" }
""")

TABLE = loads(r"""
[shapes]
X = ["m", "n"]
v = ["n"]
u = ["m"]
s = []
[indices]
j = "n"
k = "m"
c = "n"
[functions]
f = "unspecified"
[define]
p = "softmax(v)"
[notation]
'\rho_j' = "v[j]"
'\rho_k' = "u[k]"
'x_j^{(i)}' = "X[i,j]"
'\bw' = "v"
'v \odot f(v)' = "2*v"
'\hat{s}_i' = "s"
""")

WORKED = loads("""
[define]
z = "0.8*0.5"
a = "sigmoid(z)"
""")

ATTENTION = loads(r"""
[shapes]
Q = ["n", "d"]
K = ["m", "d"]
V = ["m", "e"]
D = ["n", "e"]
[define]
S = "Q @ K.T / sqrt(d)"
P = "softmax(S, axis=1)"
O = "P @ V"
L = "sum(D*O)"
[question]
objective = "L"
""")


def _verdict(problem: Problem, latex: str) -> str:
    return check(problem, latex).verdict


_CASES = r"\frac{\partial p_i}{\partial v_j} = \begin{cases} p_i (1 - p_i) & "


def _table(*corners: str) -> str:
    """A matrix of which only the corners are written."""
    a, b, c, d = corners
    return rf"\begin{{bmatrix}} {a} & \dots & {b} \\ \vdots & & \vdots \\ {c} & \dots & {d} \end{{bmatrix}}"


RIGHT = (
    (NOTES, r"z^{l+1} = W^l a^l"),
    (NOTES, r"\delta^l = (W^l)^T \delta^{l+1} \times f'(z^l)"),
    (NOTES, r"\frac{\partial E}{\partial w_{ij}^l} = \delta_j^{l+1} a_i^l"),
    (NOTES, r"\frac{\partial E(x; W)}{\partial w_{12}^{l+1}} = \delta_2^{l+2} a_1^{l+1}"),
    (NOTES, r"a^l = \begin{pmatrix} a_1^l \\ a_2^l \\ \vdots \\ a_{n_l}^l \end{pmatrix}"),
    (NOTES, r"W^l \leftarrow W^l - \eta \delta^{l+1} (a^l)^T"),
    (NOTES, r"W^l = W^l - \eta \frac{\partial E}{\partial W^l}"),
    (TABLE, f"X = {_table('x_1^{(1)}', 'x_n^{(1)}', 'x_1^{(m)}', 'x_n^{(m)}')}"),
    (TABLE, r"u^T X v = u_1 \sum_i X_{1i} v_i + \sum_j \sum_i (1 - \mathbb{1}(j = 1)) u_j X_{ji} v_i"),
    (TABLE, r"\sum_i v_i = v_1 + v_2 + \dots + v_n"),
    (TABLE, r"(v_1, v_2, \dots, v_n) = v^T"),
    (TABLE, r"X = \begin{bmatrix} - X_1 - \\ \vdots \\ - X_m - \end{bmatrix}"),
    (TABLE, r"\rho_j \rho_k = v_j u_k"),
    (TABLE, r"f(\bw) = f(v)"),
    (TABLE, r"3 v \odot f(v) = 6 v"),
    (TABLE, _CASES + r"i = j \\ -p_i p_j & i \neq j \end{cases}"),
    (TABLE, r"\sum_{i \neq c} v_i = \sum_i v_i - v_c"),
    (TABLE, r"\sum_{i=2}^n v_i^2 = v^T v - v_1^2"),
    (TABLE, r"\nabla_v^T (u^T X v) = u^T X"),
    (TABLE, r"\partial_{v_j} (v^T v) = 2 v_j"),
    (ATTENTION, r"dV = P^T dO, \quad dQ = \frac{1}{\sqrt{d}} dS K"),
    (ATTENTION, r"O = \mathrm{softmax}\left(\frac{Q K^T}{\sqrt{d}}\right) V"),
    (TABLE, r"u \in \mathbb{R}^m, \quad \mathbb{R}^{m \times n} \ni X"),
)  # fmt: skip

WRONG = (
    (NOTES, r"\frac{\partial E}{\partial w_{ij}^l} = \delta_i^{l+1} a_j^l"),
    (NOTES, r"W^l \leftarrow W^l + \eta \delta^{l+1} (a^l)^T"),
    (NOTES, r"a^l = \begin{pmatrix} a_1^{l+1} \\ a_2^{l+1} \\ \vdots \\ a_{n_{l+1}}^{l+1} \end{pmatrix}"),
    (TABLE, f"X = {_table('x_1^{(1)}', 'x_1^{(m)}', 'x_n^{(1)}', 'x_n^{(m)}')}"),
    (TABLE, r"\rho_j \rho_k = v_j v_k"),
    (TABLE, _CASES + r"i \neq j \\ -p_i p_j & i = j \end{cases}"),
    (TABLE, r"\sum_{i \neq c} v_i = \sum_i v_i"),
    (TABLE, r"\sum_{i=2}^n v_i^2 = v^T v"),
    (ATTENTION, r"dV = P \, dO"),
    (TABLE, r"X_{jk} = X_{kj}"),
    (TABLE, r"u \in \mathbb{R}^n"),
)  # fmt: skip

UNREAD = (
    (TABLE, r"v = \begin{bmatrix} v_1 \\ v_3 \\ \vdots \\ v_n \end{bmatrix}"),
    (TABLE, r"v = \begin{bmatrix} v_1 \\ u_2 \\ \vdots \\ v_n \end{bmatrix}"),
    (TABLE, r"\hat{s}_j = s"),
    (TABLE, r"f(\bu) = f(v)"),
    (TABLE, r"v + \dots"),
    (TABLE, r"\begin{bmatrix}\end{bmatrix} = v"),
    (TABLE, r"\sum_{i=0}^n v_i = 1"),
    (TABLE, r"\sum_{i=3}^n v_i = 1"),
    (TABLE, r"u = \begin{bmatrix} - \\ \vdots"),
)


@pytest.mark.parametrize(("problem", "latex"), RIGHT)
def test_what_is_right_is_proved(problem: Problem, latex: str) -> None:
    assert _verdict(problem, latex) == "proved"


@pytest.mark.parametrize(("problem", "latex"), WRONG)
def test_one_slip_makes_it_wrong(problem: Problem, latex: str) -> None:
    assert _verdict(problem, latex) in ("refuted", "conditional")


@pytest.mark.parametrize(("problem", "latex"), UNREAD)
def test_no_pattern_is_guessed(problem: Problem, latex: str) -> None:
    assert _verdict(problem, latex) == "not understood"


def test_a_length_that_is_not_closed_is_no_crash() -> None:
    assert _verdict(TABLE, r"v = v \hspace[{1in} v") in ("proved", "not understood")


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"z = 0.8 \times 0.5 = 0.4", "proved"),
        (r"a = \sigma(0.4) = 0.5987", "undecided"),
        (r"a = \sigma(0.4) = 0.5988", "refuted"),
        (r"z = \frac{2}{5} = 0.41", "refuted"),
    ],
)
def test_worked_numbers_are_right_to_their_digits(latex: str, verdict: str) -> None:
    assert _verdict(WORKED, latex) == verdict


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[shapes]\n'W[2]' = [\"n\"]", "general layer"),
        ("[shapes]\n'W[l]' = [\"n[l]\"]\n'V[k]' = [\"n[k]\"]", "general layer is l"),
        ("[define]\n'z[3]' = \"1\"", "not declared"),
        ("[shapes]\n'z[l]' = [\"n[l]\"]\n[define]\n'z[l]' = \"ones(n[l+1], 1)\"", "[shapes] says"),
    ],
)
def test_errors_of_families(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        loads(text)


@pytest.mark.parametrize("divisor", ["2N", "2N^2", "Na"])
def test_letters_that_touch_a_divisor_may_belong_to_it(divisor: str) -> None:
    problem = loads(f'[shapes]\nN = []\na = []\n[question]\nvalue = "a/({divisor[0]}*{divisor[1:]})"')
    assert check(problem, rf"\tfrac{{1}}{{1}} a/{divisor}").code == "E-AMBIGUOUS"
    assert check(problem, rf"\tfrac{{1}}{{1}} a/({divisor})").verdict == "proved"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\operatorname{diag}(\operatorname{diag}(A)) = A \odot \mathbf{I}_n", "proved"),
        (r"\operatorname{diag}(\operatorname{diag}(A)) = A", "refuted"),
        (r"\mathbf{I} W \mathbf{I} = W", "proved"),
        (r"\mathbf{1}^T W \mathbf{1} = \sum_{ij} W_{ij}", "proved"),
        (r"\mathbf{1}^T W W \mathbf{1} = \sum_{ij} W_{ij}", "refuted"),
        (r"\mathbf{I} W = W", "proved"),
    ],
)
def test_sizes_that_are_guessed_and_diagonals_refute_nothing(equation: str, verdict: str) -> None:
    problem = loads('[shapes]\nA = ["n", "n"]\nW = ["n", "m"]\n[question]\nvalue = "A"')
    assert check(problem, equation).verdict in (verdict, "conditional" if verdict == "refuted" else verdict)


@pytest.mark.parametrize("answer", [r"\mathbb{E}[2z]", r"E[2 \cdot z]", r"\mathbb{E}(2z)"])
def test_an_expectation_is_no_product_with_the_objective(answer: str) -> None:
    problem = loads('[shapes]\nz = ["n"]\n[define]\nE = "sum(z**2)"\n[question]\nobjective = "E"\nwrt = "z"')
    assert check(problem, answer).code == "E-UNSUPPORTED"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\sum x_i = \mathbf{1}^T x", "proved"), (r"\sum_i x_i = \sum x_i", "proved"), ("x^2_i = x_i*x_i", "proved"),
        (r"\tfrac12 A_{ij} = \tfrac12 A[i,j]", "proved"), ("√2π = √(2*pi)", "not understood"),
        (r"\sum x_i y_j = y_j \mathbf{1}^T x", "proved"), (r"\sum_{i \ne j} x_i y_j = \mathbf{1}^T x", "refuted"),
    ],
)  # fmt: skip
def test_letters_of_sums_entries_and_roots(equation: str, verdict: str) -> None:
    problem = loads('[shapes]\nA = ["n", "n"]\nx = ["n"]\ny = ["n"]\n[question]\nvalue = "A"')
    assert check(problem, equation).verdict == verdict
