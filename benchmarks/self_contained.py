"""Equations that speak for themselves: right ones, and each spoiled by one slip, without a word about their names.

    python -m benchmarks.self_contained [--first N] [--write]

Each equation is then written with other letters, so that custom says something else about every name.

The verdict on a right equation must be proved or agrees, on a spoiled one refuted or conditional; *not understood* with
its readings is no error. With --write the table goes to benchmarks/results/self_contained.md. Times are processor time.
"""

from __future__ import annotations

import argparse
import collections
import platform
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.renaming import WAYS, renamed
from derive.standalone import check_standalone

EQUATIONS = Path(__file__).parent / "equations" / "self_contained.tsv"
RESULTS = Path(__file__).parent / "results" / "self_contained.md"
FIRST_RUN = """The last 50, under "written before the last run", were written before the program had seen them. In their
first run 47 came out as they should, 3 were ambiguous (two of them right), none was wrong. Since then a scalar x is
what `cosh(x)^2 - sinh(x)^2 = 1` is read with."""

RIGHT, WRONG = frozenset({"proved", "agrees"}), frozenset({"refuted", "conditional"})


@dataclass(frozen=True)
class Case:
    """An equation, whether it is right, and the section it stands in."""

    text: str
    is_right: bool
    section: str


def cases() -> Iterator[Case]:
    """Every equation of the file, each right one followed by its spoiled form."""
    section = ""
    for line in EQUATIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line and not line.startswith("#"):
            right, spoiled = line.split("\t")
            yield Case(right, True, section)
            yield Case(spoiled, False, section)


def outcome(case: Case) -> tuple[str, str]:
    """What came out (right, ambiguous, not understood, undecided or WRONG), and the verdict in words."""
    verdict = check_standalone(case.text)
    said = f"{verdict.verdict} ({verdict.reading})" if verdict.reading else f"{verdict.verdict}: {verdict.reason}"
    if verdict.verdict == "not understood":
        return ("ambiguous" if verdict.readings else "not understood"), said
    if verdict.verdict == "undecided":
        return "undecided", said
    return ("as it should be" if verdict.verdict in (RIGHT if case.is_right else WRONG) else "WRONG"), said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    parser.add_argument("--verbose", action="store_true", help="print every reading")
    parser.add_argument("--section", default="", help="sections whose title contains this")
    options = parser.parse_args()
    counts: dict[str, collections.Counter[str]] = {}
    times = []
    chosen = [case for case in cases() if options.section in case.section]
    others = [Case(renamed(c.text, way), c.is_right, f"with other letters: {way}") for way in WAYS for c in chosen]
    for case in [*chosen, *others]:
        began = time.process_time()
        found, said = outcome(case)
        times.append(time.process_time() - began)
        counts.setdefault(case.section, collections.Counter())[found] += 1
        if options.verbose or found != "as it should be":
            print(f"{found:16} {'right ' if case.is_right else 'spoiled'} {case.text}\n{'':25}{said}")
    table = report(counts, times)
    print(table)
    if options.write:
        RESULTS.write_text(table, encoding="utf-8")


def report(counts: dict[str, collections.Counter[str]], times: list[float]) -> str:
    """The table as Markdown."""
    columns = ("as it should be", "ambiguous", "not understood", "undecided", "WRONG")
    lines = [
        "# Equations that speak for themselves",
        "",
        f"`python -m benchmarks.self_contained --write`, {date.today()}, Python {platform.python_version()}.",
        "Half of the equations are right, half are spoiled by one slip. *Ambiguous* is *not understood* with readings.",
        "",
        f"| equations | number | {' | '.join(columns)} |",
        f"|---|---:|{'---:|' * len(columns)}",
    ]
    total: collections.Counter[str] = collections.Counter()
    for section, found in counts.items():
        if section.startswith("with other letters") and total:
            lines.append(_row("**all**", total, columns))
            total = collections.Counter()
        lines.append(_row(section, found, columns))
        if not section.startswith("with other letters"):
            total += found
    low, high = statistics.median(times) * 1000, sorted(times)[int(len(times) * 0.95)] * 1000
    return "\n".join(
        [*lines, "", FIRST_RUN, "", f"Processor time: median {low:.0f} ms, 95th percentile {high:.0f} ms.", ""]
    )


def _row(title: str, found: collections.Counter[str], columns: tuple[str, ...]) -> str:
    return f"| {title} | {found.total()} | {' | '.join(str(found[c]) for c in columns)} |"


if __name__ == "__main__":
    main()
