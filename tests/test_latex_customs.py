"""Customs of published LaTeX: conditions behind an equation, the summation convention, slices, marks of an end."""

from __future__ import annotations

import pytest

from derive import check
from derive.errors import UsageError
from derive.expression.problem import Problem
from derive.problems import loads

SOFTMAX: Problem = loads("""
    shapes = { z = ["n"], y = ["n"], U = ["n", "q"], uo = ["n"] }
    define = { p = "softmax(z)", L = "-sum(y*log(p)) + sum(U) + uo.T @ z" }
    notation = { 'u_k' = "U[:,k]" }
    question = { objective = "L" }
""")
ATTENTION = """
    shapes = {{ A = ["N", "M"], V = ["M", "D"], G = ["N", "D"] }}
    define = {{ O = "A @ V", L = "sum(G*O)" }}
    notation = {{ {} 'O^{{ib}}' = "O[i,b]", 'V^{{mn}}' = "V[m,n]", 'A^{{ij}}' = "A[i,j]" }}
    question = {{ objective = "L" }}
"""
SUMMED = loads(ATTENTION.format('sums = "over repeated indices",'))
WRITTEN = loads(ATTENTION.format(""))
ROWS = loads("""
    shapes = { X = ["N", "d"], W = ["d", "k"], b = [1, "k"], Y = ["N", "k"], lam = [] }
    define = { Z = "X @ W + b", A = "sigmoid(Z)", J = "1/2*sum((Z - Y)**2) + lam/2*sum(W**2)" }
    question = { objective = "J" }
""")


def told(problem: Problem, latex: str) -> str:
    """The verdict; what is refuted, or right under a condition, is wrong here."""
    verdict = check(problem, latex).verdict
    return "wrong" if verdict in ("refuted", "conditional") else verdict


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"\frac{\partial p_i}{\partial z_j} = -p_i p_j, \quad i \neq j", "proved"),
        (r"\frac{\partial p_i}{\partial z_j} = -p_i p_j \text{ for } i \ne j", "proved"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i p_j \quad (i \neq j)", "wrong"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i (1 - p_j) \text{ if } i = j", "proved"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i \text{ if } i = j", "wrong"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i \text{ for } i \neq i", "not understood"),
        (
            r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j), \quad \forall i, j \in \{1, \dots, n\}",
            "proved",
        ),
        (r"\frac{\partial p_i}{\partial z_j} = p_i (\delta^i_j - p_j) \qquad \square", "proved"),
        (r"\frac{\partial \text{Softmax}(z_i)}{\partial z_j} = p_i (\delta_{ij} - p_j) \checkmark", "proved"),
        (r"\frac{\partial \text{Softmax}(z_i)}{\partial z_j} = p_i (\delta_{ij} - p_i)", "wrong"),
        (r"\nabla_z \text{softmax}(z) = \text{diag}(p) - p p^T", "proved"),
        (r"\sum_{j'} p_{j'} = 1", "proved"),
        (r"\nabla_{u_o} L = z", "proved"),
        (r"\nabla_{u_k} L = \mathbf{1}_n", "proved"),
    ],
)
def test_a_condition_rules_the_equation_in_front_of_it(latex: str, verdict: str) -> None:
    assert told(SOFTMAX, latex) == verdict


@pytest.mark.parametrize(
    ("latex", "summed", "written"),
    [
        (r"\frac{\partial L}{\partial A^{mn}} = \frac{\partial L}{\partial O^{mb}} V^{nb}", "proved", "wrong"),
        (
            r"\frac{\partial L}{\partial V^{mn}} = A^{im} \frac{\partial L}{\partial O^{ib}} \delta^b_n",
            "proved",
            "wrong",
        ),
        (r"O^{ib} = A^{ij} V^{jb}", "proved", "wrong"),
        (r"\frac{\partial L}{\partial A^{mn}} = \frac{\partial L}{\partial O^{mb}} V^{bn}", "wrong", "wrong"),
        (r"O^{ib} = A^{ij} V^{kb}", "wrong", "wrong"),
    ],
)
def test_repeated_indices_are_summed_where_that_is_declared(latex: str, summed: str, written: str) -> None:
    assert (told(SUMMED, latex), told(WRITTEN, latex)) == (summed, written)


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"\frac{\partial J}{\partial b} = \sum_n (Z - Y)[n,:]", "proved"),
        (r"\frac{\partial J}{\partial b} = \sum_{\text{batch}} (Z - Y)", "proved"),
        (r"\delta W = X^T \delta Z + \lambda W", "proved"),
        (r"\delta W = X^T \delta Z", "wrong"),
        (r"\nabla_W J = X^T (Z - Y) + \lambda W = 0", "proved"),
        (r"\nabla_W J = X^T (Z - Y) = 0", "wrong"),
        (r"\nabla_W J = 0", "wrong"),
    ],
)
def test_slices_sums_over_a_batch_and_gradients_that_are_set_to_zero(latex: str, verdict: str) -> None:
    assert told(ROWS, latex) == verdict


def test_what_is_beside_an_entrywise_product_is_one_too_if_it_can_be_nothing_else() -> None:
    problem = loads("""
        shapes = { z = ["n"], g = ["n"] }
        define = { a = "sigmoid(z)", E = "sum(g*a)" }
        question = { objective = "E", wrt = "z" }
    """)
    assert told(problem, r"g \odot a (1 - a)") == "proved"
    assert told(problem, r"g \odot a (1 + a)") == "wrong"
    assert told(problem, r"a (1 - a)") == "wrong"  # of columns no matrix product


def test_a_convention_that_is_none_names_those_that_are() -> None:
    with pytest.raises(UsageError, match="sums"):
        loads(ATTENTION.format('sums = "everywhere",'))


def test_a_condition_rules_an_equation_that_speaks_for_itself() -> None:
    written = r"\frac{{\partial p_i}}{{\partial z_j}} = {} p_i p_j, \quad i \neq j".replace(
        "p_", r"\text{{softmax}}(z)_"
    )
    assert [check(None, written.format(sign)).verdict for sign in ("-", "")] == ["proved", "refuted"]
