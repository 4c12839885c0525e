"""Documents as JSON: every formula as text that reads back, as LaTeX, and with its shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from derive.expression.nodes import Expression
from derive.expression.text import text
from derive.rendering.document import (
    Bullets,
    DerivationBlock,
    Document,
    Heading,
    Line,
    Member,
    Paragraph,
    Picture,
    Span,
    Table,
    Verbatim,
)
from derive.rendering.svg import svg
from derive.rendering.terminal import plain
from derive.writing.formula import formula
from derive.writing.names import is_harmless

JsonObject = dict[str, Any]


def json_output(document: Document) -> str:
    """The document as one JSON object, indented."""
    return json_text(json_document(document)) + "\n"


def json_text(value: Any) -> str:
    """A value as indented JSON: letters as they are, but nothing in it that could steer a terminal."""
    written = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(c if c == "\n" or is_harmless(c) else json.dumps(c)[1:-1] for c in written)


def json_document(document: Document) -> JsonObject:
    """title; `steps`: all lines of all stages in order; `result`: the last line; `blocks`: everything, as laid out."""
    derivations = [block for block in document.blocks if isinstance(block, DerivationBlock)]
    stages = [block for block in derivations if block.kind == "stage"]
    results = [block.lines[-1] for block in derivations if block.kind == "result"]
    return {
        "title": plain(document.title),
        "given": [_line(line) for block in derivations if block.kind == "given" for line in block.lines],
        "conventions": [plain(item) for b in document.blocks if isinstance(b, Bullets) for item in b.items],
        "stages": [_derivation(block) for block in stages],
        "steps": [_line(line) | {"stage": _stage_name(block)} for block in stages for line in block.lines],
        "result": _line(results[-1]) if results else None,
        "blocks": [RENDERERS[type(block)](block) for block in document.blocks],
    }


def _line(line: Line) -> JsonObject:
    left = None if line.left is None else formula(line.left)
    return {"left": left, **formula(line.right), "rules": list(line.rule), "reason": plain(line.reason),
            "note": line.note}  # fmt: skip


def _stage_name(block: DerivationBlock) -> str | None:
    named = block.name if block.name is not None else block.target
    return None if named is None else text(named)


def _derivation(block: DerivationBlock) -> JsonObject:
    return {
        "type": block.kind,
        "name": None if block.name is None else text(block.name),
        "target": None if block.target is None else formula(block.target),
        "number": block.number,
        "lines": [_line(line) for line in block.lines],
    }


def _span(span: Span) -> list[Any]:
    """Text as strings, formulas as objects."""
    return [formula(p.tensor if isinstance(p, Member) else p) if isinstance(p, (Expression, Member)) else plain((p,))
            for p in span]  # fmt: skip


def _table(block: Table) -> JsonObject:
    return {
        "type": "table",
        "caption": plain(block.caption),
        "header": [plain(cell) for cell in block.header],
        "rows": [[plain(cell) for cell in row] for row in block.rows],
    }


RENDERERS: dict[type, Callable[[Any], JsonObject]] = {
    Heading: lambda b: {"type": "heading", "level": b.level, "content": _span(b.content)},
    Paragraph: lambda b: {"type": "paragraph", "content": _span(b.content)},
    Bullets: lambda b: {"type": "bullets", "items": [_span(item) for item in b.items]},
    DerivationBlock: _derivation,
    Table: _table,
    Verbatim: lambda b: {"type": "verbatim", "text": b.text},
    Picture: lambda b: {
        "type": "picture",
        "words": b.words,
        "caption": plain(b.caption),
        "svg": svg(b.drawing, b.words),
    },
}
