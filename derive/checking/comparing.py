"""Two formulas held against each other: a quick counterexample or proof → both in full → evidence; a difference that is
found may still be a convention at a kink, or be right under a condition."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from derive.checking.conditional.conditions import Compared, holds_when, other_layout
from derive.checking.conditional.domain import within_its_domain
from derive.checking.form.entrywise import by_entries, check_ranges, entries_of
from derive.checking.questions.question import Question
from derive.checking.verdicts.advice import ADVICE, advised
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.equality.agreement import Agreement, agreement
from derive.equality.bench import Bench
from derive.equality.claim import Claim
from derive.equality.comparison import RouteMismatch
from derive.equality.convention import convention
from derive.equality.counterexample import Counterexample
from derive.equality.prove import Prover
from derive.equality.search import BUDGET
from derive.equality.shrink import shrink
from derive.errors import DeriveError, LimitError, ShapeError, Unsupported
from derive.expression.nodes import ZERO, Expression
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, Shape, shape_text
from derive.expression.specialise import size_symbols
from derive.expression.text import text

QUICK = 2_000
"""Entries computed in the first look for a counterexample."""


@dataclass(frozen=True)
class Session:
    """What one answer is decided with.

    own          the names that it defines
    is_gradient  it is about derivatives, so that it may be written in another layout
    """

    question: Question
    prover: Prover
    bench: Bench
    own: frozenset[str] = frozenset()
    is_gradient: bool = True


def does_not_conform(error: ShapeError) -> Verdict:
    """Refuted: shapes that do not fit need no counterexample."""
    return Verdict(
        "refuted",
        mistakes=(Mistake("shape", error.message, error.suggestion),),
        reason=advised(error),
        position=error.position,
    )


def compare(session: Session, answer: Expression, expected: Expression, reference: Expression) -> Verdict:
    """The verdict on a formula: of another shape, by its entries, or equal or not.

    expected   what it is held against, with derivatives worked out
    reference  the same as it was asked, for the routes that differentiate on their own
    """
    question = session.question
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
        # 0 is a zero of any shape: of that of what was asked for, if this has one.
        wanted_shape = shape(expected) if expected != ZERO else own if reference == ZERO else shape(reference)
        check_ranges(answer, reference)
        session = _informed(session)
        places = list(entries_of(resolved, expected, wanted_shape, problem)) if own == SCALAR else []
        if own != wanted_shape and places:
            return by_entries(base, reference, places, lambda at, of: _decide(session, at, resolved, of))
        if own != wanted_shape and answer != ZERO:
            return _wrong_shape(session, base, resolved, own, wanted_shape)
        return _decide(session, base, resolved, reference)
    except ShapeError as error:
        return dataclasses.replace(does_not_conform(error), answer=answer, expected=expected, scope=base.scope)
    except LimitError as error:
        return dataclasses.replace(base, code=error.code, reason=advised(error))
    except (Unsupported, RouteMismatch) as error:
        return dataclasses.replace(base, code=error.code, reason=advised(error))
    except DeriveError as error:
        return dataclasses.replace(base, verdict="not understood", code=error.code, reason=advised(error))


def _informed(session: Session) -> Session:
    """The session with points that know the names (a shared factor) which derivations introduced on the way."""
    known = session.question.known()
    if known.definitions == session.bench.problem.definitions:
        return session
    return dataclasses.replace(session, bench=Bench(known, session.question.extra, session.bench.expected))


def _no_sizes(problem: Problem) -> bool:
    """Whether everything is scalar, so that there is nothing a size could change."""
    return all(side == 1 for t in problem.scope.tensors.values() for side in t.shape)


def _compared(session: Session, answer: Expression, expected: Expression) -> Compared:
    return Compared(session.question, session.prover, session.bench, answer, expected, session.is_gradient)


def _wrong_shape(session: Session, base: Verdict, answer: Expression, own: Shape, wanted_shape: Shape) -> Verdict:
    assert base.expected is not None
    assert base.answer is not None
    message = f"Your answer {text(base.answer)} is {shape_text(own)}; it should be {shape_text(wanted_shape)}."
    # Of the conditions only the other layout speaks about shapes; N = 1 would merely hide that they differ.
    layouts = tuple(other_layout(_compared(session, answer, base.expected)))
    return dataclasses.replace(
        base,
        verdict="conditional" if layouts else "refuted",
        holds_when=layouts,
        mistakes=(Mistake("shape", message),),
        reason=message,
    )


def _decide(session: Session, base: Verdict, answer: Expression, reference: Expression) -> Verdict:
    """Equal where both have a value, and without gaps."""
    assert base.expected is not None
    compared = _compared(session, answer, base.expected)
    return within_its_domain(_equal(session, base, answer, reference), compared, reference, session.own)


def _equal(session: Session, base: Verdict, answer: Expression, reference: Expression) -> Verdict:
    """Cheap things first: a proof that opens little, a quick search for a counterexample, then both in full."""
    question, prover, expected = session.question, session.prover, base.expected
    assert expected is not None
    prover.extra.update(question.extra)
    exhausted: LimitError | None = None
    simple = session.bench.refute(answer, expected, reference)
    if simple is not None:
        return _differs(session, base, answer, simple)
    for quick in (True, False):
        exhausted = None
        try:
            if prover.equal(answer, expected, quick=quick) is not None:
                return dataclasses.replace(base, verdict="proved")
        except LimitError as error:
            exhausted = error
        budget = QUICK if quick else BUDGET
        found = session.bench.search(answer, expected, reference, budget).run()
        if found is not None:
            return _refuted(session, base, answer, found)
    evidence = agreement(Claim(answer, expected, question.known(), reference))
    if evidence is not None:
        return _evident(base, evidence)
    reason = f"No proof was found, and no point where the two differ for certain. {ADVICE['E-UNDECIDED']}"
    return dataclasses.replace(
        base,
        code=exhausted.code if exhausted else "E-UNDECIDED",
        reason=advised(exhausted) if exhausted else reason,
    )


def _evident(base: Verdict, evidence: Agreement) -> Verdict:
    """Agreement at explicit entries: a proof where there are no other sizes and no chance was involved."""
    if evidence.is_proof:
        return dataclasses.replace(base, verdict="proved")
    bound = None if evidence.bits is None else f"2^-{evidence.bits}"
    return dataclasses.replace(base, verdict="agrees", scope=evidence.scope, error_bound=bound)


def _refuted(session: Session, base: Verdict, answer: Expression, found: Counterexample) -> Verdict:
    """A counterexample was found: at a kink the answer may still be a convention, elsewhere a condition may help."""
    assert base.expected is not None
    if found.at_kink:
        try:
            chosen = convention(session.prover, answer, base.expected)
        except LimitError:
            chosen = None
        if chosen is not None:
            return dataclasses.replace(base, verdict="proved", conventions=(chosen.text,))
        if found.subgradient is not False:
            reason = "The two differ only at a kink, and it is not settled whether yours is a subgradient there."
            reason = f"{reason} Choose one value there, such as relu'(0) = 0."
            return dataclasses.replace(base, code="E-UNDECIDED", reason=reason)
    return _differs(session, base, answer, shrink(found))


def _differs(session: Session, base: Verdict, answer: Expression, found: Counterexample) -> Verdict:
    """A counterexample away from any kink, or of no subgradient: refuted, unless a condition helps."""
    assert base.expected is not None
    conditions = holds_when(_compared(session, answer, base.expected))
    return dataclasses.replace(
        base,
        verdict="conditional" if conditions else "refuted",
        holds_when=conditions,
        counterexample=found,
    )
