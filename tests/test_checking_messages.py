"""Messages as a contract: they fit the screen, say nothing twice, use the person's names, and say what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from derive.checking.check import Checker
from derive.checking.guard import Allowance, out_of_memory, out_of_time, too_nested
from derive.checking.verdicts.advice import ADVICE, advised
from derive.checking.verdicts.spoken import spoken
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.errors import DeriveError
from derive.mistakes.examples import EXAMPLES, work
from derive.mistakes.finding import NOTES
from derive.mistakes.spelling import spellings
from derive.mistakes.table import MISTAKES
from derive.mistakes.wording import WIDTH, Words
from derive.networks.network import Network
from derive.rendering.verdict_terminal import verdict_terminal
from derive.writing.names import display_width

NETS = {
    "net": {"widths": ("n0", "n1", "n2"), "activations": ("tanh", "sigmoid"), "batch": "N", "l2": "lam/2"},
    "relu": {"widths": ("n0", "n1"), "activations": ("relu",)},
    "numerator": {"widths": ("n0", "n1"), "activations": ("f",), "gradient": "numerator"},
    "any depth": {"widths": "n0,...,nL", "activations": ("f",)},
    "softmax": {"widths": ("n0", "n1"), "activations": ("softmax",), "loss": "softmax-ce", "batch": "N"},
}  # fmt: skip

OURS = re.compile(r"\b(?:delta[12]|W1|lam)\b")
"""Names that are spelled in another way in the text that the messages of all rows are about."""

ANSWERS = (
    ("net", "W1", "δ^1 @ X.T"),
    ("net", "W1", "δ^1 @ X + λ*W^{(1)}"),
    ("net", "b1", "δ^{(1)}"),
    ("net", "W1", "X.T @ δ1 + λ*W_1"),
    ("net", "W1", "δ_2 @ X.T + λ*W_1"),
    ("net", "W1", "δ1 @ X.T + 2*λ*W^{(1)}"),
    ("net", "W1", "7*δ1 @ X.T + 3*λ*W^{(1)}**2"),
    ("net", "W1", "δ1 @ X.T + λ*W^{(1)} + cos(W^{(1)})*exp(λ)"),
    ("net", "W1", "W^{(1)} @ W^{(1)}"),
    ("net", "W1", "(W^2.T @ ((A^2 - Y)*A^2))*(1 - A^1) @ X.T"),
    ("net", "W1", "δ^1 @ X.T + λ*W^3"),
    ("net", "W1", "δ^1 @@ X.T"),
    ("net", "W1", "sin(δ^1"),
    ("net", "W1", ""),
    ("net", "W1", "d = δ^1"),
    ("net", "W1", "9" * 1200),
    ("net", "W1", "(" * 300 + "1" + ")" * 300),
    ("net", "W1", "x" * 20000),
    ("net", "W1", "W^1[0,1]"),
    ("net", "W1", "δ^1\u200b @ X.T"),
    ("net", "delta2", "(A^2 - Y)*A^2/N"),
    ("net", "W1", "δ^2 = (A2-Y)*A2/N\nδ^1 = (W^{(2)}.T@((A2-Y)*A2/N))*(1-A1**2)\ndE/dW^{(1)} = δ^1@X.T"),
    ("net", "W1", "g = (A2-Y)*A2/N\ndE/dW^{(2)} = g @ A1.T + λ*W^{(2)}\ndE/db2 = sum(g, axis=1)"),
    ("relu", "b1", "(a1 - y)*a1"),
    ("relu", "b1", "(a1 - y)*(z1 > 0) + 5*(z1 == 0)"),
    ("numerator", "W1", "δ1 @ x.T"),
    ("any depth", "W[l]", "δ[l] @ a[l].T"),
    ("any depth", "W[l]", "δ[l] @ a[l-1].T*2"),
    ("softmax", "W1", "(A1 - Y) @ X.T"),
)  # fmt: skip


@cache
def checker(net: str, wrt: str) -> Checker:
    return Checker(Network(**NETS[net]).problem(wrt))  # type: ignore[arg-type]


def screen(verdict: Verdict, source: str = "") -> str:
    return verdict_terminal(verdict_json(verdict), source=source, width=80)


def said(verdict: Verdict) -> Iterator[str]:
    """All that a verdict says in words."""
    yield from (text for text in (verdict.reason, verdict.would_hold, *verdict.holds_when) if text)
    yield from (text for m in verdict.mistakes for text in (m.message, m.hint) if text)
    for line in verdict.lines:
        yield from said(line)


def sentences(shown: str) -> list[str]:
    """The sentences on a screen, line breaks and labels undone."""
    joined = " ".join(re.sub(r"^  (?:Why|Hint|Line)\b", "", line).strip() for line in shown.split("\n"))
    return [s.strip() for s in re.split(r"(?<=[.?:])\s", re.sub(r"\s+", " ", joined)) if len(s.split()) > 3]


@pytest.mark.parametrize(("net", "wrt", "answer"), ANSWERS, ids=range(len(ANSWERS)))
def test_feedback_is_fit_to_be_read_aloud(net: str, wrt: str, answer: str) -> None:
    verdict = checker(net, wrt).check(answer)
    assert verdict.verdict != "proved"
    shown = screen(verdict, answer)
    assert max(display_width(line) for line in shown.split("\n")) <= 80
    told = sentences(shown)
    assert len(set(told)) == len(told), told
    if verdict.verdict == "not understood":
        assert verdict.reason is not None
        assert len(re.findall(r"[.?](?:\s|$)|$", verdict.reason)) >= 2, verdict.reason
    else:
        assert "Hint" in shown
        ours = set(spellings(checker(net, wrt).question.problem, answer)) - {"a", "A"}
        assert not [text for text in said(verdict) if ours & set(re.findall(r"[^\W\d_]\w*", text))]


@cache
def slips() -> dict[str, tuple[str, str]]:
    """For each row of the table the problem of its example, and its message about a slip there."""
    found: dict[str, tuple[str, str]] = {}
    for name in EXAMPLES:
        example, derived, _ = work(name)
        words = Words(example.problem, "δ^1 + δ^2 + λ*W^{(1)}")
        for candidate in derived.single():
            row, site = candidate.slips[0]
            found.setdefault(row.code, (name, words.message(row, site)))
    return found


def test_every_row_fits_and_hints() -> None:
    assert set(slips()) == set(MISTAKES)
    for code, (_, message) in slips().items():
        hint = MISTAKES[code].hint
        assert len(message) <= WIDTH
        assert hint
        assert message not in hint
        assert not OURS.search(message), message
        shown = screen(Verdict("refuted", mistakes=(Mistake(code, message, hint),)))
        assert max(display_width(line) for line in shown.split("\n")) <= 80
        assert re.sub(r"\s+", " ", shown).count(message) == 1
    assert all(note.hint and len(note.hint) <= WIDTH for note in NOTES.values())


def test_limits_say_what_to_do() -> None:
    allowance = Allowance()
    for verdict in (out_of_time(allowance), out_of_memory(allowance), too_nested()):
        assert len(sentences(verdict.reason or "")) >= 1
        assert re.search(r"Give parts names", verdict.reason or "")


@pytest.mark.parametrize("code", [*ADVICE, "E-OTHER"])
def test_an_error_without_advice_gets_some(code: str) -> None:
    assert len(advised(DeriveError("It happened.", code=code)).split(". ")) >= 2
    own = advised(DeriveError("It happened.", code=code, suggestion="Do this."))
    assert own == "It happened. Do this."


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("δ^2 @ X.T", {"delta2": "δ^2", "delta1": "δ^1"}),
        (r"\delta^{(1)} + \lambda W^{(1)}", {"delta1": r"\delta^{(1)}", "W1": "W^{(1)}", "lam": r"\lambda"}),
        (r"\boldsymbol{\delta}^{[2]}", {"delta2": r"\boldsymbol{\delta}^{[2]}"}),
        (r"\mathbf{W}^{[2]}", {"W2": r"\mathbf{W}^{[2]}", "W1": r"\mathbf{W}^{[1]}"}),
        ("W_2.T @ δ₂ + yhat", {"W2": "W_2", "delta2": "δ₂", "A2": "yhat"}),
        ("W[1] + lambda", {"W1": "W[1]", "lam": "lambda"}),
        ("σ'(z1)", {"sigmoid": "σ", "Z1": "z1"}),
    ],
)  # fmt: skip
def test_spellings_are_those_of_the_text(typed: str, expected: dict[str, str]) -> None:
    found = spellings(checker("net", "W1").question.problem, typed)
    assert {name: found.get(name) for name in expected} == expected


def test_names_that_are_spelled_as_ours_stay() -> None:
    assert spellings(checker("net", "W1").question.problem, "delta1 @ X.T + lam*W1 + exp(W1)") == {}


def test_words_are_no_names() -> None:
    """Names that are English words stay as they are in a sentence."""
    words = Words(checker("any depth", "W[l]").question.problem, "A[l]")
    assert spoken(Verdict("refuted", reason="There is a mistake."), words).reason == "There is a mistake."
