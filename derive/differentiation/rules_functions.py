"""Laws for functions of entries (powers, elementwise functions) and for the shorthands with a law of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from derive.differentiation.rule import Context, Redex, Registrar, Rule, derivative, entrywise, mentions, pulled
from derive.differentiation.terms import inverse, negative, ones_like, plus, times, total
from derive.expression.functions import apply
from derive.expression.nodes import (
    Derivative,
    Elementwise,
    Expression,
    Identity,
    Number,
    Power,
    Reduce,
    Shorthand,
    Sum,
    number,
    scalar,
)
from derive.expression.shapes import shape
from derive.expression.shorthand import expand
from derive.expression.sizes import SCALAR
from derive.expression.traverse import substitute

RULES: dict[str, Rule] = {}
rule = Registrar(RULES, "derivative")

CALCULUS = frozenset(("exp", "log", "sqrt", "abs", "sin", "cos", "sinh", "cosh", "erf", "identity", "sign", "step"))
"""Functions whose derivative everybody writes at once; f′ of the others is first written f′(z)."""


@rule("power", "power rule", Power, condition="v does not occur in the exponent")
def power(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, U^p⟩/∂v = ∂⟨G ⊙ p U^(p−1), U⟩/∂v"""
    base, exponent = redex.of.base, redex.of.exponent  # type: ignore[attr-defined]
    if mentions(exponent, redex.wrt):
        return None
    return pulled(redex, (exponent, lowered(base, exponent)), base, context)


def lowered(base: Expression, exponent: Expression) -> Expression:
    """base ** (exponent − 1)."""
    if isinstance(exponent, Number):
        if exponent.value == 2:
            return base
        if exponent.value < 0:
            return inverse(Power(base, Number(1 - exponent.value)))
        return number(1) if exponent.value == 1 else Power(base, Number(exponent.value - 1))
    return Power(base, Sum((exponent, Number(Fraction(-1)))))


