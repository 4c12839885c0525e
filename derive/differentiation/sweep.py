"""The reverse sweep: ∂E/∂v for each definition v on the way from the question to the objective, last one first.

A gradient that has a name (delta2) is used by its name; one that is used once is worked out within the line that needs
it; any other gets its closed form if that is short, else a name of its own. So no line grows with the depth, and the
cost is linear in the number of definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from derive.differentiation.derivation import Stage
from derive.differentiation.lookup import gradient_scale, value_names
from derive.differentiation.rule import Context, derivative, flipped
from derive.differentiation.rules import RULES
from derive.differentiation.rules_components import free_letters
from derive.differentiation.terms import inverse, plus, times
from derive.differentiation.working import Working
from derive.expression.nodes import (
    UNIT,
    ZERO,
    Derivative,
    Expression,
    Product,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors, walk

SHORT = 8
"""A closed form of at most so many nodes is repeated where it is used instead of getting a name."""

FOLD = 2
"""So many unnamed gradients in a row are worked out within one line; the next one gets a stage of its own."""


class Sweep:
    """The derivation of several gradients of one scalar objective."""

    def __init__(self, problem: Problem, objective: Expression) -> None:
        self.problem, self.objective = problem, objective
        known = problem.definition(objective) if isinstance(objective, Tensor) else None
        self.value = objective if known is None else known
        self.definitions = _leading_to(self.value, problem)
        self._users: dict[Tensor, list[Definition]] = {}
        for d in self.definitions:
            for v in tensors(d.value):
                self._users.setdefault(v, []).append(d)
        self.names = {v: name for name, v in problem.gradients.items() if name.name in problem.shown_gradients}
        self.value_name = value_names(problem)
        self.taken = {t.name for t in problem.scope.tensors.values()} | set(problem.scope.aliases)
        self.taken |= {t.name for d in problem.definitions for t in (d.target, *tensors(d.value))}
        self.has_letters = bool(free_letters(self.value))
        """Whether the objective has free indices, of which a name for a gradient would not tell."""
        self.stages: dict[Tensor, Stage] = {}
        self.folded: set[Tensor] = set()

    def users(self, v: Tensor) -> Sequence[Definition]:
        """The definitions on the way to the objective that mention v."""
        return self._users.get(v, ())

    def name_of(self, v: Tensor) -> Tensor | None:
        """What ∂E/∂v is called, if it has a name."""
        return self.names.get(v)

    def needed(self, targets: Iterable[Tensor]) -> set[Tensor]:
        """The definitions between the targets and the objective."""
        found: set[Tensor] = set()
        pending = list(targets)
        while pending:
            for d in self.users(pending.pop()):
                if d.target not in found:
                    found.add(d.target)
                    pending.append(d.target)
        return found

    def run(self, targets: tuple[Tensor, ...]) -> None:
        """Work out the stages of all targets and of everything between them and the objective."""
        needed = self.needed(targets)
        uses = dict.fromkeys(needed, 0)
        for v in needed.union(targets):
            for d in self.users(v):
                uses[d.target] += 1
        fold: dict[Tensor, int] = {}
        for d in reversed(self.definitions):
            v = d.target
            if v not in needed:
                continue
            depth = 1 + max((fold.get(u.target, 0) for u in self.users(v)), default=0)
            if v not in self.names and uses[v] == 1 and depth <= FOLD and self._ways(v) == 1:
                fold[v] = depth
                self.folded.add(v)
            else:
                self.stages[v] = self.stage(v)
        order = {d.target: position for position, d in enumerate(self.definitions)}
        for v in sorted(targets, key=lambda t: -order.get(t, -1)):
            if v not in self.stages:
                self.stages[v] = self.stage(v)

    def _ways(self, v: Tensor) -> int:
        """How many terms the chain rule has for v; a sum within a line of another gradient would be hard to read."""
        return len(self.users(v)) + (v in tensors(self.value))

    def stage(self, v: Tensor) -> Stage:
        """∂E/∂v worked out, named if the problem has a name for it."""
        name = self.name_of(v)
        scale = None if name is None else gradient_scale(self.problem, name)
        turned = name is not None and name.shape != v.shape
        stage = self.worked(v, scale, turned)
        may_be_named = v not in self.folded and self.problem.definition(v) is not None and not self.has_letters
        if name is None and may_be_named and _long(stage.result):
            name = self.fresh_name(v)
            self.names[v] = name
        return Stage(name, stage.target, stage.steps, stage.held)

    def worked(self, v: Tensor, scale: Expression | None = None, turned: bool = False) -> Stage:
        """The steps from ∂E/∂v (times a scale, or transposed) to its closed form."""
        context = Context(self.problem, self.value_name, taken=set(self.taken))
        target = Derivative(self.objective, v, "gradient")
        working = Working(_wrapped(target, scale, turned), context)
        line = self.total(v, context)
        working.step(RULES["chain_rule"], _wrapped(line, scale, turned))
        while True:
            working.differentiate(lambda d: self.unfold(d, context))
            working.release()
            if not any(isinstance(part, Derivative) for part in walk(working.line)):
                break
        working.tidy()
        held = tuple(Definition(name, value) for name, value in context.held.items())
        return Stage(None, target, tuple(working.steps), held)

    def total(self, v: Tensor, context: Context) -> Expression:
        """∂E/∂v by the chain rule: one partial derivative for each definition that mentions v, and E's own."""
        if v == self.objective:
            return UNIT
        terms = []
        for d in self.users(v):
            terms.append(derivative(self.gradient_of(d.target), relevant(d.value, v), v, context))
        if v in tensors(self.value):
            terms.append(derivative(None, relevant(self.value, v), v, context))
        return plus(*terms)

    def gradient_of(self, u: Tensor) -> Expression:
        """∂E/∂u as later stages write it."""
        name = self.name_of(u)
        if name is not None:
            scale = gradient_scale(self.problem, name)
            plain = name if name.shape == u.shape else flipped(name)
            return plain if scale is None else times(inverse(scale), plain)
        if u in self.folded:
            return Derivative(self.objective, u, "gradient")
        return self.stages[u].result

    def unfold(self, d: Derivative, context: Context) -> Expression | None:
        """The chain rule for a gradient that stands in a line."""
        if d.of != self.objective or d.form != "gradient" or d.wrt not in self.folded:
            return None
        assert isinstance(d.wrt, Tensor)
        return self.total(d.wrt, context)

    def fresh_name(self, v: Tensor) -> Tensor:
        """A name for an unnamed gradient, as people write it: dv."""
        candidate = f"d{v.name}"
        while candidate in self.taken and self.problem.scope.aliases.get(candidate) != Derivative(self.objective, v):
            candidate = "d" + candidate
        self.taken.add(candidate)
        return Tensor(candidate, v.shape, v.layer)

    def chain(self, v: Tensor) -> tuple[Stage, ...]:
        """The stages that the gradient in v rests on, in order, without its own."""
        own = self.needed((v,)) - self.folded - {v}
        return tuple(stage for u, stage in self.stages.items() if u in own)


