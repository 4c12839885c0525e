"""Lines that are wrong as examples stand by custom, and right if they stand the other way.

What is right in the other layout is never called wrong: it is right where the formula conforms in that one only, and
not understood, with both readings, where it matters which is meant.
"""

from __future__ import annotations

from derive.notes.finding.pieces import Formula
from derive.notes.formulas.judgement import DEFINITION, NOT_UNDERSTOOD, Judgement
from derive.notes.judging.judge import Judge
from derive.notes.known.knowledge import Knowledge

_WRONG = ("refuted", "conditional")
_RIGHT = ("proved", "agrees", DEFINITION)
_SAY = 'Say which in a context: [layout] examples = "columns" or "rows".'


def in_either(judge: Judge, formula: Formula, given: tuple[str, ...]) -> list[Judgement]:
    """The judgements on a formula, where those that are wrong may be right in the other layout.

    What does not conform as it was read, and is right in the other layout, is right: so it is meant.
    """
    knowledge = judge.knowledge
    other = knowledge.turned() if knowledge.open else None
    head = judge.head
    found = judge.formula(formula.latex, formula.role, given)
    if other is None or not any(j.verdict in _WRONG for j in found):
        return found
    turned = Judge(other, judge.reader, judge.limits, head)
    turned.decider.helps = False  # only whether it is right there is asked
    judged = turned.formula(formula.latex, formula.role, given)
    if len(judged) != len(found):
        return found
    for number, (first, second) in enumerate(zip(found, judged, strict=True)):
        if first.verdict in _WRONG and second.verdict in _RIGHT:
            found[number] = second if _misfits(first) else _either(first, knowledge.problem.layout.examples)
            _learn(knowledge, other, found[number])
    return found


def _misfits(judgement: Judgement) -> bool:
    return any(m["code"] == "shape" for m in judgement.details.get("mistakes", ()))


def _learn(knowledge: Knowledge, other: Knowledge, second: Judgement) -> None:
    """What a definition says that conforms in the other layout only."""
    for name in second.defines:
        own = other.own.get(name)
        if own is not None and own.value is not None and name not in knowledge.scope.tensors:
            knowledge.define(own.target, own.value)


def _either(first: Judgement, examples: str) -> Judgement:
    """Right in one layout and wrong in the other one, and nothing says which is meant."""
    right = "row" if examples == "columns" else "column"
    left = "column" if right == "row" else "row"
    reason = (
        f"This is right if each {right} is an example (softmax of each {right}), and wrong if each {left} is. {_SAY}"
    )
    return Judgement(
        first.start, first.end, first.latex, NOT_UNDERSTOOD, reason, details={**first.details, "code": "E-AMBIGUOUS"}
    )
