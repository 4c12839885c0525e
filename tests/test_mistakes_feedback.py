"""What a person is told of a wrong answer: the right name, only what is proved, in their own words, in good order."""

from __future__ import annotations

import json
import random

import pytest

import cli
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.expression.nodes import Component, Expression, Index, Reduce, Shorthand, Tensor, scalar
from derive.expression.problem import Problem, Question
from derive.expression.scope import Scope
from derive.expression.sizes import column
from derive.expression.text import text
from derive.mistakes.examples import work
from derive.networks.network import Network

NET = {"widths": ("n0", "n1", "n2"), "activations": ("tanh", "sigmoid"), "batch": "N", "l2": "lam/2"}
OPTIONS = ["--widths", "n0,n1,n2", "--activations", "tanh,sigmoid", "--batch", "N", "--l2", "lam/2", "--wrt", "W1"]
DELTA = "(W2.T @ ((A2 - Y)*A2*(1 - A2)))*(1 - A1**2)"
CHECKERS = {wrt: Checker(Network(**NET).problem(wrt)) for wrt in ("W1", "b1")}  # type: ignore[arg-type]


def codes(answer: str, wrt: str = "W1") -> list[str]:
    return [m.code for m in CHECKERS[wrt].check(answer).mistakes]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("delta1 @ X.T", "missing-regulariser"),
        ("delta1 @ X.T + 2*lam*W1", "factor-in-regulariser"),
        ("delta1 @ X.T + lam/2*W1", "factor-in-regulariser"),
        ("lam*W1 + X @ delta1.T * 0 + delta1 @ X.T/N", "double-mean"),
        (f"({DELTA}) @ X.T + lam*W1", "missing-mean"),
        (f"-({DELTA}) @ X.T/N + lam*W1", "minus-for-plus"),
        (f"({DELTA.replace('(1 - A1**2)', 'A1')}) @ X.T/N + lam*W1", "function-for-derivative"),
        (f"({DELTA.replace('*A2*(1 - A2)', '')}) @ X.T/N + lam*W1", "missing-output-slope"),
        (f"({DELTA.replace('(1 - A1**2)', '(1 - A1)')}) @ X.T/N + lam*W1", "tanh-slope-unsquared"),
        ("delta1 @ X.T - lam*W1", "sign-of-regulariser"),
        ("delta1 @ X.T + lam*sign(W1)", "sign-for-weights"),
        ("3*delta1 @ X.T + lam*W1", "wrong-factor-in-term"),
        ("7/3*(delta1 @ X.T + lam*W1)", "wrong-factor"),
        ("delta1 @ X.T + lam*W1 + W1*W1", "extra-term"),
        ("delta1 @ cos(X).T + lam*W1", "wrong-part"),
    ],
)  # fmt: skip
def test_slips_of_people_are_named(answer: str, code: str) -> None:
    if "X @ delta1.T" in answer:
        answer = answer.replace("X @ delta1.T * 0 + ", "")
    assert codes(answer)[0] == code


def test_a_bias_is_not_regularised() -> None:
    assert codes("sum(delta1, axis=1) + lam*b1", "b1") == ["regularised-bias"]


@pytest.mark.parametrize("answer", ["delta1 @ X.T + lam*W1", f"({DELTA}) @ X.T/N + lam*W1"])
def test_a_right_answer_has_no_mistake(answer: str) -> None:
    verdict = CHECKERS["W1"].check(answer)
    assert verdict.verdict == "proved"
    assert verdict.mistakes == ()


def test_two_slips_are_named_both() -> None:
    assert codes(f"({DELTA}) @ X.T + 2*lam*W1") == ["missing-mean", "factor-in-regulariser"]
    both = codes(f"({DELTA.replace('(A2 - Y)', '(Y - A2)').replace('(1 - A1**2)', '(1 - A1)')}) @ X.T/N + lam*W1")
    assert both == ["target-minus-prediction", "tanh-slope-unsquared"]
    assert codes(f"2*({DELTA}) @ X.T + lam*W1") == ["missing-mean", "factor-two"]
    assert codes(f"-2*({DELTA}) @ X.T/N - 2*lam*W1") == ["wrong-factor"]
    undone = DELTA.replace("(A2 - Y)", "(A2 - Y)**2").replace("W2.T", "-W2.T")
    assert codes(f"({undone}) @ X.T/N + lam*W1") == ["target-minus-prediction", "square-kept"]


def test_nonsense_gets_no_name() -> None:
    assert codes("A1[1,1]*W1 + exp(lam)*delta1 @ X.T*X[1,1]") == []


def test_the_order_of_answers_does_not_matter() -> None:
    """What an answer is told is the same whatever was answered before it."""
    answers = ["delta1 @ X.T", f"({DELTA}) @ X.T + 2*lam*W1", "delta1 @ cos(X).T + lam*W1", "7/3*lam*W1"]
    expected = {a: codes(a) for a in answers}
    random.Random(0).shuffle(answers)
    fresh = Checker(Network(**NET).problem("W1"))  # type: ignore[arg-type]
    assert {a: [m.code for m in fresh.check(a).mistakes] for a in answers} == expected


def test_what_is_named_is_proved() -> None:
    """Answers that agree with no slip, though they are near one, are not accused of it."""
    for answer in ("delta1 @ X.T + 2*lam*W1 + W1/1000000", f"({DELTA}) @ X.T + lam*W1*(1 + 1/10**9)"):
        assert not {"factor-in-regulariser", "missing-mean"} & set(codes(answer)[:1])


