"""An update that goes the wrong way, with the one small change that puts it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from derive.errors import Position, ShapeError
from derive.expression.nodes import Expression, Tensor
from derive.notation import Answer, Line
from derive.notes import updates
from derive.notes.chains import Chain
from derive.notes.corrections import Corrections
from derive.notes.judgement import Judgement
from derive.notes.knowledge import Knowledge
from derive.notes.reading import Refusal
from derive.notes.repairs import repairs
from derive.writing.formula import formula

TRIED = 32
"""Changes that are tried on one step."""

Read = Callable[[str], Answer | Refusal | ShapeError]

_HERE = Position(1, 1, 2)


def with_better_step(
    wrong: Judgement, knowledge: Knowledge, read: Read, target: Expression, members: Chain, objective: Tensor | None
) -> Judgement:
    """The judgement on W ← W − η G with the whole right side as it should be, where one change leads to it; else with
    what should be subtracted, as it is."""
    corrections = Corrections(knowledge)
    for candidate in islice(repairs(members.member(1), members.left), TRIED):
        found = read(candidate)
        if not isinstance(found, Answer) or len(found.lines) > 1 or found.lines[0].kind != "claim":
            continue
        value = found.lines[0].expressions[0]
        claim = updates.update(knowledge, target, value, objective)
        if isinstance(claim, str):
            continue
        line = Line("relation", (claim.left, claim.right), (_HERE, _HERE), "")
        if corrections.holds(line, claim.objective):
            expected = {**formula(value), "latex": " ".join(candidate.split())}
            return replace(wrong, details={**wrong.details, "expected": expected})
    return wrong
