"""Why an answer has the wrong shape: it is looked at where all sizes are one, so that its products conform."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy

from derive.checking.questions.question import Question
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import Diag, Expression, IndexSum, Reduce, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.specialise import Sizes, size_symbols, specialised
from derive.expression.traverse import substitute_layer, walk
from derive.mistakes.explain import Explainer
from derive.mistakes.finding import NOTES, Finding
from derive.mistakes.table import MISTAKES
from derive.mistakes.wording import Words

_SHAPING = frozenset(
    ("transpose-forgotten", "transpose-superfluous", "outer-transposed", "whole-transposed", "order-of-product",
     "elementwise-for-matrix", "elementwise-without-transpose", "matrix-for-elementwise", "weights-forgotten",
     "factor-forgotten", "weights-of-other-layer", "activation-of-other-layer", "input-for-activation",
     "delta-of-other-layer")
)  # fmt: skip
"""Rows that change a shape where sizes differ."""

_ONE = sympy.Integer(1)

_OTHERS = 3
"""Other variables whose gradients are derived; each costs a derivation."""


class ShapeMistakes:
    """Names the slip behind a wrong shape; the derivation at equal sizes is made once."""

    def __init__(self) -> None:
        self._square: tuple[Explainer, Prover, Sizes] | None = None

    def found(self, answer: Expression, question: Question, words: Words) -> tuple[Finding, ...]:
        """The first slip that is proved where all sizes are equal; or a sum over the examples that is missing."""
        symbols = size_symbols(question.problem.scope)
        if not symbols or question.problem.question.wrt is None:
            return ()
        if question.problem.scope.layers:
            return _not_summed(answer, question, words)
        return self._where_square(answer, question, symbols, words) or _not_summed(answer, question, words)

    def _where_square(
        self, answer: Expression, question: Question, symbols: Sequence[sympy.Symbol], words: Words
    ) -> tuple[Finding, ...]:
        if self._square is None:
            sizes: Sizes = dict.fromkeys(symbols, symbols[0])
            problem = specialised(question.problem, sizes)
            assert problem.question.wrt is not None
            derivation = gradient(problem, problem.question.wrt)
            extra = dict(gradient_definitions(derivation))
            explainer = Explainer(problem, derivation.result, derivation, extra)
            self._square = explainer, Prover(problem, extra), sizes
        explainer, prover, sizes = self._square
        there = substitute_layer(answer, sizes)
        try:
            if shape(there) != shape(explainer.expected):
                return ()
            named = explainer.slips(there, prover.fork(), words)
        except DeriveError:
            return ()
        return tuple(f for f in named if f.code in _SHAPING)[:1]


def on_diagonal(answer: Expression, expected: Expression) -> Expression | None:
    """The matrix with the answer on its diagonal, where that has the shape that is asked for."""
    try:
        rows, columns = shape(expected)
        return Diag(answer) if rows == columns != 1 and shape(answer) == (rows, _ONE) else None
    except DeriveError:
        return None


def of_something_else(answer: Expression, question: Question, words: Words) -> tuple[Finding, ...]:
    """Whether an answer is the sum of all entries of the right one, or the gradient in another variable."""
    problem, wrt = question.problem, question.problem.question.wrt
    if problem.scope.layers or not isinstance(wrt, Tensor):
        return ()
    try:
        own = shape(answer)
    except DeriveError:
        return ()
    if own == SCALAR != wrt.shape and _is_gradient(answer, problem, wrt, Reduce):
        row = MISTAKES["summed-over-all"]
        return (Finding(row.code, words.filled(row.message, _summed(answer)), row.hint),)
    if own == SCALAR != wrt.shape:
        return ()
    others = [t for t in problem.free_tensors if t != wrt and t.shape == own]
    for other in [t for t in others if own != wrt.shape or _is_sibling(t, wrt)][:_OTHERS]:
        if _is_gradient(answer, problem, other):
            note = NOTES["gradient-of-other-variable"]
            return (Finding(note.code, words.filled(note.message, other), note.hint),)
    return ()


def _is_sibling(one: Tensor, other: Tensor) -> bool:
    """Whether two names are letters with numbers, w1 and w2 or b1: variables of one network."""
    return one.name[-1:].isdigit() and other.name[-1:].isdigit() and one.name[:1].islower() == other.name[:1].islower()


def _is_gradient(
    answer: Expression, problem: Problem, wrt: Tensor, made: Callable[[Expression], Expression] = lambda e: e
) -> bool:
    """Whether the answer is proved to be the gradient in a variable, or what is `made` of it."""
    try:
        derivation = gradient(problem, wrt)
        prover = Prover(problem, dict(gradient_definitions(derivation)))
        return prover.equal(answer, made(derivation.result)) is not None
    except DeriveError:
        return False


def _summed(answer: Expression) -> Expression:
    """What an answer sums over everything, as far as it shows."""
    inner = answer
    while isinstance(inner, Reduce | IndexSum):
        inner = inner.operand if isinstance(inner, Reduce) else inner.body
    return next((p.operand for p in walk(answer) if isinstance(p, Reduce)), inner)


def _not_summed(answer: Expression, question: Question, words: Words) -> tuple[Finding, ...]:
    """Whether the answer would be right for a single example: then what is missing is the sum over them."""
    batch = question.problem.scope.sizes.get("N")
    wrt = question.problem.question.wrt
    if not isinstance(batch, sympy.Symbol) or wrt is None or not any(side == batch for side in shape(answer)):
        return ()
    problem = specialised(question.problem, {batch: _ONE})
    try:
        assert problem.question.wrt is not None
        derivation = gradient(problem, problem.question.wrt)
        prover = Prover(problem, dict(gradient_definitions(derivation)))
        if prover.equal(substitute_layer(answer, {batch: _ONE}), derivation.result) is None:
            return ()
    except DeriveError:
        return ()
    row = MISTAKES["not-summed"]
    return (Finding(row.code, words.filled(row.message, answer), row.hint),)
