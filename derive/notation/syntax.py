"""What was written, before any name has a meaning: the tree that the parser builds and the reader resolves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, Literal

from derive.expression.nodes import Expression
from derive.expression.sizes import Size


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula; [start, end) is its place in the text, `depth` the height of its tree."""

    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Num(Node):
    """A number as written; `whole` if it has digits only."""

    value: Fraction
    whole: bool


@dataclass(frozen=True, slots=True)
class Name(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Quoted(Node):
    """What stands in quotes: the pattern of einsum."""

    text: str


@dataclass(frozen=True, slots=True)
class Group(Node):
    """A part in brackets: round ones, braces after ^, or [condition]."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Negated(Node):
    """− in front of a whole product chain (or of one factor, inside a chain)."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Terms(Node):
    """first ± term ± …"""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """first * / @ · factor …, left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Raised(Node):
    """base ** exponent; `sign` is ** or ^, for ^ may also mark a layer or a transpose."""

    base: Node
    exponent: Node
    sign: str


@dataclass(frozen=True, slots=True)
class Mark(Node):
    """[1] after ^, which always marks a layer: W^[1], W^{[1]}."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Compared(Node):
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Span(Node):
    """1..n, what an index of a sum runs over; or `:` in a subscript, with no ends."""

    upper: Node | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """name'(arguments, keyword=value); `name_end` is where the name ends."""

    name: str
    name_end: int
    primes: int
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Subscripted(Node):
    operand: Node
    positions: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Transposed(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Primed(Node):
    """A value with primes behind it, as in W2' or (A + B)': a transpose, or a derivative."""

    operand: Node
    primes: int


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Differential(Node):
    """∂ in front of a name: half of ∂E/∂W."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Given(Node):
    """A spelling that was declared for an expression, with what stands for its index and layer letters here."""

    value: Expression
    letters: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Quotient(Node):
    """∂of/∂wrt as it is written, a factor of a chain or by itself."""

    of: Node
    wrt: Node


@dataclass(frozen=True, slots=True)
class Repeated(Node):
    """∂ⁿof/∂wrt[0]…∂wrt[n−1], n ≥ 2; a variable may be turned, as in ∂²E/∂w∂wᵀ."""

    of: Node
    wrt: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Power(Node):
    """base^exponent in mathematics: of a square matrix a product or entry by entry, and −1 of a matrix its inverse."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Unit(Node):
    """The unit vector e_i, the identity or a vector of ones, of a size that is known from elsewhere."""

    kind: Literal["unit", "identity", "ones"]
    position: Node | None
    size: Size | None


@dataclass(frozen=True, slots=True)
class Stacked(Node):
    """Parts set below each other (`row`: an index and how far it runs), beside each other (`column`), or both; the
    range is None where it is not said."""

    body: Node
    row: tuple[str, Node | None] | None
    column: tuple[str, Node | None] | None


def parts(node: Node) -> Iterator[Node]:
    """The immediate parts of a node, left to right."""
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def height(*nodes: Node) -> int:
    """The depth of a node over these parts."""
    return 1 + max((n.depth for n in nodes), default=0)


def unbracketed(node: Node) -> tuple[Node, bool]:
    """What is inside {…}, (…) or […], and whether there was more than braces."""
    bracketed = False
    while isinstance(node, Group | Mark):
        bracketed = bracketed or isinstance(node, Mark) or isinstance(node.inner, Group | Mark)
        node = node.inner
    return node, bracketed
