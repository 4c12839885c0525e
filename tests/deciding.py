"""`check` for tests that ask many things about one problem: what is derived for the first is there for the next."""

from __future__ import annotations

from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.expression.problem import Problem

_CHECKERS: dict[int, tuple[Problem, Checker]] = {}


def check(problem: Problem, answer: str) -> Verdict:
    """The verdict of `derive.checking.check`: no answer hears of another (tests/test_campaign_metamorphic.py)."""
    if id(problem) not in _CHECKERS:
        _CHECKERS[id(problem)] = problem, Checker(problem)  # the problem is kept, so that no other gets its id
    return _CHECKERS[id(problem)][1].check(answer)
