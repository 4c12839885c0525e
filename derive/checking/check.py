"""Checking an answer: read → shapes → a quick counterexample or proof → both in full → evidence; a difference that is
found may still be a convention at a kink, or be right under a condition."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.checking.conditional.conditions import Compared, holds_when, other_layout
from derive.checking.conditional.domain import within_its_domain
from derive.checking.explaining.explanation import Explanations
from derive.checking.form.ambiguity import ambiguous
from derive.checking.form.closed import closed
from derive.checking.form.entrywise import by_entries, check_ranges, entries_of
from derive.checking.form.gathering import gathered_answer
from derive.checking.form.rounding import unless_rounded
from derive.checking.guard import allowed_seconds, too_nested
from derive.checking.lines.inheritance import Inheritance, Origin
from derive.checking.lines.several import in_lines
from derive.checking.lines.skipping import with_passages
from derive.checking.questions.meant import with_meanings
from derive.checking.questions.question import Question
from derive.checking.verdicts.advice import ADVICE, advised
from derive.checking.verdicts.spoken import spoken
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.deadline import within
from derive.differentiation.wanted import wanted
from derive.equality.agreement import Agreement, agreement
from derive.equality.bench import Bench
from derive.equality.claim import Claim
from derive.equality.comparison import RouteMismatch
from derive.equality.convention import convention
from derive.equality.counterexample import Counterexample
from derive.equality.prove import Prover
from derive.equality.search import BUDGET
from derive.equality.shrink import shrink
from derive.errors import DeriveError, LimitError, ReadError, ShapeError, Unsupported, UsageError
from derive.expression.nodes import ZERO, Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape, shape_text
from derive.expression.specialise import size_symbols
from derive.expression.text import text
from derive.mistakes.wording import Words
from derive.notation import Answer, Limits, alternatives, read_any
from derive.notation.answer import Statement

QUICK = 2_000
"""Entries computed in the first look for a counterexample."""

STANDARD = Limits()
"""How long and deep an answer may be unless told otherwise."""


def check(
    problem: Problem | None,
    answer: str | Expression,
    *,
    wrt: str | Expression | None = None,
    limits: Limits = STANDARD,
    steps: bool = False,
) -> Verdict:
    """The verdict on an answer to a problem.

    answer  text (an expression, a relation, or several lines), or an expression
    wrt     what the question is about, if not what the problem says
    limits  how long and deep the text of an answer may be
    steps   also say which rules lead from one line to the next

    Raises UsageError if there is no question to answer; whatever is wrong with the answer itself is a verdict.
    """
    if problem is None:
        raise UsageError("There is no problem to check the answer against.",
                         suggestion="Describe a network (--widths 2,3,1) or give a problem file.")  # fmt: skip
    if wrt is not None:
        asked = dataclasses.replace(problem.question, wrt=wanted(problem, wrt), value=None)
        problem = dataclasses.replace(problem, question=asked)
    return Checker(problem, limits, steps=steps).check(answer)


class Checker:
    """Decides answers to one problem; what it derives and lowers for the first it has ready for the next.

    A verdict does not depend on the answers before it: each is decided by a copy. With `explain` off, wrong answers do
    not carry their named mistakes: the verdict alone is quicker. With `steps` on, right lines say how they are reached.
    """

    def __init__(
        self, problem: Problem, limits: Limits = STANDARD, *, explain: bool = True, steps: bool = False
    ) -> None:
        self.limits = limits
        self.explain = explain
        self.steps = steps
        problem = with_meanings(problem)
        self.question = Question(problem)
        self.prover = Prover(problem)
        self.bench = Bench(problem)
        self.explanations = Explanations()
        self._is_ready = False

    def check(self, answer: str | Expression) -> Verdict:
        """The verdict on one answer."""
        began = time.perf_counter()
        try:
            verdict = self._judged(answer)
        except RouteMismatch as error:
            verdict = Verdict("undecided", code=error.code, reason=advised(error))
        except LimitError as error:
            verdict = Verdict("undecided", code=error.code, reason=str(error))
        except RecursionError:
            verdict = too_nested()
        if isinstance(answer, str) and verdict.verdict != "proved":
            verdict = spoken(verdict, Words(self.question.problem, answer[: self.limits.size]))
        return dataclasses.replace(verdict, elapsed_ms=(time.perf_counter() - began) * 1000)

    def _judged(self, answer: str | Expression) -> Verdict:
        problem = self.question.problem
        if isinstance(answer, Expression):
            session = self._session(())
            with within(allowed_seconds()):
                verdict = self._told(_claim(session, answer), session, {}, "")
                return closed(verdict, answer, problem, lambda _: verdict)
        try:
            readings = alternatives(read_any(answer, problem, self.limits))
        except ShapeError as error:
            return dataclasses.replace(_does_not_conform(error), text=answer)
        except (ReadError, LimitError) as error:
            return _not_understood(error, answer)
        verdicts = [self.decide(reading, answer) for reading in readings]
        return verdicts[0] if len({v.verdict for v in verdicts}) == 1 else ambiguous(readings, verdicts, answer)

    def decide(self, answer: Answer, typed: str = "") -> Verdict:
        """The verdict on an answer that has been read; `typed` is its text, in which wrong parts are pointed at."""
        session = self._session((answer := gathered_answer(answer)).definitions)
        with within(allowed_seconds()):
            verdict = self._told(_lines(session, answer, typed, self.explain), session, dict(answer.definitions), typed)
            verdict = closed(verdict, answer, self.question.problem, lambda last: _claim(session, last))
            return with_passages(verdict, session.question, answer.statements) if self.steps else verdict

    def _told(self, verdict: Verdict, session: _Session, own: Mapping[Tensor, Expression], typed: str) -> Verdict:
        try:
            return self.explanations.told(verdict, session.question, own, typed) if self.explain else verdict
        except RecursionError:
            return verdict

    def _session(self, definitions: tuple[tuple[Tensor, Expression], ...]) -> _Session:
        """The question with the names that an answer defines, and a prover of its own."""
        self.prepare()
        if not definitions:
            return _Session(self.question.fork(), self.prover.fork(), self.bench)
        problem = self.question.problem
        own = tuple(Definition(name, value) for name, value in definitions)
        problem = with_meanings(dataclasses.replace(problem, definitions=problem.definitions + own))
        question = self.question.fork(problem)
        names = frozenset(name.name for name, _ in definitions)
        return _Session(question, Prover(problem, question.extra), Bench(question.known(), question.extra), names)

    def prepare(self) -> None:
        """Derive what is asked, once; a question that only relations can answer has nothing to derive."""
        if self._is_ready or not self.question.is_asked:
            return
        expected, _ = self.question.expected()
        self.prover.extra.update(self.question.extra)
        self.prover.lowered(expected)
        self.bench = Bench(self.question.known(), self.question.extra, expected)
        self._is_ready = True


@dataclass(frozen=True)
class _Session:
    """What one answer is decided with; `own` are the names that it defines."""

    question: Question
    prover: Prover
    bench: Bench
    own: frozenset[str] = frozenset()


def _not_understood(error: DeriveError, answer: str) -> Verdict:
    return Verdict("not understood", code=error.code, reason=advised(error), position=error.position, text=answer)


def _lines(session: _Session, answer: Answer, typed: str, explain: bool) -> Verdict:
    """One verdict for each statement; names that a line defines may be used in those after it."""
    statements = answer.statements
    claims = [s for s in statements if s.name is None]
    if not claims:
        meant = _claim(session, answer.last) if answer.last is not None and session.question.is_asked else None
        if meant is not None and meant.verdict in ("proved", "agrees"):
            return dataclasses.replace(meant, text=answer.lines[-1].text)
        names = ", ".join(s.name.name for s in statements if s.name is not None)
        reason = f"This only defines {names}; nothing is claimed. Add a line with your answer."
        return Verdict("not understood", code="E-EMPTY", reason=reason)
    verdicts: dict[int, Verdict] = {}
    for s in claims:
        chain = [verdicts[c.number] for c in claims if c.chain == s.chain and c.number in verdicts]
        verdicts[s.number] = dataclasses.replace(_stated(session, s, chain), position=s.position, line=s.number)
    if len(statements) == 1:
        return dataclasses.replace(verdicts[claims[0].number], text=answer.lines[0].text, line=None)
    told = explain and len(claims) + len(answer.definitions) > 1
    return in_lines(statements, verdicts, typed, _origins(session, answer, verdicts) if told else {})


def _origins(session: _Session, answer: Answer, verdicts: Mapping[int, Verdict]) -> Mapping[int, Origin]:
    """The lines that wrong ones follow from."""
    wrong = frozenset(n for n, v in verdicts.items() if v.verdict in ("refuted", "conditional"))
    if not wrong:
        return {}
    return Inheritance(session.question, session.bench, dict(answer.definitions)).origins(answer.statements, wrong)


def _stated(session: _Session, statement: Statement, chain: Sequence[Verdict]) -> Verdict:
    """A statement is held against the head of its chain; where that is not decided, against the step before it."""
    if statement.size is not None:
        return _shaped(statement.expression, statement.size)
    if statement.head is None:
        return _claim(session, statement.expression)
    verdict = unless_rounded(_relation(session, statement.head, statement.expression))
    before = chain[-1] if chain else None
    if verdict.verdict in ("undecided", "agrees") and before is not None and before.verdict == "proved":
        assert before.answer is not None
        step = unless_rounded(_relation(session, before.answer, statement.expression))
        return step if step.verdict in ("proved", "refuted") else verdict
    return verdict


def _claim(session: _Session, answer: Expression) -> Verdict:
    """An expression that must equal the answer to the question."""
    expected, reference = session.question.expected()
    return _compare(session, answer, expected, reference)


def _shaped(e: Expression, claimed: Shape) -> Verdict:
    """W ∈ ℝ^{n×m}; of a vector it does not say how it lies."""
    try:
        own = shape(e)
    except ShapeError as error:
        return dataclasses.replace(_does_not_conform(error), answer=e)
    if own in (claimed, claimed[::-1] if ONE in claimed else claimed):
        return Verdict("proved", scope="all sizes", answer=e)
    message = f"{text(e)} is {shape_text(own)}, not {shape_text(claimed)}."
    return Verdict("refuted", answer=e, mistakes=(Mistake("shape", message),), reason=message)


def _relation(session: _Session, left: Expression, right: Expression) -> Verdict:
    """left = right, where the left side is what the right one is held against."""
    try:
        expected = session.question.resolve(left)
        shape(expected)
    except ShapeError as error:
        return dataclasses.replace(_does_not_conform(error), answer=left)
    except Unsupported as error:
        return Verdict("undecided", code=error.code, reason=advised(error), answer=left)
    return _compare(session, right, expected, session.question.meaning.of(left))


def _does_not_conform(error: ShapeError) -> Verdict:
    return Verdict(
        "refuted",
        mistakes=(Mistake("shape", error.message, error.suggestion),),
        reason=advised(error),
        position=error.position,
    )


def _compare(session: _Session, answer: Expression, expected: Expression, reference: Expression) -> Verdict:
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
        wanted_shape = shape(expected)
        check_ranges(answer, reference)
        session = _informed(session)
        places = list(entries_of(resolved, expected, wanted_shape, problem)) if own == SCALAR else []
        if own != wanted_shape and places:
            return by_entries(base, reference, places, lambda at, of: _decide(session, at, resolved, of))
        if own != wanted_shape and answer != ZERO:
            return _wrong_shape(session, base, resolved, own, wanted_shape)
        return _decide(session, base, resolved, reference)
    except ShapeError as error:
        return dataclasses.replace(_does_not_conform(error), answer=answer, expected=expected, scope=base.scope)
    except LimitError as error:
        return dataclasses.replace(base, code=error.code, reason=advised(error))
    except (Unsupported, RouteMismatch) as error:
        return dataclasses.replace(base, code=error.code, reason=advised(error))
    except DeriveError as error:
        return dataclasses.replace(base, verdict="not understood", code=error.code, reason=advised(error))


def _informed(session: _Session) -> _Session:
    """The session with points that know the names (a shared factor) which derivations introduced on the way."""
    known = session.question.known()
    if known.definitions == session.bench.problem.definitions:
        return session
    return dataclasses.replace(session, bench=Bench(known, session.question.extra, session.bench.expected))


def _no_sizes(problem: Problem) -> bool:
    """Whether everything is scalar, so that there is nothing a size could change."""
    return all(side == 1 for t in problem.scope.tensors.values() for side in t.shape)


def _wrong_shape(session: _Session, base: Verdict, answer: Expression, own: Shape, wanted_shape: Shape) -> Verdict:
    assert base.expected is not None
    assert base.answer is not None
    message = f"Your answer {text(base.answer)} is {shape_text(own)}; it should be {shape_text(wanted_shape)}."
    # Of the conditions only the other layout speaks about shapes; N = 1 would merely hide that they differ.
    layouts = tuple(other_layout(Compared(session.question, session.prover, session.bench, answer, base.expected)))
    return dataclasses.replace(
        base,
        verdict="conditional" if layouts else "refuted",
        holds_when=layouts,
        mistakes=(Mistake("shape", message),),
        reason=message,
    )


def _decide(session: _Session, base: Verdict, answer: Expression, reference: Expression) -> Verdict:
    """Equal where both have a value, and without gaps."""
    assert base.expected is not None
    compared = Compared(session.question, session.prover, session.bench, answer, base.expected)
    return within_its_domain(_equal(session, base, answer, reference), compared, reference, session.own)


def _equal(session: _Session, base: Verdict, answer: Expression, reference: Expression) -> Verdict:
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


def _refuted(session: _Session, base: Verdict, answer: Expression, found: Counterexample) -> Verdict:
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


def _differs(session: _Session, base: Verdict, answer: Expression, found: Counterexample) -> Verdict:
    """A counterexample away from any kink, or of no subgradient: refuted, unless a condition helps."""
    assert base.expected is not None
    conditions = holds_when(Compared(session.question, session.prover, session.bench, answer, base.expected))
    return dataclasses.replace(
        base,
        verdict="conditional" if conditions else "refuted",
        holds_when=conditions,
        counterexample=found,
    )
