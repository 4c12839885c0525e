"""A network as people describe it: widths, activations, a loss, and options; and the problem that it poses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import sympy

from derive.errors import UsageError
from derive.expression.function import Function
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import Size
from derive.networks.activations import Activation, activation, split_activations
from derive.networks.any_depth import family_problem
from derive.networks.coefficients import coefficient
from derive.networks.fixed_depth import layered_problem
from derive.networks.layers import Layers
from derive.networks.layouts import LAYOUTS, Arrangement
from derive.networks.losses import LOSSES, Loss
from derive.networks.plan import Plan
from derive.networks.validation import validate
from derive.networks.widths import AnyDepth, Widths, read_size, read_widths
from derive.suggestions import did_you_mean


@dataclass(frozen=True)
class Network:
    """The options of a network; strings and numbers are read on construction, so what is stored is always valid.

    widths           "2,3,1", ("n0", "n1"), or "n0,...,nL" for any depth
    activations      one for all layers or one a layer: names, functions, or activations
    loss             a row of LOSSES; E is its mean over the batch (`sum`: the sum)
    batch            the number of examples, a number or a name; None: one example
    l2, l1           coefficients such as "lam/2"; added once, to the weights (regularise_bias: and the biases)
    layout           "column" or "row"; gradient: "denominator" or "numerator"
    delta            "batch": delta is ∂E/∂z; "example": without the 1/N of the mean

    Raises UsageError, with what to write instead, for anything that does not fit together.
    """

    widths: Any
    activations: Any = "sigmoid"
    loss: str = "half-squared"
    batch: Any = None
    l2: Any = None
    l1: Any = None
    bias: bool = True
    regularise_bias: bool = False
    sum: bool = False
    layout: Literal["column", "row"] = "column"
    gradient: Literal["denominator", "numerator"] = "denominator"
    delta: Literal["batch", "example"] = "batch"
    title: str = ""

    def __post_init__(self) -> None:
        _choose("loss", self.loss, LOSSES)
        _choose("layout", self.layout, LAYOUTS)
        _choose("gradient layout", self.gradient, ("denominator", "numerator"))
        _choose("delta", self.delta, ("batch", "example"))
        widths: Widths = read_widths(self.widths)
        self._set("widths", widths)
        self._set("activations", _read_activations(self.activations, widths))
        self._set("batch", None if self.batch is None else read_size(self.batch, "batch size"))
        for option in ("l2", "l1"):
            given: str | int | Fraction | Expression | None = getattr(self, option)
            self._set(option, None if given is None else coefficient(given))
        validate(self.plan)

    def _set(self, field: str, value: object) -> None:
        # The one way to normalise a field of a frozen dataclass.
        object.__setattr__(self, field, value)

    @property
    def loss_row(self) -> Loss:
        return LOSSES[self.loss]

    @property
    def arrangement(self) -> Arrangement:
        return LAYOUTS[self.layout]

    @property
    def any_depth(self) -> bool:
        """Whether the number of layers is a symbol."""
        return isinstance(self.widths, AnyDepth)

    @property
    def depth(self) -> int:
        """The number of layers; UsageError if it is a symbol."""
        if isinstance(self.widths, AnyDepth):
            raise UsageError("A network of any depth has no number of layers.", suggestion="Give widths such as 2,3,1.")
        return len(self.widths) - 1

    @cached_property
    def layers(self) -> Layers:
        """The tensors of every layer."""
        return Layers(self.widths, self.batch, self.arrangement, self.bias)

    def activation(self, layer: int) -> Activation:
        """The activation of layer 1, 2, … of a network of given depth."""
        chosen: tuple[Activation, ...] = self.activations
        return chosen[layer - 1]

    @cached_property
    def parameters(self) -> tuple[Tensor, ...]:
        """W1, b1, W2, b2, … of a network of given depth."""
        return tuple(p for layer in range(1, self.depth + 1) for p in self.layers.parameters(layer))

    @property
    def parameter_count(self) -> Size:
        """How many weights and biases there are, as a size: 30 for a 2-3-4-1 network."""
        return sympy.Add(*(p.shape[0] * p.shape[1] for p in self.parameters))

    @cached_property
    def plan(self) -> Plan:
        """The options as the builders of problems need them."""
        return Plan(
            self.layers, self.activations, self.loss_row, self.l2, self.l1, self.regularise_bias, self.sum,
            self.gradient, self.delta, self.title,
        )  # fmt: skip

    def problem(self, wrt: Expression | str | None = None) -> Problem:
        """The definitions z1, a1, …, E with the question ∂E/∂wrt (a name such as "W1", or an expression).

        For a network of any depth `wrt` is W[l], b[l], z[l]; a name of a gradient, delta[L], asks for that gradient.
        """
        build = family_problem if self.any_depth else layered_problem
        return build(self.plan, wrt)


def _choose(what: str, given: object, known: Iterable[str]) -> None:
    words = list(known)
    if given not in words:
        raise UsageError(f"Unknown {what} {given!r}.", suggestion=did_you_mean(str(given), words))


def _read_activations(given: Any, widths: Widths) -> tuple[Activation, ...]:
    """One activation a layer; for any depth the hidden layers' and the last one's."""
    if isinstance(given, str):
        parts: Sequence[str | Function | Activation] = split_activations(given)
    elif isinstance(given, (Function, Activation)):
        parts = [given]
    else:
        parts = list(given)
    chosen = tuple(activation(part) for part in parts)
    wanted = 2 if isinstance(widths, AnyDepth) else len(widths) - 1
    if len(chosen) == 1:
        return chosen * wanted
    if len(chosen) == wanted:
        return chosen
    if isinstance(widths, AnyDepth):
        raise UsageError(f"A network of any depth takes one activation, or two (hidden layers, last layer), "
                         f"not {len(chosen)}.", suggestion="Write --activations sigmoid,identity.")  # fmt: skip
    raise UsageError(
        f"{len(chosen)} activations for {wanted} layer{'' if wanted == 1 else 's'}.",
        suggestion=f"Give one for all layers, or {wanted}: "
        + ",".join([*(a.name for a in chosen), *[chosen[-1].name] * wanted][:wanted] if chosen else ["sigmoid"])
        + ".",
    )
