"""Every solution is proved, as a formula, as text and as LaTeX; what is no derivative is confirmed by numbers."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import sympy

from derive.checking.check import Checker
from derive.differentiation.replay import replay
from derive.errors import UsageError
from derive.exercises import EXERCISES, Solution, exercise, solution
from derive.exercises.exercise import read_exercise
from derive.exercises.gaussian import mean_of_power
from derive.expression.functions import FUNCTIONS
from derive.expression.specialise import size_symbols
from derive.expression.text import text
from derive.grading.marking import share
from derive.notation import read
from derive.problems import loads
from derive.writing.latex import latex


@cache
def solved(name: str) -> Solution:
    return solution(exercise(name))


@cache
def decided(name: str) -> Checker:
    """What decides the answers to an exercise."""
    return Checker(exercise(name).problem)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_proved_for_all_sizes(name: str) -> None:
    of = exercise(name)
    answer, checker = solved(name).answer, decided(name)
    for written in (answer, text(answer)):
        verdict = checker.check(written)
        assert (verdict.verdict, verdict.mistakes, verdict.holds_when) == ("proved", (), ()), verdict.reason
    if size_symbols(of.problem.scope):
        assert verdict.scope == "all sizes"


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_proved_as_latex(name: str) -> None:
    verdict = decided(name).check(latex(solved(name).answer))
    assert verdict.verdict == "proved", verdict.reason


@pytest.mark.parametrize("name", EXERCISES)
def test_every_step_of_the_solution_replays(name: str) -> None:
    for derivation in solved(name).derivations:
        assert replay(derivation).accepted


def test_every_line_of_a_computation_can_be_read() -> None:
    lines = [(of, fact) for of in map(exercise, EXERCISES) for fact in of.facts]
    assert len({of.id for of, _ in lines}) >= 15
    for of, fact in lines:
        assert read(fact.value, of.problem.scope), of.id
        assert of.span(fact.words), of.id


def quadrature(function: str, power: int, order: int, variance: float, alpha: float) -> float:
    """The mean of f(z)^power or f′(z)^power over a fine grid, from the table's NumPy form alone."""
    row = FUNCTIONS[function]
    assert row.numpy is not None
    z = np.linspace(-12, 12, 480_001) * math.sqrt(variance)
    density = np.exp(-(z**2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    values = row.numpy(np, z, *([alpha] * (len(row.parameters) - 1)))
    if order:
        values = np.gradient(values, z)
    return float(np.sum(values**power * density) * (z[1] - z[0]))


@pytest.mark.parametrize("function", ["relu", "leaky_relu", "identity", "abs"])
@pytest.mark.parametrize(("power", "order"), [(1, 0), (2, 0), (3, 0), (2, 1)])
def test_means_over_the_normal_density_are_those_of_a_grid(function: str, power: int, order: int) -> None:
    found = mean_of_power(FUNCTIONS[function], power, order)
    exact = float(found.subs({sympy.Symbol("v", positive=True): 1.7, sympy.Symbol("alpha", real=True): 0.3}))
    assert exact == pytest.approx(quadrature(function, power, order, 1.7, 0.3), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("name", "activation", "alpha"), [("he", "relu", 0.0), ("he-leaky", "leaky_relu", 0.2)])
def test_the_variance_of_he_keeps_the_variance_of_the_sums(name: str, activation: str, alpha: float) -> None:
    """A million sums of 40 units each, of random weights with the variance that the exercise asks for."""
    rng = np.random.default_rng(3)
    value = sympy.sympify(exercise(name).table["question"]["value"]).subs({"n0": 40, "alpha": alpha})
    z = rng.normal(0, 1.5, (100_000, 40))
    a = np.maximum(z, alpha * z)
    sums = np.sum(rng.normal(0, math.sqrt(value), z.shape) * a, axis=1)
    assert float(np.var(sums)) == pytest.approx(1.5**2, rel=0.03)


def test_the_robbins_monro_conditions_are_those_of_the_partial_sums() -> None:
    """Doubling the number of terms adds ever less where a sum converges, and not less where it does not."""
    verdicts = {}
    for p in (0.4, 0.6, 0.9, 1.0, 1.2, 2.0):
        rates = np.arange(1, 2**20 + 1, dtype=float) ** -p
        growing, shrinking = (np.sum(r[2**19 :]) / np.sum(r[2**18 : 2**19]) for r in (rates, rates**2))
        verdicts[p] = bool(growing > 0.999) and bool(shrinking < 0.999)
    problem = exercise("robbins-monro").problem
    value = exercise("robbins-monro").table["question"]["value"]
    assert verdicts == {p: 0.5 < p <= 1 for p in verdicts}
    assert value == "(1 - (p > 1))*(p > 1/2)"
    assert Checker(problem).check("(p > 1/2)*(p <= 1)").verdict == "proved"


def test_the_2_3_4_1_network_has_thirty_parameters() -> None:
    checker = Checker(exercise("parameter-count").problem)
    assert checker.check("30").verdict == "proved"
    assert checker.check("(2*3+3) + (3*4+4) + (4*1+1)").verdict == "proved"


def test_an_equation_that_does_not_hold_is_no_exercise() -> None:
    words = {"title": "Wrong", "topics": ["features"], "statement": "Show it.", "shown": "sum(v)"}
    document = {"exercise": words, "shapes": {"v": ["n"]}, "question": {"value": "sum(v**2)"}}
    with pytest.raises(UsageError, match="is not proved"):
        solution(read_exercise("wrong", document))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sigmoid-slope", "f'(x)"),
        ("sigmoid-slope", "1*f'(x)"),
        ("sigmoid-slope", "g = f'(x); g"),
        ("sigmoid-slope", "x = x"),
        ("hidden-delta-column", "delta[l]"),
        ("output-delta-column", "delta[L]"),
        ("output-delta-row", "dz[L]"),
        ("hidden-delta-component", "delta1[i]"),
        ("logistic-regression", "grad(E, theta)"),
        ("logistic-regression", "dE/dtheta = grad(E, theta)"),
        ("logistic-regression", "dE/dz = h - y"),
        ("step-l2", "W2 - eta*dW2"),
        ("step-l2", "W2 - eta*grad(E, W2)"),
        ("he", "1 = 1"),
        ("linear-layers", "jacobian(y, x)"),
    ],
)
def test_saying_the_question_over_again_is_no_answer(name: str, answer: str) -> None:
    verdict = decided(name).check(answer)
    assert (verdict.verdict, verdict.code) == ("undecided", "E-OPEN"), verdict.reason
    assert share(verdict, exercise(name).problem.marking) is None


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sigmoid-slope", "f'(x) = exp(-x)/(1 + exp(-x))**2 = f(x)*(1 - f(x))"),
        ("logistic-regression", "dE/dtheta = (h - y)*x"),
        ("logistic-regression", "e = h - y; dE/dz = e; e*x"),
        ("bias-gradient-column", "dE/db[l] = sum(delta[l], axis=1)"),
        ("hidden-delta-column", "delta[l] = W[l+1].T @ delta[l+1] * f'(z[l])"),
        ("step-l2", "g = delta2*a1 + 2*lam*W2; W2 - eta*g"),
        ("parameter-count", "30"),
    ],
)
def test_an_answer_may_come_in_lines_and_as_an_equation(name: str, answer: str) -> None:
    verdict = decided(name).check(answer)
    assert verdict.verdict == "proved", verdict.reason


def test_a_problem_file_may_ask_for_closed_form() -> None:
    text_ = '[shapes]\nx = []\n[question]\nobjective = "x**2"\nwrt = "x"\n'
    assert Checker(loads(text_)).check("grad(E, x)").verdict == "proved"
    assert Checker(loads(text_ + "closed = true\n")).check("grad(E, x)").code == "E-OPEN"
    assert Checker(loads(text_ + "closed = true\n")).check("2*x").verdict == "proved"
    with pytest.raises(UsageError, match="true or false"):
        loads(text_ + "closed = 1\n")


def test_restating_the_lines_of_a_proof_is_checked_line_by_line() -> None:
    checker = Checker(exercise("kernel-positive").problem)
    assert checker.check("v.T @ (Phi.T @ Phi) @ v = (Phi @ v).T @ (Phi @ v) = sum((Phi @ v)**2)").verdict == "proved"
    wrong = checker.check("v.T @ (Phi.T @ Phi) @ v = (Phi @ v).T @ (Phi @ v) = sum(Phi @ v)**2")
    assert (wrong.verdict, wrong.holds_when) == ("conditional", ("q = 1",))
