"""Saying why: the named mistakes of wrong answers, and where in the text they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from derive.checking.conditional.held import HELD
from derive.checking.explaining.pointing import pointed
from derive.checking.explaining.shape_mistakes import ShapeMistakes, of_something_else, on_diagonal
from derive.checking.lines.several import is_wrong, told_in_lines
from derive.checking.questions.question import Question
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.deadline import share
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient_definitions
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.expression.nodes import Expression, Tensor, Transpose
from derive.mistakes.calculus import is_given
from derive.mistakes.explain import Explainer, without_own_names
from derive.mistakes.finding import NOTES, Finding
from derive.mistakes.table import MISTAKES
from derive.mistakes.updates import worked
from derive.mistakes.wording import Words

_SHARE = 0.85
"""Of the time that is left; a verdict is not to be lost for want of a reason."""


class Explanations:
    """Explains the wrong answers to one problem; each expected formula is prepared once, when it is first missed."""

    def __init__(self) -> None:
        self._shapes = ShapeMistakes()
        self._kept: dict[Expression, tuple[Explainer, Prover]] = {}

    def told(
        self,
        verdict: Verdict,
        question: Question,
        own: Mapping[Tensor, Expression],
        typed: str,
        *,
        thorough: bool = True,
    ) -> Verdict:
        """The verdict with its mistakes named; those of its lines, too. `own` are names that the answer defines."""
        if verdict.lines:
            return told_in_lines(verdict, lambda line, first: self.told(line, question, own, typed, thorough=first))
        if not is_wrong(verdict) or verdict.answer is None or verdict.expected is None:
            return verdict
        if any(m.code == "E-DOMAIN" for m in verdict.mistakes):
            return verdict  # equal where it has a value: no slip leads there
        if verdict.counterexample is None and not verdict.mistakes:
            return verdict  # right, but for which letter counts the rows
        at_kink = verdict.counterexample is not None and verdict.counterexample.at_kink
        if at_kink and not is_given(question.problem):
            return verdict  # right but for a value at a kink: no slip leads there
        if any(condition.endswith(HELD) for condition in verdict.holds_when):
            return verdict  # a way to write the chain rule is no slip
        words = Words(question.problem, typed)
        try:
            with share(_SHARE):
                found = self._of(verdict, verdict.answer, verdict.expected, question, own, words, thorough)
        except DeriveError:
            return verdict
        named = tuple(Mistake(f.code, f.message, f.hint) for f in found)
        return dataclasses.replace(
            verdict,
            mistakes=(*verdict.mistakes, *named),
            position=pointed(verdict.position, found, typed, question.problem.scope) or verdict.position,
        )

    def _of(
        self,
        verdict: Verdict,
        answer: Expression,
        expected: Expression,
        question: Question,
        own: Mapping[Tensor, Expression],
        words: Words,
        thorough: bool,
    ) -> tuple[Finding, ...]:
        """What is wrong with a wrong answer, of whatever kind."""
        if any(m.code == "shape" for m in verdict.mistakes):
            return self._of_shape(answer, expected, question, own, words, verdict.holds_when)
        found = self._found(answer, expected, question, own, words, thorough)
        if not found and verdict.basis is not None:
            found = self._besides(answer, *verdict.basis, question, own, words)
        if not found and thorough and question.differentiated(expected) == question.problem.question.wrt:
            found = of_something_else(without_own_names(answer, own), question, words)
        return found

    def _found(
        self,
        answer: Expression,
        expected: Expression,
        question: Question,
        own: Mapping[Tensor, Expression],
        words: Words,
        thorough: bool,
    ) -> tuple[Finding, ...]:
        answer = without_own_names(question.resolve(answer), own)
        expected = without_own_names(expected, own)
        explainer, prover = self._explainer(expected, question, own)
        return explainer.explain(answer, prover.fork(question.extra).aiding(), words, thorough=thorough)

    def _explainer(
        self, expected: Expression, question: Question, own: Mapping[Tensor, Expression]
    ) -> tuple[Explainer, Prover]:
        if expected not in self._kept:
            self._kept[expected] = self._prepared(expected, question, own)
        return self._kept[expected]

    def _besides(
        self,
        answer: Expression,
        line: int,
        basis: Expression,
        question: Question,
        own: Mapping[Tensor, Expression],
        words: Words,
    ) -> tuple[Finding, ...]:
        """The slips of a line that builds on a wrong one, besides what it takes over from that."""
        explainer, prover = self._prepared(basis, question, own)
        found = explainer.explain(without_own_names(question.resolve(answer), own), prover, words, thorough=False)
        return tuple(dataclasses.replace(f, message=f"Besides line {line}: {f.message}", part=None) for f in found)

    def _of_shape(
        self,
        answer: Expression,
        expected: Expression,
        question: Question,
        own: Mapping[Tensor, Expression],
        words: Words,
        layouts: tuple[str, ...],
    ) -> tuple[Finding, ...]:
        """What a wrong shape may come from, if the question itself is answered, and not in the other layout."""
        if layouts or question.differentiated(expected) != question.problem.question.wrt:
            return ()
        if (matrix := on_diagonal(answer, expected)) is not None:
            return self._of_diagonal(matrix, expected, question, own, words)
        answer, expected = without_own_names(answer, own), without_own_names(expected, own)
        found = self._shapes.found(answer, question, words)
        if not found:
            explainer, prover = self._explainer(expected, question, own)
            found = explainer.reshaped(question.resolve(answer), prover.fork(question.extra).aiding(), words)
        return found or of_something_else(answer, question, words)

    def _of_diagonal(
        self,
        matrix: Expression,
        expected: Expression,
        question: Question,
        own: Mapping[Tensor, Expression],
        words: Words,
    ) -> tuple[Finding, ...]:
        """What is wrong with a column where the matrix is asked for that has it on its diagonal."""
        found = tuple(f for f in self._found(matrix, expected, question, own, words, False) if f.code in MISTAKES)
        explainer, prover = self._kept[without_own_names(expected, own)]
        if not found and prover.fork(question.extra).aiding().equal(matrix, explainer.expected) is None:
            return ()
        note = NOTES["diagonal-forgotten"]
        return (Finding(note.code, note.message, note.hint), *found)

    def _prepared(
        self, expected: Expression, question: Question, own: Mapping[Tensor, Expression]
    ) -> tuple[Explainer, Prover]:
        """What explains answers that should equal `expected`: the derivation of it, if it is a gradient."""
        problem = question.problem
        definitions = tuple(d for d in problem.definitions if d.target not in own)
        problem = dataclasses.replace(problem, definitions=definitions)
        derivation = self._derivation(expected, question)
        formula = question.resolve(worked(expected, problem)) if derivation is None else derivation.result
        # Not what else the question knows by now: an explanation does not depend on the answers before it.
        extra = question.extra if derivation is None else dict(gradient_definitions(derivation))
        prover = Prover(problem, extra)
        prover.lowered(formula)
        # A gradient asked for in numerator layout: its derivation is that of its transpose.
        is_turned = derivation is not None and expected == Transpose(formula)
        return Explainer(problem, formula, derivation, extra, is_turned=is_turned), prover

    @staticmethod
    def _derivation(expected: Expression, question: Question) -> Derivation | None:
        try:
            return question.derivation_of(expected)
        except DeriveError:
            return None
