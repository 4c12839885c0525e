"""Documents and JSON from comparisons: one table for all gradients and routes, and where each tolerance comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from derive.expression.nodes import Expression
from derive.rendering.document import Block, Bullets, Document, Paragraph, Span, Table
from derive.writing.names import unicode_name
from numeric.comparison import Comparison, Row

Json = dict[str, Any]

MARKS = {True: "✓", False: "✗", None: "–"}
_PARTS = {"total": "", "data": "data", "regulariser": "regul."}
_ROUTES = {"entries": "SymPy entries", "central differences": "differences"}
_HEADER = ("", "in", "route", "part", "entry", "derived", "by the route", "error", "allowed")
_RIGHT = frozenset({5, 6, 7, 8})


def comparison_document(comparison: Comparison, objective: Expression) -> Document:
    """What was compared, the worst entry of every gradient by every route, and the verdict."""
    rows = tuple(sorted(comparison.worst(), key=lambda row: comparison.parameters.index(row.parameter)))
    return Document(
        ("The gradients of ", objective, " by independent routes"),
        (
            Paragraph((_conditions(comparison),)),
            Table(tuple((title,) for title in _HEADER), tuple(_cells(rows)), right=_RIGHT),
            Bullets(tuple(_legend(comparison, rows))),
            *_verdict(comparison),
        ),
    )


def _conditions(comparison: Comparison) -> str:
    sizes = ", ".join(f"{unicode_name(name)} = {number}" for name, number in comparison.sizes.items())
    points = ", ".join(dict.fromkeys(comparison.points))
    return f"At points drawn with seed {comparison.seed} ({points})" + (f", for {sizes}." if sizes else ".")


def _cells(rows: tuple[Row, ...]) -> Iterator[tuple[Span, ...]]:
    """One line a row; the name of a gradient stands only where it changes."""
    before = ""
    for row in rows:
        name = _parameter(row.parameter) if row.parameter != before else ""
        before = row.parameter
        entry = "" if row.entry is None else f"({row.entry[0]},{row.entry[1]})"
        cells = (MARKS[row.agrees], name, _ROUTES.get(row.route, row.route), _PARTS[row.part], entry,
                 number(row.claimed), number(row.found), *_errors(row))  # fmt: skip
        yield tuple((cell,) for cell in cells)


def _parameter(names: str) -> str:
    """What is differentiated by, once or again and again: b₁, or b₁, b₁."""
    return ", ".join(map(unicode_name, names.split(", ")))


def _errors(row: Row) -> tuple[str, str]:
    if row.route == "entries" and row.agrees is not None:
        return ("0" if row.agrees else size(row.error), "exact")
    return size(row.error), size(row.tolerance)


def number(value: float) -> str:
    """Five digits: enough to recognise a value."""
    return "" if math.isnan(value) else f"{value:.5g}"


def size(value: float) -> str:
    """An error by its order of magnitude."""
    return "" if math.isnan(value) else f"{value:.0e}" if value else "0"


def _legend(comparison: Comparison, rows: tuple[Row, ...]) -> Iterator[Span]:
    """Where the tolerances come from, why something could not be compared, and other notes."""
    reasons: dict[str, str] = {}
    for row in rows:
        if row.because:
            reasons.setdefault(row.route, row.because)
    for route, because in reasons.items():
        yield (f"{_ROUTES.get(route, route)}: {because}",)
    for note in dict.fromkeys(f"{_parameter(row.parameter)}, {row.route}: {row.note}" for row in rows if row.note):
        yield (note,)
    for note in comparison.notes:
        yield (note,)


def _verdict(comparison: Comparison) -> Iterator[Block]:
    wrong = {(row.parameter, row.route) for row in comparison.disagreements}
    if comparison.agrees:
        yield Paragraph(("✓ All routes agree on every gradient.",))
    elif wrong:
        places = ", ".join(f"{_parameter(name)} ({_ROUTES.get(route, route)})" for name, route in sorted(wrong))
        yield Paragraph((f"✗ They disagree in {places}.",))
    else:
        yield Paragraph(("– Nothing disagrees, but not every gradient could be confirmed.",))


def comparison_json(comparison: Comparison) -> Json:
    """Every row that was compared; a number that does not exist is null."""
    return {
        "agrees": comparison.agrees,
        "sizes": dict(comparison.sizes),
        "seed": comparison.seed,
        "points": list(comparison.points),
        "rows": [_row_json(row) for row in comparison.rows],
        "notes": list(comparison.notes),
    }


def _row_json(row: Row) -> Json:
    return {
        "parameter": row.parameter,
        "route": row.route,
        "part": row.part,
        "point": row.point,
        "entry": None if row.entry is None else list(row.entry),
        "derived": _finite(row.claimed),
        "found": _finite(row.found),
        "error": _finite(row.error),
        "relative_error": _finite(row.relative),
        "tolerance": _finite(row.tolerance),
        "tolerance_from": row.because,
        "agrees": row.agrees,
        "note": row.note,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
