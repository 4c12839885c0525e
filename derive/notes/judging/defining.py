"""Definitions in notes: a new name, one that was declared by its shape only, a name anew, a whole by its entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.errors import Position, ShapeError
from derive.expression.nodes import Component, Derivative, Expression, Index, Number, Tensor
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, shape_text
from derive.expression.traverse import tensors, walk
from derive.notation import Line
from derive.notes.formulas.chains import Chain
from derive.notes.formulas.judgement import NOT_CHECKED, Judgement, Spot
from derive.notes.formulas.sides import functions_in
from derive.notes.judging.deciding import Decider
from derive.notes.judging.entrywise import defined_whole, entries, free_indices, whole
from derive.notes.judging.named_e import told_later
from derive.notes.known.knowledge import OBJECTIVES, Knowledge


class Definer:
    """Takes note of what names mean; `not_read` is what is said of a formula that does not conform."""

    def __init__(
        self, knowledge: Knowledge, decider: Decider, not_read: Callable[[ShapeError, Chain, Spot], Judgement]
    ) -> None:
        self.knowledge = knowledge
        self._decider = decider
        self._not_read = not_read

    def defined(self, name: Tensor, line: Line, members: Chain, first: int) -> list[Judgement]:
        """name = value = …: the first relation defines, the others are claims about the value."""
        values = line.expressions[first:]
        if first == 0 and isinstance(values[0], Number):
            return self._number(name, values[0], members)
        try:
            target, value = self._whole(name, values[0]) or (Tensor(name.name, shape(values[0])), values[0])
        except ShapeError as error:
            return _wrong_from_the_start(self._not_read(error, _pair(members), members.spots[0]), members)
        is_new_e = target.name == "e" and not self.knowledge.knows("e")
        self.knowledge.define(target, value)
        self._adopt(target, members)
        names = dict.fromkeys((target.name, name.name, *(told_later(self.knowledge, target) if is_new_e else ())))
        defined = members.spots[0].defined(*names, reason=f"{target.name} from here on")
        if len(values) == 1:
            return [defined]
        rest = replace(line, kind="relation", expressions=values, positions=line.positions[first:], name=None)
        claims = Chain(members.text, members.shift, members.parts[1:], members.spots[1:])
        found = self._decider.decided(rest, claims, None)
        if first == 0 and target.name == name.name:
            # z = [w_11 w_12; …] [x_1; x_2] = W x: of two forms that are equal, the short one is worked with.
            proved = [v for v, j in zip(values[1:], found, strict=True) if j.verdict == "proved"]
            self.knowledge.define(target, min((value, *proved), key=lambda v: sum(1 for _ in walk(v))))
        return [defined, *found]

    def _whole(self, name: Tensor, value: Expression) -> tuple[Tensor, Expression] | None:
        """p_k = … for every k says what p is, unless p is something already, or has many: the loss of an example."""
        found = defined_whole(name.name, value)
        if found is None or self.knowledge.knows(found[0].name) or found[0].name in OBJECTIVES:
            return None
        shape(found[1])
        return found

    def _adopt(self, target: Tensor, members: Chain) -> None:
        """z = W x + b, where z_1 = … stood before: if they agree, z_1 is the entry of z from here on."""
        found = entries(target, self.knowledge.own)
        agreed = {
            name: part for name, part in found.items() if self._agree(self.knowledge.own[name].target, part, members)
        }
        if agreed:
            self.knowledge.spell(agreed)

    def _agree(self, left: Expression, right: Expression, members: Chain) -> bool:
        line = Line("relation", (left, right), (Position(1, 1, 2),) * 2, members.text)
        return self._decider.decided(line, members, None)[0].verdict == "proved"

    def of_entries(self, line: Line, members: Chain) -> list[Judgement] | None:
        """p_k = …, where p was declared by its shape only: this says what it is; None if it is something else."""
        left = line.expressions[0]
        if line.kind != "relation" or not isinstance(left, Component) or not isinstance(left.operand, Tensor):
            return None
        target, value = left.operand, line.expressions[1]
        indices = tuple(p for p in (left.row, left.column) if isinstance(p, Index))
        places = len({p.name for p in indices})
        if not self.knowledge.is_free(target) or target in tensors(value) or self._decider.role:
            return None
        if places != sum(side != ONE for side in target.shape) or set(free_indices(value)) != set(indices):
            return None
        if not tensors(value):
            return None
        self.knowledge.define(target, whole(value, indices))
        defined = members.spots[0].defined(target.name, reason=f"{target.name} from here on")
        if len(line.expressions) == 2:
            return [defined]
        claims = Chain(members.text, members.shift, members.parts[1:], members.spots[1:])
        rest = replace(line, expressions=line.expressions[1:], positions=line.positions[1:])
        return [defined, *self._decider.decided(rest, claims, None)]

    def _number(self, name: Tensor, value: Number, members: Chain) -> list[Judgement]:
        """η = 0.1: from here on η is a number, whatever it is; n = 3 may be a size, and is left alone."""
        if value.value.denominator != 1:
            self.knowledge.declare(Tensor(name.name, shape(value)))
            return [s.defined(name.name, reason=f"a value of {name.name}, for an example") for s in members.spots]
        return [s.said(NOT_CHECKED, f"a value of {name.name}, for an example") for s in members.spots]

    def of_free(self, left: Tensor, line: Line, members: Chain) -> list[Judgement]:
        """A name that was declared by its shape only gets its definition here; a number is a value, for an example."""
        value = line.expressions[1]
        if not tensors(value) and not any(isinstance(p, Derivative) for p in walk(value)):
            return [s.said(NOT_CHECKED, f"a value of {left.name}, for an example") for s in members.spots]
        try:
            own = shape(value)
        except ShapeError as error:
            return _wrong_from_the_start(self._not_read(error, _pair(members), members.spots[0]), members)
        if own != left.shape:
            said = f"{left.name} is {shape_text(left.shape)}, but this is {shape_text(own)}."
            wrong = Verdict("refuted", mistakes=(Mistake("shape", said),), reason=said, answer=value)
            at = members.spots[0]
            return _wrong_from_the_start(at.decided(wrong, members.part(line.positions[1])), members)
        return self.defined(left, line, members, 1)

    def anew(self, left: Tensor, line: Line, members: Chain) -> list[Judgement]:
        """A name that has a meaning gets another one."""
        found = self.defined(left, line, members, 1)
        return [replace(found[0], reason=f"{left.name} anew: from here on it is this"), *found[1:]]

    def is_new_meaning(self, left: Expression, line: Line, found: list[Judgement]) -> bool:
        """Whether this is no slip, but another thing by a name that the notes defined: in another section, of other
        names or by other functions; a loss also in the same section."""
        own = self.knowledge.own.get(left.name) if isinstance(left, Tensor) else None
        if own is None or own.value is None or found[0].verdict not in ("refuted", "conditional"):
            return False
        value = line.expressions[1]
        if left in tensors(value) or any(isinstance(p, Derivative) for p in (*walk(value), *walk(own.value))):
            return False
        if not _conforms(value):
            return False
        other_functions = functions_in(own.value) != functions_in(value)
        if own.section == self.knowledge.section:
            return own.target.name in OBJECTIVES and other_functions
        before, now = ({t.name for t in tensors(e)} for e in (own.value, value))
        return other_functions or not before & now


def _conforms(value: Expression) -> bool:
    """Whether a value has a shape: one that has none says nothing new."""
    try:
        shape(value)
    except ShapeError:
        return False
    return True


def _pair(members: Chain) -> Chain:
    """The first relation of a chain by itself."""
    return members if len(members.spots) == 1 else members.only(0, 1)


def _wrong_from_the_start(first: Judgement, members: Chain) -> list[Judgement]:
    """A chain whose first value does not conform: what follows goes on from nothing."""
    rest = (s.said(NOT_CHECKED, "what it goes on from does not conform") for s in members.spots[1:])
    return [first, *rest]
