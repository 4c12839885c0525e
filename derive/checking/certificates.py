"""The certificate of a proved answer, as `derive check --certificate` writes it."""

from __future__ import annotations

import dataclasses
from typing import Any

from derive.certifying.second import asks_again, certificate_in_a_row
from derive.certifying.writer import certificate
from derive.checking.questions.meant import Meaning
from derive.checking.questions.question import Question as Asked
from derive.errors import Unsupported
from derive.expression.nodes import ZERO, Derivative, Expression, Tensor, Transpose
from derive.expression.problem import Definition, Problem, Question
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.notation import read_any

__all__ = ["certificate", "certificate_of"]


def certificate_of(problem: Problem, answer: str | Expression) -> dict[str, Any]:
    """The certificate of an answer given as text: an expression, or one relation; names that it defines count.

    Raises Unsupported if the answer claims several things, or if no certificate can be written.
    """
    if isinstance(answer, Expression):
        return _written(problem, answer)
    read = read_any(answer, problem)
    extra = tuple(Definition(name, value) for name, value in read.definitions)
    problem = dataclasses.replace(problem, definitions=problem.definitions + extra)
    claims = [line for line in read.lines if line.kind != "definition" or len(line.expressions) > 1]
    if len(claims) != 1 or len(claims[0].expressions) > 2 or claims[0].readings:
        raise Unsupported("A certificate is of one claim.", suggestion="Ask for one line of the work at a time.")
    *left, right = claims[0].expressions
    return _written(_asked(problem, left[0]) if left else problem, right)


def _written(problem: Problem, answer: Expression) -> dict[str, Any]:
    plain = _plain(problem)
    return certificate_in_a_row(plain, answer) if asks_again(plain) else certificate(plain, answer)


def _plain(problem: Problem) -> Problem:
    """The problem, if what it asks for is a derivative as it is written; certificates know no customs."""
    asked = problem.question
    wrt = ZERO if asked.wrt is None else asked.wrt
    formula = asked.value if asked.value is not None else Asked(problem).reference(wrt, wrt)
    if Meaning(problem).of(formula) != formula:
        raise Unsupported("A certificate takes derivatives as they are written; custom gives this one another meaning.")
    return problem


def _asked(problem: Problem, left: Expression) -> Problem:
    """The problem with the left side of a relation as its question."""
    is_turned = problem.layout.gradient == "numerator" and shape(left) != SCALAR
    asked = left.operand if is_turned and isinstance(left, Transpose) else ZERO if is_turned else left
    if isinstance(asked, Derivative) and isinstance(asked.of, Derivative):
        return dataclasses.replace(problem, question=Question(objective=asked.of, wrt=asked.wrt))
    if isinstance(asked, Derivative) and asked.form in ("gradient", "formal") and isinstance(asked.wrt, Tensor):
        objective = None if asked.of in [d.target for d in problem.definitions] else asked.of
        if objective is not None or getattr(asked.of, "name", None) == problem.objective_name:
            return dataclasses.replace(problem, question=Question(objective=objective, wrt=asked.wrt))
    return dataclasses.replace(problem, question=Question(value=left))
