"""Means over a normal density, by SymPy, and the variances of weights that keep a signal's size from layer to layer.

A unit adds n independent products w·a of weights with mean 0 and variance s and values a, so its variance is
n s E[a²]; going back, n s E[f′(z)²] times that of the layer after it. Sums z of many terms are taken as normal with
mean 0 and variance v.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import sympy

from derive.errors import UsageError
from derive.exercises.fact import Computed, Fact
from derive.expression.function import Function
from derive.expression.problem import Problem
from derive.networks import Network

_Z = sympy.Symbol("z", positive=True)
_V = sympy.Symbol("v", positive=True)
_S = sympy.Symbol("s", positive=True)


@cache
def mean_of_power(function: Function, power: int, order: int = 0) -> sympy.Expr:
    """E[f(z)^power] (or of f′) for z normal with mean 0 and variance v; the two half-lines apart, because of kinks.

    Parameters of the function (the α of leaky ReLU) stay symbols. UsageError if SymPy finds no closed form.
    """
    if function.sympy is None:
        raise UsageError(f"{function.name} has no formula, and so no mean.", suggestion="Name a known function.")
    parameters = [sympy.Symbol(name, real=True) for name in function.parameters[1:]]
    halves = [sympy.simplify(function.sympy(side, *parameters)) for side in (_Z, -_Z)]
    if order == 1:
        halves = [sympy.diff(half, _Z) for half in halves]
    density = sympy.exp(-(_Z**2) / (2 * _V)) / sympy.sqrt(2 * sympy.pi * _V)
    # f′ at −z is −d/dz of f(−z).
    signs = (1, -1) if order == 1 else (1, 1)
    total = sum(((sign * half) ** power for sign, half in zip(signs, halves, strict=True)), sympy.Integer(0))
    found = sympy.factor(sympy.simplify(sympy.integrate(sympy.expand(total) * density, (_Z, 0, sympy.oo))))
    if found.has(sympy.Integral):
        raise UsageError(f"SymPy finds no closed form for the mean of {function.name}.")
    return found


def moment(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """E[f(z)^power]."""
    power = int(Fraction(given["power"]))
    value = str(mean_of_power(_function(given, problem), power))
    return Computed(value, (_fact(f"E[f(z)^{power}]", value),))


def forward(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """The variance of a sum over n units: n s E[f(z)²]."""
    mean = mean_of_power(_function(given, problem), 2)
    total = str(sympy.Symbol(given["units"], positive=True) * _S * mean)
    return Computed(total, (_fact("E[f(z)²]", str(mean)), Fact("the variance of the sum", total, _LAW)))


_LAW = "variances of independent terms add up, and those with mean 0 multiply"


def preserved_forward(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """The variance s of the weights for which n s E[f(z)²] = v."""
    value, facts = _preserved(_function(given, problem), given["units"], 0)
    return Computed(str(value), facts)


def preserved_backward(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """The one for which n s E[f′(z)²] = 1, where n counts the units of the layer after it."""
    value, facts = _preserved(_function(given, problem), given["units"], 1)
    return Computed(str(value), facts)


def compromise(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """Where the two directions ask for 1/a and 1/b, the value between them: 1 over the mean of a and b."""
    function = _function(given, problem)
    there, facts = _preserved(function, given["inputs"], 0)
    back, more = _preserved(function, given["outputs"], 1)
    value = str(sympy.factor(2 / (1 / there + 1 / back)))
    return Computed(value, (*facts, *more, Fact("one over the mean of the two denominators", value, "between the two")))


def _preserved(function: Function, units: str, order: int) -> tuple[sympy.Expr, tuple[Fact, ...]]:
    mean = mean_of_power(function, 2, order)
    words, kept = (("E[f(z)²]", _V), ("E[f′(z)²]", sympy.Integer(1)))[order]
    (found,) = sympy.solve(sympy.Eq(sympy.Symbol(units, positive=True) * _S * mean, kept), _S)
    value = sympy.factor(found)
    solved = Fact(f"the s with `{units}` s {words} = {kept}", str(value), "solved for s")
    return value, (_fact(words, str(mean)), solved)


def _function(given: dict[str, str], problem: Problem) -> Function:
    if given["function"] not in problem.scope.functions:
        raise UsageError(f"There is no function {given['function']!r}.", suggestion="Declare it under [functions].")
    return problem.scope.functions[given["function"]]


def _fact(words: str, value: str) -> Fact:
    return Fact(words, value, "integrated over the normal density of z")
