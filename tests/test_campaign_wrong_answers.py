"""Wrong answers are refuted, or conditional with a true condition; a seeded sample of the campaign.

That a mutant is wrong, that a condition holds, and both values of a counterexample are settled by ball arithmetic that
shares no code with the library (`benchmarks.evaluation`).
"""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.conditions import holds
from benchmarks.mutations import MUTATIONS, mutants
from benchmarks.problems import Case, hand_made, networks
from benchmarks.wrong_answers import judged
from derive.checking.check import Checker
from derive.notation import read

CASES = [*hand_made(), *networks(9)]
NAMED = {case.name: case for case in CASES}


def test_wrong_answers_are_refuted_or_conditional_with_a_true_condition() -> None:
    verdicts: Counter[str] = Counter()
    others = []
    slips: Counter[str] = Counter()
    for case in CASES:
        checker = Checker(case.problem, explain=False)
        for made in mutants(case, 1, seed=7, tally=slips):
            verdict, said, _ = judged(checker, case, made.answer)
            verdicts[verdict] += 1
            if verdict not in ("refuted", "conditional"):
                others.append((case.name, made.slip, verdict, said))
    assert verdicts.total() >= 0.9 * len(CASES)
    assert all(verdict == "undecided" for _, _, verdict, _ in others), others
    assert len(others) <= max(1, 0.01 * verdicts.total()), others
    assert len(slips) >= 0.6 * len(MUTATIONS)


@pytest.mark.parametrize(
    ("name", "answer", "condition", "expected"),
    [
        ("ridge regression", "X.T @ (X @ W - Y) + lam*W", "N = 1", True),
        ("ridge regression", "X.T @ (X @ W - Y) + lam*W", "d = k", False),
        ("ridge regression", "1/N * X.T @ (X @ W - Y)", "lam = 0", True),
        ("bilinear form in its matrix", "v @ u.T", "numerator layout", True),
        ("quadratic form", "2*A @ x", "A symmetric", True),
        ("quadratic form", "2*A @ x", "n = 1", True),
        ("quadratic form", "3*A @ x", "A symmetric", False),
        ("softmax and cross-entropy, any weights y", "softmax(z) - y", "sum(y) = 1", True),
        ("softmax and cross-entropy, any weights y", "softmax(z) - y", "y one-hot", True),
        ("softmax and cross-entropy, any weights y", "softmax(z) - y", "y binary", False),
        (
            "two-layer network, bias",
            "1/N * sum(delta1, axis=1)",
            "delta is that of one example (--delta example)",
            True,
        ),
        ("two-layer network, bias", "sum(delta1, axis=1)", "something else", None),
    ],
)
def test_conditions_are_told_true_from_false(name: str, answer: str, condition: str, expected: bool | None) -> None:
    case: Case = NAMED[name]
    assert holds(case, read(answer, case.problem.scope), condition) is expected


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        # The name that is differentiated by stands in neither side, and still has a value at the point.
        ("LayerNorm, gain", "sum(G*H, axis=1) + beta*(beta**2 - 1)*(beta**2 - 4)*(beta**2 - 9)"),
        # What a derivation names (ds) is not free to be zero.
        ("LayerNorm", "(g - mean(g) - h*mean(g*(mean(h, axis=0) + 0*h)))/s"),
    ],
)
def test_what_campaigns_found_stays_settled(name: str, answer: str) -> None:
    case = NAMED[name]
    verdict, said, _ = judged(Checker(case.problem), case, read(answer, case.problem.scope))
    assert verdict in ("refuted", "conditional"), said
