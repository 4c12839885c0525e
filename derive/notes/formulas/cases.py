"""Cases: a line that only sets a condition (Case 2: $i = s$, or: When $i = s$ we get) rules the formulas after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from derive.notes.finding.pieces import Formula, Heading, Piece
from derive.notes.formulas.statements import Statement, is_of_indices, statements

_BEFORE = re.compile(
    r"(?:^|\n)(?:[#>*_+.()\- \t]|\d+[.)]|\\item|\\(?:paragraph|textbf|emph|textit|sub)\w*\{)*"
    r"(?P<words>[^\n$.;!?]{0,40})$"
)
_SETS = re.compile(r"\b(?:case|if|when|whenever|for|where|suppose|assume|assuming)\b", re.IGNORECASE)
_AFTER = re.compile(r"\s*[*_)}]*\s*[:,.：，]?[*_}]*[^\S\n]*(?P<words>(?:[^\W\d_]|[ ,']){0,40})[:.,：，]?[*_}]*\s*")
_RELATIONS = frozenset({"=", "unequal", "less"})
_SIDE = re.compile(r"\s*(?:-?\d+(?:\.\d+)?|\\?[A-Za-z]+(?:\s*_\s*(?:\w|\{\w+\}))?)\s*")


def with_cases(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces of a file, each formula that a case rules being a claim under a condition."""
    out = list(pieces)
    ruling = last = None
    for number, piece in enumerate(pieces):
        if isinstance(piece, Heading):
            ruling = None
        elif isinstance(piece, Formula):
            if _sets_a_case(piece, last):
                ruling = piece
                out[number] = replace(piece, role=piece.role or "condition")
            elif ruling is not None and last is not None and _follows(last, piece, at_once=last is ruling):
                out[number] = replace(piece, role=piece.role or "conditional")
            else:
                ruling = None
            last = piece
    return out


def _sets_a_case(formula: Formula, last: Formula | None) -> bool:
    """Whether a formula compares two names, or a name and a number, in a line that says nothing else before it."""
    found = statements(formula.latex)
    if formula.display or len(found) != 1 or not _compares(found[0]):
        return False
    text = formula.document.text
    begin = last.end if last is not None and last.document is formula.document else 0
    before = _BEFORE.search(text[max(begin, formula.start - 100) : formula.start])
    if before is None:
        return False
    return is_of_indices(found[0]) or bool(_SETS.search(before["words"]))


def _compares(statement: Statement) -> bool:
    sides = [statement.latex(k) for k in range(len(statement.members))]
    return len(sides) == 2 and statement.relations[0] in _RELATIONS and all(map(_SIDE.fullmatch, sides))


def _follows(before: Formula, formula: Formula, *, at_once: bool) -> bool:
    """Whether nothing stands between two formulas but space, and after a condition a few words (then, we get)."""
    if before.document is formula.document:
        between = before.document.text[before.end : formula.start]
    elif formula.document.file == before.document.file and formula.document.cell == 1 + (before.document.cell or -1):
        between = before.document.text[before.end :] + formula.document.text[: formula.start]
    else:
        return False
    return bool(_AFTER.fullmatch(between)) if at_once else formula.display and not between.strip(" \n\t.,;")
