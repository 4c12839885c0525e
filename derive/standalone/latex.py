r"""LaTeX as trees of the common form, before anything is declared: letters get names by how they are written.

Reading LaTeX needs to know its names (W_1 may be a name or an entry, f(x) a value or a product). What is not declared
is guessed from its use: digits and words below a letter belong to its name, single letters are indices; f, g, h, φ, ψ
and letters with primes are functions where a bracket follows. The shapes here only have as many axes as are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.expression.functions import unspecified
from derive.expression.nodes import Tensor
from derive.expression.scope import Scope
from derive.expression.sizes import SCALAR, column, matrix, size
from derive.notation.characters import GREEK_NAMES
from derive.notation.latex.choices import Choices
from derive.notation.latex.commands import FUNCTION_WORDS
from derive.notation.latex.conditions import Condition, condition_of
from derive.notation.latex.making import is_transpose, one_by_one, word
from derive.notation.latex.parser import parse
from derive.notation.latex.reader import LatexReader
from derive.notation.latex.resolve import Resolver
from derive.notation.latex.tree import Applied, BigSum, Brackets, Factors, Mark, Relation, Scripted, Symbol
from derive.notation.limits import Limits
from derive.notation.names import Names
from derive.notation.source import Source
from derive.notation.syntax import Node, Num, parts
from derive.standalone.custom import costs, is_unspecified

_EQUAL = frozenset(("=", ":="))
_CONSTANTS = frozenset(("e", "pi", "d", "I"))
_SIDE = size("side")


def latex_trees(text: str, limits: Limits) -> list[list[Node]]:
    """The sides of each equation of a LaTeX text. Raises ReadError and LimitError, as its reader does."""
    source = Source(text)
    reader = LatexReader(Scope(), limits)
    written: list[list[Node]] = []
    ruled: dict[int, Condition] = {}
    for statement in reader.statements(source):
        condition = condition_of(statement) if written else None
        if condition is not None:
            ruled[len(written) - 1] = condition
            continue
        if not all(sign in _EQUAL for sign in statement.signs):
            raise source.error(statement.start, statement.end, "Without a problem only equations are read.",
                               "Write left = right.", "E-UNSUPPORTED")  # fmt: skip
        written.append([parse(source, side, limits, frozenset()) for side in statement.sides if len(side) > 1])
    scope = _scope(tree for sides in written for tree in sides)
    names = Names(scope)
    spellings = LatexReader(scope, limits).spellings
    resolvers = [Resolver(source, names, Choices(), spellings, None, sides=sides) for sides in written]
    found = [[r.node(tree) for tree in sides] for r, sides in zip(resolvers, written, strict=True)]
    return [[ruled[k].weighed(n) for n in sides] if k in ruled else sides for k, sides in enumerate(found)]


@dataclass
class _Letters:
    """Letters by their names: how many indices stand below them, and which are functions, indices and sizes."""

    axes: dict[str, int] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=set)
    sizes: set[str] = field(default_factory=set)

    def visit(self, node: Node) -> None:
        if isinstance(node, Symbol):
            self._name(node.name, 0)
        elif isinstance(node, Scripted) and isinstance(node.base, Symbol):
            self._scripted(node, node.base)
        elif isinstance(node, Factors):
            self._factors(node)
        elif isinstance(node, Applied):
            self._function(node.function)
            self.visit(node.argument)
        elif isinstance(node, BigSum):
            self._sum(node)
        else:
            for part in parts(node):
                self.visit(part.inner if isinstance(part, Mark) and not is_transpose(part) else part)

    def _name(self, name: str, axes: int) -> None:
        self.axes[name] = max(axes, self.axes.get(name, 0))

    def _scripted(self, node: Scripted, base: Symbol) -> None:
        labels = one_by_one(node.below)
        letters = [label for label in labels if isinstance(label, Symbol) and len(label.base) == 1]
        name = base.name
        if labels and len(letters) == len(labels):
            self.indices.update(letter.name for letter in letters)
            if name != "delta" or len(letters) != 2:  # Kronecker's
                self._name(name, len(letters))
        else:
            marks = [m for m in node.above if m.bracket and isinstance(m.inner, Num)]
            self._name(name + word(labels) + word([m.inner for m in marks[:1]]), 0)
        for mark in node.above:
            if not is_transpose(mark) and not mark.bracket:
                self.visit(mark.inner)

    def _factors(self, node: Factors) -> None:
        for place, factor in enumerate(node.factors):
            following = node.factors[place + 1] if place + 1 < len(node.factors) else None
            following = following.base if isinstance(following, Scripted) else following  # tanh(x)_i
            is_beside = isinstance(following, Brackets) and not node.signs[place]
            if is_beside and isinstance(following, Brackets):
                is_known = isinstance(factor, Symbol) and Names(Scope()).function(factor.name) is not None
                is_beside = following.kind == "(" or (following.kind == "[" and is_known)
            if not (is_beside and self._function(factor)):
                self.visit(factor)

    def _function(self, node: Node) -> bool:
        """Take a letter for a function, if it can be one."""
        symbol = node.base if isinstance(node, Scripted) else node
        primes = node.primes if isinstance(node, Scripted) else 0
        if not isinstance(symbol, Symbol):
            return False
        if Names(Scope()).function(symbol.name) is not None or (len(symbol.name) > 1 and symbol.name in FUNCTION_WORDS):
            return True
        if not is_unspecified(symbol.name, primes) and symbol.name not in self.functions:
            return False
        self.functions.add(symbol.name)
        return True

    def _sum(self, node: BigSum) -> None:
        below = node.below.left if isinstance(node.below, Relation) else node.below
        if below is not None:
            self.indices.update(s.name for s in _symbols(below))
        if node.above is not None:
            self.sizes.update(s.name for s in _symbols(node.above))
        self.visit(node.body)


def _symbols(node: Node) -> Iterator[Symbol]:
    if isinstance(node, Symbol):
        yield node
    for part in parts(node):
        yield from _symbols(part)


def _scope(trees: Iterator[Node]) -> Scope:
    letters = _Letters()
    for tree in trees:
        letters.visit(tree)
    tensors = {}
    for name, axes in letters.axes.items():
        if name.isdigit() or name.endswith("ddot"):
            continue
        if name in _CONSTANTS | letters.indices | letters.sizes | letters.functions:
            continue
        if len(name) > 2 and name in FUNCTION_WORDS and name not in GREEK_NAMES:
            continue  # tanh is a function wherever it stands; one whose argument is not seen is not a number
        kind = ("scalar", "column", "matrix")[min(axes, 2)] if axes else next(iter(costs(name)))
        shape = {"scalar": SCALAR, "column": column(_SIDE)}.get(kind, matrix(_SIDE, _SIDE))
        tensors[name] = Tensor(name, shape)
    functions = {name: unspecified(name) for name in sorted(letters.functions)}
    return Scope(tensors=tensors, functions=functions, sizes={name: size(name) for name in sorted(letters.sizes)})
