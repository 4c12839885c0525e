"""The value of an expression in plain NumPy, written apart from everything in the package: a witness for tests.

What is not defined (log of a negative number, 1/0, an overflow) is nan. Derivatives are not evaluated here.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import sympy

from derive.expression.nodes import (
    Component,
    Constant,
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
from derive.expression.traverse import tensors

Array = np.ndarray[Any, np.dtype[np.float64]]
Sizes = Mapping[str, int]

_erf = np.vectorize(math.erf, otypes=[float])

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z, a: np.where(z > 0, z, a * z),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "gelu": lambda z: z * (1 + _erf(z / math.sqrt(2))) / 2,
    "elu": lambda z, a: np.where(z > 0, z, a * (np.exp(z) - 1)),
    "erf": _erf,
    "sin": np.sin,
    "cos": np.cos,
    "cosh": np.cosh,
    "sinh": np.sinh,
    "sech": lambda z: 1 / np.cosh(z),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": lambda c, a, b: np.where(np.isnan(c), np.nan, np.where(c != 0, a, b)),
    "gt": lambda a, b: np.where(a > b, 1.0, 0.0),
    "ge": lambda a, b: np.where(a >= b, 1.0, 0.0),
    "lt": lambda a, b: np.where(a < b, 1.0, 0.0),
    "le": lambda a, b: np.where(a <= b, 1.0, 0.0),
    "eq": lambda a, b: np.where(a == b, 1.0, 0.0),
    "ne": lambda a, b: np.where(a != b, 1.0, 0.0),
    "f": lambda z: z * z * z / 4 - z + 0.3,
    "g": lambda z: np.sin(2 * z) + z,
    "mish": lambda z: z * np.tanh(np.log(1 + np.exp(z))),
}
_PIECEWISE = {"relu", "leaky_relu", "sign", "step", "elu", "gt", "ge", "lt", "le", "eq", "ne", "maximum", "minimum"}


class Values:
    """Values of the names and sizes at one point."""

    def __init__(self, sizes: Sizes, names: Mapping[Tensor, Array]) -> None:
        self.sizes = sizes
        self.names = names
        self.at: dict[str, int] = {}

    def size(self, value: sympy.Expr) -> int:
        return int(value.subs({s: self.sizes[s.name] for s in value.free_symbols}))

    def __call__(self, e: Expression) -> Array:
        with np.errstate(all="ignore"):
            found = np.asarray(_RULES[type(e)](self, e), dtype=float)
        return np.where(np.isfinite(found), found, np.nan)

    def position(self, p: Index | int) -> int:
        return (p if isinstance(p, int) else self.at[p.name]) - 1


def _one(x: float) -> Array:
    return np.full((1, 1), x)


def _product(v: Values, factors: Iterable[Expression]) -> Array:
    result = _one(1.0)
    for factor in factors:
        result = result * v(factor)
    return result


def _power(v: Values, e: Power) -> Array:
    base, exponent = v(e.base), float(v(e.exponent)[0, 0])
    return np.where(np.isnan(base), np.nan, np.power(base, exponent))


def _matmul(v: Values, e: MatMul) -> Array:
    result = v(e.factors[0])
    for factor in e.factors[1:]:
        other = v(factor)
        if result.size == 1 or other.size == 1:
            result = result * other
        elif result.shape[1] == other.shape[0]:
            result = result @ other
        else:
            result = result.T @ other
    return result


def _elementwise(v: Values, e: Elementwise) -> Array:
    arguments = np.broadcast_arrays(*(v(a) for a in e.arguments))
    found = np.asarray(FUNCTIONS[e.function.name](*arguments))
    if e.function.name in _PIECEWISE:
        found = np.where(sum(np.isnan(a) for a in arguments), np.nan, found)
    return found


def _component(v: Values, e: Component) -> Array:
    m = v(e.operand)
    rows = slice(None) if e.row is None else slice(v.position(e.row), v.position(e.row) + 1)
    columns = slice(None) if e.column is None else slice(v.position(e.column), v.position(e.column) + 1)
    found = m[rows, columns]
    if not found.size:
        raise IndexError("a component past the end")
    return found


def _index_sum(v: Values, e: IndexSum) -> Array:
    before, result = dict(v.at), _one(0.0)
    for k in range(1, v.size(e.index.size) + 1):
        v.at = {**before, e.index.name: k}
        result = result + v(e.body)
    v.at = before
    return result


def _reduced(m: Array, axis: int | None) -> Array:
    return _one(float(m.sum())) if axis is None else m.sum(axis=axis, keepdims=True)


def _shorthand(v: Values, e: Shorthand) -> Array:
    first, *others = (v(o) for o in e.operands)
    if e.name in ("dot", "inner"):
        return _one(float((first * others[0]).sum()))
    if e.name == "outer":
        return first @ others[0].T
    if e.name == "trace":
        return _one(float(np.trace(first)))
    if e.name == "norm":
        return np.sqrt(_reduced(first**2, e.axis))
    if e.name == "mean":
        return _reduced(first, e.axis) / (first.size / _reduced(first, e.axis).size)
    if e.name == "logsumexp":
        return np.log(_reduced(np.exp(first), e.axis))
    return np.exp(first) / _reduced(np.exp(first), e.axis)


def _diag(v: Values, e: Diag) -> Array:
    m = v(e.operand)
    return np.diag(m.ravel())


_RULES: dict[type[Expression], Callable[..., Any]] = {
    Number: lambda v, e: _one(float(e.value)),
    Constant: lambda v, e: _one(math.pi),
    Dimension: lambda v, e: _one(float(v.size(e.size))),
    Tensor: lambda v, e: v.names[e],
    Sum: lambda v, e: sum((v(t) for t in e.terms), _one(0.0)),
    Product: lambda v, e: _product(v, e.factors),
    Power: _power,
    MatMul: _matmul,
    Transpose: lambda v, e: v(e.operand).T,
    Elementwise: _elementwise,
    Reduce: lambda v, e: _reduced(v(e.operand), e.axis),
    Component: _component,
    IndexSum: _index_sum,
    KroneckerDelta: lambda v, e: _one(float(v.position(e.row) == v.position(e.column))),
    Diag: _diag,
    Ones: lambda v, e: np.ones((v.size(e.shape[0]), v.size(e.shape[1]))),
    Identity: lambda v, e: np.eye(v.size(e.size)),
    Explicit: lambda v, e: np.array([[float(v(x)[0, 0]) for x in row] for row in e.rows]),
    Shorthand: _shorthand,
}

POOLS = (
    (-1.0, 1.0, 2.0, -2.0, 0.5, 3.0),
    (0.0, 1.0, -1.0, 0.0, 2.0),
    (0.5, 1.5, 1.0, 2.0, 0.25),
    (-0.5, -1.5, -1.0, -2.0, -0.25),
    (1.0, 1.0, -1.0),
)
"""What entries are drawn from: both signs, with zeros and ties, positive, negative, ties only."""


def points(rng: random.Random, names: Iterable[Tensor], indices: Iterable[Index], count: int) -> Iterable[Values]:
    """Random points: sizes 2 … 4 (now and then 1), entries of each pool in turn, free indices anywhere in range."""
    ordered, free = list(names), list(indices)
    for n in range(count):
        sizes = {name: rng.choice((2, 3, 4, 2, 1) if n > 1 else (2, 3, 4)) for name in ("n", "m", "N")}
        pool = POOLS[n % len(POOLS)]
        v = Values(sizes, {})
        v.names = {t: _drawn(rng, pool, v.size(t.shape[0]), v.size(t.shape[1])) for t in ordered}
        v.at = {i.name: rng.randint(1, v.size(i.size)) for i in free}
        yield v


def _drawn(rng: random.Random, pool: tuple[float, ...], rows: int, columns: int) -> Array:
    return np.array([[rng.choice(pool) for _ in range(columns)] for _ in range(rows)])


def disagreement(
    left: Expression, right: Expression, indices: Iterable[Index] = (), *, seed: int = 0, count: int = 10
) -> Values | None:
    """A point where two expressions are both defined in some entry and clearly differ there, or None."""
    rng = random.Random(seed)
    names = sorted(tensors(left) | tensors(right), key=lambda t: t.name)
    for v in points(rng, names, indices, count):
        try:
            a, b = np.broadcast_arrays(v(left), v(right))
        except IndexError:
            continue
        known = ~(np.isnan(a) | np.isnan(b)) & (np.abs(a) < 1e9) & (np.abs(b) < 1e9)
        if np.any(np.abs(a - b)[known] > 1e-5 * (1 + np.abs(a) + np.abs(b))[known]):
            return v
    return None
