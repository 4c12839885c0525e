"""Deciding what a line of the notes claims, and telling it in terms of the notes."""

from __future__ import annotations

from dataclasses import replace

from derive.checking.ambiguity import ambiguous
from derive.checking.verdict import Verdict
from derive.checking.worked_out import worked_out
from derive.equality.comparison import RouteMismatch
from derive.errors import DeriveError
from derive.expression.nodes import ZERO, Component, Derivative, Expression, Number, Tensor
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.expression.traverse import substitute, tensors
from derive.notation import Answer, Line, alternatives
from derive.notes.chains import Chain
from derive.notes.judgement import NOT_CHECKED, Judgement, Spot
from derive.notes.knowledge import Knowledge, scalar_derivative
from derive.notes.pieces import Role

ROLES = {
    "condition": "a condition that the sentence sets",
    "conditional": "the sentence sets a condition on it",
}


_ROUNDS = 9
"""How deep names of gradients may be defined by others."""

TO_SOLVE = "an equation to be solved"


class Decider:
    """Decides by what is known; `role` is what the words around the formula make of it."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.role: Role = ""

    def decided(self, line: Line, members: Chain, about: Expression | None) -> list[Judgement]:
        """What the checker says of the relations of a line, with the places in the formula."""
        about = about or next((d for e in line.expressions if (d := scalar_derivative(e)) is not None), None)
        try:
            verdict = self._verdict(Answer((line,)), members.text, about)
        except (DeriveError, RouteMismatch) as error:
            verdict = Verdict("undecided", code=error.code, reason=str(error))
        verdicts = verdict.lines or (verdict,) * len(members.spots)
        return [
            self._told(v, at, members, line.expressions[0], value, about)
            for v, at, value in zip(verdicts, members.spots, line.expressions[1:], strict=False)
        ]

    def correct_form(self, side: Line) -> Expression | None:
        """The correct form of a side, where the other one cannot be read: that of an equation with itself."""
        left = side.expressions[0]
        twice = replace(side, kind="relation", expressions=side.expressions * 2, positions=side.positions * 2)
        try:
            verdict = self._verdict(Answer((twice,)), side.text, scalar_derivative(left))
        except (DeriveError, RouteMismatch):
            return None
        return self._correction(verdict.expected, left, scalar_derivative(left))

    def _verdict(self, answer: Answer, written: str, about: Expression | None) -> Verdict:
        """The verdict in every reading that the notation allows; where it matters which, it is not understood."""
        readings = alternatives(answer)
        checker = self.knowledge.checker(about)
        verdicts = [checker.decide(reading, written) for reading in readings]
        same = len({v.verdict for v in verdicts}) == 1
        return verdicts[0] if same else ambiguous(readings, verdicts, written)

    def _told(
        self, verdict: Verdict, at: Spot, members: Chain, left: Expression, value: Expression, about: Expression | None
    ) -> Judgement:
        if verdict.verdict in ("refuted", "conditional"):
            if isinstance(value, Number):
                if isinstance(left, Tensor):
                    return at.said(NOT_CHECKED, f"a value of {left.name}, for an example")
                if (
                    value == ZERO
                    and isinstance(left, Derivative)
                    and isinstance(left.of, Tensor)
                    and left.of.shape == SCALAR
                ):
                    return at.said(NOT_CHECKED, TO_SOLVE)
            unreached = self.knowledge.unreached(left) or self.knowledge.unreached(value)
            if self.role:
                return at.said(NOT_CHECKED, ROLES[self.role])
            if unreached is not None:
                of, wrt = (text(e) for e in unreached)
                return at.said(NOT_CHECKED, f"nothing here says how {of} depends on {wrt}")
            verdict = replace(verdict, expected=self._correction(verdict.expected, left, about))
            reason = "This follows from the wrong step before it." if verdict.follows_from is not None else None
            return at.decided(verdict, members.part(verdict.position), reason)
        return at.decided(verdict)

    def _correction(self, expected: Expression | None, left: Expression, about: Expression | None) -> Expression | None:
        """The correct form: where that is a mere name, what the name stands for; in names that the notes have."""
        if expected is None:
            return None
        introduced = self._introduced(left, about) if any(not self._has(t) for t in tensors(expected)) else {}
        for _ in range(_ROUNDS):
            unknown: dict[Expression, Expression] = {
                t: introduced[t] for t in tensors(expected) if t in introduced and not self._has(t)
            }
            if not unknown:
                break
            expected = substitute(expected, unknown)
        return self._written_out(expected)

    def _introduced(self, left: Expression, about: Expression | None) -> dict[Tensor, Expression]:
        """The names that working out the left side gives to its parts."""
        question = self.knowledge.checker(about).question.fork()
        try:
            question.resolve(left)
        except DeriveError:
            return {}
        return question.extra

    def _has(self, name: Tensor) -> bool:
        return name.layer is not None or name.name in self.knowledge.scope.tensors

    def _written_out(self, expected: Expression) -> Expression:
        if isinstance(expected, Derivative):
            return worked_out(expected, self.knowledge.problem)
        if isinstance(expected, Component) and isinstance(expected.operand, Tensor):
            return replace(expected, operand=self._written_out(expected.operand))
        if not isinstance(expected, Tensor):
            return expected
        value = self.knowledge.value(expected)
        if value is None and expected in self.knowledge.problem.gradients:
            question = self.knowledge.checker().question.fork()
            try:
                question.introduce(expected)
            except DeriveError:
                return expected
            value = question.extra.get(expected)
        return expected if value is None else value


def _is_scalar(e: Expression) -> bool:
    return isinstance(e, Tensor) and e.shape == SCALAR
