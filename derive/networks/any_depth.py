"""The problem of a network of any depth: families z[l], a[l], W[l], b[l] for a general layer l, and the last layer L.

E depends on z[l] only through z[l+1], which is all that the recurrence for delta[l] needs.

A regulariser is a sum over all layers, of a number that is not known. Only the term of the layer that is asked for
has a gradient there, so E carries that one term: `lam/2*sum(W[l]**2)` for W[l], that of W[L] if W[L] is asked. The
gradients are those of the whole sum; the value of E is not, and a note of the problem says so.
"""

from __future__ import annotations

import dataclasses

import sympy

from derive.expression.nodes import Dimension, Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.scope import Scope
from derive.expression.sizes import layer_symbol
from derive.expression.traverse import tensors
from derive.networks.layers import Layer
from derive.networks.naming import common_aliases, functions_of, layer_aliases, scope_tensors
from derive.networks.plan import Plan
from derive.networks.questions import asked
from derive.networks.widths import AnyDepth

GENERAL = layer_symbol("l")
"""The layer that stands for any."""

_NOTE = "E shows the regulariser's term of the layer in question; the terms of other layers have no gradient there."


def family_problem(plan: Plan, wrt: Expression | str | None) -> Problem:
    """Definitions of the families in forward order, the names of gradients, and the question."""
    layers = plan.layers
    z, a = layers.values("z", GENERAL), layers.values("a", GENERAL)
    hidden, last = plan.activations
    output = layers.values("a", layers.last)
    definitions = [
        Definition(layers.values("a", 0), layers.inputs),
        Definition(z, plan.pre_activation(GENERAL)),
        Definition(a, hidden.of(z, plan.axis)),
    ]
    if last != hidden:
        definitions.append(Definition(output, last.of(layers.values("z", layers.last), plan.axis)))
    gradients = {layers.delta(GENERAL): z}
    problem = Problem(
        title=plan.title,
        scope=_scope(plan, output, gradients),
        assumptions=plan.assumptions,
        layout=plan.layout,
        gradients=gradients,
        shown_gradients=frozenset({"delta"}),
        scales=_scales(plan, gradients),
        notes=(_NOTE,) if plan.l1 is not None or plan.l2 is not None else (),
    )
    posed = asked(problem, layers.objective, wrt)
    objective = plan.objective(output, (_layer_of(posed.question.wrt),))
    definitions.append(Definition(layers.objective, objective))
    return dataclasses.replace(posed, definitions=tuple(definitions))


def _layer_of(wrt: Expression | None) -> Layer:
    """The layer whose parameters are asked for; the general one if none is."""
    found = {t.layer for t in tensors(wrt) if t.layer is not None} if wrt is not None else set()
    return found.pop() if len(found) == 1 else GENERAL


def _scope(plan: Plan, output: Tensor, gradients: dict[Tensor, Tensor]) -> Scope:
    layers = plan.layers
    a = layers.values("a", GENERAL)
    families = [*layers.parameters(GENERAL), layers.values("z", GENERAL), a, *gradients]
    named = scope_tensors(plan, families)
    aliases = layer_aliases(layers, GENERAL, a, "", per_example=plan.delta == "example") | common_aliases(plan, output)
    aliases = {name: e for name, e in aliases.items() if name not in named and name not in plan.size_names}
    last = layers.last
    assert isinstance(last, sympy.Symbol)
    return Scope(
        tensors=named,
        sizes=plan.size_names | _width_names(plan, last),
        functions=functions_of(plan),
        aliases=aliases,
        layers={str(GENERAL): GENERAL, str(last): last},
    )


def _width_names(plan: Plan, last: sympy.Symbol) -> dict[str, sympy.Expr]:
    """n0, nl and nL are the widths of their layers."""
    widths = plan.layers.widths
    assert isinstance(widths, AnyDepth)
    return {f"{widths.name}{word}": widths.at(layer) for word, layer in (("0", 0), ("l", GENERAL), (str(last), last))}


def _scales(plan: Plan, gradients: dict[Tensor, Tensor]) -> dict[Tensor, Expression]:
    batch = plan.layers.batch
    if plan.delta != "example" or batch is None or plan.sum:
        return {}
    return {delta: Dimension(batch) for delta in gradients}
