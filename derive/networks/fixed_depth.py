"""The problem of a network whose number of layers is known: z1, a1, z2, a2, …, E."""

from __future__ import annotations

from derive.expression.nodes import Dimension, Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.scope import Scope
from derive.networks.naming import common_aliases, functions_of, input_aliases, layer_aliases, scope_tensors
from derive.networks.plan import Plan
from derive.networks.questions import asked


def layered_problem(plan: Plan, wrt: Expression | str | None) -> Problem:
    """Definitions in forward order, the names of gradients, and the question."""
    layers, depth = plan.layers, len(plan.activations)
    numbers = range(1, depth + 1)
    output = _output(plan, depth)
    definitions: list[Definition] = []
    for k in numbers:
        z, a = layers.values("z", k), layers.values("a", k)
        definitions.append(Definition(z, plan.pre_activation(k)))
        if k < depth or output == a:
            definitions.append(Definition(a, plan.activations[k - 1].of(z, plan.axis)))
    definitions.append(Definition(layers.objective, plan.objective(output, tuple(numbers))))
    gradients = {layers.delta(k): layers.values("z", k) for k in numbers}
    problem = Problem(
        title=plan.title,
        scope=_scope(plan, output, definitions, gradients),
        definitions=tuple(definitions),
        assumptions=plan.assumptions,
        layout=plan.layout,
        gradients=gradients,
        shown_gradients=frozenset(d.name for d in gradients),
        scales=_scales(plan, gradients),
    )
    return asked(problem, layers.objective, wrt)


def _output(plan: Plan, depth: int) -> Tensor:
    """a_L; where the loss reads logits and the last layer is linear, a_L is only another name for z_L."""
    is_logit = plan.loss.logits and plan.last_activation.is_identity
    return plan.layers.values("z" if is_logit else "a", depth)


def _scope(plan: Plan, output: Tensor, definitions: list[Definition], gradients: dict[Tensor, Tensor]) -> Scope:
    layers, depth = plan.layers, len(plan.activations)
    per_layer = [p for k in range(1, depth + 1) for p in layers.parameters(k)]
    per_layer += [d.target for d in definitions if d.target != layers.objective] + list(gradients)
    tensors = scope_tensors(plan, per_layer)
    aliases = common_aliases(plan, output) | input_aliases(layers)
    for k in range(1, depth + 1):
        a: Expression = output if k == depth else layers.values("a", k)
        aliases |= layer_aliases(layers, k, a, str(k), per_example=plan.delta == "example")
        aliases[layers.case("a") + str(k)] = a
    aliases = {name: e for name, e in aliases.items() if name not in tensors and name not in plan.size_names}
    return Scope(tensors=tensors, sizes=plan.size_names, functions=functions_of(plan), aliases=aliases)


def _scales(plan: Plan, gradients: dict[Tensor, Tensor]) -> dict[Tensor, Expression]:
    """With the delta of an example, delta = N ∂E/∂z: the 1/N of the mean is left out."""
    batch = plan.layers.batch
    if plan.delta != "example" or batch is None or plan.sum:
        return {}
    return {delta: Dimension(batch) for delta in gradients}
