"""Slips in plain calculus and with indices; they are general, so the special rows come before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.expression.functions import apply
from derive.expression.nodes import (
    UNIT,
    Component,
    Derivative,
    Elementwise,
    Expression,
    Index,
    IndexSum,
    KroneckerDelta,
    Number,
    Power,
    Product,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.problem import Problem
from derive.expression.traverse import rebuild, tensors, walk
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, terms, without


def _swapped_indices(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Component) and e.row != e.column:
        yield Slip(Component(e.operand, e.column, e.row), e.operand)


def _other_index(e: Expression, s: Setting) -> Iterator[Slip]:
    if not isinstance(e, Component):
        return
    for other in _indices(s):
        if isinstance(e.row, Index) and e.row != other:
            yield Slip(replace(e, row=other), e.operand)
        if isinstance(e.column, Index) and e.column != other:
            yield Slip(replace(e, column=other), e.operand)


def _indices(s: Setting) -> list[Index]:
    of = s.facts.problem.question.wrt
    found = [p for p in (of.row, of.column) if isinstance(p, Index)] if isinstance(of, Component) else []
    return found + [i for i in s.facts.problem.scope.indices.values() if i not in found]


def _transposed_entry(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Component) and isinstance(e.operand, Tensor) and e.row is not None and e.column is not None:
        yield Slip(Component(Transpose(e.operand), e.row, e.column), e.operand)


def _kronecker_dropped(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, KroneckerDelta):
        yield Slip(UNIT, e)


def _kronecker_zero(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Sum):
        kept = tuple(t for t in e.terms if not any(isinstance(p, KroneckerDelta) for p in walk(t)))
        if kept and len(kept) < len(e.terms):
            gone = next(t for t in e.terms if t not in kept)
            yield Slip(kept[0] if len(kept) == 1 else Sum(kept), gone)


def _sum_dropped(e: Expression, s: Setting) -> Iterator[Slip]:
    """Σ over k replaced by the one term at an index of the question."""
    if isinstance(e, IndexSum):
        for other in _indices(s):
            if other.size == e.index.size:
                yield Slip(_renamed(e.body, e.index, other), e.body)


def _renamed(e: Expression, old: Index, new: Index) -> Expression:
    changed = rebuild(e, lambda child: _renamed(child, old, new))
    if isinstance(changed, Component):
        row, column = (new if p == old else p for p in (changed.row, changed.column))
        return Component(changed.operand, row, column)
    if isinstance(changed, KroneckerDelta):
        first, second = (new if p == old else p for p in (changed.row, changed.column))
        return KroneckerDelta(first, second)
    return changed


def _exponent(step: int, e: Expression) -> Iterator[Slip]:
    if isinstance(e, Power) and isinstance(e.exponent, Number) and tensors(e.base) and e.exponent.value != -1:
        value = e.exponent.value + step
        after = UNIT if value == 0 else e.base if value == 1 else Power(e.base, Number(value))
        yield Slip(after, e.base)


def _exponent_high(e: Expression, s: Setting) -> Iterator[Slip]:
    yield from _exponent(1, e)


def _exponent_low(e: Expression, s: Setting) -> Iterator[Slip]:
    yield from _exponent(-1, e)


def _reciprocal_squared(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Power) and e.exponent == number(-1) and tensors(e.base):
        yield Slip(Power(e.base, number(-2)), e.base)


def _linear_for_power(e: Expression, s: Setting) -> Iterator[Slip]:
    """The power rule without lowering: x where x² belongs is covered by exponents; here x becomes x²."""
    if isinstance(e, Product) and s.is_final:
        for k, f in enumerate(e.factors):
            if f == s.of:
                yield Slip(replace(e, factors=(*e.factors[:k], Power(f, number(2)), *e.factors[k + 1 :])), f)


def _coefficient(e: Expression, s: Setting) -> Iterator[Slip]:
    """The exponent that comes down as a factor is lost, or taken for its neighbour."""
    if isinstance(e, Product) and isinstance(e.factors[0], Number) and e.factors[0].value.denominator == 1:
        value, rest = e.factors[0].value, e.factors[1:]
        if value > 1 and not is_given(s.facts.problem):
            yield Slip(rest[0] if len(rest) == 1 else Product(rest), e.factors[0])
            yield Slip(Product((Number(value + 1), *rest)), e.factors[0])


def is_given(problem: Problem) -> bool:
    """Whether a value is asked for in which nothing has to be differentiated."""
    value = problem.question.value
    return value is not None and not any(
        isinstance(part, Derivative) or (isinstance(part, Elementwise) and part.order > 0) for part in walk(value)
    )


def _first(line: Expression, setting: Setting) -> Iterator[Slip]:
    if setting.is_final and setting.first is not None:
        yield Slip(setting.first, line)


def _root(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Elementwise) and e.function.name == "sqrt" and e.order == 0:
        yield Slip(e.arguments[0], e.arguments[0])
    if isinstance(e, Shorthand) and e.name == "norm":
        yield Slip(Power(e, number(2)), e.operands[0])
    for k, f in enumerate(e.factors if isinstance(e, Product) and tensors(e) else ()):
        under = _under_root(f.base) if isinstance(f, Power) and f.exponent == number(-1) else None
        if isinstance(e, Product) and under is not None:
            yield Slip(product(number(2), *e.factors[:k], *e.factors[k + 1 :]), under)


def _under_root(e: Expression) -> Expression | None:
    """What a root or a norm is taken of."""
    if isinstance(e, Elementwise) and e.function.name == "sqrt" and e.order == 0:
        return e.arguments[0] if tensors(e) else None
    return e.operands[0] if isinstance(e, Shorthand) and e.name == "norm" else None


def _root_half(e: Expression, s: Setting) -> Iterator[Slip]:
    """The ½ that the derivative of a root brings, taken where nothing is left of it."""
    if isinstance(e, Power) and e.exponent == number(-1):
        base = e.base
        is_root = isinstance(base, Elementwise) and base.function.name == "sqrt"
        if is_root or (isinstance(base, Shorthand) and base.name == "norm"):
            yield Slip(Product((Number(Fraction(1, 2)), e)), base)


def _missing_term(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Sum) and len(e.terms) > 1:
        for k, term in enumerate(e.terms):
            kept = (*e.terms[:k], *e.terms[k + 1 :])
            yield Slip(kept[0] if len(kept) == 1 else Sum(kept), term)


def _missing_factor(e: Expression, s: Setting) -> Iterator[Slip]:
    """An inner derivative: a factor that is neither a number nor a size."""
    if isinstance(e, Product) and len(terms(e)) == 1:
        parts = factors(e)
        for k, f in enumerate(parts):
            if len(parts) > 1 and tensors(f) and tensors(without(parts, k)):
                yield Slip(without(parts, k), f)


def _cosine(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Elementwise) and e.order == 0 and e.function.name in ("sin", "cos"):
        other = "cos" if e.function.name == "sin" else "sin"
        yield Slip(apply(other, *e.arguments), e)


INDICES: Rows = (
    Row("index-swapped", "the indices are swapped",
        "The two indices of {part} are swapped.",
        "Which index counts rows, and which columns?",
        "W[i,j] connects output i with input j.", "entry-batch", _swapped_indices),
    Row("transposed-entry", "an entry of the transpose",
        "You take an entry of the transpose of {part}.",
        "Which index counts rows, and which columns?",
        "Wᵀ[i,j] is W[j,i].", "entry-batch", _transposed_entry),
    Row("wrong-index", "an index too many times",
        "At {part} there is the wrong index.",
        "Write the sum out for two entries; which index varies?",
        "The gradient in W[i,j] has δ with the index i and a with the index j.", "entry", _other_index),
    Row("kronecker-forgotten", "the Kronecker delta is dropped",
        "The factor {part} is dropped.",
        "What is the derivative of one entry in another one?",
        "∂x_i/∂x_j is 1 for i = j, else 0.", "jacobian", _kronecker_dropped),
    Row("kronecker-term-forgotten", "the diagonal term is missing",
        "The term of the case i = j is missing.",
        "Distinguish the cases i = j and i ≠ j.",
        "∂p_i/∂z_j = p_i(δ_ij − p_j).", "jacobian", _kronecker_zero),
    Row("sum-over-index-forgotten", "a sum over an index is dropped",
        "A sum over an index is missing.",
        "Through how many entries does the variable act?",
        "Every path from the variable to the objective adds a term.", "entry-sum", _sum_dropped),
)  # fmt: skip

SECOND: Rows = (
    Row(
        "first-derivative",
        "the first derivative only",
        "That is the first derivative; the second one is asked for.",
        "Differentiate once more.",
        "A second derivative is the derivative of the first one.",
        "second",
        _first,
        "line",
    ),
)

GENERIC: Rows = (
    Row("exponent-not-lowered", "the exponent is one too high",
        "The exponent of {part} is one too high.",
        "The power rule lowers the exponent.",
        "The derivative of xⁿ is n xⁿ⁻¹.", "power", _exponent_high),
    Row("exponent-too-low", "the exponent is one too low",
        "The exponent of {part} is one too low.",
        "The power rule lowers the exponent by one only.",
        "The derivative of xⁿ is n xⁿ⁻¹.", "power", _exponent_low),
    Row("power-not-lowered", "a square where the first power belongs",
        "The square of {part} still stands there.",
        "The power rule lowers the exponent.",
        "The derivative of x² is 2x.", "squares", _linear_for_power),
    Row("power-coefficient", "the factor of the power rule",
        "The factor {part} of the power rule is wrong in your answer.",
        "Which factor does the exponent leave behind?",
        "The derivative of xⁿ is n xⁿ⁻¹: the old exponent is the factor.", "power", _coefficient),
    Row("reciprocal-squared", "divided twice",
        "You divide by {part} once too often.",
        "Which denominator does the derivative have?",
        "The derivative of log u is 1/u, that of 1/u is −1/u².", "norm", _reciprocal_squared),
    Row("root-forgotten", "the root is forgotten",
        "The root is missing that is taken of {part}.",
        "Is there a root in the objective?",
        "The gradient of ‖x‖ is x/‖x‖.", "norm", _root),
    Row("root-half", "the ½ of the root is kept",
        "There is a factor ½ too much; something cancels it.",
        "The square inside the root brings a factor, too.",
        "√u has the derivative u′/(2√u); the 2 of u = x² cancels.", "norm", _root_half),
    Row("sine-for-cosine", "sine and cosine are exchanged",
        "Sine and cosine are exchanged: it is {part}.",
        "At 0, which of the two is flat?",
        "sin′ = cos and cos′ = −sin.", "sine", _cosine),
    Row("missing-factor", "a factor of the chain is missing",
        "The factor {part} is missing.",
        "Which inner derivative has the chain rule left out?",
        "(f(g(x)))′ = f′(g(x)) · g′(x): no factor of the chain may be left out.", "net", _missing_factor),
    Row("missing-term", "a term is missing",
        "The term {part} is missing.",
        "A sum or a product has as many terms in its derivative as it has parts.",
        "(u + v)′ = u′ + v′ and (u v)′ = u′v + u v′.", "silu", _missing_term),
)  # fmt: skip
