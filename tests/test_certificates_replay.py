"""Certificates: every proof of a right answer replays, and nothing that is not a proof does."""

from __future__ import annotations

import contextlib
import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_answers_to_exercises import EXERCISES

from benchmarks.certificate_truth import Point, is_true
from benchmarks.problems import Case, hand_made, networks
from derive.certificate import BASE, Checker, Refused, loads, parse, replay
from derive.certifying.formulas import FORMULAS, tidy
from derive.checking.certificates import certificate, certificate_of
from derive.errors import Unsupported
from derive.expander import AXIOMS
from derive.expression.functions import FUNCTIONS
from derive.problems import from_table

ROOT = Path(__file__).parent.parent
CASES = hand_made() + networks(3)
RIGHT = [(e.problem, a) for e in EXERCISES for a in e.right]


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.name)
def test_the_proof_of_a_right_answer_replays(case: Case) -> None:
    written = certificate(case.problem, case.answer)
    theorem = replay(loads(json.dumps(written)))
    assert theorem.statement.endswith(f"= {written['answer']}")


@pytest.mark.parametrize("n", range(0, len(RIGHT), 3))
def test_the_answers_to_the_exercises_have_certificates(n: int) -> None:
    problem, answer = RIGHT[n]
    assert replay(certificate_of(problem, answer))


def test_the_theorems_are_true_by_numbers() -> None:
    for case in CASES[::9]:
        assert is_true(certificate(case.problem, case.answer)), case.name


def test_a_wrong_answer_has_no_certificate() -> None:
    tried = 0
    for exercise in EXERCISES:
        for answer in exercise.wrong:
            if tried % 8 == 0:
                with pytest.raises(Unsupported):
                    certificate_of(exercise.problem, answer)
            tried += 1
    assert tried > 30


def test_a_proof_of_one_answer_is_none_of_another() -> None:
    problem, right = RIGHT[0]
    written = certificate_of(problem, right)
    for answer in ("delta1", "2 * sum(delta1, 1)", "sum(delta1)", "sum(delta2, 1)"):
        with pytest.raises(Refused):
            replay({**written, "answer": answer})


KINKS = [
    ("sum(g*relu(z))", "g*(z >= 0)"),
    ("sum(g*relu(z))", "g*((z > 0) + (z == 0)/2)"),
    ("sum(g*abs(z))", "g*(2*(z >= 0) - 1)"),
    ("sum(g*leaky_relu(z, 1/10))", "g*where(z >= 0, 1, 1/10)"),
    ("sum(maximum(g, z))", "z >= g"),
]


@pytest.mark.parametrize(("objective", "answer"), KINKS)
def test_another_convention_at_a_kink_is_written_into_the_function(objective: str, answer: str) -> None:
    problem = from_table({"shapes": {"z": ["n"], "g": ["n"]}, "question": {"objective": objective, "wrt": "z"}})
    theorem = replay(certificate_of(problem, answer))
    assert any("(1 - pos(" in line for line in theorem.lines)
    with pytest.raises(Unsupported):
        certificate_of(problem, f"2*({answer})")


@pytest.mark.parametrize(("wrt", "answer"), [("x", "W"), ("x[j]", "W[:,j]"), ("s", "0"), ("x[2]", "W[:,2]")])
def test_jacobians_and_their_columns_are_proved_entry_by_entry(wrt: str, answer: str) -> None:
    shapes = {"W": ["m", "n"], "x": ["n"], "s": []}
    problem = from_table({"shapes": shapes, "question": {"objective": "W @ x", "wrt": wrt}})
    assert "d((W @ x)[i, 1])/d" in replay(certificate_of(problem, answer)).statement
    with pytest.raises(Unsupported):
        certificate_of(problem, f"{answer} + {answer} + 1" if answer == "0" else f"2*{answer}")


def test_what_certificates_cannot_say_is_said_in_a_sentence() -> None:
    shapes = {"z": ["n"], "s": []}
    problem = from_table({"shapes": shapes, "question": {"objective": "sum(z**s)", "wrt": "z"}})
    with pytest.raises(Unsupported, match="an exponent is not a number"):
        certificate_of(problem, "s*z**(s - 1)")


def test_the_checker_imports_the_standard_library_only() -> None:
    code = "import sys, derive.certificate; print([m for m in sys.modules if m.split('.')[0] in "
    code += "('sympy', 'numpy', 'flint', 'click') or (m.startswith('derive.') and 'certificate' not in m)])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "['derive.expander']"


