"""Laws of several lines: each has its verdict, the first wrong one is named, and what only inherits it is marked."""

from __future__ import annotations

import json

import pytest

import cli
from benchmarks.lines import Tally, judge, solutions
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.networks.network import Network
from derive.notation import read_answer

OPTIONS = ["--widths", "n0,n1,n2", "--activations", "tanh,sigmoid", "--batch", "N", "--l2", "lam/2", "--wrt", "W1"]
PROBLEM = Network(
    widths=("n0", "n1", "n2"), activations=("tanh", "sigmoid"), batch="N", l2="lam/2"
).problem("W1")  # fmt: skip
CHECKER = Checker(PROBLEM)
FAMILY = Checker(Network(widths="n0,...,nL", activations=("f",)).problem("W[l]"))

WRONG = "(A2 - Y)*A2/N"
RIGHT = "(A2 - Y)*A2*(1 - A2)/N"
BACK = "(W2.T @ ({}))*(1 - A1**2)"
BAD_BACK = f"(W2.T @ ({WRONG}))*(1 - A1)"
W1, W2 = "dE/dW1 = ({}) @ X.T + lam*W1", "dE/dW2 = ({}) @ A1.T + lam*W2"

Marks = list[tuple[str, int | None]]


def marks(verdict: Verdict) -> Marks:
    return [(line.verdict, line.follows_from) for line in verdict.lines]


@pytest.mark.parametrize(
    ("answer", "first", "expected"),
    [
        # what follows by name is right in itself; what is written out carries the slip
        (f"delta2 = {WRONG}; delta1 = {BACK.format('delta2')}", 1, [("refuted", None), ("proved", None)]),
        (f"delta2 = {WRONG}; delta1 = {BACK.format(WRONG)}", 1, [("refuted", None), ("refuted", 1)]),
        (f"delta2 = {WRONG}\n = A2*A2/N - Y*A2/N", 1, [("refuted", None), ("refuted", 1)]),
        (f"delta2 = {WRONG}\n = {RIGHT}", 1, [("refuted", None), ("proved", None)]),
        (f"delta2 = {WRONG}\n = {WRONG.replace('A2/N', '2*A2/N')}", 1, [("refuted", None), ("refuted", None)]),
        # over two stages, through the regulariser, and beside it
        (f"delta2 = {WRONG}; dE/dW1 = ({BACK.format(WRONG)}) @ X.T + lam*W1", 1, [("refuted", None), ("refuted", 1)]),
        (f"delta2 = {WRONG}; dE/dW1 = ({BACK.format(WRONG)}) @ X.T", 1, [("refuted", None), ("refuted", None)]),
        (f"delta2 = {WRONG}; dE/dW2 = ({WRONG}) @ A1.T + lam*W2", 1, [("refuted", None), ("refuted", 1)]),
        (f"dE/dW2 = delta2 @ A1.T + lam*W2; delta1 = {BACK.format(WRONG)}", 2, [("proved", None), ("refuted", None)]),
        # a gradient without a name, a definition of the problem, the objective
        ("dA2 = 2*(A2 - Y)/N; delta2 = 2*(A2 - Y)/N*A2*(1 - A2)", 1, [("refuted", None), ("refuted", 1)]),
        ("A1 = sigmoid(Z1); delta1 = (W2.T @ delta2)*sigmoid(Z1)*(1 - sigmoid(Z1))", 1,
         [("refuted", None), ("refuted", 1)]),
        ("E = 1/N*sum((A2 - Y)**2) + lam/2*(sum(W1**2) + sum(W2**2)); dA2 = 2*(A2 - Y)/N", 1,
         [("refuted", None), ("refuted", 1)]),
        # the line of what is asked for, and a slip on top of another one
        ("lam*W1 - delta1 @ X.T; dE/dW1 = W1*lam - delta1 @ X.T", 1, [("refuted", None), ("refuted", 1)]),
        (f"delta2 = {WRONG}; delta1 = {BAD_BACK}; {W1.format(BAD_BACK)}",
         1, [("refuted", None), ("refuted", None), ("refuted", 2)]),
        (f"delta2 = 2*delta2; delta1 = {BACK.format('2*delta2')}", 1, [("refuted", None), ("refuted", 1)]),
    ],
)  # fmt: skip
def test_lines_are_told_apart(answer: str, first: int | None, expected: Marks) -> None:
    verdict = CHECKER.check(answer)
    assert (verdict.first_wrong_line, marks(verdict)) == (first, expected)


