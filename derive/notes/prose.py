"""What the words around a formula make of it: a condition (If $N = 1$ …), or a claim under one (… then $A = B$)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from derive.notes.pieces import Formula, Piece, Role
from derive.notes.statements import statements

STATES, NAMES = "\ue000", "\ue001"
"""What stands for a formula in a sentence: one that states something, one that only names."""

_WORDS = r"\b(?:if|when|whenever|unless|suppose|supposing|assume|assuming|provided|given that|in (?:the )?case)\b"
_END = re.compile(r"[.!?:;](?=\s+[A-Z\\" + STATES + NAMES + r"]|\s*\n)|\n\s*\n|\n\s*(?:[-*+]|\d+[.)]|\\item)\s|\n#")
_IS_CONDITION = re.compile(
    rf"{_WORDS}(?:(?!\bthen\b)[^,{STATES}]){{0,60}}(?:{STATES}\s*(?:and|or|,)\s*)*$", re.IGNORECASE
)
_FOLLOWS = re.compile(rf"{_WORDS}[^{STATES}]{{0,60}}{STATES}.*$", re.IGNORECASE | re.DOTALL)
_PRECEDES = re.compile(rf"^[^{STATES}]{{0,20}}{_WORDS}[^{STATES}]{{0,60}}{STATES}", re.IGNORECASE)


def with_roles(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a document, each formula with what the words around it make of it."""
    out = list(pieces)
    by_document: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        if isinstance(piece, Formula):
            by_document.setdefault(id(piece.document), []).append(number)
    for numbers in by_document.values():
        formulas = [p for n in numbers if isinstance(p := pieces[n], Formula)]
        for number, role in zip(numbers, _roles(formulas), strict=True):
            piece = out[number]
            if role and isinstance(piece, Formula):
                out[number] = replace(piece, role=role)
    return out


def _roles(formulas: Sequence[Formula]) -> list[Role]:
    """The roles of the formulas of one document, in order."""
    text = formulas[0].document.text
    flat: list[str] = []
    places: list[int] = []
    at = length = 0
    for formula in formulas:
        words = text[at : formula.start]
        flat += [words, STATES if statements(formula.latex) else NAMES]
        length += len(words) + 1
        places.append(length - 1)
        at = max(at, formula.end)
    flat.append(text[at:])
    joined = "".join(flat)
    if not re.search(_WORDS, joined, re.IGNORECASE):
        return [""] * len(formulas)
    ends = [0, *(m.end() for m in _END.finditer(joined)), len(joined)]
    return [_role(joined, place, ends) for place in places]


def _role(joined: str, place: int, ends: Sequence[int]) -> Role:
    if joined[place] == NAMES:
        return ""
    start = max(end for end in ends if end <= place)
    stop = min(end for end in ends if end > place)
    before, after = joined[start:place], joined[place + 1 : stop]
    if _IS_CONDITION.search(before):
        return "condition"
    if _FOLLOWS.search(before) or _PRECEDES.search(after):
        return "conditional"
    return ""
