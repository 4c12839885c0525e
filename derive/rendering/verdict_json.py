"""A verdict as JSON, with every key of the contract always present: lists empty, everything else null."""

from __future__ import annotations

from typing import Any

from derive.checking.verdict import Mistake, Verdict
from derive.errors import Position, ShapeError
from derive.expression.nodes import Expression
from derive.expression.shapes import shape
from derive.expression.sizes import shape_list
from derive.expression.text import text
from derive.rendering.latex import latex

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
        "elapsed_ms": round(verdict.elapsed_ms, 3),
        "text": verdict.text or None,
    }


def _formula(e: Expression | None) -> Json | None:
    if e is None:
        return None
    try:
        size: list[str] | None = shape_list(shape(e))
    except ShapeError:
        size = None
    return {"text": text(e), "latex": latex(e), "shape": size}


def _mistake(mistake: Mistake) -> Json:
    found = {"code": mistake.code, "message": mistake.message}
    return found | ({"hint": mistake.hint} if mistake.hint else {})


def _position(position: Position | None) -> Json | None:
    if position is None:
        return None
    return {"line": position.line, "column": position.column, "end_column": position.end_column}
