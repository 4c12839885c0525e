"""Questions that want an answer in closed form: what is true but says the question over again is no answer to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from derive.checking.verdicts.verdict import Verdict
from derive.differentiation.gradient import subject
from derive.expression.nodes import Derivative, Elementwise, Expression
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.expression.traverse import tensors, walk
from derive.notation.answer import Answer, Statement

OPEN = "E-OPEN"
_RIGHT = ("proved", "agrees")


Claim = Callable[[Expression], Verdict]
"""Decides whether a formula is what the question asks for."""


def closed(verdict: Verdict, answer: Answer | Expression, problem: Problem, claim: Claim) -> Verdict:
    """The verdict on an answer to a question that wants closed form; of others, and of wrong answers, as it is.

    The last formula must be what is asked; derivatives that the other lines have worked out may stand in it. What is
    right but no answer is *undecided* with code E-OPEN: nothing is claimed about it, and a person may look.
    """
    last, lines = (answer.last, answer.statements) if isinstance(answer, Answer) else (answer, ())
    if not problem.question.closed or verdict.verdict not in _RIGHT or last is None:
        return verdict
    if claim(last).verdict not in _RIGHT:
        reason = "The last formula is not what is asked for, though no line is wrong. End with your answer."
        return replace(verdict, verdict="undecided", code=OPEN, reason=reason)
    part = repeated(problem, last, _worked_out(problem, lines))
    if part is None:
        return verdict
    reason = f"{text(part)} says the question over again. Write the answer without it."
    return replace(verdict, verdict="undecided", code=OPEN, reason=reason)


def _worked_out(problem: Problem, lines: Sequence[Statement]) -> frozenset[Expression]:
    """The derivatives on the left of lines whose right sides need no other: dA1 = W2.T @ dZ2."""
    found: set[Expression] = set()
    for line in lines:
        is_head = isinstance(line.head, Derivative)
        if is_head and line.head is not None and repeated(problem, line.expression, frozenset(found)) is None:
            found.add(line.head)
    return frozenset(found)


def repeated(problem: Problem, answer: Expression, known: frozenset[Expression] = frozenset()) -> Expression | None:
    """A derivative that is still to be worked out, or a name of what is asked; None if there is none."""
    asked = problem.question
    for part in walk(answer):
        if isinstance(part, Derivative) and part not in known:
            return part
        if part == asked.value and isinstance(part, Elementwise) and part.order > 0:
            return part
    if asked.wrt is None:
        return None
    names = {name.name for name in problem.gradients}
    wanted = subject(problem, asked.wrt)
    found = (t for t in tensors(answer) if t.name in names and subject(problem, t) == wanted)
    return next(found, None)
