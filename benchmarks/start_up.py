"""What a command costs from start to end, as processor time of the whole process: `python -m benchmarks.start_up`."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import resource
import shlex
import statistics
import subprocess
import sys

from benchmarks.running import RESULTS

RUNS = 7
IMPORT = "import sympy"
COMMANDS = (
    "--help",
    "list losses",
    "check --widths 2,3,1 --activations f 'dE/dW2 = delta2 @ a1.T'",
    "check --widths 2,3,1 --activations f 'dE/dW2 = 2*delta2 @ a1.T'",
    "check 'grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)'",
    "show --widths n0,n1,n2 --batch N --wrt W1",
    "compare --widths 2,3,1 --activations tanh,identity",
    "notes --no-cache examples/notes/linear_regression.md",
)


def processor_time(command: list[str]) -> float:
    """Seconds of a process and its children, in the middle of some runs."""
    found = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(found)


def main() -> None:
    """Measure, and write the table."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("sympy", "click", "python-flint"))
    lines = [
        "# Start-up",
        "",
        f"`python -m benchmarks.start_up`, {datetime.date.today()}; Python {platform.python_version()}, {versions}.",
        f"Processor time in seconds, median of {RUNS} runs, files of byte code there.",
        "",
        "| command | s |",
        "|---|---:|",
        f"| only `{IMPORT}` | {processor_time([sys.executable, '-c', IMPORT]):.2f} |",
    ]
    for command in COMMANDS:
        seconds = processor_time([sys.executable, "-m", "cli", *shlex.split(command)])
        lines.append(f"| `derive {command}` | {seconds:.2f} |")
    (RESULTS / "start_up.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
