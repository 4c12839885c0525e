"""The tokens of one formula, where the reading stands in them, and the errors that point at them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from derive.errors import LimitError, ReadError
from derive.notation.latex.commands import NOT_OURS
from derive.notation.latex.tokens import Token
from derive.notation.lexer import too_deep
from derive.notation.limits import Limits
from derive.notation.source import Source
from derive.notation.syntax import Node

_LARGE = 1000
"""Numbers behind a notation that we do not have, past which it is its size that is refused."""


class Cursor(ABC):
    """What reading any part of a formula needs: the next token, and the parser to come back to."""

    def __init__(self, source: Source, tokens: Sequence[Token], limits: Limits, words: frozenset[str]) -> None:
        self.source = source
        self.tokens = list(tokens)
        self.limits = limits
        self.words = words
        self.index = 0
        self.nesting = 0
        self.bars: list[str] = []
        """Bars that are open at this level of brackets: the next one like it closes."""

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def ahead(self, count: int) -> Token:
        return self.tokens[max(0, min(self.index + count, len(self.tokens) - 1))]

    def advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.index += 1
        return token

    def expect(self, text: str, opening: Token) -> Token:
        if self.token.is_sign(text):
            return self.advance()
        shown = opening.text if opening.kind == "sign" else f"\\{opening.text}"
        if self.token.kind == "end":
            raise self.at(opening, f"The bracket {shown} is not closed.", f"Add the missing {text}.")
        raise self.unexpected(self.token)

    def deep(self, node: Node) -> Node:
        if node.depth > self.limits.depth:
            raise too_deep(self.source, node.start, self.limits)
        return node

    def at(self, token: Token, message: str, suggestion: str = "", code: str | None = None) -> ReadError:
        return self.source.error(token.start, max(token.end, token.start + 1), message, suggestion, code)

    def unexpected(self, token: Token) -> ReadError | LimitError:
        shown = f"\\{token.text}" if token.kind == "command" else token.text.removeprefix("\\")
        if token.kind == "end":
            return self.at(token, "The formula ends where an operand is expected.", "Complete it.")
        if token.is_sign(")", "]", "}", r"\}"):
            return self.at(token, f"The bracket {shown} closes here, but none like it is open.", "Remove it.")
        if token.kind == "text":
            return self.at(token, f"The words “{token.text[:40]}” stand inside a formula.", "Leave them out.")
        if token.kind == "command" and token.text in NOT_OURS:
            return self.not_ours(token)
        if token.is_sign("_", "^"):
            return self.at(token, f"The sign {shown} needs something before it.", "Write x^{…} or x_{…}.")
        if token.is_sign("&"):
            return self.at(token, "The sign & stands in matrices and alignments only.", "Remove it.")
        if token.kind in ("row", "blank"):
            return self.at(token, "The line ends inside a formula here.", "Close the bracket, or complete it.")
        return self.at(token, f"The sign {shown} does not fit here.")

    def not_ours(self, token: Token) -> ReadError | LimitError:
        what = NOT_OURS[token.text]
        if any(self.ahead(k).kind == "number" and self.ahead(k).value > _LARGE for k in range(1, 4)):
            return self.source.limit(token.start, token.end, f"This \\{token.text} is too large a number.",
                                     f"{what} are not read.")  # fmt: skip
        return self.at(token, f"{what} (\\{token.text}) are not read.", "Check the parts without it.", "E-UNSUPPORTED")

    # ---- the grammar, for parts that hold parts

    @abstractmethod
    def relational(self) -> Node: ...

    @abstractmethod
    def expression(self) -> Node: ...

    @abstractmethod
    def term(self) -> Node: ...

    @abstractmethod
    def factor(self) -> Node: ...

    @abstractmethod
    def atom(self) -> Node: ...

    @abstractmethod
    def starts_factor(self) -> bool: ...
