"""Other ways to write the names of a network: z1 for Z1, yhat, a0, dW1, lambda."""

from __future__ import annotations

from derive.expression.function import Function
from derive.expression.nodes import Derivative, Dimension, Expression, Product, Tensor
from derive.networks.coefficients import LAMBDA
from derive.networks.layers import Layer, Layers
from derive.networks.plan import Plan


def layer_aliases(
    layers: Layers, layer: Layer, output: Expression, number: str, *, per_example: bool = False
) -> dict[str, Expression]:
    """The spellings of one layer's names; `number` is what stands behind a letter: `1`, or nothing in a family.

    Where δ is taken per example, so are dZ, which is δ, and dA.
    """
    z = layers.values("z", layer)
    found: dict[str, Expression] = {
        layers.other_case("z") + number: z,
        layers.other_case("a") + number: output,
        "w" + number: layers.weight(layer),
    }
    targets: dict[str, Expression | None] = {
        "W": layers.weight(layer), "w": layers.weight(layer), "b": layers.bias_of(layer),
        "Z": z, "z": z, "A": output, "a": output,
    }  # fmt: skip
    for letter, target in targets.items():
        if target is not None:
            found[f"d{letter}{number}"] = Derivative(layers.objective, target)
    if per_example:
        found |= dict.fromkeys((f"dZ{number}", f"dz{number}"), layers.delta(layer))
        if layers.batch is not None:
            single = Product((Dimension(layers.batch), Derivative(layers.objective, output)))
            found |= dict.fromkeys((f"dA{number}", f"da{number}"), single)
    return found


def common_aliases(plan: Plan, output: Expression) -> dict[str, Expression]:
    """The spellings that do not belong to a layer."""
    layers = plan.layers
    found: dict[str, Expression] = {
        layers.other_case("x"): layers.inputs,
        layers.other_case("y"): layers.targets,
        "yhat": output,
        "Yhat": output,
        "dX": Derivative(layers.objective, layers.inputs),
        "dx": Derivative(layers.objective, layers.inputs),
    }
    lam = next((t for t in plan.constants if t.name == "lam"), None)
    if lam is not None:
        found |= dict.fromkeys(LAMBDA, lam)
    return found


def input_aliases(layers: Layers) -> dict[str, Expression]:
    """a0 and A0 are the inputs."""
    return {"a0": layers.inputs, "A0": layers.inputs}


def functions_of(plan: Plan) -> dict[str, Function]:
    """The activations by name; if all layers share one, f and g name it too, as in f'(z2)."""
    rows = [a.function for a in plan.activations if a.function is not None]
    found = {f.name: f for f in rows}
    if len(set(rows)) == 1 and not plan.last_activation.is_softmax:
        found = dict.fromkeys(("f", "g"), rows[0]) | found
    return found


def scope_tensors(plan: Plan, per_layer: list[Tensor]) -> dict[str, Tensor]:
    """Canonical names: inputs, targets, what every layer has, E, and the constants."""
    layers = plan.layers
    named = [layers.inputs, layers.targets, *per_layer, layers.objective, *plan.constants]
    return {t.name: t for t in named}
