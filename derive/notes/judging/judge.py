"""Judging the formulas of notes one after the other: each learns from those before it."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.errors import DeriveError, ShapeError
from derive.expression.nodes import Expression, Sum, Tensor, scalar
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors
from derive.notation import Answer, Limits, Line
from derive.notation.names import spelling
from derive.notes.correcting.repairs import in_range
from derive.notes.correcting.slips import slip_between
from derive.notes.finding.pieces import Role
from derive.notes.formulas.chains import EQUALS, Chain, chain, runs, spot
from derive.notes.formulas.functions import (
    applied,
    defined_function,
    given_several_times,
    is_function,
    is_lone,
    plain_name,
    variable_of,
    with_variable,
    without_arguments,
)
from derive.notes.formulas.judgement import NOT_CHECKED, Judgement, Spot
from derive.notes.formulas.kinds import OF_AN_INDEX, beyond, not_an_equation
from derive.notes.formulas.reading import FormulaReader, Refusal, reading
from derive.notes.formulas.sides import applied_name, fits, functions_in, is_step
from derive.notes.formulas.statements import Statement, is_of_indices, statements
from derive.notes.judging import updates
from derive.notes.judging.belonging import Belonging
from derive.notes.judging.better_steps import downhill, with_better_step
from derive.notes.judging.braces import wrong_shapes
from derive.notes.judging.by_itself import BY_ITSELF, by_itself
from derive.notes.judging.deciding import ROLES, TO_SOLVE, Decider
from derive.notes.judging.defining import Definer
from derive.notes.judging.differentials import Differentials
from derive.notes.judging.own_functions import with_argument
from derive.notes.judging.trust import settled
from derive.notes.known.knowledge import Knowledge

UPDATES = frozenset({"<-", "+=", "-="})
WRONG = ("refuted", "conditional")
STEPS = frozenset({"eta", "alpha", "gamma", "epsilon", "rho", "mu", "tau", "lr", "eps", "kappa", "t", "s"})
"""Names of step sizes."""


class Judge:
    """Judges formulas in the order in which they stand."""

    def __init__(self, knowledge: Knowledge, reader: FormulaReader, limits: Limits, head: str | None = None) -> None:
        self.knowledge = knowledge
        self.reader = reader
        self.limits = limits
        self.head = head
        self._variable: str | None = None
        self._listed: frozenset[str] = frozenset()
        self.decider = Decider(knowledge, self._read_text)
        self._differentials = Differentials(knowledge)
        self._definer = Definer(knowledge, self.decider, self._not_read)
        self._belonging = Belonging(knowledge, reader, limits)

    def formula(self, latex: str, role: Role = "", given: tuple[str, ...] = ()) -> list[Judgement]:
        """A judgement on each relation of a formula, in the order in which they stand; `given` are the conditions that
        its sentence has set before."""
        self.decider.role, self.decider.given = role, given
        self.decider.turns_by_top = r"\top" in latex
        parts = statements(latex)
        self._listed = given_several_times(parts)
        found = [self._settled(statement) for statement in parts]
        for number, judgements in enumerate(found):
            # x = a + b, where a = … and b = …: what is missing at first may be said later.
            missing = {spelling(name) for j in judgements for name in j.missing}
            if missing and missing <= {spelling(name) for name in self.knowledge.scope.tensors}:
                found[number] = self._settled(parts[number])
        told = [judgement for judgements in found for judgement in judgements]
        return told + list(wrong_shapes(latex, self.knowledge.scope.sizes, self._read_side, told))

    def _settled(self, statement: Statement) -> list[Judgement]:
        return settled(self.knowledge, statement, lambda: self._statement(statement))

    def _statement(self, statement: Statement) -> list[Judgement]:
        found: list[Judgement] = []
        for first, last in runs(statement.relations):
            if first and statement.relations[first - 1] == "in" and statement.relations[first] in EQUALS:
                # W ∈ ℝ^{n×m} = A says that W = A.
                found += self._statement(statement.without(first))
                continue
            kind = statement.relations[first]
            spots = [spot(statement, k) for k in range(first, last)]
            if statement.goes_on:
                found += [s.said(NOT_CHECKED, ROLES["elsewhere"]) for s in spots]
            elif is_of_indices(statement) and not self._are_quantities(statement):
                found += [s.said(NOT_CHECKED, "this says which index is meant") for s in spots]
            elif kind in EQUALS and (name := self._belonging.number_of(statement.condition)) is not None:
                found += self._about_numbers(name, replace(statement, condition=""))
            elif statement.condition:
                found += [s.said(NOT_CHECKED, f"it is said to hold where {statement.condition}") for s in spots]
            elif kind in EQUALS:
                members = chain(statement, first, last, self.head)
                explicit = kind == ":=" or statement.introduces
                nothing = not_an_equation(statement.latex(first), f"{statement.latex(first + 1)}, {statement.remarks}")
                if members is None or nothing is not None:
                    reason = nothing or "it goes on with something that was not there"
                    found += [s.said(NOT_CHECKED, reason) for s in spots]
                else:
                    found += self._chain(members, explicit)
            elif kind == "in":
                found += [self._belonging.membership(statement, first, s) for s in spots]
            elif kind in UPDATES:
                found += [self._update(statement, first, kind)]
            else:
                found += [self._belonging.compared(statement, first, kind, s) for s in spots]
        return found

    def _are_quantities(self, statement: Statement) -> bool:
        return all(plain_name(statement.latex(k)) in self.knowledge.scope.tensors for k in range(2))

    def _about_numbers(self, name: str, statement: Statement) -> list[Judgement]:
        """E = … + λ‖w‖², λ > 0: right where it is right for every λ; what is wrong for some may hold for those."""
        is_new, role = not self.knowledge.knows(name), self.decider.role
        if is_new:
            self.knowledge.declare(scalar(name))
        self.decider.role = role or "conditional"
        found = self._statement(statement)
        self.decider.role = role
        return [replace(found[0], defines=(*found[0].defines, name)), *found[1:]] if is_new else found

    # ---- updates

    def _update(self, statement: Statement, number: int, kind: str) -> Judgement:
        members = chain(statement, number, number + 1, None)
        if members is None:
            return spot(statement, number).said(NOT_CHECKED, "an update of nothing")
        return self._stepped(members, kind)

    def _stepped(self, members: Chain, kind: str) -> Judgement:
        """W ← W − η G. Each side is read by itself: what a step claims is for us to say."""
        at = members.spots[0]
        sides: list[Line] = []
        for written in (members.only_left(), members.without_left()):
            read = self._read_side(written)
            if isinstance(read, (Refusal, ShapeError)):
                return self._not_read(read, members, at)
            sides.append(read.lines[0])
        target, value = (line.expressions[0] for line in sides)
        if kind in ("+=", "-="):
            value = updates.changed(target, value, kind)
        return self._updated(target, value, members, sides[1], at)

    def _read_side(self, written: str) -> Answer | Refusal | ShapeError:
        problem = self.knowledge.problem
        read = self._read_in(written, problem)
        if isinstance(read, Refusal) and read.missing and set(read.missing) <= STEPS:
            # The size of a step is a number like any; nobody declares it.
            for name in read.missing:
                problem = with_variable(problem, name)
            read = self._read_in(written, problem)
        return read

    def _updated(self, target: Expression, value: Expression, members: Chain, line: Line, at: Spot) -> Judgement:
        """Down the last objective; where several scalars are about, an update that goes down any of them is right."""
        first = self._updated_by(None, target, value, members, line, at)
        if first.verdict not in (*WRONG, NOT_CHECKED):
            return first
        down = downhill(self.knowledge, target, value)
        others = (self._updated_by(o, target, value, members, line, at) for o in down)
        found = next((found for found in others if found.verdict == "proved"), first)
        if found.verdict not in WRONG:
            return found
        return with_better_step(found, self.knowledge, self._read_side, target, members)

    def _updated_by(
        self, objective: Tensor | None, target: Expression, value: Expression, members: Chain, line: Line, at: Spot
    ) -> Judgement:
        claim = updates.update(self.knowledge, target, value, objective)
        if isinstance(claim, str):
            return at.said(NOT_CHECKED, claim)
        relation = Line("relation", (claim.left, claim.right), (line.positions[-1],) * 2, members.text)
        found = self.decider.decided(relation, members, claim.objective, as_written=False)[0]
        up = Line("relation", (claim.upwards, claim.right), relation.positions, members.text)
        if claim.may_go_up and (found.verdict == "proved" or self._is_proved(up, members)):
            return at.said(NOT_CHECKED, "an update along the gradient; whether it is to go up or down nobody says")
        if claim.is_named and found.verdict in WRONG and not self._is_proved(up, members):
            # The gradient is written as one, so that only the way can be wrong: up, and not down.
            return at.said(NOT_CHECKED, "an update whose gradients are given by name")
        return found

    def _is_proved(self, line: Line, members: Chain) -> bool:
        return self.decider.decided(line, members, None, as_written=False)[0].verdict == "proved"

    # ---- equalities

    def _chain(self, members: Chain, explicit: bool) -> list[Judgement]:
        if len(members.spots) == 1 and is_step(members.left, members.member(1)):
            return [self._stepped(members, "<-")]
        self.head = members.left
        self._variable = variable_of(members.left) or (self._variable if members.shift else None)
        function = self._function(members, explicit)
        return self._claims(members, explicit) if function is None else function

    def _claims(self, members: Chain, explicit: bool) -> list[Judgement]:
        read = self._read(members)
        if isinstance(read, (Refusal, ShapeError)):
            plain = without_arguments(members.left)
            if plain is not None and not is_function(applied_name(plain), self.knowledge.scope):
                other = members.with_left(plain)
                found = self._read(other)
                members, read = (other, found) if isinstance(found, Answer) else (members, read)
        if isinstance(read, Answer) and not fits(read, members):
            read = Refusal("This is not one chain of equations.", "E-SYNTAX")
        if isinstance(read, (Refusal, ShapeError)):
            return self._member_by_member(read, members, explicit)
        return self._read_chain(read.lines[0], members, explicit)

    def _member_by_member(self, error: Refusal | ShapeError, members: Chain, explicit: bool) -> list[Judgement]:
        """A chain of which some member cannot be read: the others are held against its head."""
        if len(members.spots) == 1:
            return [self._not_read(error, members, members.spots[0])]
        if isinstance(error, Refusal) and is_lone(members.left) and is_lone(members.member(1)):
            # o = a = σ(z), where both names are new: first what a is, then o.
            rest = self._chain(members.since(1), explicit)
            return [*self._chain(members.only(0, 1), explicit), *rest]
        found: list[Judgement] = []
        for number in range(1, len(members.parts)):
            pair = members.only(0, number)
            read = self._read(pair)
            if isinstance(read, Answer) and not fits(read, pair):
                read = Refusal("This is not one equation.", "E-SYNTAX")
            if isinstance(read, (Refusal, ShapeError)):
                found.append(self._not_read(read, pair, pair.spots[0]))
            else:
                found += self._read_chain(read.lines[0], pair, explicit)
        return found

    def _not_read(self, error: Refusal | ShapeError, members: Chain, at: Spot) -> Judgement:
        if isinstance(error, ShapeError) and "past the end" in error.message and "which is scalar" in error.message:
            error = Refusal(error.message, "E-INDEX")  # whether the mark below is an index is for the author to say
        if isinstance(error, ShapeError):
            mistake = Mistake("shape", error.message, error.suggestion)
            correct = self._correct_form(members)
            formula, latex = correct or (None, "")
            slip = slip_between(members.member(-1), latex, self.knowledge.knows)
            verdict = Verdict(
                "refuted",
                mistakes=(slip, mistake) if slip else (mistake,),
                reason=str(error),
                position=error.position,
                expected=formula,
            )
            return at.decided(verdict, members.part(error.position), correct=latex)
        if len(members.parts) == 2 and error.reason.endswith(OF_AN_INDEX):
            return at.said(NOT_CHECKED, "this says which index is meant")
        reason = beyond(members.text, names_are_missing=bool(error.missing))
        if members.member(-1).strip("{} ") in ("0", r"\mathbf{0", r"\boldsymbol{0"):
            reason = reason or TO_SOLVE
        if error.code == "E-EMPTY":
            reason = reason or "nothing is claimed here"
        if reason is not None:
            return at.said(NOT_CHECKED, reason)
        alone = self._by_itself(error, members)
        if alone is not None:
            return at.decided(alone, reason=f"{BY_ITSELF} {alone.reading}.")
        return at.refused(replace(error, span=members.span(error.span)))

    def _correct_form(self, members: Chain) -> tuple[Expression, str] | None:
        read = self._read_side(members.only_left())
        if isinstance(read, ShapeError):
            # ∂z/∂W_{4,4}, where W has three columns: what is probably meant is ∂z/∂W_{4,3}.
            others = (self._read_side(left) for left in in_range(members.only_left(), str(read)))
            read = next((other for other in others if isinstance(other, Answer)), read)
        if not isinstance(read, Answer) or len(read.lines) > 1 or read.lines[0].kind != "claim":
            return None
        return self.decider.correct_form(read.lines[0], members)

    def _by_itself(self, error: Refusal, members: Chain) -> Verdict | None:
        """The verdict on an equation of which the notes say nothing, if it speaks for itself."""
        if not error.missing or len(members.parts) != 2 or self.decider.role:
            return None
        declared = {*self.knowledge.scope.tensors, *self.knowledge.scope.sizes}
        if any(re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", members.text) for name in declared):
            return None
        return by_itself(members.member(0), members.member(1))

    def _read(self, members: Chain) -> Answer | Refusal | ShapeError:
        found = self._read_text(members.text)
        if isinstance(found, Refusal):
            found = with_argument(self.knowledge, found, members.text, self._read_in)
        if isinstance(found, Refusal) and self._variable is None and len(found.missing) == 1:
            return self._about_any(found, members)
        return found

    def _read_text(self, written: str) -> Answer | Refusal | ShapeError:
        """An equation in the scope of the notes; where it is about any x, with x a number."""
        problem = self.knowledge.problem
        found = self._read_in(written, problem)
        if isinstance(found, Answer) or self._variable is None:
            return found
        other = self._read_in(written, with_variable(problem, self._variable))
        return other if isinstance(other, Answer) else found

    def _about_any(self, refusal: Refusal, members: Chain) -> Answer | Refusal:
        """log σ(t) = −s(−t), where t is nothing yet: a law of functions, which holds for any number or for none."""
        (name,) = refusal.missing
        found = self._read_in(members.text, with_variable(self.knowledge.problem, name)) if len(name) == 1 else refusal
        if not isinstance(found, Answer) or any(line.name or line.kind != "relation" for line in found.lines):
            return refusal
        sides = [e for line in found.lines for e in line.expressions]
        names = {t.name for e in sides for t in tensors(e)}
        return found if names == {name} and all(functions_in(e) for e in sides) else refusal

    def _read_in(self, written: str, problem: Problem) -> Answer | Refusal | ShapeError:
        try:
            found = reading(self.reader, written, self._differentials.meant(written, problem), self.limits)
            return found if isinstance(found, Refusal) else self.knowledge.meant(found, written)
        except ShapeError as error:
            return error

    def _function(self, members: Chain, explicit: bool) -> list[Judgement] | None:
        """f(x) = …, where f is new, or is the notes' own, defines it; None if this is something else."""
        side = applied(members.left)
        scope = self.knowledge.scope
        if side is None or side.primes or side.name in scope.tensors:
            return None
        known = scope.functions.get(side.name)
        if side.name in self._listed and known is not None and known.kind == "unspecified":
            return [s.said(NOT_CHECKED, f"one of several that {side.name} may be") for s in members.spots]
        is_ours = side.name in self.knowledge.own_functions
        if is_function(side.name, scope) and not is_ours and (known is None or known.kind != "unspecified"):
            return None
        first = members.only(0, 1)
        if self._is_of_the_whole(scope.tensors.get(side.variable), first):
            return None
        read = self._read_in(first.without_left(), with_variable(self.knowledge.problem, side.variable))
        if not isinstance(read, Answer) or len(read.lines) > 1 or read.lines[0].kind != "claim":
            return None
        value = read.lines[0].expressions[0]
        function = defined_function(side.name, side.variable, value)
        if function is None or scalar(side.variable) not in tensors(value) or side.name in functions_in(value):
            return None
        self.knowledge.define_function(function)
        defined = members.spots[0].defined(side.name, reason=f"the function {side.name}")
        if len(members.spots) == 1:
            return [defined]
        return [defined, *self._claims(members, explicit)[1:]]

    def _is_of_the_whole(self, variable: Tensor | None, members: Chain) -> bool:
        """Whether f(x) = ‖x‖, where x is a vector, is a number, and so no function of each entry."""
        if variable is None or variable.shape == SCALAR:
            return False
        read = self._read_in(members.without_left(), self.knowledge.problem)
        try:
            return isinstance(read, Answer) and any(shape(e) != variable.shape for e in read.lines[0].expressions)
        except DeriveError:
            return False

    def _read_chain(self, line: Line, members: Chain, explicit: bool) -> list[Judgement]:
        if line.kind == "definition" and line.name is not None:
            return self._definer.defined(line.name, line, members, 0)
        left = line.expressions[0]
        entries = self._definer.of_entries(line, members)
        if entries is not None:
            return entries
        if len(line.expressions) > 1 and isinstance(left, Tensor):
            value = line.expressions[1]
            if isinstance(value, Sum) and left in value.terms and len(members.spots) == 1:
                return [self._updated(left, value, members, line, members.spots[0])]
            if self.knowledge.is_free(left) and left not in tensors(value):
                if self.decider.role:
                    return [s.said(NOT_CHECKED, ROLES[self.decider.role]) for s in members.spots]
                return self._definer.of_free(left, line, members)
            if explicit and left.name in self.knowledge.own and left not in tensors(value):
                return self._definer.anew(left, line, members)
        found = self.decider.decided(line, members, None)
        if self._definer.is_new_meaning(left, line, found):
            assert isinstance(left, Tensor)
            return self._definer.anew(left, line, members)
        return found
