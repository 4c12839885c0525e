"""Brackets behind a name that say on what it depends: J(θ), E(W, b; x), and h(x^{(i)}) for the value of an example."""

from __future__ import annotations

from derive.expression.nodes import Tensor
from derive.expression.sizes import ONE, SCALAR
from derive.notation.latex.making import subscripted, symbol_of
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Braces, Brackets, Factors, Scripted, Symbol
from derive.notation.syntax import Given, Name, Node, Num, Subscripted


def bracket_of(node: Node) -> Brackets | None:
    """The bracket of an argument, with or without scripts behind it."""
    base = node.base if isinstance(node, Scripted) else node
    if isinstance(base, Braces) and isinstance(base.inner, Brackets):
        base = base.inner
    return base if isinstance(base, Brackets) and base.kind != "⟨" else None


def argument_names(node: Node) -> list[Node]:
    """The arguments of J(θ), where they are names."""
    if isinstance(node, Factors) and len(node.factors) == 2:
        bracket = bracket_of(node.factors[1])
        if bracket is not None and all(symbol_of(item) is not None for item in bracket.items):
            return list(bracket.items)
    return []


def names_its_arguments(r: Resolving, first: Node, bracket: Brackets) -> bool:
    """Whether what stands in the bracket says on what the name before it depends: E(W, b; x), J(θ), h(x)."""
    if symbol_of(first) is None or not all(symbol_of(item) is not None for item in bracket.items):
        return False
    if len(bracket.items) > 1:
        return True
    symbol = symbol_of(first)
    assert symbol is not None
    if any(isinstance(r.node(item), Subscripted) for item in bracket.items):
        return False
    built = r.node(first)
    arguments = [s.name for s in (symbol_of(item) for item in bracket.items) if s is not None]
    text = built.text if hasattr(built, "text") else symbol.name
    return r.depends_on(text, arguments)


def is_entry(r: Resolving, first: Node, bracket: Brackets) -> bool:
    """Whether A[i,j] is an entry as in programs: of a vector or a matrix, and no quantity stands in the bracket."""
    symbol = symbol_of(first)
    value = None if symbol is None else r.names.find(symbol.name)
    if not isinstance(value, Tensor) or len(bracket.items) != len([side for side in value.shape if side != ONE]):
        return False
    letters = [item.name for item in bracket.items if isinstance(item, Symbol) and len(item.base) == 1]
    is_free = all(r.names.find(letter) is None or r.indices_known(letter) for letter in letters)
    return is_free and len(letters) + sum(isinstance(item, Num) for item in bracket.items) == len(bracket.items)


def of_example(r: Resolving, first: Node, bracket: Brackets) -> Node | None:
    """h_θ(x^{(i)}), where h holds the values for all examples of X: that of the i-th; None for anything else."""
    item = bracket.items[0]
    if len(bracket.items) > 1 or not isinstance(item, Scripted) or not isinstance(item.base, Symbol):
        return None
    is_marked = len(item.above) == 1 and item.above[0].bracket == "(" and not item.below and not item.primes
    built = r.node(first) if is_marked and symbol_of(first) is not None else None
    value = built.value if isinstance(built, Given) else r.names.find(built.text) if isinstance(built, Name) else None
    if built is None or not isinstance(value, Tensor) or ONE not in value.shape or value.shape == SCALAR:
        return None
    depends = r.depends_on(value.name, [item.base.base.capitalize()])
    return subscripted(first, built, [r.position(item.above[0].inner)]) if depends else None
