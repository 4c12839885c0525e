"""Evaluating expressions entry by entry, in any arithmetic: one interpreter for floats, complex steps, exact entries.

The interpreter only walks the formula. What `+`, `@` or σ do is decided by the arrays it is given and by an `Algebra`:
float64 (`real`), complex steps (`analytic`), rounding bounds (`rounding`), SymPy entries (`entries`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from derive.errors import Unsupported, UsageError
from derive.expression.function import Function
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
    Position,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    scalar,
)
from derive.expression.problem import Problem
from derive.expression.shorthand import expand
from derive.expression.text import tensor_text, text
from derive.expression.traverse import tensors
from numeric.sizes import Sizes, bind_sizes, concrete
from numeric.stable import stable

Array = Any
"""Anything with two axes, `+ * @ .T sum` and slices: a NumPy array of floats or objects, or `rounding.Rounded`."""

Definitions = Sequence[tuple[Tensor, Expression]]


class Algebra(Protocol):
    """An arithmetic: how numbers enter it, and what functions and powers are in it."""

    def number(self, value: Fraction) -> Array: ...

    def pi(self) -> Array: ...

    def matrix(self, entries: np.ndarray[Any, Any]) -> Array:
        """Small whole numbers (ones, an identity, a mask) as an array of this arithmetic."""
        ...

    def join(self, blocks: list[list[Array]]) -> Array: ...

    def power(self, base: Array, exponent: Array) -> Array: ...

    def apply(self, function: Function, order: int, arguments: list[Array]) -> Array: ...

    def softmax(self, operand: Array, axis: int | None) -> Array: ...

    def logsumexp(self, operand: Array, axis: int | None) -> Array: ...


class Evaluator:
    """The value of expressions under given arrays; each subexpression is worked out once.

    values       arrays by name; a name that has no value is looked up in the definitions
    definitions  evaluated in order, when needed
    indices      the numbers of free indices, counting from 1
    """

    def __init__(
        self,
        algebra: Algebra,
        values: Mapping[str, Array],
        sizes: Sizes,
        definitions: Definitions = (),
        indices: Mapping[str, int] | None = None,
    ) -> None:
        self.algebra = algebra
        self.values = dict(values)
        self.sizes = sizes
        self.definitions = definitions
        self.indices = dict(indices or {})
        self._known: dict[Expression, Array] = {}

    def __call__(self, expression: Expression) -> Array:
        """The value of an expression; the definitions it needs are evaluated first, in order."""
        for target, value in needed(self.definitions, [expression], self.values):
            self.values[tensor_text(target)] = self.visit(value)
        return self.visit(expression)

    def visit(self, e: Expression) -> Array:
        """The value of one node, all names being known."""
        if e in self._known:
            return self._known[e]
        rule = _RULES.get(type(e))
        if rule is None:
            raise Unsupported(f"numeric evaluation has no law for {type(e).__name__}")
        result = rule(self, e)
        if not self.indices:
            self._known[e] = result
        return result

    def number(self, value: int) -> Array:
        return self.algebra.number(Fraction(value))


def needed(definitions: Definitions, wanted: Iterable[Expression], given: Iterable[str]) -> Definitions:
    """The definitions that `wanted` rests on and that are not given, in their own order."""
    table = {tensor_text(target): (target, value) for target, value in definitions}
    known, used = set(given), set()
    pending = list(wanted)
    while pending:
        for tensor in tensors(pending.pop()):
            key = tensor_text(tensor)
            if key not in known and key not in used and key in table:
                used.add(key)
                pending.append(table[key][1])
    return tuple(pair for key, pair in table.items() if key in used)


def definitions_of(problem: Problem) -> Definitions:
    return tuple((d.target, d.value) for d in problem.definitions)


def evaluate(
    problem: Problem,
    expressions: Mapping[str, Expression],
    values: Mapping[str, Array],
    algebra: Algebra,
    definitions: Definitions = (),
) -> dict[str, Array]:
    """The values of named expressions in a problem; `definitions` adds names (delta2) to the problem's own."""
    every = (*definitions_of(problem), *definitions)
    meanings = {tensor_text(target): value for target, value in every}
    every = tuple((target, stable(value, meanings)) for target, value in every)
    sizes = bind_sizes((*problem.free_tensors, *(target for target, _ in every)), values)
    evaluator = Evaluator(algebra, values, sizes, every)
    return {name: evaluator(stable(expression, meanings)) for name, expression in expressions.items()}


def _tensor(v: Evaluator, e: Tensor) -> Array:
    key = tensor_text(e)
    if key not in v.values:
        raise UsageError(f"{key} has no value.", suggestion=f"Give an array for {key}.")
    return v.values[key]


def _sum(v: Evaluator, e: Sum) -> Array:
    result = v.visit(e.terms[0]) if e.terms else v.number(0)
    for term in e.terms[1:]:
        result = result + v.visit(term)
    return result


