"""Tokens into the tree of what was written: a Pratt parser that knows precedence and of names only what a call needs.

Loosest first: a choice, comparison, sum, unary minus, product (`* / @ ·`, left to right), factors side by side, power
(right to left), postfix.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.notation.conventions import BESIDE, EITHER, MATRIX, OUTER
from derive.notation.cursor import Incomplete
from derive.notation.differentials import Differentials
from derive.notation.lexer import Token, too_deep
from derive.notation.limits import Limits
from derive.notation.operands import BESIDE_LEVEL, COMPARISON, POWER, PRODUCT, SUM
from derive.notation.source import Source
from derive.notation.syntax import (
    Call,
    Chain,
    Compared,
    Differential,
    Group,
    Mark,
    Name,
    Negated,
    Node,
    Num,
    Raised,
    Terms,
    height,
)
from derive.notation.words import Words

__all__ = ["Incomplete", "Parser", "is_whole", "parse"]

_BINDING = {
    **dict.fromkeys((">", ">=", "<", "<=", "==", "!="), COMPARISON),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys((*"*/@·", MATRIX, OUTER, EITHER), PRODUCT),
    **dict.fromkeys(("**", "^"), POWER),
}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_UNKNOWN = Words()


def parse(source: Source, tokens: Sequence[Token], limits: Limits, words: Words = _UNKNOWN) -> Node:
    """The tree of one formula; the last token is of kind `end`.

    Raises ReadError at the first token that does not fit, LimitError (E-DEPTH) past the depth limit.
    """
    return Parser(source, tokens, limits, words).formula()


class Parser(Differentials):
    """The part of the parser that knows signs and how tightly they bind."""

    def __init__(self, source: Source, tokens: Sequence[Token], limits: Limits, words: Words = _UNKNOWN) -> None:
        super().__init__(source, tokens, limits, words)
        self.nesting = 0

    def formula(self) -> Node:
        node = self.expression(COMPARISON)
        if self.token.kind != "end":
            raise self.unexpected(self.token)
        return node

    # ---- expressions

    def expression(self, minimum: int) -> Node:
        """What binds at least as tightly as `minimum`."""
        self.nesting += 1
        if self.nesting > 2 * self.limits.depth:
            raise too_deep(self.source, self.token.start, self.limits)
        left = self.prefix(minimum)
        while (binding := self._binding()) >= minimum:
            if binding == POWER:
                left = self._power(left)
            elif binding == COMPARISON:
                left = self._comparison(left)
            else:
                left = self._chain(left, binding)
        if minimum == COMPARISON:
            left = self._choice(left)
        self.nesting -= 1
        return left

    def _binding(self) -> int:
        """How tightly the sign that comes next binds, less than anything if none does; 2cosh(z) is a product."""
        if self.token.kind == "sign" and self.token.text in _BINDING:
            return _BINDING[self.token.text]
        if self._is_coefficient():
            return PRODUCT
        return BESIDE_LEVEL if self._is_beside() else -1

    def _is_coefficient(self) -> bool:
        """Whether a number stands right before a call; after / or ^ nobody knows what it would belong to."""
        before = self.before()
        is_call = self.token.kind == "name" and self.ahead(1).text in ("(", "'") and self.ahead(1).kind == "sign"
        if not is_call or before is None or before.kind != "number" or before.end != self.token.start:
            return False
        return self.index < 2 or self.tokens[self.index - 2].text not in ("/", "^", "**")

    def _is_beside(self) -> bool:
        """Whether another factor follows without a sign: a name, a bracket, a bar that opens; an indicator 1[…]."""
        token, before = self.token, self.before()
        if not self.words.may_stand_together or (before is not None and _is_scientific(before)):
            return False
        if token.kind == "name":
            return not (self.is_word("if") or self.is_word("else"))
        if token.kind == "number":
            is_indicator = token.value == 1 and self.ahead(1).text in ("[", "{") and self.ahead(1).start == token.end
            return is_indicator or (before is not None and before.text == ")" and self.is_adjacent())
        if token.kind != "sign":
            return False
        if token.text in ("|", "‖"):
            return token.text not in self.bars
        return token.text in ("(", "[", "∂")

    def _chain(self, first: Node, binding: int) -> Node:
        rest: list[tuple[str, Node]] = []
        if binding == PRODUCT and isinstance(first, Chain) and all(sign == BESIDE for sign, _ in first.rest):
            # What stands side by side in front is joined from left to right, too.
            rest, first = list(first.rest), first.first
        while self._binding() == binding:
            rest.append((self._product_sign(binding), self.expression(binding + 1)))
        kind = Terms if binding == SUM else Chain
        deep = height(first, *(part for _, part in rest))
        return self.deep(kind(first.start, rest[-1][1].end, deep, first, tuple(rest)))

    def _product_sign(self, binding: int) -> str:
        if binding == BESIDE_LEVEL:
            return BESIDE
        return self.advance().text if self.token.kind == "sign" else "*"

    def _power(self, base: Node) -> Node:
        sign = self.advance().text
        closed = sign == "^" and (self.token.text in ("{", "[") or self._is_mark() or self._is_bracketed_mark())
        exponent = self._exponent() if sign == "^" else self.expression(POWER)
        raised = self.deep(Raised(base.start, exponent.end, height(base, exponent), base, exponent, sign))
        return self.postfix(raised) if closed else raised

    def _is_mark(self) -> bool:
        """Whether a number comes next to which what follows cannot belong: W^2.T is the transpose of W^2."""
        return self.token.kind == "number" and self.ahead(1).text in (".", "ᵀ", "[")

    def _is_bracketed_mark(self) -> bool:
        """The same in brackets, as in W^(2).T."""
        ahead = [self.ahead(k) for k in (1, 2, 3)]
        return self.token.text == "(" and ahead[0].kind == "number" and [t.text for t in ahead[1:]] in (
            [")", "."], [")", "ᵀ"], [")", "["]
        )  # fmt: skip

    def _exponent(self) -> Node:
        """What follows ^: a power, {…}, or [1]."""
        opening = self.token
        if opening.kind == "name" and opening.text == "T" and not self.words.is_quantity("T"):
            self.advance()
            return Name(opening.start, opening.end, 1, "T")
        if self._is_mark():
            return self._exponent_number()
        if self._is_bracketed_mark():
            self.advance()
            inner = self._exponent_number()
            return Group(opening.start, self.expect(")", opening).end, 1, inner)
        if opening.text not in ("{", "[") or (opening.text == "[" and self.ahead(1).text == "["):
            return self.expression(POWER)
        self.advance()
        marked = opening.text == "[" or self.token.text == "["
        if opening.text == "{" and marked:
            inner = self._exponent()
        else:
            inner = self.expression(COMPARISON)
        end = self.expect(_CLOSING[opening.text], opening).end
        return self.deep((Mark if marked else Group)(opening.start, end, inner.depth, inner))

    def _exponent_number(self) -> Node:
        token = self.advance()
        return Num(token.start, token.end, 1, token.value, token.whole)

    def _comparison(self, left: Node) -> Node:
        sign = self.advance()
        right = self.expression(SUM)
        if _BINDING.get(self.token.text) == COMPARISON and self.token.kind == "sign":
            raise self.at(self.token, "Comparisons do not chain.", "Write (a < b) * (b < c).")
        return self.deep(Compared(left.start, right.end, height(left, right), sign.text, left, right))

    def _choice(self, node: Node) -> Node:
        """a if c else b, and c ? a : b."""
        if self.is_word("if"):
            self.advance()
            condition = self.expression(SUM)
            condition = self._comparison(condition) if self._binding() == COMPARISON else condition
            if not self.is_word("else"):
                raise self.at(self.token, "The word else is expected here.", "Write a if z > 0 else b.")
            self.advance()
            return self._where(condition, node, self.expression(COMPARISON))
        if self.is_sign("?"):
            self.advance()
            value = self.expression(COMPARISON)
            if not self.is_sign(":"):
                raise self.at(self.token, "A colon is expected here.", "Write where(z > 0, a, b).")
            self.advance()
            return self._where(node, value, self.expression(COMPARISON))
        return node

    def _where(self, condition: Node, value: Node, other: Node) -> Node:
        start, parts = min(condition.start, value.start), (condition, value, other)
        return self.deep(Call(start, other.end, height(*parts), "where", start, 0, parts, ()))

    # ---- what a formula starts with

    def prefix(self, minimum: int) -> Node:
        token = self.token
        repeated = self.repeated()
        if repeated is not None:
            return self.postfix(repeated)
        if token.kind == "number":
            self.advance()
            return self.postfix(Num(token.start, token.end, 1, token.value, token.whole))
        if token.kind == "name":
            operator = self._operator() if token.text == "d" and self._is_operator() else None
            return operator or self._quotient(self.postfix(self.named()))
        if self.is_sign("-", "+"):
            self.advance()
            operand = self.expression(max(minimum, PRODUCT))
            if token.text == "+":
                return operand
            return self.deep(Negated(token.start, operand.end, height(operand), operand))
        if self.is_sign("(", "{"):
            return self.postfix(self.bracketed())
        if self.is_sign("["):
            return self.postfix(self.square())
        if self.is_sign("|", "‖"):
            return self.postfix(self.barred())
        if self.is_sign("∂"):
            return self._operator() or self._quotient(self._differential())
        raise self.unexpected(token)

    def _differential(self) -> Node:
        sign = self.advance()
        inner = self.prefix(POWER)
        return self.deep(Differential(sign.start, inner.end, height(inner), inner))

    def _quotient(self, upper: Node) -> Node:
        """dE/dp is one factor, so that dE/dp dp/dz is a product of two."""
        lower = self.ahead(1)
        is_half = isinstance(upper, Differential) or (
            isinstance(upper, Name) and self.words.is_differential(upper.text)
        )
        if not (is_half and self.is_sign("/")):
            return upper
        if lower.text != "∂" and not (lower.kind == "name" and self.words.is_differential(lower.text)):
            return upper
        self.advance()
        below = self.expression(POWER)
        return self.deep(Chain(upper.start, below.end, height(upper, below), upper, (("/", below),)))

    def _is_operator(self) -> bool:
        """Whether a d is no quantity: a size of that name, above a differential, is not meant."""
        return not self.words.is_quantity("d") or (
            self.words.is_size("d") and self.ahead(2).kind == "name" and self.words.is_differential(self.ahead(2).text)
        )

    def _operator(self) -> Node | None:
        """d/dx f, ∂/∂x f: the derivative of the factors that follow side by side."""
        slash, below = self.ahead(1), self.ahead(2)
        is_partial = below.text == "∂" and below.kind == "sign" and self.ahead(3).kind == "name"
        is_total = below.kind == "name" and below.text[0] == "d" and len(below.text) > 1
        if slash.text != "/" or slash.kind != "sign" or not (is_partial or is_total):
            return None
        first = self.advance()
        self.advance()
        name = self.advance()
        variable = self.advance() if is_partial else Token("name", name.text[1:], name.start + 1, name.end)
        body = self.expression(BESIDE_LEVEL)
        if self._binding() == PRODUCT:
            raise self.at(self.token, "Where the derivative ends is not clear here.", "Write d/dx (…), with brackets.")
        wrt = Name(variable.start, variable.end, 1, variable.text)
        return self.deep(Call(first.start, body.end, height(body), "grad", name.end, 0, (body, wrt), ()))


def _is_scientific(token: Token) -> bool:
    """Whether a number is written as 1e-3, which may be a product to those who write factors side by side."""
    return token.kind == "number" and "e" in token.text.lower()


def is_whole(node: Node) -> Fraction | None:
    """The value of a number written with digits only, else None."""
    return node.value if isinstance(node, Num) and node.whole else None
