r"""LaTeX into tokens, each with its place in the source; one pass, no backtracking.

Bare letters are tokens of one letter, for `ab` is a product. Letters that run together are one word where they spell a
name of the question or a function before a bracket: the caller says which words there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from derive.notation.characters import (
    GREEK,
    OPERATORS,
    describe,
    fraction,
    is_refused,
    plain,
)
from derive.notation.latex.commands import FUNCTION_WORDS, UPRIGHT, WORDS
from derive.notation.limits import Limits
from derive.notation.source import Source

Kind = Literal[
    "command", "letter", "word", "operator", "text", "number", "sign", "math", "begin", "end_environment", "row",
    "blank", "end",
]  # fmt: skip

_LENGTH = re.compile(r"\s*-?[\d.]+\s*(pt|em|ex|cm|mm|in|mu)\s*")
_POWER_OF_TEN = re.compile(r"[eE][+-]?\d")
_SPACES = frozenset(" \t\r\n\u00a0\u2009\u202f\u200a\u3000")
_DIGITS = frozenset("0123456789")
_DOUBLE = (":=", "<=", ">=", "!=", "==", "+=", "-=", "<-", "->", "||", ".*", "./", ".^", "**")
_SIGNS = frozenset("+-*/@^_()[]{}.,:;=<>!|&'#")
_RELATIONS = {"←": "<-", "→": "->", "∈": "in", "≔": ":=", "≈": "~", "∼": "~", "≡": "=", "⇒": "\\Rightarrow", "∥": "‖"}
_UNDER_ROOT = re.compile(r"√(?:[0-9]+[^\W\d_]|[^\W\d_]{2})")
"""√2π and √ab, with no brackets."""

_TOGETHER = {"Σ": "sum", "∑": "sum", "∇": "nabla", "√": "sqrt", "∞": "infty", "…": "dots", "⊗": "otimes", "ℓ": "ell"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the plain spelling; [start, end) the place; `glued`: nothing stands between it and the token before."""

    kind: Kind
    text: str
    start: int
    end: int
    value: Fraction = Fraction(0)
    glued: bool = False

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs

    def is_command(self, *names: str) -> bool:
        return self.kind == "command" and self.text in names


def lex(source: Source, limits: Limits, words: Collection[str] = (), by_lines: bool = False) -> list[Token]:
    """The tokens of a LaTeX text, ending with one of kind `end`; `by_lines`: each line of it is a row.

    Raises ReadError for characters that no formula has, LimitError for numbers with too many digits.
    """
    return _Lexer(source, limits, words, 1 if by_lines else 2).run()


def _script_of(c: str) -> str | None:
    """^ or _ for a character that is a letter, digit, sign or bracket above or below the line; None for others."""
    sign = {"<super>": "^", "<sub>": "_"}.get(unicodedata.decomposition(c).partition(" ")[0])
    inner = unicodedata.normalize("NFKC", c) if sign else ""
    is_read = len(inner) == 1 and (inner in "+-−()=" or inner in GREEK or (inner.isascii() and inner.isalnum()))
    return sign if is_read else None


