"""A verdict does not depend on the order of terms, names of dummies, hash seed, process, or what was asked before."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.mutations import mutants
from benchmarks.problems import Case, hand_made
from benchmarks.rewrites import context, rewrites, step
from derive.checking import check
from derive.checking.check import Checker
from derive.expression.text import text

ROOT = Path(__file__).resolve().parent.parent
CASES = hand_made()[::7]

SCRIPT = "import json; from tests.test_campaign_metamorphic import decisions; print(json.dumps(decisions()))"


def decisions() -> list[object]:
    """What is found about answers to some of the problems, as JSON has it."""
    found = []
    for case in hand_made()[6::20]:
        checker = Checker(case.problem)
        for made in [*rewrites(case, 2, seed=5), *mutants(case, 2, seed=5)]:
            verdict = checker.check(text(made.answer))
            point = verdict.counterexample.to_json() if verdict.counterexample else None
            codes = [m.code for m in verdict.mistakes]
            found.append([text(made.answer), verdict.verdict, list(verdict.holds_when), codes, point])
    return found


def test_verdicts_and_counterexamples_do_not_depend_on_hash_seed_or_process() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    here = decisions()
    assert len(here) >= 10
    for one, other in zip(here, json.loads(run.stdout), strict=True):
        assert one == other


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
