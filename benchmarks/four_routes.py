"""All four routes on every network of the product: activations × losses × layouts × regularisers × bias × depth.

    python -m benchmarks.four_routes [--processes 2] [--state FILE] [--every K]

One JSON line a network is appended to the state file, and networks that are in it are not run again: an interrupted
campaign goes on where it stopped. The summary is written to benchmarks/results/four_routes.md. Exit code 1 if any row
fails: entries must be exactly equal, backprop within 1e-12 and central differences within 1e-6 of max|Δ|/max|g|, and
every route within its own tolerance at ordinary and saturated points.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import flint
import numpy as np
import sympy

from derive.differentiation.gradient import gradient_definitions, gradients
from derive.networks.network import Network
from numeric.compare import compare
from numeric.comparison import Comparison

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "four_routes.md"
STATE = HERE.parent / "build" / "four_routes.jsonl"

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu", "identity")
LOSSES = (
    ("half-squared", "identity"),
    ("half-squared", "sigmoid"),
    ("squared", "identity"),
    ("mse", "identity"),
    ("bce", "sigmoid"),
    ("softmax-ce", "softmax"),
    ("logistic", "identity"),
)
REGULARISERS: Mapping[str, Mapping[str, str]] = {"none": {}, "l1": {"l1": "lam"}, "l2": {"l2": "lam/2"}}
LIMITS = {"entries": 0.0, "backprop": 1e-12, "complex step": 1e-12, "central differences": 1e-6}

Options = dict[str, Any]


def networks() -> Iterator[Options]:
    """The options of every network. With one layer the activation takes the place of a linear output."""
    for hidden, (loss, output), layout, reg, bias, depth in itertools.product(
        HIDDEN, LOSSES, ("column", "row"), REGULARISERS, (True, False), (1, 2, 3)
    ):
        if depth == 1 and loss in ("squared", "mse", "half-squared") and output == "identity":
            output = hidden
        last = "1" if loss == "logistic" else f"n{depth}"
        widths = [*(f"n{k}" for k in range(depth)), last]
        yield {
            "widths": ",".join(widths), "activations": ",".join([hidden] * (depth - 1) + [output]), "loss": loss,
            "layout": layout, "bias": bias, "batch": "N", **REGULARISERS[reg],
        }  # fmt: skip


def name_of(options: Options) -> str:
    """One line that names a network: the options that produce it."""
    words = [f"--{k} {v}" for k, v in options.items() if k != "bias"]
    return " ".join([*words, *([] if options["bias"] else ["--no-bias"])])


def run(options: Options) -> dict[str, Any]:
    """Compare the derived gradients of one network; what is kept of it in the state file."""
    start = time.perf_counter()
    network = Network(**options)
    derivations = gradients(network.problem(), [p.name for p in network.parameters])
    names = {name: value for d in derivations.values() for name, value in gradient_definitions(d)}
    report = compare(network, {name: d.result for name, d in derivations.items()}, tuple(names.items()))
    return {
        "network": name_of(options),
        "agrees": report.agrees,
        "worst": {route: largest(report, route) for route in LIMITS},
        "rows": len(report.rows),
        "undecided": sum(row.agrees is None for row in report.rows),
        "failing": failing(report),
        "seconds": round(time.perf_counter() - start, 2),
    }


def largest(report: Comparison, route: str) -> float:
    """The largest max|Δ|/max|g| of any gradient; at ordinary points, where all digits are there to be compared."""
    rows = [row for row in report.rows if row.route == route and row.agrees is not None]
    return max((row.relative for row in rows if row.point in ("ordinary", "any")), default=0.0)


def failing(report: Comparison) -> list[str]:
    wrong = [
        f"{row.parameter} {row.route} {row.part} {row.point}: {row.error:.1e} (allowed {row.tolerance:.1e})"
        for row in report.disagreements
    ]
    wrong += [
        f"{row.parameter} {row.route}: {row.note}"
        for row in report.rows
        if row.route == "entries" and row.agrees is None
    ]
    wrong += [f"{route}: {largest(report, route):.1e}" for route, limit in LIMITS.items()
              if largest(report, route) > limit]  # fmt: skip
    confirmed = {(row.parameter, row.route) for row in report.rows if row.agrees}
    return wrong + [f"{p} {r}: nothing compared" for p in report.parameters for r in LIMITS if (p, r) not in confirmed]


def finished(state: Path) -> dict[str, dict[str, Any]]:
    if not state.exists():
        return {}
    lines = [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()]
    return {line["network"]: line for line in lines}


def campaign(state: Path, processes: int, every: int) -> dict[str, dict[str, Any]]:
    """Run what the state file lacks; all results by network."""
    done = finished(state)
    chosen = list({name_of(o): o for o in networks()}.values())[::every]
    left = [o for o in chosen if name_of(o) not in done]
    state.parent.mkdir(parents=True, exist_ok=True)
    with state.open("a", encoding="utf-8") as out, multiprocessing.get_context("spawn").Pool(processes) as pool:
        for k, result in enumerate(pool.imap_unordered(run, left), start=1):
            out.write(json.dumps(result) + "\n")
            out.flush()
            done[result["network"]] = result
            if k % 50 == 0 or result["failing"]:
                print(f"{k}/{len(left)} {result['network']} {result['failing'] or ''}", file=sys.stderr)
    return {name_of(o): done[name_of(o)] for o in chosen}


def summary(results: Mapping[str, Mapping[str, Any]], command: str) -> str:
    wrong = {name: r for name, r in results.items() if r["failing"] or not r["agrees"]}
    lines = [
        "# Four routes on every network",
        "",
        f"`{command}`, {date.today()}; Python {platform.python_version()}, NumPy {np.__version__}, "
        f"SymPy {sympy.__version__}, python-flint {flint.__version__}.",
        "",
        f"{len(results)} networks: {{{', '.join(HIDDEN)}}} hidden × {{half-squared with identity or sigmoid output, "
        "squared, mse, bce, softmax-ce, logistic} × {column, row} × {none, L1, L2} × {with, without bias} × depth 1–3, "
        "with symbolic widths and batch (networks that come out the same are run once).",
        "",
        f"- networks on which all routes agree: **{len(results) - len(wrong)}** of {len(results)}",
        f"- comparisons: {sum(r['rows'] for r in results.values())}, of which undecided "
        f"{sum(r['undecided'] for r in results.values())} (each is said with its reason)",
        f"- processor time: {sum(r['seconds'] for r in results.values()) / 60:.0f} minutes",
        "",
        "Largest max|Δ|/max|g| of any gradient, data term and regulariser each on its own scale, at ordinary points; "
        "at wide and saturated points every row is held to its rounding bound.",
        "",
        "| route | worst | accepted | where |",
        "|---|---|---|---|",
    ]
    for route, limit in LIMITS.items():
        name, worst = max(results.items(), key=lambda item: item[1]["worst"][route])
        found = worst["worst"][route]
        shown = ("exactly equal", "") if found == 0.0 else (f"{found:.1e}", name)
        accepted = "exactly equal" if limit == 0.0 else f"{limit:.0e}"
        lines.append(f"| {route} | {shown[0]} | {accepted} | {shown[1]} |")
    lines += ["", "## Failing rows", ""]
    lines += [f"- `{name}`: {'; '.join(r['failing'])}" for name, r in wrong.items()] or ["None."]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--state", type=Path, default=STATE)
    parser.add_argument("--every", type=int, default=1, help="only every K-th network; nothing is written to results")
    options = parser.parse_args()
    results = campaign(options.state, options.processes, options.every)
    text = summary(results, "python -m benchmarks.four_routes")
    if options.every == 1:
        RESULTS.write_text(text, encoding="utf-8")
    print(text)
    return 1 if any(r["failing"] or not r["agrees"] for r in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
