"""The sweep for a network of any depth: δ[L], the recurrence for δ[l], and what follows from δ[l].

E depends on z[l] only through z[l+1], so ∂E/∂z[l] is the gradient of ⟨δ[l+1], z[l+1]⟩ with δ[l+1] held fixed. One stage
for a general layer l therefore stands for all hidden layers.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.differentiation.derivation import Stage
from derive.differentiation.lookup import gradient_name, last_layer, mentioning
from derive.differentiation.sweep import Sweep
from derive.errors import Unsupported
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.traverse import substitute_layer

STEPS = 8
"""So many unnamed values may lie between a name and the next δ."""


class FamilySweep(Sweep):
    """A sweep over definitions with a layer symbol; layers between the first and the last are all alike."""

    def __init__(self, problem: Problem, objective: Expression) -> None:
        super().__init__(problem, objective)
        self.last = last_layer(problem, self.value)

    def users(self, v: Tensor) -> Sequence[Definition]:
        """z[l+1] for a[l], a[l] for z[l]; nothing lies beyond layer L."""
        return mentioning(self.problem, v, self.last)

    def name_of(self, v: Tensor) -> Tensor | None:
        return gradient_name(self.problem, v)

    def run(self, targets: tuple[Tensor, ...]) -> None:
        """The stages that the targets rest on, δ[L] first, then their own."""
        for v in targets:
            for anchor in self.anchors(v):
                self._work(anchor)
            self._work(v)

    def _work(self, v: Tensor) -> None:
        if v not in self.stages:
            self._reached(v, STEPS)
            self.stages[v] = self.stage(v)

    def chain(self, v: Tensor) -> tuple[Stage, ...]:
        return tuple(self.stages[anchor] for anchor in self.anchors(v))

    def anchors(self, v: Tensor) -> tuple[Tensor, ...]:
        """z[L], and z[l] for a general layer, if the gradient in v rests on a δ that is not the last one."""
        reached = self._reached(v, STEPS)
        found: dict[Tensor, None] = {}
        for z in reached:
            general = next(known for known in self.problem.gradients.values() if known.name == z.name)
            if general.layer is None or z.layer is None:
                found[z] = None
                continue
            for layer in (self.last, general.layer) if z.layer != self.last else (self.last,):
                anchor = substitute_layer(general, {general.layer: layer})
                if isinstance(anchor, Tensor) and anchor != v and not (v.name == z.name and layer == general.layer):
                    found[anchor] = None
        return tuple(found)

    def _reached(self, v: Tensor, steps: int) -> list[Tensor]:
        """The nearest names with a δ above v; what lies between is worked out within the line of v."""
        if steps == 0:
            raise Unsupported("In a network of any depth every layer needs a name for its gradient.")
        found: list[Tensor] = []
        for d in self.users(v):
            if self.name_of(d.target) is not None:
                found.append(d.target)
            else:
                self.folded.add(d.target)
                found += self._reached(d.target, steps - 1)
        return found