# What no certificate may use

PROBLEM: dict[str, Any] = {
    "names": {"x": ["1", "1"], "y": ["n", "1"]},
    "indices": {},
    "functions": {},
    "definitions": [],
    "objective": None,
    "held": [],
    "gradients": {},
    "facts": [],
    "equations": [],
}
X: list[Any] = ["name", "x", []]
x_: list[Any] = [[1, [[X, 1]], []]]
one: list[Any] = [[1, [], []]]
POS, NEG = ["pos", "", x_], ["neg", "", x_]


def refused(plain: Any, left: Any, right: Any, proof: Any) -> str:
    with pytest.raises(Refused) as error:
        Checker(PROBLEM).identity(plain, left, right, proof)
    return str(error.value)


def test_zero_has_no_inverse() -> None:
    assert "inverse" in refused(False, [], one, [[1, [], [], "inverse", []]])


def test_a_root_is_of_an_order() -> None:
    for q in (0, 1, -2):
        assert "root" in refused(False, one, x_, [[1, [], [], "root", x_, [[q, [], []]] if q else []]])


def test_sign_squared_is_not_one() -> None:
    """1 − [x>0] − [x<0] = x·(…)/x = 0 divides by what may be 0 where the left side is defined."""
    left = [[1, [[POS, 1]], []], [1, [[NEG, 1]], []]]
    proof = [[-1, [[X, -1]], [], "zero off the gates", x_]]
    assert "need not be defined" in refused(False, left, one, proof)


def test_a_logarithm_does_not_make_its_argument_positive() -> None:
    log, size = ["log", "", x_], ["logabs", "", x_]
    left = [[1, [[["exp", "", [[1, [[size, 1]], []]]], 1]], []]]
    assert refused(False, [[1, [[size, 1]], []]], [[1, [[log, 1]], []]], [[-1, [], [], "log", x_]])
    assert refused(False, left, x_, [[1, [], [], "exp of log|u|", x_]])


DEFINED = [
    ("exp(log(x))", "x"),
    ("sum(exp(-log(1 - y)))", "sum(1/(1 - y))"),
    ("exp(log(x)/2)", "sqrt(x)"),
    ("log(x) * (x > 0)", "log(x)"),
    ("sqrt(x) * (x >= 0)", "sqrt(x)"),
    ("log(x/(1 - x))", "log(x) - log(1 - x)"),
    ("tanh(log(x))", "(x^2 - 1)/(x^2 + 1)"),
    ("softplus(log(x))", "log(1 + x)"),
    ("1/(1 + 1/(1 + x))", "(1 + x)/(2 + x)"),
    ("(1 + x^2)/(1 + x)/(1 + x^2)", "1/(1 + x)"),
    ("exp([x, 0])", "[exp(x), 1]"),
]


@pytest.mark.parametrize(("question", "answer"), DEFINED)
def test_what_both_sides_need_to_be_defined_is_granted(question: str, answer: str) -> None:
    problem = from_table({"shapes": {"x": [], "y": ["n"]}, "question": {"value": question}})
    assert replay(certificate_of(problem, answer))


def test_nothing_else_is_granted() -> None:
    """log y_i says nothing of y_j, nor does it beside δ_ij; nor of what is near, which a slope depends on."""
    proof = [[1, [], [], "log is defined", [[1, [[["name", "y", ["j"]], 1]], []]]]]
    left = [[1, [[["pos", "", proof[0][4]], 1]], []]]
    for side, plain, right in (
        ("log(y[j, 1])", False, True),
        ("log(y[j, 1])", True, False),
        ("log(y[i, 1])", False, False),
        ("eye(n)[i, j] * log(y[j, 1])", False, False),
        ("sum(log(y))", False, False),
        ("y[j, 1]", False, False),
    ):
        checker = Checker({**PROBLEM, "indices": {"i": "n", "j": "n"}})
        checker.sound(side)
        if right:
            checker.identity(plain, left, one, proof)
        else:
            with pytest.raises(Refused):
                checker.identity(plain, left, one, proof)


@pytest.mark.parametrize(("formula", "is_there"), [("u[3, 1]", True), ("u[4, 1]", False), ("u[1, 2]", False)])
def test_there_is_no_entry_past_the_end(formula: str, is_there: bool) -> None:
    checker = Checker({**PROBLEM, "names": {"u": ["3", "1"]}})
    with contextlib.nullcontext() if is_there else pytest.raises(Refused, match="past the end"):
        checker(parse(formula))


