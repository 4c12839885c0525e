"""Characters beyond ASCII: which are read, as what, and which are refused by name."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from fractions import Fraction

_GREEK_LETTERS = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)

GREEK: Mapping[str, str] = {
    **{unicodedata.lookup(f"GREEK SMALL LETTER {n if n != 'lambda' else 'LAMDA'}"): n for n in _GREEK_LETTERS},
    **{
        unicodedata.lookup(f"GREEK CAPITAL LETTER {n if n != 'lambda' else 'LAMDA'}"): n.capitalize()
        for n in _GREEK_LETTERS
    },
    "ς": "sigma",
    "ϕ": "phi",
    "ϵ": "epsilon",
    "ϑ": "theta",
    "ϱ": "rho",
}
"""Greek letters and the names they are read as."""

GREEK_NAMES = frozenset(GREEK.values()) | {"varepsilon", "varphi", "vartheta", "varrho"}
"""What may follow a backslash in text: a Greek letter by name."""

OPERATORS: Mapping[str, str] = {
    "−": "-",
    "×": "*",
    "⊙": "*",
    "∘": "*",
    "÷": "/",
    "·": "·",
    "⋅": "·",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "ᵀ": "ᵀ",
    "⊤": "ᵀ",
    "′": "'",
    "’": "'",
    "″": "''",
    "‴": "'''",
    "∂": "∂",
}
"""Signs beyond ASCII and the signs they are read as; a run of primes becomes so many primes."""

ACCENTS: Mapping[str, str] = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar"}
"""Accents of a letter, appended to its name: ŷ is yhat."""

SUPERSCRIPTS: Mapping[str, str] = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
    "⁺": "+",
    "⁻": "-",
}
"""Superscripts: x² is x^2."""

_SUBSCRIPTS: Mapping[str, str] = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))

_REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(character: str) -> str | None:
    """The ASCII spelling of a character that may stand in a name, or None if it may not.

    >>> plain("δ"), plain("ŷ"), plain("₂"), plain("ж")
    ('delta', 'yhat', '2', None)
    """
    if character.isascii():
        return character if character.isalnum() or character == "_" else None
    if character in GREEK:
        return GREEK[character]
    if character in _SUBSCRIPTS:
        return _SUBSCRIPTS[character]
    if character in ACCENTS:
        return ACCENTS[character]
    folded = unicodedata.normalize("NFKC", character) if is_harmless(character) else ""
    if len(folded) == 1 and (folded.isascii() or folded in GREEK):
        return plain(folded)
    decomposed = unicodedata.normalize("NFD", character)
    base, marks = decomposed[0], decomposed[1:]
    if base.isascii() and base.isalpha() and marks and all(m in ACCENTS for m in marks):
        return base + "".join(ACCENTS[m] for m in marks)
    return None


def fraction(character: str) -> Fraction | None:
    """The value of a vulgar fraction.

    >>> fraction("½")
    Fraction(1, 2)
    """
    if not unicodedata.decomposition(character).startswith("<fraction>"):
        return None
    return Fraction(unicodedata.numeric(character)).limit_denominator(10)


def is_harmless(character: str) -> bool:
    """Whether compatibility folding only changes how a character looks: fullwidth forms, mathematical alphabets."""
    return 0xFF01 <= ord(character) <= 0xFF5E or 0x1D400 <= ord(character) <= 0x1D7FF


def is_refused(character: str) -> bool:
    """Whether a character is invisible or acts on a terminal: controls, bidirectional overrides, surrogates."""
    return unicodedata.category(character) in _REFUSED


def describe(character: str) -> str:
    """A character by number and name, never by itself.

    >>> describe("\u202e")
    'U+202E (RIGHT-TO-LEFT OVERRIDE)'
    """
    code = ord(character)
    category = unicodedata.category(character)
    fallback = {"Cs": "a lone surrogate", "Cc": "a control character"}.get(category, "no name")
    known = {0: "NUL", 7: "BELL", 27: "ESCAPE", 0x9B: "CONTROL SEQUENCE INTRODUCER"}
    return f"U+{code:04X} ({unicodedata.name(character, known.get(code, fallback))})"
