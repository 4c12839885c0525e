"""read(text(e)) == e for every expression, and reading is stable under writing."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from derive.expression.nodes import NODES, Expression
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.expression.traverse import walk
from derive.networks.network import Network
from derive.notation import read
from tests.expressions import SCOPE, SHAPES, random_expression

COUNT = 1500


def samples(odd: bool) -> list[Expression]:
    rng = random.Random(20261122 + odd)
    return [random_expression(rng, SCOPE, rng.choice(SHAPES), rng.randint(2, 5), odd=odd) for _ in range(COUNT)]


@pytest.mark.parametrize("odd", [False, True])
def test_what_is_written_reads_back_as_the_same_expression(odd: bool) -> None:
    for e in samples(odd):
        assert read(text(e), SCOPE) == e, text(e)


def test_random_expressions_have_shapes_and_use_every_node() -> None:
    seen: Counter[type[Expression]] = Counter()
    for e in samples(odd=False):
        shape(e)
        seen.update(type(part) for part in walk(e))
    assert set(seen) == set(NODES)
    assert min(seen.values()) >= 20


@pytest.mark.parametrize(
    "network",
    [
        Network(widths=("n0", "n1", "n2"), activations="sigmoid", loss="half-squared", batch="N", l2="lam/2"),
        Network(widths=(2, 3, 1), activations=("relu", "sigmoid"), loss="bce", batch=4),
        Network(widths=("n0", "n1", "n2"), activations=("leaky_relu", "softmax"), loss="softmax-ce", layout="row"),
        Network(widths="n0,...,nL", activations="tanh", loss="half-squared", batch="N", l1="lam"),
    ],
)
def test_the_definitions_of_a_network_read_back_in_its_scope(network: Network) -> None:
    problem = network.problem()
    for definition in problem.definitions:
        assert read(text(definition.value), problem.scope) == definition.value
