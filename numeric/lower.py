"""Lowering formulas to SymPy over array-valued symbols, as a straight program of named steps.

`+` and `*` become themselves, because NumPy broadcasts them; every product, transpose, sum and elementwise function
becomes an application of an undefined SymPy function, and a step of its own, so that nothing is worked out twice.
The shape that an array really has is kept track of: b (n×1) stands for b 1ᵀ (n×N) as long as nobody needs the ones.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import sympy

from derive.expression.nodes import (
    Constant,
    Diag,
    Dimension,
    Elementwise,
    Expression,
    Identity,
    IndexSum,
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
from derive.expression.shapes import broadcast_sizes, is_dot, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR, Shape, is_scalar, size_text
from derive.expression.text import tensor_text
from derive.expression.traverse import children, tensors, walk
from numeric.evaluate import Evaluator, law_of
from numeric.real import REAL
from numeric.sizes import matrix_of
from numeric.vectorised import VECTORISED, table_function

Step = tuple[sympy.Symbol, sympy.Expr]

_MASKS = ("gt", "ge", "lt", "le", "eq", "ne")
_AXES = {None: "all", 0: "0", 1: "1"}


class Lowering:
    """A program being written: its inputs, its steps in order, and what every lowered array is shaped like."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.modules: dict[str, Callable[..., Any]] = {}
        self.sizes: dict[sympy.Expr, sympy.Symbol] = {}
        self._shapes: dict[sympy.Expr, Shape] = {}
        self._names: dict[sympy.Expr, sympy.Symbol] = {}
        self._tensors: dict[str, sympy.Symbol] = {}
        self._taken: set[str] = {*keyword.kwlist, *dir(np), *VECTORISED}
        self._lowered: dict[Expression, sympy.Expr] = {}
        self._uses: Counter[Expression] = Counter()
        self._renamed: dict[sympy.Symbol, sympy.Symbol] = {}

    def count(self, expressions: Iterable[Expression]) -> None:
        """Count how often each formula occurs; what occurs twice gets a name."""
        pending = list(expressions)
        while pending:
            e = pending.pop()
            self._uses[e] += 1
            if self._uses[e] == 1:
                pending.extend(children(e))

    def input(self, tensor: Tensor) -> sympy.Symbol:
        """The symbol of an array that is given."""
        symbol = self._symbol(tensor_text(tensor))
        self._shapes[symbol] = tensor.shape
        self._tensors[tensor_text(tensor)] = symbol
        return symbol

    def define(self, tensor: Tensor, value: Expression) -> None:
        """One more named intermediate; a formula that has a name already gives this one nothing to do."""
        lowered = self.lower(value)
        if not (lowered.is_Symbol or lowered.is_Number):
            symbol = self._symbol(tensor_text(tensor))
            self._shapes[symbol] = self.shape(lowered)
            self.steps.append((symbol, lowered))
            self._names[lowered] = symbol
            lowered = symbol
        elif lowered in self._names.values() and lowered not in self._renamed:
            self._renamed[lowered] = self._symbol(tensor_text(tensor))
        self._tensors[tensor_text(tensor)] = lowered

    def program(self, results: Sequence[sympy.Expr]) -> tuple[list[Step], list[sympy.Expr]]:
        """The steps that the results rest on, in order, and the results, both under the names that people use."""
        used = {s for e in results for s in e.free_symbols}
        kept: list[Step] = []
        for symbol, value in reversed(self.steps):
            if symbol in used:
                used |= value.free_symbols
                kept.append((self._renamed.get(symbol, symbol), value.xreplace(self._renamed)))
        return kept[::-1], [e.xreplace(self._renamed) for e in results]

    def output(self, e: Expression) -> sympy.Expr:
        """A formula with the whole of its shape."""
        return self.full(self.lower(e), shape(e))

    def lower(self, e: Expression) -> sympy.Expr:
        """The SymPy form of a formula over array-valued symbols."""
        if e not in self._lowered:
            rule = _RULES.get(type(e), Lowering.interpreted)
            lowered = rule(self, e)
            shared = self._uses[e] > 1 and (lowered.is_Add or lowered.is_Mul or lowered.is_Pow)
            self._lowered[e] = self.named(lowered) if shared else lowered
        return self._lowered[e]

    def named(self, lowered: sympy.Expr) -> sympy.Expr:
        """A step for a lowered formula; the same formula gets the same step."""
        if lowered.is_Symbol or lowered.is_Number:
            return lowered
        if lowered not in self._names:
            symbol = self._symbol(f"t{len(self.steps)}")
            self._shapes[symbol] = self.shape(lowered)
            self._names[lowered] = symbol
            self.steps.append((symbol, lowered))
        return self._names[lowered]

    def call(self, name: str, result: Shape, *arguments: sympy.Expr) -> sympy.Expr:
        """A step that applies a function of NumPy."""
        if name not in self.modules:
            self.modules[name] = VECTORISED[name] if name in VECTORISED else table_function(name.partition("_")[2])
        applied: sympy.Expr = sympy.Function(name)(*arguments)  # type: ignore[no-untyped-call]
        self._shapes[applied] = result
        return self.named(applied)

    def shape(self, lowered: sympy.Expr) -> Shape:
        """The shape that a lowered formula really has when it is worked out."""
        if lowered not in self._shapes:
            found = SCALAR
            for argument in lowered.args:
                own = self.shape(argument)
                rows, columns = broadcast_sizes(found[0], own[0]), broadcast_sizes(found[1], own[1])
                assert rows is not None
                assert columns is not None
                found = (rows, columns)
            self._shapes[lowered] = found
        return self._shapes[lowered]

    def full(self, lowered: sympy.Expr, wanted: Shape) -> sympy.Expr:
        """The same with the ones written out, if its array is narrower than the formula's shape."""
        if self.shape(lowered) == wanted:
            return lowered
        return self.call("fill", wanted, lowered, self.size(wanted[0]), self.size(wanted[1]))

    def size(self, value: sympy.Expr) -> sympy.Expr:
        """A size as a number that is known when the program runs."""
        replaced = {}
        for atom in value.free_symbols:
            if atom not in self.sizes:
                self.sizes[atom] = self._symbol("size_" + size_text(atom))
            replaced[atom] = self.sizes[atom]
        return value.xreplace(replaced)

    def interpreted(self, e: Expression) -> sympy.Expr:
        """Anything with indices is left to the interpreter, as one opaque step."""
        used = sorted(tensors(e), key=tensor_text)
        counted = sorted(sizes_in(e), key=size_text)
        name = f"interpreted_{len(self.modules)}"
        self.modules[name] = interpreter(e, used, counted)
        arguments = [self.full(self.tensor(t), t.shape) for t in used]
        return self.call(name, shape(e), *arguments, *(self.size(s) for s in counted))

    def tensor(self, e: Tensor) -> sympy.Expr:
        return self._tensors[tensor_text(e)]

    def _symbol(self, name: str) -> sympy.Symbol:
        """A fresh identifier that looks like the name: W^{(1)} becomes W_1."""
        word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "v"
        word = f"v_{word}" if word[0].isdigit() else word
        free = next(w for w in (word, *(f"{word}_{k}" for k in range(1, 10**6))) if w not in self._taken)
        self._taken.add(free)
        return sympy.Symbol(free)


