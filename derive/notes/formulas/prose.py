"""What the words around a formula make of it: a condition (If $N = 1$ …), or a claim under one (… then $A = B$)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from derive.notes.finding.pieces import Formula, Piece, Role
from derive.notes.formulas.chains import EQUALS
from derive.notes.formulas.kinds import not_an_equation
from derive.notes.formulas.statements import statements

STATES, VALUE, NAMES = "\ue000", "\ue001", "\ue002"
"""What stands for a formula in a sentence: one that states something, one that gives a number, any other."""

FAR = 400
"""Letters around a formula that are looked at."""

_OTHERS = (
    r"\b(?:falls|wenn|sofern|angenommen|lorsque|quand|supposons|cuando|supongamos|suponiendo|quando|suponha|supondo"
    r"|supponiamo|если|когда|при|предположим|jeśli|gdy|indien|khi|nếu|giả sử)\b"
    r"|(?:^|[\n.:;])\s*si\b|(?<![相应适正恰])当(?![前然中作])|若(?!干)|如果|假设|假定"
)
"""The same in other languages, where the word means nothing else."""

_WORDS = (
    rf"(?:{_OTHERS}|"
    r"\b(?:if|when|whenever|unless|suppose|supposing|assume|assuming|provided|given that|in (?:the )?case"
    r"|(?:zero|stationary|optimal|minimal|maximal|vanish(?:es)?|holds?|true) (?:\w+ )?where"
    r"|solv(?:e|es|ing)|satisf(?:y|ies|ying))\b)"
)
_END = re.compile(
    r"[。！？]|[.!?:;](?=\s+[A-Z\\" + STATES + VALUE + NAMES + r"]|\s*\n)|\n\s*\n|\n\s*(?:[-*+]|\d+[.)]|\\item)\s|\n#"
)
_IS_CONDITION = re.compile(
    rf"{_WORDS}(?:(?!\bthen\b)[^,，{STATES}{VALUE}]){{0,60}}(?:[{STATES}{VALUE}]\s*(?:and|or|,)\s*)*$", re.IGNORECASE
)
_SOME = f"[{STATES}{VALUE}]"
_GIVEN = rf"(?:{_WORDS}[^{STATES}{VALUE}]{{0,60}}{_SOME}|\b(?:at|for|setting|choosing|taking)\s+{VALUE})"
_FOLLOWS = re.compile(rf"{_GIVEN}.*$", re.IGNORECASE | re.DOTALL)
_PRECEDES = re.compile(rf"^[^{STATES}{VALUE}]{{0,20}}{_GIVEN}", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:not|never|instead of|rather than|nicht|statt|и не|et non|y no|e non|e não)\s*:?\s*$", re.IGNORECASE
)
_NUMBER = re.compile(r"[-\d.\s]+|\\[td]?frac\s*\{?\d+\}?\s*\{?\d+\}?")


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
        ending = formula.latex.rstrip()[-1:] if formula.display else ""
        ending = ending if ending in (".", "?", "!") else ""  # a display that ends its sentence
        flat += [words, _sign(formula) + ending]
        length += len(words) + 1 + len(ending)
        places.append(length - 1 - len(ending))
        at = max(at, formula.end)
    flat.append(text[at:])
    joined = "".join(flat)
    if not re.search(_WORDS, joined, re.IGNORECASE):
        found: list[Role] = [""] * len(formulas)
    else:
        ends = [0, *(m.end() for m in _END.finditer(joined)), len(joined)]
        found = [_role(joined, place, ends) for place in places]
    return [role or _beginning(f, words) for role, f, words in zip(found, formulas, flat[::2], strict=False)]


def _beginning(formula: Formula, words: str) -> Role:
    """Of `dA` $= x$ the left side stands in the words before it, not in the formula before them."""
    goes_on = not formula.display and formula.latex.lstrip().startswith("=")
    if _NOT.search(words[-FAR:]):
        return "denied"
    return "elsewhere" if goes_on and re.search(r"[\w`\])}\"']\s*$", words.rpartition("\n")[2]) else ""


def _sign(formula: Formula) -> str:
    """What a formula is in its sentence; i = 1, …, n is a name for many."""
    found = statements(formula.latex)
    equals = [s for s in found if set(s.relations) <= EQUALS | {"less", "unequal"}]
    if not equals or not_an_equation(equals[0].latex(0), f"{equals[0].latex(1)}, {equals[0].remarks}"):
        return NAMES
    return VALUE if all(_NUMBER.fullmatch(s.latex(len(s.members) - 1)) for s in equals) else STATES


def _role(joined: str, place: int, ends: Sequence[int]) -> Role:
    if joined[place] == NAMES:
        return ""
    number = bisect_right(ends, place)
    start, stop = ends[number - 1], ends[number]
    before, after = joined[max(start, place - FAR) : place], joined[place + 1 : min(stop, place + FAR)]
    if _IS_CONDITION.search(before):
        return "condition"
    if _FOLLOWS.search(before) or _PRECEDES.search(after):
        return "conditional"
    return ""
