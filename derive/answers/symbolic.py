"""Symbolic arrays: what a Python function written for NumPy is called with, to see which formula it computes.

Every operation builds an expression. What a formula cannot say (branching on a value, running over entries, changing
one entry) raises TraceError, and is remembered: a function that catches it is not believed either.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, NoReturn

import numpy as np

from derive.answers.formulas import either, is_condition, minus, negated, negative, over, plus, times
from derive.answers.numbers import exact
from derive.answers.numpy_functions import LOGICAL, ROUTINES, UFUNCS
from derive.errors import ReadError
from derive.expression.functions import apply
from derive.expression.nodes import (
    Component,
    Dimension,
    Explicit,
    Expression,
    MatMul,
    Position,
    Power,
    Product,
    Reduce,
    Transpose,
    number,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR

_SIGNS = {name: partial(apply, name) for name in ("gt", "ge", "lt", "le", "eq", "ne")}


class TraceError(ReadError):
    """A function did something that no formula says."""

    code = "E-TRACE"


class Trace:
    """One call of a function: what went wrong first."""

    def __init__(self) -> None:
        self.error: TraceError | None = None

    def fail(self, message: str, suggestion: str = "") -> NoReturn:
        """Raise, and remember."""
        error = TraceError(message, suggestion=suggestion)
        self.error = self.error or error
        raise error


class SymbolicArray:
    """A formula that NumPy takes for an array.

    is_shared  it is a view of another array, or has one: changing it in place would change both
    is_flat    a sum along the rows without keepdims, which NumPy would lay along a row when it is broadcast
    """

    __array_priority__ = 1000
    ndim = 2

    def __init__(self, trace: Trace, expression: Expression, *, is_flat: bool = False) -> None:
        self.trace = trace
        self.expression = expression
        self.is_shared = False
        self.is_flat = is_flat

    # ---- lifting

    def lift(self, value: Any) -> Expression:
        """Any operand as an expression: other arrays, numbers, small arrays of numbers."""
        if isinstance(value, SymbolicArray):
            return value.expression
        if isinstance(value, Expression):
            return value
        if isinstance(value, (bool, np.bool_)):
            return number(int(value))
        if isinstance(value, (int, np.integer)):
            return number(int(value))
        if isinstance(value, (float, np.floating)):
            return self._exact(float(value))
        if isinstance(value, Fraction):
            return exact(value)
        if isinstance(value, np.ndarray) and value.ndim in (0, 2) and value.dtype.kind in "biuf" and value.size:
            rows = np.atleast_2d(value)
            entries = tuple(tuple(self.lift(entry) for entry in row) for row in rows)
            return entries[0][0] if value.ndim == 0 else Explicit(entries)
        return self.trace.fail(f"A {type(value).__name__} has no meaning in a formula.", "Use arrays and numbers.")

    def _exact(self, value: float) -> Expression:
        try:
            return exact(value)
        except ReadError as error:
            self.trace.fail(error.message, error.suggestion)

    def of(self, value: Any) -> SymbolicArray:
        """Any operand as an array."""
        return value if isinstance(value, SymbolicArray) else self.new(self.lift(value))

    def new(self, expression: Expression) -> SymbolicArray:
        """Another array of the same call."""
        return SymbolicArray(self.trace, expression)

    def combined(self, make: Callable[..., Expression], *operands: Any) -> SymbolicArray:
        """An operation entry by entry."""
        arrays = [o for o in operands if isinstance(o, SymbolicArray)]
        lifted = [self.lift(o) for o in operands]
        flat = any(a.is_flat for a in arrays)
        if flat and any(shape(e) != SCALAR and not (isinstance(o, SymbolicArray) and o.is_flat)
                        for o, e in zip(operands, lifted, strict=True)):  # fmt: skip
            self.trace.fail("A sum over axis 1 without keepdims is laid along the rows.", "Add keepdims=True.")
        return SymbolicArray(self.trace, make(*lifted), is_flat=flat)

    # ---- operators

    def __add__(self, other: Any) -> SymbolicArray:
        return self.combined(plus, self, other)

    def __radd__(self, other: Any) -> SymbolicArray:
        return self.combined(plus, other, self)

    def __sub__(self, other: Any) -> SymbolicArray:
        return self.combined(minus, self, other)

    def __rsub__(self, other: Any) -> SymbolicArray:
        return self.combined(minus, other, self)

    def __mul__(self, other: Any) -> SymbolicArray:
        return self.combined(times, self, other)

    def __rmul__(self, other: Any) -> SymbolicArray:
        return self.combined(times, other, self)

    def __truediv__(self, other: Any) -> SymbolicArray:
        return self.combined(over, self, other)

    def __rtruediv__(self, other: Any) -> SymbolicArray:
        return self.combined(over, other, self)

    def __pow__(self, other: Any) -> SymbolicArray:
        return self.power(self, other)

    def __rpow__(self, other: Any) -> SymbolicArray:
        return self.power(other, self)

    def power(self, base: Any, exponent: Any) -> SymbolicArray:
        """base ** exponent, where the exponent is a scalar."""
        if shape(self.lift(exponent)) != SCALAR:
            self.trace.fail("An exponent is a scalar in a formula.", "Write np.exp(x * np.log(2)) for 2**x.")
        return self.combined(Power, base, exponent)

    def __neg__(self) -> SymbolicArray:
        return self.combined(negative, self)

    def __pos__(self) -> SymbolicArray:
        return self.combined(lambda a: a, self)

    def __abs__(self) -> SymbolicArray:
        return self.combined(lambda a: apply("abs", a), self)

    def __matmul__(self, other: Any) -> SymbolicArray:
        return self.new(MatMul((self.lift(self), self.lift(other))))

    def __rmatmul__(self, other: Any) -> SymbolicArray:
        return self.new(MatMul((self.lift(other), self.lift(self))))

    def __gt__(self, other: Any) -> SymbolicArray:
        return self.combined(_SIGNS["gt"], self, other)

    def __ge__(self, other: Any) -> SymbolicArray:
        return self.combined(_SIGNS["ge"], self, other)

    def __lt__(self, other: Any) -> SymbolicArray:
        return self.combined(_SIGNS["lt"], self, other)

    def __le__(self, other: Any) -> SymbolicArray:
        return self.combined(_SIGNS["le"], self, other)

    def __eq__(self, other: object) -> Any:
        return self.combined(_SIGNS["eq"], self, other)

    def __ne__(self, other: object) -> Any:
        return self.combined(_SIGNS["ne"], self, other)

    def __and__(self, other: Any) -> SymbolicArray:
        return self.combined(lambda a, b: times(self.condition(a), self.condition(b)), self, other)

    def __or__(self, other: Any) -> SymbolicArray:
        return self.combined(lambda a, b: either(self.condition(a), self.condition(b)), self, other)

    def __invert__(self) -> SymbolicArray:
        return self.combined(lambda a: negated(self.condition(a)), self)

    def condition(self, e: Expression) -> Expression:
        """The expression, which must be a comparison: & | ~ mean something else of numbers."""
        if not is_condition(e):
            self.trace.fail("& | ~ join comparisons, as in (z > 0) & (z < 1).", "Use * and + for numbers.")
        return e

    # ---- in place

    def _changed(self, result: SymbolicArray) -> SymbolicArray:
        if self.is_shared or shape(result.expression) != shape(self.expression):
            self.trace.fail("This changes an array that is known by another name.", "Write a = a + b for a += b.")
        self.expression = result.expression
        return self

    def __iadd__(self, other: Any) -> SymbolicArray:
        return self._changed(self + other)

    def __isub__(self, other: Any) -> SymbolicArray:
        return self._changed(self - other)

    def __imul__(self, other: Any) -> SymbolicArray:
        return self._changed(self * other)

    def __itruediv__(self, other: Any) -> SymbolicArray:
        return self._changed(self / other)

    # ---- parts

    def view(self, expression: Expression) -> SymbolicArray:
        """An array that shares its entries with this one."""
        found = self.new(expression)
        self.is_shared = found.is_shared = True
        return found

    @property
    def T(self) -> SymbolicArray:
        """The transpose, a view."""
        return self.view(Transpose(self.expression))

    @property
    def shape(self) -> tuple[Any, Any]:
        """Sizes: numbers where they are, else symbolic scalars for use in formulas such as 1/X.shape[1]."""
        rows, columns = (int(s) if s.is_Integer else self.new(Dimension(s)) for s in shape(self.expression))
        return (rows, columns)

    def __getitem__(self, key: Any) -> SymbolicArray:
        """x[0, 2], X[:, 1] and the like; positions count from 0."""
        sides = shape(self.expression)
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) > len(sides):
            self.trace.fail("An array has two axes here.", "Write X[i, j].")
        places: list[Position] = []
        for part, side in zip((*parts, slice(None))[: len(sides)], sides, strict=True):
            if isinstance(part, slice) and part == slice(None):
                places.append(None)
            elif isinstance(part, (int, np.integer)) and part >= 0:
                places.append(None if side == ONE and part == 0 else int(part) + 1)
            else:
                self.trace.fail("An index is a number from 0 on, or a colon.", "Use np.where for masks.")
        return self.view(Component(self.expression, *places)) if places != [None, None] else self.view(self.expression)

    # ---- methods

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> SymbolicArray:
        """The sum over an axis."""
        if axis not in (None, 0, 1, -1, -2):
            self.trace.fail(f"There is no axis {axis!r} here.", "An axis is 0 or 1.")
        at = None if axis is None else axis % 2
        flat = at == 1 and not keepdims and shape(self.expression)[0] != ONE
        return SymbolicArray(self.trace, Reduce(self.expression, 1 if at == 1 else None if at is None else 0),
                             is_flat=flat)  # fmt: skip

    def mean(self, axis: Any = None, keepdims: bool = False, **_: Any) -> SymbolicArray:
        """The mean over an axis."""
        total = self.sum(axis, keepdims)
        rows, columns = shape(self.expression)
        count = rows * columns if axis is None else (rows, columns)[axis % 2]
        return SymbolicArray(self.trace, over(total.expression, Dimension(count)), is_flat=total.is_flat)

    def dot(self, other: Any) -> SymbolicArray:
        """np.dot: a product by a scalar, else the matrix product."""
        a, b = self.lift(self), self.lift(other)
        return self.new(Product((a, b)) if SCALAR in (shape(a), shape(b)) else MatMul((a, b)))

    def transpose(self) -> SymbolicArray:
        return self.T

    def copy(self) -> SymbolicArray:
        return SymbolicArray(self.trace, self.expression, is_flat=self.is_flat)

    def astype(self, *_: Any, **__: Any) -> SymbolicArray:
        """A comparison is 0 or 1; numbers stay what they are."""
        return self.copy()

    # ---- NumPy, and what no formula says

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__
        if method == "__call__" and not options:
            if name == "matmul":
                return self.new(MatMul(tuple(map(self.lift, inputs))))
            if name in ("power", "float_power"):
                return self.power(*inputs)
            if name in UFUNCS:
                return self.combined(UFUNCS[name], *inputs)
            if name in LOGICAL:
                return self.combined(lambda *parts: LOGICAL[name](*map(self.condition, parts)), *inputs)
        return self.trace.fail(f"np.{name} is not known in a formula.", "Use sums, products and known functions.")

    def __array_function__(self, function: Any, _: Any, arguments: Any, options: Any) -> Any:
        made = ROUTINES.get(function.__name__)
        if made is None:
            self.trace.fail(
                f"np.{function.__name__} is not known in a formula.", "Use sums, products and known functions."
            )
        return made(self, *arguments, **options)

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        self.trace.fail("The function branches on the value of an array.", "Use np.where(condition, a, b).")

    def __iter__(self) -> Any:
        self.trace.fail("The function runs over the entries of an array.", "Use np.sum and products of whole arrays.")

    def __len__(self) -> int:
        size = shape(self.expression)[0]
        if size.is_Integer:
            return int(size)
        return self.trace.fail(f"The length {size} is a name here, and no number.", "Use x.shape[0] in a formula.")

    def __float__(self) -> float:
        self.trace.fail("The function needs the value of an array.", "Use np.exp and the like, not math.exp.")

    def __int__(self) -> int:
        self.trace.fail("The function needs the value of an array as a whole number.")

    def __index__(self) -> int:
        self.trace.fail("The function needs a size as a number.", "Use np.ones_like or broadcasting.")

    def __array__(self, *_: Any, **__: Any) -> Any:
        self.trace.fail("The function makes a NumPy array of a symbolic one.", "Leave out np.array and np.asarray.")

    def __setitem__(self, key: Any, value: Any) -> None:
        self.trace.fail("The function changes single entries.", "Use np.where(condition, a, b).")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.trace.fail(f".{name} is not known in a formula.", "There are .T, .sum, .mean, .dot and .shape.")
