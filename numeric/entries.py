"""The entries route: the problem written out entry by entry, differentiated by SymPy for every single weight.

It knows nothing of matrix calculus. The gradients that somebody claims are written out entry by entry too, and each
entry is compared exactly (see `exact`). Sizes are small, because every weight is differentiated on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np
import sympy

from derive.errors import ShapeError, Unsupported
from derive.expression.function import Function
from derive.expression.nodes import UNIT, Expression, Power, Reduce, Tensor, number
from derive.expression.problem import Problem
from derive.expression.text import tensor_text
from numeric.atoms import digits_of, sympy_form, unspecified_atom
from numeric.evaluate import Definitions, Evaluator, definitions_of
from numeric.exact import Field
from numeric.sizes import Sizes, concrete_shape

Matrix = np.ndarray[Any, np.dtype[np.object_]]
Place = tuple[int, int]

DIGITS = 30
_SAME = 1e-22
LIMIT = 120
"""The most entries of all inputs together; beyond it SymPy takes too long."""

WORK = 60_000
"""The most nodes that are differentiated, as trees, over all weights: a few seconds."""


class Entries:
    """Object arrays of SymPy expressions."""

    def number(self, value: Fraction) -> Matrix:
        return _filled(sympy.Rational(value.numerator, value.denominator))

    def pi(self) -> Matrix:
        return _filled(sympy.pi)

    def matrix(self, entries: np.ndarray[Any, Any]) -> Matrix:
        return _each(lambda n: sympy.Integer(int(n)), entries)

    def join(self, blocks: list[list[Matrix]]) -> Matrix:
        return np.concatenate([np.concatenate(row, axis=1) for row in blocks], axis=0)

    def power(self, base: Matrix, exponent: Matrix) -> Matrix:
        return _each(lambda b, k: b**k, base, exponent)

    def apply(self, function: Function, order: int, arguments: list[Matrix]) -> Matrix:
        if function.kind == "unspecified":
            return _each(unspecified_atom(function.name, order), arguments[0])
        if function.formula is not None:
            z = sympy.Dummy("z")
            inner = Evaluator(self, {function.parameters[0]: _filled(z)}, {})
            derivative = inner(function.formula).item().diff(z, order)
            return _each(lambda u: derivative.xreplace({z: u}), arguments[0])
        if order:
            raise Unsupported(f"The entries route has no derivative of order {order} for {function.name}.")
        return _each(sympy_form(function.name), *arguments)

    def softmax(self, operand: Matrix, axis: int | None) -> Matrix:
        e = _each(sympy_form("exp"), operand)
        total = e.sum(axis=axis if axis is not None else (0, 1), keepdims=True)
        return _each(lambda a, b: a / b, e, total)

    def logsumexp(self, operand: Matrix, axis: int | None) -> Matrix:
        e = _each(sympy_form("exp"), operand)
        return _each(sympy_form("log"), e.sum(axis=axis if axis is not None else (0, 1), keepdims=True))


ENTRIES = Entries()


def _filled(e: sympy.Expr) -> Matrix:
    array = np.empty((1, 1), dtype=object)
    array[0, 0] = e
    return array


def _each(function: Any, *arrays: Matrix) -> Matrix:
    arrays = tuple(np.broadcast_arrays(*arrays))
    result = np.empty(arrays[0].shape, dtype=object)
    for entry in np.ndindex(result.shape):
        result[entry] = function(*(a[entry] for a in arrays))
    return result


def symbols_of(problem: Problem, sizes: Sizes) -> tuple[dict[str, Matrix], list[sympy.Symbol]]:
    """A symbol for every entry of every input, with the declared equations put in.

    Σy = 1 makes the last entry of each sum 1 less the others; the symbols with s² = 1 are returned beside.
    """
    values: dict[str, Matrix] = {}
    for tensor in problem.free_tensors:
        rows, columns = concrete_shape(tensor.shape, sizes)
        values[tensor_text(tensor)] = _symbols(tensor_text(tensor), (rows, columns))
    signs: list[sympy.Symbol] = []
    for left, right in problem.assumptions.equations:
        signs.extend(_assume(left, right, values))
    return values, signs


def _symbols(name: str, shape: tuple[int, ...]) -> Matrix:
    array = np.empty(shape, dtype=object)
    for i, j in np.ndindex(*shape):
        array[i, j] = sympy.Symbol(name if shape == (1, 1) else f"{name}_{i + 1}_{j + 1}")
    return array


def _assume(left: Expression, right: Expression, values: dict[str, Matrix]) -> Iterable[sympy.Symbol]:
    if isinstance(left, Reduce) and isinstance(left.operand, Tensor) and right == UNIT:
        array = values[tensor_text(left.operand)]
        lines = [array.reshape(-1)] if left.axis is None else list(array.T if left.axis == 0 else array)
        for line in lines:
            line[-1] = 1 - sum(line[:-1], sympy.S.Zero)
        return ()
    if isinstance(left, Power) and (left.exponent, right) == (number(2), UNIT) and isinstance(left.base, Tensor):
        return tuple(values[tensor_text(left.base)].reshape(-1))
    raise Unsupported("The entries route cannot put this assumption in.", suggestion="Leave the assumption out.")


@dataclass(frozen=True)
class EntryVerdict:
    """One gradient, entry by entry.

    equal     every entry is exactly equal
    entry     the worst entry, counting from 0, by the values at the point (the first one if all are equal)
    claimed, found   the claimed entry and SymPy's, as mpmath numbers of 30 digits
    differs  the decimals differ, too; an entry that is neither equal nor differs is undecided
    total    how many entries there are
    """

    equal: bool
    entry: tuple[int, int]
    claimed: Any
    found: Any
    differs: bool
    total: int


def entries_route(
    problem: Problem,
    gradients: Mapping[str, tuple[Tensor, Expression]],
    definitions: Definitions,
    sizes: Sizes,
    points: Sequence[Mapping[str, np.ndarray[Any, Any]]],
) -> dict[str, EntryVerdict]:
    """Compare claimed gradients (variable and formula, by name) with SymPy's, entry by entry and exactly.

    `sizes` are the concrete sizes; `points`, arrays of these sizes, only serve to show decimals where entries differ.
    Unsupported if the problem is too large at these sizes.
    """
    symbols, signs = symbols_of(problem, sizes)
    count = sum(a.size for a in symbols.values())
    if count > LIMIT:
        raise Unsupported(f"{count} entries are too many to differentiate one by one (limit {LIMIT}).",
                          suggestion="Give symbolic or smaller widths.")  # fmt: skip
    objective = problem.question.objective
    if objective is None:
        raise Unsupported("The problem has no objective.", suggestion="Give one under [question].")
    every = (*definitions_of(problem), *definitions)
    prepared: dict[str, tuple[sympy.Expr, Matrix, Matrix]] = {}
    for name, (variable, formula) in gradients.items():
        evaluator = Evaluator(ENTRIES, cut_at(variable, symbols, sizes), sizes, every)
        by = evaluator(variable)
        prepared[name] = (evaluator(objective).item(), by, as_shape(evaluator(formula), by.shape))
    if sum(by.size * _nodes(whole, {}) for whole, by, _ in prepared.values()) > WORK:
        raise Unsupported("Written out, the problem is too deep to differentiate entry by entry.",
                          suggestion="Fewer layers show the same law.")  # fmt: skip
    pairs = {name: (claimed, _each(whole.diff, by)) for name, (whole, by, claimed) in prepared.items()}
    decimals = [_decimals(symbols, values) for values in points]
    unequal = _unequal(pairs, signs)
    return {name: _verdict(*pairs[name], unequal[name], decimals) for name in pairs}


def _nodes(e: sympy.Expr, seen: dict[sympy.Expr, int]) -> int:
    """How many nodes an expression has as a tree, where a part that occurs twice counts twice."""
    if e not in seen:
        seen[e] = 1 + sum(_nodes(a, seen) for a in e.args)
    return seen[e]


def cut_at(variable: Tensor, symbols: Mapping[str, Matrix], sizes: Sizes) -> dict[str, Matrix]:
    """Symbols for a defined name, too, if the gradient is taken in it: what depends on it, depends on these."""
    name = tensor_text(variable)
    if name in symbols:
        return dict(symbols)
    return {**symbols, name: _symbols(name, concrete_shape(variable.shape, sizes))}


def as_shape(claimed: Matrix, shape: tuple[int, ...]) -> Matrix:
    """A claimed gradient in the shape of its variable; a scalar 0 stands for zeros."""
    if claimed.shape == (1, 1):
        return np.broadcast_to(claimed, shape)
    if claimed.shape != shape:
        raise ShapeError(f"The claimed gradient is {claimed.shape[0]}×{claimed.shape[1]}, "
                         f"but its variable is {shape[0]}×{shape[1]}.")  # fmt: skip
    return claimed


def _decimals(symbols: Mapping[str, Matrix], values: Mapping[str, np.ndarray[Any, Any]]) -> dict[sympy.Expr, Any]:
    found: dict[sympy.Expr, Any] = {}
    for name, value in values.items():
        array = symbols[name] if name in symbols else _symbols(name, value.shape)
        for symbol, decimal in zip(array.reshape(-1), value.reshape(-1), strict=True):
            if symbol.is_Symbol:
                found[symbol] = mpmath.mpf(float(decimal))
    return found


def _unequal(pairs: Mapping[str, tuple[Matrix, Matrix]], signs: Iterable[sympy.Symbol]) -> dict[str, list[Place]]:
    """The entries that are not shown equal: first with every activation as a leaf, then with those written out."""
    left = {name: [(i, j) for i, j in np.ndindex(*found.shape)] for name, (_, found) in pairs.items()}
    for expanded in (False, True):
        entries = [side[e] for name, places in left.items() for side in pairs[name] for e in places]
        field = Field(entries, signs, expanded)
        for name, (claimed, found) in pairs.items():
            left[name] = [e for e in left[name] if not field.equal(claimed[e], found[e])]
        if not any(left.values()):
            break
    return left


def _verdict(claimed: Matrix, found: Matrix, unequal: list[Place], points: list[dict[sympy.Expr, Any]]) -> EntryVerdict:
    """The decimals come from the first point where they differ: a slope may be wrong only where |z| is large."""
    if not unequal:
        return EntryVerdict(True, (0, 0), *_decimal(claimed, found, (0, 0), points[0]), False, found.size)
    for values in points:
        shown = {e: _decimal(claimed, found, e, values) for e in unequal}
        worst = max(shown, key=lambda e: abs(shown[e][0] - shown[e][1]))
        left, right = shown[worst]
        if abs(left - right) > _SAME * max(abs(left), abs(right)):
            return EntryVerdict(False, worst, left, right, True, found.size)
    return EntryVerdict(False, unequal[0], *_decimal(claimed, found, unequal[0], points[0]), False, found.size)


def _decimal(claimed: Matrix, found: Matrix, e: Place, values: dict[sympy.Expr, Any]) -> tuple[Any, Any]:
    with mpmath.workdps(DIGITS):
        return digits_of(claimed[e], values), digits_of(found[e], values)
