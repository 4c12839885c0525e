"""What a formula starts with and what may follow that: names, calls, brackets, bars, sums, components, transposes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from derive.notation.arrays import MODULES, NAMES, NOTHING_SAID, SUBMODULES
from derive.notation.cursor import Cursor
from derive.notation.lexer import Token
from derive.notation.limits import Limits
from derive.notation.source import Source
from derive.notation.syntax import (
    Call,
    Compared,
    Group,
    Matrix,
    Name,
    Node,
    Num,
    Primed,
    Quoted,
    Raised,
    Span,
    Subscripted,
    Transposed,
    height,
)
from derive.notation.words import Words

COMPARISON, SUM, PRODUCT, BESIDE_LEVEL, POWER = range(5)
"""How tightly signs bind, loosest first; factors side by side bind more tightly than those with a sign."""

_METHODS = frozenset({"sum", "mean", "dot", "transpose", "trace", "matmul", "multiply", "square", "outer", "norm",
                      "softmax", "logsumexp", "maximum", "minimum", "where", "reshape", "unsqueeze", "flatten",
                      "squeeze"})  # fmt: skip
_TUPLES = frozenset({"ones", "zeros", "reshape", "view", "transpose", "permute"})
"""Calls that may have their sizes or axes in brackets of their own."""
_FACTORIAL = 1000
_BARS = {"|": "abs", "‖": "norm"}
_NORM_MARKS = frozenset(("_2", "_F"))


class Operands(Cursor):
    """The part of the parser below the signs; `expression` is the part above."""

    def __init__(self, source: Source, tokens: Sequence[Token], limits: Limits, words: Words) -> None:
        super().__init__(source, tokens, limits, words)
        self.bars: list[str] = []

    @abstractmethod
    def expression(self, minimum: int) -> Node:
        """What binds at least as tightly as `minimum`."""

    # ---- names and calls

    def named(self) -> Node:
        """A name, or a call; a leading np. says nothing."""
        token = self.advance()
        while self._is_module(token):
            self.advance()
            token = self.advance()
        index = self.words.summed(token.text)
        if index and not self.is_sign("="):
            return self._summed(token, index)
        primes = self._primes()
        if self.is_sign("(") and not self._is_factor(token, primes):
            return self._call(token, primes)
        name = Name(token.start, token.end, 1, token.text)
        if primes:
            if not self.words.may_be_primed(token.text):
                raise self.at(self.token, f"{token.text}' needs an argument.",
                              f"Write {token.text}'(z), or .T to transpose.")  # fmt: skip
            return self.deep(Primed(token.start, self.tokens[self.index - 1].end, 2, name, primes))
        if self.words.is_function(token.text):
            return self._applied(token, name)
        return name

    def _is_module(self, token: Token) -> bool:
        is_followed = self.token.text == "." and self.ahead(1).kind == "name" and self.ahead(1).text != "T"
        return token.text in MODULES | SUBMODULES and is_followed and not self.words.is_quantity(token.text)

    def _primes(self) -> int:
        primes = 0
        while self.is_sign("'"):
            self.advance()
            primes += 1
        return primes

    def _is_factor(self, name: Token, primes: int) -> bool:
        """Whether a(1 - a) is a product: a is a quantity, and the bracket holds more than what it may depend on."""
        if not self.words.is_quantity(name.text):
            return False
        is_argument = self.ahead(1).kind == "name" and self.ahead(2).text in (")", ",")
        return not is_argument or (primes > 0 and self.words.is_vector(name.text))

    def _applied(self, token: Token, name: Name) -> Node:
        """tanh^2(x) is the square of tanh(x); log x is left to those who know where the argument ends."""
        exponent = self.ahead(1)
        is_raised = self.is_sign("^") and exponent.kind == "number"
        is_power = is_raised and exponent.kind == "number" and exponent.whole and exponent.value >= 2
        if is_power and self.ahead(2).text == "(":
            self.advance()
            self.advance()
            power = Num(exponent.start, exponent.end, 1, exponent.value, True)
            call = self._call(token, 0)
            return self.deep(Raised(token.start, call.end, height(call), call, power, "**"))
        following = self.ahead(2) if is_raised else self.token
        if following.kind in ("name", "number"):
            raise self.missing_sign(following)
        return name

    def _call(self, name: Token, primes: int, operand: Node | None = None) -> Node:
        opening = self.advance()
        arguments: list[Node] = [] if operand is None else [operand]
        keywords: list[tuple[str, Node]] = []
        bars, self.bars = self.bars, []
        while self.token.text != ")":
            if self.token.kind == "name" and self.ahead(1).text == "=":
                keyword = self.advance().text
                self.advance()
                keywords.append((keyword, self._value()))
            elif self.token.kind == "quoted":
                quoted = self.advance()
                arguments.append(Quoted(quoted.start, quoted.end, 1, quoted.text))
            else:
                arguments += self._tuple(name) or [self.expression(COMPARISON)]
            if self.token.text != ",":
                break
            self.advance()
        self.bars = bars
        end = self.expect(")", opening).end
        deep = height(*arguments, *(value for _, value in keywords))
        start = name.start if operand is None else operand.start
        return self.deep(Call(start, end, deep, name.text, name.end, primes, tuple(arguments), tuple(keywords)))

    def _tuple(self, name: Token) -> list[Node]:
        """(n, m) in ones((n, m)): its entries; nothing where no brackets of this kind come next."""
        if name.text not in _TUPLES or not self.is_sign("("):
            return []
        start, opening = self.index, self.advance()
        entries = [self.expression(COMPARISON)]
        while self.is_sign(","):
            self.advance()
            entries.append(self.expression(COMPARISON))
        if len(entries) == 1:
            self.index = start
            return []
        self.expect(")", opening)
        return entries

    def _value(self) -> Node:
        """A keyword's value; 1..n for what an index runs over."""
        if self.ahead(1).text != "..":
            return self.expression(COMPARISON)
        first = self.advance()
        if first.kind != "number" or first.value != 1:
            raise self.at(first, "An index runs from 1.", "Write k=1..n.")
        self.advance()
        upper = self.expression(SUM)
        return Span(first.start, upper.end, height(upper), upper)

    def _summed(self, token: Token, index: str) -> Node:
        """sum_i x_i y_i reaches over the product that follows; after a slash only over what stands side by side."""
        before = self.before(2)
        is_divided = before is not None and before.kind == "sign" and before.text == "/"
        body = self.expression(BESIDE_LEVEL if is_divided else PRODUCT)
        letter = Name(token.end - len(index), token.end, 1, index)
        return self.deep(Call(token.start, body.end, height(body), "sum", token.end, 0, (body, letter), ()))

    # ---- brackets

    def bracketed(self) -> Node:
        """(…), or {…} where it groups: what is in it is kept apart."""
        opening = self.advance()
        bars, self.bars = self.bars, []
        inner = self.expression(COMPARISON)
        self.bars = bars
        if self.is_sign(","):
            raise self.at(self.token, "A list in round brackets is not read here.",
                          "Write [a, b] for a column; or the parts one by one.")  # fmt: skip
        end = self.expect({"(": ")", "{": "}"}[opening.text], opening).end
        return Group(opening.start, end, inner.depth, inner)

    def barred(self) -> Node:
        """|x| and ‖x‖."""
        opening = self.advance()
        self.bars.append(opening.text)
        inner = self.expression(SUM)
        end = self.expect(opening.text, opening).end
        self.bars.pop()
        if opening.text == "‖" and self.token.text in _NORM_MARKS and self.is_adjacent():
            end = self.advance().end
        return self.deep(Call(opening.start, end, height(inner), _BARS[opening.text], opening.end, 0, (inner,), ()))

    def square(self) -> Node:
        """[[a, b], [c, d]], a column [a, b], a condition [z > 0], or brackets that group."""
        opening = self.advance()
        bars, self.bars = self.bars, []
        node = self._rows(opening) if self.is_sign("[") else self._list(opening)
        self.bars = bars
        return node

    def _list(self, opening: Token) -> Node:
        entries = [self.expression(COMPARISON)]
        while self.is_sign(",", ";"):
            self.advance()
            entries.append(self.expression(COMPARISON))
        end = self.expect("]", opening).end
        if len(entries) == 1:
            return Group(opening.start, end, entries[0].depth, entries[0])
        # A list is a column; [a, b]^T says so once more.
        turned = self.is_sign("ᵀ", "'") or [self.token.text, self.ahead(1).text] in (["^", "T"], [".", "T"])
        rows = (tuple(entries),) if turned else tuple((entry,) for entry in entries)
        return self.deep(Matrix(opening.start, end, height(*entries), rows))

    def _rows(self, opening: Token) -> Node:
        rows = [self._row()]
        while self.is_sign(","):
            self.advance()
            rows.append(self._row())
        end = self.expect("]", opening).end
        if len({len(row) for row in rows}) > 1:
            raise self.source.error(opening.start, end, "The rows of this matrix are not equally long.",
                                    "Give every row the same number of entries.")  # fmt: skip
        entries = [entry for row in rows for entry in row]
        return self.deep(Matrix(opening.start, end, height(*entries), tuple(rows)))

    def _row(self) -> tuple[Node, ...]:
        opening = self.token
        if opening.text != "[":
            raise self.at(opening, "A row of the matrix is expected here.", "Write [[a, b], [c, d]].")
        self.advance()
        entries = [self.expression(COMPARISON)]
        while self.is_sign(","):
            self.advance()
            entries.append(self.expression(COMPARISON))
        self.expect("]", opening)
        return tuple(entries)

    # ---- what may follow

    def postfix(self, node: Node) -> Node:
        while True:
            token = self.token
            if token.text == ".":
                node = self._dotted(node)
            elif token.text == "ᵀ":
                self.advance()
                node = Transposed(node.start, token.end, height(node), node)
            elif token.text == "[":
                if not self._is_subscript(node):
                    return self.deep(node)
                node = self._subscript(node)
            elif token.text == "{" and isinstance(node, Num) and node.value == 1:
                node = self._indicator(node)
            elif token.text == "'" and not isinstance(node, Num):
                primes = self._primes()
                node = Primed(node.start, self.tokens[self.index - 1].end, height(node), node, primes)
            elif token.kind == "name" and token.text[0] == "_" and token.text[1:].isalpha() and self.is_adjacent():
                node = self._marked(node)
            elif token.text == "!":
                raise self._factorial(node)
            else:
                return self.deep(node)
            self.deep(node)

    def _dotted(self, node: Node) -> Node:
        dot = self.advance()
        name = self.token
        is_name = name.kind == "name"
        is_called = is_name and self.ahead(1).kind == "sign" and self.ahead(1).text == "("
        if is_name and name.text in ("T", "mT", "H") and not is_called:
            self.advance()
            return Transposed(node.start, name.end, height(node), node)
        if is_name and name.text == "t" and is_called and self.ahead(2).text == ")":
            self.index += 3
            return Transposed(node.start, self.tokens[self.index - 1].end, height(node), node)
        if is_name and name.text == "shape" and self.ahead(1).text == "[":
            return self._shape(node)
        if is_called and name.text == "size" and self.ahead(2).text != ")":
            return self._call(Token("name", "shape", self.advance().start, name.end), 0, node)
        if is_called and name.text in NOTHING_SAID:
            self.index += 2
            if self.token.kind == "name":
                self.advance()
            return Group(node.start, self.expect(")", name).end, node.depth, node)
        if is_called and (name.text in _METHODS | NAMES or self.words.is_function(name.text)):
            self.advance()
            return self._call(name, 0, node)
        shown = f".{name.text}" if is_name else "."
        raise self.source.error(dot.start, name.end if is_name else dot.end, f"{shown} is not read here.",
                                "Read are .T, .sum(), .mean(), .dot(), .reshape(-1, 1), and functions as in .exp()."
                                )  # fmt: skip

    def _shape(self, node: Node) -> Node:
        """X.shape[0]."""
        name = self.advance()
        opening = self.advance()
        axis = self.expression(COMPARISON)
        end = self.expect("]", opening).end
        return self.deep(Call(node.start, end, height(node, axis), "shape", name.end, 0, (node, axis), ()))

    def _is_subscript(self, node: Node) -> bool:
        """Whether [ goes on here: after a space and a bracket or bar [y - a] is a factor of its own."""
        return isinstance(node, Name | Subscripted | Num) or self.is_adjacent()

    def _subscript(self, node: Node) -> Node:
        opening = self.advance()
        positions = [self._position()]
        while self.is_sign(","):
            self.advance()
            positions.append(self._position())
        end = self.expect("]", opening).end
        if isinstance(node, Num):
            if node.value == 1 and len(positions) == 1 and isinstance(positions[0], Compared):
                return Group(node.start, end, positions[0].depth, positions[0])
            raise self.source.error(node.start, end, "A number has no components.",
                                    "An indicator is written 1[z > 0].")  # fmt: skip
        return Subscripted(node.start, end, height(node, *positions), node, tuple(positions))

    def _indicator(self, node: Num) -> Node:
        """1{z > 0}."""
        opening = self.advance()
        inner = self.expression(COMPARISON)
        if not isinstance(inner, Compared):
            raise self.missing_sign(opening)
        return Group(node.start, self.expect("}", opening).end, inner.depth, inner)

    def _marked(self, node: Node) -> Node:
        """softmax(z)_i is an entry."""
        mark = self.advance()
        if isinstance(node, Num):
            raise self.source.error(node.start, mark.end, "A number has no components.",
                                    "Write x[i]**2 for the square of an entry.")  # fmt: skip
        letters = tuple(Name(mark.start + 1 + k, mark.start + 2 + k, 1, c) for k, c in enumerate(mark.text[1:]))
        return Subscripted(node.start, mark.end, height(node), node, letters)

    def _position(self) -> Node:
        token = self.token
        if token.text not in (":", ".."):
            return self.expression(COMPARISON)
        self.advance()
        if token.text == ".." and self.is_sign("."):
            self.advance()
        return Span(token.start, token.end, 1, None)

    def _factorial(self, node: Node) -> Exception:
        if isinstance(node, Num) and node.value > _FACTORIAL:
            return self.source.limit(node.start, self.token.end, "This factorial is too large a number.",
                                     "Factorials are not read.")  # fmt: skip
        return self.at(self.token, "The sign ! is not read.", "Factorials are not read; != compares.")
