"""Slips between layers: the right kind of thing, of the wrong layer or on the wrong side of the activation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from derive.expression.nodes import Component, Expression, MatMul, Product, Sum, Tensor, Transpose, number
from derive.mistakes.factors import negated
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting


def _replacing(e: Expression, of: Callable[[Tensor], Iterator[Tensor]]) -> Iterator[Slip]:
    """Names in sums, products and matrix products, transposed or not, replaced one at a time."""
    for k, part in enumerate(_parts(e)):
        inner = part.operand if isinstance(part, Transpose) else part
        if not isinstance(inner, Tensor):
            continue
        for other in of(inner):
            new = Transpose(other) if isinstance(part, Transpose) else other
            yield Slip(_with(e, k, new), other)


def _parts(e: Expression) -> tuple[Expression, ...]:
    if isinstance(e, MatMul | Product):
        return e.factors
    if isinstance(e, Sum):
        return tuple(negated(t) or t for t in e.terms)
    if isinstance(e, Component):
        return (e.operand,)
    return ()


def _with(e: Expression, k: int, new: Expression) -> Expression:
    if isinstance(e, MatMul | Product):
        return replace(e, factors=(*e.factors[:k], new, *e.factors[k + 1 :]))
    if isinstance(e, Sum):
        term = new if negated(e.terms[k]) is None else -new
        return Sum((*e.terms[:k], term, *e.terms[k + 1 :]))
    assert isinstance(e, Component)
    return replace(e, operand=new)


def _weights(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.inner or t in s.facts.outer or t in s.facts.problem.gradients:
            return
        yield from s.facts.siblings(t)

    if not s.is_penalty(e):
        yield from _replacing(e, of)


def _activations(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.inner:
            yield from (u for u in s.facts.siblings(t) if u in s.facts.inner or t.layer is not None)
        elif t == s.facts.input:
            yield from list(s.facts.inner)[:1]

    yield from _replacing(e, of)


def _input(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.inner and s.facts.input is not None:
            yield s.facts.input

    yield from _replacing(e, of)


def _deltas(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.problem.gradients:
            yield from (u for u in s.facts.siblings(t) if u in s.facts.problem.gradients or t.layer is not None)

    yield from _replacing(e, of)


def _pre_activation(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.inner and not _is_error(e, s):
            yield s.facts.inner[t]

    yield from _replacing(e, of)


def _is_error(e: Expression, s: Setting) -> bool:
    return isinstance(e, Sum) and any((negated(t) or t) == s.facts.target for t in e.terms)


def _pre_in_error(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.inner:
            yield s.facts.inner[t]

    if _is_error(e, s):
        yield from _replacing(e, of)


def _target(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t in s.facts.inner and s.facts.target is not None:
            yield s.facts.target

    if not _is_error(e, s):
        yield from _replacing(e, of)


def _output(e: Expression, s: Setting) -> Iterator[Slip]:
    def of(t: Tensor) -> Iterator[Tensor]:
        if t == s.facts.target:
            yield from list(s.facts.inner)[-1:]

    if not _is_error(e, s) and negated(e) != s.facts.target:
        yield from _replacing(e, of)


def _reversed(e: Expression, s: Setting) -> Iterator[Slip]:
    """1 − m for a mask m, whose entries are 0 and 1."""
    if isinstance(e, Tensor) and e.name in s.facts.problem.assumptions.binary and e != s.facts.target:
        yield Slip(Sum((number(1), -e)), e)


def _gradient_of_a(e: Expression, s: Setting) -> Iterator[Slip]:
    """∂E/∂a where ∂E/∂z belongs: the chain stops one factor early, at a whole δ."""

    def of(t: Tensor) -> Iterator[Tensor]:
        z = s.facts.problem.gradients.get(t)
        if z is not None and z in s.facts.outer:
            yield s.facts.outer[z]

    yield from _replacing(e, of)


ROWS: Rows = (
    Row("weights-of-other-layer", "the weights of another layer",
        "You use {part}, which belongs to another layer.",
        "Through which weights does this layer act on the loss?",
        "δ of layer l goes back through the weights of layer l + 1.", "square", _weights),
    Row("activation-of-other-layer", "the activation of another layer",
        "You use {part}, which is not what goes into this layer.",
        "What is multiplied by the weights in the forward pass?",
        "The gradient of W is δ times what W was multiplied by: the activation before it.", "square", _activations),
    Row("input-for-activation", "the input where an activation belongs",
        "You use the network's input {part} where an activation belongs.",
        "What does this layer read: the data, or the layer before?",
        "Only the first layer reads the input.", "square-W2", _input),
    Row("delta-of-other-layer", "the delta of another layer",
        "You use {part}, which is the delta of another layer.",
        "Which layer do the weights belong to? Its delta is the one that counts.",
        "The gradient of the weights of layer l has δ of layer l in it.", "square", _deltas),
    Row("pre-activation-for-activation", "z where a belongs",
        "You use {part}, before the activation was applied.",
        "What goes into the next layer, the sum or the activated sum?",
        "The next layer reads a = f(z).", "square-W2", _pre_activation),
    Row("pre-activation-in-error", "z − y where a − y belongs",
        "You compare {part} with the target, before the activation.",
        "What does the loss compare with the target?",
        "The loss compares the network's output a = f(z) with y.", "net", _pre_in_error),
    Row("target-for-prediction", "y where the prediction belongs",
        "You use the target {part} where the network's own value belongs.",
        "Which of the two does the network compute?",
        "Slopes are taken at what the network computes, never at the target.", "net", _target),
    Row("prediction-for-target", "the prediction where y belongs",
        "You use {part} where the target belongs.",
        "Which of the two is given by the data?",
        "In the derivative of a cross-entropy the targets weigh the terms.", "bce", _output),
    Row("mask-reversed", "the complement of a mask",
        "You use 1 − {part} where {part} itself belongs.",
        "Which entries does it let through?",
        "A mask lets those entries through, forward and back, at which it is 1.", "masked", _reversed),
    Row("value-for-delta", "an activation where a delta belongs",
        "You use the value {part} where a derivative belongs.",
        "Which of the factors carries the error backwards?",
        "The gradient of W is δ aᵀ: one factor goes forward, one goes back.", "square", _gradient_of_a),
)  # fmt: skip
