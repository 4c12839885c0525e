"""The compiled gradient against a hand-written backprop: interleaved rounds, medians, ratio.

    python -m benchmarks.lambdify_vs_handwritten [--rounds 31] [--write]

With --write the table goes to benchmarks/results/lambdify.md. Exit code 1 if a ratio is above 1.1.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from benchmarks.handwritten import relu_softmax, sigmoid_squares
from derive.differentiation.gradient import gradient_definitions, gradients
from derive.networks.network import Network
from numeric.compile import compile_expressions

LIMIT = 1.1
RESULTS = Path(__file__).parent / "results" / "lambdify.md"

Function = Callable[[dict[str, Any]], dict[str, Any]]

CASES: tuple[tuple[str, str, str, Function, tuple[int, int, int], int], ...] = (
    ("2-3-1", "sigmoid", "half-squared", sigmoid_squares, (2, 3, 1), 64),
    ("784-128-10", "sigmoid", "half-squared", sigmoid_squares, (784, 128, 10), 64),
    ("784-128-10", "sigmoid", "half-squared", sigmoid_squares, (784, 128, 10), 1024),
    ("784-128-10", "relu,softmax", "softmax-ce", relu_softmax, (784, 128, 10), 64),
    ("784-128-10", "relu,softmax", "softmax-ce", relu_softmax, (784, 128, 10), 1024),
)


def compiled(activations: str, loss: str) -> Function:
    """E and all gradients of a two-layer network with symbolic sizes, from derivations."""
    network = Network(("n0", "n1", "n2"), activations, loss, batch="N", l2="lam/2")
    problem = network.problem()
    derivations = gradients(problem, [p.name for p in network.parameters])
    names = {name: value for d in derivations.values() for name, value in gradient_definitions(d)}
    outputs = {"E": problem.scope.tensors["E"], **{name: d.result for name, d in derivations.items()}}
    return compile_expressions(problem, outputs, tuple(names.items()))


def point(widths: tuple[int, int, int], batch: int) -> dict[str, Any]:
    """Weights as at the start of training, one-hot targets."""
    rng = np.random.default_rng(20)
    n0, n1, n2 = widths
    return {
        "X": rng.random((n0, batch)),
        "Y": np.eye(n2)[:, rng.integers(0, n2, batch)],
        "W1": rng.normal(size=(n1, n0)) / np.sqrt(n0),
        "b1": np.zeros((n1, 1)),
        "W2": rng.normal(size=(n2, n1)) / np.sqrt(n1),
        "b2": np.zeros((n2, 1)),
        "lam": 1e-3,
    }


def seconds(function: Function, values: dict[str, Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function(values)
    return (time.perf_counter() - start) / calls


def race(ours: Function, theirs: Function, values: dict[str, Any], rounds: int) -> tuple[float, float]:
    """Median seconds of both; they take turns, and which one starts changes from round to round."""
    for name, value in theirs(values).items():
        assert np.allclose(ours(values)[name], value, rtol=1e-9, atol=1e-12), name
    calls = max(1, int(0.03 / seconds(theirs, values, 3)))
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for who in (0, 1) if turn % 2 else (1, 0):
            times[who].append(seconds((ours, theirs)[who], values, calls))
    return statistics.median(times[0]), statistics.median(times[1])


def report(rounds: int) -> tuple[str, float]:
    lines = ["| network | activations | batch | compiled | hand-written | ratio |", "|---|---|---|---|---|---|"]
    worst = 0.0
    for name, activations, loss, theirs, widths, batch in CASES:
        ours, other = race(compiled(activations, loss), theirs, point(widths, batch), rounds)
        worst = max(worst, ours / other)
        lines.append(f"| {name} | {activations} | {batch} | {ours * 1e6:.1f} µs | {other * 1e6:.1f} µs "
                     f"| {ours / other:.3f} |")  # fmt: skip
    return "\n".join(lines), worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    table, worst = report(max(15, options.rounds))
    print(table)
    if options.write:
        RESULTS.write_text(
            "# Compiled gradients against a hand-written backprop\n\n"
            f"`OPENBLAS_NUM_THREADS=1 python -m benchmarks.lambdify_vs_handwritten --rounds {options.rounds} --write`, "
            f"{date.today()}; "
            f"Python {platform.python_version()}, NumPy {np.__version__}, SymPy {sympy.__version__}. "
            "Interleaved rounds, medians; E and all gradients, with λ/2 Σ‖W‖².\n\n"
            f"{table}\n\nWorst ratio {worst:.3f}; accepted up to {LIMIT}.\n",
            encoding="utf-8",
        )
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
