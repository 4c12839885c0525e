"""Tokens into the tree of what was written: a Pratt parser that knows precedence and no meaning.

Loosest first: comparison, sum, unary minus, product (`* / @ ·`, left to right), power (right to left), postfix.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.errors import ReadError
from derive.notation.conventions import MATRIX, OUTER
from derive.notation.lexer import Token, too_deep
from derive.notation.limits import Limits
from derive.notation.source import MissingSign, Source
from derive.notation.syntax import (
    Call,
    Chain,
    Compared,
    Differential,
    Group,
    Mark,
    Matrix,
    Name,
    Negated,
    Node,
    Num,
    Raised,
    Span,
    Subscripted,
    Terms,
    Transposed,
    height,
)


class Incomplete(ReadError):
    """The text ends before the formula does: more of it might make it right."""


COMPARISON, SUM, PRODUCT, POWER = range(4)

_BINDING = {
    **dict.fromkeys((">", ">=", "<", "<=", "==", "!="), COMPARISON),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys((*"*/@·", MATRIX, OUTER), PRODUCT),
    **dict.fromkeys(("**", "^"), POWER),
}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MODULES = frozenset({"np", "numpy"})
_SUBMODULES = frozenset({"linalg", "special"})
_METHODS = frozenset({"sum", "mean", "dot", "transpose", "trace"})
_FACTORIAL = 1000


def parse(source: Source, tokens: Sequence[Token], limits: Limits) -> Node:
    """The tree of one formula; the last token is of kind `end`.

    Raises ReadError at the first token that does not fit, LimitError (E-DEPTH) past the depth limit.
    """
    return Parser(source, tokens, limits).formula()


class Parser:
    """One formula's tokens; a position that only moves forward."""

    def __init__(self, source: Source, tokens: Sequence[Token], limits: Limits) -> None:
        self.source = source
        self.tokens = tokens
        self.limits = limits
        self.index = 0
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def formula(self) -> Node:
        node = self.expression(COMPARISON)
        if self.token.kind != "end":
            raise self._unexpected(self.token)
        return node

    # ---- expressions

    def expression(self, minimum: int) -> Node:
        """What binds at least as tightly as `minimum`."""
        self.nesting += 1
        if self.nesting > 2 * self.limits.depth:
            raise too_deep(self.source, self.token.start, self.limits)
        left = self.prefix(minimum)
        while (binding := self._binding()) >= minimum:
            if binding in (SUM, PRODUCT):
                left = self._chain(left, binding)
            elif binding == POWER:
                left = self._power(left)
            else:
                left = self._comparison(left)
        self.nesting -= 1
        return left

    def _binding(self) -> int:
        """How tightly the sign that comes next binds, less than anything if none does; 2cosh(z) is a product."""
        if self.token.kind == "sign":
            return _BINDING.get(self.token.text, -1)
        return PRODUCT if self._is_coefficient() else -1

    def _is_coefficient(self) -> bool:
        """Whether a number stands right before a call; after / or ^ nobody knows what it would belong to."""
        before = self.tokens[max(self.index - 1, 0)]
        is_call = self.token.kind == "name" and self._ahead(1).text in ("(", "'") and self._ahead(1).kind == "sign"
        if not is_call or before.kind != "number" or before.end != self.token.start:
            return False
        return self.index < 2 or self.tokens[self.index - 2].text not in ("/", "^", "**")

    def _deep(self, node: Node) -> Node:
        if node.depth > self.limits.depth:
            raise too_deep(self.source, node.start, self.limits)
        return node

    def _chain(self, first: Node, binding: int) -> Node:
        rest: list[tuple[str, Node]] = []
        while self._binding() == binding:
            sign = self._advance().text if self.token.kind == "sign" else "*"
            rest.append((sign, self.expression(binding + 1)))
        kind = Terms if binding == SUM else Chain
        last = rest[-1][1]
        return self._deep(kind(first.start, last.end, height(first, *(n for _, n in rest)), first, tuple(rest)))

    def _power(self, base: Node) -> Node:
        sign = self._advance().text
        closed = sign == "^" and (self.token.text in ("{", "[") or self._is_mark() or self._is_bracketed_mark())
        exponent = self._exponent() if sign == "^" else self.expression(POWER)
        raised = self._deep(Raised(base.start, exponent.end, height(base, exponent), base, exponent, sign))
        return self._postfix(raised) if closed else raised

    def _is_mark(self) -> bool:
        """Whether a number comes next to which what follows cannot belong: W^2.T is the transpose of W^2."""
        return self.token.kind == "number" and self._ahead(1).text in (".", "ᵀ", "[")

    def _is_bracketed_mark(self) -> bool:
        """The same in brackets, as in W^(2).T."""
        ahead = [self._ahead(k) for k in (1, 2, 3)]
        return self.token.text == "(" and ahead[0].kind == "number" and [t.text for t in ahead[1:]] in (
            [")", "."], [")", "ᵀ"], [")", "["]
        )  # fmt: skip

    def _exponent(self) -> Node:
        """What follows ^: a power, {…}, or [1]."""
        opening = self.token
        if self._is_mark():
            return self._exponent_number()
        if self._is_bracketed_mark():
            self._advance()
            inner = self._exponent_number()
            return Group(opening.start, self._expect(")", opening).end, 1, inner)
        if opening.text not in ("{", "[") or (opening.text == "[" and self._ahead(1).text == "["):
            return self.expression(POWER)
        self._advance()
        marked = opening.text == "[" or self.token.text == "["
        if opening.text == "{" and marked:
            inner = self._exponent()
        else:
            inner = self.expression(COMPARISON)
        end = self._expect(_CLOSING[opening.text], opening).end
        return self._deep((Mark if marked else Group)(opening.start, end, inner.depth, inner))

    def _exponent_number(self) -> Node:
        token = self._advance()
        return Num(token.start, token.end, 1, token.value, token.whole)

    def _comparison(self, left: Node) -> Node:
        sign = self._advance()
        right = self.expression(SUM)
        if _BINDING.get(self.token.text) == COMPARISON and self.token.kind == "sign":
            raise self._at(self.token, "Comparisons do not chain.", "Write (a < b) * (b < c).")
        return self._deep(Compared(left.start, right.end, height(left, right), sign.text, left, right))

    # ---- what a formula starts with

    def prefix(self, minimum: int) -> Node:
        token = self.token
        if token.kind == "number":
            self._advance()
            return self._postfix(Num(token.start, token.end, 1, token.value, token.whole))
        if token.kind == "name":
            return self._postfix(self._name())
        if token.text in ("-", "+") and token.kind == "sign":
            self._advance()
            operand = self.expression(max(minimum, PRODUCT))
            if token.text == "+":
                return operand
            return self._deep(Negated(token.start, operand.end, height(operand), operand))
        if token.text == "(":
            self._advance()
            inner = self.expression(COMPARISON)
            end = self._expect(")", token).end
            return self._postfix(Group(token.start, end, inner.depth, inner))
        if token.text == "[":
            return self._postfix(self._square())
        if token.text == "∂":
            self._advance()
            inner = self.prefix(POWER)
            return self._deep(Differential(token.start, inner.end, height(inner), inner))
        raise self._unexpected(token)

    def _name(self) -> Node:
        """A name, or a call; a leading np. says nothing."""
        token = self._advance()
        while token.text in _MODULES | _SUBMODULES and self.token.text == "." and self._ahead(1).kind == "name":
            self._advance()
            token = self._advance()
        primes = 0
        while self.token.text == "'":
            self._advance()
            primes += 1
        if self.token.text == "(":
            return self._call(token, primes)
        if primes:
            raise self._at(
                self.token, f"{token.text}' needs an argument.", f"Write {token.text}'(z), or .T to transpose."
            )
        return Name(token.start, token.end, 1, token.text)

    def _call(self, name: Token, primes: int, operand: Node | None = None) -> Node:
        opening = self._advance()
        arguments: list[Node] = [] if operand is None else [operand]
        keywords: list[tuple[str, Node]] = []
        while self.token.text != ")":
            if self.token.kind == "name" and self._ahead(1).text == "=":
                keyword = self._advance().text
                self._advance()
                keywords.append((keyword, self._value()))
            else:
                arguments.append(self.expression(COMPARISON))
            if self.token.text != ",":
                break
            self._advance()
        end = self._expect(")", opening).end
        deep = height(*arguments, *(value for _, value in keywords))
        start = name.start if operand is None else operand.start
        return self._deep(Call(start, end, deep, name.text, name.end, primes, tuple(arguments), tuple(keywords)))

    def _value(self) -> Node:
        """A keyword's value; 1..n for what an index runs over."""
        if self._ahead(1).text != "..":
            return self.expression(COMPARISON)
        first = self._advance()
        if first.kind != "number" or first.value != 1:
            raise self._at(first, "An index runs from 1.", "Write k=1..n.")
        self._advance()
        upper = self.expression(SUM)
        return Span(first.start, upper.end, height(upper), upper)

    def _square(self) -> Node:
        """[[a, b], [c, d]], or a condition [z > 0]."""
        opening = self._advance()
        if self.token.text != "[":
            inner = self.expression(COMPARISON)
            if not isinstance(inner, Compared):
                raise self._at(self.token if self.token.text != "]" else opening,
                               "Square brackets hold a matrix [[a, b], [c, d]] or a condition [z > 0].",
                               "Use round brackets to group.")  # fmt: skip
            end = self._expect("]", opening).end
            return Group(opening.start, end, inner.depth, inner)
        rows = [self._row()]
        while self.token.text == ",":
            self._advance()
            rows.append(self._row())
        end = self._expect("]", opening).end
        if len({len(row) for row in rows}) > 1:
            raise self.source.error(opening.start, end, "The rows of this matrix are not equally long.",
                                    "Give every row the same number of entries.")  # fmt: skip
        entries = [entry for row in rows for entry in row]
        return self._deep(Matrix(opening.start, end, height(*entries), tuple(rows)))

    def _row(self) -> tuple[Node, ...]:
        opening = self.token
        if opening.text != "[":
            raise self._at(opening, "A row of the matrix is expected here.", "Write [[a, b], [c, d]].")
        self._advance()
        entries = [self.expression(COMPARISON)]
        while self.token.text == ",":
            self._advance()
            entries.append(self.expression(COMPARISON))
        self._expect("]", opening)
        return tuple(entries)

    # ---- what may follow

    def _postfix(self, node: Node) -> Node:
        while True:
            token = self.token
            if token.text == ".":
                node = self._dotted(node)
            elif token.text == "ᵀ":
                self._advance()
                node = Transposed(node.start, token.end, height(node), node)
            elif token.text == "[":
                node = self._subscript(node)
            elif token.text == "!":
                raise self._factorial(node)
            else:
                return self._deep(node)
            self._deep(node)

    def _dotted(self, node: Node) -> Node:
        dot = self._advance()
        name = self.token
        if name.kind == "name" and name.text == "T":
            self._advance()
            return Transposed(node.start, name.end, height(node), node)
        if name.kind == "name" and name.text in _METHODS and self._ahead(1).text == "(":
            self._advance()
            return self._call(name, 0, node)
        shown = f".{name.text}" if name.kind == "name" else "."
        raise self.source.error(dot.start, name.end if name.kind == "name" else dot.end, f"{shown} is not read here.",
                                "After a formula, .T transposes; .sum(), .mean() and .dot() are read.")  # fmt: skip

    def _subscript(self, node: Node) -> Node:
        opening = self._advance()
        positions = [self._position()]
        while self.token.text == ",":
            self._advance()
            positions.append(self._position())
        end = self._expect("]", opening).end
        if isinstance(node, Num):
            if node.value == 1 and len(positions) == 1 and isinstance(positions[0], Compared):
                return Group(node.start, end, positions[0].depth, positions[0])
            raise self.source.error(node.start, end, "A number has no components.",
                                    "An indicator is written 1[z > 0].")  # fmt: skip
        return Subscripted(node.start, end, height(node, *positions), node, tuple(positions))

    def _position(self) -> Node:
        token = self.token
        if token.text != ":":
            return self.expression(COMPARISON)
        self._advance()
        return Span(token.start, token.end, 1, None)

    def _factorial(self, node: Node) -> Exception:
        if isinstance(node, Num) and node.value > _FACTORIAL:
            return self.source.limit(node.start, self.token.end, "This factorial is too large a number.",
                                     "Factorials are not read.")  # fmt: skip
        return self._at(self.token, "The sign ! is not read.", "Factorials are not read; != compares.")

    # ---- tokens

    def _advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.index += 1
        return token

    def _ahead(self, count: int) -> Token:
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def _expect(self, text: str, opening: Token) -> Token:
        if self.token.text == text and self.token.kind == "sign":
            return self._advance()
        if self.token.kind == "end":
            raise self._incomplete(opening, f"The bracket {opening.text} is not closed.", f"Add the missing {text}.")
        raise self._unexpected(self.token)

    def _at(self, token: Token, message: str, suggestion: str = "") -> Exception:
        return self.source.error(token.start, token.end, message, suggestion)

    def _incomplete(self, token: Token, message: str, suggestion: str) -> Exception:
        return Incomplete(message, position=self.source.position(token.start, token.end), suggestion=suggestion)

    def _unexpected(self, token: Token) -> Exception:
        before = self.tokens[self.index - 1] if self.index else None
        after_operand = before is not None and (before.kind in ("number", "name") or before.text in ")]}ᵀ")
        if token.kind == "end":
            return self._incomplete(token, "The formula ends where an operand is expected.", "Complete it.")
        if token.text in ")]}" and token.kind == "sign":
            return self._at(token, f"The bracket {token.text} closes here, but none like it is open.", "Remove it.")
        if token.text == "=":
            return self._at(token, "One formula is expected here, not a relation.", "Use == to compare.")
        if token.text == "⊗":
            return self._at(token, "The sign ⊗ has more than one meaning.", "Write outer(u, v), or * for entries.")
        if after_operand and (token.kind in ("number", "name") or token.text in "([{∂"):
            return MissingSign(f"A product needs its sign before {token.text}.",
                               position=self.source.position(token.start, token.end),
                               suggestion="Write * (by a scalar or elementwise) or @ (matrix product).")  # fmt: skip
        return self._at(token, f"The sign {token.text} does not fit here.")


def is_whole(node: Node) -> Fraction | None:
    """The value of a number written with digits only, else None."""
    return node.value if isinstance(node, Num) and node.whole else None
