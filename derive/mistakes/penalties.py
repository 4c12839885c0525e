"""Slips with the regulariser."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.expression.functions import apply
from derive.expression.nodes import ZERO, Elementwise, Expression, Number, Power, Reduce, Sum, Tensor, number
from derive.expression.traverse import substitute, tensors
from derive.mistakes.factors import count, opposite, over
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import expanded, factors, product, summed, terms, without


def _penalty(e: Expression, s: Setting) -> bool:
    return s.is_final and s.is_penalty(e)


def _weights(e: Expression, s: Setting) -> Tensor | None:
    """What a penalty's term is about: the one name in it that is not a scalar that weighs it."""
    found = [t for t in tensors(e) if t not in s.facts.penalties]
    return found[0] if len(found) == 1 else None


def _missing(e: Expression, s: Setting) -> Iterator[Slip]:
    parts = terms(e)
    if not s.is_final or len(parts) < 2:
        return
    kept = tuple(t for t in parts if not s.is_penalty(t))
    if kept and len(kept) < len(parts):
        gone = next(t for t in parts if s.is_penalty(t))
        yield Slip(kept[0] if len(kept) == 1 else Sum(kept), gone)


def _factor(e: Expression, s: Setting) -> Iterator[Slip]:
    if _penalty(e, s):
        for value, detail in ((Fraction(2), "2×"), (Fraction(1, 2), "half of")):
            yield Slip(product(Number(value), e), e, detail)


def _mean(e: Expression, s: Setting) -> Iterator[Slip]:
    if _penalty(e, s) and s.facts.batch:
        yield Slip(product(over(s.facts.batch[0]), e), e)


def _times_batch(e: Expression, s: Setting) -> Iterator[Slip]:
    if _penalty(e, s) and s.facts.batch and not _is_averaged(e, s):
        yield Slip(product(count(s.facts.batch[0]), e), e)


def _without_mean(e: Expression, s: Setting) -> Iterator[Slip]:
    if _penalty(e, s) and _is_averaged(e, s):
        n = count(s.facts.batch[0])
        yield Slip(product(n, e), n)


def _is_averaged(e: Expression, s: Setting) -> bool:
    """Whether the penalty itself is divided by the number of examples."""
    below = [f.base for f in factors(e) if isinstance(f, Power) and f.exponent == number(-1)]
    return bool(s.facts.batch) and any(count(s.facts.batch[0]) in factors(base) for base in below)


def _without_weights(e: Expression, s: Setting) -> Iterator[Slip]:
    w = _weights(e, s) if _penalty(e, s) else None
    if w is not None:
        kept = [f for f in factors(e) if w not in tensors(f)]
        yield Slip(product(*kept), w)


def _without_scalar(e: Expression, s: Setting) -> Iterator[Slip]:
    parts = factors(e) if _penalty(e, s) else ()
    for k, factor in enumerate(parts):
        if factor in s.facts.penalties:
            yield Slip(without(parts, k), factor)


def _scalar_squared(e: Expression, s: Setting) -> Iterator[Slip]:
    for factor in factors(e) if _penalty(e, s) else ():
        if factor in s.facts.penalties:
            yield Slip(product(factor, e), factor)


def _sign(e: Expression, s: Setting) -> Iterator[Slip]:
    if _penalty(e, s):
        yield Slip(opposite(e), e)


def _signs_of(e: Expression, s: Setting) -> Tensor | None:
    """W in a term with sign(W)."""
    if _penalty(e, s):
        for factor in factors(e):
            if isinstance(factor, Elementwise) and factor.function.name == "sign":
                inner = factor.arguments[0]
                return inner if isinstance(inner, Tensor) else None
    return None


def _abs_for_sign(e: Expression, s: Setting) -> Iterator[Slip]:
    if (w := _signs_of(e, s)) is not None:
        yield Slip(substitute(e, {apply("sign", w): apply("abs", w)}), w)


def _weights_for_sign(e: Expression, s: Setting) -> Iterator[Slip]:
    if (w := _signs_of(e, s)) is not None:
        yield Slip(substitute(e, {apply("sign", w): w}), w)


