r"""Equations that speak for themselves, none of whose names the notes declare: ∇_x(xᵀAx) = (A + Aᵀ)x."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from derive.checking.form.worked_out import worked_out
from derive.checking.verdicts.verdict import Verdict
from derive.errors import DeriveError
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.notation.characters import GREEK_NAMES
from derive.notes.formulas.functions import is_lone
from derive.standalone import check_standalone

_DERIVES = re.compile(
    r"^\s*(?:\\nabla(?![A-Za-z])[^=]*(?:\(|\\\||\^)"
    r"|\\frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{?d\}?)\s*\}|\\frac\s*\{\s*\\partial\s*[({\\|])"
)

BY_ITSELF = "Read by itself:"
"""How the reason begins where a formula was read without a context."""


_OF_WHAT = re.compile(r"(?:\\nabla|\\[|rl]?[vV]ert|\\\||\|)\s*_\s*(?:\{[^{}]*\}|\\?\w)")
_INDEX = re.compile(r"_\s*(?:\{[^{}]*[a-z][^{}]*\}|[a-z])")
_CALL = re.compile(
    r"(?:\\mathcal\s*\{?\s*\w\s*\}?|(?<![A-Za-z\\])[A-Za-z])\s*(?:\\left\s*)?"
    r"\(\s*(?:\\[A-Za-z]+\s*\{?)?\s*\w*\s*\}?\s*(?:\\right\s*)?\)"
)
_AT_A_NUMBER = re.compile(
    r"(?<![A-Za-z\\])[A-Za-z](?:_\{?\w+\}?)?\s*(?:\\left\s*)?\(\s*-?\d+(?:\.\d+)?\s*(?:\\right\s*)?\)"
)
"""u(0) is the value of a function, and no product with nothing."""
_OF_VECTORS = re.compile(r"\^\s*\{?\s*(?:T\b|\\top|\\intercal|\\mathsf)|\\\||\\[lr]?Vert")


def by_itself(left: str, right: str) -> Verdict | None:
    """The verdict on left = right in the shapes that custom and use give its names; None where that is doubtful.

    A derivative of a formula says all that there is to say. Of other equations only a proof is taken: what the names
    of xᵀw = z stand for nobody knows. Nor is a word such as `rank` taken for a quantity.
    """
    if is_lone(left) or _AT_A_NUMBER.search(f"{left} = {right}"):
        return None
    formula = as_latex(f"{left.strip()} = {right.strip()}")
    try:
        verdict = check_standalone(formula)
    except DeriveError:
        return None
    if verdict.reading is None or verdict.verdict not in ("proved", "agrees", "refuted", "conditional"):
        return None
    names = [name for name, _ in verdict.reading.shapes]
    if not all(map(_is_letter, names)):
        return None
    if verdict.verdict in ("proved", "agrees"):
        return verdict
    is_sure = _DERIVES.match(left) and not _may_differ(left, right) and not _holds_of_numbers(formula, names)
    if not is_sure or verdict.expected is None:
        return verdict if is_sure else None
    return replace(verdict, expected=worked_out(verdict.expected, Problem()))


def _is_letter(name: str) -> bool:
    """Whether a name is a letter with marks; a word may be a function, or whatever."""
    bare = re.sub(r"(?<=.)(?:hat|tilde|bar|dot|vec)$", "", re.sub(r"[\d_]", "", name))
    return len(bare) == 1 or bare in GREEK_NAMES


def _may_differ(left: str, right: str) -> bool:
    """Whether names may hang together in a way that nobody can see: v_ab an entry of V, a sum over what stands twice,
    L(w) a loss that depends on w."""
    written = _OF_WHAT.sub(" ", f"{left} = {right}")
    return bool(_INDEX.search(written) or _CALL.search(written))


def _holds_of_numbers(formula: str, names: Sequence[str]) -> bool:
    """Whether it is right if every name is a number; not where a sign says that it is about vectors."""
    if _OF_VECTORS.search(formula):
        return False
    try:
        verdict = check_standalone(formula, dict.fromkeys(names, SCALAR))
    except DeriveError:
        return True
    return verdict.verdict not in ("refuted", "conditional")


def as_latex(formula: str) -> str:
    r"""A formula that nobody takes for text: W x is LaTeX if a space of LaTeX stands behind it."""
    return rf"{formula} \,"
