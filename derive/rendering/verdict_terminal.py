"""Verdicts for the terminal, in the order in which feedback helps.

How the answer was read, its shape, the verdict, a counterexample with both values, the mistake by its name, a hint.
Works on the verdict as its JSON object (the stable surface), so that a stored result is shown like a fresh one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from derive.rendering.terminal import Row, styled
from derive.rendering.verdict_lines import MARKS, all_right, formula, overview, passage, shown_line
from derive.writing.names import display_width, padded, subscript, unicode_name, visible

Json = Mapping[str, Any]

_WIDTH = 80
_OF_LAYER = re.compile(r"(\w+)\[(.+)\]")
_LABEL = 14
_BY_HAND = 16
_LONGEST = 200
"""Of a line that is pointed into, where nothing is wrapped: what is longer is shown in part."""


def verdict_terminal(
    verdict: Json, *, source: str = "", hint: str = "", width: int = _WIDTH, color: bool = False
) -> str:
    """The verdict in plain words.

    source   what the person typed: shown with a caret where it could not be read
    hint     a sentence that helps without giving the answer away; otherwise that of the first mistake
    """
    rows: list[Row] = []
    if len(verdict.get("lines") or []) + len(verdict.get("definitions") or []) > 1:
        rows += [*overview(verdict, width), []]
        verdict = shown_line(verdict)
    if all_right(verdict):
        rows += _judgement(verdict, width)
    else:
        if verdict.get("line") is not None:
            rows += _labelled("Line", [str(verdict["line"])], width)
        rows += [*_reading(verdict, source, width), [], *_judgement(verdict, width)]
    if not verdict.get("lines") and verdict.get("line") is None and passage(verdict):
        rows += [[], *_labelled("Rules", [passage(verdict)], width)]
    if verdict.get("counterexample"):
        rows += [[], *_counterexample(verdict, width)]
    told = str(verdict.get("reason") or "")
    known = [str(m["hint"]) for m in verdict.get("mistakes") or [] if m.get("hint")]
    hints = [hint] if hint else [h for h in (*known, _next_step(verdict)) if h not in told]
    extras = [
        *_mistakes(verdict, width),
        *_wrong_part(verdict, source, width),
        *_labelled("Hint", hints[:1], width, "cyan"),
        *_fine_print(verdict, width),
    ]
    if extras:
        rows += [[], *extras]
    while rows and not rows[0]:
        rows.pop(0)
    return styled(rows, color)


def _shape(side: Json) -> str:
    shape = side.get("shape")
    if shape is None:
        return ""
    words = [_size(str(size)) for size in shape]
    return "scalar" if not words else "×".join(words if len(words) == 2 else [*words, "1"])


def _size(written: str) -> str:
    """n0 as n₀, and the width n[l] of a layer as nₗ."""
    of_layer = _OF_LAYER.fullmatch(written)
    if of_layer is not None and (index := subscript(of_layer[2])) is not None:
        return unicode_name(of_layer[1]) + index
    return unicode_name(written) if written.isidentifier() else visible(written)


def _labelled(label: str, texts: Sequence[str], width: int, style: str = "") -> Iterator[Row]:
    """A label in its column, and beside it each text wrapped."""
    for number, text in enumerate(texts):
        for k, piece in enumerate(wrap(visible(text), max(width - _LABEL - 2, 24)) or [""]):
            first = label if number == 0 and k == 0 else ""
            yield [("  " + padded(first, _LABEL), "dim"), (piece, style)]


def _reading(verdict: Json, source: str, width: int) -> Iterator[Row]:
    answer, expected = verdict.get("answer"), verdict.get("expected")
    if answer is None:
        yield from _pointed(source, verdict.get("position"), width)
        return
    yield from _labelled("Read as", [formula(answer)], width, "bold")
    if expected:
        yield from _labelled("Expected", [formula(expected)], width, "green")
    shape = _shape(answer)
    if shape:
        wanted = _shape(expected) if expected else ""
        text = shape if wanted in ("", shape) else f"{shape}, but {wanted} is expected"
        yield [("  " + padded("Shape", _LABEL), "dim"), (text, "" if wanted in ("", shape) else "red")]


def _pointed(source: str, position: Json | None, width: int) -> Iterator[Row]:
    """The line that could not be read, or what fits of it, with carets under the place."""
    if not source or not position:
        return
    typed = source.expandtabs(1).split("\n")
    line = typed[min(position["line"], len(typed)) - 1]
    start = max(position["column"] - 1, 0)
    end = max(position["end_column"] - 1, start + 1)
    room = max(min(width, _LONGEST) - 4, 24)
    first = max(0, min(start - room // 3, len(line) - room)) if len(line) > room else 0
    last = first + room
    cut, more = "…" * (first > 0), "…" * (last < len(line))
    before, marked = visible(line[first:start]), visible(line[start : min(end, last)])
    yield [("  " + cut + visible(line[first:last]) + more, "")]
    yield [("  " + " " * display_width(cut + before) + "^" * max(display_width(marked), 1), "bold red")]


def _judgement(verdict: Json, width: int) -> Iterator[Row]:
    mark, style = MARKS[verdict["verdict"]]
    head, rest = _WORDS[verdict["verdict"]](verdict)
    pieces = wrap(visible(f"{head} {rest}".strip()), max(width - 4, 24))
    for k, piece in enumerate(pieces):
        start = f"{mark} " if k == 0 else "  "
        if k == 0 and piece.startswith(head):
            yield [("  " + start + head, style), (piece[len(head) :], "")]
        else:
            yield [("  " + start + piece, style if k == 0 else "")]


def _everywhere(verdict: Json) -> str:
    scope = verdict.get("scope") or "all sizes"
    sizes = "for every size" if scope == "all sizes" else f"for {scope}"
    facts = verdict.get("assumptions") or []
    return sizes + (f", given that {_listed(facts)}" if facts else "")


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def _proved(verdict: Json) -> tuple[str, str]:
    return "Right: proved.", f"Both sides are equal wherever they are defined, {_everywhere(verdict)}."


def _agrees(verdict: Json) -> tuple[str, str]:
    bound = verdict.get("error_bound")
    if bound:
        return "Agrees, not proved.", f"Tested exactly at random points; the chance of an error is at most {bound}."
    return "Agrees, not proved for all sizes.", f"Both sides are equal {_everywhere(verdict)}."


def _conditional(verdict: Json) -> tuple[str, str]:
    conditions = verdict.get("holds_when") or []
    return "Right only under a condition:", f"{', or '.join(conditions)}." if conditions else ""


def _refuted(verdict: Json) -> tuple[str, str]:
    example = verdict.get("counterexample")
    if example:
        small = sum(len(str(value).split(",")) for value in (example.get("values") or {}).values()) <= _BY_HAND
        return "Not equal.", "Here is a case that you can check by hand." if small else "Here is where they differ."
    return "Not equal.", str(verdict.get("reason") or "")


def _undecided(verdict: Json) -> tuple[str, str]:
    return "Undecided: nothing is claimed.", str(verdict.get("reason") or "")


def _not_understood(verdict: Json) -> tuple[str, str]:
    code = verdict.get("code")
    return "Not understood.", f"{verdict.get('reason') or ''}{f' [{code}]' if code else ''}".strip()


_WORDS = {
    "proved": _proved,
    "agrees": _agrees,
    "conditional": _conditional,
    "refuted": _refuted,
    "undecided": _undecided,
    "not understood": _not_understood,
}


def _counterexample(verdict: Json, width: int) -> Iterator[Row]:
    example = verdict["counterexample"]
    sizes = ", ".join(f"{unicode_name(name)} = {value}" for name, value in (example.get("sizes") or {}).items())
    if sizes:
        yield from _labelled("With sizes", [sizes], width)
    places = ", ".join(f"{unicode_name(name)} = {value}" for name, value in (example.get("indices") or {}).items())
    if places:
        yield from _labelled("" if sizes else "With", [places], width)
    for name, function in (example.get("functions") or {}).items():
        yield from _labelled("", [f"{name} = {function}"], width)
    values = (example.get("values") or {}).items()
    unlabelled = not (sizes or places or example.get("functions"))
    yield from _side_by_side([_value(name, value) for name, value in values], width, "With" if unlabelled else "")
    yours, expected = str(example.get("yours")), str(example.get("expected"))
    entry = example.get("entry") if _shape(verdict.get("answer") or {}) != "scalar" else None
    place = f" in entry ({', '.join(map(str, entry))})" if entry else ""
    yield [("  " + padded("Yours", _LABEL), "dim"), (visible(yours), "bold red"), (place, "dim")]
    yield [("  " + padded("Expected", _LABEL), "dim"), (visible(expected), "bold green"), (place, "dim")]


def _value(name: str, value: Any) -> list[str]:
    """name = number, or name = a matrix with its brackets drawn, as lines of one width."""
    label = unicode_name(name) + " = "
    while isinstance(value, (list, tuple)) and len(value) == 1 and _single(value[0]):
        value = value[0]
    if not isinstance(value, (list, tuple)):
        return [label + visible(str(value))]
    rows = [[visible(str(x)) for x in row] if isinstance(row, (list, tuple)) else [visible(str(row))] for row in value]
    widths = [max(display_width(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for k, row in enumerate(rows):
        cells = "  ".join(" " * (w - display_width(c)) + c for c, w in zip(row, widths, strict=True))
        left, right = _brackets(k, len(rows))
        lines.append(f"{label if k == 0 else ' ' * display_width(label)}{left} {cells} {right}")
    return lines


def _side_by_side(boxes: Sequence[list[str]], width: int, label: str = "") -> Iterator[Row]:
    """Values next to each other, as many as fit; the first row has a label."""
    room = min(width, 100) - _LABEL - 2
    shelf: list[list[str]] = []
    for box in boxes:
        if shelf and sum(display_width(b[0]) + 3 for b in shelf) + display_width(box[0]) > room:
            yield from _shelved(shelf, label)
            shelf, label = [], ""
        shelf.append(box)
    yield from _shelved(shelf, label)


def _shelved(boxes: Sequence[list[str]], label: str) -> Iterator[Row]:
    for k in range(max(map(len, boxes), default=0)):
        parts = [padded(box[k] if k < len(box) else "", display_width(box[0])) for box in boxes]
        yield [("  " + padded(label if k == 0 else "", _LABEL), "dim"), ("   ".join(parts), "")]


def _single(value: Any) -> bool:
    return not isinstance(value, (list, tuple)) or len(value) == 1


def _brackets(row: int, rows: int) -> tuple[str, str]:
    if rows == 1:
        return "[", "]"
    return ("⎡", "⎤") if row == 0 else ("⎣", "⎦") if row == rows - 1 else ("⎢", "⎥")


def _mistakes(verdict: Json, width: int) -> Iterator[Row]:
    told = str(verdict.get("reason") or "") if verdict["verdict"] == "refuted" else ""
    messages = [str(m["message"]) for m in verdict.get("mistakes") or [] if m["message"] not in told]
    yield from _labelled("Why", messages, width, "bold")


def _next_step(verdict: Json) -> str:
    """What to do where no mistake has a hint of its own; undecided and unread answers say it with the reason."""
    codes = {m["code"] for m in verdict.get("mistakes") or []}
    if verdict["verdict"] == "conditional":
        if "shape" in codes:
            return "Transpose it, or ask for that layout."
        return "Does the problem say so? If not, find where your work uses it."
    if verdict["verdict"] != "refuted":
        return ""
    if verdict.get("counterexample"):
        return "Work this case out line by line: where do the two part?"
    return "Write the shape of each factor below it: where do two not meet?"


def _wrong_part(verdict: Json, source: str, width: int) -> Iterator[Row]:
    """Carets under the part of the answer that a mistake is about, where that is less than all of it."""
    position, part = verdict.get("position"), [m for m in verdict.get("mistakes") or [] if m["code"] != "shape"]
    if not position or not part or not verdict.get("answer") or position["line"] > source.count("\n") + 1:
        return
    line = source.split("\n")[position["line"] - 1]
    whole = str(verdict.get("text") or "")
    if verdict.get("line") is None:
        whole = line.rpartition("=")[2].rpartition(";")[2].strip()
    if position["end_column"] - position["column"] < len(whole) and len(line) + _LABEL + 2 <= width:
        yield from ([("  " + " " * _LABEL + row[0][0][2:], row[0][1])] for row in _pointed(source, position, width))


def _fine_print(verdict: Json, width: int) -> Iterator[Row]:
    yield from _labelled("By convention", [str(c) for c in verdict.get("conventions") or []], width)
    if verdict["verdict"] in ("refuted", "undecided"):
        facts = verdict.get("assumptions") or []
        yield from _labelled("Given that", [_listed(facts)] if facts else [], width)
    if verdict["verdict"] == "refuted" and verdict.get("holds_when"):
        yield from _labelled("It is right if", [_listed(verdict["holds_when"])], width)
