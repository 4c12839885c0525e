"""Second and higher derivatives as text writes them: ∂²E/∂w², ∂²E/∂w_i∂w_j, d2E/dw2, d^2 y/dx^2, ∂²/∂w² E."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from derive.notation.lexer import Token
from derive.notation.operands import BESIDE_LEVEL, Operands
from derive.notation.syntax import Name, Node, Repeated, Transposed, height

_UPPER = re.compile(r"d([2-9])(?:([^\W\d_]\w*))?")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_POWERED = re.compile(r"(.*[^\W\d])([2-9])")


@dataclass(frozen=True)
class _Variable:
    """One ∂w² of a lower half: the variable as a tree, and how often it differentiates."""

    node: Node
    order: int


class Differentials(Operands):
    """The part of the parser that knows quotients of higher order."""

    def repeated(self) -> Node | None:
        """The quotient that comes next, if its upper half says d², and nothing else can be meant; else None."""
        start = self.token
        found = self._upper() if start.text[:1] in ("d", "∂") else None
        if found is None:
            return None
        order, first = found
        if first.kind == "name":
            self._respell(first)
        of = None if self.is_sign("/") else self._differentiated()
        self.advance()
        variables = _counted(self._lower(), order)
        if sum(v.order for v in variables) != order:
            raise self.source.error(start.start, self.tokens[self.index - 1].end,
                                    f"This derivative has order {order} above, but not below.",
                                    "Write d2E/dw2, or d2E/(dw[i] dw[j]).")  # fmt: skip
        wrt = tuple(v.node for v in variables for _ in range(v.order))
        end = self.tokens[self.index - 1].end
        if of is None:
            of = self.expression(BESIDE_LEVEL)
            end = of.end
        return self.deep(Repeated(start.start, end, height(of, *wrt), of, wrt))

    def _upper(self) -> tuple[int, Token] | None:
        """The order and the token that follows it, if all of an upper half and a lower one come next; d or ∂ and the
        order are passed then, and of d2E what is left is E."""
        token, sign, number = self.token, self.ahead(1), self.ahead(2)
        is_d = token.text == "d" and token.kind == "name"
        is_d = is_d and (not self.words.is_quantity("d") or self.words.is_size("d"))
        if is_d or self.is_sign("∂"):
            is_order = sign.text in ("^", "**") and number.kind == "number" and number.whole and 2 <= number.value <= 9
            if not is_order or not self._reaches(self.index + 3):
                return None
            self.index += 3
            return int(number.value), self.token
        may_be = token.kind == "name" and not self.words.is_quantity(token.text)
        match = _UPPER.fullmatch(token.text) if may_be else None
        if match is None or not self._reaches(self.index + (not match[2])):
            return None
        if match[2]:
            return int(match[1]), replace(token, text=match[2], start=token.start + 2)
        self.advance()
        return int(match[1]), self.token

    def _reaches(self, place: int) -> bool:
        """Whether one name or bracket, with what may follow it, and then the slash of a quotient stand at a place.

        Only looks: a formula that turns out to be no quotient is parsed once.
        """
        depth, first = 0, place
        for at in range(place, len(self.tokens) - 1):
            token = self.tokens[at]
            if token.kind == "sign" and token.text in _OPENING:
                depth += 1
            elif token.kind == "sign" and token.text in _CLOSING:
                depth -= 1
            elif depth == 0 and token.text == "/":
                return self._is_differential(*self.tokens[at + 1 : at + 3])
            elif depth == 0 and at > first and token.text not in (".", "T", "ᵀ", "'"):
                return False
            if depth < 0:
                return False
        return False

    def _respell(self, token: Token) -> None:
        """Go on with another token in the place of this one."""
        if token == self.token:
            return
        self.tokens = [*self.tokens[: self.index], token, *self.tokens[self.index + 1 :]]

    def _differentiated(self) -> Node:
        """What stands above behind ∂²: a name, a call, or something in brackets."""
        if self.token.kind == "name":
            return self.postfix(self.named())
        if not self.is_sign("("):
            raise self.unexpected(self.token)
        return self.postfix(self.bracketed())

    # ---- the lower half

    def _is_differential(self, token: Token, following: Token | None = None) -> bool:
        if token.text == "(" and token.kind == "sign":
            return following is not None and self._is_differential(following)
        return token.text == "∂" or (token.kind == "name" and self._is_d(token))

    def _is_d(self, token: Token) -> bool:
        may_be = token.text[0] == "d" and len(token.text) > 1
        return may_be and (self.words.is_differential(token.text) or not self.words.is_quantity(token.text))

    def _lower(self) -> list[_Variable]:
        opening = self.advance() if self.is_sign("(") else None
        found: list[_Variable] = []
        while self._is_differential(self.token) and not self.is_sign("("):
            found.append(self._variable())
            if opening is not None and self.is_sign("*", "·"):
                self.advance()
        if opening is not None:
            self.expect(")", opening)
        return found

    def _variable(self) -> _Variable:
        """∂w, ∂w², ∂w[i], dw, dw^2, ∂wᵀ."""
        if self.is_sign("∂"):
            self.advance()
        else:
            self._respell(replace(self.token, text=self.token.text[1:], start=self.token.start + 1))
        token = self.token
        if token.kind != "name" and not self.is_sign("("):
            raise self.unexpected(token)
        if token.kind == "name":
            self.advance()
            node = self.postfix(Name(token.start, token.end, 1, token.text))
        else:
            node = self.postfix(self.bracketed())
        number = self.ahead(1)
        if self.is_sign("^", "**") and number.kind == "number" and number.whole and 1 <= number.value <= 9:
            self.index += 2
            return _Variable(node, int(number.value))
        if self.is_sign("^") and number.text == "T":
            self.index += 2
            node = Transposed(node.start, number.end, height(node), node)
        return _Variable(node, 1)


def _counted(variables: Sequence[_Variable], order: int) -> Sequence[_Variable]:
    """The variables; of dw2 by itself, below d2E, the 2 is how often w differentiates."""
    if len(variables) != 1 or sum(v.order for v in variables) == order:
        return variables
    node = variables[0].node
    match = _POWERED.fullmatch(node.text) if isinstance(node, Name) else None
    if match is None or int(match[2]) != order:
        return variables
    assert isinstance(node, Name)
    return (_Variable(Name(node.start, node.end - 1, 1, match[1]), order),)
