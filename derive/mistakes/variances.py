"""Slips with quantities that are asked for by themselves: variances of weights and sums, values of series.

They are tried only on answers that are no derivative, and have no names in them but scalars and sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression.functions import apply
from derive.expression.nodes import Constant, Dimension, Elementwise, Expression, Number, Power, Product, Sum, number
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors, walk
from derive.mistakes.factors import count
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, without

_HALF = Power(number(2), number(-1))
_GATED = frozenset({"relu", "leaky_relu"})


def is_quantity(e: Expression, s: Setting) -> bool:
    """Whether this is asked for as it is, and made of numbers, sizes and scalars."""
    return s.of is None and all(t.shape == SCALAR for t in tensors(e)) and not isinstance(e, Sum | Elementwise)


def _is_variance(e: Expression, s: Setting) -> bool:
    """Whether it depends on something, so that it may be a variance, and no condition is in it."""
    if not is_quantity(e, s):
        return False
    parts = list(walk(e))
    named = any(isinstance(p, Dimension) for p in parts) or bool(tensors(e))
    return named and not any(isinstance(p, Elementwise) for p in parts)


def _is_gated(s: Setting) -> bool:
    return any(f.name in _GATED for f in s.facts.problem.scope.functions.values())


def _half_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if _is_variance(e, s) and _is_gated(s):
        for k, part in enumerate(factors(e)):
            if part in (number(2), _HALF):
                yield Slip(without(factors(e), k), part)


def _variance_for_moment(e: Expression, s: Setting) -> Iterator[Slip]:
    """E[a²] − E[a]² = (v/2)(1 − 1/π) for E[a²] = v/2; it stands in the denominator of what is asked of weights."""
    if _is_variance(e, s) and _is_gated(s):
        rest = Sum((number(1), -Power(Constant("pi"), number(-1))))
        part = Power(rest, number(-1)) if number(2) in factors(e) else rest
        yield Slip(Product((e, part)), part)


def _other_width(e: Expression, s: Setting) -> Iterator[Slip]:
    if s.of is None and isinstance(e, Dimension):
        for other in s.facts.problem.scope.sizes.values():
            if other != e.size:
                yield Slip(count(other), count(other))


def _both_widths(e: Expression, s: Setting) -> Iterator[Slip]:
    """1/(n + m) or 2/(n + m) where 1/n belongs."""
    if s.of is not None or not isinstance(e, Power) or e.exponent != number(-1) or not isinstance(e.base, Dimension):
        return
    for other in s.facts.problem.scope.sizes.values():
        if other != e.base.size:
            both = Power(Sum((e.base, count(other))), number(-1))
            yield Slip(both, count(other))
            yield Slip(product(number(2), both), count(other))


def _repeated(e: Expression, s: Setting) -> Iterator[Slip]:
    if not _is_variance(e, s):
        return
    parts = factors(e)
    for k, part in enumerate(parts):
        size = part.base if isinstance(part, Power) and part.exponent == number(-1) else part
        if isinstance(size, Dimension):
            yield Slip(product(part, *parts[:k], *parts[k:]), size)


def _deviation(e: Expression, s: Setting) -> Iterator[Slip]:
    if _is_variance(e, s):
        yield Slip(apply("sqrt", e), e)


def _square(e: Expression, s: Setting) -> Iterator[Slip]:
    if is_quantity(e, s) and not isinstance(e, Number):
        yield Slip(Power(e, number(2)), e)


def _reciprocal(e: Expression, s: Setting) -> Iterator[Slip]:
    if is_quantity(e, s) and not isinstance(e, Number):
        yield Slip(Power(e, number(-1)), e)


def _constant_not_squared(e: Expression, s: Setting) -> Iterator[Slip]:
    if s.of is None and isinstance(e, Power) and isinstance(e.base, Constant) and e.exponent == number(2):
        yield Slip(e.base, e.base)


ROWS: Rows = (
    Row("half-of-relu-forgotten", "the half that ReLU cuts off is forgotten",
        "The half of the density that ReLU cuts off is not in your answer.",
        "What share of a density symmetric about 0 does the activation let through?",
        "E[ReLU(z)²] is half of E[z²] for a density symmetric about 0.", "he", _half_forgotten, "line"),
    Row("variance-for-moment", "the variance of the activations instead of their second moment",
        "You subtract the squared mean of the activations; it stays in.",
        "Only the weights have mean 0. What is the mean of the square of a product?",
        "Var(w a) = Var(w) E[a²] for E[w] = 0: the second moment of a, not its variance.", "he",
        _variance_for_moment, "line"),
    Row("other-width", "another width is counted",
        "You count {part}, which is another width of the network.",
        "How many terms does one sum have, in the direction that is asked?",
        "Forward a unit sums over its inputs; on the way back an input sums over the units.", "he", _other_width),
    Row("both-widths", "both widths where one of them belongs",
        "You take {part} into account, too; only one direction is asked.",
        "Forward or backward: which of the two is to keep its variance?",
        "2/(inputs + outputs) is between the two directions; one of them alone asks for its own width.", "he",
        _both_widths),
    Row("terms-as-one", "independent terms are counted as one repeated term",
        "You treat the {part} independent terms as one and the same.",
        "Is it the sum of many numbers, or many times one number?",
        "Var(x₁ + … + xₙ) = n Var(x) for independent terms; Var(n x) = n² Var(x).", "he", _repeated, "line"),
    Row("deviation-for-variance", "the standard deviation instead of the variance",
        "You give the standard deviation; the variance is its square.",
        "Which of the two is asked for?",
        "The standard deviation is the root of the variance.", "he", _deviation, "line"),
    Row("square-of-answer", "the square of what is asked",
        "Your answer is the square of the right one.",
        "Is what is asked for squared already?",
        "A variance is a square already.", "he", _square, "line"),
    Row("reciprocal", "one over what is asked",
        "Your answer is one over the right one.",
        "Let the number of terms grow: should your answer grow, too?",
        "The more terms a sum has, the smaller its weights have to be.", "he", _reciprocal, "line"),
    Row("constant-not-squared", "a constant is not squared",
        "The square of {part} belongs there.",
        "Compute the first terms, and compare.",
        "Σ 1/t² = π²/6.", "basel", _constant_not_squared),
)  # fmt: skip
