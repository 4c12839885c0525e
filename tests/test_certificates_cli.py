"""`derive check --certificate` writes what `derive replay` checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import run

NETWORK = ["--widths", "n0,n1,n2", "--activations", "f", "--wrt", "W2"]


def test_a_written_certificate_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "proof.json"
    assert run(["check", *NETWORK, "--certificate", str(file), "delta2 @ a1.T"]) == 0
    capsys.readouterr()
    assert run(["replay", str(file)]) == 0
    assert "d(E)/dW2 = delta2 @ a1.T" in capsys.readouterr().out
    assert run(["replay", "--format", "json", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] is None


def test_a_changed_certificate_is_refused_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "proof.json"
    assert run(["check", *NETWORK, "--certificate", str(file), "dE/dW2 = delta2 @ a1.T"]) == 0
    file.write_text(file.read_text().replace("delta2 @ a1.T", "2 * delta2 @ a1.T"))
    capsys.readouterr()
    assert run(["replay", str(file)]) == 1
    assert "refused: end: something is left of the difference" in capsys.readouterr().out


def test_a_wrong_answer_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "proof.json"
    assert run(["check", *NETWORK, "--certificate", str(file), "delta2 @ a1.T / 2"]) == 1
    assert "No certificate" in capsys.readouterr().err
    assert not file.exists()


def test_an_answer_by_another_convention_has_a_certificate_that_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem, file = tmp_path / "relu.toml", tmp_path / "proof.json"
    problem.write_text('[shapes]\nz = ["n"]\n[question]\nobjective = "sum(relu(z))"\nwrt = "z"\n')
    assert run(["check", str(problem), "--certificate", str(file), "(z >= 0)"]) == 0
    assert run(["replay", str(file)]) == 0
    assert "relu(z) = z * (pos(z) + 1 * (1 - pos(z) - neg(z)))" in capsys.readouterr().out


def test_a_missing_file_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err
