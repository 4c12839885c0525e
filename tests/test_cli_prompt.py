"""At the prompt: a question asks for its answer, says what is wrong, gives hints, and ends when the answer is right."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from derive import Network
from derive.checking import check
from derive.checking.verdicts.verdict_json import verdict_json
from derive.commands.prompt import NO_HINTS, Prompt, asked_for
from derive.commands.typed import MORE
from derive.expression.problem import Problem
from derive.problems import loads

NETWORK = Network("n0,n1,n2", "f", "half-squared", batch="N")


def conversation(
    problem: Problem | None, typed: list[Any], monkeypatch: pytest.MonkeyPatch, hints: tuple[str, ...] = ()
) -> tuple[int, list[str], list[str]]:
    """The exit code, the verdicts in order, and what `input` was asked with; an exception is raised where it stands."""
    asked: list[str] = []
    verdicts: list[str] = []
    pending: Iterator[Any] = iter(typed)

    def answer(before: str) -> str:
        asked.append(before)
        line = next(pending, EOFError())
        if isinstance(line, BaseException):
            raise line
        return str(line)

    monkeypatch.setattr("builtins.input", answer)
    prompt = Prompt(
        problem,
        lambda line: verdict_json(check(problem, line)),
        lambda line, verdict: verdicts.append(verdict["verdict"]),
        lambda work: work(),
        hints,
    )
    return prompt.run(), verdicts, asked


def test_it_asks_until_the_answer_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["2*delta1 @ X.T", "delta1 @", "", "delta1 @ X.T", "never asked for"]
    code, verdicts, asked = conversation(NETWORK.problem("W1"), typed, monkeypatch)
    assert (code, verdicts) == (0, ["refuted", "not understood", "proved"])
    assert asked == ["dE/dW1 = "] * 4


def test_the_end_of_input_ends_with_the_last_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conversation(NETWORK.problem("W1"), ["delta1"], monkeypatch)[0] == 1
    assert conversation(NETWORK.problem("W1"), ["delta1", "exit"], monkeypatch)[0] == 1
    assert conversation(NETWORK.problem("W1"), [], monkeypatch)[0] == 2


def test_control_c_takes_a_line_back(monkeypatch: pytest.MonkeyPatch) -> None:
    code, verdicts, asked = conversation(NETWORK.problem("W1"), [KeyboardInterrupt(), "delta1 @ X.T"], monkeypatch)
    assert (code, verdicts, len(asked)) == (0, ["proved"], 2)


def test_names_that_a_line_defines_stand_in_those_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["d = 2*delta1", "d @ X.T", "let d = delta1", "e = d", "e @ X.T"]
    code, verdicts, asked = conversation(NETWORK.problem("W1"), typed, monkeypatch)
    assert (code, verdicts, len(asked)) == (0, ["refuted", "proved"], 5)


def test_what_is_open_goes_on_in_the_next_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [r"\begin{aligned}", r"dW_1 &= \delta_1 X^T \\", r"&= \delta_1 X^T", r"\end{aligned}"]
    code, verdicts, asked = conversation(NETWORK.problem("W1"), rows, monkeypatch)
    assert (code, verdicts) == (0, ["proved"])
    assert asked == ["dE/dW1 = ", *[MORE] * 3]
    code, verdicts, asked = conversation(NETWORK.problem("W1"), [r"$$\delta_1", "", "hint", EOFError()], monkeypatch)
    assert (code, verdicts, len(asked)) == (1, ["refuted"], 4)
    assert conversation(NETWORK.problem("W1"), [r"\begin{aligned}", EOFError()], monkeypatch)[1] == ["not understood"]


def test_hints_come_one_by_one_and_never_hold_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation(NETWORK.problem("W1"), ["hint"] * 4, monkeypatch, ("Start at the end.",))
    told = capsys.readouterr().out.splitlines()[-5:-1]
    assert told == ["Start at the end.", "The answer is n1×n0.", "It is made of X, δ₁.", NO_HINTS]
    conversation(NETWORK.problem("W1"), ["2*delta1 @ X.T", "hint"], monkeypatch)
    assert "n1×n0" in capsys.readouterr().out


def test_the_answer_is_shown_on_request_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation(NETWORK.problem("W1"), ["?", "reveal"], monkeypatch)
    out = capsys.readouterr().out
    assert "Ctrl-D ends" in out
    assert "δ₁ Xᵀ" in out


def test_without_one_question_equations_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["dE/dW2 = delta2 @ A1.T", "dE/db2 = delta2"]
    code, verdicts, asked = conversation(NETWORK.problem(), typed, monkeypatch)
    assert (code, verdicts) == (1, ["proved", "refuted"])
    assert asked == ["equation: "] * 3


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ('objective = "sum(x**2)"\nwrt = "x"', "dE/dx = "),
        ('objective = "x**2"\nwrt = "x"', "jacobian(x**2, x) = "),
        ('value = "2*x"', "answer = "),
    ],
)
def test_what_is_asked_for_stands_before_the_cursor(question: str, before: str) -> None:
    assert asked_for(loads(f'[shapes]\nx = ["n"]\n[question]\n{question}\n')) == before


def test_on_a_real_terminal() -> None:
    """Typed keys, an arrow for the line before, and the exit code of the right answer."""
    command = [sys.executable, "-m", "cli", "check", "--widths", "2,1", "--activations", "identity", "--wrt", "b1"]
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    )
    os.close(follower)
    try:
        _until(leader, "dE/db1 = ")
        os.write(leader, b"\x1b[200~d = delta1\n3*d\x1b[201~\n")  # a paste is one answer
        assert "defines" in _until(leader, "Not equal")
        seen = _until(leader, "dE/db1 = ")
        os.write(leader, b"2*delta1\n")
        seen += _until(leader, "dE/db1 = ")
        assert "Not equal" in seen
        os.write(leader, b"\x1b[A" + b"\x01" + b"\x04\x04" + b"\n")  # the line before, to its start, delete "2*"
        seen += _until(leader, "proved")
        assert child.wait(timeout=300) == 0
    finally:
        child.kill()
        os.close(leader)


def _until(terminal: int, words: str, seconds: float = 300) -> str:
    """What a terminal shows until some words appear."""
    seen = b""
    end = time.monotonic() + seconds
    while words.encode() not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
    assert words.encode() in seen, seen.decode(errors="replace")
    return seen.decode(errors="replace")
