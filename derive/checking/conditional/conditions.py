"""Where an answer is right although it is not right in general: each condition is proved before it is named.

Points at which a condition holds are looked at first, because a difference there costs less than a proof that fails.
A condition under which the right answer vanishes is none: every multiple of it would be right too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import sympy

from derive.checking.conditional.facts import candidates, left_out
from derive.checking.conditional.held import HELD, held_fixed
from derive.checking.questions.question import Question
from derive.differentiation.gradient import gradient
from derive.equality.bench import Bench
from derive.equality.prove import Prover
from derive.errors import DeriveError, LimitError
from derive.expression.nodes import (
    ZERO,
    Component,
    Derivative,
    Dimension,
    Expression,
    Identity,
    Product,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, size_text
from derive.expression.specialise import size_symbols, specialised
from derive.expression.traverse import substitute, substitute_layer, tensors

TRIED = 6
"""How many sizes are set to 1 or made equal, so that many widths do not cost many proofs."""

SYMMETRIC = 8
"""How many names may be symmetric, so that many layers do not cost many points."""

SHALLOW = 12
"""Definitions of a problem whose conditions are proved with every name opened."""

TOGETHER = "the entries of a symmetric matrix vary together"

TURNED_JACOBIAN = "the Jacobian in denominator layout"

_EQUAL = 3
"""The number for two sizes that are made equal: another one than that of the rest."""


@dataclass(frozen=True)
class Compared:
    """An answer that is not right in general, and what it is compared with.

    is_gradient  they speak of derivatives, so that the layout is a convention
    """

    question: Question
    prover: Prover
    bench: Bench
    answer: Expression
    expected: Expression
    is_gradient: bool = True


def holds_when(compared: Compared) -> tuple[str, ...]:
    """The conditions under which answer = expected is proved; () if there is none.

    Only sizes that the difference of the two speaks of can make it vanish; others are not tried.
    """
    if compared.is_gradient and any(varied_together(compared)):
        return (TOGETHER,)
    constant = (*gradients_held_fixed(compared),)
    if constant:
        return constant
    symbols = _involved(compared)[:TRIED]
    layouts, ones = [*other_layout(compared)], [*a_size_is_one(compared, symbols)]
    batch = compared.question.problem.scope.sizes.get("N")
    if not layouts and (not ones or batch not in symbols):
        # A fact says more than a size of 1, where it is trivial: every 1×1 matrix is symmetric.
        facts = [*a_term_left_out(compared)]
        if not facts and not compared.bench.is_costly:
            facts += a_fact_is_declared(compared)
        ones = [] if facts else ones
        layouts += facts
    found = [*layouts, *ones]
    if not found and len(symbols) > 1:
        found += sizes_are_equal(compared, symbols)
    return (*found, *delta_of_an_example(compared))


def other_layout(compared: Compared) -> Iterator[str]:
    """The answer is the transpose of what is expected: right in the other gradient layout."""
    try:
        if not compared.is_gradient or shape(compared.answer) == SCALAR:
            return
        turned = _proved(compared, Transpose(compared.answer))
    except DeriveError:
        return
    if turned and _is_jacobian(compared):
        yield TURNED_JACOBIAN  # ∂z/∂x is n×m whatever the layout of gradients is
    elif turned:
        other = "numerator" if compared.question.problem.layout.gradient == "denominator" else "denominator"
        yield f"{other} layout"


def gradients_held_fixed(compared: Compared) -> Iterator[str]:
    """Right where a gradient inside what is differentiated counts as a constant."""
    question = compared.question
    try:
        answer, first = held_fixed(question, compared.answer)
        expected, second = held_fixed(question, compared.expected)
    except DeriveError:
        return
    if (first or second) and _proved(compared, answer, expected):
        yield f"{' and '.join(sorted(first | second))} {HELD}"


def _is_jacobian(compared: Compared) -> bool:
    """Whether what is expected is the derivative of a vector."""
    e = compared.expected
    while isinstance(e, Transpose | Component):
        e = e.operand
    if isinstance(e, Derivative):
        return e.form == "jacobian"
    objective = compared.question.problem.question.objective
    return objective is not None and shape(objective) != SCALAR


def varied_together(compared: Compared) -> Iterator[bool]:
    """Whether the answer is the derivative along symmetric matrices: S + Sᵀ − S ⊙ I, where S is that by each entry."""
    problem = compared.question.problem
    wrt = problem.question.wrt
    whole, place = (wrt.operand, wrt) if isinstance(wrt, Component) else (wrt, None)
    if not problem.assumptions.symmetric or (
        isinstance(whole, Tensor) and whole.name not in problem.assumptions.symmetric
    ):
        return
    try:
        slope = compared.expected if place is None else gradient(problem, place.operand).result
        rows, columns = shape(slope)
        if rows != columns or rows == 1:
            return
        diagonal = Product((slope, Identity(rows)))
        along: Expression = Sum((slope, Transpose(slope), -diagonal))
        along = along if place is None else Component(along, place.row, place.column)
        yield _proved(compared, compared.answer, along)
    except DeriveError:
        return


def a_size_is_one(compared: Compared, symbols: Sequence[sympy.Symbol]) -> Iterator[str]:
    """Right when a size is 1, such as N = 1."""
    for symbol in symbols:
        if _at_sizes(compared, {symbol: sympy.Integer(1)}, {symbol.name: 1}):
            yield f"{size_text(symbol)} = 1"


def sizes_are_equal(compared: Compared, symbols: Sequence[sympy.Symbol]) -> Iterator[str]:
    """Right when two sizes are equal, such as a square W."""
    for a, b in combinations(symbols, 2):
        if _at_sizes(compared, {b: a}, {a.name: _EQUAL, b.name: _EQUAL}):
            yield f"{size_text(a)} = {size_text(b)}"


def delta_of_an_example(compared: Compared) -> Iterator[str]:
    """Right if delta is meant for one example, without the 1/N of the mean."""
    problem = compared.question.problem
    batch = problem.scope.sizes.get("N")
    used = [t for t in tensors(compared.answer) if t in problem.gradients and t not in problem.scales]
    if not used or batch is None:
        return
    scaled: dict[Expression, Expression] = {t: Product((Dimension(batch), t)) for t in used}
    if _proved(compared, substitute(compared.answer, scaled)):
        yield "delta is that of one example (--delta example)"


def a_term_left_out(compared: Compared) -> Iterator[str]:
    """Right without the regulariser, if the answer does not mention its coefficient."""
    question = compared.question
    for name in left_out(compared.answer, compared.expected):
        if name in question.extra or question.problem.definition(name) is not None:
            continue  # what has a formula is not free to be zero
        rest = substitute(compared.expected, {name: ZERO})
        if _proved(compared, compared.answer, rest) and compared.bench.differs(rest, ZERO):
            yield f"{name.name} = 0"


def a_fact_is_declared(compared: Compared) -> Iterator[str]:
    """Right under an assumption about a name: sum(y) = 1, y binary, W symmetric …"""
    question, answer, expected = compared.question, compared.answer, compared.expected
    given = compared.bench.given(answer, expected)
    settled: set[str] = set()
    found = list(candidates(question.problem, given, (answer, expected)))
    weights = [fact for fact in found if fact.symmetric][SYMMETRIC:]
    for fact in found:
        if fact in weights:
            continue
        if fact.name in settled and fact.equation is not None and fact.binary:
            continue
        problem = fact.declared(question.known())
        bench = compared.bench.under(fact.text, problem)
        if bench.differs(answer, expected) or not bench.differs(expected, ZERO):
            continue
        try:
            is_right = _is_proved(Prover(problem, question.extra).aiding(), answer, expected)
        except DeriveError:
            is_right = False
        if is_right:
            settled.add(fact.name)
            yield fact.text


def _involved(compared: Compared) -> list[sympy.Symbol]:
    """The named sizes that the difference speaks of, that of the batch first: most slips are there."""
    prover, scope = compared.prover.fork().aiding(), compared.question.problem.scope
    try:
        involved = prover.sizes(prover.difference(compared.answer, compared.expected))
    except DeriveError:
        return []
    batch = scope.sizes.get("N")
    gradients = compared.question.problem.gradients
    if batch is not None and any(name in gradients for name in tensors(compared.expected)):
        involved = frozenset((*involved, batch))  # delta carries the 1/N of the mean
    return sorted((s for s in size_symbols(scope) if s in involved), key=lambda s: (s != batch, str(s)))


def _proved(compared: Compared, answer: Expression, expected: Expression | None = None) -> bool:
    """Whether another answer (or another expectation) is proved; formulas that do not conform are not."""
    expected = compared.expected if expected is None else expected
    try:
        if shape(answer) != shape(expected) and answer != ZERO:
            return False
        if compared.bench.differs(answer, expected):
            return False
        return _is_proved(compared.prover.fork().aiding(), answer, expected)
    except DeriveError:
        return False


def _is_proved(prover: Prover, answer: Expression, expected: Expression) -> bool:
    """A quick proof; one in full only where few definitions can be opened, for a condition is not worth more."""
    try:
        if prover.equal(answer, expected, quick=True) is not None:
            return True
    except LimitError:
        pass
    return len(prover.problem.definitions) <= SHALLOW and prover.equal(answer, expected) is not None


def _at_sizes(compared: Compared, sizes: Mapping[sympy.Expr, sympy.Expr], numbers: Mapping[str, int]) -> bool:
    """Whether the answer is right at such sizes, and the right answer is not 0 there."""
    bench, answer, expected = compared.bench, compared.answer, compared.expected
    if bench.differs(answer, expected, numbers) or not bench.differs(expected, ZERO, numbers):
        return False
    problem: Problem = specialised(compared.question.problem, sizes)
    extra = {}
    for name, value in compared.question.extra.items():
        changed = substitute_layer(name, sizes)
        assert isinstance(changed, Tensor)
        extra[changed] = substitute_layer(value, sizes)
    try:
        there = Prover(problem, extra).aiding()
        return _is_proved(there, substitute_layer(answer, sizes), substitute_layer(expected, sizes))
    except DeriveError:
        return False
