r"""Equations that speak for themselves, none of whose names the notes declare: ∇_x(xᵀAx) = (A + Aᵀ)x."""

from __future__ import annotations

import re

from derive.checking.verdict import Verdict
from derive.errors import DeriveError
from derive.notation.characters import GREEK_NAMES
from derive.notes.functions import is_lone
from derive.standalone import check_standalone

_DERIVES = re.compile(
    r"^\s*(?:\\nabla(?![A-Za-z])[^=]*(?:\(|\\\||\^)"
    r"|\\frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{?d\}?)\s*\}|\\frac\s*\{\s*\\partial\s*[({\\|])"
)


def by_itself(left: str, right: str) -> Verdict | None:
    """The verdict on left = right in the shapes that custom and use give its names; None where that is doubtful.

    A derivative of a formula says all that there is to say. Of other equations only a proof is taken: what the names
    of xᵀw = z stand for nobody knows. Nor is a word such as `rank` taken for a quantity.
    """
    if is_lone(left):
        return None
    try:
        verdict = check_standalone(as_latex(f"{left.strip()} = {right.strip()}"))
    except DeriveError:
        return None
    if verdict.reading is None or verdict.verdict not in ("proved", "agrees", "refuted", "conditional"):
        return None
    if verdict.verdict in ("proved", "agrees"):
        return verdict
    names = [name for name, _ in verdict.reading.shapes]
    is_plain = all(len(re.sub(r"[\d_]", "", name)) == 1 or name.rstrip("0123456789_") in GREEK_NAMES for name in names)
    return verdict if is_plain and _DERIVES.match(left) else None


def as_latex(formula: str) -> str:
    r"""A formula that nobody takes for text: W x is LaTeX if a space of LaTeX stands behind it."""
    return rf"{formula} \,"
