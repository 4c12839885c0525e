"""Formulas that would take for ever end with a verdict: budgets count steps, the clock is a net below them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from derive.checking.check import check
from derive.deadline import glance, look, within
from derive.equality.choices import Choices, Unfit
from derive.equality.polynomials import Polynomials
from derive.equality.prove import Prover
from derive.errors import LimitError
from derive.expression.nodes import scalar
from derive.problems import from_table
from tests.pace import at_most

SCALARS = from_table(
    {"shapes": {"s": [], "t": [], "p": []}, "assume": {"positive": ["p"]},
     "question": {"objective": "log(1 + exp(s*t)) + abs(s)", "wrt": "s"}}
)  # fmt: skip
LAYERS = from_table(
    {"shapes": {"x": ["n"], "y": ["n"], "A": ["n", "n"], "B": ["n", "n"]},
     "define": {"z": "A @ x", "a": "sigmoid(z)", "h": "relu(B @ a)"},
     "question": {"objective": "1/2*sum((h - y)**2)", "wrt": "x"}}
)  # fmt: skip

HOSTILE = (
    "exp(" * 20 + "log(p)" + ")" * 20,
    "sqrt(" * 80 + "s**2" + "+t**2)" * 80,
    "abs(" * 14 + "s" + "-t)" * 14,
    "(s+t+p)**64",
    "*".join(f"(s+{i}*t)" for i in range(60)),
    "relu(" * 12 + "s" + "+t)" * 12,
    "(" * 40 + "s" + "+1)**(-1)" * 40,
    "/".join(f"(s+{i})" for i in range(1, 40)),
    "10**10**9*s",
    "f'" + "(s)",
)


@pytest.mark.parametrize("answer", HOSTILE)
def test_a_hostile_answer_gets_a_verdict_in_time(answer: str) -> None:
    with at_most(5):
        verdict = check(SCALARS, answer)
    assert verdict.verdict in ("refuted", "undecided", "not understood")


@pytest.mark.parametrize("answer", ["@".join(["(A+B)"] * 10) + " @ x", "*".join(["(x+y)"] * 30)])
def test_a_hostile_product_of_sums_gets_a_verdict_in_time(answer: str) -> None:
    with at_most(5):
        assert check(LAYERS, answer).verdict in ("refuted", "undecided")


def test_time_that_is_up_is_said_and_a_block_inside_gains_none() -> None:
    look()
    with within(-1.0), within(100.0), pytest.raises(LimitError) as caught:
        look()
    assert caught.value.code == "E-TIME"
    look()


@pytest.mark.parametrize("earlier", range(17))
def test_a_proof_looks_at_the_clock_whatever_ran_before(earlier: int) -> None:
    s, t = scalar("s"), scalar("t")
    for _ in range(earlier):
        glance()
    with within(-1.0), pytest.raises(LimitError, match="not decided within"):
        Prover().equal((s + t) ** 2, s**2 + 2 * s * t + t**2)


def test_polynomials_that_would_fill_the_memory_are_not_multiplied() -> None:
    ring, rng = Polynomials(Choices()), random.Random(0)
    unknowns = [ring.fresh() for _ in range(6)]

    def grown(x: Any, y: Any) -> None:
        for _ in range(40):
            x, y = x * rng.choice(unknowns) + rng.choice(unknowns), y * rng.choice(unknowns) + x * x

    with pytest.raises(Unfit):
        grown(unknowns[0], unknowns[0])
