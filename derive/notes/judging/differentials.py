r"""dW as programs write it: the gradient by W of the loss that the notes are about."""

from __future__ import annotations

import dataclasses
import re

from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.notes.formulas.functions import plain_name
from derive.notes.known.knowledge import Knowledge

_DIFFERENTIAL = re.compile(r"(?<![A-Za-z\\{])d\s*(?:\\?[A-Za-z])")
_NUMERATOR = re.compile(r"\\frac\s*\{\s*\\partial\s*(?P<of>\\?[A-Za-z]+(?:\s*\{\s*\w\s*\})?)\s*\}")


class Differentials:
    """Says whose gradient dW is: of the loss in the same formula, else of the one last used so, else of the last."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._last = ""

    def meant(self, written: str, problem: Problem) -> Problem:
        """The problem in which dW is a gradient of that loss; the same one where no dW stands, or E is declared."""
        if not _DIFFERENTIAL.search(written):
            return problem
        named = next((n for m in _NUMERATOR.finditer(written) if self._is_loss(n := plain_name(m["of"]))), "")
        default = problem.scope.objective if self._is_loss(problem.scope.objective) else ""
        last = self.knowledge.objective()
        name = named or self._last or default or (last.name if last is not None else "")
        self._last = named or self._last
        if not name or name == problem.scope.objective:
            return problem
        return dataclasses.replace(problem, scope=dataclasses.replace(problem.scope, objective=name))

    def _is_loss(self, name: str) -> bool:
        found = self.knowledge.scope.tensors.get(name)
        return found is not None and found.shape == SCALAR and self.knowledge.value(found) is not None
