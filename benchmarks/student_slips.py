"""Wrong answers as students give them, each with the slip that was meant: is it what is named first?

    python -m benchmarks.student_slips [--write]

benchmarks/slips/answers.toml and unseen.toml hold the questions, a right answer to each, and wrong ones: the slip in
words, the codes that name it, and what was typed. An answer counts as named if the first mistake that is told has one
of these codes. The right answers must be proved, with no mistake. With --write the table goes to
benchmarks/results/student_slips.md.
"""

from __future__ import annotations

import argparse
import collections
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.running import RESULTS, heading, table
from derive.checking.check import Checker
from derive.problems import from_table

SETS = ("answers.toml", "unseen.toml")
SLIPS = Path(__file__).parent / "slips"
COLUMNS = ("named first", "named later", "something else named", "a condition told", "nothing named", "not refuted")
_OWN = frozenset({"name", "right", "answers"})
FIRST = """## First runs

- answers.toml, before anything was changed because of it: 93 of 150 named first, 4 later, 28 something else (about 13
  of these messages pointed at another place), 24 nothing or only a condition, 1 not read.
- unseen.toml was written after that had been mended. Its first run: 45 of 60 named first, 1 later, 7 something else (3
  pointed at another place: a name that only the derivation has, a pair of slips for one term too many, a difference
  the wrong way round that does not stand there), 7 nothing.

Codes were added to 25 answers of the first set and 6 of the second where the message turned out to say the same slip in
other words ("The factor a1 is missing" for half of a slope), or where a row was written for the slip.
"""


@dataclass(frozen=True)
class Told:
    """What was said of one wrong answer: one of COLUMNS, the messages; seconds of processor time."""

    question: str
    slip: str
    written: str
    kind: str
    messages: tuple[str, ...]
    seconds: float


def questions(file: str) -> list[dict[str, Any]]:
    """The questions of a set."""
    found: list[dict[str, Any]] = tomllib.loads((SLIPS / file).read_text(encoding="utf-8"))["question"]
    return found


def told(asked: dict[str, Any]) -> Iterator[Told]:
    """The answers to one question, judged; its right answer first."""
    checker = Checker(from_table({key: value for key, value in asked.items() if key not in _OWN}))
    right = checker.check(asked["right"])
    if right.verdict != "proved" or right.mistakes:
        raise SystemExit(f"{asked['name']}: the right answer is {right.verdict}")
    for slip, names, written in asked["answers"]:
        began = time.process_time()
        verdict = checker.check(written)
        seconds = time.process_time() - began
        codes = [m.code for m in verdict.mistakes if m.code != "shape"]
        kind = _kind(verdict.verdict, codes, names, bool(verdict.holds_when))
        yield Told(asked["name"], slip, written, kind, tuple(m.message for m in verdict.mistakes), seconds)


def _kind(verdict: str, codes: Sequence[str], names: Sequence[str], is_conditional: bool) -> str:
    if verdict not in ("refuted", "conditional"):
        return "not refuted"
    if codes:
        return "named first" if codes[0] in names else "named later" if {*codes} & {*names} else "something else named"
    return "a condition told" if is_conditional else "nothing named"


def report(sets: dict[str, list[Told]]) -> str:
    """The table of all questions, and every answer whose slip is not named first."""
    rows: list[list[object]] = []
    for file, found in sets.items():
        for name in dict.fromkeys(t.question for t in found):
            rows.append(_row(name, [t for t in found if t.question == name]))
        rows.append(_row(f"**all of {file}**", found))
    every = [t for found in sets.values() for t in found]
    times = sorted(t.seconds for t in every)
    others = [t for t in every if t.kind != "named first"]
    lines = [
        heading("Slips of students"),
        f"{len(every)} wrong answers. Milliseconds of processor time: median {1000 * times[len(times) // 2]:.0f}, "
        f"95 % under {1000 * times[len(times) * 95 // 100]:.0f}, most {1000 * times[-1]:.0f}; the first wrong answer "
        "to a question prepares what is named.\n",
        table(("question", "wrong answers", *COLUMNS), rows),
        "## Not named first\n",
        "".join(f"- {t.question}, {t.slip}: `{t.written}`: {' '.join(t.messages) or t.kind}\n" for t in others),
        FIRST,
    ]
    return "\n".join(lines)


def _row(name: str, found: Sequence[Told]) -> list[object]:
    count = collections.Counter(t.kind for t in found)
    return [name, len(found), *(count[kind] for kind in COLUMNS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    text = report({file: [t for asked in questions(file) for t in told(asked)] for file in SETS})
    if given.write:
        (RESULTS / "student_slips.md").write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
