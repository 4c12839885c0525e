"""What must fit together in a network; every refusal says what to write instead."""

from __future__ import annotations

from derive.errors import UsageError
from derive.expression.sizes import Size
from derive.networks.plan import Plan


def validate(plan: Plan) -> None:
    """Raise UsageError for options that contradict each other."""
    _softmax_is_last(plan)
    _one_output(plan)
    _batch_options(plan)
    _regularisers(plan)
    _names(plan)


def _softmax_is_last(plan: Plan) -> None:
    for layer, activation in enumerate(plan.activations[:-1], start=1):
        if activation.is_softmax:
            raise UsageError(f"softmax stands in the last layer only, not in layer {layer}.",
                             suggestion="Name one activation a layer, such as sigmoid,softmax.")  # fmt: skip


def _one_output(plan: Plan) -> None:
    outputs: Size = plan.layers.width(plan.layers.last)
    if plan.loss.one_output and outputs.is_Integer and outputs != 1:
        raise UsageError(f"The loss {plan.loss.name} needs one output, not {outputs}.",
                         suggestion="Let the last width be 1, or use softmax-ce.")  # fmt: skip


def _batch_options(plan: Plan) -> None:
    if plan.layers.batch is not None:
        return
    for chosen, option in ((plan.sum, "--sum"), (plan.delta == "example", "--delta example")):
        if chosen:
            raise UsageError(f"{option} speaks of a batch, but there is one example.", suggestion="Add --batch N.")


def _regularisers(plan: Plan) -> None:
    if not plan.regularise_bias:
        return
    if not plan.layers.bias:
        raise UsageError("--regularise-bias speaks of biases, but the network has none.",
                         suggestion="Leave out --no-bias or --regularise-bias.")  # fmt: skip
    if plan.l2 is None and plan.l1 is None:
        raise UsageError("--regularise-bias needs a regulariser.", suggestion="Add --l2 lam/2 or --l1 lam.")


def _names(plan: Plan) -> None:
    """Names of sizes and constants must not be names of the network's own tensors."""
    layers = plan.layers
    taken = {"x", "y", "X", "Y", "E", "yhat"}
    last = layers.last
    if isinstance(last, int):
        taken |= {f"{letter}{k}" for letter in "WbzaZA" for k in range(last + 1)}
        taken |= {f"delta{k}" for k in range(last + 1)}
    else:
        taken |= set("WbzaZAl") | {"delta", str(last)}
    used = dict.fromkeys(plan.size_names, "size") | {t.name: "constant" for t in plan.constants}
    for name, what in used.items():
        if name in taken:
            raise UsageError(f"The {what} {name!r} has the name of something else in the network.",
                             suggestion="Choose another name.")  # fmt: skip
