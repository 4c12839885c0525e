"""The statements of an answer, each held against what is asked, or against the other side of its relation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from derive.checking.comparing import Session, compare, does_not_conform
from derive.checking.form.rounding import unless_rounded
from derive.checking.lines.inheritance import Inheritance, Origin
from derive.checking.lines.several import definition, in_lines
from derive.checking.verdicts.advice import advised
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.errors import ShapeError, Unsupported
from derive.expression.nodes import Expression
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, Shape, shape_text
from derive.expression.text import text
from derive.notation import Answer
from derive.notation.answer import Statement


def decide_statements(session: Session, answer: Answer, typed: str, explain: bool) -> Verdict:
    """One verdict for each statement; names that a line defines may be used in those after it."""
    statements = answer.statements
    claims = [s for s in statements if s.name is None]
    if not claims:
        meant = decide_answer(session, answer.last) if answer.last is not None and session.question.is_asked else None
        if meant is not None and meant.verdict in ("proved", "agrees"):
            return dataclasses.replace(meant, text=answer.lines[-1].text)
        names = ", ".join(s.name.name for s in statements if s.name is not None)
        reason = f"This only defines {names}; nothing is claimed. Add a line with your answer."
        defined = tuple((s.number, definition(s, typed)) for s in statements)
        return Verdict("not understood", code="E-EMPTY", reason=reason, definitions=defined)
    verdicts: dict[int, Verdict] = {}
    for s in claims:
        chain = [verdicts[c.number] for c in claims if c.chain == s.chain and c.number in verdicts]
        verdicts[s.number] = dataclasses.replace(_stated(session, s, chain), position=s.position, line=s.number)
    if len(statements) == 1:
        return dataclasses.replace(verdicts[claims[0].number], text=answer.lines[0].text, line=None)
    told = explain and len(claims) + len(answer.definitions) > 1
    return in_lines(statements, verdicts, typed, _origins(session, answer, verdicts) if told else {})


def _origins(session: Session, answer: Answer, verdicts: Mapping[int, Verdict]) -> Mapping[int, Origin]:
    """The lines that wrong ones follow from."""
    wrong = frozenset(n for n, v in verdicts.items() if v.verdict in ("refuted", "conditional"))
    if not wrong:
        return {}
    return Inheritance(session.question, session.bench, dict(answer.definitions)).origins(answer.statements, wrong)


def _stated(session: Session, statement: Statement, chain: Sequence[Verdict]) -> Verdict:
    """A statement is held against the head of its chain; where that is not decided, against the step before it."""
    if statement.size is not None:
        return _shaped(statement.expression, statement.size)
    if statement.head is None:
        return decide_answer(session, statement.expression)
    verdict = unless_rounded(_relation(session, statement.head, statement.expression))
    before = chain[-1] if chain else None
    if verdict.verdict in ("undecided", "agrees") and before is not None and before.verdict == "proved":
        assert before.answer is not None
        step = unless_rounded(_relation(session, before.answer, statement.expression))
        return step if step.verdict in ("proved", "refuted") else verdict
    return verdict


def decide_answer(session: Session, answer: Expression) -> Verdict:
    """An expression that must equal the answer to the question."""
    expected, reference = session.question.expected()
    return compare(session, answer, expected, reference)


def _shaped(e: Expression, claimed: Shape) -> Verdict:
    """W ∈ ℝ^{n×m}; of a vector it does not say how it lies."""
    try:
        own = shape(e)
    except ShapeError as error:
        return dataclasses.replace(does_not_conform(error), answer=e)
    if own in (claimed, claimed[::-1] if ONE in claimed else claimed):
        return Verdict("proved", scope="all sizes", answer=e)
    message = f"{text(e)} is {shape_text(own)}, not {shape_text(claimed)}."
    return Verdict("refuted", answer=e, mistakes=(Mistake("shape", message),), reason=message)


def _relation(session: Session, left: Expression, right: Expression) -> Verdict:
    """left = right, where the left side is what the right one is held against."""
    try:
        expected = session.question.resolve(left)
        shape(expected)
    except ShapeError as error:
        return dataclasses.replace(does_not_conform(error), answer=left)
    except Unsupported as error:
        return Verdict("undecided", code=error.code, reason=advised(error), answer=left)
    session = dataclasses.replace(session, is_gradient=session.question.speaks_of_gradients(left, right))
    return compare(session, right, expected, session.question.meaning.of(left))
