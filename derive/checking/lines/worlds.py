"""The problem as it would be if wrong lines were right: what they are about has the value that they claim.

A gradient's name gets the claimed formula, and whatever is derived from it uses that; a defined name gets another
definition, and everything is derived anew. So "line 5 follows from line 3" is a theorem about such a problem.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.checking.questions.question import Question
from derive.differentiation.gradient import subject
from derive.differentiation.lookup import gradient_name, gradient_scale
from derive.equality.bench import Bench
from derive.equality.prove import Prover
from derive.errors import DeriveError, LimitError, ShapeError
from derive.expression.nodes import Derivative, Expression, Power, Product, Tensor, Transpose, number
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.traverse import rebuild, substitute, tensors
from derive.mistakes.explain import without_own_names

SHALLOW = 12
"""Definitions of a problem in which equality is also tried with every name opened."""


@dataclass(frozen=True)
class Given:
    """A wrong line taken for right: a gradient's name, ∂E/∂u, or a defined name, and the value that it claims."""

    about: Tensor | Derivative
    value: Expression


class World:
    """A problem in which some wrong lines hold.

    Raises UsageError, ShapeError … where lines cannot hold: they are of another shape, or speak of themselves.
    """

    def __init__(self, question: Question, givens: Sequence[Given]) -> None:
        self._names: dict[Expression, Expression] = {}
        self._formulas: dict[Tensor, Expression] = {}
        self._truths: dict[Expression, Expression] = {}
        self._problem = question.problem
        self._redefined = False
        for given in givens:
            self._take(question, given)
        self.question = Question(self._problem, dict(self._formulas))
        self._tools: tuple[Prover, Bench | None] | None = None

    def _take(self, question: Question, given: Given) -> None:
        about, problem = given.about, question.problem
        if isinstance(about, Tensor) and about not in problem.gradients and problem.definition(about) is not None:
            self._redefine(about, given.value)
            return
        u = subject(problem, about.wrt if isinstance(about, Derivative) else about)
        is_gradient = isinstance(about, Derivative)
        name = about if isinstance(about, Tensor) else gradient_name(problem, u)
        scale = None if name is None else gradient_scale(problem, name)
        value = given.value if scale is None or not is_gradient else Product((scale, given.value))
        if name is None:
            name = self._fresh(u, shape(value))
        value = value if shape(value) == name.shape else Transpose(value)
        if shape(value) != name.shape:
            raise ShapeError(f"{name.name} has another shape.")
        if name in tensors(value) and name in problem.gradients:
            # What the line says of the gradient itself is about the right one.
            question.introduce(value)
            self._truths[name] = question.extra[name]
        self._formulas[name] = substitute(value, self._truths)
        plain = name if scale is None else Product((Power(scale, number(-1)), name))
        self._names[u] = plain if name.shape == u.shape else Transpose(plain)

    def _fresh(self, u: Tensor, of_shape: tuple[object, object]) -> Tensor:
        """A name for a gradient that has none."""
        name = Tensor(f"∂{u.name}", u.shape if of_shape != u.shape[::-1] else u.shape[::-1], u.layer)
        self._problem = dataclasses.replace(
            self._problem,
            gradients={**self._problem.gradients, name: u},
            shown_gradients=self._problem.shown_gradients | {name.name},
        )
        return name

    def _redefine(self, name: Tensor, value: Expression) -> None:
        """Another definition, of what comes before it only."""
        targets = [d.target for d in self._problem.definitions]
        place = targets.index(name)
        if shape(value) != name.shape or tensors(value) & {*targets[place:], *self._problem.gradients}:
            raise ShapeError(f"{name.name} is not defined by that.")
        changed = list(self._problem.definitions)
        changed[place] = Definition(name, value)
        self._redefined = True
        self._problem = dataclasses.replace(self._problem, definitions=tuple(changed))

    def equal(self, left: Expression | None, right: Expression) -> bool:
        """Whether left = right is proved there; without a left side, whether the question's answer is."""
        try:
            expected = self._asked() if left is None else self._read(left)
            readings = dict.fromkeys((right, substitute(right, self._truths)))
            return any(is_proved(*self._ready(), expected, self._read(r)) for r in readings)
        except DeriveError:
            return False

    def formula(self, left: Expression | None) -> Expression | None:
        """What left is there, with no name of a gradient in it; None where definitions are others, too."""
        if self._redefined:
            return None
        try:
            e = self._asked() if left is None else self._read(left)
        except DeriveError:
            return None
        return without_own_names(e, {**self.question.extra, **self._formulas})

    def _asked(self) -> Expression:
        wrt = self._problem.question.wrt
        if isinstance(wrt, Tensor) and subject(self._problem, wrt) in self._names:
            return wrt if wrt in self._formulas else self._names[subject(self._problem, wrt)]
        return self.question.expected()[0]

    def _read(self, e: Expression) -> Expression:
        return self.question.resolve(self._named(e))

    def _named(self, e: Expression) -> Expression:
        """Gradients that lines are about are meant by their names."""
        if isinstance(e, Derivative) and e.wrt in self._names and is_objective(self._problem, e):
            return self._names[e.wrt]
        return rebuild(e, self._named)

    def _ready(self) -> tuple[Prover, Bench | None]:
        """A prover and points, in which the lines hold; what was derived meanwhile does not undo that."""
        known: Mapping[Tensor, Expression] = {**self.question.extra, **self._formulas}
        if self._tools is None or self._tools[0].extra.keys() != known.keys():
            problem = self.question.known()
            # Points know a family by its general law only, not what a line says of one layer.
            is_plain = all(name.layer is None for name in self._formulas)
            self._tools = Prover(problem, known), Bench(problem, known) if is_plain else None
        return self._tools


def is_objective(problem: Problem, e: Derivative) -> bool:
    """Whether a derivative is a gradient of what the problem is about."""
    asked = problem.question.objective
    return e.of == asked or (isinstance(e.of, Tensor) and e.of.name == problem.objective_name)


def is_proved(prover: Prover, bench: Bench | None, left: Expression, right: Expression) -> bool:
    """Equality by a proof; points at which the sides differ are looked at first, because that costs less."""
    try:
        if shape(left) != shape(right) or (bench is not None and bench.differs(left, right)):
            return False
        for quick in (True, False):
            if not quick and len(prover.problem.definitions) > SHALLOW:
                return False
            try:
                if prover.equal(left, right, quick=quick) is not None:
                    return True
            except LimitError:
                continue
    except DeriveError:
        pass
    return False
