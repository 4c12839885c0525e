"""The front door of the library for answers: a problem or none, and an answer in whatever form it comes.

Nothing here writes to standard output or standard error. A Python function is called once, here and nowhere else:
graders and the command line take text only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy

from derive.answers import SympyReader, declared, traced
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.differentiation.wanted import wanted
from derive.errors import DeriveError, Position, ReadError, ShapeError, UsageError
from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.expression.scope import Scope
from derive.expression.traverse import depth
from derive.networks.network import Network
from derive.notation.answer import Answer, Line
from derive.notation.limits import Limits
from derive.standalone import check_standalone, shapes_of

STANDARD = Limits()
"""How long and deep an answer may be unless told otherwise."""


def check(
    problem: Problem | Network | None,
    answer: str | Expression | sympy.Basic | Callable[..., Any],
    *,
    wrt: str | Expression | None = None,
    shapes: Mapping[str, Sequence[str | int]] | None = None,
    limits: Limits = STANDARD,
    steps: bool = False,
) -> Verdict:
    """The verdict on an answer: proved, agrees, refuted, conditional, undecided or not understood, and why.

    problem  what is asked; None for an equation that speaks for itself
    answer   text or LaTeX (a formula, an equation, several lines); an expression of derive; a SymPy expression or
             `Eq`; or a Python function whose parameters are names of the problem, called with symbolic arrays
    wrt      what the question is about, if not what the problem says
    shapes   without a problem: shapes to insist on, {"W": ["n", "m"], "x": ["n"], "a": []}
    limits   how long (bytes) and how deep (levels of nesting) an answer may be
    steps    also say which rules lead from one line to the next

    A gradient is shaped like its variable, in numerator layout like the transpose of it. Raises UsageError if there is
    no question to answer; whatever is wrong with the answer itself is a verdict.

    >>> check(None, "grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)").verdict
    'proved'
    """
    asked = _asked(problem, wrt)
    if asked is not None and shapes:
        raise UsageError("Shapes are for equations without a problem.", suggestion="The problem declares its own.")
    try:
        return _judged(asked, answer, shapes, limits, steps)
    except ShapeError as error:
        return Verdict("refuted", mistakes=(Mistake("shape", error.message, error.suggestion),), reason=str(error))
    except UsageError:
        raise
    except DeriveError as error:
        return Verdict("not understood", code=error.code, reason=str(error), position=error.position)
    except RecursionError:
        return Verdict("not understood", code="E-DEPTH", reason="The formula nests too deeply.")


def _asked(problem: object, wrt: str | Expression | None) -> Problem | None:
    """The problem with its question."""
    if isinstance(problem, Network):
        return problem.problem(wrt)
    if problem is None and wrt is not None:
        raise UsageError(
            "Without a problem nothing can be asked for.", suggestion="Write grad(…, x) = … in the answer."
        )
    if problem is not None and not isinstance(problem, Problem):
        raise UsageError(f"A {type(problem).__name__} is no problem.", suggestion="Give a Problem, a Network, or None.")
    if problem is None or wrt is None:
        return problem
    question = dataclasses.replace(problem.question, wrt=wanted(problem, wrt), value=None)
    return dataclasses.replace(problem, question=question)


def _judged(
    asked: Problem | None, answer: object, shapes: Mapping[str, Sequence[str | int]] | None, limits: Limits, steps: bool
) -> Verdict:
    if asked is None and isinstance(answer, str):
        return check_standalone(answer, shapes_of(shapes or {}), limits)
    if asked is None and not isinstance(answer, sympy.Equality):
        raise ReadError("This is a formula, and not an equation.",
                        suggestion="Give text such as 'grad(…, x) = …', a SymPy Eq, or a problem.")  # fmt: skip
    problem = Problem(scope=declared(answer.lhs, answer.rhs)) if asked is None else asked  # type: ignore[attr-defined]
    checker = Checker(problem, limits, steps=steps)
    if isinstance(answer, str):
        return checker.check(answer)
    sides = _sides(answer, problem.scope)
    if max(map(depth, sides)) > limits.depth:
        return Verdict("not understood", code="E-DEPTH", reason=f"It nests deeper than {limits.depth} levels.")
    if len(sides) == 1:
        return checker.check(sides[0])
    nowhere = (Position(1, 1, 2),) * 2
    return checker.decide(Answer((Line("relation", sides, nowhere, str(answer)),)))


def _sides(answer: object, scope: Scope) -> tuple[Expression, ...]:
    """The formula, or both sides of the equation."""
    if isinstance(answer, Expression):
        return (answer,)
    if isinstance(answer, sympy.Equality):
        return SympyReader(scope).relation(answer)
    if isinstance(answer, (sympy.Basic, sympy.MatrixBase)):
        return (SympyReader(scope).expression(answer),)
    if callable(answer):
        return (traced(answer, scope),)
    raise UsageError(f"A {type(answer).__name__} is no answer.",
                     suggestion="Give text, an expression, or a function.")  # fmt: skip