def _replaced(e: Expression, s: Setting) -> Tensor | None:
    """W in a term such as λW."""
    w = _weights(e, s) if _penalty(e, s) else None
    return w if w is not None and w in factors(e) else None


def _sign_for_weights(e: Expression, s: Setting) -> Iterator[Slip]:
    if (w := _replaced(e, s)) is not None:
        yield Slip(substitute(e, {w: apply("sign", w)}), w)


def _squared(e: Expression, s: Setting) -> Iterator[Slip]:
    if (w := _replaced(e, s)) is not None:
        yield Slip(substitute(e, {w: Power(w, number(2))}), w)


def _kept(e: Expression, s: Setting) -> Iterator[Slip]:
    """The penalty as it stands in the objective, summed over the entries or not."""
    w = _weights(e, s) if _penalty(e, s) else None
    if w is None:
        return
    whole = s.facts.penalty_terms
    if any(w in tensors(part) for part in whole):
        yield Slip(summed(whole), w)
    for term in whole:
        for part in expanded(term):
            if w in tensors(part):
                yield Slip(part, w)
                yield Slip(_unsummed(part), w)


def _unsummed(e: Expression) -> Expression:
    return product(*(f.operand if isinstance(f, Reduce) else f for f in factors(e)))


def _normalised(e: Expression, s: Setting) -> Iterator[Slip]:
    if (w := _replaced(e, s)) is not None:
        root = apply("sqrt", Reduce(Power(w, number(2))))
        yield Slip(substitute(e, {w: product(w, Power(root, number(-1)))}), w)


def _other_layer(e: Expression, s: Setting) -> Iterator[Slip]:
    w = _weights(e, s) if _penalty(e, s) else None
    if w is not None:
        for other in s.facts.siblings(w):
            yield Slip(substitute(e, {w: other}), other)


def _bias(e: Expression, s: Setting) -> Iterator[Slip]:
    """The gradient of a bias that was not regularised gets a term λb."""
    if not s.is_final or not isinstance(s.of, Tensor) or not s.of.name.startswith("b"):
        return
    if not any(s.is_penalty(t) for t in terms(e)):
        for lam in s.facts.penalties:
            for value in (s.of, apply("sign", s.of)):
                yield Slip(Sum((*terms(e), product(lam, value))), s.of)


def _only(e: Expression, s: Setting) -> Iterator[Slip]:
    kept = tuple(t for t in terms(e) if s.is_penalty(t))
    if s.is_final and kept and len(kept) < len(terms(e)):
        yield Slip(kept[0] if len(kept) == 1 else Sum(kept), kept[0])


def _over_all(e: Expression, s: Setting) -> Iterator[Slip]:
    """1/N in front of data and penalty together was left out of both, or put in front of both."""
    parts = terms(e)
    if s.is_final and s.facts.batch and any(s.is_penalty(t) for t in parts) and ZERO not in parts:
        n = s.facts.batch[0]
        yield Slip(
            Sum(tuple(product(over(n), t) if s.is_penalty(t) else product(count(n), t) for t in parts)), count(n)
        )


