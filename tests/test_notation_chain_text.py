"""Chains of derivatives as they are typed: proved, refuted, or not understood where their readings differ."""

from __future__ import annotations

from functools import cache

import pytest

from derive import Network, Problem, check
from derive.checking.check import Checker
from tests import deciding


@cache
def layers(activations: str, widths: str = "n,m,p") -> Problem:
    """A network of two layers, asked for its first weights."""
    return Network(widths=widths, activations=activations, loss="bce").problem("W1")


WRITTEN = (
    ("dE/dW1 = dE/da2 * da2/dz2 * dz2/da1 * da1/dz1 * dz1/dW1", "proved"),
    ("dE/dW1 = dE/dz1 @ dz1/dW1", "proved"),
    ("dE/dW1 = -dE/dz1 @ dz1/dW1", "refuted"),
    ("dE/dW1[i,j] = dE/dz1*dz1/dW1[i,j]", "proved"),
    ("dE/dz1 = dE/dz2 @ dz2/dz1", "proved"),
    ("da1/dz1 = diag(g'(z1))", "proved"),
    ("dz2/da1 = W2", "proved"),
    ("dz2/da1 = W1", "refuted"),
    ("dz1/dW1[2,j] = x[j]*eye(m)[:,2]", "proved"),
    ("jacobian(a1, z1) = da1/dz1", "proved"),
    ("dE/dx = dE/dz1 @ dz1/dx", "proved"),
    ("G = dE/dz2 @ dz2/da1\ndE/dz1 = G * g'(z1)", "proved"),
    ("dE/dW1 = delta1 @ da1/dW1", "refuted"),
    ("dE/dW1 = dE/dz2 * dz1/dW1", "refuted"),
    ("da2/dW1 = da2/dz1 * dz1/dW1", "proved"),
    ("da2/dW1 = -da2/dz1 * dz1/dW1", "refuted"),
    ("dz1/dW1 = x", "not understood"),
    ("dz1/da1 = 1/g'(z1)", "undecided"),
)


@pytest.mark.parametrize(("answer", "expected"), WRITTEN)
def test_chains_as_text(answer: str, expected: str) -> None:
    assert deciding.check(layers("g,sigmoid"), answer).verdict == expected


TURNED = (
    "dE/dz1 = dz2/dz1.T @ dE/dz2",
    "dE/dz1.T = dE/dz2.T @ dz2/dz1",
    "dE/dz1 = (dE/dz2.T @ dz2/dz1).T",
    "dE/dz1.T = dE/dz2.T @ dz2/dz1.T",
    "dE/dW1.T = x @ delta1.T",
    "dz2/dz1 = dz2/da1 @ da1/dz1",
    "da1/dz1 + da1/dz1 = 2*diag(g'(z1))",
)


@pytest.mark.parametrize("answer", TURNED)
def test_shapes_choose_how_a_jacobian_is_laid_out(answer: str) -> None:
    assert deciding.check(layers("g,sigmoid"), answer).verdict == "proved"


def test_where_shapes_do_not_choose_the_readings_must_agree() -> None:
    checker = Checker(layers("g,sigmoid", "n,n,n"), explain=False)
    assert checker.check("dE/dz1 = dz2/dz1.T @ dE/dz2").verdict == "not understood"
    turned = checker.check("dz2/da1 = W2.T")
    assert (turned.verdict, "denominator layout" in turned.conventions[0]) == ("proved", True)
    for answer in (
        "dz2/da1 = W2",
        "da1/dz1 = diag(g'(z1))",
        "dz2/dz1 = dz2/da1 @ da1/dz1",
        "dE/dz1 = dE/dz2 @ dz2/dz1",
    ):
        assert checker.check(answer).verdict == "proved", answer
    assert checker.check("dz2/da1 = 2*W2").verdict == "refuted"


def test_long_chains_and_many_readings_cost_little() -> None:
    problem = layers("g,sigmoid", "n,n,n")
    assert check(problem, "dE/dz1" + " @ dz1/dz1" * 40 + " = dE/dz1").verdict == "proved"
    sums = "(" + " + ".join(["da1/dz1"] * 9) + ") @ (" + " + ".join(["dz1/dx"] * 9) + ")"
    assert check(problem, sums + " = 81*da1/dz1 @ dz1/dx").verdict in ("proved", "not understood")


def test_text_in_numerator_layout() -> None:
    problem = Network(widths="n,m,p", activations="g,sigmoid", loss="bce", gradient="numerator").problem("W1")
    for answer in ("dE/da1 = dE/dz2 @ W2", "grad(E, a1) = W2.T @ delta2", "dE/dz1 = dE/da1 @ da1/dz1"):
        assert check(problem, answer).verdict == "proved", answer
    assert check(problem, "dE/da1 = W2.T @ delta2").holds_when == ("denominator layout",)
