"""`derive check`: the exit code is the verdict, the JSON has every key, and an answer is passed on as it was typed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from derive.commands.check import exit_code

pytestmark = pytest.mark.usefixtures("in_this_process")

NET = ["--widths", "n0,n1,n2", "--activations", "f", "--batch", "N"]
RIGHT = "delta2 @ A1.T"
WRONG = "2*delta2 @ A1.T"
UNREADABLE = "delta2 @"

KEYS = {
    "verdict", "scope", "error_bound", "assumptions", "conventions", "holds_when", "answer", "expected", "mistakes",
    "counterexample", "code", "reason", "position", "lines", "elapsed_ms",
}  # fmt: skip
LISTS = {"assumptions", "conventions", "holds_when", "mistakes", "lines"}


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.run(["check", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (RIGHT, "proved", 0),
        (WRONG, "refuted", 1),
        ("delta2 @ A1", "refuted", 1),
        ("1/N * delta2 @ A1.T", "conditional", 1),
        (UNREADABLE, "not understood", 2),
        ("delta3 @ A1.T", "not understood", 2),
        ("", "not understood", 2),
        ("1/0", "not understood", 2),
        ("\x1b[31m\u202e", "not understood", 2),
        ("(" * 5000, "not understood", 2),
        ("x+" * 20000, "not understood", 2),
    ],
)
def test_the_exit_code_is_the_verdict(answer: str, verdict: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    found, out = check(capsys, *NET, "--wrt", "W2", "--format", "json", answer)
    data = json.loads(out)
    assert (data["verdict"], found) == (verdict, code)
    assert data.keys() >= KEYS
    assert all(isinstance(data[key], list) for key in LISTS)
    assert data["expected"] is None
    assert check(capsys, *NET, "--wrt", "W2", "-q", answer) == (code, "")
    in_words, shown = check(capsys, *NET, "--wrt", "W2", answer)
    assert in_words == code
    assert "\x1b" not in shown


def test_strict_is_content_with_a_proof_only() -> None:
    assert [exit_code(v, True) for v in ("proved", "agrees", "refuted", "not understood", "undecided")] == [
        0,
        3,
        1,
        2,
        3,
    ]
    assert exit_code("agrees", False) == 0


def test_what_is_expected_is_told_on_request_only(capsys: pytest.CaptureFixture[str]) -> None:
    _, out = check(capsys, *NET, "--wrt", "W2", "--format", "json", "--reveal", WRONG)
    assert json.loads(out)["expected"]["text"] == RIGHT
    assert json.loads(out)["expected"]["shape"] == ["n2", "n1"]
    assert "δ₂ A₁ᵀ" in check(capsys, *NET, "--wrt", "W2", "--reveal", WRONG)[1]


@pytest.mark.parametrize("answer", ["-(y-a2)*f'(z2)", "-1 * (y - a2) * f'(z2)", "-((y-a2)*f'(z2))"])
def test_an_answer_may_start_with_a_minus(answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    net = ["--widths", "n0,n1,n2", "--activations", "f"]
    assert check(capsys, *net, "--wrt", "b2", answer)[0] == 0
    assert check(capsys, answer, *net, "--wrt=b2")[0] == 0


@pytest.mark.parametrize("left", ["dE/dW2", "grad(E, W2)", "∂E/∂W2", "dW2", "dE/dW_2", "dE/dW[2]"])
def test_an_equation_says_itself_what_it_is_about(left: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys, *NET, f"{left} = {RIGHT}")[0] == 0
    assert check(capsys, *NET, f"{left} = {WRONG}")[0] == 1


def test_several_lines_have_a_verdict_each_and_the_worst_counts(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = check(capsys, *NET, "--format", "json", f"dE/dW2 = {RIGHT}; dE/dW2 = {WRONG}")
    assert code == 1
    assert [line["verdict"] for line in json.loads(out)["lines"]] == ["proved", "refuted"]


def test_a_problem_file_may_be_the_first_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "question.toml"
    file.write_text('[shapes]\nx = ["n"]\n[question]\nobjective = "sum(x**2)"\nwrt = "x"\n', encoding="utf-8")
    assert check(capsys, str(file), "2*x")[0] == 0
    assert check(capsys, "--problem", str(file), "x")[0] == 1
    code, out = check(capsys, "2*x", "--format", "json")
    assert (code, json.loads(out)["verdict"]) == (2, "not understood")
    assert "left = right" in json.loads(out)["reason"]


def test_an_answer_is_never_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "delta3").write_text(RIGHT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert check(capsys, *NET, "--wrt", "W2", "delta3")[0] == 2


class Piped(io.TextIOWrapper):
    """Standard input that is not a terminal."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


@pytest.mark.parametrize("arguments", [(), ("-",)])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (RIGHT.encode() + b"\n", 0),
        (WRONG.encode(), 1),
        (b"", 2),
        (b"\xff\xfe", 2),
        (b"x+" * 1_000_000, 2),
        (b"G = delta2\nG @ A1.T\n", 0),
    ],
)
def test_an_answer_may_stand_on_standard_input(
    arguments: tuple[str, ...], content: bytes, code: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "stdin", Piped(content))
    assert check(capsys, *NET, "--wrt", "W2", *arguments)[0] == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*NET, "--wrt", "W2", RIGHT, "--strct"], "Did you mean --strict?"),
        ([*NET, "--wrt", "W2", RIGHT, "W1"], "quotes"),
        ([*NET, RIGHT], "--wrt"),
        ([*NET, "--wrt", "W9", RIGHT], "W9"),
        (["nosuch.toml", RIGHT], "no such file"),
    ],
)
def test_wrong_use_is_told_on_standard_error(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


def test_what_show_prints_is_an_answer_that_check_proves() -> None:
    """`derive show -q | derive check` closes the circle, through two real processes."""
    net = "--widths n0,n1,n2 --activations tanh --batch N --l2 lam/2 --layout row"
    line = f"set -o pipefail; {sys.executable} -m cli show {net} -q | {sys.executable} -m cli check {net} --strict"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