def test_half_a_power_needs_what_is_positive() -> None:
    left = [[1, [[X, -1]], []]]
    assert "not whole" in refused(False, left, left, [[1, [[X, "1/2"]], [], "gates exclude", x_]])


def test_the_slope_at_a_kink_is_not_a_matter_of_algebra() -> None:
    left = [[1, [[X, 1], [NEG, 1]], []]]
    right = [[1, [[X, 1]], []], [-1, [[X, 1], [POS, 1]], []]]
    proof = [[-1, [], [], "zero off the gates", x_]]
    Checker(PROBLEM).identity(False, left, right, proof)
    assert "no slope is taken" in refused(True, left, right, proof)


def test_a_dummy_is_not_captured() -> None:
    entry = ["name", "y", ["!1.0"]]
    assert "not bound" in refused(False, [[1, [[entry, 1]], []]], [], [])


def test_a_fact_is_used_only_if_it_is_declared() -> None:
    proof = [[1, [], [], "declared", 0, "row", "column"]]
    with pytest.raises(IndexError):
        Checker(PROBLEM).identity(False, [[1, [[X, 2]], []]], one, proof)
    Checker({**PROBLEM, "equations": [["x ** 2", "1"]]}).identity(False, [[1, [[X, 2]], []]], one, proof)


@pytest.mark.parametrize(
    "change",
    [
        {"names": {**PROBLEM["names"], "sum": ["1", "1"]}},
        {"definitions": [["x", "x + 1"]]},
        {"definitions": [["x", "sum(y)"], ["x", "1"]]},
        {"functions": {"f": [["z"], "total(z, i, 3)"]}},
        {"facts": [["sum zero", "y"]]},
        {"facts": [["symmetric", "y"]]},
        {"equations": [["x", "1"]], "definitions": [["x", "sum(y)"]]},
        {"extra": 1},
        {"definitions": [["x", "g"]], "objective": "x", "gradients": {"g": "y"}},
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    statement = {**copy.deepcopy(PROBLEM), **change}
    answer = "f(x)" if "functions" in change else "x"
    whole = {"format": "derive certificate 3", "problem": statement, "question": answer, "answer": answer,
             "identities": [], "folds": [], "steps": []}  # fmt: skip
    with pytest.raises(Refused):
        replay(whole)


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1, "a": 2}', '{"a": 0.5}', '{"a": NaN}', "[" * 100_000])
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        replay(loads(text))


def test_every_known_function_can_be_said() -> None:
    assert not {name for name in FUNCTIONS if name not in BASE and name not in FORMULAS}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_a_formula_of_a_function_is_its_value(name: str) -> None:
    """A function's formula in certificates against its row, at exact points, the kink among them."""
    parameters, formula = FORMULAS[name]
    problem = {**PROBLEM, "functions": {f: [list(p), tidy(x)] for f, (p, x) in FORMULAS.items()}}
    point = Point({"problem": {**problem, "names": {}}}, np.random.default_rng(0))
    for first in (-2.0, -0.5, 0.0, 0.5, 3.0):
        others = (0.5, -1.5)[: len(parameters) - 1]
        row = FUNCTIONS[name].numpy
        assert row is not None
        with np.errstate(all="ignore"):
            expected = float(row(np, np.float64(first), *others))
            found = float(
                np.squeeze(point.formula(f"({formula})", dict(zip(parameters, (first, *others), strict=True))))
            )
        assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_a_wrong_axiom_makes_right_proofs_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The axioms that proofs use matter: with 1 added to what one says is zero, a proof that uses it is refused."""
    proofs = [certificate(case.problem, case.answer) for case in CASES[::4]]
    used: dict[str, list[dict[str, Any]]] = {}
    for proof in proofs:
        for rule in {line[3] for row in proof["identities"] for line in row[3]}:
            used.setdefault(rule, []).append(proof)
    noticed = []
    for rule in used.keys() & AXIOMS.keys():
        parameters, zero, condition = AXIOMS[rule]
        with monkeypatch.context() as patch:
            patch.setitem(AXIOMS, rule, (parameters, f"{zero} + 1", condition))
            noticed += [rule] if any(is_refused(proof) for proof in used[rule]) else []
    assert len(noticed) >= 12


def is_refused(proof: dict[str, Any]) -> bool:
    try:
        replay(proof)
    except Refused:
        return True
    return False
