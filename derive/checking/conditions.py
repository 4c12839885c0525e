"""Where an answer is right although it is not right in general: each condition is proved before it is named."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import combinations

import sympy

from derive.checking.question import Question
from derive.equality.prove import Prover
from derive.equality.search import refute
from derive.errors import DeriveError
from derive.expression.nodes import ZERO, Dimension, Expression, Product, Tensor, Transpose
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, size_text
from derive.expression.specialise import size_symbols, specialised
from derive.expression.traverse import substitute, substitute_layer, tensors

GLANCE = 200
"""Entries computed in a glance for a counterexample."""

TRIED = 6
"""How many sizes are set to 1 or made equal, so that many widths do not cost many proofs."""


def holds_when(question: Question, prover: Prover, answer: Expression, expected: Expression) -> tuple[str, ...]:
    """The conditions under which answer = expected is proved; () if there is none.

    Only sizes that the difference of the two speaks of can make it vanish; others are not tried.
    """
    found = [*other_layout(question, answer, expected)]
    fork = prover.fork()
    try:
        involved = fork.sizes(fork.difference(answer, expected))
    except DeriveError:
        involved = frozenset()
    symbols = [s for s in _symbols(question) if s in involved][:TRIED]
    found += a_size_is_one(question, answer, expected, symbols)
    if not found and len(symbols) > 1:
        found += sizes_are_equal(question, answer, expected, symbols)
    return (*found, *delta_of_an_example(question, answer, expected))


def _proved(question: Question, answer: Expression, expected: Expression) -> bool:
    """Whether the two are proved equal; formulas that do not conform are not. A counterexample is looked for first,
    because it costs less than a proof that fails."""
    try:
        if shape(answer) != shape(expected) and answer != ZERO:
            return False
        if refute(answer, expected, _with_formulas(question), budget=GLANCE) is not None:
            return False
        return Prover(question.problem, question.extra).equal(answer, expected) is not None
    except DeriveError:
        return False


def _with_formulas(question: Question) -> Problem:
    """The problem with the names of gradients defined by their formulas: quicker to evaluate than derivatives."""
    formulas = tuple(Definition(name, value) for name, value in question.extra.items())
    problem = question.problem
    return dataclasses.replace(problem, definitions=problem.definitions + formulas, gradients={}, scales={})


def other_layout(question: Question, answer: Expression, expected: Expression) -> Iterator[str]:
    """The answer is the transpose of what is expected: right in the other gradient layout."""
    try:
        turned = shape(answer) != SCALAR and _proved(question, Transpose(answer), expected)
    except DeriveError:
        return
    if turned:
        other = "numerator" if question.problem.layout.gradient == "denominator" else "denominator"
        yield f"{other} layout"


def a_size_is_one(
    question: Question, answer: Expression, expected: Expression, symbols: Sequence[sympy.Symbol]
) -> Iterator[str]:
    """Right when a size is 1, such as N = 1."""
    for symbol in symbols:
        if _at_sizes(question, answer, expected, {symbol: sympy.Integer(1)}):
            yield f"{size_text(symbol)} = 1"


def sizes_are_equal(
    question: Question, answer: Expression, expected: Expression, symbols: Sequence[sympy.Symbol]
) -> Iterator[str]:
    """Right when two sizes are equal, such as a square W."""
    for a, b in combinations(symbols, 2):
        if _at_sizes(question, answer, expected, {b: a}):
            yield f"{size_text(a)} = {size_text(b)}"


def delta_of_an_example(question: Question, answer: Expression, expected: Expression) -> Iterator[str]:
    """Right if delta is meant for one example, without the 1/N of the mean (or with it, where it is without)."""
    problem = question.problem
    used = [t for t in tensors(answer) if t in problem.gradients and t not in problem.scales]
    batch = problem.scope.sizes.get("N")
    if not used or batch is None:
        return
    scaled = {t: Product((Dimension(batch), question.extra[t])) for t in used if t in question.extra}
    renamed: dict[Expression, Tensor] = {t: dataclasses.replace(t, name=t.name + "·example") for t in scaled}
    extra = dict(question.extra) | {renamed[t]: e for t, e in scaled.items()}
    other = Question(problem, extra)
    if scaled and _proved(other, substitute(answer, renamed), expected):
        yield "delta is that of one example (--delta example)"


def _symbols(question: Question) -> list[sympy.Symbol]:
    """The sizes with a name, those of the batch first, because that is where most slips are."""
    found = size_symbols(question.problem.scope)
    batch = question.problem.scope.sizes.get("N")
    return sorted(found, key=lambda s: (s != batch, str(s)))


def _at_sizes(
    question: Question, answer: Expression, expected: Expression, sizes: dict[sympy.Expr, sympy.Expr]
) -> bool:
    problem: Problem = specialised(question.problem, sizes)
    extra = {}
    for name, value in question.extra.items():
        changed = substitute_layer(name, sizes)
        assert isinstance(changed, Tensor)
        extra[changed] = substitute_layer(value, sizes)
    there = Question(problem, extra)
    wanted = substitute_layer(expected, sizes)
    # Where the right answer is 0 anyway, every multiple of it is right too, which says nothing.
    return _proved(there, substitute_layer(answer, sizes), wanted) and not _proved(there, ZERO, wanted)
