"""Series of learning rates, decided by SymPy."""

from __future__ import annotations

import sympy

from derive.errors import UsageError
from derive.exercises.fact import Computed, Fact
from derive.expression.problem import Problem
from derive.networks import Network

_T = sympy.Symbol("t", positive=True, integer=True)
_P = sympy.Symbol("p", positive=True)


def robbins_monro(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """For which p the rates 1/tᵖ satisfy both conditions: their sum diverges, that of their squares converges."""
    first, second = (_converges(_T ** (-power)) for power in (_P, 2 * _P))
    value = f"(1 - ({first}))*({second})"
    return Computed(
        value,
        (
            Fact("the sum of 1/tᵖ converges", str(first), "summed by SymPy: 1 where it converges"),
            Fact("the sum of its squares converges", str(second), "the same with 2p for p"),
            Fact("the first does not and the second does", value, "both conditions at once"),
        ),
    )


def _converges(term: sympy.Expr) -> sympy.Expr:
    """The condition under which the sum over t = 1, 2, … has a value."""
    found = sympy.Sum(term, (_T, 1, sympy.oo)).doit()
    if not isinstance(found, sympy.Piecewise):
        raise UsageError(f"SymPy does not decide the sum of {term}.")
    return found.args[0][1]


def sum_of_squares(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """The sum of 1/t², which is finite while that of 1/t is not."""
    rates, squares = (sympy.Sum(_T ** (-power), (_T, 1, sympy.oo)) for power in (1, 2))
    if rates.is_convergent() is not sympy.false or squares.is_convergent() is not sympy.true:
        raise UsageError("SymPy does not decide the two sums.")
    value = str(squares.doit())
    return Computed(
        value,
        (
            Fact("the sum of 1/t is finite", "0", "decided by SymPy: it diverges"),
            Fact("the sum of 1/t² is finite", "1", "decided by SymPy: it converges"),
            Fact("its value", value, "summed by SymPy"),
        ),
    )
