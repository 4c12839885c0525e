"""Exact entries: what is equal is shown equal, what is not is not, and every function has its exact form."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from derive.errors import Unsupported
from derive.expression.functions import FUNCTIONS
from numeric.analytic import ANALYTIC
from numeric.atoms import SYMPY_FORMS, Cos, Erf, Exp, Gate, Sigma, Silu, Sin, Softplus, Tanh, digits_of
from numeric.exact import Field
from numeric.real import REAL

a, b = sympy.symbols("a b")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Sigma(-a), 1 - Sigma(a)),
        (Sigma(b - a), 1 - Sigma(a - b)),
        (Tanh(-a), -Tanh(a)),
        (Erf(-a), -Erf(a)),
        (Sin(-a) * Cos(-a), -Sin(a) * Cos(a)),
        (Exp(-a), 1 / Exp(a)),
        (Softplus(-a), Softplus(a) - a),
        (Gate(a) ** 3, Gate(a)),
        (Gate(3 * a), Gate(a)),
        (Gate(-2 * a), 1 - Gate(a)),
        (Gate(a) * Gate(-a), 0 * a),
        (1 / (1 + Exp(-a)), Exp(a) / (1 + Exp(a))),
        (sympy.sqrt(a**2 + b**2) ** 3, (a**2 + b**2) * sympy.sqrt(a**2 + b**2)),
        (1 / sympy.sqrt(a), sympy.sqrt(a) / a),
        (Sigma((a**2 - b**2) / (a + b)), Sigma(a - b)),
        (Sigma(a + Sigma(b)), Sigma(Sigma(b) + a)),
        (Exp(a * sympy.sqrt(2) * sympy.sqrt(2)), Exp(2 * a)),
        ((1 / (a + 1) - 1 / (a - 1)) * (a**2 - 1), sympy.Integer(-2)),
    ],
)
def test_equal_entries_are_shown_equal(left: sympy.Expr, right: sympy.Expr) -> None:
    assert Field([left, right]).equal(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Sigma(a), Sigma(b)),
        (Sigma(2 * a), Sigma(a)),
        (Sigma(-a), Sigma(a)),
        (Tanh(a) ** 2, Tanh(a)),
        (Gate(a + 1), Gate(a)),
        (Exp(a) * Exp(b), Exp(a) + Exp(b)),
        (sympy.sqrt(a), -sympy.sqrt(a)),
        (a + sympy.Rational(1, 10**30), a),
    ],
)
def test_unequal_entries_are_not(left: sympy.Expr, right: sympy.Expr) -> None:
    assert not Field([left, right]).equal(left, right)


def test_a_sign_squares_to_one_only_if_it_is_declared() -> None:
    assert Field([a**2], [a]).is_zero(a**2 - 1)
    assert not Field([a**2]).is_zero(a**2 - 1)


def test_composites_are_written_out_only_when_asked() -> None:
    pair = (Silu(a), a * Sigma(a))
    assert not Field(pair).equal(*pair)
    assert Field([*pair, *Silu.expansion(a).args], expanded=True).equal(*pair)


@pytest.mark.parametrize("name", [n for n in SYMPY_FORMS if FUNCTIONS[n].derivative is not None])
def test_exact_forms_have_the_value_and_the_slope_of_the_table(name: str) -> None:
    row = FUNCTIONS[name]
    symbols = sympy.symbols(row.parameters)
    numbers = [sympy.Rational(7, 10), sympy.Rational(1, 3), sympy.Rational(1, 5)][: len(symbols)]
    form = SYMPY_FORMS[name](*(Gate(s) if (name, k) == ("where", 0) else s for k, s in enumerate(symbols)))
    at = dict(zip(symbols, numbers, strict=True))
    plain = [np.array([[float(n)]]) for n in numbers]
    assert np.isclose(digits(form, at), REAL.apply(row, 0, plain).item(), rtol=1e-14)
    stepped = [z + 0j for z in plain]
    stepped[0] = stepped[0] + 1e-30j
    slope = ANALYTIC.apply(row, 0, stepped).imag.item() / 1e-30
    assert np.isclose(digits(form.diff(symbols[0]), at), slope, rtol=1e-13, atol=1e-15)


def digits(e: sympy.Expr, at: dict[sympy.Symbol, sympy.Rational]) -> float:

    return float(digits_of(sympy.sympify(e), {s: float(n) for s, n in at.items()}))


def test_a_condition_that_is_no_comparison_is_no_polynomial() -> None:
    with pytest.raises(Unsupported, match="comparison"):
        SYMPY_FORMS["where"](a, a, b)


def test_every_row_of_the_table_is_known_to_every_arithmetic() -> None:
    for name in FUNCTIONS:
        arguments = [np.array([[0.5 + 0j]])] * len(FUNCTIONS[name].parameters)
        ANALYTIC.apply(FUNCTIONS[name], 0, arguments)
        assert name in SYMPY_FORMS
