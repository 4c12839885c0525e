"""Checking an answer: it is read, its statements are decided, and what is wrong is explained."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping

from derive.checking.comparing import Session, does_not_conform
from derive.checking.explaining.explanation import Explanations
from derive.checking.form.ambiguity import ambiguous
from derive.checking.form.closed import closed
from derive.checking.form.gathering import gathered_answer
from derive.checking.guard import allowed_seconds, too_nested
from derive.checking.lines.skipping import with_passages
from derive.checking.lines.unread import apart, with_unread
from derive.checking.questions.meant import with_meanings
from derive.checking.questions.question import Question
from derive.checking.statements import decide_answer, decide_statements
from derive.checking.verdicts.advice import advised
from derive.checking.verdicts.spoken import spoken
from derive.checking.verdicts.verdict import Verdict
from derive.deadline import within
from derive.differentiation.wanted import wanted
from derive.equality.bench import Bench
from derive.equality.comparison import RouteMismatch
from derive.equality.prove import Prover
from derive.errors import DeriveError, LimitError, ReadError, ShapeError, UsageError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.mistakes.wording import Words
from derive.notation import Answer, Limits, alternatives, read_any

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
                verdict = self._told(decide_answer(session, answer), session, {}, "")
                return closed(verdict, answer, problem, lambda _: verdict)
        try:
            readings = self._read(answer)
        except (ReadError, LimitError, ShapeError) as error:
            return self._in_part(answer) or _not_read(error, answer)
        return self._decided(readings, answer)

    def _read(self, answer: str) -> list[Answer]:
        """The answer in each of its readings."""
        return alternatives(read_any(answer, self.question.problem, self.limits))

    def _in_part(self, typed: str) -> Verdict | None:
        """The verdict on lines of which some cannot be read; None if there are none that can."""
        parts = apart(typed, self.limits, self._read)
        if parts is None:
            return None
        readings = self._read(parts[0])
        statements = readings[0].statements
        verdict = self._decided(readings, parts[0])
        if not verdict.lines and len(statements) > 1:
            return None
        unread = [(span, _not_read(error, typed)) for span, error in parts[1]]
        return with_unread(verdict, statements, typed, unread)

    def _decided(self, readings: list[Answer], answer: str) -> Verdict:
        verdicts = [self.decide(reading, answer) for reading in readings]
        return verdicts[0] if len({v.verdict for v in verdicts}) == 1 else ambiguous(readings, verdicts, answer)

    def decide(self, answer: Answer, typed: str = "") -> Verdict:
        """The verdict on an answer that has been read; `typed` is its text, in which wrong parts are pointed at."""
        session = self._session((answer := gathered_answer(answer)).definitions)
        with within(allowed_seconds()):
            verdict = decide_statements(session, answer, typed, self.explain)
            verdict = self._told(verdict, session, dict(answer.definitions), typed)
            verdict = closed(verdict, answer, self.question.problem, lambda last: decide_answer(session, last))
            return with_passages(verdict, session.question, answer.statements) if self.steps else verdict

    def _told(self, verdict: Verdict, session: Session, own: Mapping[Tensor, Expression], typed: str) -> Verdict:
        try:
            return self.explanations.told(verdict, session.question, own, typed) if self.explain else verdict
        except RecursionError:
            return verdict

    def _session(self, definitions: tuple[tuple[Tensor, Expression], ...]) -> Session:
        """The question with the names that an answer defines, and a prover of its own."""
        self.prepare()
        if not definitions:
            return Session(self.question.fork(), self.prover.fork(), self.bench)
        problem = self.question.problem
        own = tuple(Definition(name, value) for name, value in definitions)
        problem = with_meanings(dataclasses.replace(problem, definitions=problem.definitions + own))
        question = self.question.fork(problem)
        names = frozenset(name.name for name, _ in definitions)
        return Session(question, Prover(problem, question.extra), Bench(question.known(), question.extra), names)

    def prepare(self) -> None:
        """Derive what is asked, once; a question that only relations can answer has nothing to derive."""
        if self._is_ready or not self.question.is_asked:
            return
        expected, _ = self.question.expected()
        self.prover.extra.update(self.question.extra)
        self.prover.lowered(expected)
        self.bench = Bench(self.question.known(), self.question.extra, expected)
        self._is_ready = True


def _not_read(error: DeriveError, answer: str) -> Verdict:
    if isinstance(error, ShapeError):
        return dataclasses.replace(does_not_conform(error), text=answer)
    return Verdict("not understood", code=error.code, reason=advised(error), position=error.position, text=answer)
