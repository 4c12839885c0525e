"""How wide a line of text may be on a screen whose fonts are not known: rather too much than too little."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iljt.,:;'|!()[]{}′″ˡ·ᵢⱼₗₜ⟨⟩‖ ")
_LARGE = frozenset("mwMW@%⊙⊗∑Σ∏⋅𝟏𝟙∂∇")
_SIGNS = frozenset("+−-=<>≤≥≠×±∈←→")


def text_width(text: str, size: float = 14.0) -> float:
    """The width of a line in the unit of its font size.

    >>> text_width("W W") > text_width("i i")
    True
    """
    return size * sum(map(_of, text))


def _of(c: str) -> float:
    if unicodedata.combining(c):
        return 0.0
    if unicodedata.east_asian_width(c) in "WF":
        return 1.1
    if c in _NARROW:
        return 0.38
    if c in _LARGE or c in _SIGNS:
        return 0.86
    if unicodedata.decomposition(c).startswith(("<sub>", "<super>")):
        return 0.46
    return 0.76 if c.isupper() else 0.62
