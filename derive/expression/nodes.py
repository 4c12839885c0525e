"""The closed set of nodes that every formula is made of.

Nodes are frozen, compare by structure and never simplify: a formula is shown back as it was written. What a node
*means* lives elsewhere, one operation a module (shapes, writer, normal form, evaluation, derivative …). Everything
has two axes (see `sizes`); a scalar is 1×1 and broadcasts, an axis of size 1 broadcasts as in NumPy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, Literal

import sympy

from derive.expression.function import Function
from derive.expression.sizes import Shape, Size

Axis = Literal[0, 1] | None


@cache
def _names(node: Any) -> tuple[str, ...]:
    """The names of what a class of nodes is made of, in the order in which it is made of them."""
    return tuple(field.name for field in dataclasses.fields(node))


class Expression:
    """A formula. Structural equality and a hash that is computed once; operators build nodes, nothing else."""

    @cached_property
    def _fields(self) -> tuple[Any, ...]:
        node: Any = type(self)
        return tuple([getattr(self, name) for name in _names(node)])

    @cached_property
    def _hash(self) -> int:
        return hash((type(self).__name__, *self._fields))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented if not isinstance(other, Expression) else False
        return self._hash == other._hash and self._fields == other._fields

    def __getstate__(self) -> dict[str, Any]:
        # Cached values are rebuilt on the other side: hashes of strings differ between processes.
        node: Any = type(self)
        return dict(zip(_names(node), self._fields, strict=True))

    def __add__(self, other: Any) -> Expression:
        return Sum((self, as_expression(other)))

    def __radd__(self, other: Any) -> Expression:
        return Sum((as_expression(other), self))

    def __sub__(self, other: Any) -> Expression:
        return Sum((self, -as_expression(other)))

    def __rsub__(self, other: Any) -> Expression:
        return Sum((as_expression(other), -self))

    def __mul__(self, other: Any) -> Expression:
        return Product((self, as_expression(other)))

    def __rmul__(self, other: Any) -> Expression:
        return Product((as_expression(other), self))

    def __truediv__(self, other: Any) -> Expression:
        return Product((self, Power(as_expression(other), Number(Fraction(-1)))))

    def __rtruediv__(self, other: Any) -> Expression:
        return Product((as_expression(other), Power(self, Number(Fraction(-1)))))

    def __pow__(self, other: Any) -> Expression:
        return Power(self, as_expression(other))

    def __neg__(self) -> Expression:
        return Product((Number(Fraction(-1)), self))

    def __matmul__(self, other: Any) -> Expression:
        return MatMul((self, as_expression(other)))

    @property
    def T(self) -> Expression:
        return Transpose(self)

    def __iter__(self) -> Iterator[Expression]:
        raise TypeError("a symbolic expression has no entries to run over; use Component or IndexSum")


@dataclass(frozen=True)
class Index:
    """A named index that runs over 1..size, as `i` in `W[i,j]`."""

    name: str
    size: Size


Position = Index | int | None
"""Where a component is taken along an axis: a named index, a number counted from 1, or None for the whole axis."""


@dataclass(frozen=True, eq=False)
class Number(Expression):
    """An exact rational number; decimals are read exactly."""

    value: Fraction


@dataclass(frozen=True, eq=False)
class Constant(Expression):
    """A named real number: `pi` (e is written exp(1))."""

    name: Literal["pi"]


@dataclass(frozen=True, eq=False)
class Dimension(Expression):
    """A size used as a number: the N of 1/N."""

    size: Size


@dataclass(frozen=True, eq=False)
class Tensor(Expression):
    """A named scalar, vector or matrix. `layer` marks a member of a family: W[l], W[l+1]."""

    name: str
    shape: Shape
    layer: sympy.Expr | None = None


@dataclass(frozen=True, eq=False)
class Sum(Expression):
    """terms[0] + terms[1] + …, entry by entry, with broadcasting; a difference is a term with factor −1."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Product(Expression):
    """factors[0] ⊙ factors[1] ⊙ …, entry by entry, with broadcasting; a quotient is a factor to the power −1."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Power(Expression):
    """base ** exponent, entry by entry."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True, eq=False)
