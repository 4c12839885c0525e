"""Small helpers to build nodes of the common tree from parts of LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from derive.expression.scope import Scope
from derive.expression.sizes import ONE, SCALAR, Shape
from derive.notation.characters import GREEK_NAMES
from derive.notation.latex.tree import Brackets, Factors, Mark, Scripted, Symbol, TransposeSign
from derive.notation.names import spelling
from derive.notation.syntax import Call, Chain, Group, Name, Node, Num, Raised, Subscripted, Transposed, height


def name(at: Node, text: str) -> Name:
    return Name(at.start, at.end, 1, text)


def group(at: Node, inner: Node) -> Node:
    return (
        inner
        if isinstance(inner, Name | Num | Call | Subscripted | Group)
        else Group(at.start, at.end, height(inner), inner)
    )


def call(at: Node, function: str, *arguments: Node, primes: int = 0) -> Call:
    return Call(at.start, at.end, height(*arguments), function, at.end, primes, tuple(arguments), ())


def chain(at: Node, first: Node, rest: Sequence[tuple[str, Node]]) -> Node:
    """Factors with their signs; a single one is itself."""
    if not rest:
        return first
    return Chain(at.start, at.end, height(first, *(n for _, n in rest)), first, tuple(rest))


def transposed(at: Node, inner: Node) -> Node:
    return Transposed(at.start, at.end, height(inner), group(at, inner))


def raised(at: Node, base: Node, exponent: Node) -> Node:
    return Raised(at.start, at.end, height(base, exponent), group(at, base), exponent, "**")


def subscripted(at: Node, operand: Node, positions: Sequence[Node]) -> Node:
    return Subscripted(at.start, at.end, height(operand, *positions), operand, tuple(positions))


def one_by_one(marks: Sequence[Mark]) -> list[Node]:
    """What stands in subscripts, letter by letter: _{jk} is j and k, _{1,4} is 1 and 4."""
    found: list[Node] = []
    for mark in marks:
        inner = mark.inner
        if isinstance(inner, Factors) and not any(inner.signs):
            found.extend(inner.factors)
        elif isinstance(inner, Brackets) and inner.kind == "(":
            found.extend(inner.items)
        else:
            found.append(inner)
    return found


def letter_by_letter(labels: Sequence[Node]) -> tuple[Node, ...]:
    """What follows a name's own subscript, as in δ_{1,ji}."""
    return tuple(part for label in labels for part in one_by_one([Mark(label.start, label.end, 2, label)]))


def is_row_and_column(label: Num, size: Shape) -> bool:
    """Whether two digits are the row and the column of an entry: of a matrix always, of a vector of four entries in
    w_{14}, since it has no entry 14."""
    digits = str(label.value)
    if len(digits) != 2 or ONE not in size:
        return len(digits) == 2
    count = size[1] if size[0] == ONE else size[0]
    fits = all(1 <= int(d) <= int(side) for d, side in zip(digits, size, strict=True) if side.is_Integer)
    return bool(size != SCALAR and count.is_Integer and int(label.value) > int(count) and fits)


def word(parts: Sequence[Node]) -> str:
    """The letters and numbers as one word, for names such as W_hh or W_1; "" if something else stands there."""
    texts = []
    for part in parts:
        if isinstance(part, Symbol):
            texts.append(part.name)
        elif isinstance(part, Num) and part.whole:
            texts.append(str(part.value))
        elif isinstance(part, Factors) and not any(part.signs):
            texts.append(word(part.factors))
        else:
            return ""
    return "" if "" in texts else "".join(texts)


def is_greek(base: str, text: str, scope: Scope) -> bool:
    """Whether a letter and its index would be taken for a Greek name: x_i is no xi, and p_{hi} no phi.

    >>> is_greek("x", "x_i", Scope()), is_greek("xi", "xi", Scope()), is_greek("W", "W_1", Scope())
    (True, False, False)
    """
    is_declared = text in scope.tensors or text in scope.aliases
    return not is_declared and base not in GREEK_NAMES and spelling(text) in GREEK_NAMES


def index_letter(node: Node) -> str:
    """The name of an index with a number below it, or a prime: i_1 is i1, and i' is i0; "" for anything else."""
    if isinstance(node, Symbol):
        return node.name
    if isinstance(node, Scripted) and isinstance(node.base, Symbol) and not node.above:
        if node.primes:
            return node.base.name + "0" * node.primes if not node.below and len(node.base.name) == 1 else ""
        number = word(one_by_one(node.below))
        return node.base.name + number if number.isdigit() else ""
    return ""


def is_transpose(mark: Mark) -> bool:
    return isinstance(mark.inner, TransposeSign)


def symbol_of(node: Node) -> Symbol | None:
    """The letter that carries the scripts of a node, if it is one."""
    base = node.base if isinstance(node, Scripted) else node
    return base if isinstance(base, Symbol) else None
