"""The part of a problem that one stage speaks of: the definitions between a name and the nearest named gradients.

E depends on v only through the nearest values z whose gradients have a name, and on what E itself says about v. So
∂E/∂v is the gradient of Σ ⟨∂E/∂z, z⟩ + E, with the ∂E/∂z held fixed and only the definitions in between. In a network
of any depth this is an ordinary problem with finitely many definitions; in a deep one it is small.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from derive.differentiation.lookup import gradient_name, gradient_scale, last_layer, mentioning
from derive.differentiation.rule import flipped
from derive.differentiation.terms import inner, inverse, plus, times, total
from derive.errors import LimitError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.traverse import substitute, tensors

STEPS = 1000
"""So many definitions may lie between v and the named gradients."""


def local_problem(
    problem: Problem, v: Tensor, objective: Expression, named: Mapping[Tensor, Tensor], *, free: bool = False
) -> tuple[Problem, Expression]:
    """The small problem around v, and the scalar whose gradient in v is ∂E/∂v.

    `named` are the names ∂E/∂z that earlier stages have introduced; in a family the problem's own names count too.
    With `free` these z are names without a definition, so that a line may mention z itself, held fixed.
    """
    defined = problem.definition(objective) if isinstance(objective, Tensor) else None
    value = objective if defined is None else defined
    last = last_layer(problem, value)
    between: dict[Tensor, Definition] = {}
    ends: dict[Tensor, Expression] = {}
    pending = [v]
    while pending:
        if len(between) > STEPS:
            raise LimitError("Too many definitions lie between a name and the next named gradient.", code="E-BUDGET")
        for d in mentioning(problem, pending.pop(0), last):
            if d.target in between:
                continue
            between[d.target] = d
            name = named.get(d.target)
            if name is None and d.target.layer is not None:
                name = gradient_name(problem, d.target)
            if name is None:
                pending.append(d.target)
            else:
                ends[d.target] = _cotangent(problem, name, d.target)
    # Seen from anything but its own ⟨∂E/∂z, z⟩ such a z does not move: ∂E/∂z already counts what follows from it.
    whole = (Definition(objective, value),) if defined is not None and isinstance(objective, Tensor) else ()
    if free:
        definitions, terms = _free_ends(v, value, between, ends)
        return dataclasses.replace(problem, definitions=(*definitions, *whole)), plus(*terms)
    still: dict[Expression, Expression] = {z: dataclasses.replace(z, name=f"{z.name} held") for z in ends}
    definitions = tuple(Definition(d.target, substitute(d.value, still)) for d in between.values())
    terms = [_paired(cotangent, z) for z, cotangent in ends.items()]
    if tensors(value) & ({v, *between} - set(ends)):
        terms.append(substitute(value, still))
    # A line may name the value of E itself: 1/E.
    return dataclasses.replace(problem, definitions=(*definitions, *whole)), plus(*terms)


def _free_ends(
    v: Tensor, value: Expression, between: Mapping[Tensor, Definition], ends: Mapping[Tensor, Expression]
) -> tuple[tuple[Definition, ...], list[Expression]]:
    """Every end z free: what moves is another name with its definition, in ⟨∂E/∂z, z moved⟩."""
    moved = {z: dataclasses.replace(z, name=f"{z.name} moved") for z in ends}
    terms = [_paired(cotangent, moved[z]) for z, cotangent in ends.items()]
    if tensors(value) & ({v, *between} - set(ends)):
        terms.append(value)
    return tuple(Definition(moved.get(z, z), d.value) for z, d in between.items()), terms


def _cotangent(problem: Problem, name: Tensor, z: Tensor) -> Expression:
    """∂E/∂z by its name: transposed or scaled back if the name stands for a transpose or a multiple."""
    scale = gradient_scale(problem, name)
    plain = name if name.shape == z.shape else flipped(name)
    return plain if scale is None else times(inverse(scale), plain)


def _paired(cotangent: Expression, z: Tensor) -> Expression:
    return inner(cotangent, z) if isinstance(cotangent, Tensor) else total(times(cotangent, z))
