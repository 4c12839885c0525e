"""A verdict does not depend on the order of terms, names of dummies, or what was asked before."""

from __future__ import annotations

import random

import pytest

from benchmarks.mutations import mutants
from benchmarks.problems import Case, hand_made
from benchmarks.rewrites import context, step
from derive.checking import check
from derive.checking.check import Checker
from derive.expression.text import text

CASES = hand_made()[::7]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_order_of_terms_and_names_of_dummies_do_not_matter(case: Case) -> None:
    rng = random.Random(case.name)
    checker = Checker(case.problem, explain=False)
    for made in mutants(case, 2, seed=11):
        expected = checker.check(text(made.answer))
        for kind in ("commute", "rename_index", "signs"):
            other = step(made.answer, kind, context(case, rng))
            if other is None:
                continue
            found = checker.check(text(other))
            assert (found.verdict, found.holds_when) == (expected.verdict, expected.holds_when), text(other)


@pytest.mark.parametrize("case", CASES[::4], ids=lambda case: case.name)
def test_answers_before_do_not_matter(case: Case) -> None:
    answers = [text(case.answer), *(text(made.answer) for made in mutants(case, 2, seed=3))]
    forwards, backwards = Checker(case.problem), Checker(case.problem)
    one = [forwards.check(answer) for answer in answers]
    other = [backwards.check(answer) for answer in reversed(answers)][::-1]
    fresh = check(case.problem, answers[-1])
    assert [(v.verdict, v.holds_when) for v in one] == [(v.verdict, v.holds_when) for v in other]
    assert (fresh.verdict, fresh.holds_when) == (one[-1].verdict, one[-1].holds_when)
