"""Equations of real notes in LaTeX: read in the context of their source, decided, and held against their truth.

    python -m benchmarks.notation [seed] [world] [books] [published] [--data DIR] [--only TEXT] [--rows] [--write]

Each source has one context in benchmarks/corpora, fixed before its equations are run: shapes, definitions, functions
and notation. A source that uses several set-ups has one part for each of its sections. An equation counts as decided
if its verdict is proved, agrees, conditional or refuted. Wrong verdicts are: a right equation refuted, or conditional
on something else than the layout; a wrong one proved; a definition refuted. Times are processor time of the reader,
once the context is known. With --write the table goes to benchmarks/results/notation.md.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import statistics
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.running import RESULTS, TooLong, at_most, heading, table
from derive.checking.check import Checker
from derive.checking.form.ambiguity import ambiguous
from derive.errors import DeriveError, ShapeError
from derive.expression.problem import Problem
from derive.notation import alternatives
from derive.notation.latex import LatexReader
from derive.problems import from_table

CORPORA = Path(__file__).parent / "corpora"
DATA = Path(os.environ.get("DERIVE_EQUATIONS", CORPORA))
"""Where seed_equations.jsonl and world_equations.jsonl are: they are no part of this project."""
FILES = {
    "seed": "seed_equations.jsonl",
    "world": "world_equations.jsonl",
    "books": "books.jsonl",
    "published": "published.jsonl",
}
KEPT_HERE = ("books", "published")
SCORED = ("right", "right under a condition", "wrong", "wrong-as-written (typo)")
DECIDED = ("proved", "agrees", "conditional", "conditional on something else", "refuted")
_OWN = ("section", "rows")
_REPEATS = 5


@dataclass(frozen=True)
class Part:
    """A section of a source with its context."""

    source: str
    section: str
    rows: frozenset[str]
    problem: Problem
    continues: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """What became of one equation; milliseconds to read it."""

    id: str
    source: str
    truth: str
    latex: str
    verdict: str
    reason: str
    reading: float

    @property
    def is_wrong(self) -> bool:
        """Whether the verdict contradicts the truth."""
        if self.truth != "right" and not self.truth.startswith(("definition", "not")):
            return self.verdict in ("proved", "agrees")
        return self.verdict in ("refuted", "conditional on something else")

    @property
    def is_scored(self) -> bool:
        return self.truth in SCORED

    @property
    def is_decided(self) -> bool:
        return self.verdict in DECIDED


def contexts(corpus: str) -> list[Part]:
    """The parts of all sources of a corpus."""
    found: list[Part] = []
    for path in sorted((CORPORA / corpus).glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for part in document["part"]:
            tables = {key: value for key, value in part.items() if key not in _OWN}
            found.append(Part(path.stem, part["section"], frozenset(_rows(part["rows"])), from_table(tables),
                              document.get("continues", {})))  # fmt: skip
    return found


def _rows(ranges: str) -> Iterator[str]:
    """s001-s003, s007: the numbers of equations."""
    for piece in ranges.split(","):
        first, _, last = piece.strip().partition("-")
        letter = first[0]
        for number in range(int(first[1:]), int((last or first)[1:]) + 1):
            yield f"{letter}{number:03d}"


def equations(corpus: str, data: Path) -> list[dict[str, Any]]:
    """The rows of a corpus; those of other books are kept here."""
    folder = CORPORA if corpus in KEPT_HERE else data
    lines = (folder / FILES[corpus]).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def results(part: Part, rows: Iterable[Mapping[str, Any]]) -> Iterator[Result]:
    """The verdicts on the equations of one part."""
    checker = Checker(part.problem, explain=False)
    reader = LatexReader(part.problem.scope, problem=part.problem)
    for row in rows:
        latex = part.continues.get(row["id"], "") + row["latex"]
        verdict, reason = _verdict(checker, reader, latex)
        yield Result(row["id"], part.source, row["truth"], latex, verdict, reason, _reading(reader, latex))


def _verdict(checker: Checker, reader: LatexReader, latex: str) -> tuple[str, str]:
    """The verdict, with what is said for it; an equation that readings disagree about is not understood."""
    try:
        with at_most():
            readings = alternatives(reader.answer(latex))
            verdicts = [checker.decide(reading, latex) for reading in readings]
    except TooLong:
        return "undecided", "took too long"
    except ShapeError as error:
        return "refuted", str(error)
    except DeriveError as error:
        return "not understood", str(error)
    differ = len({v.verdict for v in verdicts}) > 1
    found = ambiguous(readings, verdicts, latex) if differ else verdicts[0]
    lines = [line for line in found.lines if line.verdict == found.verdict] or [found]
    reason = next((line.reason for line in lines if line.reason), "") or ""
    holds = [condition for line in (found, *found.lines) for condition in line.holds_when]
    if found.verdict == "conditional" and not any("layout" in condition for condition in holds):
        return "conditional on something else", "; ".join(holds)
    return found.verdict, reason or "; ".join(holds)


def _reading(reader: LatexReader, latex: str) -> float:
    """The processor time of a reading, the mean of some, in milliseconds."""
    began = time.process_time()
    for _ in range(_REPEATS):
        with contextlib.suppress(DeriveError):
            reader.answer(latex)
    return (time.process_time() - began) * 1000 / _REPEATS


def run(corpus: str, data: Path, only: str) -> list[Result]:
    """All equations of a corpus, in order; UsageError if a context cannot be read."""
    rows = {row["id"]: row for row in equations(corpus, data)}
    found: dict[str, Result] = {}
    for part in contexts(corpus):
        wanted = [rows[id] for id in sorted(part.rows & set(rows)) if only in id or only in part.source]
        for result in results(part, wanted):
            found[result.id] = result
    return [found[id] for id in rows if id in found]


def summary(corpus: str, found: Sequence[Result]) -> list[object]:
    """One row of the table."""
    scored = [r for r in found if r.is_scored]
    firm = [r for r in scored if "typo" not in r.truth]
    decided = [r for r in firm if r.is_decided]
    times = sorted(r.reading for r in found) or [0.0]
    share = f"{100 * len(decided) / max(1, len(firm)):.1f} %"
    loose = [r for r in scored if r not in firm]
    return [corpus, len(found), len(firm), f"{len(decided)} ({share})",
            f"{sum(r.is_decided for r in loose)} of {len(loose)}", sum(r.is_wrong for r in found),
            f"{statistics.median(times):.1f}", f"{times[int(0.95 * (len(times) - 1))]:.1f}"]  # fmt: skip


_COLUMNS = ("corpus", "equations", "right or wrong", "decided", "slips of the pen decided", "wrong verdicts",
            "reading, median ms", "95th percentile ms")  # fmt: skip


def report(everything: Mapping[str, Sequence[Result]]) -> str:
    """The table, the verdicts by truth, and the equations that were not decided, with the reason."""
    lines = [summary(corpus, found) for corpus, found in everything.items()]
    if {"seed", "world"} <= set(everything):
        lines.append(summary("seed and world", [*everything["seed"], *everything["world"]]))
    parts = [heading("Equations of notes"), "\n", table(_COLUMNS, lines)]
    for corpus, found in everything.items():
        counts = collections.Counter((r.truth, r.verdict) for r in found)
        rows = [[truth, verdict, number] for (truth, verdict), number in sorted(counts.items())]
        parts += [f"\n## {corpus}\n\n", table(("truth", "verdict", "equations"), rows)]
        for title, kept in (
            ("Wrong verdicts", [r for r in found if r.is_wrong]),
            ("Not decided", [r for r in found if r.is_scored and not r.is_decided and not r.is_wrong]),
        ):
            lines = [f"- {r.id} ({r.source}, {r.truth}): {r.verdict}. {_line(r.reason)}\n" for r in kept]
            parts += [f"\n{title}:\n\n", *lines] if lines else []
    return "".join(parts)


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", choices=[*FILES, []], help="which corpora (default: all)")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the equations of notes")
    parser.add_argument("--only", default="", help="equations or sources whose name contains this")
    parser.add_argument("--rows", action="store_true", help="print every equation with its verdict")
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    chosen = given.corpora or [c for c in FILES if (CORPORA / c).is_dir()]
    missing = [FILES[c] for c in chosen if c not in KEPT_HERE and not (given.data / FILES[c]).exists()]
    if missing:
        parser.error(f"{', '.join(missing)}: not in {given.data}; give their folder with --data")
    everything = {corpus: run(corpus, given.data, given.only) for corpus in chosen}
    if given.rows:
        for r in (r for found in everything.values() for r in found):
            flag = "WRONG" if r.is_wrong else "" if r.is_decided or not r.is_scored else "open"
            print(f"{r.id} {r.truth[:10]:10} {r.verdict:15} {flag:5} {r.reading:6.1f} {_line(r.latex)[:110]}")
            if r.reason and r.verdict not in ("proved", "agrees"):
                print(f"       {_line(r.reason)}")
    text = report(everything)
    if given.write:
        (RESULTS / "notation.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if any(r.is_wrong for found in everything.values() for r in found) else 0


if __name__ == "__main__":
    sys.exit(main())
