"""What the parts of resolving share: names, spellings, the decisions of this reading, and the way back in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from derive.errors import ReadError
from derive.expression.nodes import Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors
from derive.notation.conventions import BESIDE, EITHER, OUTER
from derive.notation.latex.choices import Choices
from derive.notation.latex.making import call, group, index_letter, is_greek, name, one_by_one, word
from derive.notation.latex.spellings import Match, Spelling, is_written_so, match
from derive.notation.latex.tree import Braces, Brackets, Colon, Mark, Scripted, Symbol
from derive.notation.names import Names
from derive.notation.source import Source
from derive.notation.syntax import Negated, Node, Num, Power, Span, Terms, height

PRODUCTS: Mapping[str, str] = {"": BESIDE, "·": "·", "×": EITHER, "*": EITHER, "⊙": "*", "⊗": "⊗", "/": "/", "@": "@"}
"""Product signs, and the signs of the common tree; ⊗ is an outer product or one entry by entry."""

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "·": (r"\cdot", "·"), "×": (r"\times", "×"), "*": ("*", r"\ast"), "⊙": (r"\odot", r"\circ", "⊙", "∘", r"\bigodot"),
    "⊗": (r"\otimes", "⊗"), "@": ("@",),
}  # fmt: skip
_MEANINGS: Mapping[str, str] = {"elementwise": "*", "matrix": "matrix", "outer": OUTER}


class Resolving(ABC):
    """One reading of one statement."""

    def __init__(
        self,
        source: Source,
        names: Names,
        choices: Choices,
        spellings: Sequence[Spelling],
        problem: Problem | None,
        claimed: frozenset[str] = frozenset(),
        sides: Sequence[Node] = (),
    ) -> None:
        self.source = source
        self.names = names
        self.choices = choices
        self.spellings = spellings
        self.problem = problem
        self.bound: list[str] = []
        self.outer_indices = claimed
        """Letters that stand as indices outside of sums in the statement: a bare sum does not run over them."""
        self.sides = sides

    @abstractmethod
    def node(self, n: Node) -> Node:
        """The part of the common tree for a part of the formula."""

    # ---- what the parts ask

    def pick(self, fork: Hashable, ways: int) -> int:
        return self.choices.pick(fork, ways)

    def spelled(self, nodes: Sequence[Node], signs: Sequence[str] | None = None) -> Match | None:
        """The spelling that some factors begin with, and the signs between them (none: side by side).

        A name that is declared goes before a spelling whose letters stand for anything: beside u_k, u_o is itself.
        """
        spellings = self.spellings
        if any(s.letters and len(s.key) == 1 for s in spellings) and self._is_declared(nodes[0]):
            spellings = [s for s in spellings if not s.letters or len(s.key) > 1 or is_written_so(s, nodes[0])]
        return match(spellings, nodes, self._meant, signs)

    def _is_declared(self, node: Node) -> bool:
        """Whether a letter and a mark below it are a declared name, and the mark is no index."""
        if not isinstance(node, Scripted) or not isinstance(node.base, Symbol) or node.primes:
            return False
        mark = word(one_by_one(node.below))
        text = f"{node.base.name}_{mark}"
        if not mark.isalpha() or mark in self.names.scope.layers or self.indices_known(mark):
            return False
        is_name = isinstance(self.names.find(text), Tensor) and not is_greek(node.base.name, text, self.names.scope)
        return is_name and not any(m.bracket for m in node.above)

    def _meant(self, spelling: Spelling, letter: str, part: Node) -> Node | None:
        """What stands for a letter of a spelling: a layer, or a position; None for an index that is declared to run
        over something else."""
        if letter in self.names.scope.layers:
            return self.layer_node(part)
        declared = self.names.scope.indices.get(part.name) if isinstance(part, Symbol) else None
        if declared is not None and declared.size != spelling.runs_over(letter):
            return None
        return self.position(part)

    def error(self, node: Node, message: str, suggestion: str = "", code: str | None = None) -> ReadError:
        return self.source.error(node.start, max(node.end, node.start + 1), message, suggestion, code)

    def written(self, node: Node) -> str:
        """A part as the person wrote it, shortened."""
        text = " ".join(self.source.text[node.start : node.end].split())
        return text if len(text) <= 40 else text[:39] + "…"

    def call(self, at: Node, function: str, *arguments: Node) -> Node:
        return call(at, function, *(self.node(a) for a in arguments))

    def indices_known(self, text: str) -> bool:
        return text in self.bound or text in self.names.scope.indices

    def is_scalar(self, text: str) -> bool:
        """Whether a name is a declared scalar, which could be an exponent."""
        found = self.names.scope.tensors.get(text)
        return found is not None and found.shape == SCALAR

    def layer_node(self, n: Node) -> Node | None:
        """The part if it is a layer such as l, l+1, L or 2; None if it is none."""
        if not self.names.scope.layers:
            return None
        if isinstance(n, Braces):
            return self.layer_node(n.inner)
        if isinstance(n, Symbol):
            return name(n, n.base) if n.base in self.names.scope.layers and not n.accent else None
        if isinstance(n, Num):
            return n if n.whole else None
        if isinstance(n, Terms):
            first = self.layer_node(n.first)
            rest = [(sign, self.layer_node(part)) for sign, part in n.rest]
            if first is None or any(part is None for _, part in rest):
                return None
            return Terms(n.start, n.end, n.depth, first, tuple((s, p) for s, p in rest if p is not None))
        if isinstance(n, Brackets) and len(n.items) == 1:
            return self.layer_node(n.items[0])
        return None

    def size_of_layer(self, text: str, layer: Node) -> bool:
        """Whether a name is that of the widths of layers."""
        symbol = next(iter(self.names.scope.layers.values()), None)
        return symbol is not None and self.names.size_at(text, symbol) is not None

    def position(self, n: Node) -> Node:
        """A part of a subscript as a position: an index, a number, or all."""
        if isinstance(n, Braces):
            return self.position(n.inner)
        if isinstance(n, Colon):
            return Span(n.start, n.end, 1, None)
        if isinstance(n, Symbol):
            return name(n, n.name)
        letter = index_letter(n)
        if letter:
            return name(n, letter)
        if isinstance(n, Num):
            return n
        if isinstance(n, Brackets) and len(n.items) == 1:
            return self.position(n.items[0])
        return self.index_name(n) or self.node(n)

    def index_relation(self, at: Node, left: Node, right: Node, sign: str) -> Node | None:
        """i = j and i ≠ j of two indices, as Kronecker's delta; None if they are none."""
        sides = [self._as_index(side) for side in (left, right)]
        if sign not in ("=", "!=") or any(side is None for side in sides) or all(isinstance(s, Num) for s in sides):
            return None
        delta = call(at, "kron", *(side for side in sides if side is not None))
        if sign == "=":
            return delta
        one = Num(at.start, at.end, 1, Fraction(1), True)
        return group(at, Terms(at.start, at.end, height(delta), one, (("-", delta),)))

    def _as_index(self, n: Node) -> Node | None:
        """A part as an index: a declared one, a number, or a letter that is no name of a quantity."""
        found = self.index_name(n)
        if found is not None or isinstance(n, Num):
            return found or n
        is_letter = isinstance(n, Symbol) and len(n.name) == 1 and self.names.find(n.name) is None
        return name(n, n.name) if is_letter and isinstance(n, Symbol) else None

    def index_name(self, n: Node) -> Node | None:
        """The part if it is a declared index, such as i or y_i; None if it is none."""
        if isinstance(n, Symbol):
            return name(n, n.name) if self.indices_known(n.name) else None
        if isinstance(n, Scripted) and isinstance(n.base, Symbol) and not n.above and not n.primes:
            text = f"{n.base.name}_{word(one_by_one(n.below))}"
            return name(n, text) if self.indices_known(text) else None
        return None

    def has_commas(self, below: Sequence[Mark]) -> bool:
        r"""Whether a comma parts the subscripts: \delta_{i,j} is an entry, \delta_{ij} may be Kronecker's."""
        return len(below) > 1

    def kronecker(self, node: Node, labels: Sequence[Node]) -> Node:
        """δ_{ij}."""
        return call(node, "kron", *(self.position(label) for label in labels))

    def examples_are_rows(self, node: Node) -> bool:
        """Whether the examples of a batch stand in rows; without a question that says so, both are readings."""
        if self.problem is not None:
            says_rows = self.problem.layout.examples == "rows"
            # Outside of networks X is a matrix like any: its examples stand where x^{(i)} conforms.
            return says_rows if self.problem.gradients else says_rows != bool(self.choices.prefer(("examples",), 2))
        return self.pick("examples", 2) == 1

    def product(self, sign: str) -> str:
        """What a product sign means to the author."""
        declared = self.names.scope.conventions.operators
        meaning = next((declared[c] for c in _COMMANDS.get(sign, ()) if c in declared), None)
        if meaning is not None:
            return _MEANINGS[meaning]
        if sign == "⊗":
            return (OUTER, "*")[self.choices.prefer("⊗", 2)]
        return PRODUCTS[sign]

    def depends_on(self, text: str, arguments: Sequence[str]) -> bool:
        """Whether a defined name depends on all of these names: then E(W) is E, not a product."""
        if self.problem is None:
            return False
        value = self.names.find(text)
        if value is None:
            return False
        below = self._dependencies(value)
        return all(
            found is not None and bool(tensors(found)) and tensors(found) <= below
            for found in (self.names.find(a) for a in arguments)
        )

    def _dependencies(self, value: Any) -> frozenset[Tensor]:
        """All names that an expression depends on, through the definitions."""
        assert self.problem is not None
        found: set[Tensor] = set(tensors(value))
        bases = {t.name for t in found}
        for definition in reversed(self.problem.definitions):
            if definition.target in found or definition.target.name in bases:
                found |= tensors(definition.value)
                bases |= {t.name for t in tensors(definition.value)}
        return frozenset(found)

    def power(self, node: Node, operand: Node, exponent: Node) -> Node:
        """base^exponent; W^{-1} of a matrix is an inverse, which we do not have."""
        inner = exponent
        if isinstance(inner, Negated) and isinstance(inner.operand, Num):
            value = -inner.operand.value
            return Power(
                node.start, node.end, height(operand), group(node, operand), Num(node.start, node.end, 1, value, False)
            )
        return Power(node.start, node.end, height(operand, exponent), group(node, operand), exponent)
