"""What each name of a formula is used as: a quantity, a function, an index or a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from derive.expression.functions import ALIASES, FUNCTIONS
from derive.notation.calls import BUILT_IN
from derive.notation.syntax import (
    Call,
    Chain,
    Group,
    Mark,
    Name,
    Node,
    Num,
    Raised,
    Repeated,
    Span,
    Subscripted,
    parts,
    unbracketed,
)
from derive.notation.syntax import Quotient as WrittenQuotient
from derive.standalone.custom import is_unspecified
from derive.standalone.derivatives import Quotient, factors

Side = Node
Written = Sequence[Sequence[Side]]
"""Lines of sides: A = B = C is one line of three."""

_SIZED = frozenset(("ones", "eye", "size"))
_CONSTANTS = frozenset(("pi", "None"))


@dataclass
class Uses:
    """The names of some lines, in order of appearance, by what they are used as.

    called     every name that stands before a bracket
    functions  those that are in no table, with the most primes
    objectives names that are differentiated by another one, and where
    defined    names that a line defines, with the number of that line
    """

    quantities: dict[str, None] = field(default_factory=dict)
    called: dict[str, None] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    indices: dict[str, None] = field(default_factory=dict)
    sizes: dict[str, None] = field(default_factory=dict)
    defined: dict[str, int] = field(default_factory=dict)
    differentiated: set[str] = field(default_factory=set)
    objectives: dict[str, Node] = field(default_factory=dict)
    has_euler: bool = False

    @property
    def free(self) -> tuple[str, ...]:
        """Quantities that no line defines."""
        return tuple(n for n in self.quantities if n not in self.defined and n not in self.sizes)

    @property
    def unspecified(self) -> tuple[str, ...]:
        """Functions about which nothing is known."""
        return tuple(name for name, primes in self.functions.items() if is_unspecified(name, primes))

    @property
    def refused(self) -> frozenset[str]:
        """Called names that are no functions here."""
        return frozenset(self.functions) - frozenset(self.unspecified)


def uses(lines: Written) -> Uses:
    """What the names of some lines are used as."""
    found = Uses()
    collector = _Collector(found)
    for number, sides in enumerate(lines):
        new = defined_name(sides, found)
        for side in sides[1:] if new else sides:
            collector.visit(side)
        if new is not None and new not in found.quantities:
            found.defined[new] = number
            found.quantities[new] = None
        elif new is not None:
            collector.visit(sides[0])
    if found.has_euler and "e" in found.quantities and "e" not in found.defined:
        del found.quantities["e"]
    for name in found.indices:
        found.quantities.pop(name, None)
    return found


def defined_name(sides: Sequence[Side], known: Uses) -> str | None:
    """The new name alone on the left of a relation."""
    left = sides[0]
    if len(sides) < 2 or not isinstance(left, Name) or left.text in known.quantities:
        return None
    return left.text


def marked_name(node: Raised) -> str | None:
    """W1 for W^{(1)} and W^[1]: brackets around a number after ^ mark a layer."""
    inner, bracketed = unbracketed(node.exponent)
    if node.sign != "^" or not isinstance(node.base, Name) or not bracketed:
        return None
    return f"{node.base.text}{inner.value}" if isinstance(inner, Num) and inner.whole else None


def is_transposed(node: Raised) -> bool:
    """Whether a power is a transpose: x^T."""
    exponent = node.exponent
    while isinstance(exponent, Group | Mark):
        exponent = exponent.inner
    return node.sign == "^" and isinstance(exponent, Name) and exponent.text == "T"


class _Collector:
    def __init__(self, found: Uses) -> None:
        self.found = found

    def visit(self, node: Node) -> None:
        if isinstance(node, Name):
            if node.text not in _CONSTANTS:
                self.found.quantities.setdefault(node.text)
        elif isinstance(node, Call):
            self._call(node)
        elif isinstance(node, Subscripted):
            self.visit(node.operand)
            for position in node.positions:
                self._position(position)
        elif isinstance(node, Raised):
            self._raised(node)
        elif isinstance(node, Chain):
            self._chain(node)
        elif isinstance(node, WrittenQuotient):
            self._derivative(node.of, node.wrt)
        elif isinstance(node, Repeated):
            self._derivative(node.of, *node.wrt)
        else:
            for part in parts(node):
                self.visit(part)

    def _raised(self, node: Raised) -> None:
        name = marked_name(node)
        if name is not None:
            self.found.quantities.setdefault(name)
            return
        if isinstance(node.base, Name) and node.base.text == "e" and "e" not in self.found.quantities:
            self.found.has_euler = True
        else:
            self.visit(node.base)
        if not is_transposed(node):
            self.visit(node.exponent)

    def _chain(self, node: Chain) -> None:
        for _, factor in factors(node):
            if isinstance(factor, Quotient):
                self._derivative(factor.of, factor.wrt)
            else:
                self.visit(factor)

    def _derivative(self, of: Node, *wrt: Node) -> None:
        for part in (of, *wrt):
            self.visit(part)
        names, objective = [_named(v) for v in wrt], _named(of)
        self.found.differentiated.update(name for name in names if name is not None)
        if objective is not None and objective not in names:
            self.found.objectives.setdefault(objective, of)

    def _position(self, node: Node) -> None:
        if isinstance(node, Name):
            self.found.indices.setdefault(node.text)

    def _call(self, node: Call) -> None:
        if node.name in _SIZED:
            for argument in node.arguments:
                self._size(argument)
            return
        self.found.called.setdefault(node.name)
        if not is_known(node.name):
            self.found.functions[node.name] = max(node.primes, self.found.functions.get(node.name, 0))
        arguments = list(node.arguments)
        if node.name == "kron":
            for argument in arguments:
                self._position(argument)
            return
        while node.name == "sum" and len(arguments) > 1 and isinstance(arguments[-1], Name):
            self._position(arguments.pop())
        if node.name in ("grad", "jacobian", "partial", "hessian") and len(arguments) in (2, 3):
            self._derivative(*arguments)
        else:
            for argument in arguments:
                self.visit(argument)
        for keyword, value in node.keywords:
            if isinstance(value, Span) and value.upper is not None:
                self.found.indices.setdefault(keyword)
                self._size(value.upper)
            elif keyword not in ("axis", "keepdims"):
                self.visit(value)

    def _size(self, node: Node) -> None:
        if isinstance(node, Name):
            self.found.sizes.setdefault(node.text)
        for part in parts(node):
            self._size(part)


def _named(node: Node) -> str | None:
    """The name that a formula, or the whole of which it is a component, is."""
    while isinstance(node, Group | Subscripted):
        node = node.inner if isinstance(node, Group) else node.operand
    return node.text if isinstance(node, Name) else None


_TABLES = frozenset(FUNCTIONS) | frozenset(ALIASES) | BUILT_IN


def is_known(name: str) -> bool:
    """Whether a called name is a function or a notation that we have."""
    return name in _TABLES or name.lower().replace("_", "") in _FOLDED


_FOLDED = frozenset(n.replace("_", "") for n in _TABLES)
