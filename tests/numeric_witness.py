"""A tiny evaluator with finite differences: an independent witness for the steps of derivations.

It shares no code with the engine: it computes values in NumPy and differentiates by central differences only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from derive.expression.nodes import (
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shorthand import expand
from derive.expression.traverse import tensors, walk

STEP = 1e-5


class Witness:
    """Values of expressions at one random point of a problem; sizes are drawn too."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.random = np.random.default_rng(seed)
        self.values: dict[Tensor, Any] = {}
        self.frozen: dict[Expression, Any] = {}
        self.sizes: dict[Any, int] = {}
        self.indices: dict[str, int] = {}

    def size(self, value: Any) -> int:
        free = sorted(value.atoms(sympy.Symbol, sympy.core.function.AppliedUndef), key=str)
        for symbol in free:
            if symbol not in self.sizes:
                self.sizes[symbol] = 2 + len(self.sizes) % 3
        return int(value.subs(self.sizes))

    def tensor(self, t: Tensor) -> Any:
        if t in self.values:
            return self.values[t]
        definition = self.problem.definition(t)
        if definition is not None:
            return self.value(definition)
        rows, columns = (self.size(s) for s in t.shape)
        drawn = self.random.uniform(0.2, 0.9, (rows, columns)) * self.random.choice((-1, 1), (rows, columns))
        if t.name.lower() in ("y", "lam", "alpha") or t.name in self.problem.assumptions.positive:
            drawn = np.abs(drawn)
        self.values[t] = self.assumed(t, drawn)
        return self.values[t]

    def assumed(self, t: Tensor, drawn: Any) -> Any:
        """The drawn value made to satisfy sum(y) = 1 or y² = 1."""
        for left, _ in self.problem.assumptions.equations:
            if isinstance(left, Reduce) and left.operand == t:
                drawn = drawn / drawn.sum(axis=left.axis, keepdims=True)
            elif isinstance(left, Power) and left.base == t:
                drawn = np.where(self.random.uniform(size=drawn.shape) > 0.5, 1.0, -1.0)
        return drawn

    def value(self, e: Expression) -> Any:
        """The value as an array with two axes."""
        result = getattr(self, "_" + type(e).__name__.lower())(e)
        return np.asarray(result, dtype=float).reshape(np.shape(result) if np.ndim(result) == 2 else (1, 1))

    def _number(self, e: Number) -> Any:
        return float(e.value)

    def _constant(self, e: Constant) -> Any:
        return math.pi

    def _dimension(self, e: Dimension) -> Any:
        return self.size(e.size)

    def _tensor(self, e: Tensor) -> Any:
        return self.tensor(e)

    def _sum(self, e: Sum) -> Any:
        return sum(self.value(t) for t in e.terms)

    def _product(self, e: Product) -> Any:
        result = np.ones((1, 1))
        for f in e.factors:
            result = result * self.value(f)
        return result

    def _power(self, e: Power) -> Any:
        return self.value(e.base) ** self.value(e.exponent)

    def _matmul(self, e: MatMul) -> Any:
        result = self.value(e.factors[0])
        for f in e.factors[1:]:
            right = self.value(f)
            if result.shape[1] == right.shape[0]:
                result = result @ right
            elif 1 in (result.size, right.size):
                result = result * right
            else:
                result = np.sum(result * right, keepdims=True)
        return result

    def _transpose(self, e: Transpose) -> Any:
        return self.value(e.operand).T

    def _elementwise(self, e: Elementwise) -> Any:
        arguments = [self.value(a) for a in e.arguments]
        if e.order:
            up, down = ([arguments[0] + s * 1e-4, *arguments[1:]] for s in (1, -1))
            lower = [self._apply(e, e.order - 1, a) for a in (up, down)]
            return (lower[0] - lower[1]) / 2e-4
        return self._apply(e, 0, arguments)

    def _apply(self, e: Elementwise, order: int, arguments: list[Any]) -> Any:
        if order:
            up, down = ([arguments[0] + s * 1e-4, *arguments[1:]] for s in (1, -1))
            return (self._apply(e, order - 1, up) - self._apply(e, order - 1, down)) / 2e-4
        if e.function.numpy is not None:
            return np.broadcast_to(e.function.numpy(np, *arguments), np.broadcast_shapes(*(a.shape for a in arguments)))
        if e.function.formula is not None:
            name = Tensor(e.function.parameters[0], (sympy.Integer(1), sympy.Integer(1)))
            saved = self.values.get(name)
            self.values[name] = arguments[0]
            result = self.value(e.function.formula)
            self.values.pop(name) if saved is None else self.values.update({name: saved})
            return result
        return np.sin(1.3 * arguments[0]) + 0.3 * arguments[0] ** 2  # an unspecified function: any smooth one

    def _reduce(self, e: Reduce) -> Any:
        return self.value(e.operand).sum(axis=e.axis, keepdims=True)

    def _at(self, position: Any) -> Any:
        if position is None:
            return slice(None)
        n = self.indices[position.name] if isinstance(position, Index) else position
        return slice(n - 1, n)

    def _component(self, e: Component) -> Any:
        return self.value(e.operand)[self._at(e.row), self._at(e.column)]

    def _indexsum(self, e: IndexSum) -> Any:
        saved, total = self.indices.get(e.index.name), 0
        for k in range(1, self.size(e.index.size) + 1):
            self.indices[e.index.name] = k
            total = total + self.value(e.body)
        self.indices.pop(e.index.name) if saved is None else self.indices.update({e.index.name: saved})
        return total

    def _kroneckerdelta(self, e: KroneckerDelta) -> Any:
        row, column = (self.indices[p.name] if isinstance(p, Index) else p for p in (e.row, e.column))
        return float(row == column)

    def _diag(self, e: Diag) -> Any:
        return np.diag(self.value(e.operand).ravel())

    def _ones(self, e: Ones) -> Any:
        return np.ones([self.size(s) for s in e.shape])

    def _identity(self, e: Identity) -> Any:
        return np.eye(self.size(e.size))

    def _explicit(self, e: Explicit) -> Any:
        return np.block([[self.value(entry) for entry in row] for row in e.rows])

    def _shorthand(self, e: Shorthand) -> Any:
        if e.name == "trace":
            return np.trace(self.value(e.operands[0]))
        return self.value(expand(e))

    def _derivative(self, e: Derivative) -> Any:
        """Central differences: `partial` holds every other name fixed, `gradient` goes through the definitions."""
        if e in self.frozen:
            return self.frozen[e]
        if isinstance(e.wrt, Component):
            whole = self.value(Derivative(e.of, e.wrt.operand, e.form))
            return whole[self._at(e.wrt.row), self._at(e.wrt.column)]
        assert isinstance(e.wrt, Tensor)
        columns = []
        point = self.tensor(e.wrt)
        for position in np.ndindex(point.shape):
            values = []
            for sign in (1, -1):
                moved = point.copy()
                moved[position] += sign * STEP
                values.append(self._moved(e, moved))
            columns.append((values[0] - values[1]) / (2 * STEP))
        if e.form == "jacobian":
            return np.stack([c.ravel() for c in columns], axis=1)
        return np.array([c.item() for c in columns]).reshape(point.shape)

    def _moved(self, e: Derivative, moved: Any) -> Any:
        self.value(e.of)  # whatever is still to be drawn is drawn before anything moves
        saved, frozen = dict(self.values), self.frozen
        if e.form == "partial":
            inside = [part for part in walk(e.of) if isinstance(part, Derivative) and part.form == "gradient"]
            self.frozen = frozen | {part: self.value(part) for part in inside}
            self.values.update({t: self.tensor(t) for t in tensors(e.of)})
        self.values[e.wrt] = moved  # type: ignore[index]
        result = self.value(e.of)
        self.values.clear()
        self.values.update(saved)
        self.frozen = frozen
        return result

    def name_gradients(self) -> None:
        """delta2 … by finite differences of the objective through the definitions."""
        objective = self.problem.question.objective
        assert objective is not None
        for name, z in self.problem.gradients.items():
            scale = self.problem.scales.get(name, Number(1))  # type: ignore[arg-type]
            slope = self.value(scale) * self.value(Derivative(objective, z))
            self.values[name] = slope if slope.shape == tuple(self.size(s) for s in name.shape) else slope.T

    def error(self, left: Expression, right: Expression) -> float:
        """The greatest difference, relative to the greatest value."""
        a, b = self.value(left), self.value(right)
        if a.shape != b.shape and b.size == 1 and not b.any():
            b = np.zeros_like(a)
        assert a.shape == b.shape, (left, right, a.shape, b.shape)
        return float(np.abs(a - b).max() / max(1.0, np.abs(a).max()))
