"""Second derivatives in every layer: all spellings are one matrix, which is what differences of gradients say; it is
derived line by line, proved, certified and confirmed, and what is not it is refuted."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive import check as check_alone
from derive.certificate import Refused
from derive.chained import replay as replay_certificates
from derive.checking.certificates import certificate_of
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.commands import contracted
from derive.commands.contracted import compare_contracted
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.differentiation.index_style import index_derivation
from derive.differentiation.replay import replay
from derive.equality.prove import Prover
from derive.expression.nodes import Derivative, Expression, Transpose
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.notation import read, read_any
from derive.problems import load, loads
from derive.writing.latex import latex
from tests.numeric_witness import Witness

ROWS = '[shapes]\nX = ["N","d"]\nw = ["d"]\ny = ["N"]\n'
UNIT = '[shapes]\nx = ["d"]\nw = ["d"]\nb = []\ny = []\n[define]\nz = "w.T @ x + b"\n'
UNIT += 'p = "sigmoid(z)"\nE = "softplus(z) - y*z"\n'
LOGISTIC = ROWS + '[define]\nz = "X @ w"\np = "sigmoid(z)"\nE = "sum(softplus(z) - y*z)"\n'
SOFTMAX = '[shapes]\nz = ["K"]\ny = ["K"]\n[define]\np = "softmax(z)"\nE = "-sum(y*log(p))"\n'
SOFTMAX += '[assume]\nequations = ["sum(y) = 1"]\n'


def problem(start: str, *wrt: str, objective: str = "E") -> Problem:
    return loads(f'{start}[question]\nobjective = "{objective}"\nwrt = {json.dumps(list(wrt))}\n')


PROBLEMS: dict[str, tuple[Problem, str]] = {
    "least squares": (problem(ROWS, "w", "w", objective="sum((X@w - y)**2)/2"), "X.T @ X"),
    "logistic": (problem(LOGISTIC, "w", "w"), "X.T @ diag(p*(1 - p)) @ X"),
    "logistic, entries": (problem(LOGISTIC, "w[i]", "w[j]"), "sum(X[k,i]*p[k]*(1 - p[k])*X[k,j], k)"),
    "softmax": (problem(SOFTMAX, "z", "z"), "diag(p) - p @ p.T"),
    "softmax, entries": (problem(SOFTMAX, "z[i]", "z[j]"), "p[i]*(kron(i,j) - p[j])"),
    "a vector and a scalar": (problem(UNIT, "w", "b"), "p*(1 - p)*x"),
    "two scalars": (problem(UNIT, "b", "b"), "p*(1 - p)"),
    "any function": (
        problem('[shapes]\nw = ["d"]\nv = ["k"]\nA = ["d","k"]\n[functions]\nf = "unspecified"\n', "w", "v",
                objective="f(w.T @ A @ v)"),
        "f''(w.T @ A @ v)*(A @ v) @ (w.T @ A) + f'(w.T @ A @ v)*A",
    ),
    "a network's bias": (
        loads('[network]\nwidths = ["n0","n1","n2"]\nactivations = ["sigmoid","identity"]\nloss = "half-squared"\n'
              '[question]\nwrt = ["b1","b1"]\n'),
        "diag(a1*(1-a1)) @ W2.T @ W2 @ diag(a1*(1-a1)) + diag((W2.T @ delta2)*a1*(1-a1)*(1-2*a1))",
    ),
    "entries of matrices": (
        problem('[shapes]\nW = ["n","m"]\nx = ["m"]\n', "W[i,j]", "W[k,l]", objective="sum((W@x)**2)"),
        "2*kron(i,k)*x[j]*x[l]",
    ),
    "a gradient by its name": (
        loads(f'{LOGISTIC}g = "grad(E, w)"\n[question]\nobjective = "g"\nwrt = "w"\n'), "X.T @ diag(p*(1 - p)) @ X",
    ),
    "the third one": (problem('[shapes]\nt = []\na = []\n', "t", "t", "t", objective="exp(a*t)"), "a**3*exp(a*t)"),
}  # fmt: skip
NAMES = list(PROBLEMS)
CHECKERS: dict[int, tuple[Problem, Checker]] = {}


def check(asked: Problem, answer: str) -> Verdict:
    """The verdict alone: what a slip is called is not asked here."""
    if id(asked) not in CHECKERS:
        CHECKERS[id(asked)] = asked, Checker(asked, explain=False)
    return CHECKERS[id(asked)][1].check(answer)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_proved_and_near_misses_are_not(name: str) -> None:
    asked, answer = PROBLEMS[name]
    assert check(asked, answer).verdict == "proved"
    for wrong in (f"({answer})*(1 + 1/1000)", f"-({answer})")[: 1 if name == "a network's bias" else 2]:
        found = check(asked, wrong)
        assert found.verdict in ("refuted", "conditional"), wrong
        assert found.counterexample is not None
        assert found.counterexample.confirmed_by == "dual numbers"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_derived_line_by_line_and_differences_agree(name: str) -> None:
    asked, _ = PROBLEMS[name]
    for derivation in (gradient(asked), index_derivation(asked)):
        failures = replay(derivation).failures
        assert not failures, [(f.step.rule, text(f.step.before), text(f.step.after), f.reason) for f in failures]
    derivation = gradient(asked)
    point = Witness(asked, 3)
    point.indices.update(i=2, j=1, k=2, l=1)
    for given, value in gradient_definitions(derivation):
        point.values[given] = point.value(value)
    if name != "the third one":  # of which differences have no digits left
        expected = point.value(derivation.stages[-1].target)
        assert np.allclose(np.resize(point.value(derivation.result), expected.shape), expected, atol=2e-4)


@pytest.mark.parametrize("name", ["least squares", "logistic", "softmax", "a network's bias"])
def test_by_one_vector_twice_it_is_symmetric(name: str) -> None:
    asked = PROBLEMS[name][0]
    found = gradient(asked)
    prover = Prover(asked, dict(gradient_definitions(found)))
    assert prover.equal(found.result, Transpose(found.result)) is not None


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("entries of matrices", "a gradient by its name")])
def test_other_routes_confirm_it(name: str) -> None:
    assert compare_contracted(PROBLEMS[name][0], 0).agrees


def test_other_routes_refute_what_is_not_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(asked: Problem, wrt: Expression) -> Any:
        found = gradient(asked, wrt)
        last = found.stages[-1]
        step = replace(last.steps[-1], after=2 * last.steps[-1].after)
        return replace(found, stages=(*found.stages[:-1], replace(last, steps=(*last.steps[:-1], step))))

    monkeypatch.setattr(contracted, "gradient", wrong)
    assert contracted.compare_contracted(PROBLEMS["softmax"][0], 0).disagreements


# ---- reading

SPELLINGS = {
    "w, w": [
        "hessian(E, w)", "hessian(E, w, w)", "grad(grad(E, w), w)", "jacobian(grad(E, w), w)", "d2E/dw2", "d2E/dw^2",
        "d^2 E/dw^2", "d²E/dw²", "∂²E/∂w²", "∂²E/∂w∂w", "∂²E/∂w∂w.T", "∂²E/∂w∂wᵀ", "d2E/(dw dw)", "∂²/∂w² E",
        "d2/dw2 E", "d/dw dE/dw", "d2L/dw2", r"\nabla^2_w E", r"\nabla_w^2 E", r"\nabla^2 E(w)",
        r"\nabla_w \nabla_w^\top E", r"\nabla^2_{ww} E",
        r"\frac{\partial^2 E}{\partial w^2}", r"\frac{\partial^2 E}{\partial w \partial w^\top}",
        r"\frac{\partial^2 E}{\partial w \partial w}", r"\frac{d^2 E}{dw^2}", r"\frac{\partial^2}{\partial w^2} E",
        r"\frac{\partial}{\partial w} \frac{\partial E}{\partial w}", r"\partial_w^2 E",
        r"\frac{\mathrm{d}^2 E}{\mathrm{d} w^2}", r"\frac{\partial^2 E(w)}{\partial w \partial w^T}",
    ],
    "w[i], w[j]": [
        "d2E/(dw[i] dw[j])", "d2E/dw[i]dw[j]", "d2E/dw_i dw_j", "∂²E/∂w_i∂w_j", "∂²E/∂w[i]∂w[j]",
        "hessian(E, w[i], w[j])", "grad(grad(E, w[j]), w[i])", r"\frac{\partial^2 E}{\partial w_i \partial w_j}",
        r"\frac{\partial}{\partial w_i} \left( \frac{\partial E}{\partial w_j} \right)", r"\frac{d^2 E}{dw_i\,dw_j}",
    ],
    "b, b": ["d2E/db2", "∂²E/∂b²", "hessian(E, b)", "grad(grad(E, b), b)", r"\frac{d^2 E}{db^2}", r"\nabla_b^2 E"],
    "w, b": ["∂²E/∂w∂b", "∂²E/∂b∂w", "hessian(E, w, b)", r"\frac{\partial^2 E}{\partial b \partial w}",
             r"\nabla^2_{wb} E", r"\frac{\partial}{\partial b} \nabla_w E"],
}  # fmt: skip
VALUES = {
    "w, w": ("p*(1-p)*x@x.T", "p(1-p) x x^T"),
    "w[i], w[j]": ("p*(1-p)*x[i]*x[j]", "p(1-p) x_i x_j"),
    "b, b": ("p*(1-p)", "p(1-p)"),
    "w, b": ("p*(1-p)*x", "p(1-p) x"),
}
ONE_UNIT = problem(UNIT, "w")


@pytest.mark.parametrize("written", [(by, s) for by, all_ in SPELLINGS.items() for s in all_], ids=lambda w: w[1])
def test_all_spellings_say_the_same(written: tuple[str, str]) -> None:
    by, spelling = written
    value = VALUES[by]["\\" in spelling]
    assert check(ONE_UNIT, f"{spelling} = {value}").verdict == "proved"
    assert check(ONE_UNIT, f"{spelling} = 2{'' if chr(92) in spelling else '*'}{value}").verdict == "refuted"


REFUSED = [
    ("d2E/dw3 = 1", "E-SYNTAX"), (r"\frac{\partial^2 E}{\partial w} = 1", "E-SYNTAX"),
    ("hessian(E) = 1", "E-SYNTAX"), ("∂²E/∂ = 1", "E-SYNTAX"), (r"\nabla^3 E = 1", "E-SYNTAX"),
    ("d2(d2(d2(d2(d2(d2(d2(d2(w)))))))) = 1", "E-SYNTAX"), (r"\frac{\partial^x E}{\partial w^2} = 1", "E-SYNTAX"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "code"), REFUSED)
def test_what_is_no_second_derivative_is_refused(written: str, code: str) -> None:
    verdict = check(ONE_UNIT, written)
    assert (verdict.verdict, verdict.code) == ("not understood", code), verdict.reason


def test_by_a_matrix_it_is_asked_for_by_entries() -> None:
    letters = '[indices]\ni = "n"\nk = "n"\nj = "m"\nl = "m"\n'
    asked = loads(f'[shapes]\nW = ["n","m"]\n{letters}[question]\nobjective = "sum(W**2)"\nwrt = "W"\n')
    for spelling in ("hessian(E, W)", "d2E/dW2", r"\frac{\partial^2 E}{\partial W^2}", r"\nabla^2_W E"):
        verdict = check(asked, f"{spelling} = 2")
        assert verdict.code == "E-UNSUPPORTED", spelling
        assert "entry" in str(verdict.reason)
    assert check(asked, "d2E/(dW[i,j] dW[k,l]) = 2*kron(i,k)*kron(j,l)").verdict == "proved"


def test_a_written_second_derivative_is_read_again() -> None:
    for name in ("logistic", "softmax", "any function", "logistic, entries"):
        asked = PROBLEMS[name][0]
        target = gradient(asked).stages[-1].target
        if shape(target) != SCALAR:
            assert read(text(target), asked.scope) == target
        assert read_any(latex(target), asked).lines[0].expressions == (target,)
        assert isinstance(target.of, Derivative)


# ---- equations by themselves

ALONE = [
    ("hessian(x.T@A@x, x) = A + A.T", "hessian(x.T@A@x, x) = A - A.T"),
    ("hessian(norm(X@β - y)**2, β) = 2*X.T@X", "hessian(norm(X@β - y)**2, β) = X.T@X"),
    ("hessian(logsumexp(z), z) = diag(softmax(z)) - softmax(z)@softmax(z).T",
     "hessian(logsumexp(z), z) = diag(softmax(z)) + softmax(z)@softmax(z).T"),
    ("hessian(norm(x), x) = (eye(n) - x@x.T/norm(x)**2)/norm(x)", "hessian(norm(x), x) = (eye(n) - x@x.T)/norm(x)"),
    ("sigma''(z) = sigma'(z)*(1 - 2*sigma(z))", "sigma''(z) = sigma'(z)*(1 - sigma(z))"),
    ("d2 tanh(x)/dx2 = tanh''(x)", "d2 tanh(x)/dx2 = tanh'(x)"),
    (r"\nabla^2_x (x^\top A x) = A + A^\top", r"\nabla^2_x (x^\top A x) = A - A^\top"),
    (r"E = \frac12\|Xw - y\|^2, H = \nabla^2 E(w) = X^\top X",
     r"E = \frac12\|Xw - y\|^2, H = \nabla^2 E(w) = 2 X^\top X"),
    (r"\frac{\partial^2 x^\top A y}{\partial x \partial y^\top} = A",
     r"\frac{\partial^2 x^\top A y}{\partial x \partial y^\top} = 2A"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), ALONE, ids=lambda s: s[:40])
def test_an_equation_by_itself_is_decided(right: str, wrong: str) -> None:
    assert check_alone(None, right).verdict == "proved"
    assert check_alone(None, wrong).verdict == "refuted"


def test_a_capital_is_no_vector_of_itself() -> None:
    assert check_alone(None, "hessian(norm(W@x)**2, W) = 2*x@x.T").code == "E-UNSUPPORTED"
    assert check_alone(None, "hessian(X.T@A@X, X) = A + A.T", shapes={"X": ["n"]}).verdict == "proved"


# ---- what one problem asks is not what another derivative is


def test_the_first_derivative_is_still_the_first_one() -> None:
    for name in ("logistic", "softmax"):
        asked, second = PROBLEMS[name]
        variable = "w" if name == "logistic" else "z"
        first = "X.T @ (p - y)" if name == "logistic" else "p - y"
        assert check(asked, f"dE/d{variable} = {first}; d2E/d{variable}2 = {second}").verdict == "proved"
        assert check(asked, f"dE/d{variable} = {second}").verdict == "refuted"
        assert check(asked, first).verdict == "refuted"
    network = PROBLEMS["a network's bias"][0]
    assert check(network, "delta2 = a2 - y").verdict == "proved"


def test_a_jacobian_is_right_in_one_layout_which_is_said() -> None:
    asked = loads(
        '[shapes]\nW = ["n","n"]\nz = ["n"]\n[define]\nh = "tanh(W@z)"\n[question]\nobjective = "h"\nwrt = "z"\n'
    )
    for answer, layout in (("diag(1 - h**2) @ W", "numerator"), ("W.T @ diag(1 - h**2)", "denominator")):
        verdict = check(asked, f"dh/dz = {answer}")
        assert verdict.verdict == "proved"
        assert [layout in convention for convention in verdict.conventions] == [True]
    for wrong in ("W @ diag(1 - h**2)", "diag(1 - h**2) @ W.T", "2*diag(1 - h**2) @ W"):
        assert check(asked, f"dh/dz = {wrong}").verdict in ("refuted", "conditional")


# ---- certificates


def test_two_certificates_in_a_row_prove_it() -> None:
    for name in ("logistic", "softmax", "a vector and a scalar", "any function"):
        asked, answer = PROBLEMS[name]
        found = json.loads(json.dumps(certificate_of(asked, answer)))
        theorem = replay_certificates(found)
        assert theorem.lines[0].startswith("For all sizes"), name


def _spoiled(found: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    spoiled = copy.deepcopy(found)
    inner: Any = spoiled
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return spoiled


def test_certificates_that_do_not_belong_together_are_refused() -> None:
    found = certificate_of(*PROBLEMS["logistic"])
    other = certificate_of(problem(LOGISTIC.replace("- y*z", "- 2*y*z"), "w", "w"), "X.T @ diag(p*(1 - p)) @ X")
    scaled = certificate_of(problem(LOGISTIC.replace("sum(softplus(z) - y*z)", "2*sum(softplus(z) - y*z)"), "w", "w"),
                            "2*X.T @ diag(p*(1 - p)) @ X")  # fmt: skip
    mixed = [
        _spoiled(found, "parts", 0, value=other["parts"][0]),
        _spoiled(found, "parts", 1, value=scaled["parts"][1]),
        _spoiled(found, "parts", value=found["parts"][:1]),
        _spoiled(found, "parts", value=[found["parts"][1], found["parts"][0]]),
        _spoiled(found, "parts", value=[found["parts"][0], found["parts"][0]]),
        _spoiled(found, "parts", 1, "answer", value="(2 * X.T @ (p * (1 - p) * eye(N)) @ X)[i, j]"),
        {**found, "more": 1},
    ]
    for spoiled in mixed:
        with pytest.raises(Refused):
            replay_certificates(spoiled)


def test_a_problem_file_may_ask_for_more_than_it_can_have(tmp_path: Path) -> None:
    file = tmp_path / "q.toml"
    file.write_text('[shapes]\nW = ["n","m"]\n[question]\nobjective = "sum(W**2)"\nwrt = ["W", "W"]\n')
    with pytest.raises(Exception, match="more than two axes"):
        load(file)
