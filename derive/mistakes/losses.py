"""Slips with losses and with the softmax."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression.functions import apply
from derive.expression.nodes import (
    Diag,
    Expression,
    MatMul,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.traverse import walk
from derive.mistakes.factors import negated
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product


def _error(e: Expression, s: Setting) -> tuple[Expression, Expression] | None:
    """(a, y) for the difference a − y."""
    if isinstance(e, Sum) and len(e.terms) == 2:
        other = negated(e.terms[1])
        if other is not None and other == s.facts.target:
            return e.terms[0], other
    return None


def _target_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _error(e, s)) is not None:
        yield Slip(found[0], found[1])


def _output_forgotten(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _error(e, s)) is not None:
        yield Slip(-found[1], found[0])


def _square_kept(e: Expression, s: Setting) -> Iterator[Slip]:
    if _error(e, s) is not None:
        yield Slip(Power(e, number(2)), e)


def _sign_of_error(e: Expression, s: Setting) -> Iterator[Slip]:
    if _error(e, s) is not None:
        yield Slip(apply("sign", e), e)


def _abs_of_error(e: Expression, s: Setting) -> Iterator[Slip]:
    if _error(e, s) is not None:
        yield Slip(apply("abs", e), e)


def _product_for_difference(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _error(e, s)) is not None:
        yield Slip(Product(found), e)


def _quotient_for_difference(e: Expression, s: Setting) -> Iterator[Slip]:
    """−y/a: the derivative in a, where that in z belongs."""
    if (found := _error(e, s)) is not None and s.is_output and _has_log(s):
        yield Slip(-Product((found[1], Power(found[0], number(-1)))), e)


def _in_a(e: Expression, s: Setting) -> Iterator[Slip]:
    """(a − y)/(a(1 − a)): the cross-entropy differentiated in a only."""
    if (found := _error(e, s)) is not None and s.is_output and _has_log(s):
        a = found[0]
        yield Slip(product(e, Power(Product((a, Sum((number(1), -a)))), number(-1))), a)


def _has_log(s: Setting) -> bool:
    source = s.facts.objective
    return source is not None and any(getattr(p, "function", None) is _LOG for p in walk(source))


_LOG = apply("log", number(1)).function


def _reciprocal(e: Expression) -> Expression | None:
    if isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value == -1:
        return e.base
    return None


def _log_kept(e: Expression, s: Setting) -> Iterator[Slip]:
    base = _reciprocal(e)
    if base is not None and any(isinstance(p, Tensor) for p in walk(base)) and _has_log(s):
        yield Slip(apply("log", base), base)


def _upside_down(e: Expression, s: Setting) -> Iterator[Slip]:
    base = _reciprocal(e)
    if base is not None and any(isinstance(p, Tensor) for p in walk(base)):
        yield Slip(base, base)


def _log_base(e: Expression, s: Setting) -> Iterator[Slip]:
    if s.is_output and not s.is_penalty(e) and _has_log(s):
        for k in (2, 10):
            yield Slip(product(e, Power(apply("log", number(k)), number(-1))), number(k))


def _softmax_sum(e: Expression) -> tuple[int, Expression] | None:
    """In p ⊙ (g − Σ g⊙p): which term is the sum."""
    if isinstance(e, Sum) and len(e.terms) == 2:
        for k, term in enumerate(e.terms):
            inner = negated(term) or term
            if any(isinstance(f, Reduce) for f in factors(inner)):
                return k, term
    return None


def _has_softmax(s: Setting) -> bool:
    values = [d.value for d in s.facts.problem.definitions]
    values += [s.facts.objective] if s.facts.objective is not None else []
    return any(isinstance(p, Shorthand) and p.name == "softmax" for v in values for p in walk(v))


def _jacobian(e: Expression) -> tuple[Expression, Expression] | None:
    """(p, the term −p pᵀ) for diag(p) − p pᵀ."""
    if isinstance(e, Sum) and len(e.terms) == 2 and isinstance(e.terms[0], Diag):
        p, inner = e.terms[0].operand, negated(e.terms[1])
        if inner == MatMul((p, Transpose(p))):
            return p, e.terms[1]
    return None


def _diagonal_only(e: Expression, s: Setting) -> Iterator[Slip]:
    if (whole := _jacobian(e)) is not None:
        yield Slip(Diag(whole[0]), whole[1])
    if (found := _softmax_sum(e)) is not None and isinstance(e, Sum) and _has_softmax(s):
        yield Slip(e.terms[1 - found[0]], found[1])


def _off_diagonal_only(e: Expression, s: Setting) -> Iterator[Slip]:
    if (found := _softmax_sum(e)) is not None and isinstance(e, Sum) and _has_softmax(s):
        yield Slip(e.terms[found[0]], e.terms[1 - found[0]])


def _cross_sign(e: Expression, s: Setting) -> Iterator[Slip]:
    if (whole := _jacobian(e)) is not None:
        yield Slip(Sum((Diag(whole[0]), -whole[1])), whole[1])
    if (found := _softmax_sum(e)) is not None and isinstance(e, Sum) and _has_softmax(s):
        k, term = found
        other = negated(term) or -term
        yield Slip(Sum((*e.terms[:k], other, *e.terms[k + 1 :])), term)


def _as_sigmoid(e: Expression, s: Setting) -> Iterator[Slip]:
    """p(1 − p) in place of the whole Jacobian of the softmax."""
    if (whole := _jacobian(e)) is not None:
        yield Slip(Diag(product(whole[0], Sum((number(1), -whole[0])))), whole[0])
    if not isinstance(e, Product) or not _has_softmax(s):
        return
    parts = e.factors
    for k, factor in enumerate(parts):
        found = _softmax_sum(factor)
        rest = product(*parts[:k], *parts[k + 1 :])
        if found is not None and isinstance(factor, Sum):
            g = factor.terms[1 - found[0]]
            yield Slip(product(rest, Sum((number(1), -rest)), g), rest)


ROWS: Rows = (
    Row("target-forgotten", "the target is missing in the difference",
        "The target {part} is missing.",
        "What would the gradient be for a perfect prediction?",
        "The derivative of ½(a − y)² is a − y: zero for a perfect prediction.", "net", _target_forgotten),
    Row("prediction-forgotten", "the prediction is missing in the difference",
        "The prediction {part} is missing in the difference.",
        "What would the gradient be for a perfect prediction?",
        "The derivative of ½(a − y)² is a − y: zero for a perfect prediction.", "net", _output_forgotten),
    Row("square-kept", "the square of the error is kept",
        "The square of {part} still stands there.",
        "Differentiating lowers the exponent by one.",
        "The derivative of u² is 2u.", "net", _square_kept),
    Row("sign-of-error", "the sign of the error instead of the error",
        "You differentiate the absolute value of {part}.",
        "Is the loss a square or an absolute value?",
        "The derivative of ½u² is u; that of |u| is sign(u).", "net", _sign_of_error),
    Row("absolute-error", "the absolute error instead of the error",
        "You take the absolute value of {part}; its sign matters.",
        "In which direction should the prediction move?",
        "The derivative of ½u² is u, with its sign.", "net", _abs_of_error),
    Row("product-for-difference", "a product where a difference belongs",
        "You multiply where the difference {part} belongs.",
        "What does the loss do with prediction and target?",
        "The derivative of ½(a − y)² is a − y.", "net", _product_for_difference),
    Row("derivative-in-probabilities", "−y/a where a − y belongs",
        "You use −y/a, the derivative in a; {part} is that in z.",
        "The chain is not finished: what lies between z and a?",
        "The derivative of −y log a in a is −y/a; the softmax still has to be passed.", "ce",
        _quotient_for_difference),
    Row("chain-stops-at-output", "the chain rule stops at the output",
        "The chain stops at {part}; the step from there to z is missing.",
        "How does the output depend on z?",
        "∂E/∂z = ∂E/∂a · ∂a/∂z.", "bce", _in_a),
    Row("log-kept", "the logarithm is not differentiated",
        "The logarithm of {part} is not differentiated.",
        "What is the derivative of the logarithm?",
        "The derivative of log u is 1/u.", "bce", _log_kept),
    Row("log-base", "a logarithm to another base",
        "There is a factor 1/log({part}) too much.",
        "Which base does the logarithm of the loss have?",
        "log is the natural logarithm: its derivative is 1/u, with no factor.", "bce", _log_base, "term"),
    Row("upside-down", "a quotient is upside down",
        "You multiply by {part} where you should divide.",
        "Which of the two is the denominator?",
        "The derivative of log u is 1/u.", "bce", _upside_down),
    Row("softmax-diagonal-only", "only the diagonal of the softmax's Jacobian",
        "Each output of the softmax depends on all inputs, not only on its own.",
        "Differentiate one output in another one's input.",
        "∂p_i/∂z_j = p_i(δ_ij − p_j): off the diagonal it is −p_i p_j, not 0.", "softmax", _diagonal_only),
    Row("softmax-off-diagonal-only", "the diagonal of the softmax's Jacobian is missing",
        "The diagonal part of the softmax's derivative is missing.",
        "Differentiate one output in its own input.",
        "∂p_i/∂z_j = p_i(δ_ij − p_j): on the diagonal there is p_i more.", "softmax", _off_diagonal_only),
    Row("softmax-cross-sign", "the off-diagonal sign of the softmax's Jacobian",
        "The off-diagonal part of the softmax's derivative has the wrong sign.",
        "If one input grows, do the other outputs grow or shrink?",
        "∂p_i/∂z_j = −p_i p_j for i ≠ j: probabilities sum to one.", "softmax", _cross_sign),
    Row("softmax-as-sigmoid", "p(1 − p) as the slope of the softmax",
        "You treat the softmax like a sigmoid: only entry by entry.",
        "Differentiate one output in another one's input.",
        "The softmax's Jacobian is diag(p) − p pᵀ, not diag(p(1 − p)).", "softmax", _as_sigmoid),
)  # fmt: skip
