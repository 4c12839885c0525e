"""Text into tokens, each with its place in the text; one pass, one character of look-ahead, no backtracking."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derive.notation.characters import (
    GREEK_NAMES,
    OPERATORS,
    SUPERSCRIPTS,
    describe,
    fraction,
    is_harmless,
    is_refused,
    plain,
)
from derive.notation.limits import Limits
from derive.notation.source import Source

Kind = Literal["number", "name", "sign", "quoted", "newline", "end"]

_DIGITS = frozenset("0123456789")
_SPACES = frozenset(" \t\r\u00a0\u2009\u202f")
_DOUBLE = ("**", ">=", "<=", "==", "!=", ":=", "..", "+=", "-=")
_MATLAB = {".*": "*", "./": "/", ".^": "**"}
"""Products, quotients and powers entry by entry; with one of them in a line `*` is the matrix product."""
_OTHERS: Mapping[str, str] = {".'": "'", ".+": "+", ".-": "-", "%*%": "@", "%o%": "outer"}
"""Signs of MATLAB, Julia and R for what has a sign here."""
_BARS = {"||": "‖", "|": "|", "‖": "‖", "∥": "‖"}
_SINGLE = frozenset("+-*/@^()[]{}.,:;=<>'!?")
_MACROS = frozenset({"def", "newcommand", "renewcommand", "let", "gdef", "edef"})
_NAMED: Mapping[str, tuple[Kind, str]] = {"√": ("name", "sqrt"), "∑": ("name", "Sigma"), "𝟙": ("number", "1")}
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text: `text` is its plain spelling (δ2 → delta2, − → -), [start, end) its place.

    For a number, `value` is exact and `whole` says whether it was written with digits only.
    """

    kind: Kind
    text: str
    start: int
    end: int
    value: Fraction = Fraction(0)
    whole: bool = False


def lex(source: Source, limits: Limits) -> list[Token]:
    """The tokens of a text, ending with one of kind `end`.

    Raises ReadError for characters that no formula has, LimitError for numbers with too many digits.
    """
    return _Lexer(source, limits).run()


def check_depth(source: Source, limits: Limits) -> None:
    """Refuse text whose brackets nest deeper than the limit, before anything else looks at it (E-DEPTH)."""
    depth = 0
    for at, c in enumerate(source.text):
        if c in _OPENING:
            # \text{…} holds words, not a nested formula.
            depth += not (c == "{" and source.text.endswith("\\text", 0, at))
            if depth > limits.depth:
                raise too_deep(source, at, limits)
        elif c in _CLOSING:
            depth = max(0, depth - 1)


def too_deep(source: Source, at: int, limits: Limits) -> Exception:
    """The error for a formula that nests too deeply."""
    return source.limit(
        at,
        at + 1,
        f"The formula nests deeper than {limits.depth} levels here.",
        "Give a part of it a name on a line of its own.",
        code="E-DEPTH",
    )


