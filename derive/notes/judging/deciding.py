"""Deciding what a line of the notes claims, and telling it in terms of the notes."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.checking.form.ambiguity import ambiguous
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.equality.comparison import RouteMismatch
from derive.errors import DeriveError
from derive.expression.nodes import ZERO, Derivative, Elementwise, Expression, Number, Tensor
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.notation import Answer, Line, alternatives
from derive.notes.correcting.corrections import Correction, Corrections, Read
from derive.notes.correcting.repairs import cell
from derive.notes.correcting.slips import LITERAL, UNNAMED, slip_between
from derive.notes.finding.pieces import Role
from derive.notes.formulas.chains import Chain
from derive.notes.formulas.judgement import NOT_CHECKED, Judgement, Spot
from derive.notes.judging.assumed import with_declaration
from derive.notes.judging.distinct import holds_apart
from derive.notes.judging.given import stated_sizes, wrong_there_too
from derive.notes.known.knowledge import Knowledge, scalar_derivative
from derive.writing.unicode import unicode

ROLES = {
    "condition": "a condition that the sentence sets",
    "conditional": "the sentence sets a condition on it",
    "elsewhere": "it goes on with the words before it",
    "denied": "the words before it say that it is not so",
}

TO_SOLVE = "an equation to be solved"


class Decider:
    """Decides by what is known; `role` is what the words around the formula make of it.

    given the conditions that its sentence has set before
    helps whether slips are named and corrected
    turns_by_top  whether the formula writes transposes with \\top
    read  reads an equation in the scope of the notes, to try corrections
    """

    def __init__(self, knowledge: Knowledge, read: Read) -> None:
        self.knowledge = knowledge
        self.role: Role = ""
        self.given: tuple[str, ...] = ()
        self.helps = True
        self.turns_by_top = False
        self._read = read
        self._corrections = Corrections(knowledge)

    def decided(
        self, line: Line, members: Chain, about: Expression | None, *, as_written: bool = True
    ) -> list[Judgement]:
        """What the checker says of the relations of a line, with the places in the formula; `as_written` if the sides
        of the line are the members, and not something that they claim."""
        about = about or next((d for e in line.expressions if (d := scalar_derivative(e)) is not None), None)
        try:
            verdict = self._verdict(Answer((line,)), members.text, about)
        except (DeriveError, RouteMismatch) as error:
            verdict = Verdict("undecided", code=error.code, reason=str(error))
        verdicts = verdict.lines or (verdict,) * len(members.spots)
        told = zip(verdicts, members.spots, line.expressions[1:], strict=False)
        return [
            self._told(v, members, number, at, (line.expressions[0], value), about, as_written)
            for number, (v, at, value) in enumerate(told, start=1)
        ]

    def correct_form(self, side: Line, members: Chain) -> tuple[Expression, str] | None:
        """The correct form of a side that cannot be read, and how it is written: that of an equation with itself."""
        left = side.expressions[0]
        about = scalar_derivative(left)
        twice = replace(
            side, kind="relation", expressions=side.expressions * 2, positions=side.positions * 2, readings=()
        )
        try:
            expected = self._verdict(Answer((twice,)), side.text, about).expected
        except (DeriveError, RouteMismatch):
            return None
        if expected is None:
            return None
        found = self._corrected(expected, members, 1, (left, None), about, None, as_written=True)
        return found.formula, found.latex

    def _verdict(self, answer: Answer, written: str, about: Expression | None) -> Verdict:
        """The verdict in every reading that the notation allows; where it matters which, it is not understood."""
        readings = alternatives(answer)
        checker = self.knowledge.checker(about)
        checker.explain = self.helps
        verdicts = [checker.decide(reading, written) for reading in readings]
        same = len({v.verdict for v in verdicts}) == 1
        return verdicts[0] if same else ambiguous(readings, verdicts, written)

    def _told(
        self, verdict: Verdict, members: Chain, number: int, at: Spot, sides: tuple[Expression, Expression],
        about: Expression | None, as_written: bool,
    ) -> Judgement:  # fmt: skip
        if verdict.verdict not in ("refuted", "conditional"):
            return at.decided(verdict)
        excuse = self._excuse(*sides, about) or self._apart(sides, about, at.latex)
        if excuse is not None:
            return at.said(NOT_CHECKED, excuse)
        verdict = with_declaration(verdict)
        part = members.part(verdict.position)
        reason = "This follows from the wrong step before it." if verdict.follows_from is not None else None
        if verdict.expected is None or not self.helps:
            return at.decided(verdict, part, reason)
        entry = verdict.counterexample.entry if verdict.counterexample is not None else None
        found = self._corrected(
            verdict.expected, members, number, sides, about, part, as_written=as_written, entry=entry
        )
        verdict = replace(verdict, expected=found.formula)
        if found.is_repair:
            slip = slip_between(members.member(number), found.latex, self.knowledge.knows)
            codes = {m.code for m in verdict.mistakes}
            is_wrong = verdict.mistakes or not verdict.holds_when
            if slip is not None and is_wrong and slip.code not in codes and (codes <= UNNAMED or slip.code in LITERAL):
                others = tuple(m for m in verdict.mistakes if m.code != "wrong-part")
                verdict = replace(verdict, mistakes=(slip, *others))
        if as_written and number == 1 and not found.is_repair:
            verdict = self._with_other_left(verdict, sides, about)
        return at.decided(verdict, part, reason, found.latex)

    def _apart(self, sides: tuple[Expression, Expression], about: Expression | None, written: str) -> str | None:
        apart = holds_apart(self.knowledge.checker(about), *sides, written)
        return None if apart is None else f"right where {apart[0]} and {apart[1]} differ, as different letters may mean"

    def _with_other_left(
        self, verdict: Verdict, sides: tuple[Expression, Expression], about: Expression | None
    ) -> Verdict:
        """Says so if the right side is something else that has a name: a_1, where z_1 stands."""
        other = self._corrections.other_left(*sides, about)
        if other is None:
            return verdict
        slip = Mistake("other-left-side", f"The right side is {unicode(other)}; the slip may be on the left.")
        return replace(verdict, mistakes=(slip, *verdict.mistakes))

    def _excuse(self, left: Expression, value: Expression, about: Expression | None) -> str | None:
        """Why an equation that does not hold is not wrong."""
        if isinstance(value, Number):
            if isinstance(left, Tensor):
                return f"a value of {left.name}, for an example"
            if value == ZERO and isinstance(left, Derivative) and _is_number(left.of):
                return TO_SOLVE
        if self.role and not self._is_wrong_there_too(left, value, about):
            return ROLES[self.role]
        unreached = self.knowledge.unreached(left) or self.knowledge.unreached(value)
        if unreached is None:
            return None
        of, wrt = (text(e) for e in unreached)
        return f"nothing here says how {of} depends on {wrt}"

    def _is_wrong_there_too(self, left: Expression, value: Expression, about: Expression | None) -> bool:
        """Whether a claim under a condition, N = 1, is wrong under that condition too."""
        sizes = stated_sizes(self.given, self.knowledge.scope.sizes)
        return sizes is not None and wrong_there_too(self.knowledge.checker(about), left, value, sizes)

    def _corrected(
        self, expected: Expression, members: Chain, number: int, sides: tuple[Expression, Expression | None],
        about: Expression | None, part: tuple[int, int] | None, *, as_written: bool,
        entry: tuple[int, int] | None = None,
    ) -> Correction:  # fmt: skip
        left, side = members.member(0), members.parts[number]
        span = None if entry is None else cell(members.member(number), *entry)
        if part is not None and part != (side.start + members.shift, side.end + members.shift):
            span = part[0] - members.shift - side.start, part[1] - members.shift - side.start
        found = None
        if as_written:
            found = self._corrections.repaired(expected, about, self._read, left, members.member(number), span)
        if found is not None and self.turns_by_top and "^T" not in members.member(number):
            found = replace(found, latex=re.sub(r"\^T(?![A-Za-z])", r"^\\top", found.latex))
        return found or self._corrections.of(expected, sides[0], about, sides[1], members.text)


def _is_number(e: Expression) -> bool:
    """Whether it is a name of a number, or a function of one: E, f(t)."""
    if isinstance(e, Elementwise):
        return all(map(_is_number, e.arguments))
    return isinstance(e, Tensor) and e.shape == SCALAR
