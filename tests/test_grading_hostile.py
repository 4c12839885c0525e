"""Answers that mean harm: each gets the verdict its row says, in time, one by one and in a file of answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import cli
from derive.checking.check import Checker
from derive.checking.verdicts.verdict_json import verdict_json
from derive.problems import from_table
from derive.rendering.verdict_terminal import verdict_terminal
from tests.pace import at_most

FILE = Path(__file__).parent / "data" / "hostile.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]

PROBLEM: dict[str, Any] = {
    "shapes": {name: [] for name in ("x", "w", "lam", "beta", "gamma", "zeta")},
    "question": {"value": "2*x**2"},
}
SECONDS = 2.0
SECONDS_READING = 0.5
"""Processor time of an answer, and of one that is not even understood."""

NOT_SENT = ("size",)
"""Kinds that are too long for a line of the file; `tests/test_grading_files.py` has long lines."""


def text_of(row: dict[str, Any]) -> str:
    given = row["input"]
    return given if isinstance(given, str) else "".join(part * count for part, count in given["parts"])


@pytest.fixture(scope="module")
def checker() -> Checker:
    made = Checker(from_table(PROBLEM))
    made.prepare()
    return made


def test_there_are_several_rows_of_every_kind() -> None:
    kinds = Counter(row["kind"] for row in ROWS)
    assert len(kinds) >= 15
    assert min(kinds.values()) >= 3


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['kind']}-{n}" for n, row in enumerate(ROWS)])
def test_a_hostile_answer_gets_its_verdict(
    row: dict[str, Any], checker: Checker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = text_of(row)
    with at_most(SECONDS_READING if row["verdicts"] == ["not understood"] else SECONDS):
        verdict = checker.check(answer)
    assert verdict.verdict in row["verdicts"]
    assert verdict.code in row["codes"]
    assert list(tmp_path.iterdir()) == []
    found = verdict_json(verdict)
    json.dumps(found).encode("ascii")
    if len(answer) < 10_000:
        shown = verdict_terminal(found, source=answer, width=80, color=False)
        assert not set(shown) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2066]))


def test_hostile_answers_in_a_file_get_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sent = [row for row in ROWS if row["kind"] not in NOT_SENT]
    lines = [json.dumps({"id": n, "problem": PROBLEM, "answer": text_of(row)}) for n, row in enumerate(sent)]
    Path("answers.jsonl").write_text("\n".join(lines), encoding="ascii")
    assert cli.run(["grade", "answers.jsonl", "-o", "results.jsonl", "--max-memory", "256", "--jobs", "2", "-q"]) == 0
    results = [json.loads(line) for line in Path("results.jsonl").read_text(encoding="utf-8").split("\n") if line]
    assert [r["id"] for r in results] == list(range(len(sent)))
    for row, found in zip(sent, results, strict=True):
        assert found["verdict"] in row["verdicts"]
        assert found["code"] in row["codes"], (row, found)
        assert found["needs_review"] is (found["verdict"] in ("undecided", "not understood"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.jsonl", "results.jsonl"]
