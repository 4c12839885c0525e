r"""Tokens of one formula into its tree: precedence and brackets, and no meaning.

Loosest first: relation (inside brackets and below sums only), sum, minus in front of a product, product (signs or
nothing between the factors), factor with scripts. Σ, ∇ and ∂/∂x take what follows them up to the next sum sign.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.notation.latex import atoms, tables
from derive.notation.latex.commands import DOTS, FUNCTION_WORDS, RELATIONS, SEPARATORS
from derive.notation.latex.cursor import Cursor
from derive.notation.latex.scripts import scripted
from derive.notation.latex.tokens import Token
from derive.notation.latex.tree import Applied, Brackets, Colon, Factors, Relation, Scripted, Symbol
from derive.notation.lexer import too_deep
from derive.notation.limits import Limits
from derive.notation.source import Source
from derive.notation.syntax import Negated, Node, Num, Terms, height

_PRODUCTS = ("·", "×", "⊙", "*", "⊗", "/", "@")
_COMPARISONS = ("<", ">", "<=", ">=", "!=", "=", "==")
_CLOSING = {"(": ")", "[": "]", r"\{": r"\}", "⟨": "⟩"}


def parse(source: Source, tokens: Sequence[Token], limits: Limits, words: frozenset[str] = frozenset()) -> Node:
    """The tree of one formula; the last token is of kind `end`.

    Raises ReadError at the first token that does not fit, LimitError (E-DEPTH) past the depth limit.
    """
    return Parser(source, tokens, limits, words).formula()


class Parser(Cursor):
    """One formula's tokens, and where in them the reading stands."""

    # ---- from loose to tight

    def formula(self) -> Node:
        node = self.expression()
        if self.token.kind != "end":
            raise self.unexpected(self.token)
        return node

    def relational(self) -> Node:
        """A formula, or a relation between two; several relations are joined from the left."""
        left = self.expression()
        while self.token.is_sign(*_COMPARISONS) or self.token.is_command("in", "to", "rightarrow"):
            sign = self.advance()
            right = self.expression()
            text = {"==": "="}.get(sign.text, sign.text)
            left = self.deep(Relation(left.start, right.end, height(left, right), text, left, right))
        return left

    def expression(self) -> Node:
        self.nesting += 1
        if self.nesting > self.limits.depth:
            raise too_deep(self.source, self.token.start, self.limits)
        first = self._signed()
        rest: list[tuple[str, Node]] = []
        while self.token.is_sign("+", "-"):
            sign = self.advance().text
            rest.append((sign, self._signed()))
        self.nesting -= 1
        if not rest:
            return first
        return self.deep(Terms(first.start, rest[-1][1].end, height(first, *(n for _, n in rest)), first, tuple(rest)))

    def _signed(self) -> Node:
        token = self.token
        if not token.is_sign("-", "+"):
            return self.term()
        self.advance()
        operand = self._signed()
        return operand if token.text == "+" else self.deep(Negated(token.start, operand.end, height(operand), operand))

    def term(self) -> Node:
        """Factors, with signs or side by side."""
        factors: list[Node] = [self.factor()]
        signs: list[str] = []
        while True:
            if self.token.is_sign(*_PRODUCTS):
                sign = self.advance().text
                factors.append(self._after_sign())
                signs.append(sign)
            elif self.token.is_sign("{") and self.ahead(1).is_sign("}"):
                self.advance()
                self.advance()
            elif self.starts_factor():
                factors.append(self.factor())
                signs.append("")
            else:
                break
        if len(factors) == 1:
            return factors[0]
        return self.deep(Factors(factors[0].start, factors[-1].end, height(*factors), tuple(factors), tuple(signs)))

    def _after_sign(self) -> Node:
        token = self.token
        if not token.is_sign("-", "+"):
            return self.factor()
        self.advance()
        operand = self._after_sign()
        return operand if token.text == "+" else Negated(token.start, operand.end, height(operand), operand)

    def starts_factor(self) -> bool:
        token = self.token
        if token.kind in ("number", "letter", "word", "operator", "begin"):
            return True
        if token.kind == "sign":
            if token.text == "‖" and self.bars and self.bars[-1] == "|":
                return False
            if token.text in ("|", "‖"):
                return token.text not in self.bars
            return token.text in ("(", "[", "{", r"\{", "⟨")
        if token.kind == "command":
            return token.text not in RELATIONS and token.text not in SEPARATORS and token.text not in ("over", "top")
        return False

    def factor(self) -> Node:
        """An atom with its scripts; a function without brackets takes one factor as its argument."""
        node = self.deep(scripted(self, self.atom()))
        while self.token.is_sign("_", "^", "'") or (self.token.is_sign("{") and self.ahead(1).is_sign("^", "_")):
            node = self.deep(scripted(self, node))
        if self._is_function(node) and self._takes_argument():
            return self._applied(node)
        return node

    def _is_function(self, node: Node) -> bool:
        base = node.base if isinstance(node, Scripted) else node
        return isinstance(base, Symbol) and base.is_word and base.base in FUNCTION_WORDS and base.base not in self.words

    def _takes_argument(self) -> bool:
        return self.starts_factor() and not self.token.is_sign("(", "[", r"\{")

    def _applied(self, function: Node) -> Node:
        parts = [self.factor()]
        while isinstance(parts[-1], Num) and self.starts_factor() and not self.token.is_sign("("):
            parts.append(self.factor())
        if self.token.is_sign("(", "[") and isinstance(parts[-1], Symbol | Scripted):
            # log f(x): the argument is a call.
            parts.append(self.factor())
        argument = parts[0]
        if len(parts) > 1:
            argument = Factors(parts[0].start, parts[-1].end, height(*parts), tuple(parts), ("",) * (len(parts) - 1))
        return self.deep(Applied(function.start, argument.end, height(function, argument), function, argument))

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            if token.text.count(".") > 1:
                raise self.at(token, "A number has one point.", "Write a sign or a space between numbers.")
            self.advance()
            return Num(token.start, token.end, 1, token.value, "." not in token.text and token.value.denominator == 1)
        if token.kind in ("letter", "word", "operator"):
            self.advance()
            font = token.kind if token.kind == "operator" else ""
            return Symbol(token.start, token.end, 1, token.text, font=font, is_word=token.kind != "letter")
        if token.kind == "begin":
            return tables.environment(self)
        if token.kind == "command":
            return atoms.command(self)
        if token.is_sign("(", "[", r"\{", "⟨"):
            return self.brackets()
        if token.is_sign("{"):
            return atoms.braces(self)
        if token.is_sign("|", "‖"):
            return atoms.bars(self)
        raise self.unexpected(token)

    def brackets(self) -> Node:
        """( … ), [ … ] or \\{ … \\}, with the parts between commas."""
        opening = self.advance()
        outer, self.bars = self.bars, []
        items = [self._item()]
        while self.token.is_sign(",", ";"):
            self.advance()
            items.append(self._item())
        end = self.expect(_CLOSING[opening.text], opening)
        self.bars = outer
        return self.deep(Brackets(opening.start, end.end, height(*items), opening.text, tuple(items)))

    def _item(self) -> Node:
        if self.token.is_command(*DOTS):
            return tables.dots(self)
        if self.token.is_sign(":") and self.ahead(1).is_sign(",", "]"):
            colon = self.advance()
            return Colon(colon.start, colon.end, 1)
        return self.relational()
