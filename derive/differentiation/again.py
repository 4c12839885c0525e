"""Derivatives of what has derivatives in it: the inner ones are worked out, and their closed forms differentiated.

∂²E/∂w∂wᵀ is the Jacobian of ∂E/∂w. Its derivation has the stages of ∂E/∂w, and then those of the Jacobian, whose
first line puts the closed form in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from derive.differentiation.derivation import Derivation, Stage, Step
from derive.errors import Unsupported
from derive.expression.nodes import Component, Derivative, Expression, Tensor
from derive.expression.problem import Definition, Layout, Problem, Question
from derive.expression.text import text
from derive.expression.traverse import rebuild, substitute, tensors, walk

Derive = Callable[[Problem, Expression], Derivation]
"""The derivation of the derivative of a problem's objective, which holds no derivatives, in something."""


def has_derivatives(e: Expression) -> bool:
    """Whether a formula holds derivatives that are still to be worked out."""
    return any(isinstance(part, Derivative) for part in walk(e))


def leads_to_derivatives(problem: Problem, objective: Expression) -> bool:
    """Whether the objective, or a definition that it rests on, holds derivatives."""
    return has_derivatives(objective) or any(has_derivatives(d.value) for d in _leading_to(problem, objective))


def derived_again(problem: Problem, objective: Expression, asked: Expression, derive: Derive) -> Derivation:
    """The derivation of the derivative of `objective` in `asked`. Raises Unsupported where a law is missing."""
    inner = _Inner(derive, _plain(problem))
    plain = inner.without_derivatives(problem, objective)
    assert plain.question.objective is not None
    outer = derive(plain, asked)
    return Derivation(problem, outer.wrt, (*inner.stages, *inner.told(outer, plain.question.objective, objective)))


def without_derivatives(problem: Problem, objective: Expression, derive: Derive) -> Problem:
    """The problem with closed forms in the place of all derivatives that its objective rests on."""
    return _Inner(derive, _plain(problem)).without_derivatives(problem, objective)


@dataclass
class _Inner:
    """The inner derivatives as they are worked out: their stages, and the problem with closed forms in the place of
    derivatives. `opened` are the names that got a closed form, and those that the stages introduce."""

    derive: Derive
    problem: Problem
    stages: list[Stage] = field(default_factory=list)
    opened: dict[Tensor, Expression] = field(default_factory=dict)
    known: dict[Expression, Expression] = field(default_factory=dict)

    def without_derivatives(self, problem: Problem, objective: Expression) -> Problem:
        """The problem that is left to be differentiated."""
        for d in _leading_to(problem, objective):
            self.define(d)
        plain = self.worked(objective)
        return replace(self.problem, layout=problem.layout, question=Question(objective=plain))

    def define(self, d: Definition) -> None:
        """A definition with closed forms in the place of derivatives."""
        if has_derivatives(d.value):
            self._add(Definition(d.target, self.worked(d.value)))

    def worked(self, e: Expression) -> Expression:
        """A formula with closed forms in the place of derivatives, the innermost first."""
        if not has_derivatives(e):
            return e
        if not isinstance(e, Derivative):
            return rebuild(e, self.worked)
        if e.form not in ("gradient", "jacobian"):
            raise Unsupported(f"{text(e)} cannot be differentiated further.")
        if e not in self.known:
            self.known[e] = self._closed(e)
        return self.known[e]

    def _closed(self, e: Derivative) -> Expression:
        of = self.worked(e.of)
        found = self.derive(replace(self.problem, question=Question(objective=of)), e.wrt)
        for stage in self.told(found, of, e.of):
            self.stages.append(stage)
            if stage.name is not None:
                self._add(Definition(stage.name, stage.result))
        return found.result

    def told(self, found: Derivation, plain: Expression, objective: Expression) -> tuple[Stage, ...]:
        """The stages of a derivation of `plain`, which stands for `objective`, with the names that they rest on."""
        names = tuple(Definition(target, value) for target, value in self.opened.items())
        stages = (replace(s, held=(*s.held, *names)) for s in found.stages)
        # On the way to w the closed form is differentiated by other names: of those ∂E/∂w is no function.
        return tuple(_put_in(s, plain, objective) if _name(s.target.wrt) == _name(found.wrt) else s for s in stages)

    def _add(self, new: Definition) -> None:
        kept = tuple(d for d in self.problem.definitions if d.target != new.target)
        self.problem = replace(self.problem, definitions=(*kept, new))
        self.opened[new.target] = new.value


def _plain(problem: Problem) -> Problem:
    """The problem with no names for gradients: those speak of E, and it is another objective that is differentiated."""
    return replace(
        problem, gradients={}, shown_gradients=frozenset(), scales={}, layout=Layout(problem.layout.examples)
    )


def _name(wrt: Expression) -> Expression:
    return wrt.operand if isinstance(wrt, Component) else wrt


def _put_in(stage: Stage, plain: Expression, objective: Expression) -> Stage:
    """The stage with the objective as it is written in its title, and the closed form put in by its first step."""
    if stage.target.of != plain or plain == objective:
        return stage
    target = replace(stage.target, of=objective)
    before = stage.steps[0].before if stage.steps else stage.target
    title = substitute(before, {stage.target: target})
    steps = (Step(title, "first_derivative", before), *stage.steps) if title != before else stage.steps
    return replace(stage, target=target, steps=steps)


def _leading_to(problem: Problem, objective: Expression) -> tuple[Definition, ...]:
    """The definitions that a formula rests on, in order."""
    wanted: set[Tensor] = set(tensors(objective))
    found: list[Definition] = []
    for d in reversed(problem.definitions):
        if d.target in wanted:
            found.append(d)
            wanted |= tensors(d.value)
    return tuple(reversed(found))
