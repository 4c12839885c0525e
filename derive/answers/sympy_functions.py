"""SymPy's own functions, and what they are here: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy

from derive.expression.functions import apply
from derive.expression.nodes import Expression, Power, Product, Sum, number


def _named(name: str) -> Callable[..., Expression]:
    return lambda *arguments: apply(name, *arguments)


def _folded(name: str) -> Callable[..., Expression]:
    """Max and Min take any number of arguments."""

    def made(first: Expression, *rest: Expression) -> Expression:
        for argument in rest:
            first = apply(name, first, argument)
        return first

    return made


def _quotient(upper: str, lower: str) -> Callable[..., Expression]:
    return lambda z: Product((apply(upper, z), Power(apply(lower, z), number(-1))))


def _heaviside(z: Expression, at_zero: Expression) -> Expression:
    return Sum((apply("gt", z, number(0)), Product((at_zero, apply("eq", z, number(0))))))


FUNCTIONS: Mapping[type[sympy.Basic], Callable[..., Expression]] = {
    sympy.exp: _named("exp"),
    sympy.log: _named("log"),
    sympy.tanh: _named("tanh"),
    sympy.sinh: _named("sinh"),
    sympy.cosh: _named("cosh"),
    sympy.sech: _named("sech"),
    sympy.sin: _named("sin"),
    sympy.cos: _named("cos"),
    sympy.tan: _quotient("sin", "cos"),
    sympy.coth: _quotient("cosh", "sinh"),
    sympy.erf: _named("erf"),
    sympy.Abs: _named("abs"),
    sympy.sign: _named("sign"),
    sympy.Max: _folded("maximum"),
    sympy.Min: _folded("minimum"),
    sympy.Heaviside: _heaviside,
}
"""Each is called with its arguments as expressions."""
