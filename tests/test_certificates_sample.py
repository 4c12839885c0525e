"""500 right answers in random words: each has a certificate, which replays and states what was asked.

`data/certified_answers.json` holds, for each of the 82 problems of `benchmarks.right_answers`, those rewrites of its
campaign (seed 43) whose certificates are quick, and some that were hard to find a proof for; each kind of rewrite is
among them at least 8 times. The whole campaign is `python -m benchmarks.certificates`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.problems import Case
from benchmarks.right_answers import cases
from derive.certificate import Theorem, loads, replay
from derive.certifying import writer as certificate_writer
from derive.checking.certificates import certificate_of

ANSWERS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "certified_answers.json").read_text("utf-8")
)


@cache
def problems() -> dict[str, Case]:
    return cases(20)


def test_the_sample_is_of_all_problems() -> None:
    assert ANSWERS.keys() == problems().keys()
    assert sum(map(len, ANSWERS.values())) == 500


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_right_answers_have_certificates(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer replays what it hands out; here as it would be read from a file."""
    theorems: list[Theorem] = []

    def replayed(certificate: dict[str, Any]) -> None:
        theorems.append(replay(loads(json.dumps(certificate))))

    monkeypatch.setattr(certificate_writer, "replay", replayed)
    for answer in ANSWERS[name]:
        written = certificate_of(problems()[name].problem, answer)
        assert theorems.pop().statement.endswith(f" = {written['answer']}"), answer
