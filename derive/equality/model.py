"""A problem seen as a program: which name is computed from which, at concrete layers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy

from derive.equality.concrete import Concrete, Layers
from derive.expression.nodes import Derivative, Expression, Product, Tensor, Transpose
from derive.expression.problem import Definition, Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import captured, tensors

Key = tuple[str, int | None]
"""A name, with the number of its layer if it is a member of a family."""


@dataclass(frozen=True)
class Program:
    """The formula that computes a name, what its layer symbols stand for, and the names it reads."""

    value: Expression
    layers: Layers
    reads: tuple[Key, ...]


class Model:
    """The definitions of a problem, and the names of its gradients, as programs."""

    def __init__(self, problem: Problem | None) -> None:
        self.problem = problem or Problem()
        self._captured: frozenset[str] | None = None
        self._plain: dict[str, Expression] = {}
        self._at_layer: list[Definition] = []
        self._general: dict[str, Definition] = {}
        self._programs: dict[tuple[Key, Layers], Program | None] = {}
        self._orders: dict[tuple[Expression, Layers, Layers], list[Key]] = {}
        for definition in self.problem.definitions:
            self._add(definition)
        for name, of in self.problem.gradients.items():
            self._add(Definition(name, self._gradient(name, of)))

    def holds_fixed(self, e: Expression, wrt: Expression) -> bool:
        """Whether a function's formula has names that dual numbers would have to vary, and do not."""
        if self._captured is None:
            self._captured = frozenset[str]().union(*(captured(d.value) for d in self.problem.definitions))
        defined = {d.target.name for d in self.problem.definitions}
        return not (self._captured | captured(e)).isdisjoint(defined | {t.name for t in tensors(wrt)})

    def _add(self, definition: Definition) -> None:
        """A family's general definition comes first; later ones of that name are for one layer, as a[L] = …."""
        target = definition.target
        if target.layer is None:
            self._plain[target.name] = definition.value
        elif isinstance(target.layer, sympy.Symbol) and target.name not in self._general:
            self._general[target.name] = definition
        else:
            self._at_layer.append(definition)

    def _gradient(self, name: Tensor, of: Tensor) -> Expression:
        """delta1 as ∂E/∂z1, times its scale, turned over if the name is shaped the other way round."""
        objective: Expression = Tensor(self.problem.objective_name, SCALAR)
        if not any(d.target == objective for d in self.problem.definitions) and self.problem.question.objective:
            objective = self.problem.question.objective
        value: Expression = Derivative(objective, of)
        if name.shape != of.shape and name.shape == of.shape[::-1]:
            value = Transpose(value)
        scale = self.problem.scales.get(name)
        return value if scale is None else Product((scale, value))

    def key(self, tensor: Tensor, concrete: Concrete, layers: Layers) -> Key:
        return (tensor.name, None if tensor.layer is None else concrete.number(tensor.layer, layers))

    def program(self, key: Key, concrete: Concrete) -> Program | None:
        """How a name is computed; None for a name that is given."""
        cached = (key, concrete.layers)
        if cached not in self._programs:
            found = self._find(key, concrete)
            self._programs[cached] = None if found is None else self._program(*found, concrete)
        return self._programs[cached]

    @cached_property
    def running(self) -> frozenset[str]:
        """The layer symbols that stand for any layer: l, not L."""
        return frozenset(str(d.target.layer) for d in self._general.values())

    def is_beyond(self, key: Key, concrete: Concrete) -> bool:
        """Whether a name is a member of a family that its definition does not reach, such as z[0]."""
        return key[0] in self._general and key[1] is not None and self.program(key, concrete) is None

    def _find(self, key: Key, concrete: Concrete) -> tuple[Expression, Layers] | None:
        name, layer = key
        if layer is None:
            value = self._plain.get(name)
            return None if value is None else (value, concrete.layers)
        for definition in self._at_layer:
            if self.key(definition.target, concrete, concrete.layers) == key:
                return definition.value, concrete.layers
        general = self._general.get(name)
        if general is None or not 1 <= layer <= concrete.last:
            return None
        running = str(general.target.layer)
        return general.value, (*((s, k) for s, k in concrete.layers if s != running), (running, layer))

    def _program(self, value: Expression, layers: Layers, concrete: Concrete) -> Program:
        return Program(value, layers, self.reads(value, concrete, layers))

    def reads(self, e: Expression, concrete: Concrete, layers: Layers) -> tuple[Key, ...]:
        """The names that occur in an expression, in a fixed order."""
        found = {self.key(t, concrete, layers) for t in tensors(e)}
        return tuple(sorted(found, key=lambda k: (k[0], k[1] or 0)))

    def order(self, e: Expression, concrete: Concrete, layers: Layers) -> list[Key]:
        """Every name that an expression depends on, each after the names it reads."""
        cached = (e, concrete.layers, layers)
        if cached not in self._orders:
            self._orders[cached] = self._ordered(e, concrete, layers)
        return self._orders[cached]

    def _ordered(self, e: Expression, concrete: Concrete, layers: Layers) -> list[Key]:
        # Iterative, so that a network of a thousand layers does not exhaust the stack.
        pending = [(key, False) for key in reversed(self.reads(e, concrete, layers))]
        seen: set[Key] = set()
        done: list[Key] = []
        while pending:
            key, is_finished = pending.pop()
            if is_finished:
                done.append(key)
                continue
            if key in seen:
                continue
            seen.add(key)
            pending.append((key, True))
            program = self.program(key, concrete)
            if program is not None:
                pending.extend((read, False) for read in reversed(program.reads))
        return done

    def given(self, e: Expression, concrete: Concrete, layers: Layers) -> dict[Key, tuple[int, int]]:
        """The names that an expression depends on and that nothing computes, with their shapes."""
        found: dict[Key, tuple[int, int]] = {}
        keys = self.order(e, concrete, layers)
        programs = [p for p in (self.program(key, concrete) for key in keys) if p is not None]
        for source, at in [(e, layers), *((p.value, p.layers) for p in programs)]:
            for tensor in sorted(tensors(source), key=lambda t: t.name):
                key = self.key(tensor, concrete, at)
                if key not in found and self.program(key, concrete) is None:
                    found[key] = (concrete.count(tensor.shape[0], at), concrete.count(tensor.shape[1], at))
        return found
