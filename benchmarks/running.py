"""What the campaigns share: time limits, two processes, results that are kept so that a stopped run goes on, tables."""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import multiprocessing
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
LIMIT = 5
"""Seconds of processor time a verdict may take before the campaign counts it as undecided."""

Row = dict[str, Any]


class TooLong(Exception):
    """A verdict took more than the limit."""


def _too_long(*_: object) -> None:
    raise TooLong


@contextmanager
def at_most(seconds: int = LIMIT) -> Iterator[None]:
    """Raises TooLong in the block after so many seconds of processor time: other work on the machine does not count."""
    before = signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def options(description: str | None, each: int) -> argparse.ArgumentParser:
    """The options that all campaigns have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=each, help=f"answers for each problem (default {each})")
    parser.add_argument("--networks", type=int, default=36, help="how many networks besides the hand-made problems")
    parser.add_argument("--limit", type=int, help="stop after so many problems")
    parser.add_argument("--only", default="", help="problems whose name contains this")
    parser.add_argument("--minutes", type=float, default=60, help="start no new problem after so many minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2))
    parser.add_argument("--state", type=Path, help="where finished problems are kept; a stopped run goes on from there")
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    return parser


def run(name: str, work: Callable[[Any], Row], tasks: Sequence[Any], given: argparse.Namespace) -> list[Row]:
    """The result of each task, in order; tasks found in the state file are not done again.

    work   a function at module level; its row has the key `task`, which is the task's own name str(task[0])
    """
    default = Path(tempfile.gettempdir()) / f"derive-{name}-{given.seed}-{given.each}.jsonl"
    state = given.state or default
    done = {row["task"]: row for row in _kept(state)}
    began = time.monotonic()
    wanted = [t for t in tasks if given.only in t[0]][: given.limit]
    missing = [t for t in wanted if t[0] not in done]
    with state.open("a", encoding="utf-8") as file, multiprocessing.Pool(given.processes) as pool:
        pending = iter(missing)
        running = [pool.apply_async(work, (t,)) for _, t in zip(range(given.processes), pending, strict=False)]
        while running:
            row = running.pop(0).get()
            done[row["task"]] = row
            file.write(json.dumps(row) + "\n")
            file.flush()
            print(f"{len(done)}/{len(wanted)} {row['task']}: {row.get('summary', '')}", file=sys.stderr, flush=True)
            following = next(pending, None) if time.monotonic() - began < given.minutes * 60 else None
            if following is not None:
                running.append(pool.apply_async(work, (following,)))
    return [done[t[0]] for t in wanted if t[0] in done]


def _kept(state: Path) -> list[Row]:
    if not state.exists():
        return []
    return [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines() if line]


def heading(title: str) -> str:
    """Title, command, date and versions."""
    command = f"python -m benchmarks.{Path(sys.argv[0]).stem} {' '.join(sys.argv[1:])}".strip()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("sympy", "numpy", "python-flint"))
    today = datetime.datetime.now(datetime.UTC).date()
    return f"# {title}\n\n`{command}`, {today}; Python {sys.version.split()[0]}, {versions}.\n"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    head = "| " + " | ".join(columns) + " |\n|---|" + "---:|" * (len(columns) - 1) + "\n"
    return head + "".join("| " + " | ".join(str(x).replace("|", "\\|") for x in row) + " |\n" for row in rows)
