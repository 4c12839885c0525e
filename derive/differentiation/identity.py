"""Derivatives of activation functions from their definitions, line by line, as notes do it: σ′ = σ (1 − σ).

The rules differentiate the defining formula; the lines that bring the result into its usual form are data, and every
one of them is proved when the derivation is replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from derive.differentiation.derivation import Derivation, Stage
from derive.differentiation.rule import Context
from derive.differentiation.rules import RULES
from derive.differentiation.terms import total
from derive.differentiation.working import Working, convention
from derive.errors import Unsupported, UsageError
from derive.expression.function import Function
from derive.expression.functions import apply, function
from derive.expression.nodes import (
    Constant,
    Derivative,
    Elementwise,
    Expression,
    Power,
    Product,
    Sum,
    Tensor,
    number,
    scalar,
)
from derive.expression.problem import Problem, Question
from derive.expression.traverse import substitute
from derive.suggestions import did_you_mean

Formula = Callable[..., Expression]


@dataclass(frozen=True)
class Identity:
    """A function's defining formula, and the closing lines: (rule, line) from the raw derivative to the usual form."""

    formula: Formula
    closing: tuple[tuple[str, Formula], ...] = field(default=())


def _e(u: Expression) -> Expression:
    return apply("exp", u)


def _over(u: Expression, numerator: Expression | None = None) -> Expression:
    return Product((number(1) if numerator is None else numerator, Power(u, number(-1))))


def _denominator(x: Expression) -> Expression:
    return Sum((number(1), _e(-x)))


def _squares(x: Expression) -> Expression:
    cosh, sinh = apply("cosh", x), apply("sinh", x)
    return _over(Power(cosh, number(2)), Power(cosh, number(2)) - Power(sinh, number(2)))


def _positive(x: Expression) -> Expression:
    return apply("gt", x, number(0))


def _negative(x: Expression) -> Expression:
    return apply("lt", x, number(0))


def _gelu_slope(x: Expression) -> Expression:
    """Φ(x) + x φ(x) with the distribution function and the density of the standard normal distribution."""
    distribution = Product((number(Fraction(1, 2)), 1 + apply("erf", _over(apply("sqrt", number(2)), x))))
    density = _over(apply("sqrt", 2 * Constant("pi")), _e(Product((number(Fraction(-1, 2)), Power(x, number(2))))))
    return distribution + Product((x, density))


IDENTITIES: dict[str, Identity] = {
    "sigmoid": Identity(
        lambda x: Power(_denominator(x), number(-1)),
        (
            ("algebra", lambda x: Product((_over(_denominator(x), _e(-x)), _over(_denominator(x))))),
            ("algebra", lambda x: Product((_over(_denominator(x)), 1 - _over(_denominator(x))))),
            ("by_definition", lambda x: Product((apply("sigmoid", x), 1 - apply("sigmoid", x)))),
        ),
    ),
    "tanh": Identity(
        lambda x: _over(apply("cosh", x), apply("sinh", x)),
        (
            ("algebra", _squares),
            ("algebra", lambda x: 1 - Power(_over(apply("cosh", x), apply("sinh", x)), number(2))),
            ("by_definition", lambda x: 1 - Power(apply("tanh", x), number(2))),
        ),
    ),
    "sech": Identity(
        lambda x: _over(apply("cosh", x)),
        (
            ("algebra", lambda x: -Product((_over(apply("cosh", x), apply("sinh", x)), _over(apply("cosh", x))))),
            ("by_definition", lambda x: -Product((apply("tanh", x), apply("sech", x)))),
        ),
    ),
    "abs": Identity(
        lambda x: apply("where", _positive(x), x, apply("where", _negative(x), -x, number(0))),
        (("by_definition", lambda x: apply("sign", x)),),
    ),
    "softplus": Identity(
        lambda x: apply("log", 1 + _e(x)),
        (
            ("algebra", lambda x: Power(_denominator(x), number(-1))),
            ("by_definition", lambda x: apply("sigmoid", x)),
        ),
    ),
    "relu": Identity(
        lambda x: apply("where", _positive(x), x, number(0)),
        (("by_definition", _positive),),
    ),
    "leaky_relu": Identity(lambda x, alpha: apply("where", _positive(x), x, alpha * x)),
    "elu": Identity(lambda x, alpha: apply("where", _positive(x), x, alpha * Sum((_e(x), number(-1))))),
    "silu": Identity(
        lambda x: Product((x, apply("sigmoid", x))),
        (("derivative_of_function",
          lambda x: apply("sigmoid", x) + Product((x, apply("sigmoid", x), 1 - apply("sigmoid", x)))),),
    ),
    "gelu": Identity(
        lambda x: Product((number(Fraction(1, 2)), x, 1 + apply("erf", _over(apply("sqrt", number(2)), x)))),
        (("algebra", _gelu_slope),),
    ),
}  # fmt: skip
"""What each activation is defined as."""


def identity_derivation(of: str | Function, variable: str = "x") -> Derivation:
    """f′(x) from the definition of f, as a derivation whose last line is the usual form.

    Raises UsageError for a name that nobody knows, Unsupported for a function that has no defining formula.
    """
    row = _known(of) if isinstance(of, str) else of
    x = scalar(variable)
    parameters = tuple(scalar(name) for name in row.parameters[1:])
    return _derived(row, x, parameters)


def _known(name: str) -> Function:
    try:
        return function(name)
    except KeyError:
        raise UsageError(f"Unknown function {name!r}.", suggestion=did_you_mean(name, list(IDENTITIES))) from None


def _derived(row: Function, x: Tensor, parameters: tuple[Expression, ...]) -> Derivation:
    value = Elementwise(row, (x, *parameters))
    slope = Elementwise(row, (x, *parameters), 1)
    identity = IDENTITIES.get(row.name) if row.kind == "known" else None
    if row.formula is not None:
        definition = substitute(row.formula, {scalar(row.parameters[0]): x})
    elif identity is not None:
        definition = identity.formula(x, *parameters)
    else:
        raise Unsupported(f"{row.name} is not defined by a formula here, so {row.name}' cannot be derived from it.",
                          suggestion=f"Functions with a definition: {', '.join(IDENTITIES)}.")  # fmt: skip
    problem = Problem(title=f"The derivative of {row.name}", question=Question(value=slope))
    working = Working(slope, Context(problem))
    working.step(RULES["by_definition"], Derivative(total(definition), x, "partial"))
    working.differentiate(lambda d: None)
    if identity is None or not identity.closing:
        working.tidy()
    for name, line in identity.closing if identity is not None else ():
        working.step(RULES[name], line(x, *parameters), convention(slope) if row.kinks else "")
    if row.kinks and not any(step.note for step in working.steps):
        working.annotate(convention(slope))
    return Derivation(problem, x, (Stage(None, Derivative(total(value), x, "gradient"), tuple(working.steps)),))


def value_derivation(problem: Problem) -> Derivation:
    """The derivation of a problem that asks for a value, such as sigma'(z)."""
    value = problem.question.value
    if isinstance(value, Elementwise) and value.order == 1 and isinstance(value.arguments[0], Tensor):
        found = _derived(value.function, value.arguments[0], value.arguments[1:])
        return Derivation(problem, found.wrt, found.stages)
    raise Unsupported("A derivation is shown for the derivative of a function, such as sigma'(z), or for a gradient.",
                      suggestion="Check an answer instead.")  # fmt: skip
