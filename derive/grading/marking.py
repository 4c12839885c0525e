"""From a verdict to a score: all points, a share of them, none, or a person's judgement."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from derive.checking.verdicts.verdict import Verdict

REVIEWED = frozenset({"undecided", "not understood"})
"""Verdicts that say nothing about the answer; a person has to look."""


def share(verdict: Verdict, marking: Mapping[str, float]) -> float | None:
    """The share of the points that a verdict earns, from 0 to 1; None if a person has to decide.

    `marking` has the shares of a problem file: `conditional`, and mistakes by their code. Where several apply, the
    largest counts.
    """
    if verdict.verdict in REVIEWED:
        return None
    if verdict.verdict in ("proved", "agrees"):
        return 1
    earned = [marking.get(mistake.code, 0.0) for mistake in verdict.mistakes]
    if verdict.verdict == "conditional":
        earned.append(marking.get("conditional", 0.0))
    return max(earned, default=0.0)


def score(points: int | float, earned: float | None) -> int | float | None:
    """points × share, in decimal arithmetic: 0.7 of 3 is 2.1."""
    if earned is None:
        return None
    exact = Decimal(str(points)) * Decimal(str(earned))
    return int(exact) if exact == exact.to_integral_value() else float(exact)
