"""The options of a network, read and named: what the builders of problems work from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from derive.expression.nodes import Dimension, Expression, Sum, Tensor
from derive.expression.problem import Assumptions, Layout
from derive.expression.sizes import Size
from derive.expression.traverse import substitute, tensors
from derive.networks.activations import Activation
from derive.networks.layers import Layer, Layers
from derive.networks.losses import Loss
from derive.networks.regularisers import REGULARISERS


@dataclass(frozen=True)
class Plan:
    """Everything that decides the definitions of a network."""

    layers: Layers
    activations: tuple[Activation, ...]
    loss: Loss
    l2: Expression | None
    l1: Expression | None
    regularise_bias: bool
    sum: bool
    gradient: Literal["denominator", "numerator"]
    delta: Literal["batch", "example"]
    title: str

    @property
    def last_activation(self) -> Activation:
        return self.activations[-1]

    @property
    def axis(self) -> Literal[0, 1] | None:
        """The axis along which the outputs of one example run; with one example there is no other."""
        return None if self.layers.batch is None else self.layers.arrangement.outputs_axis

    @property
    def layout(self) -> Layout:
        return Layout(self.layers.arrangement.examples, self.gradient)

    def pre_activation(self, layer: Layer) -> Expression:
        """W a + b of a layer, in the layout."""
        inputs = self.layers.before(layer)
        return self.layers.arrangement.affine(self.layers.weight(layer), inputs, self.layers.bias_of(layer))

    def objective(self, outputs: Expression, regularised: tuple[Layer, ...]) -> Expression:
        """E: the loss of the outputs, averaged over the batch, and each regulariser once."""
        batch = self.layers.batch
        averaged = [] if batch is None or self.sum else [batch]
        if self.loss.mean:
            averaged.append(self.layers.width(self.layers.last))
        data = self.loss.objective(
            outputs, self.layers.targets, self.last_activation, self.axis, tuple(s for s in averaged if s != 1)
        )
        terms = [data]
        for name, factor in (("l2", self.l2), ("l1", self.l1)):
            if factor is not None:
                terms.append(REGULARISERS[name].term(self._sized(factor), self._regularised(regularised)))
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _regularised(self, layers: tuple[Layer, ...]) -> tuple[Tensor, ...]:
        found = [self.layers.parameters(layer) for layer in layers]
        return tuple(p for parameters in found for p in (parameters if self.regularise_bias else parameters[:1]))

    @cached_property
    def size_names(self) -> dict[str, Size]:
        """Sizes that may be used as numbers: N, and the widths that have a name."""
        named: dict[str, Size] = {}
        batch = self.layers.batch
        if batch is not None:
            named.setdefault("N", batch)
            named |= {str(s): s for s in batch.free_symbols}
        if isinstance(self.layers.widths, tuple):
            named |= {str(s): s for width in self.layers.widths for s in width.free_symbols}
        return named

    def _sized(self, factor: Expression) -> Expression:
        """The coefficient with names of sizes as sizes: the N of lam/N."""
        named = self.size_names
        return substitute(factor, {t: Dimension(named[t.name]) for t in tensors(factor) if t.name in named})

    @cached_property
    def constants(self) -> tuple[Tensor, ...]:
        """The scalar names in coefficients and activation parameters: lam, alpha."""
        sources = [self._sized(c) for c in (self.l2, self.l1) if c is not None]
        sources += [p for a in self.activations for p in a.parameters]
        found = {t for source in sources for t in tensors(source)}
        return tuple(sorted(found, key=lambda t: t.name))

    @property
    def assumptions(self) -> Assumptions:
        if self.loss.assumes is None:
            return Assumptions()
        left, right, words = self.loss.assumes
        return Assumptions(equations=((left(self.layers.targets, self.axis), right),), equation_texts=(words,))
