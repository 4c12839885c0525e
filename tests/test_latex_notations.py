r"""The notations of real notes: all ways to write one thing are read as that thing."""

from __future__ import annotations

import pytest

from derive.checking.check import Checker
from derive.errors import DeriveError
from derive.expression.problem import Problem
from derive.networks.network import Network
from derive.notation import Answer, Limits, Line, read_any
from derive.notation.latex import LatexReader
from derive.problems import loads
from tests.deciding import check
from tests.steps import steps

DEEP = Network(widths="n0,...,nL", activations="f", loss="half-squared").problem("W[l]")
TWO = Network(widths=("n0", "n1", "n2"), activations="sigmoid", loss="half-squared", batch="N").problem("W1")
VECTORS = loads(
    """
[shapes]
x = ["n"]
u = ["n"]
z = ["m"]
A = ["m", "n"]
S = ["n", "n"]
y = ["m"]
lam = []
[functions]
g = "unspecified"
sigma = "sigmoid"
"""
)

SAME: list[tuple[Problem, str, list[str]]] = [
    (DEEP, "W[l]", [r"W^{(l)}", r"W^{[l]}", r"W^l", r"W_l", r"\mathbf{W}^{(l)}", r"{W}^{[l]}", r"w^{l}", r"W^{<l>}"]),
    (DEEP, "W[l+1].T", [r"W^{(l+1)\top}", r"(W^{l+1})^T", r"{W^{[l+1]}}^{\mathsf T}", r"W^{(l+1)}{}^{\intercal}",
                        r"\left(W_{l+1}\right)^{\mathrm{T}}", r"W^{l+1 \top}"]),
    (DEEP, "W[l][j,k]", [r"W^{(l)}_{jk}", r"W^{l}_{j,k}", r"w_{jk}^{[l]}", r"w_{jk}^l", r"(W^{(l)})_{jk}"]),
    (DEEP, "delta[l]", [r"\delta^{(l)}", r"\delta^l", r"\delta_l", r"\boldsymbol{\delta}^{[l]}"]),
    (TWO, "W1", [r"W_1", r"W^{(1)}", r"W^{[1]}", r"W^1", r"\mathbf{W}_{1}", r"\bm{W}^{(1)}"]),
    (TWO, "dE/dW1", [r"\frac{\partial E}{\partial W_1}", r"\dfrac{\partial E}{\partial W^{(1)}}", r"\nabla_{W_1} E",
                     r"dW_1", r"dW^{[1]}", r"\partial E / \partial W_1", r"\frac{dE}{dW_1}",
                     r"\frac{\partial}{\partial W_1} E", r"\frac{\mathrm{d} E}{\mathrm{d} W_1}"]),
    (TWO, "(A2 - Y) * A2 * (1 - A2)", [r"(A_2 - Y) \odot A_2 \odot (1 - A_2)",
    r"(\hat{Y} - Y) \circ A_2 \circ (1 - A_2)",
                                       r"\left(A^{(2)} - Y\right) .* A^{(2)} .* (1 - A^{(2)})"]),
    (VECTORS, "g'(z)", [r"g'(z)", r"g^\prime(z)", r"g^{\prime}(z)", r"g^{'}(z)", r"\dot{g}(z)", r"g'\left( z \right)",
                        r"[g(z)]'", r"g^{(1)}(z)"]),
    (VECTORS, "(z > 0)", [r"\mathbb{1}[z > 0]", r"\mathbb{1}_{z > 0}", r"\mathbf{1}\{z > 0\}", r"1\{z>0\}", r"[z > 0]",
                          r"\mathbb{I}(z > 0)", r"\mathbb{1}_{\{z > 0\}}"]),
    (VECTORS, "norm(x)**2", [r"\|x\|^2", r"\lVert x \rVert^{2}", r"||x||_2^2", r"\left\| x \right\|_2^2"]),
    (VECTORS, "A @ x", [r"Ax", r"A\,x", r"A \cdot x", r"A \times x", r"{A}{x}", r"A\mathbf{x}",
    r"\underbrace{A}_{m \times n} x"]),
    (VECTORS, "sum(A[i,j]*x[j], j)", [r"\sum_{j} A_{ij} x_j", r"\sum_{j=1}^{n} A_{ij} x_j",
    r"\sum\nolimits_j A_{i,j}x_{j}"]),
    (VECTORS, "sigma(z)", [r"\sigma(z)", r"\frac{1}{1+e^{-z}}", r"(1+e^{-z})^{\odot -1}", r"\frac{1}{1+\exp(-z)}"]),
    (VECTORS, "log(x)", [r"\log x", r"\ln(x)", r"\log\left(x\right)", r"\operatorname{log}(x)"]),
    (VECTORS, "diag(x)", [r"\operatorname{diag}(x)", r"\text{diag}[x]", r"\mathrm{diag}(x)", r"\diag(x)"]),
    (VECTORS, "where(z > 0, z, 0)", [r"\begin{cases} z & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}",
                                     r"\begin{cases} z, & z > 0, \\ 0, & z \le 0. \end{cases}"]),
    (VECTORS, "(A @ x - y).T @ (A @ x - y)", [r"(Ax - y)^\top (Ax - y)", r"\bigl(Ax - y\bigr)^{T}\bigl(Ax-y\bigr)"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("problem", "text", "latex"), [(problem, text, one) for problem, text, ways in SAME for one in ways]
)
def test_every_notation_of_a_thing_is_that_thing(problem: Problem, text: str, latex: str) -> None:
    typed = read_any(text, problem).lines[0].expressions[0]
    line = LatexReader(problem.scope, problem=problem).answer(latex).lines[0]
    assert not line.readings
    place = line.positions[0]
    relation = Line("relation", (typed, line.expressions[0]), (place, place), latex)
    verdict = Checker(problem).decide(Answer((relation,)))
    assert verdict.verdict == "proved", (verdict.reason, line.expressions[0])


WRAPPERS = [
    r"\begin{{align}} {} \end{{align}}", r"\begin{{equation*}} {} \end{{equation*}}", r"\boxed{{ {} }}",
    r"{} \tag{{1}}",
    r"{} ,", r"{} \label{{eq:one}}", r"\[ {} \]", r"{{\color{{red}} {} }}", r"\displaystyle {} .",
    r"\textcolor{{blue}}{{ {} }}",
    "$$ {} $$",
]  # fmt: skip


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_what_stands_around_a_formula_says_nothing(wrapper: str) -> None:
    plain = r"\delta^{l} = (W^{l+1})^T \delta^{l+1} \odot f'(z^l)"
    assert check(DEEP, wrapper.format(plain)).verdict == "proved"
    wrong = plain.replace("^T", "").replace("l+1})", "l+1})")
    assert check(DEEP, wrapper.format(wrong)).verdict == "refuted"


def test_alignment_and_continued_lines_are_one_chain() -> None:
    latex = r"""\begin{align}
      \frac{\partial E}{\partial W^l} &= \frac{\partial E}{\partial z^l} \frac{\partial z^l}{\partial W^l} \\
        &= \delta^l (a^{l-1})^T \tag{4}
    \end{align}"""
    verdict = check(DEEP, latex)
    assert verdict.verdict == "proved"
    assert len(verdict.lines) == 2


def test_private_macros_are_expanded() -> None:
    latex = r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \def\d{\delta} \pd{E}{W^l} = \d^l (a^{l-1})^\top"
    assert check(DEEP, latex).verdict == "proved"
    assert check(DEEP, latex.replace("l-1", "l+1")).verdict == "refuted"


@pytest.mark.parametrize(
    "latex", [r"\newcommand{\a}{\a \a} \a", r"\def\a{\b\b}\def\b{\a\a} \a", r"\newcommand{\a}[1]{#1 \a{#1}} \a{x}"]
)
def test_a_macro_that_expands_without_end_is_refused(latex: str) -> None:
    verdict = check(DEEP, latex)
    assert (verdict.verdict, verdict.code) == ("not understood", "E-MACRO")


ERRORS = [
    (r"\delta^l + \frobnicate", "E-NAME", 12), (r"\frac{1}{2", "E-SYNTAX", 9), (r"\int_0^1 x", "E-UNSUPPORTED", 1),
    (r"(W^l", "E-SYNTAX", 1), (r"\delta^l +", "E-SYNTAX", 11), (r"q^l", "E-NAME", 1), (r"\lim_{n} a^l",
    "E-UNSUPPORTED", 1),
    (r"\frac{\partial^2 E}{\partial W^l}", "E-SYNTAX", 1), (r"W^l )", "E-SYNTAX", 5), (r"\mathbf{a}^12",
    "E-SYNTAX", 12),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "code", "column"), ERRORS)
def test_what_is_not_read_is_refused_at_its_place(latex: str, code: str, column: int) -> None:
    verdict = check(DEEP, latex + r" \cdot 1 \odot 1" if "odot" in latex else latex)
    assert verdict.verdict == "not understood", verdict
    assert verdict.position is not None
    assert (verdict.code, verdict.position.column) == (code, column), verdict.reason


def test_readings_that_differ_in_verdict_are_not_understood() -> None:
    square = loads('[shapes]\nA = ["n","n"]\nB = ["n","n"]\n[question]\nvalue = "A @ B"\n')
    verdict = check(square, r"A \times B")
    assert (verdict.verdict, verdict.code) == ("not understood", "E-AMBIGUOUS")
    assert "A*B" in str(verdict.reason)
    assert "A @ B" in str(verdict.reason)
    declared = loads(
        '[shapes]\nA = ["n","n"]\nB = ["n","n"]\n[notation]\noperators = { \'\\times\' = "matrix" }\n'
        '[question]\nvalue = "A @ B"\n'
    )
    assert check(declared, r"A \times B").verdict == "proved"


def test_two_columns_side_by_side_are_no_product_unless_declared() -> None:
    source = '[shapes]\nz = ["n"]\n[functions]\ns = "sigmoid"\n{}[question]\nvalue = "s\'(z)"\n'
    verdict = check(loads(source.format("")), r"s(z)\,(1 - s(z))")
    assert verdict.verdict == "refuted"
    assert [m.code for m in verdict.mistakes] == ["shape"]
    declared = source.format('[notation]\njuxtaposition = "elementwise when shapes agree"\n')
    assert check(loads(declared), r"s(z)\,(1 - s(z))").verdict == "proved"


SPELLINGS = [
    ("'\\delta_i' = \"Delta[:,i]\"", r"\delta_k^T u", "Delta[:,k].T @ u", 'k = "N"'),
    ("'w_{jk}' = \"W[k,j]\"", r"w_{ab}", "W[b,a]", 'a = "n"\nb = "m"'),
    ("'y^{(i)}' = \"Delta[:,i]\"", r"u^\top y^{(k)}", "u.T @ Delta[:,k]", 'k = "N"'),
    ("'J(\\theta)' = \"lam\"", r"2 J(\theta)", "2*lam", 'k = "N"'),
]


@pytest.mark.parametrize(("notation", "latex", "text", "indices"), SPELLINGS)
def test_declared_spellings_are_patterns(notation: str, latex: str, text: str, indices: str) -> None:
    problem = loads(
        '[shapes]\nDelta = ["n", "N"]\nW = ["m", "n"]\nu = ["n"]\nlam = []\ntheta = ["n"]\n'
        f"[indices]\n{indices}\n[notation]\n{notation}\n[question]\nvalue = '''{text}'''\n"
    )
    verdict = check(problem, latex)
    assert verdict.verdict == "proved", verdict.reason


def test_reading_is_linear_in_the_length() -> None:
    reader = LatexReader(TWO.scope, Limits(size=10**6), TWO)
    short, long = (" + ".join([r"\frac{1}{N} \delta_1 X^T \odot W_1"] * repeats) for repeats in (20, 80))
    assert steps(lambda: reader.answer(long)) < 5 * steps(lambda: reader.answer(short))


@pytest.mark.parametrize(
    "latex",
    ["\\", "{", "}", "\\frac", "^", "_", "&", "\\begin{cases}", "\\begin{matrix} 1 & ", "\\left", "||", "\\text{"],
)
def test_fragments_are_refused_without_a_crash(latex: str) -> None:
    with pytest.raises(DeriveError):
        LatexReader(DEEP.scope).answer(latex)


def test_derivatives_of_matrices_by_matrices_are_compared_entry_by_entry() -> None:
    problem = loads(
        '[shapes]\nX = ["N", "d"]\nW = ["d", "m"]\n[functions]\nf = "unspecified"\n[define]\nz = "X @ W"\nh = "f(z)"\n'
    )
    chain = r"\frac{\partial h}{\partial W} = \frac{\partial h}{\partial z} \frac{\partial z}{\partial W}"
    assert check(problem, chain).verdict == "proved"
    assert check(problem, chain.replace("= ", "= 2 ")).verdict == "refuted"


def test_a_fraction_of_a_jacobian_has_one_reading() -> None:
    reader = LatexReader(VECTORS.scope, problem=VECTORS)
    line = reader.answer(r"x \odot \frac{\frac{\partial u}{\partial \lambda^{\top}}}{\lambda}").lines[0]
    assert not line.readings


def test_a_step_with_several_readings_keeps_them_all() -> None:
    square = loads(
        '[shapes]\nA = ["n","n"]\nB = ["n","n"]\nG = ["n","n"]\neta = []\n[define]\nE = "sum(G*A)"\n'
        'A_new = "A - eta*(G @ B)"\n'
    )
    verdict = check(square, r"A \leftarrow A - \eta G \times B")
    assert (verdict.verdict, verdict.code) == ("not understood", "E-AMBIGUOUS")
