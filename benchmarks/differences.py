"""Whether an answer is right: by differences of high precision, with nothing derived."""

from __future__ import annotations

from flint import arb

from benchmarks.balls import precision
from benchmarks.evaluation import Formulas, Witness, free_indices
from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import ONE
from derive.expression.traverse import walk


def question(problem: Problem) -> Expression:
    """What is asked, as a formula that the witness can work out by differences."""
    asked = problem.question
    if asked.value is not None:
        return asked.value
    objective = asked.objective or Tensor(problem.objective_name, (ONE, ONE))
    wrt = asked.wrt
    assert wrt is not None
    if isinstance(wrt, Tensor) and wrt in problem.gradients:
        wrt = problem.gradients[wrt]
    return Derivative(objective, wrt)


def is_right(problem: Problem, formulas: Formulas, answer: Expression, seed: int = 0) -> bool:
    """Whether an answer is what differences say, with the names of gradients by their formulas and by differences."""
    if any(t.layer is not None for t in walk(answer) if isinstance(t, Tensor)):
        return True  # of a general layer nothing can be differenced; tests of networks of any depth stand for it
    asked = question(problem)
    indices = free_indices(asked, answer)
    for known in (formulas, {}):
        witness = Witness(problem, known, seed)
        values = [a.T if problem.layout.gradient == "numerator" and problem.question.value is None else a
                  for a in witness.entries(asked, indices)]  # fmt: skip
        for a, b in zip(values, witness.entries(answer, indices), strict=True):
            with precision():
                same = a.shape == b.shape and all(
                    abs(x - y) < arb(2) ** -70 for x, y in zip(a.ravel(), b.ravel(), strict=True)
                )
            if not same:
                return False
    return True