def test_a_condition_is_inherited_too() -> None:
    verdict = CHECKER.check("dE/dW1 = delta1 @ X.T\n= ((W2.T @ delta2)*(1 - A1**2)) @ X.T")
    assert marks(verdict) == [("conditional", None), ("conditional", 1)]


def test_right_work_has_no_first_wrong_line() -> None:
    verdict = CHECKER.check(f"delta2 = {RIGHT}\ndelta1 = {BACK.format('delta2')}\ndE/dW1 = delta1 @ X.T + lam*W1")
    assert (verdict.verdict, verdict.first_wrong_line) == ("proved", None)


def test_a_name_of_ones_own_may_be_what_is_wrong() -> None:
    """A definition claims nothing; but if all is right once it stands for delta2, that is where to look."""
    verdict = CHECKER.check(f"d = {WRONG}\ng = {BACK.format('d')}\n{W1.format('g')}\n{W2.format('d')}")
    assert marks(verdict) == [("refuted", 1), ("refuted", 1)]
    assert {line.would_hold for line in verdict.lines} == {"d = delta2"}
    assert (verdict.first_wrong_line, [n for n, _ in verdict.definitions]) == (1, [1, 2])
    assert [bool(line.mistakes) for line in verdict.lines] == [True, False]


def test_the_definition_with_the_slip_is_found_among_several() -> None:
    verdict = CHECKER.check(f"d = {RIGHT}; g = (W2.T @ d)*(1 - A1); {W1.format('g')}; {W2.format('d')}")
    assert marks(verdict) == [("refuted", 2), ("proved", None)]
    assert verdict.lines[0].would_hold == "g = delta1"


def test_a_wrong_use_of_a_right_name_is_a_slip_of_its_own() -> None:
    verdict = CHECKER.check(f"d = {RIGHT}; dE/dW2 = d @ A1.T - lam*W2; dE/db2 = sum(d, axis=1)")
    assert marks(verdict) == [("refuted", None), ("proved", None)]


def test_layers_of_any_depth() -> None:
    verdict = FAMILY.check(
        "delta[l] = (W[l+1].T @ delta[l+1])*f(z[l]); dE/dW[l] = ((W[l+1].T @ delta[l+1])*f(z[l])) @ a[l-1].T"
    )
    assert marks(verdict) == [("refuted", None), ("refuted", 1)]


def test_only_slips_of_their_own_are_explained() -> None:
    verdict = CHECKER.check(f"delta2 = {WRONG}; delta1 = {BACK.format(WRONG)}; dE/dW1 = delta1 @ X.T + 2*lam*W1")
    assert [[m.code for m in line.mistakes] for line in verdict.lines] == [
        ["function-for-derivative"], [], ["factor-in-regulariser"],
    ]  # fmt: skip


@pytest.mark.parametrize("second", [f"; {W1.format(BAD_BACK)}", "\n = (A2 - Y)*A2/N**2"])
def test_a_slip_on_top_of_another_is_named_by_itself(second: str) -> None:
    """What a line takes over from a wrong one is not told again."""
    line = CHECKER.check(f"delta2 = {WRONG}{second}").lines[1]
    assert line.follows_from is None
    assert line.mistakes[0].message.startswith("Besides line 1: ")
    assert "derivative" not in line.mistakes[0].message


