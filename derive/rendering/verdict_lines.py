"""Several lines of work for the terminal: a row for each with its verdict, and which follow from which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from derive.rendering.terminal import Row
from derive.writing.names import padded, visible

Json = Mapping[str, Any]

MARKS: dict[str, tuple[str, str]] = {
    "proved": ("✓", "bold green"),
    "agrees": ("✓", "bold green"),
    "conditional": ("◐", "bold yellow"),
    "refuted": ("✗", "bold red"),
    "undecided": ("?", "bold yellow"),
    "not understood": ("?", "bold red"),
}
"""For each verdict the sign before it, and its style."""

_NUMBER, _VERDICT = 4, 15
_FORMULA = _NUMBER + 2 + 2 + _VERDICT + 1


def overview(verdict: Json, width: int) -> Iterator[Row]:
    """One row a line of work, and a sentence about the first wrong one."""
    claims = [(k if line.get("line") is None else line["line"], line) for k, line in enumerate(verdict["lines"], 1)]
    defined = [(d["line"], d) for d in verdict.get("definitions") or []]
    shown = shown_line(verdict).get("line")
    for number, line in sorted([*claims, *defined], key=lambda entry: entry[0]):
        if "verdict" not in line:
            yield from _definition(number, line, width)
        else:
            notes = (_note(line), passage(line), "" if number == shown else _slip(line))
            yield from _claim(number, line, width, [note for note in notes if note])
    sentence = _first_wrong(verdict, [line for _, line in claims])
    if sentence:
        yield []
        yield from ([("  " + piece, "bold" if k == 0 else "")] for k, piece in enumerate(_pieces(sentence, width - 2)))


def shown_line(verdict: Json) -> Json:
    """What is said in detail: the first wrong line; if that only defines a name, the first that follows from it."""
    first = verdict.get("first_wrong_line")
    lines = verdict.get("lines") or []
    if first is None or verdict["verdict"] not in ("refuted", "conditional"):
        return verdict
    own = [line for line in lines if line.get("line") == first]
    return next(iter([*own, *(line for line in lines if line.get("follows_from") == first)]), verdict)


def all_right(verdict: Json) -> bool:
    """Whether there are several lines and nothing to say of a single one."""
    lines = verdict.get("lines") or []
    return len(lines) > 1 and all(line["verdict"] == verdict["verdict"] == "proved" for line in lines)


def _claim(number: int, line: Json, width: int, notes: Sequence[str]) -> Iterator[Row]:
    mark, style = MARKS[line["verdict"]]
    pieces = _pieces(formula(line.get("answer")) or visible(str(line.get("text") or "")), width - _FORMULA)
    start = [(f"{number:>{_NUMBER}}  ", "dim"), (f"{mark} {padded(line['verdict'], _VERDICT)} ", style)]
    for k, piece in enumerate(pieces):
        yield [*(start if k == 0 else [(" " * _FORMULA, "")]), (piece, "")]
    for note in notes:
        for piece in _pieces(note, width - _FORMULA):
            yield [(" " * _FORMULA, ""), (piece, "dim")]


def _definition(number: int, line: Json, width: int) -> Iterator[Row]:
    start = [(f"{number:>{_NUMBER}}  · {padded('defines', _VERDICT)} ", "dim")]
    for k, piece in enumerate(_pieces(visible(line["text"]), width - _FORMULA)):
        yield [*(start if k == 0 else [(" " * _FORMULA, "")]), (piece, "dim")]


def _note(line: Json) -> str:
    """What a row says below its formula."""
    origin, meant = line.get("follows_from"), line.get("would_hold")
    if origin is not None:
        return f"follows from line {origin}: right if {meant or f'line {origin} were right'}"
    return f"right if {', or '.join(line.get('holds_when') or [])}" if line["verdict"] == "conditional" else ""


def _slip(line: Json) -> str:
    """The mistake of a line of which no more is said, or why it is not understood."""
    if line["verdict"] == "not understood":
        return str(line.get("reason") or "")
    own = [m for m in line.get("mistakes") or [] if line.get("follows_from") is None]
    return str(own[0]["message"]) if own else ""


def passage(line: Json) -> str:
    """Which rules lead to a line, if that was asked for."""
    steps = line.get("steps")
    if steps is None:
        return ""
    rules, since = steps["rules"], steps["since"]
    if rules is None:
        return "equals no line of the derivation as it is written there"
    start = "from the start" if since is None else f"from line {since}"
    if not rules:
        return f"the same as {'the left side' if since is None else f'line {since}'}, in other words"
    skipped = len(rules) - 1
    count = "1 rule" if len(rules) == 1 else f"{len(rules)} rules"
    left_out = f", skips {skipped} {'line' if skipped == 1 else 'lines'}" if skipped else ""
    return f"{count} {start}{left_out}: {', '.join(rules)}"


def _first_wrong(verdict: Json, lines: Sequence[Json]) -> str:
    first = verdict.get("first_wrong_line")
    if first is None:
        return ""
    followers = [line["line"] for line in lines if line.get("follows_from") == first]
    others = [line["line"] for line in lines if _is_wrong(line) and line.get("follows_from") is None]
    others = [number for number in others if number != first]
    sentence = f"Line {first} is the first wrong one."
    if followers:
        sentence = f"Line {first} is the first wrong one; {_numbers(followers)} from it."
    if others:
        own = ("has a slip of its own", "have slips of their own")
        sentence += f" {_numbers(others, own, 'Line')}."
    return f"{sentence} Mend line {first} first."


def _is_wrong(line: Json) -> bool:
    return line["verdict"] in ("refuted", "conditional")


def _numbers(numbers: Sequence[int], verbs: tuple[str, str] = ("follows", "follow"), word: str = "line") -> str:
    if len(numbers) == 1:
        return f"{word} {numbers[0]} {verbs[0]}"
    listed = ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"
    return f"{word}s {listed} {verbs[1]}"


def _pieces(text: str, room: int) -> list[str]:
    return wrap(text, max(room, 24)) or [""]


def formula(side: Json | None) -> str:
    """A side of a verdict as it is shown on a screen."""
    return visible(str(side.get("unicode") or side["text"])) if side else ""
