"""What the parts of the reader share: the source, the names, the indices, and the way back to the reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable

import sympy

from derive.errors import ReadError
from derive.expression.nodes import Expression
from derive.expression.problem import Layout
from derive.expression.sizes import Size
from derive.notation.indices import Indices
from derive.notation.names import Names
from derive.notation.source import Source
from derive.notation.syntax import Chain, Group, Name, Negated, Node, Num, Raised, Subscripted, Terms

_LARGEST = sympy.Integer(10) ** 30
_LARGEST_EXPONENT = 16


class Context(ABC):
    """One formula being read."""

    columns_beside = False
    """Whether two columns side by side may be their product entry by entry, or their dot product: in text only."""

    def __init__(self, source: Source, names: Names, layout: Layout) -> None:
        self.source = source
        self.names = names
        self.layout = layout
        self.indices = Indices(names.scope, source)

    @abstractmethod
    def build(self, node: Node) -> Expression:
        """The expression that a part of the formula stands for."""

    @property
    def is_array_code(self) -> bool:
        """Whether this is written in the manner of an array library, and not of mathematics."""
        return False

    def pick(self, fork: Hashable, ways: int) -> int:
        """Which way to go where a notation has several readings; text has none that differ."""
        return 0

    def prefer(self, fork: Hashable, ways: int) -> int:
        """The same, where a later way is meant only if no earlier one conforms."""
        return 0

    def error(self, node: Node, message: str, suggestion: str = "", code: str | None = None) -> ReadError:
        """A ReadError that points at a part of the formula."""
        return self.source.error(node.start, node.end, message, suggestion, code)

    # ---- whole-number quantities: layers and sizes

    def layer(self, node: Node) -> sympy.Expr | None:
        """A layer subscript, linear in the layer symbols (l+1, L, 2), or None if the part is none."""
        found = _Whole(self, layers=True).value(node)
        return found if found is not None and (found.is_Integer or found.free_symbols) else None

    def size(self, node: Node) -> Size:
        """A size such as n, 3, 2*n or n[l-1]; ReadError if the part is none."""
        found = _Whole(self, layers=False).value(node)
        if found is None:
            raise self.error(node, "A size is expected here: a name of a size, or a number.")
        if found.is_number and not (found.is_Integer and found >= 1):
            raise self.error(node, "A size is at least 1.")
        return found


class _Whole:
    """Arithmetic of sizes and layers on the tree, without ever making a large number."""

    def __init__(self, context: Context, layers: bool) -> None:
        self.context = context
        self.layers = layers

    def value(self, node: Node) -> sympy.Expr | None:
        found = self._value(node)
        if found is not None and any(abs(n) > _LARGEST for n in found.atoms(sympy.Integer)):
            raise self.context.source.limit(node.start, node.end, "This size is too large a number.")
        return found

    def _value(self, node: Node) -> sympy.Expr | None:
        if isinstance(node, Num):
            return sympy.Integer(int(node.value)) if node.whole else None
        if isinstance(node, Name):
            names = self.context.names
            return names.layer(node.text) if self.layers else names.size(node.text)
        if isinstance(node, Group):
            return self.value(node.inner)
        if isinstance(node, Negated):
            inner = self.value(node.operand)
            return None if inner is None else -inner
        if isinstance(node, Terms):
            return self._folded(node)
        if self.layers:
            return None
        if isinstance(node, Chain):
            return self._folded(node)
        if isinstance(node, Raised):
            return self._raised(node)
        if isinstance(node, Subscripted) and isinstance(node.operand, Name) and len(node.positions) == 1:
            layer = self.context.layer(node.positions[0])
            return None if layer is None else self.context.names.size_at(node.operand.text, layer)
        return None

    def _folded(self, node: Terms | Chain) -> sympy.Expr | None:
        total = self.value(node.first)
        for sign, part in node.rest:
            right = self.value(part)
            if total is None or right is None or sign not in "+-*/" or (sign == "/" and right == 0):
                return None
            if sign in "+-":
                total = total + right if sign == "+" else total - right
            else:
                total = total * right if sign == "*" else total / right
        return total

    def _raised(self, node: Raised) -> sympy.Expr | None:
        base, exponent = self.value(node.base), self.value(node.exponent)
        if base is None or exponent is None or not exponent.is_Integer or not 0 < exponent <= _LARGEST_EXPONENT:
            return None
        return base**exponent
