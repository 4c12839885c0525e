"""Every code is explained, and every example gets the code that it is an example of."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

import cli
from derive.commands.codes import CODES, NETWORK, Code
from derive.errors import DeriveError
from derive.expression.shapes import shape
from derive.notation import read
from derive.problems.options import network

ROOT = Path(__file__).resolve().parent.parent
SCOPE = network(NETWORK).problem().scope
WITH_EXAMPLE = [row for row in CODES.values() if row.instead]


def test_every_code_of_the_library_has_a_row() -> None:
    used = set()
    for folder in ("derive", "numeric"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.parent.name != "commands":
                used |= set(re.findall(r'"(E-[A-Z]+)"', file.read_text(encoding="utf-8")))
    assert len(used) > 5
    assert used <= CODES.keys()


@pytest.mark.parametrize("row", WITH_EXAMPLE, ids=lambda row: row.code)
def test_the_example_gets_its_code_and_what_stands_instead_is_read(row: Code) -> None:
    with pytest.raises(DeriveError) as refused:
        shape(read(row.example, SCOPE))
    assert refused.value.code == row.code
    shape(read(row.instead, SCOPE))


@pytest.mark.parametrize("row", [row for row in CODES.values() if row.command], ids=lambda row: row.code)
@pytest.mark.usefixtures("in_this_process")
def test_the_command_gets_its_code_and_the_better_one_does_not(row: Code, capsys: pytest.CaptureFixture[str]) -> None:
    def told(command: str) -> str:
        program, *arguments = shlex.split(command)
        assert program == "derive"
        cli.run([*arguments, "--format", "json"])
        printed = capsys.readouterr()
        return str(json.loads(printed.out).get("code")) if printed.out else "E-USAGE"

    assert told(row.command) == row.code
    assert told(row.better) == "None"


@pytest.mark.parametrize("row", CODES.values(), ids=lambda row: row.code)
def test_an_explanation_fits_the_screen(row: Code, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", row.code]) == 0
    shown = capsys.readouterr().out
    assert row.meaning in shown
    assert max(len(line) for line in shown.splitlines()) <= 110


def test_a_code_that_is_none_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "E-NAMES"]) == 2
    assert "Did you mean E-NAME?" in capsys.readouterr().err