def _leading_to(value: Expression, problem: Problem) -> tuple[Definition, ...]:
    """The definitions that an expression depends on, in order."""
    wanted: set[Tensor] = set(tensors(value))
    found: list[Definition] = []
    for d in reversed(problem.definitions):
        if d.target in wanted:
            found.append(d)
            wanted |= tensors(d.value)
    return tuple(reversed(found))


def relevant(e: Expression, v: Tensor) -> Expression:
    """A scalar `e` without the terms in which v does not occur; they have no part in a derivative."""
    if shape(e) != SCALAR:
        return e
    if isinstance(e, Sum):
        kept = [relevant(t, v) for t in e.terms if v in tensors(t)]
        return plus(*kept) if kept else ZERO
    if isinstance(e, Product):
        return Product(tuple(relevant(f, v) if v in tensors(f) and _only(e, f, v) else f for f in e.factors))
    return e


def _only(e: Product, factor: Expression, v: Tensor) -> bool:
    return sum(1 for f in e.factors if v in tensors(f)) == 1


def _wrapped(e: Expression, scale: Expression | None, turned: bool) -> Expression:
    """A line of a stage: its value scaled or transposed as the stage's name, or the layout, wants it."""
    if isinstance(e, Sum) and (scale is not None or turned):
        return plus(*(_wrapped(t, scale, turned) for t in e.terms))
    line = e if scale is None else times(scale, e)
    return Transpose(line) if turned and shape(line) != SCALAR else line


def _long(e: Expression) -> bool:
    return sum(1 for _ in walk(e)) > SHORT
