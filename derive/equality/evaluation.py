"""The value of an expression at a point: every node class on explicit entries, over any arithmetic.

A point gives numbers to sizes, to the names that are not defined, and a formula to each unspecified function.
Definitions are worked out once each and in order, so the cost is linear in depth. Derivatives are worked out by dual
numbers straight from the definitions (`dual`), never by the symbolic engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

from derive.deadline import glance
from derive.equality.arithmetic import Balls, Scalar, trim
from derive.equality.arithmetic_functions import FORMULAS, KINKED, SLOPED
from derive.equality.concrete import Concrete
from derive.equality.dual import Duals, total
from derive.equality.indices import free_indices
from derive.equality.matrix import Matrix, single, zipped
from derive.equality.model import Key, Model
from derive.errors import Unsupported
from derive.expression.function import Function
from derive.expression.nodes import (
    Constant,
    Derivative,
    Elementwise,
    Expression,
    Index,
    MatMul,
    Number,
    Power,
    Product,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.operation import Operation
from derive.expression.shapes import shape
from derive.expression.traverse import walk

LARGE = 400
"""Of a product with more entries single ones are worked out by themselves."""


@dataclass(frozen=True)
class Point:
    """Where an expression is evaluated: sizes and layers, exact values of the given names, formulas for functions."""

    concrete: Concrete
    values: Mapping[Key, Matrix]
    functions: Mapping[str, Function] = field(default_factory=dict)


class Evaluation:
    """Values at one point, each worked out once; raises Unsupported for a name or a size that has no value.

    ties    kinks and jumps met exactly: (id of the argument, entry) ↦ the argument; `kinks` the former alone
    steps   how many entries were computed, shared with the evaluations of derivatives
    """

    def __init__(self, model: Model, point: Point, arithmetic: Duals | None = None) -> None:
        self.model = model
        self.point = point
        self.arithmetic = arithmetic or Duals(Balls())
        self.values: dict[Key, Matrix] = {}
        self.binding: dict[str, int] = {}
        self.layers = point.concrete.layers
        self.ties: dict[tuple[int, int], Matrix] = {}
        self.kinks: dict[tuple[int, int], Matrix] = {}
        self.steps = [0]
        self._memo: dict[Any, Matrix] = {}
        self._parent: Evaluation | None = None
        self._affected: frozenset[Key] = frozenset()
        self._cuts: frozenset[Key] = frozenset()

    def value(self, e: Expression) -> Matrix:
        """All entries of an expression."""
        self.prepare(e)
        return self.node(e)

    def entry(self, e: Expression, row: int, column: int) -> Scalar:
        """One entry, counted from 0; a derivative is taken in that entry alone."""
        self.prepare(e)
        return self.part(e, row, column)

    def concrete_shape(self, e: Expression) -> tuple[int, int]:
        rows, columns = shape(e)
        return self.count(rows), self.count(columns)

    def count(self, size: Any) -> int:
        return self.point.concrete.count(size, self.layers)

    def number(self, size: Any) -> int:
        return self.point.concrete.number(size, self.layers)

    def copied(self) -> Evaluation:
        """The same values to start from; what is worked out here leaves no trace there."""
        other = Evaluation(self.model, self.point)
        other.values, other._memo = dict(self.values), dict(self._memo)
        other.ties, other.kinks, other.steps = dict(self.ties), dict(self.kinks), list(self.steps)
        return other

    def changed(self, name: Key, value: Matrix) -> Evaluation:
        """An evaluation at the point where one name has another value; only what depends on it is worked out afresh.

        Ties are noted in what is worked out afresh, so there must be none here.
        """
        point = Point(self.point.concrete, {**self.point.values, name: value}, self.point.functions)
        other = Evaluation(self.model, point)
        affected = {name}
        for key in self.values:
            program = self.model.program(key, point.concrete)
            if program is not None and not affected.isdisjoint(program.reads):
                affected.add(key)
        other.values = {key: m for key, m in self.values.items() if key not in affected}
        return other

    def perturbed(self, of: Expression, name: Key, *, partial: bool) -> Evaluation:
        """An evaluation in which `name` will be given another value: what depends on it is worked out afresh."""
        child = Evaluation(self.model, self.point, self.arithmetic)
        child.binding, child.layers, child.steps, child._parent = dict(self.binding), self.layers, self.steps, self
        child._cuts = self._cuts | {name}
        affected = {name}
        if not partial:
            for key in self.model.order(of, self.point.concrete, self.layers):
                program = self.model.program(key, self.point.concrete)
                if program is not None and key not in child._cuts and not affected.isdisjoint(program.reads):
                    affected.add(key)
        child._affected = frozenset(affected)
        return child

    def slopes(self, of: Expression, name: Key, seeds: Sequence[int], *, partial: bool = False) -> list[Scalar]:
        """∂(entry of `of`)/∂(entry of `name`), for each entry of `of` and then each seed."""
        if self._parent is None:
            # Its plain value, so that ties in it are noted: the dual evaluation does not note any.
            self.node(of)
        t, base = self.arithmetic, self.lookup(name)
        level = t.fresh_level()
        varied = list(base.entries)
        for k in seeds:
            varied[k] = t.seed(level, varied[k], k)
        child = self.perturbed(of, name, partial=partial)
        child.values[name] = Matrix(base.rows, base.columns, varied)
        return [t.part(level, x, k) for x in child.value(of).entries for k in seeds]

    def lookup(self, key: Key) -> Matrix:
        found = self.values.get(key)
        if found is not None:
            return found
        if self._parent is not None and key not in self._affected:
            return self._parent.lookup(key)
        raise Unsupported(f"{key[0]} has no value here.")

    def prepare(self, e: Expression) -> None:
        """Work out every name that an expression depends on."""
        for key in self.model.order(e, self.point.concrete, self.layers):
            self._define(key)

    def _define(self, key: Key) -> None:
        if key in self.values:
            return
        if self._parent is not None and key not in self._affected:
            self._parent._define(key)
            return
        given = self.point.values.get(key)
        if given is not None:
            self.values[key] = Matrix(*given.shape, [self.arithmetic.lift(x) for x in given.entries])
            return
        program = self.model.program(key, self.point.concrete)
        if program is None:
            return
        kept = (self.layers, self._memo)
        if program.layers != self.layers:
            self.layers, self._memo = program.layers, {}
        found = self.node(program.value)
        self.values[key] = Matrix(found.rows, found.columns, [trim(x) for x in found.entries])
        self.layers, self._memo = kept

    def node(self, e: Expression) -> Matrix:
        """The value of a part of an expression whose names are already worked out."""
        free = free_indices(e)
        key: Any = (e, *[self.binding.get(index.name) for index in free]) if free else e
        found = self._memo.get(key)
        if found is None:
            glance()
            found = self._memo[key] = RULES[type(e)](self, e)
            self.steps[0] += len(found.entries)
        return found

    def part(self, e: Expression, row: int, column: int) -> Scalar:
        """One entry of such a part."""
        if isinstance(e, (Sum, Product)):
            parts = e.terms if isinstance(e, Sum) else e.factors
            result = self.part(parts[0], row, column)
            for part in parts[1:]:
                other = self.part(part, row, column)
                result = result + other if isinstance(e, Sum) else result * other
            return result
        if isinstance(e, Transpose):
            return self.part(e.operand, column, row)
        if isinstance(e, MatMul):
            found = self._dot(e, row, column)
            return self.node(e)[row, column] if found is None else found
        if isinstance(e, Derivative):
            rows, columns = self.concrete_shape(e)
            row, column = row if rows > 1 else 0, column if columns > 1 else 0
            return RULES[Derivative](self, e, (row * columns + column,)).entries[0]
        return self.node(e)[row, column]

    def _dot(self, e: MatMul, row: int, column: int) -> Scalar | None:
        """One entry of a large product of two matrices, without the others; None for any other product."""
        if len(e.factors) != 2 or e in self._memo:
            return None
        (rows, inner), (others, columns) = (self.concrete_shape(f) for f in e.factors)
        if inner != others or 1 in (rows * inner, others * columns) or rows * columns <= LARGE:
            return None
        left = self._line(e.factors[0], row, is_row=True)
        right = self._line(e.factors[1], column, is_row=False)
        return total(map(mul, left, right))

    def _line(self, e: Expression, k: int, *, is_row: bool) -> list[Scalar]:
        """A row or a column of a part of an expression."""
        if isinstance(e, Transpose):
            return self._line(e.operand, k, is_row=not is_row)
        m = self.node(e)
        return m.row(k) if is_row else m.column(k)

    def position(self, position: Index | int) -> int:
        """Where a component is taken, counted from 0."""
        if isinstance(position, int):
            return position - 1
        if position.name not in self.binding:
            raise Unsupported(f"The index {position.name} has no value here.")
        return self.binding[position.name] - 1

    def apply(self, function: Function, arguments: list[Matrix], order: int = 0, place: Matrix | None = None) -> Matrix:
        """function^(order) of the arguments, entry by entry; `place` is the first argument as it was given."""
        place = arguments[0] if place is None else place
        t = self.arithmetic
        if order:
            level = t.fresh_level()
            first = Matrix(*arguments[0].shape, [t.seed(level, x, 0) for x in arguments[0].entries])
            found = self.apply(function, [first, *arguments[1:]], order - 1, place)
            return Matrix(*found.shape, [t.part(level, x, 0) for x in found.entries])
        if function.kind == "unspecified":
            chosen = self.point.functions.get(function.name)
            if chosen is None:
                name = function.name
                return Matrix(*arguments[0].shape, [t.unspecified(name, 0, x) for x in arguments[0].entries])
            function = chosen
        if function.formula is not None:
            return self._formula(function, function.formula, arguments)
        formula = FORMULAS.get(function.name)
        if formula is None:
            raise Unsupported(f"The function {function.name} cannot be evaluated.")
        rows, columns, entries = zipped(arguments)
        if function.name in KINKED and self._parent is None:
            return Matrix(rows, columns, self._watched(function.name, place, entries))
        return Matrix(rows, columns, [formula(t, *xs) for xs in zip(*entries, strict=True)])

    def _watched(self, name: str, place: Matrix, entries: list[list[Scalar]]) -> list[Scalar]:
        """The values, with a note of the entries that lie exactly at a kink."""
        result = []
        for k, xs in enumerate(zip(*entries, strict=True)):
            before = self.arithmetic.ties
            result.append(FORMULAS[name](self.arithmetic, *xs))
            if self.arithmetic.ties != before:
                self.ties[(id(place), k)] = place
                if name in SLOPED:
                    self.kinks[(id(place), k)] = place
        return result

    def _formula(self, function: Function, formula: Expression, arguments: list[Matrix]) -> Matrix:
        """A formula in scalars: on whole matrices if each of its nodes works entry by entry, else for each entry."""
        if is_entrywise(formula):
            return self._with(function.parameters, arguments).value(formula)
        rows, columns, entries = zipped(arguments)
        found = [
            self._with(function.parameters, map(single, xs)).value(formula).entries[0]
            for xs in zip(*entries, strict=True)
        ]
        return Matrix(rows, columns, found)

    def _with(self, names: tuple[str, ...], values: Iterable[Matrix]) -> Evaluation:
        inner = Evaluation(_NOTHING, self.point, self.arithmetic)
        inner.values = {(name, None): m for name, m in zip(names, values, strict=True)}
        inner.ties, inner.kinks, inner.steps = self.ties, self.kinks, self.steps
        return inner


_NOTHING = Model(None)

_ENTRYWISE = (Number, Constant, Tensor, Sum, Product, Power, Elementwise)

is_entrywise: Operation[bool] = Operation(
    "is_entrywise", default=lambda e: all(isinstance(node, _ENTRYWISE) for node in walk(e))
)
"""Whether a formula in scalars may be applied to whole matrices; all nodes that do not mix entries."""

RULES: dict[type[Expression], Callable[..., Matrix]] = {}
"""One rule a node class, called as rule(evaluation, node); they are in `evaluate`."""
