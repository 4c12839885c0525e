"""Notations that stand for longer expressions: one row each, with the expansion as the law.

A shorthand is kept as written (‖x‖ stays ‖x‖); operations that have no own law for one work on its expansion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derive.expression.functions import apply
from derive.expression.nodes import (
    Axis,
    Component,
    Dimension,
    Expression,
    Index,
    IndexSum,
    MatMul,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Transpose,
)
from derive.expression.shapes import shape


@dataclass(frozen=True)
class Notation:
    """A row: the name, how many operands, whether it takes an axis, what it expands to, and the law in words."""

    name: str
    arity: int
    takes_axis: bool
    expand: Callable[[tuple[Expression, ...], Axis], Expression]
    law: str


def _mean(operands: tuple[Expression, ...], axis: Axis) -> Expression:
    rows, columns = shape(operands[0])
    count = {None: rows * columns, 0: rows, 1: columns}[axis]
    return Product((Power(Dimension(count), Number(Fraction(-1))), Reduce(operands[0], axis)))


def _trace(operands: tuple[Expression, ...], axis: Axis) -> Expression:
    index = Index("i_trace", shape(operands[0])[0])
    return IndexSum(Component(operands[0], index, index), index)


def _softmax(operands: tuple[Expression, ...], axis: Axis) -> Expression:
    e = apply("exp", operands[0])
    return Product((e, Power(Reduce(e, axis), Number(Fraction(-1)))))


def _norm(operands: tuple[Expression, ...], axis: Axis) -> Expression:
    return apply("sqrt", Reduce(Power(operands[0], Number(Fraction(2))), axis))


def _log_sum_exp(operands: tuple[Expression, ...], axis: Axis) -> Expression:
    return apply("log", Reduce(apply("exp", operands[0]), axis))


NOTATIONS: dict[str, Notation] = {
    row.name: row
    for row in (
        Notation("norm", 1, True, _norm, "norm(x) = sqrt(sum(x**2))"),
        Notation("mean", 1, True, _mean, "mean(x) = sum(x) / number of entries"),
        Notation("trace", 1, False, _trace, "trace(A) = sum of A[i,i]"),
        Notation("inner", 2, False, lambda o, a: Reduce(Product(o), None), "⟨G, U⟩ = sum(G * U)"),
        Notation("dot", 2, False, lambda o, a: Reduce(Product(o), None), "dot(u, v) = sum(u * v)"),
        Notation("outer", 2, False, lambda o, a: MatMul((o[0], Transpose(o[1]))), "outer(u, v) = u @ v.T"),
        Notation("softmax", 1, True, _softmax, "softmax(z) = exp(z) / sum(exp(z)) along an axis"),
        Notation("logsumexp", 1, True, _log_sum_exp, "logsumexp(z) = log(sum(exp(z)))"),
    )
}


def expand(e: Shorthand) -> Expression:
    """What a shorthand stands for, one level deep."""
    return NOTATIONS[e.name].expand(e.operands, e.axis)
