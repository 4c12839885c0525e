"""The solution of an exercise, derived when it is asked for and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.checking import check
from derive.checking.questions.question import Question
from derive.differentiation.derivation import Derivation
from derive.differentiation.entries_style import entries_derivation
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.differentiation.index_style import index_derivation
from derive.errors import UsageError
from derive.exercises.exercise import Exercise
from derive.exercises.fact import Fact
from derive.expression.nodes import Derivative, Elementwise, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.problem import Question as Asked
from derive.expression.traverse import in_order, substitute, tensors, walk
from derive.notation import read


@dataclass(frozen=True)
class Solution:
    """What is asked for, the answer, and how it comes about.

    asked        the left side: ∂E/∂W, or a formula; None if it was asked for in words only
    answer       the right side, in names that answers may use
    derivations  those of the gradients in it, or the whole of it if it is one
    facts        lines worked out by other means
    """

    asked: Expression | None
    answer: Expression
    derivations: tuple[Derivation, ...] = ()
    facts: tuple[Fact, ...] = ()


def solution(of: Exercise) -> Solution:
    """The solution, worked out now; UsageError if an equation that is to be shown does not hold."""
    problem = of.problem
    value = problem.question.value
    if of.shown:
        return _shown(of, None if value is not None else _derived(of))
    if value is None:
        return _derived(of)
    if of.facts:
        return Solution(None, value, facts=of.facts)
    if isinstance(value, Elementwise) and value.order == 1:
        found = gradient(problem)
        return Solution(value, found.result, (found,))
    return _worked_out(problem, value)


def _derived(of: Exercise) -> Solution:
    problem = of.problem
    found = gradient(problem)
    if of.style != "matrix":
        assert problem.question.wrt is not None
        write = index_derivation if of.style == "index" else entries_derivation
        found = write(problem, problem.question.wrt)
    last = found.stages[-1]
    asked = last.target if last.name is None or last.entry is not None else last.name
    return Solution(asked, in_given_names(found, found.result), (found,))


def in_given_names(derivation: Derivation, e: Expression) -> Expression:
    """The formula without the names that the derivation itself introduced (dz2), which answers do not know."""
    known = derivation.problem.gradients
    introduced: dict[Expression, Expression] = {
        name: formula for name, formula in gradient_definitions(derivation) if name not in known
    }
    while introduced.keys() & tensors(e):
        e = substitute(e, introduced)
    return e


def _shown(of: Exercise, derived: Solution | None) -> Solution:
    """The other side of the equation, which is in the statement; that it is right is proved here."""
    if check(of.problem, of.shown).verdict != "proved":
        raise UsageError(f"The equation of the exercise {of.id} is not proved.", suggestion="Correct its file.")
    shown = read(of.shown, of.problem.scope)
    if derived is not None:
        return replace(derived, answer=shown)
    return Solution(of.problem.question.value, shown)


def _worked_out(problem: Problem, value: Expression) -> Solution:
    """A formula with gradients in it, each replaced by its closed form."""
    question = Question(problem)
    inside = {e.wrt: e.of for e in walk(value) if isinstance(e, Derivative) and isinstance(e.wrt, Tensor)}
    # Each is a question of its own, so that its derivation can be replayed.
    asked = (replace(problem, question=Asked(inside[name], name)) for name in in_order(inside))
    return Solution(value, question.resolve(value), tuple(gradient(each) for each in asked))
