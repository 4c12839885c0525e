"""Problems with right answers: those made by hand (`hand_made.toml`), and a sample of networks.

The networks' answers are taken from `derive` itself; both kinds are confirmed by differences of high precision
(`benchmarks.evaluation`) before a campaign uses them.
"""

from __future__ import annotations

import itertools
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from derive.differentiation.gradient import gradient
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.networks.network import Network
from derive.notation import read
from derive.problems import from_table

_FILE = Path(__file__).parent / "hand_made.toml"

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu", "identity")
LOSSES: tuple[tuple[str, str], ...] = (
    ("half-squared", "identity"), ("half-squared", "sigmoid"), ("squared", "identity"), ("mse", "identity"),
    ("bce", "sigmoid"), ("softmax-ce", "identity"), ("logistic", "identity"),
)  # fmt: skip
"""Losses with the activation of the output layer."""


@dataclass(frozen=True)
class Case:
    """A problem with a right answer.

    formulas  what the names of gradients are; names that have none are not replaced in rewrites
    """

    name: str
    problem: Problem
    answer: Expression
    formulas: Mapping[Tensor, Expression] = field(default_factory=dict)


def hand_made() -> list[Case]:
    """The problems of `hand_made.toml`, in the order of the file."""
    return list(_hand_made())


@cache
def _hand_made() -> tuple[Case, ...]:
    with _FILE.open("rb") as file:
        return tuple(_case(table) for table in tomllib.load(file)["problem"])


def _case(table: dict[str, Any]) -> Case:
    own = {key: table.pop(key) for key in ("name", "answer", "formulas") if key in table}
    problem = from_table(table)
    formulas: dict[Tensor, Expression] = {}
    for name, formula in own.get("formulas", {}).items():
        target = read(name, problem.scope)
        assert isinstance(target, Tensor)
        formulas[target] = read(formula, problem.scope)
    return Case(own["name"], problem, read(own["answer"], problem.scope), formulas)


def networks(count: int, seed: int = 0) -> list[Case]:
    """A seeded sample of activations × losses × layouts × regularisers × bias × depth, every activation and loss."""
    rng = random.Random(seed)
    pairs = list(itertools.product(ACTIVATIONS, LOSSES))
    rng.shuffle(pairs)
    pairs.sort(key=lambda pair: ACTIVATIONS.index(pair[0]) - LOSSES.index(pair[1]) % len(ACTIVATIONS))
    spread = [pairs[k * len(pairs) // max(count, 1) % len(pairs)] for k in range(count)]
    return [_network(rng, activation, loss) for activation, loss in spread]


def _network(rng: random.Random, activation: str, loss: tuple[str, str]) -> Case:
    depth = rng.choice((1, 2, 2, 3))
    regulariser = rng.choice((None, "l1", "l2"))
    options: dict[str, Any] = {
        "widths": tuple(f"n{k}" for k in range(depth)) + ((1,) if loss[0] == "logistic" else (f"n{depth}",)),
        "activations": (activation,) * (depth - 1) + (loss[1],),
        "loss": loss[0],
        "batch": rng.choice(("N", "N", None)),
        "layout": rng.choice(("column", "row")),
        "bias": rng.random() < 0.7,
    }
    if regulariser:
        options[regulariser] = "lam" if regulariser == "l1" else "lam/2"
    wrt = rng.choice(("W1", "W1", f"W{depth}", "b1" if options["bias"] else "W1"))
    problem = Network(**options).problem(wrt)
    name = ", ".join(str(v) for v in (*options["activations"], loss[0], options["layout"], regulariser, wrt) if v)
    derivation = gradient(problem, wrt)
    formulas = {stage.name: stage.result for stage in derivation.stages if stage.name in problem.gradients}
    return Case(name, problem, derivation.result, {k: v for k, v in formulas.items() if k is not None})