def test_marks_do_not_depend_on_the_answers_before() -> None:
    answers = [f"delta2 = {WRONG}; delta1 = {BACK.format(WRONG)}", f"delta2 = {RIGHT}; delta1 = {BACK.format(WRONG)}"]
    fresh = {a: marks(Checker(PROBLEM).check(a)) for a in answers}
    used = Checker(PROBLEM)
    for answer in (*answers, *reversed(answers)):
        assert marks(used.check(answer)) == fresh[answer]


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ("dE/db1 = sum(delta1, axis=1)\n\n = sum(delta1, axis=1)", [1, 3]),
        ("g = delta1; dE/db1 = sum(g, axis=1) = sum(delta1, axis=1)", [1, 2, 3]),
        ("dE/db1 = sum(delta1,\n axis=1)\nsum(delta1 @ X.T)", [1, 3]),
    ],
)
def test_lines_are_numbered_as_they_are_typed(answer: str, numbers: list[int]) -> None:
    assert [s.number for s in read_answer(answer, PROBLEM.scope).statements] == numbers


def test_a_sample_of_the_campaign() -> None:
    tally = Tally()
    for work in solutions(8, 11):
        judge(work, tally)
    assert not tally.failures
    assert {"right", "slip", "follows"} <= set(tally.lines)


def shown(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    cli.run(["check", *OPTIONS, *arguments])
    return capsys.readouterr().out


def test_json_says_what_follows_from_what(capsys: pytest.CaptureFixture[str]) -> None:
    printed = shown("--format", "json", f"delta2 = {WRONG}\ndelta1 = {BACK.format(WRONG)}", capsys=capsys)
    found = json.loads(printed)
    assert found["first_wrong_line"] == 1
    assert [(line["line"], line["follows_from"]) for line in found["lines"]] == [(1, None), (2, 1)]
    alone = json.loads(shown("--format", "json", "delta1 @ X.T", capsys=capsys))
    assert (alone["lines"], alone["first_wrong_line"], alone["follows_from"]) == ([], None, None)


def test_the_screen_says_it_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    work = f"d = {WRONG}\ndelta2 = {WRONG}\ndelta1 = {BACK.format(WRONG)}\n{W2.format('d')}"
    printed = shown(work, capsys=capsys)
    assert "Line 2 is the first wrong one; lines 3 and 4 follow from it." in printed
    assert printed.count("follows from line 2: right if line 2 were right") == 2
    assert printed.index("Line          2") < printed.index("Read as") < printed.index("Not equal")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"delta2 = {RIGHT}; dE/dW2 = foo", [(1, "proved"), (2, "not understood")]),
        (f"delta2 = {RIGHT}\ndE/dW2 = (A1", [(1, "proved"), (2, "not understood")]),
        (f"dE/dW2 = foo @ A1.T = delta2; delta2 = {WRONG} = A2*A2/N - Y*A2/N",
         [(1, "not understood"), (2, "refuted"), (3, "refuted")]),
        # what goes on from a line that cannot be read goes with it; a name that it defines is not known
        (f"delta2 = {RIGHT}\ndE/dW2 = foo\n = 2*delta2 @ A1.T", [(1, "proved"), (2, "not understood")]),
        (f"d = 2*foo; delta2 = d; delta2 = {RIGHT}", [(1, "not understood"), (2, "not understood"), (3, "proved")]),
        ("\\delta_2 = 2\\foo\n\\delta_2 = 2\\delta_2", [(1, "not understood"), (2, "refuted")]),
        # nothing is left, or the text as a whole is at fault
        ("dE/dW2 = foo; dE/dW1 = bar", []),
        ("d = delta2; dE/dW2 = foo", []),
        ("delta2 = delta2; " + "(" * 300, []),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_does_not_hide_the_others(answer: str, expected: list[tuple[int, str]]) -> None:
    verdict = CHECKER.check(answer)
    assert [(line.line, line.verdict) for line in verdict.lines] == expected
    refuted = any(told == "refuted" for _, told in expected)
    assert verdict.verdict == ("refuted" if refuted else "not understood")
