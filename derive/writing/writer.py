"""Setting expressions as mathematics: precedence and layout once, for every script (LaTeX, Unicode).

Precedence, loosest first: sum; leading minus; operators open to the right (Σ, ∇), which reach to the end of their
term; ⊙ and the dot product; juxtaposition; things with a superscript; atoms. A part is bracketed exactly where it
stands in a place that needs more than it has, so that what is written can be read back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from derive.expression.nodes import (
    Component,
    Elementwise,
    Expression,
    IndexSum,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.shapes import is_dot, known_shape, matmul_shape, shape
from derive.expression.sizes import SCALAR, Shape
from derive.expression.text import text as plain_text
from derive.expression.traverse import children, rebuild
from derive.writing.products import Item, items_of, reciprocal, spread


class Level(IntEnum):
    """How tightly a written part holds together."""

    SUM = 0
    UNARY = 1
    PREFIX = 2
    HADAMARD = 3
    JUXTAPOSED = 4
    SCRIPT = 5
    ATOM = 6


class Written(NamedTuple):
    text: str
    level: Level


Rule = Callable[[Any, Any], Written]

_HOLE = "\ue010"


def decimal_text(value: Fraction) -> str:
    """0.01 for 1/100: decimals that are exact and short, for denominators from 10 on; else nothing."""
    if value.denominator < 10 or 10**6 % value.denominator:
        return ""
    digits = f"{value.numerator * (10**6 // value.denominator):07d}"
    return f"{digits[:-6]}.{digits[-6:]}".rstrip("0")


class Writer(ABC):
    """Writes expressions; a script is a subclass that says how fractions, powers, names … look in it.

    annotate   if given, called for each tensor that stands as a factor, with its shape: shapes under factors
    """

    rules: ClassVar[dict[type[Expression], Rule]] = {}
    hadamard: ClassVar[str]
    dot: ClassVar[str]
    minus: ClassVar[str]
    plus: ClassVar[str] = "+"
    less: ClassVar[str] = ""
    """Between two terms; `less` only where that is another sign than the one before a term alone."""
    wide: ClassVar[tuple[str, str]] = ("(", ")")

    def __init__(self, annotate: Callable[[Written, Shape], Written] | None = None) -> None:
        self._kept: dict[Expression, Written] = {}
        self._annotate = annotate
        # Writes parts that carry no shapes: inside a factor, and what a derivative is taken in.
        self.unmarked = self if annotate is None else type(self)()

    # -- what a script decides -------------------------------------------------------------------------------------

    @abstractmethod
    def number(self, value: Fraction) -> Written:
        """A number that is not negative."""

    @abstractmethod
    def fraction(self, above: Written, below: Written) -> Written: ...

    @abstractmethod
    def power(self, base: Expression, exponent: Expression) -> Written: ...

    @abstractmethod
    def brackets(self, text: str) -> str: ...

    @abstractmethod
    def juxtapose(self, parts: list[Written]) -> Written: ...

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self, e: Expression) -> Written:
        """The expression as written, with its level. Parts first, without recursion: answers may be deep."""
        pending = [e]
        while pending:
            current = pending[-1]
            if current in self._kept:
                pending.pop()
                continue
            missing = [child for child in children(current) if child not in self._kept]
            if missing:
                pending.extend(missing)
            else:
                self._kept[current] = self._written(current)
                pending.pop()
        return self._kept[e]

    def _written(self, e: Expression) -> Written:
        if self._annotate is not None and _is_factor(e):
            size = known_shape(e)
            plain = self.unmarked.write(e)
            return plain if size is None or size == SCALAR else self._annotate(plain, size)
        return self.rules[type(e)](self, e)

    def text(self, e: Expression) -> str:
        return self.write(e).text

    def at(self, e: Expression, level: Level) -> str:
        """A part where at least `level` is needed: in brackets if it is looser."""
        return self.hold(self.write(e), level)

    def hold(self, written: Written, level: Level) -> str:
        return written.text if written.level >= level else self.brackets(written.text)

    # -- sums and products: the same in every script -----------------------------------------------------------------

    def signed(self, e: Expression) -> tuple[bool, Written]:
        """A term without its sign, and whether that was minus."""
        if isinstance(e, Number):
            return e.value < 0, self.number(abs(e.value))
        if not isinstance(e, Product):
            return False, self.write(e)
        factors = spread(Product, e.factors)
        first, rest = (factors[0], factors[1:]) if factors else (None, ())
        if not isinstance(first, Number) or first.value >= 0:
            return False, self._factors(factors)
        if first.value != -1 or not rest:
            return True, self._factors((Number(-first.value), *rest))
        if len(rest) > 1:
            return True, self._factors(rest)
        negative, written = self.signed(rest[0])
        if negative or written.level < Level.PREFIX:
            return True, Written(self.brackets(self.text(rest[0])), Level.ATOM)
        return True, written

    def term(self, e: Expression) -> Written:
        """A product or number on its own: with its sign."""
        negative, written = self.signed(e)
        return Written(self.minus + written.text, Level.UNARY) if negative else written

    def _alone(self, parts: tuple[Expression, ...], neutral: int) -> Written:
        """A sum or product of one part in brackets; of none, the number it is."""
        return Written(self.brackets(self.text(parts[0])) if parts else self.number(Fraction(neutral)).text, Level.ATOM)

    def sum(self, e: Sum) -> Written:
        if len(e.terms) < 2:
            return Written(
                self.brackets(self.text(e.terms[0])) if e.terms else self.number(Fraction(0)).text, Level.ATOM
            )
        return Written(" ".join(self.pieces(e)), Level.SUM)

    def pieces(self, e: Expression, fine: frozenset[int] = frozenset()) -> list[str]:
        """The terms of a sum with their signs, where a long line may be broken; else the whole.

        Terms whose positions are in `fine` are broken further, within the longest bracketed sum among their factors.
        """
        terms = spread(Sum, e.terms) if isinstance(e, Sum) and len(e.terms) > 1 else (e,)
        out: list[str] = []
        for k, term in enumerate(terms):
            parts = self._within(term) if k in fine else []
            if k == 0:
                out += parts or [self.at(term, Level.UNARY) if len(terms) > 1 else self.text(term)]
                continue
            negative, written = self.signed(term)
            parts = [part.removeprefix(self.minus) for part in parts] or [self.hold(written, Level.PREFIX)]
            out += [f"{(self.less or self.minus) if negative else self.plus} {parts[0]}", *parts[1:]]
        return out

    def _within(self, term: Expression) -> list[str]:
        """a ⊙ (b + c) as `a ⊙ (b` and `+ c)`; nothing if no factor of the term can be broken."""
        if isinstance(term, IndexSum):
            return self._below(term)
        if not isinstance(term, (Product, MatMul)):
            return []
        factors = spread(type(term), term.factors)
        inside = [f for f in factors if isinstance(f, Sum) and len(f.terms) > 1 and known_shape(f) is not None]
        if not inside:
            return self._below(term) if any(isinstance(f, IndexSum) for f in factors) else []
        chosen = max(inside, key=lambda f: len(plain_text(f)))
        divided = isinstance(term, Product) and any(i.below and chosen in i.above for i in items_of(factors, True))
        if divided:
            return []
        # The sum is cut out of the written product, where a stand-in of the same shape marks its place.
        stand_in = Tensor(_HOLE, shape(chosen))
        self._kept[stand_in] = Written(_HOLE, Level.ATOM)
        before, hole, after = self.text(type(term)(tuple(stand_in if f == chosen else f for f in factors))).partition(
            _HOLE
        )
        inner = self.pieces(chosen)
        if not hole or _HOLE in after:
            return []
        inner[0], inner[-1] = f"{before}{self.wide[0]}{inner[0]}", f"{inner[-1]}{self.wide[1]}{after}"
        return inner

    def _below(self, term: IndexSum | Product | MatMul) -> list[str]:
        """Σ a (b + c) as `Σ a (b` and `+ c)`; nothing where the sum does not stand in its place between brackets."""
        inside = [f for f in _sums_below(term) if known_shape(f) is not None]
        if not inside:
            return []
        chosen = max(inside, key=lambda f: len(plain_text(f)))
        stand_in = Tensor(_HOLE, shape(chosen))
        self._kept[stand_in] = Written(_HOLE, Level.ATOM)
        before, hole, after = self.text(_replaced(term, chosen, stand_in)).partition(_HOLE)
        if not hole or _HOLE in after or before + self.brackets(self.text(chosen)) + after != self.text(term):
            return []
        inner = self.pieces(chosen)
        inner[0], inner[-1] = f"{before}{self.wide[0]}{inner[0]}", f"{inner[-1]}{self.wide[1]}{after}"
        return inner

    def _factors(self, factors: tuple[Expression, ...]) -> Written:
        """A product without sign."""
        if len(factors) < 2 and not (factors and reciprocal(factors[0]) is not None):
            return Written(
                self.brackets(self.text(factors[0])) if factors else self.number(Fraction(1)).text, Level.ATOM
            )
        items = items_of(factors, fractions=True)
        segments: list[list[Item]] = [[]]
        for item in items:
            if not item.scalar and any(not other.scalar for other in segments[-1]):
                segments.append([])
            segments[-1].append(item)
        last = len(segments) - 1
        written = [self._segment(segment, k == 0, k == last) for k, segment in enumerate(segments)]
        if len(written) == 1:
            return written[0]
        level = min(Level.HADAMARD, written[-1].level)
        return Written(self.hadamard.join(self.hold(w, Level.PREFIX) for w in written), level)

    def _segment(self, items: list[Item], first: bool, last: bool) -> Written:
        """Juxtaposed pieces between two ⊙; a matrix product needs no brackets as the last piece of the first one."""
        pieces: list[Written] = []
        for k, item in enumerate(items):
            end = k == len(items) - 1
            free = end and all(before.scalar for before in items[:-1])
            pieces += self._piece(item, tail=free and first, end=end and last, alone=len(items) == 1 and first and last)
        return self.juxtaposed(pieces)

    def _piece(self, item: Item, tail: bool, end: bool, alone: bool) -> list[Written]:
        if not item.below:
            return self._run(item.above, tail, end, alone=False)
        above = self.juxtaposed(self._run(item.above, True, True, alone=len(item.above) == 1))
        below = self.write(item.below[0]) if len(item.below) == 1 else self._factors(tuple(item.below))
        return [self.fraction(above, below)]

    def juxtaposed(self, parts: list[Written]) -> Written:
        if not parts:
            return self.number(Fraction(1))
        if len(parts) == 1:
            return parts[0]
        joined = self.juxtapose(parts)
        return Written(joined.text, min(joined.level, parts[-1].level))

    def _run(self, factors: list[Expression], tail: bool, end: bool, alone: bool) -> list[Written]:
        """Factors side by side. `tail`: the last may be a matrix product; `end`: it may be open to the right."""
        out = []
        for k, factor in enumerate(factors):
            written = self.write(factor)
            final = k == len(factors) - 1
            open_end = final and end and written.level == Level.PREFIX
            product = final and tail and isinstance(factor, MatMul) and written.level == Level.JUXTAPOSED
            if not alone and written.level < Level.SCRIPT and not open_end and not product:
                written = Written(self.brackets(written.text), Level.ATOM)
            out.append(written)
        return out

    def matmul(self, e: MatMul) -> Written:
        if len(e.factors) < 2:
            return Written(
                self.brackets(self.text(e.factors[0])) if e.factors else self.number(Fraction(1)).text, Level.ATOM
            )
        factors = spread(MatMul, e.factors)
        parts = [self._matrix_factor(factors[0])]
        left = known_shape(factors[0])
        for factor in factors[1:]:
            right = known_shape(factor)
            written = self._matrix_factor(factor)
            if left is not None and right is not None and is_dot(left, right):
                before = self.juxtaposed(parts)
                dotted = self.hold(before, Level.JUXTAPOSED) + self.dot + written.text
                parts = [Written(dotted, Level.HADAMARD)]
            else:
                if parts[-1].level < Level.SCRIPT:
                    parts = [Written(self.brackets(self.juxtaposed(parts).text), Level.ATOM)]
                parts.append(written)
            left = None if left is None or right is None else matmul_shape(left, right)
        return self.juxtaposed(parts)

    def _matrix_factor(self, e: Expression) -> Written:
        return Written(self.at(e, Level.SCRIPT), Level.SCRIPT)

    def joined(self, parts: Iterable[Expression], separator: str = ", ") -> str:
        return separator.join(self.text(part) for part in parts)


def _is_factor(e: Expression) -> bool:
    """Whether a shape is shown under the whole of e: tensors, and what is done to one tensor."""
    if isinstance(e, Power):
        return isinstance(e.base, Tensor) and reciprocal(e) is None
    return isinstance(e, (Tensor, Transpose, Elementwise, Ones))


def is_named(e: Expression) -> bool:
    """Whether an expression is a name, or an entry of one: what people write above ∂."""
    return isinstance(e, Tensor) or (isinstance(e, Component) and isinstance(e.operand, Tensor))


def plain_name(e: Expression, subscripted: Callable[[str], bool]) -> bool:
    """Whether entries of this can be written as subscripts of it without being taken for its own subscript."""
    return isinstance(e, Tensor) and not subscripted(e.name)


SHARED: dict[type[Expression], Rule] = {
    Sum: lambda w, e: w.sum(e),
    Product: lambda w, e: w.term(e),
    Number: lambda w, e: w.term(e),
    MatMul: lambda w, e: w.matmul(e),
    Power: lambda w, e: w.power(e.base, e.exponent),
}
"""Rules that are the same in every script."""


def _sums_below(e: IndexSum | Product | MatMul) -> Iterator[Sum]:
    """The sums that are factors, also of what stands behind signs of sums over an index."""
    for child in (e.body,) if isinstance(e, IndexSum) else spread(type(e), e.factors):
        if isinstance(child, Sum) and len(child.terms) > 1:
            yield child
        elif isinstance(child, (IndexSum, Product, MatMul)):
            yield from _sums_below(child)


def _replaced(e: Expression, old: Expression, new: Expression) -> Expression:
    """The same with a sum of `_sums_below` replaced."""
    if e == old:
        return new
    if not isinstance(e, (IndexSum, Product, MatMul)):
        return e
    return rebuild(e, lambda child: _replaced(child, old, new))
