"""Right answers in random words are proved; the generator and its witness are tested themselves.

The whole campaign is `python -m benchmarks.right_answers`; this is a seeded sample.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from benchmarks.differences import is_right
from benchmarks.evaluation import Witness, free_indices
from benchmarks.problems import Case, hand_made, networks
from benchmarks.rewrites import KINDS, context, is_confirmed, rewrites, step
from derive.checking.check import Checker
from derive.expression.nodes import Number, Product, number
from derive.expression.text import text

CASES = [*hand_made(), *networks(9)]


def test_there_are_as_many_problems_and_kinds_as_promised() -> None:
    assert len(hand_made()) >= 40
    assert len(KINDS) >= 20
    assert len({case.name for case in hand_made()}) == len(hand_made())


@pytest.mark.parametrize("case", CASES[::2], ids=lambda case: case.name)
def test_answers_are_right_by_differences(case: Case) -> None:
    assert is_right(case.problem, case.formulas, case.answer)


@pytest.mark.parametrize("case", CASES[::7], ids=lambda case: case.name)
def test_the_witness_sees_a_relative_error_of_a_billionth(case: Case) -> None:
    wrong = Product((Number(number("1.000000001").value), case.answer))
    indices = free_indices(case.answer, wrong)
    # At some points the answer is zero: a normalised vector of two entries does not change.
    points = [Witness(case.problem, case.formulas, seed) for seed in range(4)]
    assert not all(point.same(case.answer, wrong, indices) for point in points)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_kind_fires_and_keeps_the_value(name: str) -> None:
    fired = 0
    for case in CASES:
        rng = random.Random(name)
        new = step(case.answer, name, context(case, rng))
        if new is None or new == case.answer:
            continue
        assert is_confirmed(case, new, rng)
        fired += 1
        if fired == 4:
            break
    assert fired


def test_rewrites_are_proved_for_all_sizes() -> None:
    verdicts: Counter[str] = Counter()
    unproved = []
    kinds: Counter[str] = Counter()
    for case in CASES:
        checker = Checker(case.problem, explain=False)
        for made in rewrites(case, 1, seed=2026, tally=kinds):
            verdict = checker.check(text(made.answer))
            verdicts[verdict.verdict] += 1
            if verdict.verdict != "proved":
                unproved.append((case.name, text(made.answer), verdict.verdict))
    assert verdicts.total() == len(CASES)
    assert verdicts["refuted"] + verdicts["conditional"] + verdicts["not understood"] == 0, unproved
    assert len(unproved) <= 0.02 * verdicts.total(), unproved
