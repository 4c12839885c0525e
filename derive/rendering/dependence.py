"""What depends on what in a problem: names and their definitions as a graph, and the paths of the chain rule in it.

A network of any depth is drawn at three places, the first layer, a layer l and the last; a gap between two of them is
an arrow of its own kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from derive.differentiation.gradient import objective_of, subject
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.text import tensor_text
from derive.expression.traverse import tensors


@dataclass(frozen=True)
class Arrow:
    """`user` is defined by means of `source`; with `gap` through layers that are not shown."""

    source: Expression
    user: Expression
    gap: bool = False


@dataclass(frozen=True)
class Dependence:
    """Every name that the objective rests on, in the order of their definitions, and what it is made of.

    goals   the names that derivatives are wanted in
    """

    objective: Expression
    meanings: dict[Expression, Expression | None]
    arrows: tuple[Arrow, ...]
    goals: frozenset[Expression]

    @cached_property
    def on_the_way(self) -> frozenset[Expression]:
        """The names through which the objective depends on a goal; the goals and the objective are among them."""
        users: dict[Expression, list[Expression]] = {}
        for arrow in self.arrows:
            users.setdefault(arrow.source, []).append(arrow.user)
        found: set[Expression] = set()
        pending = [goal for goal in self.goals if goal in self.meanings]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(users.get(name, ()))
        return frozenset(found)

    def paths(self, goal: Expression, most: int) -> list[list[Arrow]]:
        """The paths from the objective to a goal, at most so many, shortest first; each from the objective on."""
        into: dict[Expression, list[Arrow]] = {}
        for arrow in self.arrows:
            if arrow.source in self.on_the_way:
                into.setdefault(arrow.user, []).append(arrow)
        found: list[list[Arrow]] = []
        waiting: list[tuple[Expression, list[Arrow]]] = [(self.objective, [])]
        while waiting and len(found) < most:
            name, so_far = waiting.pop(0)
            if name == goal:
                found.append(so_far)
            elif len(waiting) < 50 * most:
                waiting += [(arrow.source, [*so_far, arrow]) for arrow in into.get(name, [])]
        return found

    def count(self, goal: Expression) -> int:
        """How many paths lead from the objective to a goal."""
        number: dict[Expression, int] = {self.objective: 1}
        for name in reversed(list(self.meanings)):
            if name != self.objective:
                number[name] = sum(number[a.user] for a in self.arrows if a.source == name)
        return number.get(goal, 0)


def dependence(problem: Problem, wanted: Iterable[Expression]) -> Dependence:
    """The graph of a problem; where a value is asked for, of that. UsageError if it has no objective."""
    value = problem.question.value
    objective = objective_of(problem) if value is None else value
    goals = frozenset(subject(problem, w) for w in wanted)
    search = _Search(problem)
    search.visit(objective)
    return Dependence(objective, search.meanings, tuple(search.arrows), goals)


class _Search:
    """Everything that a formula rests on, sources before users."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.meanings: dict[Expression, Expression | None] = {}
        self.arrows: list[Arrow] = []

    def visit(self, top: Expression) -> None:
        """Depth first without recursion: a network may have many layers."""
        pending = [(top, False)]
        entered: set[Expression] = set()
        while pending:
            e, ready = pending.pop()
            if ready:
                self.meanings[e] = self._meaning(e)
                self.arrows += [Arrow(source, e, gap) for source, gap in self._sources(e)]
            elif e not in entered:
                entered.add(e)
                pending.append((e, True))
                pending += [(source, False) for source, _ in reversed(self._sources(e))]

    def _meaning(self, e: Expression) -> Expression | None:
        if not isinstance(e, Tensor):
            return e
        return None if self._over_a_gap(e) else self.problem.definition(e)

    def _sources(self, e: Expression) -> list[tuple[Tensor, bool]]:
        if isinstance(e, Tensor) and (below := self._over_a_gap(e)) is not None:
            return [(below, True)]
        meaning = self._meaning(e)
        found = tensors(meaning) if meaning is not None else frozenset()
        return [(source, False) for source in sorted(found, key=tensor_text) if source != e]

    def _over_a_gap(self, e: Tensor) -> Tensor | None:
        """a[L-1] goes on with a[l], and a[l-1] with a[0]: what a member that is not shown in full rests on."""
        if e.layer is None or e.layer.is_Symbol or e.layer.is_Integer or self.problem.definition(e) is None:
            return None
        members = [d.target for d in self.problem.definitions if d.target.name == e.name and d.target.layer is not None]
        general = next(t for t in members if t.layer is not None and t.layer.is_Symbol)
        if general.layer not in e.layer.free_symbols:
            return general
        return next((t for t in members if t.layer is not None and t.layer.is_Integer), None)