def _product(v: Evaluator, e: Product) -> Array:
    result = v.visit(e.factors[0]) if e.factors else v.number(1)
    for factor in e.factors[1:]:
        result = result * v.visit(factor)
    return result


def _matmul(v: Evaluator, e: MatMul) -> Array:
    result = v.visit(e.factors[0])
    for factor in e.factors[1:]:
        right = v.visit(factor)
        if (1, 1) in (result.shape, right.shape):
            result = result * right
        elif result.shape[1] == right.shape[0]:
            result = result @ right
        else:
            result = (result * right).sum(axis=0, keepdims=True)
    return result


def _elementwise(v: Evaluator, e: Elementwise) -> Array:
    arguments = [v.visit(a) for a in e.arguments]
    row = e.function
    if row.formula is not None and e.order == 0:
        return _substituted(v, row, row.formula, arguments)
    if row.derivative is not None and e.order == 1:
        return _substituted(v, row, law_of(row), arguments)
    return v.algebra.apply(row, e.order, arguments)


def law_of(row: Function) -> Expression:
    """The law of f′, in a form that does not overflow."""
    assert row.derivative is not None
    return stable(row.derivative(*(scalar(name) for name in row.parameters)), {})


def _substituted(v: Evaluator, row: Function, body: Expression, arguments: list[Array]) -> Array:
    """The value of a law in the parameters of a function, entry by entry."""
    inner = Evaluator(v.algebra, dict(zip(row.parameters, arguments, strict=True)), v.sizes)
    value = inner.visit(body)
    # A law may forget its argument (id′ = 1); the result has one entry for each of the argument's all the same.
    return value if value.shape == arguments[0].shape else value + v.number(0) * arguments[0]


def _reduce(v: Evaluator, e: Reduce) -> Array:
    return v.visit(e.operand).sum(axis=e.axis if e.axis is not None else (0, 1), keepdims=True)


def _position(v: Evaluator, position: Position) -> slice:
    if position is None:
        return slice(None)
    at = v.indices.get(position.name, 0) if isinstance(position, Index) else position
    if at < 1:
        raise UsageError(f"The index {position.name if isinstance(position, Index) else position} has no number here.")
    return slice(at - 1, at)


def _component(v: Evaluator, e: Component) -> Array:
    return v.visit(e.operand)[_position(v, e.row), _position(v, e.column)]


def _index_sum(v: Evaluator, e: IndexSum) -> Array:
    outer = dict(v.indices)
    total: Array = None
    for at in range(1, concrete(e.index.size, v.sizes) + 1):
        v.indices = {**outer, e.index.name: at}
        term = v.visit(e.body)
        total = term if total is None else total + term
    v.indices = outer
    return total


def _kronecker(v: Evaluator, e: KroneckerDelta) -> Array:
    return v.number(int(_position(v, e.row) == _position(v, e.column)))


def _diag(v: Evaluator, e: Diag) -> Array:
    operand = v.visit(e.operand)
    n = operand.shape[0] * operand.shape[1]
    column = operand if operand.shape[1] == 1 else operand.T
    return v.algebra.matrix(np.eye(n, dtype=int)) * column


def _shorthand(v: Evaluator, e: Shorthand) -> Array:
    if e.name == "softmax":
        return v.algebra.softmax(v.visit(e.operands[0]), e.axis)
    if e.name == "logsumexp":
        return v.algebra.logsumexp(v.visit(e.operands[0]), e.axis)
    return v.visit(expand(e))


def _ones(v: Evaluator, e: Ones) -> Array:
    return v.algebra.matrix(np.ones((concrete(e.shape[0], v.sizes), concrete(e.shape[1], v.sizes)), dtype=int))


def _derivative(v: Evaluator, e: Derivative) -> Array:
    raise Unsupported(f"{text(e)} has not been worked out yet, so it has no value.",
                      suggestion="Ask for its derivation first.")  # fmt: skip


_RULES: dict[type[Expression], Callable[[Evaluator, Any], Array]] = {
    Number: lambda v, e: v.algebra.number(e.value),
    Constant: lambda v, e: v.algebra.pi(),
    Dimension: lambda v, e: v.number(concrete(e.size, v.sizes)),
    Tensor: _tensor,
    Sum: _sum,
    Product: _product,
    Power: lambda v, e: v.algebra.power(v.visit(e.base), v.visit(e.exponent)),
    MatMul: _matmul,
    Transpose: lambda v, e: v.visit(e.operand).T,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: _kronecker,
    Diag: _diag,
    Ones: _ones,
    Identity: lambda v, e: v.algebra.matrix(np.eye(concrete(e.size, v.sizes), dtype=int)),
    Explicit: lambda v, e: v.algebra.join([[v.visit(entry) for entry in row] for row in e.rows]),
    Derivative: _derivative,
    Shorthand: _shorthand,
}