def sizes_in(e: Expression) -> set[sympy.Expr]:
    """The symbolic sizes that a formula mentions itself, as a number, in a sum over an index, in ones."""
    found: set[sympy.Expr] = set()
    for node in walk(e):
        if isinstance(node, IndexSum):
            found |= node.index.size.free_symbols
        elif isinstance(node, (Dimension, Identity)):
            found |= node.size.free_symbols
        elif isinstance(node, Ones):
            found |= node.shape[0].free_symbols | node.shape[1].free_symbols
    return found


def interpreter(e: Expression, used: Sequence[Tensor], counted: Sequence[sympy.Expr]) -> Callable[..., Any]:
    """A step that evaluates a formula as it stands, called with the arrays and the sizes that it mentions."""
    names = [tensor_text(t) for t in used]

    def step(*arguments: Any) -> Any:
        arrays = [matrix_of(t, a) for t, a in zip(used, arguments, strict=False)]
        sizes = {s: sympy.Integer(n) for s, n in zip(counted, arguments[len(used) :], strict=True)}
        value = Evaluator(REAL, dict(zip(names, arrays, strict=True)), sizes)(e)
        return value.item() if value.shape == (1, 1) else value

    return step


def _sum(low: Lowering, e: Sum) -> sympy.Expr:
    return sympy.Add(*(low.lower(t) for t in e.terms))


