"""Product signs as their author means them: `*` for a matrix product, `⊗` entry by entry."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from derive.expression.scope import Conventions
from derive.notation.lexer import Token
from derive.notation.source import Source

MATRIX, OUTER, BESIDE, EITHER = "matrix", "outer", "beside", "either"
"""Signs that nobody types: a matrix product that also scales; an outer product; nothing between two factors; a sign
that may mean a matrix product or one entry by entry, as × and * do in mathematics."""

_MEANINGS: Mapping[str, str] = {"elementwise": "*", "matrix": MATRIX, "outer": OUTER}
_COMMANDS: Mapping[str, str] = {"⊗": r"\otimes", "⊙": r"\odot", "∘": r"\circ", "·": r"\cdot", "×": r"\times"}


def in_convention(source: Source, tokens: Sequence[Token], conventions: Conventions) -> list[Token]:
    """The tokens with each product sign replaced by what it means to the author; LaTeX keys count for their signs."""
    if conventions.operators:
        return [_meant(source, token, conventions.operators) for token in tokens]
    if not _is_matlab(source, tokens):
        return list(tokens)
    stars = (source.text[token.start : token.end] == "*" for token in tokens)
    return [dataclasses.replace(t, text=EITHER) if star else t for t, star in zip(tokens, stars, strict=True)]


def _is_matlab(source: Source, tokens: Sequence[Token]) -> bool:
    """Whether W' transposes here, or .* multiplies entry by entry: then * does not, or need not."""
    if any(token.text in ("@", "ᵀ") or token.text in ("np", "numpy", "T") for token in tokens):
        return False
    if any(source.text[token.start : token.end] in (".*", "./", ".^") for token in tokens):
        return True
    return any(token.text == "'" and after.text not in ("'", "(") for token, after in pairwise(tokens))


_MATLAB_SIGN = re.compile(r"(?<![0-9])\.[*/^]|\.'")


def has_matlab_signs(text: str) -> bool:
    """Whether a product or power entry by entry is written as in MATLAB or Julia: .* and .^, but not 1./x."""
    return _MATLAB_SIGN.search(text) is not None


_ARRAY_CODE = re.compile(r"\b(?:np|numpy|torch|jnp)\.|\b(?:axis|dim) ?=|\.(?:sum|mean)\(")


def has_array_calls(text: str) -> bool:
    """Whether a text calls functions of an array library as one does in Python."""
    return _ARRAY_CODE.search(text) is not None


def _meant(source: Source, token: Token, operators: Mapping[str, str]) -> Token:
    if token.kind != "sign":
        return token
    written = source.text[token.start : token.end]
    meaning = operators.get(written) or operators.get(_COMMANDS.get(written, ""))
    return token if meaning is None else dataclasses.replace(token, text=_MEANINGS[meaning])
