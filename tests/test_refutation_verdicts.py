"""Refutation: what is wrong is caught with a point that independent code confirms; what is right never is.

The confirmation shares nothing with the package: the network is written out once more in mpmath, its gradient is a
50-digit central difference, and each wrong answer is written a second time by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath
import pytest

from derive.equality.counterexample import Counterexample
from derive.equality.search import refute
from derive.equality.shrink import shrink
from derive.expression.nodes import Derivative, Index
from derive.expression.problem import Problem
from derive.networks.network import Network
from derive.notation import read

mpmath.mp.dps = 60
Values = dict[str, Any]
M = mpmath.matrix


def hadamard(*factors: Any) -> Any:
    return _each(lambda *xs: mpmath.fprod(xs), *factors)


def _each(f: Callable[..., Any], *ms: Any) -> Any:
    out = M(ms[0].rows, ms[0].cols)
    for i in range(out.rows):
        for j in range(out.cols):
            out[i, j] = f(*(m[i, j] for m in ms))
    return out


def sigma(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def slope(z: Any) -> Any:
    return sigma(z) * (1 - sigma(z))


def forward(v: Values) -> Values:
    """A batch through two sigmoid layers, half-squared loss, mean over examples, L2."""
    n = v["X"].cols
    ones = M([[1] * n])
    z1 = v["W1"] * v["X"] + v["b1"] * ones
    a1 = _each(sigma, z1)
    z2 = v["W2"] * a1 + v["b2"] * ones
    a2 = _each(sigma, z2)
    loss = mpmath.fsum(x**2 for x in (a2 - v["Y"])) / (2 * n)
    weights = mpmath.fsum(x**2 for name in ("W1", "W2") for x in v[name])
    lam = v["lam"][0, 0]
    d2 = _each(lambda a, y: (a - y) * a * (1 - a) / n, a2, v["Y"])
    g1 = _each(lambda a: a * (1 - a), a1)
    d1 = _each(lambda u, g: u * g, v["W2"].T * d2, g1)
    return {"n": n, "lam": lam, "z1": z1, "a1": a1, "z2": z2, "a2": a2, "d1": d1, "d2": d2, "g1": g1,
            "E": loss + lam / 2 * weights, **{k: v[k] for k in ("X", "Y", "W1", "W2", "b1", "b2")}}  # fmt: skip


def difference_quotient(values: Values, name: str, i: int, j: int) -> Any:
    step = mpmath.mpf(10) ** -18
    ends = []
    for sign in (1, -1):
        moved = {k: m.copy() for k, m in values.items()}
        moved[name][i, j] += sign * step
        ends.append(forward(moved)["E"])
    return (ends[0] - ends[1]) / (2 * step)


def exact(text: str) -> Any:
    p, _, q = text.partition("/")
    return mpmath.mpf(int(p)) / int(q or 1)


def number(text: str) -> Any:
    return exact(text) if "±" not in text and "." not in text else mpmath.mpf(text.split(" ")[0])


WRONG: dict[str, tuple[str, Callable[[Values], Any]]] = {
    "2*lam": ("delta1@X.T + 2*lam*W1", lambda v: v["d1"] * v["X"].T + 2 * v["lam"] * v["W1"]),
    "half lam": ("delta1@X.T + lam*W1/2", lambda v: v["d1"] * v["X"].T + v["lam"] * v["W1"] / 2),
    "no regulariser": ("delta1@X.T", lambda v: v["d1"] * v["X"].T),
    "regulariser over N": ("delta1@X.T + lam/N*W1", lambda v: v["d1"] * v["X"].T + v["lam"] / v["n"] * v["W1"]),
    "sign of regulariser": ("delta1@X.T - lam*W1", lambda v: v["d1"] * v["X"].T - v["lam"] * v["W1"]),
    "sign": ("-delta1@X.T + lam*W1", lambda v: -v["d1"] * v["X"].T + v["lam"] * v["W1"]),
    "missing mean": ("N*delta1@X.T + lam*W1", lambda v: v["n"] * v["d1"] * v["X"].T + v["lam"] * v["W1"]),
    "mean twice": ("delta1@X.T/N + lam*W1", lambda v: v["d1"] * v["X"].T / v["n"] + v["lam"] * v["W1"]),
    "no activation derivative": ("(W2.T@delta2)@X.T + lam*W1",
                                 lambda v: v["W2"].T * v["d2"] * v["X"].T + v["lam"] * v["W1"]),
    "g for g'": ("((W2.T@delta2)*A1)@X.T + lam*W1",
                 lambda v: hadamard(v["W2"].T * v["d2"], v["a1"]) * v["X"].T + v["lam"] * v["W1"]),
    "g' of the activation": ("((W2.T@delta2)*sigmoid'(A1))@X.T + lam*W1",
                             lambda v: hadamard(v["W2"].T * v["d2"], _each(slope, v["a1"]))
                             * v["X"].T + v["lam"] * v["W1"]),
    "1 + a": ("((W2.T@delta2)*A1*(1+A1))@X.T + lam*W1",
              lambda v: hadamard(v["W2"].T * v["d2"], v["a1"], _each(lambda a: 1 + a, v["a1"])) * v["X"].T
              + v["lam"] * v["W1"]),
    "output derivative forgotten": ("((W2.T@(A2-Y)/N)*A1*(1-A1))@X.T + lam*W1",
                                    lambda v: hadamard(v["W2"].T * (v["a2"] - v["Y"]) / v["n"], v["g1"]) * v["X"].T
                                    + v["lam"] * v["W1"]),
    "factor 2 of a square": ("2*delta1@X.T + lam*W1", lambda v: 2 * v["d1"] * v["X"].T + v["lam"] * v["W1"]),
    "lam for lam W": ("delta1@X.T + lam", lambda v: _each(lambda x: x + v["lam"], v["d1"] * v["X"].T)),
    "a constant added": ("delta1@X.T + lam*W1 + 1/10**9",
                         lambda v: _each(lambda x: x + mpmath.mpf(10) ** -9, v["d1"] * v["X"].T + v["lam"] * v["W1"])),
    "a relative 1e-9": ("(1+1/10**9)*delta1@X.T + lam*W1",
                        lambda v: (1 + mpmath.mpf(10) ** -9) * v["d1"] * v["X"].T + v["lam"] * v["W1"]),
    "one unit wrong": ("delta1@X.T + lam*W1 + diag(eye(n1)[:,2])@delta1@X.T",
                       lambda v: v["d1"] * v["X"].T + v["lam"] * v["W1"]
                       + mpmath.diag([int(k == 1) for k in range(v["d1"].rows)]) * v["d1"] * v["X"].T),
    "only the first example": ("delta1[:,1]@X[:,1].T + lam*W1",
                               lambda v: M([[v["d1"][k, 0]] for k in range(v["d1"].rows)])
                               * M([[v["X"][k, 0] for k in range(v["X"].rows)]]) + v["lam"] * v["W1"]),
    "only where z is large": ("(delta1 + (Z1 > 20))@X.T + lam*W1",
                              lambda v: (v["d1"] + _each(lambda z: mpmath.mpf(z > 20), v["z1"])) * v["X"].T
                              + v["lam"] * v["W1"]),
    "only for negative z": ("(delta1*(1 + (Z1 < 0)))@X.T + lam*W1",
                            lambda v: hadamard(v["d1"], _each(lambda z: 1 + mpmath.mpf(z < 0), v["z1"])) * v["X"].T
                            + v["lam"] * v["W1"]),
    "biases as weights": ("delta1@X.T + lam*W1 + lam*b1@ones(n0,1).T",
                          lambda v: v["d1"] * v["X"].T + v["lam"] * v["W1"]
                          + v["lam"] * v["b1"] * M([[1] * v["X"].rows])),
}  # fmt: skip

NETWORK = Network(widths="n0,n1,n2", activations="sigmoid", loss="half-squared", batch="N", l2="lam/2")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return NETWORK.problem("W1")


def gradient_of(problem: Problem) -> Derivative:
    assert problem.question.objective is not None
    assert problem.question.wrt is not None
    return Derivative(problem.question.objective, problem.question.wrt)


def confirm(found: Counterexample, yours: Callable[[Values], Any]) -> None:
    values = {name: M([[exact(x) for x in row] for row in rows]) for name, rows in found.values.items()}
    assert values["X"].rows == found.sizes["n0"]
    assert values["X"].cols == found.sizes["N"]
    i, j = found.entry[0] - 1, found.entry[1] - 1
    mine, right = yours(forward(values))[i, j], difference_quotient(values, "W1", i, j)
    assert abs(mine - right) > mpmath.mpf(10) ** -20 * (1 + abs(right)), "the point does not tell them apart"
    for written, value in ((found.yours, mine), (found.expected, right)):
        tolerance = mpmath.mpf(10) ** -25 + (mpmath.mpf(written.split("± ")[1]) if "±" in written else 0)
        assert abs(number(written) - value) <= tolerance * (1 + abs(value))


@pytest.mark.parametrize("slip", WRONG)
def test_a_wrong_answer_is_refuted_and_independent_code_agrees(slip: str, problem: Problem) -> None:
    answer, yours = WRONG[slip]
    found = refute(read(answer, problem.scope), gradient_of(problem), problem)
    assert found is not None
    assert not found.at_kink
    assert found.confirmed_by == "dual numbers"
    confirm(found, yours)


@pytest.mark.parametrize("slip", WRONG)
def test_a_shrunk_counterexample_still_differs_and_is_small(slip: str, problem: Problem) -> None:
    answer, yours = WRONG[slip]
    found = refute(read(answer, problem.scope), gradient_of(problem), problem)
    assert found is not None
    small = shrink(found)
    confirm(small, yours)
    assert set(small.sizes) == {"n0", "n1", "n2", "N"}
    assert all(2 <= small.sizes[n] <= max(2, found.sizes[n]) for n in small.sizes)
    entries = [abs(exact(x)) for rows in small.values.values() for row in rows for x in row]
    assert sum(x not in (0, 1, 2) for x in entries) <= 3


RIGHT = (
    "delta1@X.T + lam*W1",
    "W1*lam + delta1@X.T",
    "((W2.T@delta2)*A1*(1-A1))@X.T + lam*W1",
    "((W2.T@delta2)*(A1 - A1**2))@X.T + lam*W1",
    "((W2.T@((A2-Y)*A2*(1-A2)))*A1*(1-A1))@X.T/N + lam*W1",
    "(X@((W2.T@delta2)*sigmoid'(Z1)).T).T + lam*W1",
    "((W2.T@delta2)*exp(-Z1)/(1+exp(-Z1))**2)@X.T + lam*W1",
    "((W2.T@delta2)/(2+2*cosh(Z1)))@X.T + lam*W1",
    "((W2.T@delta2)*(1-tanh(Z1/2)**2)/4)@X.T + lam*W1",
    "grad(E, W1)",
    "sum(delta1[:,k]@X[:,k].T, k) + lam*W1",
    "-((-delta1)@X.T - lam*W1)",
    "diag(ones(n1,1))@delta1@X.T + lam*W1",
)


@pytest.mark.parametrize("answer", RIGHT)
def test_a_right_answer_in_strange_clothes_is_never_refuted(answer: str, problem: Problem) -> None:
    scope = replace(problem.scope, indices={"k": Index("k", problem.scope.sizes["N"])})
    assert refute(read(answer, scope), gradient_of(problem), problem) is None
    assert refute(read(answer, scope), read(RIGHT[3], scope), problem, reference=gradient_of(problem)) is None
