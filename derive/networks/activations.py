"""Activations by name: any elementwise function of one argument, with its parameters, and softmax for the last layer.

A new elementwise activation is a new row of `derive.expression.functions`, and its name in ACTIVATIONS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from derive.errors import UsageError
from derive.expression.function import Function
from derive.expression.functions import ALIASES, FUNCTIONS, unspecified
from derive.expression.nodes import Axis, Elementwise, Expression, Number, Shorthand
from derive.networks.coefficients import coefficient
from derive.suggestions import did_you_mean

ACTIVATIONS: tuple[str, ...] = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu", "softmax",
)  # fmt: skip
"""The activations that have a name; softmax stands in the last layer only."""

UNSPECIFIED: tuple[str, ...] = ("f", "g", "h")
"""Names of functions about which nothing is known."""

_SPELLINGS = {"linear": "identity", "none": "identity", "leakyrelu": "leaky_relu", "leaky-relu": "leaky_relu"}
_CALL = re.compile(r"^\s*([^\W\d]\w*(?:-\w+)?)\s*(?:\(([^()]*)\))?\s*$")


@dataclass(frozen=True)
class Activation:
    """What a layer does to z: `function(z, *parameters)` entry by entry; no function means softmax."""

    name: str
    function: Function | None
    parameters: tuple[Expression, ...] = ()

    @property
    def is_softmax(self) -> bool:
        return self.function is None

    @property
    def is_identity(self) -> bool:
        return self.function is not None and self.function == FUNCTIONS["identity"]

    def of(self, z: Expression, axis: Axis) -> Expression:
        """The activation of z; `axis` is the one along which softmax sums. The identity leaves z as it stands."""
        if self.function is None:
            return Shorthand("softmax", (z,), axis)
        return z if self.is_identity else Elementwise(self.function, (z, *self.parameters))


def activation(given: str | Function | Activation, functions: Mapping[str, Function] | None = None) -> Activation:
    """The activation that a name, such as `relu` or `leaky_relu(alpha)`, or a function stands for.

    `functions` are the names declared beside the network; UsageError for a name that nobody knows.
    """
    if isinstance(given, Activation):
        return given
    if isinstance(given, Function):
        return _with_parameters(given.name, given, "")
    match = _CALL.match(given) if isinstance(given, str) else None
    if match is None:
        raise UsageError(
            f"The activation {given!r} cannot be read.",
            suggestion="Write a name, such as sigmoid, or name=formula: mish=z*tanh(softplus(z)).",
        )
    word, inside = match[1], match[2] or ""
    declared = dict(functions or {})
    if word in declared:
        return _with_parameters(word, declared[word], inside)
    name = _SPELLINGS.get(word.lower(), ALIASES.get(word.lower(), word.lower()))
    if name == "softmax":
        return Activation("softmax", None)
    if name in ACTIVATIONS or (name in FUNCTIONS and len(FUNCTIONS[name].parameters) == 1):
        return _with_parameters(name, FUNCTIONS[name], inside)
    if word in UNSPECIFIED:
        return Activation(word, unspecified(word))
    raise UsageError(
        f"Unknown activation {word!r}.",
        suggestion=did_you_mean(word, [*ACTIVATIONS, "f", *declared])
        + " f is an unspecified function; name=formula defines one.",
    )


def _with_parameters(name: str, function: Function, inside: str) -> Activation:
    given = tuple(coefficient(part) for part in inside.split(",")) if inside.strip() else ()
    wanted = len(function.parameters) - 1
    if len(given) > wanted:
        raise UsageError(f"The activation {name} takes {wanted} parameter{'' if wanted == 1 else 's'}, "
                         f"not {len(given)}.", suggestion=f"Write {name} alone." if not wanted else "")  # fmt: skip
    missing = wanted - len(given)
    if missing > len(function.defaults):
        raise UsageError(f"{name} is not an activation: it needs {wanted} more arguments.",
                         suggestion=did_you_mean(name, ACTIVATIONS))  # fmt: skip
    defaults = tuple(Number(v) for v in function.defaults[len(function.defaults) - missing :]) if missing else ()
    return Activation(name, function, given + defaults)


def split_activations(given: str) -> list[str]:
    """Split at the commas that stand outside brackets: leaky_relu(alpha),sigmoid."""
    parts, level = [""], 0
    for character in given:
        level += (character == "(") - (character == ")")
        if character == "," and level == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
