"""Grading ten thousand answers, half of them distinct, ten at the limit; then again while processes are killed.

    python -m benchmarks.grading [--rows 10000] [--jobs 2] [--write]

With --write the table goes to benchmarks/results/grading.md. Exit code 1 if the processor time is above what two idle
processors give in 90 seconds, or if the second run writes other bytes than the first. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import flint
import sympy

SECONDS = 90
PROCESSORS = 2
AT_THE_LIMIT = 10
KILLS = 10
RESULTS = Path(__file__).parent / "results" / "grading.md"

Json = dict[str, Any]

REGULARISED = {
    "shapes": {"W": ["n", "m"], "A": ["m", "N"], "D": ["n", "N"], "lam": []},
    "question": {"objective": "1/N*sum(D*(W@A)) + lam/2*sum(W**2)", "wrt": "W"},
}

PROBLEMS: tuple[tuple[Json, tuple[str, ...]], ...] = (
    ({"network": {"widths": "n0,n1,n2", "activations": "sigmoid", "batch": "N"}, "question": {"wrt": "W2"}},
     ("delta2@A1.T", "1/N*((A2-Y)*A2*(1-A2))@A1.T", "(delta2.T).T@A1.T", "(A2-Y)*A2*(1-A2)@A1.T/N")),
    ({"network": {"widths": "n0,n1,n2", "activations": "f", "batch": "N"}, "question": {"wrt": "b1"}},
     ("sum(delta1, axis=1)", "sum((W2.T@delta2)*f'(Z1), axis=1)", "delta1@ones(N,1)")),
    ({"network": {"widths": "2,3,1", "activations": "relu,identity"}, "question": {"wrt": "W1"}},
     ("delta1@x.T", "((W2.T@delta2)*(z1 > 0))@x.T", "(W2.T@(a2-y)*(z1 > 0))@x.T")),
    ({"network": {"widths": ["n0", "n1", "n2"], "activations": ["tanh", "softmax"], "loss": "softmax-ce"},
      "question": {"wrt": "W2"}},
     ("(a2-y)@a1.T", "delta2@a1.T", "a2@a1.T - y@a1.T")),
    (REGULARISED, ("1/N*D@A.T + lam*W", "(D@A.T + N*lam*W)/N", "lam*W + (D/N)@A.T")),
    ({"shapes": {"A": ["n", "m"], "x": ["m"], "y": ["n"]},
      "question": {"objective": "norm(A@x - y)**2", "wrt": "x"}},
     ("2*A.T@(A@x-y)", "2*A.T@A@x - 2*A.T@y", "-2*A.T@(y-A@x)")),
)  # fmt: skip
"""Problems, each with right answers; the others are made from them."""

_QUOTIENT = "(sum(A)+sum(D)+sum(W)+lam+trace(D.T@D))**{0}/(sum(W)+sum(A)+sum(D)+lam+trace(D@D.T))**{0}"
"""Equal to 1, which takes seconds to find out."""


def changed(right: str, rng: random.Random) -> str:
    """An answer as people give them: right in other words, wrong in a factor or a term, or not to be read."""
    k = rng.randrange(2, 10_000)
    forms = (
        f"{k}*({right})/{k}", f"({right})*({k}/{k + 1} + 1/{k + 1})", f"({right}) + {k}*({right}) - {k}*({right})",
        f"{k}/{k + 1}*({right})", f"-{k}*({right})", f"({right}) + 1e-{k % 9 + 1}*{k}", f"({right})/N*{k}",
        f"(({right}).T)*{k}", f"({right})**{k % 3 + 2}/{k}", f"{k}*({right}", f"exp(-{k})*({right})",
    )  # fmt: skip
    return rng.choice(forms)


def heavy(exponent: int) -> str:
    """An answer of four lines that takes several times as long as it may."""
    return ";".join(f"(1/N*D@A.T+lam*W)*{_QUOTIENT.format(n)}" for n in range(exponent, exponent + 4))


def answers(count: int, rng: random.Random) -> list[Json]:
    """Rows in random order, half of them distinct."""
    distinct: dict[tuple[int, str], None] = {(4, heavy(20 + 4 * k)): None for k in range(AT_THE_LIMIT)}
    while len(distinct) < count // 2:
        number = rng.randrange(len(PROBLEMS))
        distinct[number, changed(rng.choice(PROBLEMS[number][1]), rng)] = None
    chosen = list(distinct)
    chosen += rng.choices(chosen, k=count - len(chosen))
    rng.shuffle(chosen)
    return [{"id": n, "problem": f"{number}.toml", "answer": text} for n, (number, text) in enumerate(chosen)]


def toml(table: Json) -> str:
    """A table of sections as TOML; its lists and texts are written as JSON writes them."""
    sections = (
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in section.items())
        for name, section in table.items()
    )
    return "".join(sections)


def grade(folder: Path, name: str, jobs: int, *, kills: int = 0) -> tuple[float, float, int]:
    """Seconds on the clock and of processors that a run took, and how many processes were killed meanwhile."""
    command = [sys.executable, "-m", "cli", "grade", str(folder / "answers.jsonl"), "-o", str(folder / name), "-q"]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    running = subprocess.Popen([*command, "--jobs", str(jobs)])
    killed = 0
    while running.poll() is None:
        time.sleep(0.5 if not kills else 3)
        if killed < kills:
            killed += kill_one(running.pid)
    if running.returncode:
        raise SystemExit(f"derive grade ended with {running.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, used, killed


def kill_one(parent: int) -> int:
    """Kill a process that a thread of another has started, if there is one."""
    for thread in Path(f"/proc/{parent}/task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            os.kill(int(child), signal.SIGKILL)
            return 1
    return 0


def report(rows: list[Json], jobs: int) -> tuple[str, bool]:
    """The table, and whether everything held."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "answers.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        for number, (table, _) in enumerate(PROBLEMS):
            (folder / f"{number}.toml").write_text(toml(table), encoding="utf-8")
        clock, used, _ = grade(folder, "first.jsonl", jobs)
        second, _, killed = grade(folder, "second.jsonl", jobs, kills=KILLS)
        first = (folder / "first.jsonl").read_bytes()
        same = first == (folder / "second.jsonl").read_bytes()
    results = [json.loads(line) for line in first.decode("utf-8").splitlines()]
    verdicts = Counter(result["verdict"] for result in results)
    codes = Counter(result["code"] for result in results if result["verdict"] == "undecided")
    distinct = len({(row["problem"], row["answer"]) for row in rows})
    assert [result["id"] for result in results] == [row["id"] for row in rows]
    lines = [
        "# Grading", "",
        f"`python -m benchmarks.grading --rows {len(rows)} --jobs {jobs} --write`, {date.today().isoformat()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} (the "
        f"machine had other work), Python {platform.python_version()}, SymPy {sympy.__version__}, "
        f"python-flint {flint.__version__}.", "",
        "| what | |", "|---|---|",
        f"| answers, distinct | {len(rows):,}, {distinct:,} |",
        f"| verdicts | {', '.join(f'{count:,} {verdict}' for verdict, count in verdicts.most_common())} |",
        f"| undecided, by code | {', '.join(f'{count} {code}' for code, count in codes.most_common()) or 'none'} |",
        f"| processor time of all processes | {used:.1f} s; at most {SECONDS * PROCESSORS} s are wanted |",
        f"| two idle processors take | {used / PROCESSORS:.1f} s |",
        f"| on the clock, on this machine | {clock:.1f} s |",
        f"| again, {killed} processes killed meanwhile | {second:.1f} s, "
        f"{'the same bytes' if same else 'OTHER BYTES'} |",
    ]  # fmt: skip
    return "\n".join(lines) + "\n", same and used < SECONDS * PROCESSORS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=PROCESSORS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    table, held = report(answers(options.rows, random.Random(2026)), options.jobs)
    print(table)
    if options.write:
        RESULTS.write_text(table, encoding="utf-8")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