def _product(low: Lowering, e: Product) -> sympy.Expr:
    """Scalars are multiplied first, as numbers; an indicator beside an array stays a mask of booleans."""
    scalars = [low.lower(f) for f in e.factors if is_scalar(shape(f))]
    others = [f for f in e.factors if not is_scalar(shape(f))]
    plain = [f for f in others if not _is_mask(f)]
    arrays = [low.lower(f) if f in plain or not plain else _mask(low, f) for f in others]
    return _scaled(low, sympy.Mul(*scalars), sympy.Mul(*arrays))


def _scaled(low: Lowering, scalar: sympy.Expr, array: sympy.Expr) -> sympy.Expr:
    if array == 1 or scalar in (1, -1):
        return scalar * array
    if array.is_Add:
        # SymPy would multiply out: 2(a − y) is one pass over memory, 2a − 2y is two.
        array = low.named(array)
    return (scalar if scalar.is_Number else low.named(scalar)) * array


def _is_mask(e: Expression) -> bool:
    return isinstance(e, Elementwise) and e.function.name in _MASKS and e.order == 0


def _mask(low: Lowering, e: Expression) -> sympy.Expr:
    assert isinstance(e, Elementwise)
    return low.call(f"mask_{e.function.name}", shape(e), *(low.lower(a) for a in e.arguments))


def _matmul(low: Lowering, e: MatMul) -> sympy.Expr:
    result, static = low.lower(e.factors[0]), shape(e.factors[0])
    before = e.factors[0]
    for factor in e.factors[1:]:
        other = shape(factor)
        if static == SCALAR or other == SCALAR:
            result, static = _scaled_product(low, result, static, low.lower(factor), other)
        elif is_dot(static, other):
            result = low.call("inner", SCALAR, low.full(result, static), low.full(low.lower(factor), other))
            static = SCALAR
        else:
            result, static = _pair(low, before, result, static, factor)
        before = factor
    return result


def _scaled_product(low: Lowering, left: sympy.Expr, a: Shape, right: sympy.Expr, b: Shape) -> tuple[sympy.Expr, Shape]:
    scalar, array, static = (left, right, b) if a == SCALAR else (right, left, a)
    return _scaled(low, scalar, array), static


def _pair(
    low: Lowering, before: Expression, left: sympy.Expr, a: Shape, factor: Expression
) -> tuple[sympy.Expr, Shape]:
    """left @ factor. Ones are sums or broadcasts, a diagonal scales rows or columns, an outer product broadcasts."""
    b = shape(factor)
    static = (a[0], b[1])
    if isinstance(factor, Ones):
        return (left if a[1] == ONE else _total(low, left, a, 1)), static
    if isinstance(before, Ones):
        right = low.lower(factor)
        return (right if b[0] == ONE else _total(low, right, b, 0)), static
    if isinstance(before, Diag):
        return low.lower(_column(before.operand)) * low.lower(factor), static
    if isinstance(factor, Diag):
        return left * low.lower(Transpose(_column(factor.operand))), static
    right = low.lower(factor)
    if a[1] == ONE:
        return left * right, static
    product = low.call("matmul", static, low.full(left, a), low.full(right, b))
    return (low.call("item", SCALAR, product) if static == SCALAR else product), static


def _column(e: Expression) -> Expression:
    return e if shape(e)[1] == ONE else Transpose(e)


def _transpose(low: Lowering, e: Transpose) -> sympy.Expr:
    operand = low.lower(e.operand)
    if isinstance(e.operand, Transpose):
        return low.lower(e.operand.operand)
    rows, columns = low.shape(operand)
    return operand if (rows, columns) == SCALAR else low.call("transpose", (columns, rows), low.named(operand))


