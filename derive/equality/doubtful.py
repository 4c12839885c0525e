"""Parts of a formula that may have no value in a whole region: what it divides by, and takes logs and roots of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive.equality.arithmetic_functions import KINKED
from derive.expression.nodes import (
    Component,
    Constant,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    IndexSum,
    KroneckerDelta,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Assumptions
from derive.expression.shorthand import expand
from derive.expression.traverse import tensors, walk

Definition = Callable[[Tensor], Expression | None]

_PIECEWISE = KINKED | {"where", "eq", "ne"}
"""Functions with which something may be 0 in a whole region."""

_NEVER_ZERO = frozenset({"abs", "sign"})
"""Those that are 0 only where their argument is."""

_POSITIVE = frozenset({"exp", "sigmoid", "cosh", "sech", "softplus"})


@dataclass(frozen=True)
class Doubt:
    """A base that must not be 0 (`division`), or not be negative (`log`, `root`)."""

    kind: str
    base: Expression


class Doubts:
    """What is doubtful in formulas of one problem.

    definition  what names stand for
    own         what an answer itself defines: looked into; the names of the problem are the problem's matter
    """

    def __init__(self, assumptions: Assumptions, definition: Definition, own: frozenset[str] = frozenset()) -> None:
        self.assumptions = assumptions
        self.definition = definition
        self.own = own
        sides = (side for equation in assumptions.equations for side in equation)
        # Of y binary, or Σx = 0, 0 is no rare value.
        self.tied = assumptions.binary.union(t.name for side in sides for t in tensors(side))
        self._kinds: dict[tuple[str, str, str], bool] = {}

    def of(self, e: Expression) -> Iterator[Doubt]:
        """The doubtful parts, each once or more."""
        for node in walk(e):
            if isinstance(node, Power):
                yield from self._of_power(node)
            elif isinstance(node, Elementwise) and node.function.name == "log":
                if not self.is_positive(node.arguments[0]):
                    yield Doubt("log", node.arguments[0])
            elif isinstance(node, Elementwise) and node.function.name == "sqrt":
                if not self.is_positive(node.arguments[0]):
                    yield Doubt("root", node.arguments[0])
            elif isinstance(node, Shorthand):
                yield from self.of(expand(node))
            elif isinstance(node, Tensor) and node.name in self.own:
                value = self.definition(node)
                if value is not None:
                    yield from self.of(value)

    def _of_power(self, e: Power) -> Iterator[Doubt]:
        exponent = e.exponent.value if isinstance(e.exponent, Number) else None
        if exponent is not None and exponent >= 0 and exponent.denominator == 1:
            return
        if exponent is None or exponent.denominator != 1:
            if not self.is_positive(e.base):
                yield Doubt("root", e.base)
            return
        base = e.base
        while isinstance(base, Elementwise) and base.function.name in _NEVER_ZERO and not base.order:
            base = base.arguments[0]
        if not isinstance(base, Number | Dimension | Constant) and self.is_piecewise(base):
            yield Doubt("division", base)

    def is_piecewise(self, e: Expression) -> bool:
        """Whether a formula, or a name in it, may be 0 in a whole region without being 0."""
        for node in walk(e):
            if isinstance(node, Elementwise):
                formula = node.function.formula
                if node.function.name in _PIECEWISE or (formula is not None and self.is_piecewise(formula)):
                    return True
                if node.order and node.function.name in KINKED:
                    return True
            elif isinstance(node, KroneckerDelta | Identity | Diag | Explicit):
                return True
            elif isinstance(node, Shorthand):
                if self.is_piecewise(expand(node)):
                    return True
            elif isinstance(node, Tensor) and (
                node.name in self.tied or self._known("piecewise", node, self.is_piecewise, default=False)
            ):
                return True
        return False

    def is_positive(self, e: Expression) -> bool:
        """Whether every entry of a formula is seen to be positive."""
        if isinstance(e, Number):
            return e.value > 0
        if isinstance(e, Dimension | Constant):
            return True
        if isinstance(e, Tensor):
            facts = self.assumptions
            is_declared = e.name in facts.positive or any(n == e.name and low > 0 for n, low, _ in facts.between)
            return is_declared or self._known("positive", e, self.is_positive, default=False)
        if isinstance(e, Elementwise):
            return not e.order and e.function.name in _POSITIVE
        if isinstance(e, Sum):
            return all(map(self.is_positive, e.terms))
        if isinstance(e, Product):
            return all(map(self.is_positive, e.factors))
        if isinstance(e, Power):
            return self.is_positive(e.base)
        if isinstance(e, Reduce | Component | Transpose):
            return self.is_positive(e.operand)
        if isinstance(e, IndexSum):
            return self.is_positive(e.body)
        return isinstance(e, Shorthand) and self.is_positive(expand(e))

    def _known(self, kind: str, name: Tensor, asks: Callable[[Expression], bool], *, default: bool) -> bool:
        """An answer for the definition of a name, worked out once."""
        # Below a layer stands another one without end: all layers below are one.
        is_named = name.layer is None or name.layer.is_Symbol
        key = (kind, name.name, str(name.layer) if is_named else "below")
        if key not in self._kinds:
            self._kinds[key] = default  # what leads back to itself, such as a family
            value = self.definition(name)
            self._kinds[key] = default if value is None else asks(value)
        return self._kinds[key]