class _Lexer:
    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.text = source.text
        self.limits = limits
        self.tokens: list[Token] = []
        self.at = 0

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            self._next()
        self.tokens.append(Token("end", "", self.at, self.at + 1))
        return self.tokens

    def _next(self) -> None:
        c = self.text[self.at]
        if c == "\n":
            self._add("newline", "\n", 1)
        elif c in _SPACES:
            self.at += 1
        elif c in _DIGITS or (c == "." and self._peek(1) in _DIGITS):
            self._number()
        elif c == "\\":
            self._command()
        elif self.text[self.at : self.at + 2] in _MATLAB:
            self._add("sign", _MATLAB[self.text[self.at : self.at + 2]], 2)
        elif (written := self._written(_OTHERS)) is not None:
            self._add("sign", _OTHERS[written], len(written))
        elif c in "'\"" and [t.text for t in self.tokens[-2:]] == ["einsum", "("]:
            self._quoted(c)
        elif self.text[self.at : self.at + 2] in _BARS or c in _BARS:
            bar = self.text[self.at : self.at + 2] if self.text[self.at : self.at + 2] in _BARS else c
            self._add("sign", _BARS[bar], len(bar))
        elif c in "#%" and self._is_comment(c):
            self.at = self.text.find("\n", self.at) if "\n" in self.text[self.at :] else len(self.text)
        elif self.text[self.at : self.at + 2] in _DOUBLE:
            self._add("sign", self.text[self.at : self.at + 2], 2)
        elif c in _SINGLE:
            self._add("sign", c, 1)
        else:
            self._other(c)

    def _written(self, signs: Mapping[str, str]) -> str | None:
        """The sign of a table that stands here."""
        return next((sign for sign in signs if self.text.startswith(sign, self.at)), None)

    def _quoted(self, quote: str) -> None:
        """'ij,jk->ik', the first argument of einsum."""
        end = self.text.find(quote, self.at + 1)
        if end < 0 or "\n" in self.text[self.at : end]:
            raise self.source.error(self.at, self.at + 1, "This quotation does not end.", f"Add the missing {quote}.")
        self.tokens.append(Token("quoted", self.text[self.at + 1 : end], self.at, end + 1))
        self.at = end + 1

    def _is_comment(self, c: str) -> bool:
        """# begins one anywhere, % at the beginning of a line or after a semicolon."""
        before = self.text[: self.at].rstrip(" \t")
        return c == "#" or not before or before[-1] in "\n;"

    def _peek(self, ahead: int) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def _add(self, kind: Kind, text: str, length: int) -> None:
        self.tokens.append(Token(kind, text, self.at, self.at + length))
        self.at += length

    def _other(self, c: str) -> None:
        if c == "⊗":
            self._add("sign", c, 1)
        elif c == "←":
            self._add("sign", ":=", 1)
        elif c in _NAMED:
            self._named(c)
        elif c in OPERATORS:
            signs = OPERATORS[c]
            for sign in signs if signs.startswith("'") else (signs,):
                self.tokens.append(Token("sign", sign, self.at, self.at + 1))
            self.at += 1
        elif c in SUPERSCRIPTS:
            self._superscript()
        elif plain(c) is not None:
            self._name()
        elif (value := fraction(c)) is not None:
            self.tokens.append(Token("number", str(value), self.at, self.at + 1, value))
            self.at += 1
        elif is_harmless(c):
            self._fullwidth(c)
        else:
            raise self._unread(c)

    def _named(self, c: str) -> None:
        """√ is sqrt, ∑ is Σ; 𝟙 the number 1 of an indicator."""
        kind, text = _NAMED[c]
        start = self.at
        self.at += 1
        mark = self._run(_NAME, self.at) if kind == "name" and self._peek(0) == "_" else self.at
        value = Fraction(1) if kind == "number" else Fraction(0)
        self.tokens.append(Token(kind, text + self.text[self.at : mark], start, mark, value, whole=kind == "number"))
        self.at = mark

    def _fullwidth(self, c: str) -> None:
        folded = unicodedata.normalize("NFKC", c)
        if folded not in _SINGLE:
            raise self._unread(c)
        self._add("sign", folded, 1)

    def _unread(self, c: str) -> Exception:
        if is_refused(c):
            message, hint = f"The text holds {describe(c)}, which no formula has.", "Remove it, or type the line again."
        elif not c.isascii():
            message, hint = f"The character {describe(c)} is not read.", "Use Latin and Greek letters and ASCII signs."
        else:
            return self.source.error(self.at, self.at + 1, f"The sign {c} has no meaning in a formula.", "Remove it.")
        return self.source.error(self.at, self.at + 1, message, hint, code="E-CHAR")

    def _run(self, allowed: frozenset[str], at: int) -> int:
        while at < len(self.text) and self.text[at] in allowed:
            at += 1
        return at

    def _number(self) -> None:
        """Digits, perhaps with a point and an exponent; `2.T` and `1..n` keep their points to themselves."""
        start = self.at
        whole_end = end = self._run(_DIGITS, start)
        if self.text[end : end + 1] == "." and self.text[end : end + 2] != "..":
            after = self.text[end + 1 : end + 2]
            if not (after.isalpha() or after == "_"):
                end = self._run(_DIGITS, end + 1)
        mantissa = self.text[start:end]
        exponent = 0
        if self.text[end : end + 1] in ("e", "E"):
            signed = end + 2 if self.text[end + 1 : end + 2] in ("+", "-") else end + 1
            stop = self._run(_DIGITS, signed)
            if stop > signed:
                exponent = self._exponent(end + 1, stop)
                end = stop
        if len(mantissa) + abs(exponent) > self.limits.digits:
            raise self._too_long(start, end)
        value = Fraction(mantissa) * Fraction(10) ** exponent
        self.tokens.append(Token("number", self.text[start:end], start, end, value, whole=end == whole_end))
        self.at = end

    def _exponent(self, start: int, end: int) -> int:
        if end - start > 6:
            raise self._too_long(start, end)
        return int(self.text[start:end])

    def _too_long(self, start: int, end: int) -> Exception:
        return self.source.limit(
            start, end, f"A number has more than {self.limits.digits} digits here.", "Write it as a power or a product."
        )

    def _name(self) -> None:
        """A letter and what follows: letters, digits, underscores, accents; W_{1} is spelled W_1."""
        start, parts = self.at, [""]
        while self.at < len(self.text):
            c = self.text[self.at]
            if c == "{" and parts[-1] == "_":
                stop = self._run(_DIGITS, self.at + 1)
                if self.text[stop : stop + 1] != "}":
                    break
                parts.append(self.text[self.at + 1 : stop])
                self.at = stop + 1
                continue
            spelled = None if c in SUPERSCRIPTS else plain(c)
            if spelled is None:
                break
            parts.append(spelled)
            self.at += 1
        self.tokens.append(Token("name", "".join(parts), start, self.at))

    def _superscript(self) -> None:
        """x² is x^2, x⁻¹ is x^-1."""
        start = self.at
        while self._peek(0) in SUPERSCRIPTS:
            self.at += 1
        plain_text = "".join(SUPERSCRIPTS[c] for c in self.text[start : self.at])
        self.tokens.append(Token("sign", "^", start, start + 1))
        if plain_text[0] in "+-":
            self.tokens.append(Token("sign", plain_text[0], start, start + 1))
            start, plain_text = start + 1, plain_text[1:]
        if not plain_text.isdigit():
            raise self.source.error(start, self.at, "This superscript is not a number.", "Write x^2 or x^(-1).")
        if len(plain_text) > self.limits.digits:
            raise self._too_long(start, self.at)
        self.tokens.append(Token("number", plain_text, start, self.at, Fraction(int(plain_text)), whole=True))

    def _command(self) -> None:
        """A Greek letter spelled as a command is a name; any other command is LaTeX."""
        start, end = self.at, self.at + 1
        while end < len(self.text) and self.text[end].isascii() and self.text[end].isalpha():
            end += 1
        word = self.text[start + 1 : end]
        if word in _MACROS:
            raise self.source.error(
                start, end, f"The macro command \\{word} is not read.", "Write the formula out.", code="E-MACRO"
            )
        if word not in GREEK_NAMES:
            raise self.source.error(
                start,
                max(end, start + 2),
                "LaTeX is not read here yet; write it as text, for example delta1 @ x.T",
            )
        self.at = start + 1
        self._name()
        name = self.tokens.pop()
        self.tokens.append(Token("name", name.text.removeprefix("var"), start, name.end))
