"""A position in the tokens of one formula, and the errors that point there."""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import ReadError
from derive.notation.lexer import Token, too_deep
from derive.notation.limits import Limits
from derive.notation.source import MissingSign, Source, StrayNumber
from derive.notation.syntax import Node
from derive.notation.words import Words


class Incomplete(ReadError):
    """The text ends before the formula does: more of it might make it right."""


class Cursor:
    """One formula's tokens; a position that only moves forward."""

    def __init__(self, source: Source, tokens: Sequence[Token], limits: Limits, words: Words) -> None:
        self.source = source
        self.tokens = tokens
        self.limits = limits
        self.words = words
        self.index = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.index += 1
        return token

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def before(self, count: int = 1) -> Token | None:
        return self.tokens[self.index - count] if self.index >= count else None

    def is_sign(self, *texts: str) -> bool:
        return self.token.kind == "sign" and self.token.text in texts

    def is_word(self, text: str) -> bool:
        """Whether a word of the grammar (if, else) comes next, which is no quantity's name."""
        return self.token.kind == "name" and self.token.text == text and not self.words.is_quantity(text)

    def is_adjacent(self) -> bool:
        """Whether the token follows the one before it without a space."""
        before = self.before()
        return before is not None and before.end == self.token.start

    def expect(self, text: str, opening: Token) -> Token:
        if self.is_sign(text):
            return self.advance()
        if self.token.kind == "end":
            raise self.incomplete(opening, f"The bracket {opening.text} is not closed.", f"Add the missing {text}.")
        raise self.unexpected(self.token)

    # ---- errors

    def deep(self, node: Node) -> Node:
        """The node, unless it nests deeper than the limit (E-DEPTH)."""
        if node.depth > self.limits.depth:
            raise too_deep(self.source, node.start, self.limits)
        return node

    def at(self, token: Token, message: str, suggestion: str = "") -> Exception:
        return self.source.error(token.start, token.end, message, suggestion)

    def incomplete(self, token: Token, message: str, suggestion: str) -> Exception:
        return Incomplete(message, position=self.source.position(token.start, token.end), suggestion=suggestion)

    def missing_sign(self, token: Token) -> Exception:
        kind = StrayNumber if token.kind == "number" else MissingSign
        return kind(f"A product needs its sign before {token.text}.",
                    position=self.source.position(token.start, token.end),
                    suggestion="Write * (by a scalar or elementwise) or @ (matrix product).")  # fmt: skip

    def unexpected(self, token: Token) -> Exception:
        before = self.before()
        after_operand = before is not None and (before.kind in ("number", "name") or before.text in ")]}ᵀ")
        if token.kind == "end":
            return self.incomplete(token, "The formula ends where an operand is expected.", "Complete it.")
        if token.text in ")]}" and token.kind == "sign":
            return self.at(token, f"The bracket {token.text} closes here, but none like it is open.", "Remove it.")
        if token.text == "=":
            return self.at(token, "One formula is expected here, not a relation.", "Use == to compare.")
        if token.text == "⊗":
            return self.at(token, "The sign ⊗ has more than one meaning.", "Write outer(u, v), or * for entries.")
        if after_operand and (token.kind in ("number", "name") or token.text in "([{∂|‖"):
            return self.missing_sign(token)
        return self.at(token, f"The sign {token.text} does not fit here.")
