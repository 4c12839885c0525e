"""The exercises that the project grew from: right answers are proved, typical wrong ones refuted, in every layout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.expression.problem import Problem
from derive.networks import Network
from derive.problems import loads


@dataclass(frozen=True)
class Exercise:
    name: str
    problem: Problem
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def network(wrt: str, **options: object) -> Problem:
    return Network(**({"widths": "n0,n1,n2", "activations": "sigmoid"} | options)).problem(wrt)  # type: ignore[arg-type]


def value(formula: str, **functions: str) -> Problem:
    known = "\n".join(f'{name} = "{meaning}"' for name, meaning in functions.items())
    return loads(f'[shapes]\nz = ["n"]\n[functions]\n{known}\n[question]\nvalue = "{formula}"')


ANY_DEPTH = {"widths": "n0,...,nL", "activations": "f"}

EXERCISES = (
    Exercise(
        "bias, column",
        network("b1", batch="N"),
        ("sum(delta1, axis=1)", "delta1 @ ones(N,1)", "N*mean(delta1, axis=1)", "sum(W2.T @ delta2 * A1*(1-A1), 1)"),
        ("delta1", "sum(delta1, axis=0)", "mean(delta1, axis=1)", "-sum(delta1, axis=1)", "sum(delta2, axis=1)",
         "sum(delta1*A1, axis=1)", "sum(W2.T @ delta2, axis=1)"),
    ),
    Exercise(
        "bias, row",
        network("b1", batch="N", layout="row"),
        ("sum(delta1, axis=0)", "ones(1,N) @ delta1", "sum(delta2 @ W2.T * sigmoid'(Z1), axis=0)"),
        ("delta1", "sum(delta1, axis=1)", "mean(delta1, axis=0)", "-sum(delta1, axis=0)", "sum(delta1.T, axis=0)",
         "sum(delta2 @ W2.T, axis=0)"),
    ),
    Exercise(
        "bias, general layer, column",
        network("b[l]", **ANY_DEPTH),
        ("delta[l]", "W[l+1].T @ delta[l+1] * f'(z[l])"),
        ("delta[l+1]", "-delta[l]", "delta[l] @ a[l-1].T", "W[l+1].T @ delta[l+1]", "W[l+1].T @ delta[l+1] * f(z[l])",
         "2*delta[l]"),
    ),
    Exercise(
        "bias, general layer, row",
        network("b[l]", **ANY_DEPTH, layout="row"),
        ("delta[l]", "delta[l+1] @ W[l+1].T * f'(z[l])"),
        ("delta[l+1]", "-delta[l]", "a[l-1].T @ delta[l]", "W[l+1].T @ delta[l+1]", "delta[l+1] @ W[l+1].T * f(z[l])"),
    ),
    Exercise(
        "L2-regularised weights, column",
        network("W1", batch="N", l2="lam/2"),
        ("delta1 @ X.T + lam*W1", "lam*W1 + (W2.T @ delta2 * A1*(1-A1)) @ X.T", "(X @ delta1.T + lam*W1.T).T",
         "dE/dW1 = delta1 @ X.T + lam*W1"),
        ("delta1 @ X.T", "delta1 @ X.T + 2*lam*W1", "delta1 @ X.T + lam/2*W1", "delta1 @ X.T - lam*W1",
         "delta1 @ X.T + lam", "1/N*delta1 @ X.T + lam*W1", "delta1 @ X.T + lam*W1/N", "X @ delta1.T + lam*W1"),
    ),
    Exercise(
        "L2-regularised weights, row",
        network("W1", batch="N", l2="lam/2", layout="row"),
        ("X.T @ delta1 + lam*W1", "lam*W1 + X.T @ (delta2 @ W2.T * A1*(1-A1))"),
        ("X.T @ delta1", "X.T @ delta1 + 2*lam*W1", "X.T @ delta1 + lam*abs(W1)", "X.T @ delta1 - lam*W1",
         "X.T @ delta1/N + lam*W1", "X.T @ delta1 + lam/2*W1", "-X.T @ delta1 + lam*W1"),
    ),
    Exercise(
        "L2-regularised weights, general layer, column",
        network("W[l]", **ANY_DEPTH, batch="N", l2="lam/2"),
        ("delta[l] @ A[l-1].T + lam*W[l]", "(W[l+1].T @ delta[l+1] * f'(Z[l])) @ A[l-1].T + lam*W[l]"),
        ("delta[l] @ A[l-1].T", "delta[l] @ A[l-1].T + 2*lam*W[l]", "delta[l] @ A[l].T + lam*W[l]",
         "delta[l] @ A[l-1].T + lam*W[l+1]", "delta[l] @ A[l-1].T - lam*W[l]", "delta[l]*A[l-1] + lam*W[l]"),
    ),
    Exercise(
        "L2-regularised weights, general layer, row",
        network("W[l]", **ANY_DEPTH, batch="N", l2="lam/2", layout="row"),
        ("A[l-1].T @ delta[l] + lam*W[l]",),
        ("A[l-1].T @ delta[l]", "A[l-1].T @ delta[l] + 2*lam*W[l]", "delta[l].T @ A[l-1] + lam*W[l]",
         "A[l-1].T @ delta[l] - lam*W[l]", "A[l-1].T @ delta[l] + lam/2*W[l]", "A[l].T @ delta[l] + lam*W[l]"),
    ),
    Exercise(
        "δ of a ReLU layer, column",
        network("delta1", activations="relu,identity", batch="N"),
        ("W2.T @ delta2 * (Z1 > 0)", "W2.T @ delta2 * (A1 > 0)", "W2.T @ delta2 * relu'(Z1)",
         "where(Z1 > 0, W2.T @ delta2, 0)"),
        ("W2.T @ delta2 * Z1", "W2.T @ delta2 * A1", "W2.T @ delta2 * (Z1 < 0)", "W2.T @ delta2", "delta2 * (Z1 > 0)",
         "W2.T @ delta2 * sign(Z1)"),
    ),
    Exercise(
        "ReLU′",
        value("f'(z)", f="relu"),
        ("(z > 0)", "1[z > 0]", "where(z > 0, 1, 0)", "step(z)", "(1 + sign(z))/2 * (z != 0)", "sign(relu(z))"),
        ("z", "relu(z)", "(z < 0)", "sign(z)", "(z > 0)*z", "1 - (z > 0)", "(z > 0) + 2*(z == 0)",
         "(z > 0) - 1/2*(z == 0)"),
    ),
    Exercise(
        "σ′",
        value("f'(z)", f="sigmoid"),
        ("f(z)*(1 - f(z))", "exp(-z)/(1 + exp(-z))**2", "1/(2 + 2*cosh(z))", "(1 - tanh(z/2)**2)/4", "f(z) - f(z)**2",
         "f(z)*f(-z)"),
        ("f(z)*(1 + f(z))", "f(z)", "1 - f(z)**2", "-exp(-z)/(1 + exp(-z))**2", "exp(-z)/(1 + exp(-z))",
         "f(z)*(1 - z)"),
    ),
)  # fmt: skip


@cache
def checker(name: str) -> Checker:
    """What decides the answers to the exercise of that name; no answer hears of another."""
    return Checker(next(e for e in EXERCISES if e.name == name).problem)


@cache
def decided(name: str, answer: str) -> Verdict:
    return checker(name).check(answer)


RIGHT = [pytest.param(e, a, id=f"{e.name}: {a}") for e in EXERCISES for a in e.right]
WRONG = [pytest.param(e, a, id=f"{e.name}: {a}") for e in EXERCISES for a in e.wrong]


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_a_right_answer_is_proved_for_all_sizes(exercise: Exercise, answer: str) -> None:
    verdict = decided(exercise.name, answer)
    assert (verdict.verdict, verdict.scope) == ("proved", "all sizes")
    assert verdict.counterexample is None


@pytest.mark.parametrize(("exercise", "answer"), WRONG)
def test_a_wrong_answer_is_refuted(exercise: Exercise, answer: str) -> None:
    verdict = decided(exercise.name, answer)
    assert verdict.verdict in ("refuted", "conditional"), verdict.reason
    if not verdict.mistakes:
        found = verdict.counterexample
        assert found is not None
        assert found.yours != found.expected
    if verdict.verdict == "conditional":
        assert verdict.holds_when


@pytest.mark.parametrize("at_zero", ["1", "1/2", "0.25"])
def test_any_subgradient_of_relu_is_a_convention(at_zero: str) -> None:
    verdict = decided("ReLU′", f"(z > 0) + {at_zero}*(z == 0)")
    assert verdict.verdict == "proved"
    assert len(verdict.conventions) == 1
    assert verdict.conventions[0].startswith("ReLU'(0) = ")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_at_least_five_wrong_answers_are_refuted_outright(exercise: Exercise) -> None:
    assert sum(decided(exercise.name, a).verdict == "refuted" for a in exercise.wrong) >= 5
