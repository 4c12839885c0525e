"""What rows know about the place where they are tried: the problem's layers, its penalty, its batch, the stage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy

from derive.expression.nodes import Dimension, Elementwise, Expression, MatMul, Number, Power, Shorthand, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR, Size
from derive.expression.traverse import substitute_layer, tensors, walk
from derive.mistakes.terms import expanded

_NUMBERED = re.compile(r"^(.*?)(\d+)$")
_INPUTS, _TARGETS = ("x", "X"), ("y", "Y")


class Facts:
    """What can be read off a problem once: its chain of activations, its penalty, its batch."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        names = {t for d in problem.definitions for t in (d.target, *tensors(d.value))}
        asked = problem.question
        names |= {t for e in (asked.objective, asked.value, asked.wrt) if e is not None for t in tensors(e)}
        self.names: list[Tensor] = sorted({*names, *problem.gradients}, key=lambda t: (t.name, str(t.layer)))
        self.inner: dict[Tensor, Tensor] = {}
        for d in problem.definitions:
            inner = _activated(d.value)
            if inner is not None:
                self.inner[d.target] = inner
        self.outer = {z: a for a, z in self.inner.items()}

    def named(self, names: tuple[str, ...]) -> Tensor | None:
        return next((t for t in self.names if t.name in names and t.layer is None), None)

    @cached_property
    def input(self) -> Tensor | None:
        return self.named(_INPUTS)

    @cached_property
    def target(self) -> Tensor | None:
        return self.named(_TARGETS)

    @cached_property
    def errors(self) -> tuple[Expression, ...]:
        """What the loss compares: the last activation less the target."""
        outputs = [a for a in self.inner if self.target is not None and a.shape == self.target.shape]
        return (outputs[-1] - self.target,) if outputs and self.target is not None else ()

    @cached_property
    def batch(self) -> tuple[Size, ...]:
        """Sizes that the objective divides by, those of the batch first; 1 is none."""
        named = self.problem.scope.sizes.get("N")
        found: dict[Size, None] = {} if named is None else {named: None}
        for node in walk(self.objective) if self.objective is not None else ():
            if isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value == -1:
                found.update((p.size, None) for p in walk(node.base) if isinstance(p, Dimension))
        return tuple(s for s in found if s != 1)

    @cached_property
    def objective(self) -> Expression | None:
        """What is differentiated, as a formula."""
        asked = self.problem.question.objective
        if asked is not None:
            known = self.problem.definition(asked) if isinstance(asked, Tensor) else None
            return asked if known is None else known
        found = [d.value for d in self.problem.definitions if d.target.name == self.problem.objective_name]
        return found[-1] if found else None

    @cached_property
    def penalties(self) -> tuple[Tensor, ...]:
        """Scalars that weigh a penalty: they stand in a term of the objective that has no data in it, as they are.

        A scalar whose square or absolute value is taken there is no weight of the penalty, but what is penalised.
        """
        if not isinstance(self.objective, Sum):
            return ()
        found: dict[Tensor, None] = {}
        for term in self.objective.terms:
            inside = tensors(term)
            if any(self.problem.definition(t) is not None or t in (self.input, self.target) for t in inside):
                continue
            penalised = {t for part in walk(term) if isinstance(part, Power | Elementwise) for t in tensors(part)}
            weights = inside - penalised
            found.update((t, None) for t in sorted(weights, key=lambda t: t.name) if t.shape == SCALAR)
        return tuple(found)

    @cached_property
    def penalty_terms(self) -> tuple[Expression, ...]:
        """The terms of the objective that belong to the penalty, as they stand there."""
        source = self.objective
        parts = source.terms if isinstance(source, Sum) else ()
        return tuple(t for t in parts if any(lam in tensors(t) for lam in self.penalties))

    @cached_property
    def has_layers(self) -> bool:
        """Whether there are layers to speak of: numbered ones, or one activation acts on another one."""
        if self.problem.scope.layers or any(_NUMBERED.match(z.name) for z in self.outer):
            return True
        return any(
            a in tensors(d.value) for a in self.inner for d in self.problem.definitions if d.target in self.outer
        )

    def is_hidden(self, z: Expression) -> bool | None:
        """Whether a slope at z is that of a hidden layer, which another layer reads; None if that is not known."""
        a = self.outer.get(z) if isinstance(z, Tensor) else None
        if a is None or a.layer is not None:
            return None
        readers = [d for d in self.problem.definitions if a in tensors(d.value)]
        return any(
            d.target in self.outer or any(isinstance(part, MatMul) and a in part.factors for part in walk(d.value))
            for d in readers
            if d.target.name != self.problem.objective_name
        )

    def siblings(self, t: Tensor) -> Iterator[Tensor]:
        """The same quantity in the layers next to it: W1 for W2, W[l+1] for W[l]."""
        if t.layer is not None:
            for step in (1, -1):
                symbol = next(iter(t.layer.free_symbols), None)
                if isinstance(symbol, sympy.Symbol):
                    moved = substitute_layer(t, {symbol: symbol + step})
                    if isinstance(moved, Tensor):
                        yield moved
            return
        match = _NUMBERED.match(t.name)
        if match is None:
            return
        known = {u.name: u for u in self.names}
        for step in (-1, 1):
            other = known.get(f"{match[1]}{int(match[2]) + step}")
            if other is not None:
                yield other


def _activated(value: Expression) -> Tensor | None:
    """z for f(z) or softmax(z)."""
    if isinstance(value, Elementwise) and isinstance(value.arguments[0], Tensor):
        return value.arguments[0]
    if isinstance(value, Shorthand) and value.name == "softmax" and isinstance(value.operands[0], Tensor):
        return value.operands[0]
    return None


@dataclass(frozen=True)
class Setting:
    """A line of a stage: what the stage differentiates by, which stage it is, whether slopes cancelled in it, and the
    first derivative, where the stage works out the second one."""

    facts: Facts
    of: Expression | None
    is_output: bool
    is_final: bool
    slopes: tuple[Elementwise, ...] = ()
    first: Expression | None = None

    def is_penalty(self, e: Expression) -> bool:
        """Whether a term belongs to the penalty, with all that is multiplied out in it."""
        inside = [tensors(term) for term in expanded(e)] if self.facts.penalties else []
        return bool(inside) and all(any(lam in part for lam in self.facts.penalties) for part in inside)
