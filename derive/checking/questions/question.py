"""What an answer must equal: the derived gradient, the given value, and the names it is written in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property

from derive.checking.questions.meant import Meaning
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.errors import DeriveError, LimitError, Unsupported, UsageError
from derive.expression.nodes import Component, Derivative, Expression, Tensor, Transpose
from derive.expression.problem import Definition, Problem
from derive.expression.problem import Question as Asked
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import in_order, rebuild, tensors, walk


@dataclass
class Question:
    """The question of a problem, with the gradients that answers mention worked out once.

    `extra` holds the definitions of gradients' names (delta1 = …) and of names that the answer itself defines.
    """

    problem: Problem
    extra: dict[Tensor, Expression] = field(default_factory=dict)
    _resolved: dict[Expression, Expression] = field(default_factory=dict)
    _expected: tuple[Expression, Expression] | None = None
    _derivations: dict[Expression, Derivation] = field(default_factory=dict)

    @cached_property
    def updates(self) -> frozenset[str]:
        """Names that are defined by a derivative of the objective: W_new = W - eta*grad(E, W)."""
        objective = self._objective()
        found = (d for d in self.problem.definitions if objective is not None and objective in tensors(d.value))
        return frozenset(d.target.name for d in found if any(isinstance(part, Derivative) for part in walk(d.value)))

    def fork(self, problem: Problem | None = None) -> Question:
        """The same question for the next answer, which may define names of its own."""
        same = self._derivations if problem is None else {}
        return Question(problem or self.problem, dict(self.extra), dict(self._resolved), self._expected, same)

    def derivation(self, wrt: Expression) -> Derivation:
        """The derivation of a gradient. It depends on the problem alone, so forks share it.

        Raises UsageError for an unknown name, Unsupported where a law is missing.
        """
        if wrt not in self._derivations:
            self._derivations[wrt] = gradient(self.problem, wrt)
        return self._derivations[wrt]

    def gradient_of_objective(self, wrt: Expression) -> Derivation:
        """The derivation of ∂E/∂wrt, whatever the question differentiates: of grad(E, w) it asks for another one."""
        objective = self._objective()
        if objective is None or self.problem.question.objective in (None, objective):
            return self.derivation(wrt)
        key = Derivative(objective, wrt)
        if key not in self._derivations:
            of_objective = dataclasses.replace(self.problem, question=Asked(objective=objective))
            self._derivations[key] = gradient(of_objective, wrt)
        return self._derivations[key]

    def expected(self) -> tuple[Expression, Expression]:
        """The expected answer, and the same as an unevaluated reference for the second route."""
        if self._expected is None:
            self._expected = self._derived()
        return self._expected

    def _derived(self) -> tuple[Expression, Expression]:
        asked = self.problem.question
        if asked.value is not None:
            return self.resolve(asked.value), self.meaning.of(asked.value)
        if asked.wrt is None:
            raise UsageError(
                "The problem does not say what to differentiate by.",
                suggestion="Name it with --wrt, or answer with an equation such as dE/dW1 = …",
            )
        unworked = self.reference(asked.wrt, asked.wrt)
        meant = unworked if unworked is asked.wrt else self.meaning.of(unworked)
        if meant != unworked:
            return meant, meant
        try:
            derivation = self.derivation(asked.wrt)
        except (Unsupported, LimitError):
            # Answers can be decided without a derivation to show: the normal form differentiates by itself.
            if unworked is asked.wrt:
                raise
            return unworked, unworked
        self.extra.update(gradient_definitions(derivation))
        self.introduce(derivation.result)
        return derivation.result, self.reference(asked.wrt, derivation.result)

    @property
    def is_asked(self) -> bool:
        """Whether there is a question; of some problems only relations can be checked."""
        return self.problem.question.value is not None or self.problem.question.wrt is not None

    def reference(self, wrt: Expression, result: Expression) -> Expression:
        """The derivative as a formula still to be worked out, where it means the same as the result."""
        objective = self.problem.question.objective or self._objective()
        subject = self.problem.gradients.get(wrt, wrt) if isinstance(wrt, Tensor) else wrt
        if objective is None or (isinstance(wrt, Tensor) and (wrt in self.problem.scales or wrt.layer is not None)):
            return result
        if shape(objective) != SCALAR:
            return Derivative(objective, subject, "jacobian")
        is_turned = self.problem.layout.gradient == "numerator" and isinstance(wrt, Tensor) and shape(wrt) != SCALAR
        unworked = Derivative(objective, subject)
        return Transpose(unworked) if is_turned and subject == wrt else unworked

    def _objective(self) -> Expression | None:
        for definition in self.problem.definitions:
            if definition.target.name == self.problem.objective_name:
                return definition.target
        return None

    def known(self) -> Problem:
        """The problem with the names that its derivation introduced (a shared factor G), for evaluation."""
        gradients = self.problem.gradients
        own = tuple(Definition(n, e) for n, e in self.extra.items() if n not in gradients and n.layer is None)
        new = tuple(d for d in own if self.problem.definition(d.target) is None)
        return dataclasses.replace(self.problem, definitions=self.problem.definitions + new) if new else self.problem

    def differentiated(self, e: Expression) -> Expression | None:
        """The variable whose gradient a formula is, or a gradient's name; None if it is no gradient worked out here."""
        if e in self.problem.gradients:
            return e
        if self._expected is not None and e == self._expected[0]:
            return self.problem.question.wrt
        for key, value in self._resolved.items():
            asked = key.operand if isinstance(key, Transpose) else key
            if value == e and isinstance(asked, Derivative) and asked.of == self._objective():
                return asked.wrt
        return None

    def derivation_of(self, e: Expression) -> Derivation | None:
        """The derivation of which a formula is the result; None if it is no gradient worked out here."""
        wrt = self.differentiated(e)
        if wrt is None:
            return None
        is_asked = self._expected is not None and e == self._expected[0]
        return self.derivation(wrt) if is_asked else self.gradient_of_objective(wrt)

    def speaks_of_gradients(self, *formulas: Expression) -> bool:
        """Whether derivatives stand in formulas, by themselves or by name, also in what names stand for."""
        pending, seen = list(formulas), set[str]()
        while pending:
            e = pending.pop()
            new = {t for t in tensors(e) if t.name not in seen}
            if any(isinstance(part, Derivative) for part in walk(e)) or any(map(self._is_gradient, new)):
                return True
            seen |= {t.name for t in new}
            pending += [value for name in new if (value := self.problem.definition(name)) is not None]
        return False

    def introduce(self, e: Expression) -> None:
        """Work out the gradients whose names occur in a formula, and those within definitions of its names."""
        for name in in_order(tensors(e)):
            if name in self.extra:
                continue
            if self._is_gradient(name):
                derivation = self.gradient_of_objective(name)
                self.extra.update(gradient_definitions(derivation))
                self.extra[name] = derivation.result
            elif name.name in self.updates:
                value = self.problem.definition(name)
                if value is not None:
                    self.extra[name] = self.resolve(value)

    def _is_gradient(self, name: Tensor) -> bool:
        """Whether a name stands for a gradient, as delta[L] does where delta[l] is one."""
        known = self.problem.gradients
        return name in known or (name.layer is not None and any(g.layer and g.name == name.name for g in known))

    @cached_property
    def meaning(self) -> Meaning:
        """What derivatives are meant to be in this problem."""
        return Meaning(self.problem)

    def resolve(self, e: Expression) -> Expression:
        """The formula with derivatives of the objective worked out; others are left to the normal form."""
        self.introduce(e)
        return self._resolve(self.meaning.of(e))

    def _resolve(self, e: Expression) -> Expression:
        if e not in self._resolved:
            inner = rebuild(e, self._resolve)
            if isinstance(inner, Derivative):
                inner = self._worked_out(inner)
            elif isinstance(e, Transpose) and isinstance(e.operand, Derivative):
                inner = _turned(self._resolve(e.operand))
            self._resolved[e] = inner
        return self._resolved[e]

    def _worked_out(self, e: Derivative) -> Expression:
        """A gradient of the objective, shaped like its variable in every layout, or an entry of it."""
        if isinstance(e.wrt, Component):
            whole = dataclasses.replace(e, wrt=e.wrt.operand)
            found = self._resolve(whole)
            return e if found == whole else Component(found, e.wrt.row, e.wrt.column)
        if e.form not in ("gradient", "formal") or e.of != self._objective() or not isinstance(e.wrt, Tensor):
            return e
        try:
            derivation = self.gradient_of_objective(e.wrt)
        except DeriveError:
            return e
        self.extra.update(gradient_definitions(derivation))
        self.introduce(derivation.result)
        is_turned = self.problem.layout.gradient == "numerator" and shape(e.wrt) != SCALAR
        return _turned(derivation.result) if is_turned else derivation.result


def _turned(e: Expression) -> Expression:
    return e.operand if isinstance(e, Transpose) else Transpose(e)
