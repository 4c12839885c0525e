"""A vectorised backprop for every network, in plain NumPy: the witness that knows no matrix calculus of `derive`.

Examples are columns inside; the row layout is turned at the door and turned back on the way out. The gradient of the
data term and that of the regulariser are kept apart, because a large λ hides a wrong data gradient and a small one
hides a missing regulariser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Expression
from derive.networks.network import Network
from numeric.evaluate import Evaluator
from numeric.real import REAL, Floats
from numeric.sizes import bind_sizes, matrix_of
from numeric.slopes import value_and_slope

Gradients = dict[str, Floats]


@dataclass(frozen=True)
class Parts:
    """Loss and gradients of the data term and of the regulariser; gradients by name (W1, b1, Z1, A1, X, delta1)."""

    data_loss: float
    regulariser_loss: float
    data: Gradients
    regulariser: Gradients

    @property
    def loss(self) -> float:
        return self.data_loss + self.regulariser_loss

    @property
    def gradients(self) -> Gradients:
        return {name: g + self.regulariser[name] if name in self.regulariser else g for name, g in self.data.items()}


def backprop(network: Network, values: Mapping[str, Any]) -> tuple[float, Gradients]:
    """E and its gradient in every parameter, activation and input, each shaped like its variable."""
    parts = backprop_parts(network, values)
    return parts.loss, parts.gradients


def backprop_parts(network: Network, values: Mapping[str, Any]) -> Parts:
    """E and its gradients, data term and regulariser apart.

    values: X or x, Y or y, W1, b1, … as in the network's problem, in its layout. UsageError if one is missing or does
    not fit; Unsupported for a network of symbolic depth.
    """
    if network.any_depth:
        raise Unsupported("A network of any depth has no numbers.", suggestion="Give widths such as 2,3,1.")
    run = _Run(network, values)
    outputs = run.forward()
    data_loss, data = run.backward(outputs)
    regulariser_loss, regulariser = run.regulariser()
    return Parts(data_loss, regulariser_loss, data, regulariser)


class _Run:
    """One forward and backward pass; everything inside has examples as columns."""

    def __init__(self, network: Network, values: Mapping[str, Any]) -> None:
        self.network = network
        layers = network.layers
        named = [layers.inputs, layers.targets, *network.parameters, *network.plan.constants]
        missing = [t.name for t in named if t.name not in values]
        if missing:
            raise UsageError(f"No value for {', '.join(missing)}.", suggestion=f"Give an array for {missing[0]}.")
        self.given = {t.name: matrix_of(t, values[t.name]) for t in named}
        self.sizes = bind_sizes(named, self.given)
        self.turn: Callable[[Floats], Floats] = (lambda m: m.T) if network.layout == "row" else (lambda m: m)
        self.x = self.turn(self.given[layers.inputs.name])
        self.y = self.turn(self.given[layers.targets.name])
        self.z: list[Floats] = []
        self.slopes: list[Floats] = []
        self.a: list[Floats] = [self.x]

    def weight(self, k: int) -> Floats:
        return self.turn(self.given[f"W{k}"])

    def coefficient(self, e: Expression) -> Floats:
        """lam/2 as a number; the name of a size (lam/N) is that size."""
        named = {name: self.sizes.get(s, s) for name, s in self.network.plan.size_names.items()}
        sizes = {name: np.full((1, 1), float(s)) for name, s in named.items() if s.is_number}
        return np.asarray(Evaluator(REAL, sizes | self.given, self.sizes)(e))

    def forward(self) -> Floats:
        """z and a of every layer, and the slope of every activation; the outputs."""
        for k in range(1, self.network.depth + 1):
            z = self.weight(k) @ self.a[-1]
            if self.network.bias:
                z = z + self.turn(self.given[f"b{k}"])
            self.z.append(z)
            chosen = self.network.activation(k)
            if chosen.function is None:
                self.a.append(_softmax(z))
                continue
            value, slope = value_and_slope(chosen.function, z, [self.coefficient(p) for p in chosen.parameters])
            self.a.append(value)
            self.slopes.append(slope)
        return self.a[-1]

    def backward(self, outputs: Floats) -> tuple[float, Gradients]:
        """The data term, and its gradient in everything, from the last layer to the first."""
        network, count = self.network, self.x.shape[1]
        share = 1.0 if network.batch is None or network.sum else 1.0 / count
        last = network.activation(network.depth)
        loss, delta, upstream = _LOSSES[network.loss](self, outputs, last.name)
        delta = share * delta
        found: Gradients = {}
        if upstream is not None:
            found[self.name("a", network.depth)] = share * upstream
        for k in range(network.depth, 0, -1):
            found[self.name("z", k)] = delta
            found[f"delta{k}"] = delta * count if network.delta == "example" and not network.sum else delta
            found[f"W{k}"] = delta @ self.a[k - 1].T
            if network.bias:
                found[f"b{k}"] = delta.sum(axis=1, keepdims=True)
            before = self.weight(k).T @ delta
            found[self.name("a", k - 1)] = before
            if k > 1:
                delta = before * self.slopes[k - 2]
        return share * loss, {name: self.turn(g) for name, g in found.items()}

    def name(self, letter: str, layer: int) -> str:
        layers = self.network.layers
        return layers.inputs.name if layer == 0 else layers.values(letter, layer).name

    def regulariser(self) -> tuple[float, Gradients]:
        """Σ of coefficient × penalty over the weights (and the biases, if asked), and its gradient."""
        network, loss = self.network, 0.0
        names = [p.name for p in network.parameters if p.name[0] == "W" or network.regularise_bias]
        found: Gradients = {}
        if network.l2 is not None:
            c = self.coefficient(network.l2).item()
            loss += c * sum(float(np.sum(self.given[n] ** 2)) for n in names)
            found = {n: 2.0 * c * self.given[n] for n in names}
        if network.l1 is not None:
            c = self.coefficient(network.l1).item()
            loss += c * sum(float(np.sum(np.abs(self.given[n]))) for n in names)
            found = {n: found.get(n, 0.0) + c * np.sign(self.given[n]) for n in names}
        return loss, found


Answer = tuple[float, Floats, Floats | None]
"""The loss, its gradient in z of the last layer, and in a of the last layer (None: the loss reads z)."""


def _chained(run: _Run, loss: float, upstream: Floats, last: str) -> Answer:
    """From the gradient in a to that in z of the last layer; softmax mixes the outputs of an example."""
    if last == "softmax":
        p = run.a[-1]
        return loss, p * (upstream - (p * upstream).sum(axis=0, keepdims=True)), upstream
    return loss, upstream * run.slopes[-1], upstream


def _squared(scale: float) -> Callable[[_Run, Floats, str], Answer]:
    def answer(run: _Run, outputs: Floats, last: str) -> Answer:
        error = outputs - run.y
        return _chained(run, scale * float(np.sum(error**2)), 2.0 * scale * error, last)

    return answer


def _mean_squared(run: _Run, outputs: Floats, last: str) -> Answer:
    return _squared(1.0 / outputs.shape[0])(run, outputs, last)


def _binary(run: _Run, a: Floats, last: str) -> Answer:
    y, z = run.y, run.z[-1]
    if last == "sigmoid":
        # In logits nothing cancels: −(y log σ + (1−y) log(1−σ)) = softplus(z) − y z, with slope σ − y.
        loss = float(np.sum(np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))) - y * z))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return loss, a - y, (a - y) / (a * (1.0 - a))
    loss = -float(np.sum(y * np.log(a) + (1.0 - y) * np.log(1.0 - a)))
    return _chained(run, loss, (1.0 - y) / (1.0 - a) - y / a, last)


def _cross_entropy(run: _Run, outputs: Floats, last: str) -> Answer:
    y = run.y
    u = run.z[-1] if last == "softmax" else outputs
    top = u.max(axis=0, keepdims=True)
    log_sum = top + np.log(np.exp(u - top).sum(axis=0, keepdims=True))
    loss = float(np.sum(y * (log_sum - u)))
    if last == "softmax":
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return loss, _softmax(u) * y.sum(axis=0, keepdims=True) - y, -y / outputs
    return _after(run, loss, _softmax(u) * y.sum(axis=0, keepdims=True) - y, last)


def _logistic(run: _Run, outputs: Floats, last: str) -> Answer:
    margin = run.y * outputs
    e = np.exp(-np.abs(margin))
    loss = float(np.sum(np.maximum(-margin, 0.0) + np.log1p(e)))
    upstream = -run.y * np.where(margin >= 0, e, 1.0) / (1.0 + e)
    return _after(run, loss, upstream, last)


def _after(run: _Run, loss: float, upstream: Floats, last: str) -> Answer:
    """A loss of logits: with a linear last layer a is only another name for z, and has no gradient of its own."""
    answer = _chained(run, loss, upstream, last)
    return (answer[0], answer[1], None) if last == "identity" else answer


def _softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return np.asarray(e / e.sum(axis=0, keepdims=True))


_LOSSES: dict[str, Callable[[_Run, Floats, str], Answer]] = {
    "half-squared": _squared(0.5),
    "squared": _squared(1.0),
    "mse": _mean_squared,
    "bce": _binary,
    "softmax-ce": _cross_entropy,
    "logistic": _logistic,
}
