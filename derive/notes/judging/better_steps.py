"""An update that goes the wrong way, with the one small change that puts it right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from derive.errors import Position, ShapeError
from derive.expression.nodes import Component, Expression, Tensor
from derive.notation import Answer, Line
from derive.notes.correcting.corrections import Corrections
from derive.notes.correcting.repairs import repairs
from derive.notes.correcting.slips import UNNAMED, slip_between
from derive.notes.formulas.chains import Chain
from derive.notes.formulas.judgement import Judgement
from derive.notes.formulas.reading import Refusal
from derive.notes.judging import updates
from derive.notes.known.knowledge import Knowledge
from derive.writing.formula import formula

TRIED = 32
"""Changes that are tried on one step."""

Read = Callable[[str], Answer | Refusal | ShapeError]

_HERE = Position(1, 1, 2)


def with_better_step(
    wrong: Judgement, knowledge: Knowledge, read: Read, target: Expression, members: Chain
) -> Judgement:
    """The judgement on W ← W − η G with the whole right side as it should be, where one change leads to it; else with
    what should be subtracted, as it is."""
    for candidate in islice(repairs(members.member(1), members.left), TRIED):
        found = read(candidate)
        if not isinstance(found, Answer) or len(found.lines) > 1 or found.lines[0].kind != "claim":
            continue
        value = found.lines[0].expressions[0]
        if goes_down(None, knowledge, target, value):
            expected = {**formula(value), "latex": " ".join(candidate.split())}
            mistakes = list(wrong.details.get("mistakes") or ())
            slip = slip_between(members.member(1), candidate, knowledge.knows)
            if slip is not None and {m["code"] for m in mistakes} <= UNNAMED:
                mistakes.insert(0, {"code": slip.code, "message": slip.message, "hint": slip.hint})
            return replace(wrong, details={**wrong.details, "expected": expected, "mistakes": mistakes})
    return wrong


def downhill(knowledge: Knowledge, target: Expression, value: Expression) -> Iterator[Tensor]:
    """The scalars that target ← value is a step down of, the last first."""
    variable = target.operand if isinstance(target, Component) else target
    objectives = knowledge.objectives(variable) if isinstance(variable, Tensor) else []
    return (o for o in objectives if goes_down(o, knowledge, target, value))


def goes_down(objective: Tensor | None, knowledge: Knowledge, target: Expression, value: Expression) -> bool:
    """Whether target ← value is a step down an objective, the last one if none is given."""
    claim = updates.update(knowledge, target, value, objective)
    if isinstance(claim, str):
        return False
    line = Line("relation", (claim.left, claim.right), (_HERE, _HERE), "")
    return Corrections(knowledge).holds(line, claim.objective)
