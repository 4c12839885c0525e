"""What has no value in a whole region is not proved; a single point, and what the problem excludes, say nothing."""

from __future__ import annotations

import pytest

from derive.checking import check
from derive.expression.problem import Problem
from derive.networks import Network
from derive.problems import loads

SHAPES = '[shapes]\nz = ["n"]\nu = ["n"]\na = []\nb = []\nx = []\ny = []\nalpha = []\n'


def asked(formula: str, more: str = "", wrt: str = "") -> Problem:
    question = f'objective = "{formula}"\nwrt = "{wrt}"' if wrt else f'value = "{formula}"'
    return loads(f"{SHAPES}{more}\n[question]\n{question}")


GAPS = (
    ("maximum(0, z)", "z/(z > 0)", "z > 0", "positive = ['z']"),
    ("(x > 0) + alpha*(x <= 0)", "(x > 0) + alpha/(x <= 0)", "x < 0", ""),
    ("relu(z)", "exp(log(relu(z)))", "z > 0", "positive = ['z']"),
    ("z", "exp(log(z))", "z > 0", "positive = ['z']"),
    ("x", "sqrt(x)**2", "x > 0", "positive = ['x']"),
    ("log(x**2)", "2*log(x)", "x > 0", "positive = ['x']"),
    ("z*(z > u)", "z*(z > u)**2/(z > u)", "z > u", ""),
    ("relu(x)", "x*(x + abs(x))/(x + abs(x))", "x > 0", "positive = ['x']"),
)


@pytest.mark.parametrize(("right", "answer", "condition", "declared"), GAPS)
def test_a_gap_leaves_a_condition_that_can_be_declared(right: str, answer: str, condition: str, declared: str) -> None:
    verdict = check(asked(right), answer)
    assert (verdict.verdict, verdict.holds_when) == ("conditional", (condition,))
    assert verdict.counterexample is not None
    assert verdict.counterexample.yours == "undefined"
    assert verdict.counterexample.expected != "undefined"
    assert check(asked(right), right).verdict == "proved"
    if declared:
        facts = "[assume]\n" + declared.replace("'", '"')
        assert check(asked(right, facts), answer).verdict == "proved"


def test_a_gap_that_no_simple_condition_closes_is_undecided() -> None:
    verdict = check(asked("x"), "x*(x > a)/(x > a)*(x < b)/(x < b)")
    assert (verdict.verdict, verdict.code, verdict.counterexample) == ("undecided", "E-DOMAIN", None)
    assert "0 in a whole region" in str(verdict.reason)


@pytest.mark.parametrize(
    ("right", "answer", "facts"),
    [
        ("x*z", "x*z*y/y", 'binary = ["y"]'), ("x", "x*(1 - y)/(1 - y)", 'binary = ["y"]'),
        ("x", "x*sum(z)/sum(z)", 'equations = ["sum(z) = 0"]'), ("x", "x*sum(kron(i,3), i)", 'integer = ["a"]'),
    ],
)  # fmt: skip
def test_what_assumptions_make_0_and_entries_past_the_end_are_no_proof(right: str, answer: str, facts: str) -> None:
    found = check(asked(right, f'[indices]\ni = "n"\n[assume]\n{facts}'), answer)
    assert (found.verdict, found.code) == ("undecided", "E-DOMAIN")


NONE = (
    ("1", "x/x", "", ""),
    ("z", "z**2/z", "", ""),
    ("sign(z)", "z/abs(z)", "", ""),
    ("norm(z)", "sqrt(z.T @ z)", "", ""),
    ("softplus(z)", "z - log(sigmoid(z))", "", ""),
    ("2*log(x)", "log(x**2)", "", ""),
    ("log(a)", "exp(-log(a))", "", "a"),
    ("-y*log(a) - (1 - y)*log(1 - a)", "-y/a + (1 - y)/(1 - a)", "", "a"),
    ("a*log(a)", "log(a) + a/exp(log(a))", "", "a"),
    ("x", "x*(u.T @ z)/(z.T @ u)", "", ""),
    ("relu(z)", "where(z > 0, z/(z > 0), 0)", "", ""),
    ("exp(p)", "x*exp(p)/exp(log(x))", '[define]\np = "log(x)"', ""),
)


@pytest.mark.parametrize(("right", "answer", "more", "wrt"), NONE)
def test_points_and_what_the_problem_excludes_are_no_gap(right: str, answer: str, more: str, wrt: str) -> None:
    assert check(asked(right, more, wrt), answer).verdict == "proved"


def test_what_an_answer_defines_is_no_excuse() -> None:
    problem = Network(widths=("n0", "n1", "n2"), activations=("relu", "identity")).problem("W1")
    assert check(problem, "g = 1/(z1 > 0); ((W2.T @ delta2)*(z1 > 0)**2*g) @ x.T").verdict == "conditional"
    assert check(problem, "((W2.T @ delta2)*a1/z1) @ x.T").verdict == "proved"


def test_a_gradient_named_on_both_sides_has_the_convention_of_its_own_layer() -> None:
    problem = Network(widths=(2, 3, 1), activations=("relu", "relu")).problem("delta1")
    verdict = check(problem, "(W2.T @ delta2)*(z1 >= 0)")
    assert (verdict.verdict, verdict.conventions) == ("proved", ("ReLU'(0) = 1",))


def test_one_over_a_quotient_of_nothing_has_no_value() -> None:
    assert check(asked("x"), "x + 1/(1/(a - a))").code == "E-DOMAIN"
    assert check(asked("x"), "x + 1/(1/(a - b)) - a + b").verdict == "proved"


@pytest.mark.parametrize(
    ("define", "facts", "right", "wrong"),
    [
        ("z + 1", 'positive = ["q"]', "abs(q)", "q + 1"), ("z + 1", 'binary = ["q"]', "(z + 1)**2", "2*q"),
        ("-z**2", 'positive = ["q"]', "q", ""),
    ],
)  # fmt: skip
def test_what_is_assumed_of_a_defined_name_holds_at_every_point(
    define: str, facts: str, right: str, wrong: str
) -> None:
    problem = asked("q", f'[define]\nq = "{define}"\n[assume]\n{facts}')
    assert check(problem, right).verdict == "proved"
    assert check(problem, "-abs(q)").verdict == ("refuted" if wrong else "undecided")
    assert not wrong or check(problem, wrong).verdict == "refuted"


def test_a_name_in_the_formula_of_a_function_is_no_constant() -> None:
    problem = asked("sum(f(z))", '[functions]\nf = "a*t**2"', "a")
    assert check(problem, "sum(z**2)").verdict == "proved"
    assert check(problem, "0").verdict == "undecided"
    assert check(asked("sum(f(z))", '[functions]\nf = "a*t**2"', "z"), "a*z").verdict == "refuted"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("0", "proved"), ("0*z", "proved"), ("z - z", "proved"), ("0*z.T", "refuted"), ("z", "refuted")],
)
def test_a_gradient_that_vanishes_has_the_shape_of_its_variable(answer: str, verdict: str) -> None:
    assert check(asked("sum(u)", "", "z"), answer).verdict == verdict
    assert check(asked("z"), "0 = z - z").verdict == "proved"
