"""The named tensors of a network: W1, z1, a1 … of a given depth, or the families W[l], z[l], a[l] of any depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import sympy

from derive.expression.nodes import Expression, Tensor, scalar
from derive.expression.sizes import Shape, Size
from derive.networks.layouts import Arrangement
from derive.networks.widths import AnyDepth, Widths

Layer: TypeAlias = int | sympy.Expr
"""A layer's number, or a symbol for it."""


@dataclass(frozen=True)
class Layers:
    """What the tensors of every layer are called and how they are shaped.

    With a batch the values of a layer are capital, X, Z1, A1; for one example they are lower-case.
    """

    widths: Widths
    batch: Size | None
    arrangement: Arrangement
    bias: bool

    @property
    def any_depth(self) -> bool:
        return isinstance(self.widths, AnyDepth)

    @property
    def last(self) -> Layer:
        return self.widths.last if isinstance(self.widths, AnyDepth) else len(self.widths) - 1

    def width(self, layer: Layer) -> Size:
        if isinstance(self.widths, AnyDepth):
            return self.widths.at(layer)
        return self.widths[int(layer)]

    def case(self, letter: str) -> str:
        return letter.lower() if self.batch is None else letter.upper()

    def other_case(self, letter: str) -> str:
        return letter.upper() if self.batch is None else letter.lower()

    def values(self, letter: str, layer: Layer) -> Tensor:
        """z1 or Z1, a1 or A1; letter `x` at layer 0 and `y` at the last have no number (see `inputs`, `targets`)."""
        return self._member(self.case(letter), layer, self._value_shape(layer))

    @property
    def inputs(self) -> Tensor:
        return Tensor(self.case("x"), self._value_shape(0))

    @property
    def targets(self) -> Tensor:
        return Tensor(self.case("y"), self._value_shape(self.last))

    def weight(self, layer: Layer) -> Tensor:
        return self._member("W", layer, self.arrangement.weight(self.width(layer), self.width(layer - 1)))

    def bias_of(self, layer: Layer) -> Tensor | None:
        return self._member("b", layer, self.arrangement.bias(self.width(layer))) if self.bias else None

    def delta(self, layer: Layer) -> Tensor:
        """The name of ∂E/∂z of a layer, shaped like z."""
        return self._member("delta", layer, self._value_shape(layer))

    @property
    def objective(self) -> Tensor:
        return scalar("E")

    def parameters(self, layer: Layer) -> tuple[Tensor, ...]:
        bias = self.bias_of(layer)
        return (self.weight(layer),) if bias is None else (self.weight(layer), bias)

    def before(self, layer: Layer) -> Expression:
        """What a layer is fed with: the activation before it; x for the first."""
        return self.inputs if layer == 1 else self.values("a", layer - 1)

    def _value_shape(self, layer: Layer) -> Shape:
        return self.arrangement.values(self.width(layer), self.batch)

    def _member(self, name: str, layer: Layer, shape: Shape) -> Tensor:
        if isinstance(self.widths, AnyDepth):
            return Tensor(name, shape, sympy.Integer(layer) if isinstance(layer, int) else layer)
        return Tensor(f"{name}{layer}", shape)
