"""A verdict as JSON, with every key of the contract always present: lists empty, everything else null."""

from __future__ import annotations

from typing import Any

from derive.checking.verdicts.verdict import Mistake, Passage, Verdict
from derive.errors import Position
from derive.expression.nodes import Expression
from derive.writing.formula import formula

Json = dict[str, Any]


def verdict_json(verdict: Verdict, *, reveal: bool = False) -> Json:
    """The verdict as one JSON object; what was expected is told only with `reveal`."""
    return {
        "verdict": verdict.verdict,
        "scope": verdict.scope,
        "error_bound": verdict.error_bound,
        "assumptions": list(verdict.assumptions),
        "conventions": list(verdict.conventions),
        "holds_when": list(verdict.holds_when),
        "answer": _formula(verdict.answer),
        "expected": _formula(verdict.expected) if reveal else None,
        "mistakes": [_mistake(m) for m in verdict.mistakes],
        "counterexample": None if verdict.counterexample is None else verdict.counterexample.to_json(),
        "code": verdict.code,
        "reason": verdict.reason,
        "position": _position(verdict.position),
        "lines": [verdict_json(line, reveal=reveal) for line in verdict.lines],
        "line": verdict.line,
        "follows_from": verdict.follows_from,
        "would_hold": verdict.would_hold,
        "first_wrong_line": verdict.first_wrong_line,
        "steps": _passage(verdict.passage),
        "definitions": [{"line": number, "text": text} for number, text in verdict.definitions],
        "elapsed_ms": round(verdict.elapsed_ms, 3),
        "text": verdict.text or None,
        "reading": None if verdict.reading is None else verdict.reading.to_json(),
        "readings": [{**reading.to_json(), "verdict": outcome} for reading, outcome in verdict.readings],
    }


def _formula(e: Expression | None) -> Json | None:
    return None if e is None else formula(e)


def _mistake(mistake: Mistake) -> Json:
    found = {"code": mistake.code, "message": mistake.message}
    return found | ({"hint": mistake.hint} if mistake.hint else {})


def _passage(passage: Passage | None) -> Json | None:
    """The rules that lead to a line; null unless asked for, and `rules` is null where they are not known."""
    if passage is None:
        return None
    return {"since": passage.since, "rules": list(passage.rules) if passage.found else None}


def _position(position: Position | None) -> Json | None:
    if position is None:
        return None
    return {"line": position.line, "column": position.column, "end_column": position.end_column}
