"""Sizes: positive-integer SymPy expressions, and shapes as pairs of them.

Every expression has two axes. A column vector of n entries is (n, 1), a row is (1, n), a scalar is (1, 1).
"""

from __future__ import annotations

from typing import TypeAlias

import sympy

Size: TypeAlias = sympy.Expr
Shape: TypeAlias = tuple[sympy.Expr, sympy.Expr]

ONE: Size = sympy.Integer(1)
SCALAR: Shape = (ONE, ONE)


def size(value: str | int | sympy.Expr) -> Size:
    """A size from a name, a number or a ready SymPy expression.

    >>> size("n"), size(3)
    (n, 3)
    """
    if isinstance(value, str):
        if value.isdigit():
            return size(int(value))
        return sympy.Symbol(value, integer=True, positive=True)
    if isinstance(value, int):
        if value < 1:
            raise ValueError(f"a size is at least 1, not {value}")
        return sympy.Integer(value)
    return value


def layer_symbol(name: str) -> sympy.Symbol:
    """A layer index such as `l` or `L`."""
    return sympy.Symbol(name, integer=True, positive=True)


def layer_size(name: str, layer: sympy.Expr) -> Size:
    """The width n(l) of a layer of a network of any depth; n(l) and n(l-1) are different sizes."""
    return sympy.Function(name, integer=True, positive=True)(layer)


def column(n: str | int | Size) -> Shape:
    return (size(n), ONE)


def row(n: str | int | Size) -> Shape:
    return (ONE, size(n))


def matrix(n: str | int | Size, m: str | int | Size) -> Shape:
    return (size(n), size(m))


def is_scalar(shape: Shape) -> bool:
    return shape == SCALAR


def is_symbolic(shape: Shape) -> bool:
    """Whether a shape mentions a size that has no number yet."""
    return bool(shape[0].free_symbols or shape[1].free_symbols)


def size_text(value: Size) -> str:
    """A size as people write it: n(l) is written n[l].

    >>> size_text(layer_size("n", layer_symbol("l") - 1))
    'n[l-1]'
    """
    if isinstance(value, sympy.core.function.AppliedUndef):
        inner = ",".join(str(a).replace(" ", "") for a in value.args)
        return f"{value.func.__name__}[{inner}]"
    if not value.args:
        return str(value)
    applied = {f: sympy.Symbol(size_text(f)) for f in value.atoms(sympy.core.function.AppliedUndef)}
    return str(value.xreplace(applied)).replace(" ", "")


def shape_text(shape: Shape) -> str:
    """`scalar`, `n×1` or `n×m`, as shown in messages."""
    if is_scalar(shape):
        return "scalar"
    return f"{size_text(shape[0])}×{size_text(shape[1])}"


def shape_list(shape: Shape) -> list[str]:
    """The shape as JSON and problem files write it: [] scalar, ["n"] column, ["n", "m"] matrix."""
    if is_scalar(shape):
        return []
    if shape[1] == 1:
        return [size_text(shape[0])]
    return [size_text(shape[0]), size_text(shape[1])]
