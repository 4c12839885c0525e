"""What an elementwise function is. The table of known ones is `functions`; nodes only hold the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import sympy

if TYPE_CHECKING:
    from derive.expression.nodes import Expression


@dataclass(frozen=True)
class Kink:
    """Where the first argument makes the function non-differentiable, and what is chosen there.

    `at` is the place; `value` the derivative chosen by convention; `low`..`high` the subdifferential, all in the
    function's parameters (SymPy expressions or numbers).
    """

    at: sympy.Expr
    value: sympy.Expr
    low: sympy.Expr
    high: sympy.Expr


@dataclass(frozen=True)
class Function:
    """A row of the table of elementwise functions.

    name        what people type
    parameters  names of its arguments; derivatives are taken in the first
    sympy       the value as a SymPy expression of the arguments; None for an unspecified function
    derivative  the law for f′ as an expression of the arguments; None: unspecified (f′ stays f′)
    kinks       places where f′ jumps
    domain      `real`, `positive` (log), `nonnegative` (sqrt) or `nonzero`
    latex       how the name is set
    numpy       stable evaluation: called as numpy(np, *arguments)
    formula     for a function given by a formula: the expression it stands for
    """

    name: str
    parameters: tuple[str, ...] = ("z",)
    kind: Literal["known", "unspecified", "formula"] = "known"
    sympy: Callable[..., sympy.Expr] | None = field(default=None, compare=False, repr=False)
    derivative: Callable[..., Expression] | None = field(default=None, compare=False, repr=False)
    kinks: tuple[Kink, ...] = field(default=(), compare=False, repr=False)
    domain: Literal["real", "positive", "nonnegative", "nonzero"] = field(default="real", compare=False, repr=False)
    latex: str = field(default="", compare=False, repr=False)
    numpy: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    formula: Expression | None = field(default=None, repr=False)
    defaults: tuple[Fraction, ...] = field(default=(), compare=False, repr=False)
