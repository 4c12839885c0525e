"""Conditions: proved where they are named, refuted without them, and never named where they say nothing."""

from __future__ import annotations

import pytest

from derive.checking import check
from derive.checking.check import Checker
from derive.checking.conditional.conditions import TOGETHER
from derive.checking.verdicts.verdict import Verdict
from derive.expression.problem import Problem
from derive.networks import Network
from derive.problems import loads

SHAPES = {"W": ["n", "n"], "V": ["n", "m"], "y": ["n"], "z": ["n"], "lam": [], "mu": []}


def question(text: str, wrt: str = "", assume: str = "") -> Problem:
    shapes = "\n".join(f"{name} = {shape}" for name, shape in SHAPES.items())
    asked = f'objective = "{text}"\nwrt = "{wrt}"' if wrt else f'value = "{text}"'
    return loads(f"[shapes]\n{shapes}\n[assume]\n{assume}\n[question]\n{asked}".replace("'", '"'))


CASES = (
    ("-sum(y*log(softmax(z)))", "z", "softmax(z) - y", "sum(y) = 1", "equations = ['sum(y) = 1']"),
    ("z.T@W@z", "z", "2*W@z", "W symmetric", "symmetric = ['W']"),
    ("z.T@W@W@z", "", "z.T@W.T@W@z", "W symmetric", "symmetric = ['W']"),
    ("y**2*z", "", "y*z", "y binary", "binary = ['y']"),
    ("y**2*z", "", "z", "y**2 = 1", "equations = ['y**2 = 1']"),
    ("sum(y)*z", "", "z", "sum(y) = 1", "equations = ['sum(y) = 1']"),
    ("sum(y**2)*z", "", "z", "y one-hot", "binary = ['y']\nequations = ['sum(y) = 1']"),
    ("sum(z**2) + lam*sum(z**3)", "z", "2*z", "lam = 0", "equations = ['lam = 0']"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "answer", "condition", "declared"), CASES)
def test_a_condition_is_named_and_disappears_once_it_is_declared(
    text: str, wrt: str, answer: str, condition: str, declared: str
) -> None:
    verdict = check(question(text, wrt), answer)
    assert verdict.verdict == "conditional"
    assert condition in verdict.holds_when
    assert verdict.counterexample is not None
    if condition != "lam = 0":
        assert check(question(text, wrt, declared), answer).verdict == "proved"


@pytest.mark.parametrize(
    ("layout", "answer"),
    [("column", "(A1 - Y*sum(Y, axis=0)) @ X.T / N"), ("row", "X.T @ (A1 - Y*sum(Y, axis=1)) / N")],
)
def test_labels_of_an_example_add_up_along_its_own_axis(layout: str, answer: str) -> None:
    problem = Network("n0,n1", "identity", "half-squared", batch="N", layout=layout).problem("W1")
    verdict = check(problem, answer)
    assert (verdict.verdict, verdict.holds_when) == ("conditional", ("sum(y) = 1",))


@pytest.mark.parametrize(
    ("text", "wrt", "answer"),
    [
        ("-sum(y*log(softmax(z)))", "z", "softmax(z) - 2*y"), ("z.T@W@z", "z", "W@z"), ("y**2*z", "", "2*y*z"),
        ("y**2*z", "", "0*z"), ("sum(z**2) + lam*sum(z**3)", "z", "z"), ("sum(z**2)/lam", "z", "0*z"),
        ("lam*sum(z**2)", "z", "0*z"), ("sum(z**2) + lam*sum(z**3)", "z", "2*z + 2*lam*z**2"),
        ("exp(lam)*z", "", "z"),
    ],
)  # fmt: skip
def test_what_is_wrong_under_every_condition_is_refuted(text: str, wrt: str, answer: str) -> None:
    verdict = check(question(text, wrt), answer)
    assert (verdict.verdict, verdict.holds_when) == ("refuted", ())
    assert verdict.counterexample is not None


def of_network(answer: str, wrt: str = "W1", **options: object) -> Verdict:
    base: dict[str, object] = {"widths": "n0,n1,n2", "activations": "sigmoid", "batch": "N"}
    return Checker(Network(**(base | options)).problem(wrt), explain=False).check(answer)  # type: ignore[arg-type]


