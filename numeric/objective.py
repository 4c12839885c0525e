"""The objective of a problem as a function of arrays, with its regulariser apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from derive.errors import Unsupported
from derive.expression.nodes import ZERO, Expression, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import is_scalar
from derive.expression.text import tensor_text
from derive.expression.traverse import tensors
from numeric.evaluate import Algebra, Array, Evaluator, definitions_of, needed
from numeric.sizes import Sizes
from numeric.stable import stable


def split_objective(problem: Problem, parameters: Iterable[Tensor]) -> tuple[Expression, Expression | None]:
    """Data term and regulariser of the objective.

    The regulariser is made of the terms that see nothing but parameters and scalar constants; None if there is none,
    or if nothing else is left.
    """
    objective = problem.question.objective
    if objective is None:
        raise Unsupported("The problem has no objective.", suggestion="Give one under [question].")
    if isinstance(objective, Tensor):
        objective = problem.definition(objective) or objective
    own = frozenset(parameters)
    if not isinstance(objective, Sum):
        return objective, None
    regular = [t for t in objective.terms if _only(t, own)]
    data = [t for t in objective.terms if not _only(t, own)]
    if not regular or not data:
        return objective, None
    return _joined(data), _joined(regular)


def _only(term: Expression, parameters: frozenset[Tensor]) -> bool:
    found = tensors(term)
    return bool(found & parameters) and all(t in parameters or is_scalar(t.shape) for t in found)


def _joined(terms: list[Expression]) -> Expression:
    return ZERO if not terms else terms[0] if len(terms) == 1 else Sum(tuple(terms))


class Objective:
    """One scalar expression of a problem, ready to be evaluated many times in any algebra."""

    def __init__(self, problem: Problem, expression: Expression, sizes: Sizes, given: Iterable[str]) -> None:
        definitions = definitions_of(problem)
        meanings = {tensor_text(target): value for target, value in definitions}
        self.expression = stable(expression, meanings)
        chosen = needed(definitions, [self.expression], given)
        self.definitions = tuple((target, stable(value, meanings)) for target, value in chosen)
        self.sizes = sizes

    def __call__(self, algebra: Algebra, values: Mapping[str, Array]) -> Array:
        """The 1×1 value of the expression."""
        return Evaluator(algebra, values, self.sizes, self.definitions)(self.expression)
