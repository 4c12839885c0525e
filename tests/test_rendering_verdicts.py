"""Laws of showing verdicts: the order of feedback, plain words, 80 columns, and no text with power."""

from __future__ import annotations

import re
from typing import Any

import pytest

from derive.checking.verdicts.verdict import EXIT_CODES, Mistake, Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.expression.nodes import Tensor, scalar
from derive.expression.sizes import column, matrix
from derive.rendering.json_output import json_text
from derive.rendering.verdict_terminal import MARKS, verdict_terminal
from derive.writing.names import display_width

W = Tensor("W1", matrix("n1", "n0"))
CONTRACT = {
    "verdict",
    "scope",
    "error_bound",
    "assumptions",
    "conventions",
    "holds_when",
    "answer",
    "expected",
    "mistakes",
    "counterexample",
    "code",
    "reason",
    "position",
    "lines",
    "elapsed_ms",
}
COUNTEREXAMPLE: dict[str, Any] = {
    "sizes": {"n0": 2, "n1": 1}, "values": {"W1": [["1", "-2/3"], ["0", "1"]], "lam": [["5"]]}, "entry": [1, 2],
    "indices": {"i": 2}, "functions": {"f": "z**3"}, "yours": "3/2", "expected": "3/4",
}  # fmt: skip


def refuted() -> dict[str, Any]:
    """A wrong answer with everything that can be said of it."""
    slip = Mistake("factor-in-regulariser", "Your λW term is twice what it should be. " * 4, "Differentiate λ/2 w².")
    verdict = Verdict("refuted", answer=2 * scalar("lam") * W, expected=scalar("lam") * W, mistakes=(slip,))
    return verdict_json(verdict, reveal=True) | {"counterexample": COUNTEREXAMPLE}


def test_every_outcome_has_a_mark_and_words() -> None:
    assert set(MARKS) == set(EXIT_CODES)
    heads = {outcome: verdict_terminal(verdict_json(Verdict(outcome, answer=W))) for outcome in MARKS}
    assert len(set(heads.values())) == len(heads)
    for outcome, written in heads.items():
        assert MARKS[outcome][0] in written


def test_feedback_comes_in_the_order_that_helps() -> None:
    written = verdict_terminal(refuted())
    order = ["Read as", "Shape", "Not equal", "n₀ = 2", "3/2", "3/4", "twice", "Hint"]
    places = [written.index(word) for word in order]
    assert places == sorted(places)


def test_the_answer_is_told_only_when_revealed() -> None:
    verdict = Verdict("refuted", answer=W, expected=scalar("secret"))
    assert "secret" not in verdict_terminal(verdict_json(verdict))
    assert "secret" in verdict_terminal(verdict_json(verdict, reveal=True))


@pytest.mark.parametrize("width", [50, 80, 100])
def test_lines_fit(width: int) -> None:
    assert all(display_width(line) <= width for line in verdict_terminal(refuted(), width=width).split("\n"))


def test_agreement_is_never_called_a_proof() -> None:
    agrees = Verdict("agrees", scope="sizes n=2", answer=W)
    for verdict in (agrees, Verdict("agrees", error_bound="2^-112", answer=W)):
        assert "not proved" in verdict_terminal(verdict_json(verdict))
    assert "nothing is claimed" in verdict_terminal(verdict_json(Verdict("undecided", answer=W, reason="The budget.")))


def test_a_place_that_cannot_be_read_gets_a_caret() -> None:
    verdict = verdict_json(Verdict("not understood", code="E-SYNTAX", reason="A bracket is not closed."))
    verdict |= {"position": {"line": 2, "column": 3, "end_column": 5}}
    lines = verdict_terminal(verdict, source="first\nab((cd").split("\n")
    assert lines[0].index("((") == lines[1].index("^^")
    assert "E-SYNTAX" in "".join(lines)


@pytest.mark.parametrize("text", ["\x1b[2J", "[red]x[/red]", "\u202eabc", "a\x9b31mb"])
def test_what_was_typed_has_no_power(text: str) -> None:
    verdict = verdict_json(Verdict("not understood", reason=text, text=text)) | {
        "position": {"line": 1, "column": 1, "end_column": 2},
        "lines": [verdict_json(Verdict("not understood", text=text))] * 2,
        "mistakes": [{"code": "c", "message": text}],
        "counterexample": COUNTEREXAMPLE | {"yours": text},
    }
    for written in (verdict_terminal(verdict, source=text, hint=text), json_text(verdict)):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", written)
    coloured = verdict_terminal(verdict, source=text, hint=text, color=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == verdict_terminal(verdict, source=text, hint=text)


def test_all_keys_of_the_contract_are_always_there() -> None:
    for outcome in EXIT_CODES:
        found = verdict_json(Verdict(outcome))
        assert set(found) >= CONTRACT
        for key in ("assumptions", "conventions", "holds_when", "mistakes", "lines"):
            assert found[key] == []
        assert found["answer"] is found["counterexample"] is found["position"] is None


def test_an_answer_that_does_not_conform_is_shown() -> None:
    found = verdict_json(Verdict("refuted", answer=W @ W, reason="The shapes do not conform."))
    assert found["answer"]["shape"] is None
    assert "W₁ W₁" in verdict_terminal(found)


def test_shapes_are_compared_in_words() -> None:
    verdict = Verdict("refuted", answer=Tensor("b", column("n")), expected=W, reason="The shapes differ.")
    assert "n×1, but n₁×n₀ is expected" in verdict_terminal(verdict_json(verdict, reveal=True))


def test_matrices_of_a_counterexample_are_drawn() -> None:
    lines = verdict_terminal(refuted()).split("\n")
    top = next(k for k, line in enumerate(lines) if "⎡" in line)
    assert lines[top].index("⎡") == lines[top + 1].index("⎣")
    assert lines[top].index("⎤") == lines[top + 1].index("⎦")
    assert any("λ = 5" in line for line in lines)