def test_names_are_those_that_were_typed() -> None:
    def message(answer: str) -> str:
        return CHECKERS["W1"].check(answer).mistakes[0].message

    assert "λ*W1" in message("delta1 @ X.T + 2*λ*W1")
    assert "lam*W1" in message("delta1 @ X.T + 2*lam*W1")
    assert message(r"\delta^1 X^T + 2\lambda W_1").startswith(r"Your \lambda*W_1 term")
    spelled = DELTA.replace("A2", "yhat").replace("(yhat - Y)", "(Y - yhat)")
    assert "yhat - Y" in message(f"({spelled}) @ X.T/N + lam*W1")


def test_the_wrong_part_is_pointed_at() -> None:
    answer = "dE/dW1 = delta1 @ X.T + 2*lam*W1"
    position = CHECKERS["W1"].check(answer).position
    assert position is not None
    assert answer[position.column - 1 : position.end_column - 1] == "2*lam*W1"


def shown(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    cli.run(["check", *OPTIONS, *arguments])
    return capsys.readouterr().out


def test_feedback_comes_in_the_order_in_which_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    printed = shown(f"({DELTA}) @ X.T + 2*lam*W1", capsys=capsys)
    places = [printed.index(label) for label in ("Read as", "Shape", "Not equal", "Yours", "Expected", "Why", "Hint")]
    assert places == sorted(places)
    assert "delta1 @ X.T + lam*W1" not in printed
    assert "δ₁ Xᵀ + λ W₁" not in printed


def test_the_answer_is_shown_on_request_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert "δ₁ Xᵀ + λ W₁" in shown("--reveal", "delta1 @ X.T", capsys=capsys)


def test_carets_stand_under_the_wrong_part(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown("delta1 @ X.T + 2*lam*W1", capsys=capsys).splitlines()
    place = next(k for k, line in enumerate(lines) if set(line.strip()) == {"^"})
    start = lines[place].index("^")
    assert lines[place - 1][start : len(lines[place])] == "2*lam*W1"


def test_json_has_code_message_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(shown("--format", "json", "delta1 @ X.T + 2*lam*W1", capsys=capsys))
    assert found["mistakes"][0]["code"] == "factor-in-regulariser"
    assert found["mistakes"][0]["message"] == "Your lam*W1 term is 2× what it should be."
    assert found["mistakes"][0]["hint"]
    assert found["expected"] is None


@pytest.mark.parametrize(
    ("wrt", "answer", "code"),
    [
        ("W1", "delta1 @ X + lam*W1", "transpose-forgotten"),
        ("W1", "X.T @ delta1 + lam*W1", "order-of-product"),
        ("W1", "delta2 @ X.T + lam*W1", "delta-of-other-layer"),
        ("b1", "delta1", "not-summed"),
        ("b1", "sum(delta1, axis=0)", "wrong-axis"),
        ("b1", "sum(delta1)", "summed-over-all"),
        ("b1", "sum(delta2, axis=1)", "delta-of-other-layer"),
        ("W1", "sum(delta1, axis=1)", "gradient-of-other-variable"),
    ],
)
def test_a_shape_comes_first_and_what_it_comes_from_second(wrt: str, answer: str, code: str) -> None:
    assert codes(answer, wrt) == ["shape", code]


def test_the_other_layout_is_no_slip() -> None:
    verdict = Checker(Network(widths=("n0", "n1"), activations=("f",)).problem("W1")).check("x @ delta1.T")
    assert verdict.verdict == "conditional"
    assert [m.code for m in verdict.mistakes] == ["shape"]


def test_names_that_an_answer_defines_are_looked_through() -> None:
    assert codes("d = (W2.T @ delta2)*A1; d @ X.T + lam*W1")[0] == "function-for-derivative"


def entry_problem() -> Problem:
    z = Tensor("z", column("n"))
    i, j = (Index(name, column("n")[0]) for name in ("i", "j"))
    softmax: Expression = Shorthand("softmax", (z,))
    return Problem(
        scope=Scope(tensors={"z": z, "c": scalar("c")}, indices={"i": i, "j": j}),
        question=Question(Component(softmax, i, None), Component(z, j, None)),
    )


def told(problem: Problem, answer: str) -> Verdict:
    return Checker(problem).check(answer)


def test_right_on_the_diagonal_only_is_feedback() -> None:
    verdict = told(entry_problem(), "softmax(z)[i]*(1 - softmax(z)[i])*(1 + c*(z[i] - z[j]))")
    assert [m.code for m in verdict.mistakes] == ["right-on-diagonal"]


def test_right_where_all_is_positive_only_is_feedback() -> None:
    z = Tensor("z", column("n"))
    problem = Problem(scope=Scope(tensors={"z": z}), question=Question(Reduce(relu_cubed(z)), z))
    verdict = told(problem, "3*z**2 + (z - abs(z))*exp(z)")
    assert "right-where-active" in [m.code for m in verdict.mistakes]


def relu_cubed(z: Expression) -> Expression:
    from_relu: Expression = Network(widths=("n0", "n1"), activations=("relu",)).problem("W1").definitions[1].value
    return from_relu.__class__(from_relu.function, (z,)) ** 3  # type: ignore[attr-defined, call-arg]


def test_mutants_that_were_drawn_get_their_names() -> None:
    """A sample of all rows at all places of one problem, with the names of gradients and without."""
    _, derived, prints = work("net")
    rng = random.Random(11)
    right = prints.of(derived.expected)
    groups: dict[object, set[str]] = {}
    candidates = [c for c in derived.single() if prints.of(c.answer) not in (None, right)]
    for c in candidates:
        groups.setdefault(prints.of(c.answer), set()).add(c.slips[0][0].code)
    for c in rng.sample(candidates, 25):
        assert codes(text(c.answer))[0] in groups[prints.of(c.answer)]