class MatMul(Expression):
    """factors[0] @ factors[1] @ …; (n,k) @ (k,m) is (n,m)."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class Transpose(Expression):
    operand: Expression


@dataclass(frozen=True, eq=False)
class Elementwise(Expression):
    """function(arguments) entry by entry; `order` primes mean derivatives in the first argument: f″(z) has order 2.

    Further arguments are parameters (the slope of leaky ReLU) or operands (maximum, where, comparisons).
    """

    function: Function
    arguments: tuple[Expression, ...]
    order: int = 0


@dataclass(frozen=True, eq=False)
class Reduce(Expression):
    """The sum over an axis, which is kept with size 1; axis None sums everything to a scalar."""

    operand: Expression
    axis: Axis = None


@dataclass(frozen=True, eq=False)
class Component(Expression):
    """operand[row, column]: a scalar, or a row or column of it where a position is None (an axis kept whole)."""

    operand: Expression
    row: Position
    column: Position


@dataclass(frozen=True, eq=False)
class IndexSum(Expression):
    """Σ over a bound index of a body that may use it."""

    body: Expression
    index: Index


@dataclass(frozen=True, eq=False)
class KroneckerDelta(Expression):
    """1 where the two positions are the same, else 0."""

    row: Index | int
    column: Index | int


@dataclass(frozen=True, eq=False)
class Diag(Expression):
    """The square matrix with a vector on its diagonal."""

    operand: Expression


@dataclass(frozen=True, eq=False)
class Ones(Expression):
    shape: Shape


@dataclass(frozen=True, eq=False)
class Identity(Expression):
    size: Size


@dataclass(frozen=True, eq=False)
class Explicit(Expression):
    """A small matrix written out entry by entry; entries are scalars."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, eq=False)
class Derivative(Expression):
    """∂of/∂wrt, still to be worked out.

    form `gradient`: of is a scalar, the result is shaped like wrt;
    form `jacobian`: of and wrt are vectors (column by column), entry (i, j) is ∂of_i/∂wrt_j;
    form `partial`: like gradient, but every name other than wrt is held fixed, even if it has a definition;
    form `formal`: a factor of a chain as people write it, with no layout claimed.
    """

    of: Expression
    wrt: Expression
    form: Literal["gradient", "jacobian", "partial", "formal"] = "gradient"


@dataclass(frozen=True, eq=False)
class Shorthand(Expression):
    """A notation with an expansion (‖x‖, mean, trace, ⟨G, U⟩ …), kept as written; see `shorthand`."""

    name: str
    operands: tuple[Expression, ...]
    axis: Axis = None


NODES: tuple[type[Expression], ...] = (
    Number,
    Constant,
    Dimension,
    Tensor,
    Sum,
    Product,
    Power,
    MatMul,
    Transpose,
    Elementwise,
    Reduce,
    Component,
    IndexSum,
    KroneckerDelta,
    Diag,
    Ones,
    Identity,
    Explicit,
    Derivative,
    Shorthand,
)

ZERO = Number(Fraction(0))
UNIT = Number(Fraction(1))


def number(value: int | Fraction | str) -> Number:
    """An exact number.

    >>> number("0.1").value
    Fraction(1, 10)
    """
    return Number(Fraction(value))


def as_expression(value: Any) -> Expression:
    """Lift Python numbers into expressions; floats are refused because they are not exact."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Number(Fraction(value))
    raise TypeError(f"cannot use {value!r} in a symbolic expression; use int, Fraction or a derive expression")


def scalar(name: str) -> Tensor:
    """A scalar symbol."""
    one = sympy.Integer(1)
    return Tensor(name, (one, one))