class _Lexer:
    def __init__(self, source: Source, limits: Limits, words: Collection[str], breaks: int) -> None:
        self.source = source
        self.text = source.text
        self.limits = limits
        self.words = words
        self.breaks = breaks
        """Line breaks that end a row."""
        self.longest = max((len(w) for w in words), default=0)
        self.tokens: list[Token] = []
        self.at = 0
        self.was_space = False

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            before = len(self.tokens)
            is_space = self._next()
            if is_space is not True and len(self.tokens) == before:
                self.was_space = True
        self.tokens.append(Token("end", "", self.at, self.at + 1))
        return self.tokens

    def _add(self, kind: Kind, text: str, end: int, value: Fraction = Fraction(0)) -> None:
        self.tokens.append(Token(kind, text, self.at, end, value, glued=not self.was_space))
        self.was_space = False
        self.at = end

    def _next(self) -> bool | None:
        c = self.text[self.at]
        if c in _SPACES:
            self._space()
            return True
        if c == "%":
            stop = self.text.find("\n", self.at)
            self.at = len(self.text) if stop < 0 else stop
        elif c == "~":
            self.at += 1
        elif c == "\\":
            self._command()
        elif c in _DIGITS or (
            c == "." and self.text[self.at + 1 : self.at + 2] in _DIGITS and self.at + 1 < len(self.text)
        ):
            self._number()
        elif c.isascii() and c.isalpha():
            self._letters()
        elif self.text.startswith("...", self.at):
            self._add("command", "dots", self.at + 3)
        elif self.text[self.at : self.at + 2] in _DOUBLE:
            self._double()
        elif c == "$":
            self._add("math", c, self.at + 1 + self.text.startswith("$$", self.at))
        elif c in _SIGNS:
            self._add("sign", c, self.at + 1)
        else:
            self._other(c)
        return None

    def _space(self) -> None:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in _SPACES:
            self.at += 1
        self.was_space = True
        if self.text.count("\n", start, self.at) >= self.breaks:
            self.tokens.append(Token("row", "", start, self.at))

    def _double(self) -> None:
        text = self.text[self.at : self.at + 2]
        if text == "||":
            self._add("sign", "‖", self.at + 2)
        elif text in (".*", "./", ".^"):
            self._add("sign", "⊙" if text == ".*" else text[1], self.at + 2)
        elif text == "**":
            raise self.source.error(self.at, self.at + 2, "** is no LaTeX.", "Write ^{…} for a power.")
        else:
            self._add("sign", text, self.at + 2)

    def _number(self) -> None:
        end = self.at
        while end < len(self.text) and self.text[end] in _DIGITS:
            end += 1
        if self.text[end : end + 1] == "." and self.text[end + 1 : end + 2] in _DIGITS and end + 1 < len(self.text):
            end += 1
            while end < len(self.text) and self.text[end] in _DIGITS:
                end += 1
        if self.text[end : end + 1] == "." and self.text[end + 1 : end + 2] in _DIGITS and end + 1 < len(self.text):
            # 3.5.1.5 is no number, but may be a tag: it is for the parser to refuse it.
            while end < len(self.text) and (self.text[end] in _DIGITS or self.text[end] == "."):
                end += 1
            self._add("number", self.text[self.at : end], end)
            return
        if _POWER_OF_TEN.match(self.text, end):
            raise self.source.error(end, end + 1, "Whether e is a power of ten or a factor here is not clear.",
                                    "Write 10^{-3}, or 2 \\cdot e - 3.")  # fmt: skip
        if end - self.at > self.limits.digits:
            raise self.source.limit(self.at, end, f"A number has more than {self.limits.digits} digits here.",
                                    "Write it as a power or a product.")  # fmt: skip
        self._add("number", self.text[self.at : end], end, Fraction(self.text[self.at : end]))

    def _letters(self) -> None:
        """A letter; or a word that is known, the longest one that starts here."""
        limit = min(len(self.text), self.at + max(self.longest, 12))
        run = self.at
        while run < limit and self.text[run].isascii() and self.text[run].isalpha():
            run += 1
        digits = run
        while digits < limit and self.text[digits] in _DIGITS:
            digits += 1
        for end in (digits, *range(run, self.at + 1, -1)):
            word = self.text[self.at : end]
            if end - self.at >= 2 and (word in self.words or self._is_function(word, end)):
                self._add("word", word, end)
                return
        self._add("letter", self.text[self.at], self.at + 1)

    def _is_function(self, word: str, end: int) -> bool:
        """A function's name that stands bare: before a bracket, or where no letter goes before or after it."""
        if word not in FUNCTION_WORDS or len(word) < 2 or word in ("id", "dot"):
            return False
        following = self.text[end : end + 12].lstrip()
        if following.startswith(("(", "[", r"\left", r"\big", r"\Big", "'", "^", "_", "{")):
            return True
        alone = self.at == 0 or not self.text[self.at - 1].isalpha()
        return alone and len(word) > 2 and not self.text[end : end + 1].isalpha()

    # ---- commands

    def _command(self) -> None:
        end = self.at + 1
        while end < len(self.text) and self.text[end].isascii() and self.text[end].isalpha():
            end += 1
        if end == self.at + 1:
            self._one_character()
            return
        name = self.text[self.at + 1 : end]
        if self.text[end : end + 1] == "*" and name in (
            "operatorname",
            "tag",
            "hspace",
            "DeclareMathOperator",
            "newcommand",
        ):
            end += 1
        if name in ("begin", "end"):
            self._environment(name, end)
        elif name in WORDS or name in UPRIGHT:
            self._words(name, end)
        elif name in ("newline", "cr", "par"):
            self._add("row", name, end)
        else:
            self._add("command", name, end)

    def _one_character(self) -> None:
        c = self.text[self.at + 1 : self.at + 2]
        if c == "\\":
            end = self.at + 2
            if self.text[end : end + 1] == "*":
                end += 1
            stop = self.text.find("]", end) if self.text[end : end + 1] == "[" else -1
            if stop > 0 and _LENGTH.fullmatch(self.text, end + 1, stop):
                end = stop + 1
            self._add("row", "\\", end)
        elif c in ("(", ")", "[", "]"):
            self._add("math", c, self.at + 2)
        elif c in "#$%&_" and c:
            raise self.source.error(self.at, self.at + 2, f"The sign {c} has no meaning in a formula.", "Remove it.")
        elif c == "":
            raise self.source.error(self.at, self.at + 1, "A command is expected after the backslash.")
        else:
            self._add("command", c, self.at + 2)

    def _environment(self, name: str, at: int) -> None:
        start, stop = self._argument(at)
        inner = self.text[start:stop].strip().rstrip("*")
        if not inner.isalpha():
            raise self.source.error(self.at, stop, f"\\{name} needs the name of an environment.")
        self._add("begin" if name == "begin" else "end_environment", inner, stop + 1)

    def _argument(self, at: int) -> tuple[int, int]:
        """Where the {argument} that follows begins and ends, the braces excluded."""
        while at < len(self.text) and self.text[at] in _SPACES:
            at += 1
        if self.text[at : at + 1] != "{":
            raise self.source.error(self.at, at, "An argument in braces is expected here.", "Write {…}.")
        depth = 0
        for place in range(at, len(self.text)):
            c = self.text[place]
            if c == "{" and self.text[place - 1] != "\\":
                depth += 1
            elif c == "}" and self.text[place - 1] != "\\":
                depth -= 1
                if depth == 0:
                    return at + 1, place
        raise self.source.error(at, at + 1, "The brace { is not closed.", "Add the missing }.")

    def _words(self, name: str, at: int) -> None:
        r"""\text{…} holds words; \mathrm{…} a name, if it has letters only, else a formula."""
        probe = at
        while probe < len(self.text) and self.text[probe] in _SPACES:
            probe += 1
        if self.text[probe : probe + 1] != "{":
            self._add("command", name, at)
            return
        start, stop = self._argument(at)
        inner = self.text[start:stop].strip().replace("\\_", "_")
        is_name = inner.replace("_", "").replace("-", "").isalnum() and not inner[0].isdigit() and inner.isascii()
        if not inner:
            self.at, self.was_space = stop + 1, True
        elif len(inner) == 1 and inner in _SIGNS - {"{", "}", ",", ".", ";", ":"}:
            self._add("sign", inner, stop + 1)
        elif is_name and name == "operatorname":
            self._add("operator", inner.replace("-", ""), stop + 1)
        elif len(inner) > 1 and is_name and not (name in WORDS and self.text[start] in _SPACES):
            self._add("word", inner.replace("-", ""), stop + 1)
        elif name in WORDS and not (len(inner) == 1 and inner.isalnum()) and "\\" not in inner and "$" not in inner:
            self._add("text", inner, stop + 1)
        else:
            self._add("command", name, at)

    # ---- characters beyond ASCII

    def _other(self, c: str) -> None:
        if c in OPERATORS:
            self._operator(OPERATORS[c], c)
        elif c in _RELATIONS:
            meant = _RELATIONS[c]
            self._add("command" if meant.startswith("\\") else "sign", meant.lstrip("\\"), self.at + 1)
        elif c == "√" and (far := _UNDER_ROOT.match(self.text, self.at)):
            raise self.source.error(self.at, far.end(), "How far the root reaches is not clear.",
                                    "Write √(…).", "E-AMBIGUOUS")  # fmt: skip
        elif c in _TOGETHER and not (c == "Σ" and "Sigma" in self.words):
            self._add("command", _TOGETHER[c], self.at + 1)
        elif c in GREEK:
            self._add("letter", GREEK[c], self.at + 1)
        elif (script := _script_of(c)) is not None:
            self._script(script)
        elif (value := fraction(c)) is not None:
            self._add("number", str(value), self.at + 1, value)
        elif (folded := plain(c)) is not None and folded.isalnum():
            self._add("number" if folded.isdigit() else "letter", folded, self.at + 1,
                      Fraction(folded) if folded.isdigit() else Fraction(0))  # fmt: skip
        else:
            what = describe(c) if is_refused(c) or not c.isascii() else c
            raise self.source.error(self.at, self.at + 1, f"The character {what} is not read.",
                                    "Remove it, or write the command for it.",
                                    code=None if c.isascii() and c.isprintable() else "E-CHAR")  # fmt: skip

    def _script(self, sign: str) -> None:
        """A run of small letters, digits and brackets above or below the line: z⁽ˡ⁺¹⁾ is z^{(l+1)}, a₁ is a_{1}."""
        start = self.at
        self._add("sign", sign, start)
        self._add("sign", "{", start)
        while self.at < len(self.text) and _script_of(self.text[self.at]) == sign:
            end = self.at + 1
            inner = unicodedata.normalize("NFKC", self.text[self.at])
            if inner.isdigit():
                while end < len(self.text) and _script_of(self.text[end]) == sign and self.text[end].isdigit():
                    end += 1
                inner = unicodedata.normalize("NFKC", self.text[self.at : end])
            if len(inner) > self.limits.digits:
                raise self.source.limit(self.at, end, f"A number has more than {self.limits.digits} digits here.",
                                        "Write it as a power or a product.")  # fmt: skip
            kind: Kind = "number" if inner.isdigit() else "letter" if inner.isalpha() else "sign"
            inner = {"−": "-"}.get(inner, GREEK.get(inner, inner))
            self._add(kind, inner, end, Fraction(inner) if kind == "number" else Fraction(0))
        self._add("sign", "}", self.at)

    def _operator(self, sign: str, c: str) -> None:
        place = self.at
        if sign == "ᵀ":
            self._add("sign", "^", place)
            self._add("command", "top", place + 1)
        elif sign == "∂":
            self._add("command", "partial", place + 1)
        elif sign.startswith("'"):
            for _ in sign:
                self.at = place
                self._add("sign", "'", place + 1)
        else:
            self._add("sign", {"×": "×", "⊙": "⊙", "∘": "⊙"}.get(c, sign), place + 1)
