"""What a problem says about its names: which definition mentions a name, and which value has a name.

Families are looked up member by member: z[l+1] mentions a[l] because z[l] = W[l] a[l-1] + b[l] for every l.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from derive.expression.nodes import Elementwise, Expression, Shorthand, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.traverse import substitute_layer, tensors


def is_family(problem: Problem) -> bool:
    """Whether the problem has definitions for a general layer."""
    return any(isinstance(d.target.layer, sympy.Symbol) for d in problem.definitions)


def value_names(problem: Problem) -> Callable[[Expression], Tensor | None]:
    """A function from a value, f(z) or softmax(z), to the name that the problem gives it.

    A norm is not called E after the objective; a root is, for 1/E is how people write the gradient of a root.
    """
    named = [d for d in problem.definitions if isinstance(d.value, Elementwise)
             or (isinstance(d.value, Shorthand) and d.target.name != problem.objective_name)]  # fmt: skip
    if not is_family(problem):
        exact: dict[Expression, Tensor] = {d.value: d.target for d in named}
        return exact.get

    def find(e: Expression) -> Tensor | None:
        layers = {t.layer for t in tensors(e) if t.layer is not None}
        for d in named:
            if type(d.value) is type(e):
                for target in (member(d, layer) for layer in layers):
                    if problem.definition(target) == e:
                        return target
        return None

    return find


def member(d: Definition, layer: sympy.Expr) -> Tensor:
    """The target of a family's definition at a layer; an exact definition is its own only member."""
    general = d.target.layer
    moved = substitute_layer(d.target, {general: layer}) if isinstance(general, sympy.Symbol) else d.target
    assert isinstance(moved, Tensor)
    return moved


def mentioning(problem: Problem, v: Tensor, last: sympy.Expr | None) -> tuple[Definition, ...]:
    """The members of families, and the other definitions, whose value mentions v; none lies beyond layer `last`."""
    found: dict[Tensor, Definition] = {}
    for d in problem.definitions:
        parts = tensors(d.value)
        # What speaks of the objective, W - eta*grad(E, W), lies beyond it.
        if problem.objective_name in (d.target.name, *(t.name for t in parts)):
            continue
        for t in parts:
            target = d.target if t == v else _moved(d, t, v)
            if target is None or _beyond(target, last):
                continue
            value = problem.definition(target)
            if value is not None and v in tensors(value):
                found[target] = Definition(target, value)
    return tuple(found.values())


def _moved(d: Definition, t: Tensor, v: Tensor) -> Tensor | None:
    """The member of d's family whose value mentions v where the general one mentions t."""
    general = d.target.layer
    if t.name != v.name or not isinstance(general, sympy.Symbol) or t.layer is None or v.layer is None:
        return None
    offset = t.layer - general
    return None if offset.has(general) else member(d, v.layer - offset)


def _beyond(t: Tensor, last: sympy.Expr | None) -> bool:
    if t.layer is None or last is None:
        return False
    distance = t.layer - last
    return bool(distance.is_Integer and distance > 0)


def last_layer(problem: Problem, value: Expression) -> sympy.Expr | None:
    """The layer L that the objective reads."""
    named = set(problem.scope.layers.values())
    found = {t.layer for t in tensors(value) if t.layer in named and problem.definition(t) is not None}
    return next(iter(found)) if len(found) == 1 else problem.scope.layers.get("L")


def gradient_name(problem: Problem, v: Tensor) -> Tensor | None:
    """What ∂E/∂v is called, if the problem has a name for it that derivations show: delta[k] for z[k]."""
    for name, z in problem.gradients.items():
        if name.name not in problem.shown_gradients or z.name != v.name:
            continue
        if z == v:
            return name
        if z.layer is not None and v.layer is not None:
            moved = substitute_layer(name, {z.layer: v.layer})
            assert isinstance(moved, Tensor)
            return moved
    return None


def gradient_scale(problem: Problem, name: Tensor) -> Expression | None:
    """The factor between a gradient's name and the gradient, if it is not 1."""
    for known, scale in problem.scales.items():
        if known == name or (known.layer is not None and name.layer is not None and known.name == name.name):
            return scale
    return None
