"""Counting the parameters of a network."""

from __future__ import annotations

from derive.errors import UsageError
from derive.exercises.fact import Computed, Fact
from derive.expression.nodes import Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import shape_text, size_text
from derive.networks import Network


def parameters(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """All weights and biases."""
    if network is None:
        raise UsageError("Only the parameters of a network can be counted.", suggestion="Write a section [network].")
    return _counted(network.parameters, "all together")


def layer(given: dict[str, str], problem: Problem, network: Network | None) -> Computed:
    """The weights and biases of one layer."""
    if network is None:
        raise UsageError("Only the parameters of a network can be counted.", suggestion="Write a section [network].")
    return _counted(tuple(p for p in network.parameters if p.name.endswith(given["layer"])), "the layer")


def _counted(found: tuple[Tensor, ...], whole: str) -> Computed:
    """The numbers of entries, added: rows times columns of a matrix, rows of a bias."""
    facts = tuple(Fact(f"`{p.name}`, {shape_text(p.shape)}", _entries(p), "one parameter an entry") for p in found)
    total = " + ".join(fact.value for fact in facts)
    entries = sum(p.shape[0] * p.shape[1] for p in found)
    return Computed(total, (*facts, Fact(whole, size_text(entries), "the numbers of entries, added")))


def _entries(parameter: Tensor) -> str:
    sides = [size_text(side) for side in parameter.shape if side != 1 or not parameter.name.startswith("b")]
    return "*".join(sides) or "1"
