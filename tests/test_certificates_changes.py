"""Every change to a certificate is refused, or changes the theorem to another true one."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from typing import Any

import pytest

from benchmarks.certificate_changes import changed
from benchmarks.certificate_truth import is_true
from benchmarks.problems import hand_made, networks
from derive.certificate import Refused, replay
from derive.checking.certificates import certificate
from derive.errors import Unsupported

STATEMENT = ("problem", "question", "answer")


@cache
def certificates() -> list[dict[str, Any]]:
    found = []
    for case in (hand_made() + networks(9))[::4]:
        try:
            found.append(certificate(case.problem, case.answer))
        except Unsupported:
            continue
    return found


def outcome(original: dict[str, Any], new: dict[str, Any]) -> str:
    """refused; same (the steps were changed, the theorem was not); true or false: another theorem."""
    try:
        replay(new)
    except Refused:
        return "refused"
    if all(new[key] == original[key] for key in STATEMENT):
        return "same"
    return "true" if is_true(new) else "false"


@pytest.mark.parametrize("seed", range(3))
def test_a_changed_certificate_is_refused_or_true(seed: int) -> None:
    rng, seen = random.Random(seed), Counter[str]()
    for original in certificates():
        for _ in range(9):
            new = changed(original, rng)
            if new != original:
                found = outcome(original, new)
                assert found != "false", (new["problem"], new["question"], new["answer"])
                seen[found] += 1
    assert seen["refused"] > 100
