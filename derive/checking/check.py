"""Checking an answer: read → shapes → proof → convention → counterexample → where it is right after all."""

from __future__ import annotations

import dataclasses
import time

from derive.checking.conditions import holds_when, other_layout
from derive.checking.question import Question
from derive.checking.verdict import Mistake, Verdict, worst
from derive.differentiation.wanted import wanted
from derive.equality.convention import convention
from derive.equality.counterexample import Counterexample
from derive.equality.prove import Prover
from derive.equality.search import BUDGET, refute
from derive.equality.shrink import shrink
from derive.errors import DeriveError, LimitError, ReadError, ShapeError, Unsupported, UsageError
from derive.expression.nodes import ZERO, Expression
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.sizes import Shape, shape_text
from derive.expression.specialise import size_symbols
from derive.expression.text import text
from derive.notation import Answer, Line, read_answer

QUICK = 2_000
"""Entries computed in the first look for a counterexample."""


def check(problem: Problem | None, answer: str | Expression, *, wrt: str | Expression | None = None) -> Verdict:
    """The verdict on an answer to a problem.

    answer  text (an expression, a relation, or several lines), or an expression
    wrt     what the question is about, if not what the problem says

    Raises UsageError if there is no question to answer; whatever is wrong with the answer itself is a verdict.
    """
    began = time.perf_counter()
    if problem is None:
        raise UsageError("There is no problem to check the answer against.",
                         suggestion="Describe a network (--widths 2,3,1) or give a problem file.")  # fmt: skip
    if wrt is not None:
        asked = dataclasses.replace(problem.question, wrt=wanted(problem, wrt), value=None)
        problem = dataclasses.replace(problem, question=asked)
    verdict = _judged(problem, answer)
    return dataclasses.replace(verdict, elapsed_ms=(time.perf_counter() - began) * 1000)


def _judged(problem: Problem, answer: str | Expression) -> Verdict:
    if isinstance(answer, Expression):
        return _claim(Question(problem), answer)
    try:
        read = read_answer(answer, problem.scope)
    except ShapeError as error:
        return dataclasses.replace(_does_not_conform(error), text=answer)
    except (ReadError, LimitError) as error:
        return _not_understood(error, answer)
    return _lines(problem, read)


def _not_understood(error: DeriveError, answer: str) -> Verdict:
    reason = str(error)
    return Verdict("not understood", code=error.code, reason=reason, position=error.position, text=answer)


def _lines(problem: Problem, answer: Answer) -> Verdict:
    """One verdict a line; names that a line defines may be used in those after it."""
    extra = tuple(Definition(name, value) for name, value in answer.definitions)
    if extra:
        problem = dataclasses.replace(problem, definitions=problem.definitions + extra)
    question = Question(problem)
    verdicts = tuple(dataclasses.replace(_line(question, line), text=line.text) for line in answer.lines
                     if line.kind != "definition" or len(line.expressions) > 1)  # fmt: skip
    if not verdicts:
        return Verdict("not understood", code="E-EMPTY", reason="The lines only define names; nothing is claimed.")
    if len(verdicts) == 1:
        return verdicts[0]
    return dataclasses.replace(worst(verdicts), lines=verdicts)


def _line(question: Question, line: Line) -> Verdict:
    if line.kind == "claim":
        return dataclasses.replace(_claim(question, line.expressions[0]), position=line.position)
    pairs = zip(line.expressions, line.expressions[1:], strict=False)
    verdicts = tuple(
        dataclasses.replace(_relation(question, left, right), position=position)
        for (left, right), position in zip(pairs, line.positions[1:], strict=False)
    )
    return verdicts[0] if len(verdicts) == 1 else dataclasses.replace(worst(verdicts), lines=verdicts)


def _claim(question: Question, answer: Expression) -> Verdict:
    """An expression that must equal the answer to the question."""
    expected, reference = question.expected()
    return _compare(question, answer, expected, reference)


def _relation(question: Question, left: Expression, right: Expression) -> Verdict:
    """left = right, where the left side is what the right one is held against."""
    try:
        expected = question.resolve(left)
        shape(expected)
    except ShapeError as error:
        return dataclasses.replace(_does_not_conform(error), answer=left)
    return _compare(question, right, expected, left)


