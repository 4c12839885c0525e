"""Slips in counting parameters: a sum of products, one for the weights of each layer, and of widths, for its biases."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression.nodes import UNIT, Dimension, Expression, Number, Product, Sum
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import summed


def _is_width(e: Expression) -> bool:
    return isinstance(e, Number | Dimension)


def _layers(e: Expression, s: Setting) -> tuple[tuple[Product, Expression], ...]:
    """(weights, biases) of each layer; () if it is no count of parameters."""
    if s.of is not None or not isinstance(e, Sum) or len(e.terms) % 2:
        return ()
    found = []
    for weights, biases in zip(e.terms[::2], e.terms[1::2], strict=True):
        is_pair = isinstance(weights, Product) and len(weights.factors) == 2 and all(map(_is_width, weights.factors))
        if not is_pair or not _is_width(biases) or not isinstance(weights, Product) or biases not in weights.factors:
            return ()
        found.append((weights, biases))
    return tuple(found)


def _biases(e: Expression, s: Setting) -> Iterator[Slip]:
    if found := _layers(e, s):
        yield Slip(summed(tuple(weights for weights, _ in found)), found[0][1])


def _weights(e: Expression, s: Setting) -> Iterator[Slip]:
    if found := _layers(e, s):
        yield Slip(summed(tuple(biases for _, biases in found)), found[0][0])


def _one_a_layer(e: Expression, s: Setting) -> Iterator[Slip]:
    if found := _layers(e, s):
        yield Slip(summed(tuple(part for weights, _ in found for part in (weights, UNIT))), found[0][1])


def _of_inputs(e: Expression, s: Setting) -> Iterator[Slip]:
    if found := _layers(e, s):
        yield Slip(summed(tuple(part for layer in found for part in (layer[0], _inputs(*layer)))), found[0][1])


def _inputs(weights: Product, biases: Expression) -> Expression:
    first, second = weights.factors
    return second if first == biases else first


def _one_bias_a_weight(e: Expression, s: Setting) -> Iterator[Slip]:
    if found := _layers(e, s):
        yield Slip(summed(tuple(part for weights, _ in found for part in (weights, weights))), found[0][0])


def _left_out(e: Expression, s: Setting) -> Iterator[Slip]:
    found = _layers(e, s)
    for k in range(len(found)) if len(found) > 1 else ():
        kept = (*found[:k], *found[k + 1 :])
        yield Slip(summed(tuple(part for layer in kept for part in layer)), found[k][0])


def _added(e: Expression, s: Setting) -> Iterator[Slip]:
    if found := _layers(e, s):
        yield Slip(summed(tuple(p for weights, biases in found for p in (*weights.factors, biases))), found[0][0])


ROWS: Rows = (
    Row("biases-not-counted", "the biases are not counted",
        "The biases are not counted.",
        "What does a unit add to its weighted inputs?",
        "A layer has a weight for each pair of an input and a unit, and a bias for each unit.", "count", _biases,
        "line"),
    Row("weights-not-counted", "only the biases are counted",
        "Only the biases are counted; the weights are missing.",
        "What does a unit multiply its inputs by?",
        "A layer has a weight for each pair of an input and a unit, and a bias for each unit.", "count", _weights,
        "line"),
    Row("bias-per-layer", "one bias a layer",
        "You count one bias for each layer; every unit has its own.",
        "How many entries does the bias of a layer have?",
        "The bias of a layer is a vector with an entry for each unit.", "count", _one_a_layer, "line"),
    Row("bias-per-input", "the biases of the layer before",
        "You count a bias for each input of a layer, not for each of its units.",
        "Do the inputs of the network have biases?",
        "Biases belong to the units that compute; the inputs have none.", "count", _of_inputs, "line"),
    Row("bias-per-weight", "a bias for each weight",
        "You count a bias for each weight; a unit has only one.",
        "How often is a bias added in one unit?",
        "A unit adds its weighted inputs and one bias.", "count", _one_bias_a_weight, "line"),
    Row("layer-not-counted", "a layer is not counted",
        "A layer is not counted, the one with {part} weights.",
        "How many layers have weights? The inputs are none.",
        "A network with two hidden layers has three layers of weights.", "count", _left_out, "line"),
    Row("widths-added", "widths are added instead of multiplied",
        "You add widths where each input meets each unit.",
        "How many connections lead from two units to three?",
        "Every unit has a weight for every input: the widths are multiplied.", "count", _added, "line"),
)  # fmt: skip
