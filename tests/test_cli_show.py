"""`derive show` and `derive export`: what is printed is the derivation, in every format, layout and on every screen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import cli

MAIN = ["--widths", "n0,n1,n2", "--activations", "sigmoid", "--loss", "half-squared", "--batch", "N", "--l2", "lam/2"]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.run([*arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_the_main_job(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "show", *MAIN, "--wrt", "W1")
    delta2, delta1, result = (shown.index(s) for s in ("δ₂ = ∂E/∂Z₂", "δ₁ = ∂E/∂Z₁", "Result"))
    assert delta2 < delta1 < result
    assert "(1/N) (A₂ − Y)" in shown[delta2:delta1]
    assert "1/N" not in shown[result:]
    assert shown.rstrip().endswith("∂E/∂W₁ = δ₁ Xᵀ + λ W₁   n₁×n₀")


def test_the_main_job_with_examples_as_rows(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "show", *MAIN, "--layout", "row", "--wrt", "W1")
    assert "∂E/∂W₁ = Xᵀ δ₁ + λ W₁   n₀×n₁" in shown.splitlines()[-1]


def test_numerator_layout_transposes_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "show", *MAIN, "--gradient", "numerator", "--wrt", "W1")
    assert shown.rstrip().endswith("n₀×n₁")


def test_a_network_that_is_asked_nothing_shows_every_parameter_once(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "show", *MAIN)
    derivation, result = shown.split("\nResult\n")
    for name in ("W₁", "b₁", "W₂", "b₂"):
        assert derivation.count(f"\n  ∂E/∂{name} = ") == 1
        assert f"  ∂E/∂{name} = " in result
    assert derivation.count("δ₂ = ∂E/∂Z₂") == 1


def test_quiet_prints_an_answer_that_is_an_equation(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "show", *MAIN, "--wrt", "W1", "-q") == "grad(E, W1) = delta1 @ X.T + lam*W1\n"
    assert len(printed(capsys, "show", *MAIN, "-q").splitlines()) == 4


def test_more_detail_is_more_lines_with_the_same_result(capsys: pytest.CaptureFixture[str]) -> None:
    shown = [printed(capsys, "show", *MAIN, "--wrt", "W1", "--detail", d) for d in ("brief", "normal", "every")]
    assert sorted(len(s.splitlines()) for s in shown) == [len(s.splitlines()) for s in shown]
    assert len({s.splitlines()[-1] for s in shown}) == 1


def test_formats_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(printed(capsys, "show", *MAIN, "--wrt", "W1", "--format", "json"))
    assert "delta1 @ X.T + lam*W1" in json.dumps(data)
    assert r"\delta_{1} X^{\top}" in printed(capsys, "show", *MAIN, "--wrt", "W1", "--format", "latex")
    assert "$$" in printed(capsys, "show", *MAIN, "--wrt", "W1", "--format", "markdown")


@pytest.mark.parametrize(("suffix", "mark"), [("tex", r"\documentclass"), ("md", "$$"), ("json", "{"), ("txt", "δ₁")])
def test_export_goes_by_suffix(suffix: str, mark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / f"notes.{suffix}"
    said = printed(capsys, "export", *MAIN, "--wrt", "W1", "-o", str(target))
    assert str(target) in said
    assert mark in target.read_text(encoding="utf-8")


def test_a_format_goes_before_the_suffix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "notes.txt"
    assert printed(capsys, "export", *MAIN, "--wrt", "W1", "-o", str(target), "--format", "latex-fragment", "-q") == ""
    assert "flalign" in target.read_text(encoding="utf-8")


def test_a_title_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "question.toml"
    file.write_text(
        'title = "\\u001b[31mred\\u0007"\n[shapes]\nx = ["n"]\n[question]\nobjective = "sum(x**2)"\nwrt = "x"\n',
        encoding="utf-8",
    )
    shown = printed(capsys, "show", str(file))
    assert "\x1b" not in shown
    assert "\x07" not in shown


def on_a_terminal(*lines: str) -> str:
    """What a program writes to a terminal of 80 columns."""
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": ""}
    command = [sys.executable, "-c", "\n".join(lines)]
    with subprocess.Popen(command, stdout=slave, stderr=slave, stdin=slave, env=env) as running:
        os.close(slave)
        written = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            written += part
        assert running.wait(timeout=300) == 0
    os.close(master)
    return written.decode("utf-8").replace("\r\n", "\n")


def test_colours_on_a_terminal_only_and_only_if_wanted() -> None:
    command = ["show", *MAIN, "--wrt", "W2"]
    shown = on_a_terminal(
        "import os, cli",
        f"cli.run({command}); print('next')",
        f"cli.run({[*command, '--no-color']}); print('next')",
        f"os.environ['NO_COLOR'] = '1'; cli.run({command})",
    )
    coloured, plain, plain_by_environment = shown.split("next\n")
    assert "\x1b[" in coloured
    assert "\x1b" not in plain
    assert plain_by_environment == plain
    assert max(len(line) for line in plain.splitlines()) <= 80


def test_each_style_ends_in_the_gradient_in_its_own_terms(capsys: pytest.CaptureFixture[str]) -> None:
    for style, widths, result in (
        ("matrix", "n,m", "grad(E, W1) = delta1 @ x.T\n"),
        ("index", "n,m", "grad(E, W1[i,j]) = delta1[i]*x[j]\n"),
        ("entries", "1,2", "grad(E, W1) = [[delta1[1]*x], [delta1[2]*x]]\n"),
    ):
        assert printed(capsys, "show", "--widths", widths, "--wrt", "W1", "--style", style, "-q") == result


def test_a_value_is_derived_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "question.toml"
    file.write_text('[shapes]\nx = []\n[functions]\nf = "sigmoid"\n[question]\nvalue = "f\'(x)"\n', encoding="utf-8")
    assert "σ(x) (1 − σ(x))" in printed(capsys, "show", str(file)).splitlines()[-1]