def test_conditions_of_networks() -> None:
    assert of_network("N*delta1@X.T").holds_when == ("N = 1",)
    assert "N = 1" in of_network("delta1@X.T/N").holds_when
    assert any("example" in text for text in of_network("delta1@X.T/N").holds_when)
    assert of_network("delta1@X.T", l2="lam/2").holds_when == ("lam = 0",)
    assert of_network("delta1@X.T + 2*lam*W1", l2="lam/2").holds_when == ()
    assert of_network("X@delta1.T").holds_when == ("numerator layout",)
    assert of_network("n0/n1*delta1@X.T").holds_when == ("n0 = n1",)
    for wrong in ("2*delta1@X.T", "delta1@X.T + X.T*0 + 1", "A1@X.T", "-delta1@X.T", "delta1@X.T*(1 + 10**-9)"):
        assert of_network(wrong).holds_when == ()


def test_a_condition_under_which_the_right_answer_vanishes_is_none() -> None:
    """At N = 1 both sides of (N − 1)·z are 0, which makes every multiple right and says nothing."""
    problem = loads('[shapes]\nz = ["n"]\nA = ["n", "N"]\n[question]\nvalue = "(N - 1)*z"')
    verdict = check(problem, "2*(N - 1)*z")
    assert (verdict.verdict, verdict.holds_when) == ("refuted", ())


@pytest.mark.parametrize("order", [1, -1])
def test_a_verdict_does_not_depend_on_the_answers_before_it(order: int) -> None:
    problem = Network(widths="n0,n1,n2", activations="tanh", batch="N", l2="lam/2").problem("W1")
    checker = Checker(problem, explain=False)
    answers = ("delta1@X.T", "N*delta1@X.T + lam*W1", "delta1@X.T + lam*W1", "X@delta1.T + lam*W1.T", "W1", "delta2")
    for answer in answers[::order]:
        alone = Checker(checker.question.problem, explain=False).check(answer)
        among = checker.check(answer)
        assert (alone.verdict, alone.holds_when) == (among.verdict, among.holds_when)
        assert alone.counterexample == among.counterexample


def test_a_counterexample_lists_only_names_that_matter() -> None:
    verdict = check(question("sum(z**2)", "z"), "3*z")
    assert verdict.counterexample is not None
    assert set(verdict.counterexample.values) == {"z"}
    assert set(verdict.counterexample.sizes) == {"n"}
    network = of_network("2*delta1@X.T")
    assert network.counterexample is not None
    assert set(network.counterexample.values) == {"W1", "W2", "b1", "b2", "X", "Y"}
    output = of_network("2*delta2", wrt="delta2")
    assert output.counterexample is not None
    assert set(output.counterexample.sizes) == {"n0", "n1", "n2", "N"}


@pytest.mark.parametrize(("wrt", "answer"), [("W", "2*z@z.T - diag(z*z)"), ("W[i,j]", "(2 - kron(i,j))*z[i]*z[j]")])
def test_the_derivative_along_symmetric_matrices_is_another_convention(wrt: str, answer: str) -> None:
    assert check(question("z.T@W@z", wrt, "symmetric = ['W']"), answer).holds_when == (TOGETHER,)
    assert check(question("z.T@W@z", wrt), answer).verdict != "proved"
    assert check(question("z.T@W@z", wrt, "symmetric = ['W']"), f"2*({answer})").verdict == "refuted"


def test_letters_for_rows_and_columns_the_other_way_round_are_no_slip() -> None:
    verdict = of_network("sum(delta1[j,k]*X[i,k], k)")
    assert (verdict.verdict, verdict.holds_when, verdict.mistakes) == ("conditional", ("j counts the rows",), ())
    # Letters that do not follow each other count what they run over: p of m and i of n are rows and columns.
    assert of_network("sum(delta1[p,k]*X[i,k], k)").verdict == "proved"


@pytest.mark.parametrize(("inside", "told"), [("delta2", "delta2"), ("grad(E, Z2)", "dE/dZ2")])
def test_a_gradient_inside_what_is_differentiated_may_be_held_fixed(inside: str, told: str) -> None:
    pairing = f"grad(sum({inside}*(W2@A1 + b2)), A1)"
    verdict = of_network(f"dE/dA1 = {pairing}")
    assert (verdict.verdict, verdict.holds_when, verdict.mistakes) == ("conditional", (f"{told} held fixed",), ())
    assert of_network(f"dE/dA1 = 2*{pairing}").verdict == "refuted"


def test_what_is_right_with_a_gradient_held_fixed_is_no_slip() -> None:
    checker = Checker(Network("n0,n1", "sigmoid", "half-squared", batch="N").problem("W1"))
    verdict = checker.check("dE/dZ1 = grad(sum(grad(E, A1)*sigmoid(Z1)), Z1)")
    assert (verdict.verdict, verdict.mistakes) == ("conditional", ())
