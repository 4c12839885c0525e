"""`derive compare`: every gradient by every route, and a planted mistake told by the exit code and the table."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cli
from derive.commands import compare
from derive.expression.nodes import number

NET = ["--widths", "2,2,1", "--activations", "tanh,identity", "--batch", "3", "--l2", "lam/2"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = cli.run(["compare", *arguments])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out


def test_every_gradient_is_confirmed_by_every_route(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, *NET, "--format", "json")
    data = json.loads(out)
    assert code == 0
    assert data["agrees"] is True
    confirmed = {(row["parameter"], row["route"]) for row in data["rows"] if row["agrees"]}
    for parameter in ("W1", "b1", "W2", "b2"):
        for route in ("entries", "backprop", "complex step", "central differences"):
            assert (parameter, route) in confirmed


def test_the_table_shows_both_values_the_error_and_where_the_tolerance_comes_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out = run(capsys, *NET)
    assert code == 0
    for word in (
        "SymPy entries",
        "backprop",
        "differences",
        "derived",
        "allowed",
        "rounding bound",
        "All routes agree",
    ):
        assert word in out
    assert max(len(line) for line in out.splitlines() if line.startswith("  ✓ ")) <= 80


def test_a_planted_mistake_is_caught_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def doubled(found: Any) -> Any:
        gradients, definitions = honest(found)
        return gradients | {"W1": number(2) * gradients["W1"]}, definitions

    honest = compare.claims
    monkeypatch.setattr(compare, "claims", doubled)
    code, out = run(capsys, *NET)
    assert code == 1
    assert "✗" in out
    assert "They disagree in W₁" in out
    assert "b₁ (" not in out
    assert run(capsys, *NET, "-q") == (1, "")


def test_the_same_seed_gives_the_same_output_and_another_one_other_points(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--widths", "1,1", "--format", "json"]
    first, second, third = (run(capsys, *small, "--seed", seed)[1] for seed in ("1", "1", "2"))
    assert first == second != third


@pytest.mark.parametrize("arguments", [["--widths", "n0,...,nL"], ["--widths", "2,1", "--seed", "-1"]])
def test_what_cannot_be_compared_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1


BACKWARD = "examples/backward.py"
OWN = ["--widths", "2,3,1", "--activations", "tanh,identity", "--batch", "4", "--against"]


def test_a_right_backward_pass_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, *OWN, f"{BACKWARD}:backward")
    assert code == 0
    assert "All routes agree" in out


def test_a_slip_in_a_backward_pass_is_found_and_placed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, *OWN, f"{BACKWARD}:with_a_slip")
    assert code == 1
    assert "They disagree in W₁ (with_a_slip), b₁ (with_a_slip)." in out


@pytest.mark.parametrize(
    ("against", "sentence"),
    [
        (f"{BACKWARD}:backwards", "has no function backwards. Did you mean backward?"),
        ("examples/nowhere.py:backward", "There is no file examples/nowhere.py."),
        (BACKWARD, "names no function"),
    ],
)
def test_a_function_that_is_not_there_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], against: str, sentence: str
) -> None:
    assert cli.run(["compare", *OWN, against]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
