"""Marks in Markdown: a sign at each formula, and a quotation with the correction below one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.notes.reporting.margin import SIGNS, Group, grouped
from derive.notes.reporting.report import Entry


def markdown_copy(text: str, entries: Sequence[Entry]) -> str:
    """The text with marks, which renders as before."""
    for group in reversed(grouped(entries)):
        text = _displayed(text, group) if group.display else _inline(text, group)
    return text


def _inline(text: str, group: Group) -> str:
    note = "".join(f" **{note.plain}**" for note in group.notes)
    if note and group.notes[0].correction:
        note = "".join(f" **{n.plain}**{_correct(n.correction)}" for n in group.notes)
    return f"{text[: group.end]} {SIGNS[group.sign]}{note}{text[group.end :]}"


def _displayed(text: str, group: Group) -> str:
    """The sign behind the closing delimiter; what is wrong stands in a paragraph of its own below."""
    end = group.end
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    begin = text.rfind("\n", 0, group.start) + 1
    lead = text[begin : group.start]
    lead = "" if lead.strip(" \t>") else lead
    is_fence = text[end - 1 : end] == "\n"
    rest = text[end:line_end]
    if not group.notes and not is_fence:
        beside = _beside(text[group.start : end], SIGNS[group.sign])
        if beside is not None:
            return f"{text[: group.start]}{beside}{text[end:]}"
    if not group.notes and not is_fence and not rest.strip():
        return f"{text[:end]} {SIGNS[group.sign]}{text[end:]}"
    if not group.notes and not is_fence:
        return text  # words follow on the line: the mark would stand among them
    notes = group.notes or ()
    lines = [f"{lead}> {SIGNS[n.sign]} {n.where}**{n.plain}**{_correct(n.correction)}" for n in notes]
    lines = lines or [f"{lead}{SIGNS[group.sign]}"]
    block = f"\n{lead.rstrip()}\n".join(lines)
    if is_fence:
        return f"{text[:end]}{lead.rstrip()}\n{block}\n{lead.rstrip()}\n{text[end:]}"
    return f"{text[:end]}\n{lead.rstrip()}\n{block}\n{lead.rstrip()}\n{lead}{rest.strip()}{text[line_end:]}"


_ROWS = re.compile(r"\\begin\s*\{(?:align|gather|equation|multline|flalign|eqnarray)|\\tag|\\label|%")


def _beside(formula: str, sign: str) -> str | None:
    """A displayed formula with the sign at its right; None where that would have to stand in a row of several."""
    if not (formula.startswith("$$") and formula.endswith("$$")) or _ROWS.search(formula):
        return None
    inside = formula[2:-2].rstrip()
    gap = formula[2 + len(inside) : -2]
    return f"$${inside} \\quad \\text{{{sign}}}{gap}$$"


def _correct(correction: str) -> str:
    return f" Correct: ${correction}$" if correction else ""
