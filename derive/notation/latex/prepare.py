r"""Tokens of a formula without what only says how it looks: spacing, sizes, colours, labels, layouts, boxes.

What is left has meaning. Alignment marks stay only inside matrices and cases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.notation.latex.commands import (
    ACCENTS,
    CASES,
    FONTS,
    IGNORED,
    IGNORED_WITH_ARGUMENT,
    LAYOUTS,
    MATRICES,
    SIGNS,
    TRANSPARENT,
)
from derive.notation.latex.tokens import Token
from derive.notation.source import Source

_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*(em|ex|pt|mm|cm|in|mu)")
_POINTS = {"em": 10.0, "ex": 4.3, "pt": 1.0, "mm": 2.85, "cm": 28.5, "in": 72.3, "mu": 0.56}
_WIDE = 10.0
"""In points: a \\quad."""


def prepare(source: Source, tokens: Sequence[Token]) -> list[Token]:
    """The tokens that say something; ReadError for an environment that is no mathematics of ours."""
    return _Preparation(source, tokens).run()


class _Preparation:
    def __init__(self, source: Source, tokens: Sequence[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.out: list[Token] = []
        self.tables = 0
        """How many matrices or cases are open."""
        self.closing: dict[int, None] = {}
        """Places of closing braces that belong to a box, and fall with it."""

    def run(self) -> list[Token]:
        """All tokens that say something; braces around everything fall."""
        found = self._kept()
        while len(found) > 2 and found[0].is_sign("{") and _closes_at_the_end(found):
            found = [*found[1:-2], found[-1]]
        return found

    def _kept(self) -> list[Token]:
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.kind == "command":
                self._command(token)
            elif token.kind == "begin":
                self._begin(token)
            elif token.kind == "end_environment":
                self._end(token)
            elif token.is_sign("&"):
                if self.tables:
                    self.out.append(token)
            elif token.is_sign("$") or (self.at - 1) in self.closing:
                continue
            elif token.is_sign("=") and self.out and self.out[-1].is_sign("+", "-"):
                # \mathrel{-}= is the sign -=.
                before = self.out.pop()
                self.out.append(Token("sign", before.text + "=", before.start, token.end))
            else:
                self.out.append(token)
        return self.out

    def _command(self, token: Token) -> None:
        name = token.text
        if name in ("left", "right"):
            self._delimiter()
        elif name in IGNORED_WITH_ARGUMENT:
            before = self.at
            self._skip_argument()
            if name in ("hspace", "hskip") and self._is_wide(before):
                self.out.append(Token("blank", name, token.start, token.end))
        elif (name in FONTS or ACCENTS.get(name) == "") and self._stands_for_nabla():
            self.closing[self.at + 2] = None
            self.at += 1
        elif name in TRANSPARENT:
            for _ in range(TRANSPARENT[name] - 1):
                self._skip_argument()
            self._open_box()
        elif name in ("quad", "qquad"):
            self.out.append(Token("blank", name, token.start, token.end))
        elif name in IGNORED:
            return
        elif name in SIGNS:
            self.out.append(Token("sign", _escaped(SIGNS[name]), token.start, token.end, glued=token.glued))
        else:
            self.out.append(token)

    def _delimiter(self) -> None:
        r"""After \left and \right stands a bracket, or a dot for none."""
        if self.at < len(self.tokens) and self.tokens[self.at].is_sign("."):
            self.at += 1

    def _skip_argument(self) -> None:
        if self.at < len(self.tokens) and self.tokens[self.at].is_sign("*"):
            self.at += 1
        if self.at < len(self.tokens) and self.tokens[self.at].is_sign("["):
            while self.at < len(self.tokens) and not self.tokens[self.at].is_sign("]"):
                self.at += 1
            self.at += 1
        if self.at < len(self.tokens) and self.tokens[self.at].is_sign("{"):
            self.at = self._matching(self.at) + 1
        elif self.at < len(self.tokens) and self.tokens[self.at].kind != "end":
            self.at += 1

    def _is_wide(self, place: int) -> bool:
        """Whether a space is as wide as those between two formulas."""
        last = self.tokens[min(self.at, len(self.tokens)) - 1]
        found = _LENGTH.search(self.source.text[self.tokens[place].start : last.end]) if place < self.at else None
        return found is not None and float(found[1]) * _POINTS[found[2]] >= _WIDE

    def _stands_for_nabla(self) -> bool:
        r"""\boldsymbol{\nabla} and \vec{\nabla} are ∇."""
        inner = self.tokens[self.at : self.at + 3]
        return len(inner) == 3 and inner[0].is_sign("{") and inner[1].is_command("nabla") and inner[2].is_sign("}")

    def _open_box(self) -> None:
        """The brace that follows, and its partner, fall."""
        if self.at < len(self.tokens) and self.tokens[self.at].is_sign("{"):
            self.closing[self._matching(self.at)] = None
            self.at += 1

    def _matching(self, opening: int) -> int:
        depth = 0
        for place in range(opening, len(self.tokens)):
            depth += self.tokens[place].is_sign("{") - self.tokens[place].is_sign("}")
            if depth == 0:
                return place
        token = self.tokens[opening]
        raise self.source.error(token.start, token.end, "The brace { is not closed.", "Add the missing }.")

    def _begin(self, token: Token) -> None:
        if token.text in MATRICES or token.text in CASES:
            self.tables += 1
            self.out.append(token)
        elif token.text not in LAYOUTS:
            raise self.source.error(
                token.start, token.end, f"The environment {token.text} holds no formula that is read."
            )
        elif token.text in ("alignat", "alignedat", "IEEEeqnarray"):
            self._skip_argument()
        if token.text == "array" and self.at < len(self.tokens) and self.tokens[self.at].is_sign("{"):
            self._skip_argument()

    def _end(self, token: Token) -> None:
        if token.text in MATRICES or token.text in CASES:
            self.tables = max(0, self.tables - 1)
            self.out.append(token)


def _closes_at_the_end(tokens: Sequence[Token]) -> bool:
    """Whether the brace that opens first closes last, before the end."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += token.is_sign("{") - token.is_sign("}")
        if depth == 0:
            return place == len(tokens) - 2
    return False


def _escaped(sign: str) -> str:
    r"""\{ is a bracket that is seen; { only groups."""
    return {"{": r"\{", "}": r"\}"}.get(sign, sign)
