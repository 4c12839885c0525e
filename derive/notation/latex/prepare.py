r"""Tokens of a formula without what only says how it looks: spacing, sizes, colours, labels, layouts, boxes.

What is left has meaning. Alignment marks stay only inside matrices and cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.notation.latex.commands import (
    ACCENTS,
    BRACES,
    CASES,
    FONTS,
    IGNORED,
    IGNORED_WITH_ARGUMENT,
    LAYOUTS,
    LENGTHS,
    MATRICES,
    SEPARATORS,
    SIGNS,
    STACKED,
    TRANSPARENT,
)
from derive.notation.latex.statements import relation_sign
from derive.notation.latex.tokens import Token
from derive.notation.source import Source

_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*(em|ex|pt|mm|cm|in|mu)")
_POINTS = {"em": 10.0, "ex": 4.3, "pt": 1.0, "mm": 2.85, "cm": 28.5, "in": 72.3, "mu": 0.56}
_ROW_ENDS = ("row", "begin", "end_environment", "end")
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
        self.related = list(_seen_in_row(tokens))
        """At each token: whether a relation stands before it in its row."""
        self.relates = list(_seen_in_row(tokens[::-1]))[::-1]
        """The same, after it."""

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
                elif self._parts_columns():
                    self.out.append(Token("blank", "&", token.start, token.end))
            elif token.kind == "math":
                self._math(token)
            elif (self.at - 1) in self.closing or self._is_empty_group():
                continue
            elif token.is_sign("=") and self.out and self.out[-1].is_sign("+", "-"):
                # \mathrel{-}= is the sign -=.
                before = self.out.pop()
                self.out.append(Token("sign", before.text + "=", before.start, token.end))
            else:
                self.out.append(token)
        return self.out

    def _is_empty_group(self) -> bool:
        r"""Whether braces open here that group nothing, as in \cdot{}x, or only a sum's sign, {\sum_{i}}; they fall."""
        if not self.tokens[self.at - 1].is_sign("{"):
            return False
        if self.tokens[self.at].is_sign("}") and self.out and self.out[-1].is_sign("·", "×", "⊙", "=", "+", "-", "("):
            self.at += 1
            return True
        end = self._end_of_sum(self.at) if self.tokens[self.at].is_command("sum") else 0
        if end:
            self.closing[end] = None
        return bool(end)

    def _end_of_sum(self, place: int) -> int:
        """Where the brace stands that closes right after a sum's limits; 0 if something else follows them."""
        place += 1
        while self.tokens[place].is_sign("_", "^"):
            place += 1
            depth = 0
            while place < len(self.tokens) - 1:
                depth += self.tokens[place].is_sign("{") - self.tokens[place].is_sign("}")
                place += 1
                if depth <= 0:
                    break
        return place if self.tokens[place].is_sign("}") else 0

    def _command(self, token: Token) -> None:
        name = token.text
        if name in ("left", "right"):
            self._delimiter()
        elif name in IGNORED_WITH_ARGUMENT:
            before = self.at
            if name in LENGTHS and not self.tokens[self.at].is_sign("{"):
                self._skip_length()
            else:
                self._skip_argument()
            if name in ("hspace", "hskip") and self._is_wide(before):
                self.out.append(Token("blank", name, token.start, token.end))
        elif (name in FONTS or ACCENTS.get(name) == "") and self._stands_for_nabla():
            self.closing[self.at + 2] = None
            self.at += 1
        elif name in TRANSPARENT:
            for _ in range(TRANSPARENT[name] - 1):
                self._skip_argument()
            if name in STACKED and not self._stacks_a_sign():
                raise self.source.error(token.start, token.end, f"What \\{name} sets over or under a name is not read.",
                                        "Write it as a script, x^{…} or x_{…}.", "E-UNSUPPORTED")  # fmt: skip
            self._open_box()
        elif name in ("quad", "qquad"):
            self.out.append(Token("blank", name, token.start, token.end))
        elif name in IGNORED:
            return
        elif name in SIGNS:
            self.out.append(Token("sign", _escaped(SIGNS[name]), token.start, token.end, glued=token.glued))
        else:
            self.out.append(token)

    def _math(self, token: Token) -> None:
        r"""$ and \( … \) stand around a whole formula, and say nothing there; inside one they would part it."""
        before = self.tokens[self.at - 2] if self.at > 1 else None
        after = self.tokens[self.at]
        if not (before is None or _parts(before) or _parts(after)):
            message = "This sign begins or ends a formula, but stands inside one."
            raise self.source.error(token.start, token.end, message, "Write ( … ) for brackets.")

    def _parts_columns(self) -> bool:
        """Whether an & parts two columns of equations, a &= b & c &= d: both have a relation in this row."""
        if not self.out or relation_sign(self.out[-1]) or relation_sign(self.tokens[self.at]):
            return False
        return self.related[self.at - 1] and self.relates[self.at]

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

    def _skip_length(self) -> None:
        r"""\kern-3pt: a number and two letters of its unit."""
        start = self.tokens[self.at].start
        found = _LENGTH.match(self.source.text, start)
        if found is None:
            raise self.source.error(start, start + 1, "A length is expected here.", "Write it in braces.")
        while self.tokens[self.at].kind != "end" and self.tokens[self.at].start < found.end():
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

    def _stacks_a_sign(self) -> bool:
        """Whether what follows, in braces or not, is a relation or a product sign, over which a remark says nothing."""
        place = self.at + (self.at < len(self.tokens) and self.tokens[self.at].is_sign("{"))
        token = self.tokens[min(place, len(self.tokens) - 1)]
        return bool(relation_sign(token)) or token.is_command(*SEPARATORS, *BRACES)

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


def _seen_in_row(tokens: Sequence[Token]) -> Iterator[bool]:
    """At each token, whether a relation has come in its row by then."""
    seen = False
    for token in tokens:
        seen = token.kind not in _ROW_ENDS and (seen or bool(relation_sign(token)))
        yield seen


def _parts(token: Token) -> bool:
    """Whether a token stands between formulas."""
    return (
        token.kind in (*_ROW_ENDS, "math", "text", "blank")
        or token.is_sign("{", "}", "&", ",", ";", ".", ":")
        or bool(relation_sign(token))
        or token.is_command("quad", "qquad", *SEPARATORS, *IGNORED_WITH_ARGUMENT)
    )


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
