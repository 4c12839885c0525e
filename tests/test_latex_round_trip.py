"""What is written as LaTeX is read back as the same formula, for every kind of node."""

from __future__ import annotations

from collections import Counter

from derive.expression.nodes import NODES
from derive.expression.traverse import walk
from derive.networks.network import Network
from derive.notation.latex import LatexReader
from derive.writing.latex import latex
from tests.round_trips import latex_back, samples


def test_what_is_written_as_latex_reads_back_as_an_equal_formula() -> None:
    outcomes = Counter(latex_back(e) for e in samples(700, 1))
    failed = sum(count for outcome, count in outcomes.items() if outcome not in ("same", "equal"))
    assert outcomes["same"] > 350
    assert failed == 0, outcomes


def test_every_kind_of_node_takes_part() -> None:
    assert {type(part) for e in samples(700, 1) for part in walk(e)} == set(NODES)


def test_the_definitions_of_a_network_read_back_in_its_scope() -> None:
    networks = (
        Network(widths=("n0", "n1", "n2"), activations="sigmoid", loss="half-squared", batch="N", l2="lam/2"),
        Network(widths=(2, 3, 1), activations=("relu", "sigmoid"), loss="bce"),
        Network(widths="n0,...,nL", activations="tanh", loss="half-squared"),
    )
    for network in networks:
        problem = network.problem()
        reader = LatexReader(problem.scope, problem=problem)
        for definition in problem.definitions:
            written = f"{latex(definition.target)} = {latex(definition.value)}"
            line = reader.answer(written).lines[0]
            assert line.expressions[0] == definition.target, written
            assert not line.readings, written