def _reduce(low: Lowering, e: Reduce) -> sympy.Expr:
    static = shape(e.operand)
    if e.axis is None and not is_scalar(static):
        pair = _inner(e.operand)
        if pair is not None:
            return low.call("inner", SCALAR, *(low.full(low.lower(p), static) for p in pair))
    return _total(low, low.lower(e.operand), static, e.axis)


def _inner(e: Expression) -> tuple[Expression, Expression] | None:
    """u and v of u ⊙ v, two of one shape; the square of u is u ⊙ u."""
    if isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value == 2:
        return e.base, e.base
    if isinstance(e, Product) and len(e.factors) == 2 and shape(e.factors[0]) == shape(e.factors[1]):
        return (e.factors[0], e.factors[1]) if not any(_is_mask(f) for f in e.factors) else None
    return None


def _total(low: Lowering, operand: sympy.Expr, static: Shape, axis: int | None) -> sympy.Expr:
    """The sum along an axis; an axis that is only broadcast is a factor."""
    found = low.shape(operand)
    axes = [k for k in (0, 1) if axis in (None, k)]
    count = sympy.Mul(*(low.size(static[k]) for k in axes if found[k] == ONE))
    left = [k for k in axes if found[k] != ONE]
    if left:
        which = None if len(left) == 2 else left[0]
        result = (ONE if 0 in left else found[0], ONE if 1 in left else found[1])
        operand = low.call("total_all" if result == SCALAR else f"total_{_AXES[which]}", result, operand)
    return operand * count


def _elementwise(low: Lowering, e: Elementwise) -> sympy.Expr:
    row = e.function
    arguments = [low.lower(a) for a in e.arguments]
    if row.name == "identity" and e.order == 0:
        return arguments[0]
    if row.kind != "known" or e.order > 1:
        return low.interpreted(e)
    if e.order == 1:
        law = law_of(row)
        by_name = dict(zip(row.parameters, e.arguments, strict=True))
        return low.lower(_bound(law, by_name))
    if row.name == "where" and _is_mask(e.arguments[0]):
        arguments[0] = _mask(low, e.arguments[0])
    prefix = "array" if not is_scalar(low.shape(arguments[0])) else "scalar"
    result = low.shape(sympy.Tuple(*arguments))
    return low.call(f"{prefix}_{row.name}", result, *arguments)


def _bound(e: Expression, arguments: dict[str, Expression]) -> Expression:
    """A law in the parameters of a function, with the arguments in their places."""
    if isinstance(e, Tensor):
        return arguments[e.name]
    if isinstance(e, Elementwise):
        return Elementwise(e.function, tuple(_bound(a, arguments) for a in e.arguments), e.order)
    if isinstance(e, (Sum, Product)):
        return type(e)(tuple(_bound(part, arguments) for part in children(e)))
    return Power(_bound(e.base, arguments), e.exponent) if isinstance(e, Power) else e


def _shorthand(low: Lowering, e: Shorthand) -> sympy.Expr:
    if e.name not in ("softmax", "logsumexp"):
        return low.lower(expand(e))
    operand = e.operands[0]
    if is_scalar(shape(operand)):
        return low.lower(operand) if e.name == "logsumexp" else sympy.Integer(1)
    return low.call(f"{e.name}_{_AXES[e.axis]}", shape(e), low.full(low.lower(operand), shape(operand)))


_RULES: dict[type[Expression], Callable[[Lowering, Any], sympy.Expr]] = {
    Number: lambda low, e: sympy.Rational(e.value.numerator, e.value.denominator),
    Constant: lambda low, e: sympy.pi,
    Dimension: lambda low, e: low.size(e.size),
    Tensor: Lowering.tensor,
    Sum: _sum,
    Product: _product,
    Power: lambda low, e: sympy.Pow(low.lower(e.base), low.lower(e.exponent)),
    MatMul: _matmul,
    Transpose: _transpose,
    Elementwise: _elementwise,
    Reduce: _reduce,
    Ones: lambda low, e: sympy.Integer(1),
    Identity: lambda low, e: low.call("eye", (e.size, e.size), low.size(e.size)),
    Shorthand: _shorthand,
}