@rule("exponential", "a variable exponent", Power, condition="v occurs in the exponent")
def exponential(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, U^p⟩/∂v = ∂⟨G ⊙ p U^(p−1), U⟩/∂v + ∂⟨G ⊙ U^p log U, p⟩/∂v"""
    base, exponent = redex.of.base, redex.of.exponent  # type: ignore[attr-defined]
    if not mentions(exponent, redex.wrt):
        return None
    terms = [pulled(redex, (redex.of, apply("log", base)), exponent, context)]
    if mentions(base, redex.wrt):
        terms.insert(0, pulled(redex, (exponent, lowered(base, exponent)), base, context))
    return plus(*terms)


@rule("log_softmax", "log of softmax", Elementwise, condition="the function is log, its argument a softmax")
def log_softmax(redex: Redex, context: Context) -> Expression | None:
    """log(softmax(z)) = z − logsumexp(z)"""
    e = redex.of
    assert isinstance(e, Elementwise)
    argument = e.arguments[0]
    if e.function.name != "log" or e.order or not isinstance(argument, Shorthand) or argument.name != "softmax":
        return None
    z = argument.operands[0]
    return derivative(redex.cotangent, z - Shorthand("logsumexp", (z,), argument.axis), redex.wrt, context)


@rule("formula", "a function given by a formula", Elementwise, condition="the function is a formula")
def formula(redex: Redex, context: Context) -> Expression | None:
    """f(u) = the formula of f at u"""
    e = redex.of
    assert isinstance(e, Elementwise)
    if e.function.formula is None or e.order or not mentions(e, redex.wrt):
        return None
    value = substitute(e.function.formula, {scalar(e.function.parameters[0]): e.arguments[0]})
    return derivative(redex.cotangent, value, redex.wrt, context)


@rule("step_function", "constant between jumps", Elementwise, condition="a comparison, sign or step")
def step_function(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, [u > w]⟩/∂v = 0 wherever it is defined; 0 is the convention at the jump"""
    e = redex.of
    assert isinstance(e, Elementwise)
    if e.function.name in ("gt", "ge", "lt", "le", "eq", "ne", "sign", "step") or not mentions(e, redex.wrt):
        return number(0)
    return None


@rule("piecewise", "piece by piece", Elementwise, condition="the pieces work entry by entry on v")
def piecewise(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, where(c, A, B)⟩/∂v = G ⊙ where(c, ∂sum(A)/∂v, ∂sum(B)/∂v); at the jump of c it is a convention"""
    e = redex.of
    assert isinstance(e, Elementwise)
    pieces = [a for a in e.arguments[1:] if mentions(a, redex.wrt)]
    fits = shape(e) == redex.wrt.shape and all(entrywise(a, redex.wrt) for a in pieces)
    if e.function.name != "where" or not pieces or not fits:
        return None
    slopes = (Derivative(total(a), redex.wrt, "partial") if a in pieces else number(0) for a in e.arguments[1:])
    return times(*redex.weights, apply("where", e.arguments[0], *slopes))


@rule("elementwise", "chain rule for an elementwise function", Elementwise)
def elementwise(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, f(u)⟩/∂v = ∂⟨G ⊙ f′(u), u⟩/∂v, for each argument of f in turn"""
    e = redex.of
    assert isinstance(e, Elementwise)
    terms = []
    for k, argument in enumerate(e.arguments):
        if not mentions(argument, redex.wrt):
            continue
        slope = slope_of(e, k)
        if slope is None:
            return None
        terms.append(pulled(redex, (slope,), argument, context))
    return plus(*terms)


@rule("derivative_law", "the derivative of the function, written out", Elementwise, level="every",
      condition="the derivative of f has a law, and v occurs in a parameter")  # fmt: skip
def derivative_law(redex: Redex, context: Context) -> Expression | None:
    """f′(u; α) = the law of f′"""
    e = redex.of
    assert isinstance(e, Elementwise)
    if e.order != 1 or e.function.derivative is None:
        return None
    return derivative(redex.cotangent, e.function.derivative(*e.arguments), redex.wrt, context)


def slope_of(e: Elementwise, position: int) -> Expression | None:
    """The partial derivative of f(arguments) in one argument; None if there is no law."""
    name = e.function.name
    if position == 0 and name not in ("where", "maximum", "minimum"):
        if name in CALCULUS and e.order == 0 and e.function.derivative is not None:
            return e.function.derivative(*e.arguments)
        return Elementwise(e.function, e.arguments, e.order + 1)
    law = _SLOPES.get((name, position))
    if law is None or e.order:
        return None
    return law(e.arguments)


def _above(a: Expression, b: Expression) -> Expression:
    return apply("gt", a, b)


_Arguments = tuple[Expression, ...]
_SLOPES: Mapping[tuple[str, int], Callable[[_Arguments], Expression]] = {
    ("leaky_relu", 1): lambda a: apply("where", _above(a[0], number(0)), number(0), a[0]),
    ("elu", 1): lambda a: apply("where", _above(a[0], number(0)), number(0), apply("exp", a[0]) - 1),
    ("where", 0): lambda a: number(0),
    ("where", 1): lambda a: apply("where", a[0], number(1), number(0)),
    ("where", 2): lambda a: apply("where", a[0], number(0), number(1)),
    ("maximum", 0): lambda a: apply("ge", a[0], a[1]),
    # The slopes of the two operands add up to 1; at a tie the first one has it all, as its row says.
    ("maximum", 1): lambda a: apply("lt", a[0], a[1]),
    ("minimum", 0): lambda a: apply("le", a[0], a[1]),
    ("minimum", 1): lambda a: apply("gt", a[0], a[1]),
}
"""Slopes in other arguments than the first, and of the functions of several operands."""


@rule("softmax", "gradient through softmax", Shorthand, condition="the shorthand is softmax")
def softmax(redex: Redex, context: Context) -> Expression | None:
    """∂⟨G, p⟩/∂v = ∂⟨p ⊙ (G − sum(G ⊙ p)), u⟩/∂v for p = softmax(u), the sum along the axis of the softmax"""
    e = redex.of
    if not isinstance(e, Shorthand) or e.name != "softmax":
        return None
    g = redex.cotangent if redex.cotangent is not None else ones_like(e)
    weight = times(e, plus(g, negative(Reduce(times(g, e), e.axis))))
    return pulled(Redex(None, e.operands[0], redex.wrt), (weight,), e.operands[0], context)


@rule("log_sum_exp", "gradient of log-sum-exp", Shorthand, condition="the shorthand is logsumexp")
def log_sum_exp(redex: Redex, context: Context) -> Expression | None:
    """∂⟨g, logsumexp(u)⟩/∂v = ∂⟨g softmax(u), u⟩/∂v"""
    e = redex.of
    if not isinstance(e, Shorthand) or e.name != "logsumexp":
        return None
    weights = (*redex.weights, Shorthand("softmax", e.operands, e.axis))
    return pulled(Redex(None, e.operands[0], redex.wrt), weights, e.operands[0], context)


@rule("norm", "gradient of a norm", Shorthand, condition="the shorthand is norm; u ≠ 0")
def norm(redex: Redex, context: Context) -> Expression | None:
    """∂⟨g, ‖u‖⟩/∂v = ∂⟨g u/‖u‖, u⟩/∂v where u ≠ 0"""
    e = redex.of
    if not isinstance(e, Shorthand) or e.name != "norm":
        return None
    weights = (*redex.weights, e.operands[0], inverse(e))
    return pulled(Redex(None, e.operands[0], redex.wrt), weights, e.operands[0], context)


@rule("trace", "gradient of a trace", Shorthand, condition="the shorthand is trace")
def trace(redex: Redex, context: Context) -> Expression | None:
    """∂(g trace(U))/∂v = ∂⟨g I, U⟩/∂v"""
    e = redex.of
    if not isinstance(e, Shorthand) or e.name != "trace":
        return None
    operand = e.operands[0]
    if shape(operand) == SCALAR:
        return derivative(redex.cotangent, operand, redex.wrt, context)
    return pulled(Redex(Identity(shape(operand)[0]), operand, redex.wrt), redex.weights, operand, context)


@rule("expand", "what the notation stands for", Shorthand, level="every",
      condition="the shorthand has no law of its own")  # fmt: skip
def expand_shorthand(redex: Redex, context: Context) -> Expression | None:
    """mean, inner, dot and outer are differentiated as what they stand for"""
    e = redex.of
    if not isinstance(e, Shorthand) or e.name not in ("mean", "inner", "dot", "outer"):
        return None
    return derivative(redex.cotangent, expand(e), redex.wrt, context)
