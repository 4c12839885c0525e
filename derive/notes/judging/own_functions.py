r"""A function of the notes' own without its argument: \frac{df}{dt}, where f(t) = … was said."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from derive.errors import ShapeError
from derive.expression.nodes import Elementwise, Expression, scalar
from derive.expression.problem import Problem
from derive.expression.traverse import substitute
from derive.notation import Answer
from derive.notes.formulas.functions import with_variable
from derive.notes.formulas.reading import Refusal
from derive.notes.known.knowledge import Knowledge

_COMPARES = re.compile(r"[<>≤≥]|\\(?:[lg]eq?|[lg]t|[lg]eqslant)(?![A-Za-z])")
"""0 (x < 0) is a case, and no product."""
Read = Callable[[str, Problem], Answer | Refusal | ShapeError]


def with_argument(knowledge: Knowledge, refusal: Refusal, written: str, read: Read) -> Answer | Refusal:
    """The formula with f(t) for f, where f of this section is all that is missing, but for its variable; else the
    refusal."""
    functions, here = knowledge.scope.functions, knowledge.section
    own = [name for name in refusal.missing if name in functions and knowledge.last_functions.get(name) == here]
    if len(own) != 1 or functions[own[0]].formula is None or _COMPARES.search(written):
        return refusal
    function, (name,) = functions[own[0]], own
    variable = function.parameters[0]
    if set(refusal.missing) - {name, variable}:
        return refusal
    problem = with_variable(with_variable(knowledge.problem, variable), name)
    kept = {n: f for n, f in problem.scope.functions.items() if n != name}
    problem = dataclasses.replace(problem, scope=dataclasses.replace(problem.scope, functions=kept))
    found = read(written, problem)
    if not isinstance(found, Answer) or any(line.kind != "relation" or line.readings for line in found.lines):
        return refusal
    called: dict[Expression, Expression] = {scalar(name): Elementwise(function, (scalar(variable),))}
    lines = tuple(
        dataclasses.replace(line, expressions=tuple(substitute(e, called) for e in line.expressions))
        for line in found.lines
    )
    return dataclasses.replace(found, lines=lines)
