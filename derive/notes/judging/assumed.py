"""Conditions that a context can declare, and how: what is right where labels sum to one is no slip there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from derive.checking.verdicts.verdict import Verdict

_LISTS = (
    (re.compile(r"^(\w+) symmetric$"), "symmetric"),
    (re.compile(r"^(\w+) binary$"), "binary"),
    (re.compile(r"^(\w+) != 0$"), "nonzero"),
)
_OF_LABELS = re.compile(r"^sum\(\w+(?:, axis=\d)?\) = 1$")


def declared(condition: str) -> str:
    """How a context declares a condition; "" for one that it cannot.

    >>> declared("sum(y) = 1"), declared("A symmetric"), declared("N = 1")
    ('equations = ["sum(y) = 1"]', 'symmetric = ["A"]', '')
    """
    for pattern, key in _LISTS:
        found = pattern.match(condition)
        if found is not None:
            return f'{key} = ["{found[1]}"]'
    return f'equations = ["{condition}"]' if _OF_LABELS.match(condition) else ""


def with_declaration(verdict: Verdict) -> Verdict:
    """A verdict that is right under such a condition says how it is declared; and where it is about labels, names no
    slip: nobody confused anything there."""
    if verdict.verdict != "conditional":
        return verdict
    lines = [line for line in map(declared, verdict.holds_when) if line]
    if not lines:
        return verdict
    said = f"If that holds here, declare it in a context: [assume] {lines[0]}."
    is_of_labels = any(map(_OF_LABELS.match, verdict.holds_when))
    return replace(verdict, reason=_joined(verdict.reason, said), mistakes=() if is_of_labels else verdict.mistakes)


def _joined(reason: str | None, said: str) -> str:
    return said if not reason else f"{reason} {said}"


def in_words(conditions: Sequence[str]) -> str:
    """Conditions as a sentence says them.

    >>> in_words(["sum(Y, axis=1) = 1"])
    'every row of Y sums to 1'
    """
    return ", or ".join(map(_worded, conditions))


def _worded(condition: str) -> str:
    found = re.match(r"^sum\((\w+)(?:, axis=(\d))?\) = 1$", condition)
    if found is None:
        return condition
    of = {"0": "every column of ", "1": "every row of "}.get(found[2] or "", "")
    return f"{of}{found[1]} sums to 1" if of else f"the entries of {found[1]} sum to 1"