def _does_not_conform(error: ShapeError) -> Verdict:
    return Verdict(
        "refuted",
        mistakes=(Mistake("shape", error.message, error.suggestion),),
        reason=str(error),
        position=error.position,
    )


def _compare(question: Question, answer: Expression, expected: Expression, reference: Expression) -> Verdict:
    problem = question.problem
    base = Verdict(
        "undecided",
        scope="all sizes" if size_symbols(problem.scope) or _no_sizes(problem) else "the sizes of the question",
        assumptions=problem.assumptions.equation_texts,
        answer=answer,
        expected=expected,
    )
    try:
        own = shape(answer)
        resolved = question.resolve(answer)
        wanted_shape = shape(expected)
        if own != wanted_shape and answer != ZERO:
            return _wrong_shape(question, base, resolved, own, wanted_shape)
        return _decide(question, base, resolved, reference)
    except ShapeError as error:
        return dataclasses.replace(_does_not_conform(error), answer=answer, expected=expected, scope=base.scope)
    except LimitError as error:
        return dataclasses.replace(base, code=error.code, reason=str(error))
    except Unsupported as error:
        return dataclasses.replace(base, code=error.code, reason=str(error))
    except DeriveError as error:
        return dataclasses.replace(base, verdict="not understood", code=error.code, reason=str(error))


def _no_sizes(problem: Problem) -> bool:
    """Whether everything is scalar, so that there is nothing a size could change."""
    return all(side == 1 for t in problem.scope.tensors.values() for side in t.shape)


def _wrong_shape(question: Question, base: Verdict, answer: Expression, own: Shape, wanted_shape: Shape) -> Verdict:
    assert base.expected is not None
    assert base.answer is not None
    message = f"Your answer {text(base.answer)} is {shape_text(own)}; it should be {shape_text(wanted_shape)}."
    # Of the conditions only the other layout speaks about shapes; N = 1 would merely hide that they differ.
    layouts = tuple(other_layout(question, answer, base.expected))
    return dataclasses.replace(
        base,
        verdict="conditional" if layouts else "refuted",
        holds_when=layouts,
        mistakes=(Mistake("shape", message),),
        reason=message,
    )


def _decide(question: Question, base: Verdict, answer: Expression, reference: Expression) -> Verdict:
    """Cheap things first: a proof with names cut off, a quick search for a counterexample, then both in full."""
    expected = base.expected
    assert expected is not None
    prover = Prover(question.problem, question.extra)
    exhausted: LimitError | None = None
    for quick in (True, False):
        try:
            if prover.equal(answer, expected, cut=quick) is not None:
                return dataclasses.replace(base, verdict="proved")
        except LimitError as error:
            exhausted = error
        budget = QUICK if quick else BUDGET
        found = refute(answer, expected, question.problem, reference=reference, budget=budget)
        if found is not None:
            return _refuted(question, base, answer, found, prover)
    reason = "The two have different normal forms, but no point was found where they differ for certain."
    return dataclasses.replace(
        base,
        code=exhausted.code if exhausted else "E-UNDECIDED",
        reason=str(exhausted) if exhausted else reason,
    )


def _refuted(question: Question, base: Verdict, answer: Expression, found: Counterexample, prover: Prover) -> Verdict:
    """A counterexample was found: at a kink the answer may still be a convention, elsewhere a condition may help."""
    assert base.expected is not None
    if found.at_kink:
        try:
            chosen = convention(prover, answer, base.expected)
        except LimitError:
            chosen = None
        if chosen is not None:
            return dataclasses.replace(base, verdict="proved", conventions=(chosen.text,))
        if found.subgradient is not False:
            reason = "The two differ only at a kink, and it could not be settled whether yours is a subgradient there."
            return dataclasses.replace(base, code="E-UNDECIDED", reason=reason)
    conditions = holds_when(question, answer, base.expected)
    return dataclasses.replace(
        base,
        verdict="conditional" if conditions else "refuted",
        holds_when=conditions,
        counterexample=shrink(found),
    )