ROWS: Rows = (
    Row("missing-regulariser", "the regulariser is missing",
        "The term of the regulariser is missing.",
        "Does the objective contain anything besides the loss?",
        "The gradient of a sum has a term for each summand; the penalty is one.", "net", _missing, "line"),
    Row("factor-in-regulariser", "the regulariser's term has a wrong factor",
        "Your {part} term is {detail} what it should be.",
        "Which factor stands in front of the penalty, and what does its square give?",
        "The gradient of (λ/2)‖W‖² is λW, that of λ‖W‖² is 2λW.", "net", _factor, "term"),
    Row("mean-on-regulariser", "the penalty is averaged over the batch",
        "You divide {part} by the number of examples; it is no mean.",
        "Look where the mean ends in the objective.",
        "A penalty on weights stands outside the mean over examples.", "net", _mean, "term"),
    Row("batch-times-regulariser", "the penalty is counted once an example",
        "You count {part} once for every example.",
        "How often does the penalty stand in the objective?",
        "A penalty on weights is added once, not once an example.", "net", _times_batch, "term"),
    Row("mean-missing-in-regulariser", "the penalty's own 1/N is missing",
        "In the regulariser's term the factor 1/{part} is missing.",
        "What is the penalty divided by in the objective?",
        "The gradient of (λ/2N)‖W‖² is (λ/N)W: what divides the penalty divides its gradient.", "net-mean",
        _without_mean, "term"),
    Row("mean-on-wrong-term", "1/N stands at the penalty instead of the loss",
        "The factor 1/{part} stands at the wrong term.",
        "Which of the terms of the objective is averaged?",
        "The mean belongs to the loss; the penalty has no 1/N.", "net", _over_all, "line"),
    Row("regulariser-without-weights", "λ without the weights",
        "In the regulariser's term {part} is missing.",
        "A gradient has an entry for each weight; what does yours depend on?",
        "The gradient of (λ/2)‖W‖² is λW: it has the weights in it.", "net", _without_weights, "term"),
    Row("regulariser-without-lambda", "the weights without λ",
        "In the regulariser's term {part} is missing.",
        "What happens to your answer when the penalty is switched off?",
        "The gradient of (λ/2)‖W‖² is λW: λ stays.", "net", _without_scalar, "term"),
    Row("lambda-squared", "λ stands there twice",
        "The factor {part} stands in the regulariser's term twice.",
        "The square in the penalty belongs to the weights.",
        "The gradient is linear in λ.", "net", _scalar_squared, "term"),
    Row("sign-of-regulariser", "the regulariser's term has the wrong sign",
        "The term {part} has the wrong sign.",
        "A penalty grows with the weights; so which sign has its gradient?",
        "The penalty is added to the objective, and so is its gradient.", "net", _sign, "term"),
    Row("abs-for-sign", "|W| where sign(W) belongs",
        "The penalty is not differentiated: |{part}| still stands there.",
        "What is the slope of |w| for w > 0, and for w < 0?",
        "The derivative of |w| is sign(w).", "l1", _abs_for_sign, "term"),
    Row("weights-for-sign", "W where sign(W) belongs",
        "You differentiate as if the penalty on {part} were a square.",
        "The penalty adds absolute values; how large is their slope?",
        "The derivative of |w| is sign(w), whatever the size of w.", "l1", _weights_for_sign, "term"),
    Row("sign-for-weights", "sign(W) where W belongs",
        "You differentiate as if the penalty on {part} were an absolute value.",
        "Is the penalty a square or an absolute value?",
        "The derivative of ½w² is w.", "net", _sign_for_weights, "term"),
    Row("regulariser-squared", "the square of the penalty is kept",
        "In the regulariser's term {part} still stands squared.",
        "Differentiate the square.",
        "The derivative of ½w² is w.", "net", _squared, "term"),
    Row("regulariser-not-differentiated", "the penalty itself stands in the gradient",
        "The penalty on {part} stands there undifferentiated.",
        "A gradient has the shape of its variable; a penalty is one number.",
        "The gradient of (λ/2)‖W‖² is λW, not (λ/2)‖W‖².", "net", _kept, "term"),
    Row("regulariser-norm-not-squared", "the norm was differentiated instead of its square",
        "You differentiate the norm of {part}; the penalty is its square.",
        "Is there a root in the penalty?",
        "The gradient of ½‖W‖² is W; of ‖W‖ it is W/‖W‖.", "net", _normalised, "term"),
    Row("regulariser-of-other-layer", "the penalty of another layer",
        "The penalty on {part} does not depend on this variable.",
        "Which of the summands of the penalty contain the variable?",
        "Only the penalty on W itself has a gradient in W.", "square-l2", _other_layer, "term"),
    Row("regularised-bias", "the bias is regularised",
        "You regularise {part}; the objective does not.",
        "Which parameters stand in the penalty?",
        "Only what stands in the penalty has a gradient from it; biases do not.", "bias", _bias, "line"),
    Row("only-regulariser", "only the regulariser is differentiated",
        "Only the regulariser is there; the term of the loss is missing.",
        "Does the loss depend on this variable?",
        "The gradient of a sum has a term for each summand.", "net", _only, "line"),
)  # fmt: skip
