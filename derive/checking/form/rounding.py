"""Worked numbers: σ(0.4) = 0.5987 is not exact, but neither is it wrong to the digits that are written."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

from derive.checking.verdicts.verdict import Verdict
from derive.expression.nodes import Expression, Number
from derive.expression.traverse import walk

_MOST_DIGITS = 30


def unless_rounded(verdict: Verdict) -> Verdict:
    """The verdict on a relation; undecided if it fails between constants by no more than their digits leave open."""
    found = verdict.counterexample
    if verdict.verdict != "refuted" or found is None or verdict.answer is None or found.values or found.functions:
        return verdict
    allowed = _allowed(verdict.answer)
    yours, expected = _value(found.yours), _value(found.expected)
    if allowed is None or yours is None or expected is None or abs(yours - expected) > allowed:
        return verdict
    reason = (
        "The two sides are equal when rounded to the digits that are written, but not exactly. "
        r"Write the exact value, or \approx in notes."
    )
    return dataclasses.replace(
        verdict, verdict="undecided", code="E-ROUNDED", reason=reason, counterexample=None, mistakes=()
    )


def _allowed(answer: Expression) -> Fraction | None:
    """Half a unit in the last digit of a number; a whole one of the coarsest number in a formula; None without any."""
    digits = [k for e in walk(answer) if isinstance(e, Number) and (k := _digits(e.value)) is not None]
    if not digits:
        return None
    unit = Fraction(1, 10 ** min(digits))
    return unit / 2 if isinstance(answer, Number) else unit


def _digits(value: Fraction) -> int | None:
    """The digits behind the point of a decimal number; None for whole numbers and other fractions."""
    if value.denominator == 1:
        return None
    return next((k for k in range(1, _MOST_DIGITS) if (value * 10**k).denominator == 1), None)


def _value(shown: str) -> Fraction | None:
    try:
        return Fraction(shown.split("±")[0].strip().replace("−", "-"))
    except ValueError:
        return None
