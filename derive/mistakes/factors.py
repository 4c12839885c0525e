"""Slips in numbers: means, twos and signs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from derive.expression.nodes import Dimension, Elementwise, Expression, Number, Power, Product, Sum, number
from derive.expression.sizes import Size
from derive.expression.traverse import tensors, walk
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, without


def count(size: Size) -> Expression:
    """A size as a number."""
    return Number(Fraction(int(size))) if isinstance(size, sympy.Integer) else Dimension(size)


def over(size: Size) -> Expression:
    return Power(count(size), number(-1))


def negated(e: Expression) -> Expression | None:
    """u if the term is −u."""
    if isinstance(e, Product) and isinstance(e.factors[0], Number) and e.factors[0].value < 0:
        rest = e.factors[1:]
        value = -e.factors[0].value
        return product(*rest) if value == 1 else product(Number(value), *rest)
    return None


def opposite(e: Expression) -> Expression:
    inner = negated(e)
    return inner if inner is not None else product(number(-1), e)


def _data(e: Expression, s: Setting) -> bool:
    return s.is_output and not s.is_penalty(e)


def _missing_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    if _data(e, s) and s.facts.batch:
        n = s.facts.batch[0]
        yield Slip(product(count(n), e), count(n))


def _double_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    if _data(e, s) and s.facts.batch:
        n = s.facts.batch[0]
        yield Slip(product(over(n), e), count(n))


def _n_for_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    if _data(e, s) and s.facts.batch:
        n = s.facts.batch[0]
        yield Slip(product(count(n), count(n), e), count(n))


def _missing_output_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    for n in s.facts.batch[1:] if _data(e, s) else ():
        yield Slip(product(count(n), e), count(n))


def _extra_output_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    target = s.facts.target
    if not _data(e, s) or target is None:
        return
    for n in target.shape:
        if n != 1 and n not in s.facts.batch:
            yield Slip(product(over(n), e), count(n))


def _other_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    """Divided by the number of outputs where the number of examples belongs."""
    target = s.facts.target
    if not _data(e, s) or target is None or not s.facts.batch:
        return
    for n in target.shape:
        if n != 1 and n not in s.facts.batch:
            yield Slip(product(count(s.facts.batch[0]), over(n), e), count(n))


def _scale_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    """A constant made of sizes that is no mean: 1/√d."""
    parts = factors(e) if isinstance(e, Product) else ()
    for k, f in enumerate(parts):
        if not tensors(f) and any(isinstance(p, Dimension) for p in walk(f)) and any(map(_is_root, walk(f))):
            yield Slip(without(parts, k), f)


def _is_root(e: Expression) -> bool:
    return isinstance(e, Elementwise) and e.function.name == "sqrt"


def _doubled(e: Expression, s: Setting) -> Iterator[Slip]:
    if _data(e, s):
        yield Slip(product(number(2), e), e)


def _halved(e: Expression, s: Setting) -> Iterator[Slip]:
    if _data(e, s):
        yield Slip(product(Number(Fraction(1, 2)), e), e)


def _swapped(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Sum) and len(e.terms) == 2 and s.facts.target is not None:
        u, v = e.terms
        other = negated(v)
        # 1 − y is no error: there the sign of a whole term is more likely to be what is wrong.
        if other == s.facts.target and negated(u) is None and tensors(u):
            yield Slip(Sum((other, opposite(u))), e)


def _whole_sign(e: Expression, s: Setting) -> Iterator[Slip]:
    if s.is_final:
        yield Slip(product(number(-1), e), e)


def _plus_for_minus(e: Expression, s: Setting) -> Iterator[Slip]:
    if not isinstance(e, Sum):
        return
    for k, term in enumerate(e.terms):
        inner = negated(term)
        if inner is not None:
            yield Slip(Sum((*e.terms[:k], inner, *e.terms[k + 1 :])), inner)


def _minus_for_plus(e: Expression, s: Setting) -> Iterator[Slip]:
    if not isinstance(e, Sum):
        return
    for k, term in enumerate(e.terms):
        if negated(term) is None:
            yield Slip(Sum((*e.terms[:k], opposite(term), *e.terms[k + 1 :])), term)


MEANS: Rows = (
    Row("missing-mean", "the factor 1/N of the mean is missing",
        "The mean's factor 1/{part} is missing.",
        "Is the objective a sum or a mean? Follow its factor to the last line.",
        "The gradient of (1/N) Σ u is (1/N) Σ ∂u: the factor of a mean stays.", "net", _missing_mean, "term"),
    Row("double-mean", "the mean is taken twice",
        "You divide by {part} once too often.",
        "Count where the mean over the examples enters; it does so only once.",
        "A mean contributes 1/N once; later sums over the examples are plain sums.", "net", _double_mean, "term"),
    Row("n-for-mean", "N stands where 1/N belongs",
        "You multiply by {part} where you should divide by it.",
        "Let the number of examples grow: should the gradient grow, too?",
        "A mean divides by the number of examples.", "net", _n_for_mean, "term"),
    Row("missing-output-mean", "the mean over the outputs is missing",
        "The loss is also a mean over the {part} outputs; its factor is missing.",
        "Look at the denominator of the loss once more.",
        "mse is the mean over examples and outputs: both sizes stand in the denominator.", "mse",
        _missing_output_mean, "term"),
    Row("extra-output-mean", "divided by the number of outputs",
        "You divide by {part}, over which the loss only sums.",
        "Which sizes stand in the denominator of the loss?",
        "A loss that sums over the outputs has no factor 1/outputs in its gradient.", "net",
        _extra_output_mean, "term"),
    Row("other-mean", "the mean is over the wrong axis",
        "You divide by {part}; the mean is over the examples.",
        "Ask what the loss averages: outputs, or examples?",
        "A mean over the batch divides by N whatever the number of outputs is.", "net", _other_mean, "term"),
    Row("scale-forgotten", "a constant factor is missing",
        "The constant factor {part} is missing.",
        "Which constants stand in the forward pass?",
        "(c u)′ = c u′: a constant factor stays.", "scaled", _scale_forgotten),
    Row("factor-two", "twice what it should be",
        "A factor 2 too much: twice what it should be.",
        "Does the objective have a ½ in front of the square?",
        "The derivative of ½u² is u; of u² it is 2u.", "net", _doubled, "term",
        "A factor 2 too much in {part}."),
    Row("factor-half", "half of what it should be",
        "A factor 2 is lost: half of what it should be.",
        "Differentiate the square once more; does anything cancel its 2?",
        "The derivative of u² is 2u; only ½u² leaves no factor.", "mse", _halved, "term",
        "A factor 2 is lost in {part}."),
)  # fmt: skip

SIGNS: Rows = (
    Row("target-minus-prediction", "the difference is the wrong way round",
        "The difference {part} is the wrong way round in your answer.",
        "Increase the prediction a little above the target: does the loss grow?",
        "The derivative of ½(a − y)² in a is a − y; the minus of y − a comes from the inner derivative.", "net",
        _swapped),
    Row("whole-sign", "the sign of the whole answer is wrong",
        "The sign of your whole answer is wrong.",
        "A gradient points uphill. Which way does yours point?",
        "The gradient is the direction of ascent; only the update steps against it.", "plain", _whole_sign, "line"),
)  # fmt: skip

GENERIC_SIGNS: Rows = (
    Row("plus-for-minus", "a plus stands where a minus belongs",
        "You add {part} where it has to be subtracted.",
        "Differentiate that part alone, and keep an eye on its sign.",
        "The derivative of −u is −u′.", "net", _plus_for_minus),
    Row("minus-for-plus", "a minus stands where a plus belongs",
        "You subtract {part} where it has to be added.",
        "Differentiate that part alone, and keep an eye on its sign.",
        "The derivative of a sum is the sum of the derivatives, each with its own sign.", "silu", _minus_for_plus),
)  # fmt: skip
