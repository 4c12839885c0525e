"""What is not an equation that could be right or wrong, and how that is said."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.notes.formulas.functions import plain_name

RELATIONS: Mapping[str, str] = {
    "approx": "an approximation is neither right nor wrong",
    "distributed": "this says how something is distributed",
    "proportional": "this says what something is proportional to",
    "less": "an inequality",
    "unequal": "this says that two things differ",
    "maps": "this says where something goes, or what it is mapped to",
    "set": "a set",
    "in": "this says what something belongs to",
    "condition": "a condition",
    "demand": "a demand, not a claim",
}
"""Kinds of relation that are no equation."""

_RANGE = re.compile(r"^\\?\w+$")
_SET = re.compile(r"^\s*(?:\\left\s*)?\\\{[^{}]*,[^{}]*(?:\\right\s*)?\\\}\s*,?\s*$")
_LIST = re.compile(r"^\d+\s*(?:,\s*\d+\s*)*,?\s*(?:\\(?:c|l)?dots|…|\.\.\.|:)")
_BEYOND: tuple[tuple[str, str], ...] = (
    (r"\\i?int(?![A-Za-z])|∫", "it has an integral"),
    (r"\\lim(?:sup|inf)?(?![A-Za-z])", "it has a limit"),
    (r"\\mathbb\s*\{?\s*E|\\operatorname\*?\{E\}|\\E(?![A-Za-z])|\\mathds\s*\{?\s*E", "it has an expectation"),
    (r"\b(?:Var|Cov|Corr|Pr)\b|\\Pr(?![A-Za-z])|\\mathbb\s*\{?\s*P",
     "it is about probabilities"),
    (r"(?<![A-Za-z\\])[pPq]\s*(?:_\{?\\?\w+\}?\s*)?(?:\\(?:left|big|Big)\s*)?\([^()]*(?:\||\\(?:mid|vert|lvert)|=)",
     "it is about probabilities"),
    (r"\\arg(?![A-Za-z])|arg\s*\\?,?\s*(?:min|max)", "it asks for a minimiser"),
    (r"\\(?:min|max|inf|sup)\s*_", "it asks for a minimum or maximum"),
    (r"\\(?:mathcal|cal)\s*\{?\s*[ON]\s*\}?\s*(?:\\left)?\(|\bO\(", "it is about orders of growth, or a distribution"),
    (r"\\det(?![A-Za-z])|\\operatorname\{det\}", "it has a determinant"),
    (r"\^\s*\{?\s*(?:\*|\\star|\\ast)(?![A-Za-z])", "it is about an optimum"),
    (r"\\(?:forall|exists)\b", "it speaks of all, or of some"),
    (r"\\prod(?![A-Za-z])|∏", "it has a product over an index"),
    (r"\\infty(?![A-Za-z])|∞", "it has infinity"),
)  # fmt: skip
"""What a formula that cannot be read may have that nobody should expect to be read; the first that fits is said."""

_LEFT_OUT: tuple[tuple[str, str], ...] = (
    (r"\\(?:c|l|d|v|i)?dots(?![A-Za-z])|\\dots[a-z](?![A-Za-z])|…|\.\.\.|⋯|⋮", "it leaves something out with dots"),
    (r"\\\{", "it is about a set"),
)
"""The same, where the names in it are known."""


_POSITIVE = re.compile(r"^\\[a-z]+$")

OF_AN_INDEX = "is an index; it stands in scripts only."
"""How a reader's sentence ends where an index stands like a quantity."""


def positive_number(left: str, right: str) -> str:
    r"""The name of which λ > 0 says that it is a number; "" for other comparisons, those of sizes among them.

    >>> positive_number(r"\lambda", "0"), positive_number("N", "1")
    ('lambda', '')
    """
    return plain_name(left) if _POSITIVE.match(left) and right == "0" else ""


def relation_reason(kind: str) -> str:
    """Why a relation of that kind is not checked."""
    return RELATIONS.get(kind, "not an equation")


def not_an_equation(left: str, right: str) -> str | None:
    """Why A = B states nothing, seen before it is read: a question, a range of an index."""
    if "?" in right or "?" in left:
        return "a question"
    if _SET.match(right):
        return RELATIONS["set"]
    if _RANGE.match(left) and _LIST.match(right.strip()):
        return "this says what an index runs over"
    return None


def beyond(text: str, *, names_are_missing: bool) -> str | None:
    """What a formula that could not be read has that is no business of ours."""
    rows = _BEYOND if names_are_missing else _BEYOND + _LEFT_OUT
    return next((reason for pattern, reason in rows if re.search(pattern, text)), None)
