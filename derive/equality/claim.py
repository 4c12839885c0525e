"""What is to be refuted: that two expressions are equal, with the problem that gives their names a meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import sympy

from derive.equality.arithmetic_functions import KINKED
from derive.equality.concrete import Concrete, layer_expressions, size_expressions
from derive.equality.indices import free_indices
from derive.equality.model import Model
from derive.expression.function import Function
from derive.expression.nodes import Derivative, Elementwise, Expression, Index, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.traverse import walk

_SPECIAL = KINKED | {"eq", "ne"}


@dataclass(frozen=True)
class Claim:
    """left = right, entry by entry. `reference` is the same as right by another route: a Derivative to be worked out
    by dual numbers when right is a derived formula.

    model   how names are computed, where it is known already
    confirming   the same claim by the slower and independent route, if this one is evaluated by derived formulas
    known   a claim that mentions every name that this one may: its sizes, layers and functions are taken over
    """

    left: Expression
    right: Expression
    problem: Problem
    reference: Expression | None = None
    model: Model = field(default=None, repr=False, compare=False)  # type: ignore[assignment]
    known: Claim | None = field(default=None, repr=False, compare=False)
    confirming: Claim | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.model is None:
            object.__setattr__(self, "model", Model(self.problem))

    @property
    def final(self) -> Claim:
        """The claim that a difference is confirmed with."""
        return self.confirming or self

    @cached_property
    def whole(self) -> Expression:
        """One expression that mentions all that the claim mentions."""
        parts = (self.left, self.right) if self.reference is None else (self.left, self.right, self.reference)
        return Sum(parts)

    @cached_property
    def indices(self) -> tuple[Index, ...]:
        return free_indices(self.whole)

    @cached_property
    def sources(self) -> tuple[Expression, ...]:
        """Every formula that may be evaluated."""
        equations = [side for equation in self.problem.assumptions.equations for side in equation]
        definitions = [e for d in self.problem.definitions for e in (d.target, d.value)]
        gradients = [e for pair in self.problem.gradients.items() for e in pair]
        return (self.whole, *definitions, *gradients, *equations)

    @cached_property
    def reachable(self) -> tuple[Expression, ...]:
        """The formulas that the claim depends on, of all layers."""
        names = {d.target.name: d.value for d in self.problem.definitions}
        found, pending = [self.whole], [self.whole]
        if self.problem.gradients:
            pending += [d.value for d in self.problem.definitions]
            found += pending[1:]
        seen = {id(e) for e in found}
        while pending:
            for node in walk(pending.pop()):
                value = names.get(getattr(node, "name", "")) if hasattr(node, "layer") else None
                if value is not None and id(value) not in seen:
                    seen.add(id(value))
                    found.append(value)
                    pending.append(value)
        return tuple(found)

    @cached_property
    def layer_symbols(self) -> tuple[str, ...]:
        if self.known is not None:
            return self.known.layer_symbols
        found = {s.name for e in self.sources for layer in layer_expressions(e) for s in layer.free_symbols}
        return tuple(sorted(found | set(self.problem.scope.layers) if found else ()))

    @cached_property
    def size_symbols(self) -> tuple[str, ...]:
        """Names of sizes that have no number, in the order in which they appear."""
        if self.known is not None:
            return self.known.size_symbols
        found: dict[str, None] = {}
        for e in self.sources:
            for mentioned in sorted(size_expressions(e), key=str):
                atoms = mentioned.atoms(sympy.Symbol)
                for symbol in sorted(atoms, key=str):
                    if symbol.name not in self.layer_symbols:
                        found.setdefault(symbol.name)
        return tuple(found)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Names of widths that depend on a layer: the n of n[l]."""
        if self.known is not None:
            return self.known.families
        atoms = {
            a
            for e in self.sources
            for mentioned in size_expressions(e)
            for a in mentioned.atoms(sympy.core.function.AppliedUndef)
        }
        return tuple(sorted({a.func.__name__ for a in atoms}))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """The unspecified functions, by name."""
        if self.known is not None:
            return self.known.functions
        found = {
            node.function.name: node.function
            for e in self.sources
            for node in walk(e)
            if isinstance(node, Elementwise) and node.function.kind == "unspecified"
        }
        return tuple(found[name] for name in sorted(found))

    @cached_property
    def kink_arguments(self) -> tuple[Expression, ...]:
        """What must be zero for a function to be at its kink, or its special value: z for relu(z), a − b for a ≠ b."""
        found: dict[Expression, None] = {}
        for e in self.reachable:
            for node in walk(e):
                if not isinstance(node, Elementwise) or node.function.name not in _SPECIAL:
                    continue
                first, *others = node.arguments
                is_pair = node.function.parameters == ("a", "b")
                found.setdefault(Sum((first, -others[0])) if is_pair else first)
        return tuple(found)

    @cached_property
    def first_layer(self) -> int:
        """The least number that the layer l of a claim may be: 1, or more.

        A law for a general layer speaks of layers that the general definitions compute: l lies beyond members with a
        definition of their own (a[1] = x), and is none of the layers that the two sides name by a number.
        """
        named = [int(layer) for layer in layer_expressions(self.whole) if layer.is_Integer]
        targets = (d.target for d in self.problem.definitions)
        special = [int(t.layer) + 1 for t in targets if t.layer is not None and t.layer.is_Integer]
        return max([1, *named, *special])

    @cached_property
    def has_derivative(self) -> bool:
        """Whether dual numbers stand behind the right side: in it or in the reference a derivative is worked out."""
        gradients = {name.name for name in self.problem.gradients}
        sides = (self.right,) if self.reference is None else (self.right, self.reference)
        return any(
            isinstance(node, Derivative) or (isinstance(node, Tensor) and node.name in gradients)
            for side in sides
            for node in walk(side)
        )

    def concrete(self, pattern: tuple[int, ...], first: int, last: int) -> Concrete:
        """Sizes from a pattern, in the order of their names; `first` for l and `last` for L."""
        layers = {name: first if name in self.model.running else last for name in self.layer_symbols}
        names = list(self.size_symbols)
        names += [f"{family}[{k}]" for family in self.families for k in range(last + 3)]
        sizes = {name: pattern[k % len(pattern)] for k, name in enumerate(names)}
        return Concrete(sizes, tuple(sorted(layers.items())), last)
