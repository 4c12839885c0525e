r"""Equations that speak for themselves, none of whose names the notes declare: ∇_x(xᵀAx) = (A + Aᵀ)x."""

from __future__ import annotations

import re

from derive.checking.verdict import Verdict
from derive.errors import DeriveError
from derive.standalone import check_standalone

_DERIVES = re.compile(
    r"^\s*(?:\\nabla(?![A-Za-z])[^=]*(?:\(|\\\||\^)"
    r"|\\frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{?d\}?)\s*\}|\\frac\s*\{\s*\\partial\s*[({\\|])"
)
_LONE = re.compile(r"^\s*\\?[A-Za-z]+\s*(?:[_^]\s*(?:\{[^{}]*\}|\w))*\s*$")


def by_itself(left: str, right: str) -> Verdict | None:
    """The verdict on left = right in the shapes that custom and use give its names; None where that is doubtful.

    A derivative of a formula says all that there is to say. Of other equations only a proof is taken: what the names
    of xᵀw = z stand for nobody knows.
    """
    if _LONE.match(left):
        return None
    try:
        verdict = check_standalone(f"{left.strip()} = {right.strip()}")
    except DeriveError:
        return None
    if verdict.reading is None or verdict.verdict not in ("proved", "agrees", "refuted", "conditional"):
        return None
    is_derivative = bool(_DERIVES.match(left))
    return verdict if is_derivative or verdict.verdict in ("proved", "agrees") else None
