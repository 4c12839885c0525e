"""Laws of `--steps`: the rules between two lines are those of the derivation, and nothing is made up."""

from __future__ import annotations

import json

import pytest

import cli
from derive.checking.check import Checker, check
from derive.checking.lines.forms import Forms
from derive.checking.verdicts.verdict import Passage
from derive.differentiation.derivation import LEVELS, Stage
from derive.differentiation.gradient import gradient
from derive.differentiation.rules import RULES
from derive.expression.text import text
from derive.networks.network import Network
from derive.notation import read

OPTIONS = ["--widths", "n0,n1,n2", "--activations", "tanh,sigmoid", "--batch", "N", "--l2", "lam/2", "--wrt", "W1"]
PROBLEM = Network(
    widths=("n0", "n1", "n2"), activations=("tanh", "sigmoid"), batch="N", l2="lam/2"
).problem("W1")  # fmt: skip
FAMILY = Network(widths="n0,...,nL", activations=("f",)).problem("W[l]")
CHECKER = Checker(PROBLEM, steps=True)

LAST = "1/N*(A2 - Y)*A2*(1 - A2)"


def passages(answer: str) -> list[Passage | None]:
    verdict = CHECKER.check(answer)
    return [line.passage for line in verdict.lines or (verdict,)]


def left(stage: Stage) -> str:
    return text(stage.target) if stage.name is None else text(stage.name)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("problem", [PROBLEM, FAMILY], ids=["three layers", "any depth"])
def test_each_line_of_a_derivation_is_found_and_no_rule_is_lost(level: str, problem: object) -> None:
    """Whatever lines of the derivation are shown: the rules that they skip add up to all there are."""
    assert isinstance(problem, type(PROBLEM))
    derivation = gradient(problem)
    checker = Checker(problem, steps=True)
    for whole, stage in zip(derivation.stages, derivation.at(level).stages, strict=True):  # type: ignore[arg-type]
        work = f"{left(stage)} = " + "\n= ".join(text(step.after) for step in stage.steps)
        verdict = checker.check(work)
        found = [line.passage for line in verdict.lines or (verdict,)]
        assert all(passage is not None and passage.found for passage in found)
        told = [rule for passage in found if passage is not None for rule in passage.rules]
        # Lines that differ by algebra alone are one line of work; all others need their rules.
        skipped = [rule for rule in (RULES[s.rule].title for s in whole.steps) if rule not in told]
        assert set(skipped) <= {RULES[name].title for name in RULES if RULES[name].level == "every"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("delta2 = dE/dA2*sigmoid'(Z2)\n= (A2 - Y)/N*sigmoid'(Z2)", [(2, None), (4, 1)]),
        (f"delta2 = {LAST}\n= A2*(1 - A2)*(A2 - Y)/N", [(8, None), (0, 1)]),
        ("delta2 = dE/dA2*sigmoid'(Z2)\ndelta1 = (W2.T @ delta2)*(1 - A1**2)", [(2, None), (7, None)]),
        ("dE/dW1 = delta1 @ X.T + lam*W1", [(5, None)]),
        (f"dE/dW1 = ((W2.T @ ({LAST}))*(1 - A1**2)) @ X.T + lam*W1", [(20, None)]),
        (f"delta2 = {LAST}\ndE/dW1 = ((W2.T @ ({LAST}))*(1 - A1**2)) @ X.T + lam*W1", [(8, None), (12, 1)]),
        (f"delta2 = {LAST.replace('A2', 'sigmoid(Z2)')}", [(7, None)]),
    ],
)
def test_rules_are_counted_from_where_the_work_is(answer: str, expected: list[tuple[int, int | None]]) -> None:
    found = passages(answer)
    assert [(len(p.rules), p.since) for p in found if p is not None] == expected


def test_names_of_ones_own_are_lines_of_work() -> None:
    found = passages("d = (W2.T @ delta2)*(1 - A1**2); dE/db1 = sum(d, axis=1)")
    assert found == [Passage(("chain rule", "a broadcast term meets every column (row)"))]


@pytest.mark.parametrize("answer", ["lam*(W1 + 1) - lam*ones(n1, n0) + grad(E - lam/2*sum(W1**2), W1)", "dW2 = dE/dW2"])
def test_a_line_that_equals_none_of_the_derivation_is_not_placed(answer: str) -> None:
    found = passages(answer)[0]
    assert found is not None
    assert (found.found, found.rules) == (answer.startswith("dW2"), ())


def test_wrong_lines_have_no_rules() -> None:
    assert passages("delta2 = (A2 - Y)*A2/N\n= 2*(A2 - Y)*A2/N") == [None, None]


def test_nothing_is_said_unless_asked() -> None:
    assert check(PROBLEM, "delta1 @ X.T + lam*W1").passage is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("A1*(1 - A1)", "A1 - A1*A1", True),
        ("(W2.T @ delta2)*A1", "A1*(delta2.T @ W2).T", True),
        ("tanh'(Z1)", "1 - tanh(Z1)**2", False),
        ("A1", "tanh(Z1)", False),
        ("grad(E, A2)", "(A2 - Y)/N", False),
        ("2*grad(E, A2)", "grad(E, A2) + dE/dA2", True),
        ("delta1", "delta2", False),
    ],
)
def test_forms_are_equal_by_algebra_alone(one: str, other: str, same: bool) -> None:
    forms = Forms()
    assert (forms.of(read(one, PROBLEM.scope)) == forms.of(read(other, PROBLEM.scope))) == same


def test_the_screen_and_json_name_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["check", *OPTIONS, "--steps", "dE/dW1 = delta1 @ X.T + lam*W1"])
    assert "5 rules from the start, skips 4 lines: chain rule, linearity" in capsys.readouterr().out
    cli.run(["check", *OPTIONS, "--steps", "--format", "json", "dE/dW1 = delta1 @ X.T + lam*W1"])
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert (steps["since"], len(steps["rules"])) == (None, 5)
