"""What is said of a row: its own keys, the verdict, and what it earns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.checking.verdicts.verdict import Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.grading.marking import score
from derive.grading.row import Row

Result = dict[str, Any]

VERDICT = tuple(key for key in verdict_json(Verdict("undecided")) if key != "elapsed_ms")
KEYS = (*VERDICT, "points", "score", "needs_review")
"""Keys of every result after its own ones; with timings `elapsed_ms`, too."""

KEPT_APART = "kept"
"""Where keys of a row go that have the name of one of ours."""


def result(row: Row, decision: Mapping[str, Any], *, timings: bool = False) -> Result:
    """The result of a row: `id`, the keys that are kept, those of the verdict, `points`, `score`, `needs_review`."""
    verdict, share = decision["verdict"], decision["share"]
    found: Result = {"id": row.given.get("id"), **kept(row.given)}
    found |= {key: verdict[key] for key in VERDICT}
    found |= {"points": row.points, "score": score(row.points, share), "needs_review": share is None}
    if timings:
        found["elapsed_ms"] = verdict["elapsed_ms"]
    return found


def kept(given: Mapping[str, Any]) -> Result:
    """What a row's keys become: all but those read by us; those with a name of ours stand under `kept`."""
    others = {key: value for key, value in given.items() if key not in ("id", "answer", "points")}
    if isinstance(others.get("problem"), Mapping):
        del others["problem"]  # a whole problem, written out in every row
    ours = {*KEYS, "elapsed_ms", KEPT_APART}
    found = {key: value for key, value in others.items() if key not in ours}
    apart = {key: value for key, value in others.items() if key in ours}
    return found | ({KEPT_APART: apart} if apart else {})
