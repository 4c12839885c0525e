"""A problem: definitions with symbolic sizes, and a question about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import sympy

from derive.expression.nodes import Expression, Tensor
from derive.expression.scope import Scope
from derive.expression.sizes import Shape
from derive.expression.traverse import substitute_layer, tensors


@dataclass(frozen=True)
class Definition:
    """target = value. In a family the target carries a layer symbol: z[l] = W[l] @ a[l-1] + b[l] for every l."""

    target: Tensor
    value: Expression


@dataclass(frozen=True)
class Assumptions:
    """What the problem declares about its names; only declared facts may be used in a proof."""

    positive: frozenset[str] = frozenset()
    nonzero: frozenset[str] = frozenset()
    integer: frozenset[str] = frozenset()
    binary: frozenset[str] = frozenset()
    symmetric: frozenset[str] = frozenset()
    between: tuple[tuple[str, int, int], ...] = ()
    equations: tuple[tuple[Expression, Expression], ...] = ()
    equation_texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How examples stand in matrices, and how a gradient stands against its variable."""

    examples: Literal["columns", "rows"] = "columns"
    gradient: Literal["denominator", "numerator"] = "denominator"


@dataclass(frozen=True)
class Question:
    """∂objective/∂wrt, or (with `value`) an expression that an answer must equal.

    With `closed` an answer must end with that, worked out: without derivatives and without a name for it.
    """

    objective: Expression | None = None
    wrt: Expression | None = None
    value: Expression | None = None
    closed: bool = False


@dataclass(frozen=True)
class Problem:
    """Definitions in order, what is assumed, and the question.

    gradients   names that stand for gradients of the objective: `delta1` ↦ z1 (so delta1 = ∂E/∂z1), and `dW1` ↦ W1;
                only those listed in `shown_gradients` get their name in a derivation (the deltas)
    scales      factor between a gradient's name and the gradient: with per-example δ, delta2 = N ∂E/∂z2
    """

    title: str = ""
    scope: Scope = field(default_factory=Scope)
    definitions: tuple[Definition, ...] = ()
    assumptions: Assumptions = field(default_factory=Assumptions)
    layout: Layout = field(default_factory=Layout)
    question: Question = field(default_factory=Question)
    objective_name: str = "E"
    gradients: Mapping[Tensor, Tensor] = field(default_factory=dict)
    shown_gradients: frozenset[str] = frozenset()
    scales: Mapping[Tensor, Expression] = field(default_factory=dict)
    marking: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def _by_name(self) -> dict[tuple[str, bool], Definition]:
        # The first definition with a layer symbol is the family's general one; a[L] = … after it is exact.
        return {(d.target.name, d.target.layer is not None): d for d in reversed(self.definitions)
                if d.target.layer is None or d.target.layer.is_Symbol}  # fmt: skip

    @cached_property
    def _exact(self) -> dict[Tensor, Expression]:
        return {d.target: d.value for d in self.definitions}

    def definition(self, tensor: Tensor) -> Expression | None:
        """What a name is defined as, or None; a member of a family gets its own layer: z[l+1] = W[l+1] @ a[l] + ….

        An exact definition (a[L] = y-hat's) goes before the family's general one.
        """
        exact = self._exact.get(tensor)
        if exact is not None or tensor.layer is None:
            return exact
        general = self._by_name.get((tensor.name, True))
        if general is None or not isinstance(general.target.layer, sympy.Symbol):
            return None
        return substitute_layer(general.value, {general.target.layer: tensor.layer})

    def shape_of(self, name: str) -> Shape:
        return self.scope.tensors[name].shape

    @cached_property
    def free_tensors(self) -> tuple[Tensor, ...]:
        """The names that are given, not defined: inputs, targets, parameters; in order of appearance."""
        seen: dict[Tensor, None] = {}
        sources = [d.value for d in self.definitions]
        sources += [e for e in (self.question.objective, self.question.value) if e is not None]
        for source in sources:
            for tensor in sorted(tensors(source), key=lambda t: (t.name, str(t.layer))):
                if self.definition(tensor) is None:
                    seen.setdefault(tensor)
        return tuple(seen)
