"""Answers in LaTeX (and a few in text), half of them spoiled by one slip, decided and held against their truth.

    python -m benchmarks.latex_answers [--write]

benchmarks/corpora/answers.toml holds the questions, answers.jsonl the answers: each notation that notes use stands in
at least one of them. A verdict is wrong if a right answer is refuted or conditional, or a wrong one proved; a wrong
answer may be conditional, where it is right under a condition (m = 1, A symmetric) or in another layout, which is
listed. With --write the table goes to benchmarks/results/latex_answers.md.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.running import RESULTS, heading, table
from derive.checking import check
from derive.expression.problem import Problem
from derive.problems import from_table

CORPORA = Path(__file__).parent / "corpora"
ACCEPTED = ("proved", "agrees")
NOTES = r"""## What was found, and mended

Of the first 438 answers, 3 right ones were refuted, 2 raised an error, 14 right ones were not understood; no wrong one
was proved. Each was mended by its cause:

- A line break before + was the end of a formula: `… x^T \\ + \lambda W` were two claims, and refuted.
- `e_2 = a_2 - y` was an equation about a unit vector (and `e_2` an entry of E); it defines a name.
- Two columns of equations in one row, `a &= b & c &= d`, were one chain a = bc = d. A side without a shape in a chain
  made the search for what a line follows from fail.
- `u * v` of two columns was read as a dot product, too, and called ambiguous.
- η and α of a step of descent, H(z), u(z), `W^{(out)T}`, `g^{[2]\prime}(z)` of layers with their own activations,
  `a₁`, `z⁽ˡ⁾`, `$ … $` around text, and factors side by side in text, `(h - y) x + lam w`, were not read.

Read wrong in silence, and now read or refused:

- `\(h-y\) x` (as h − yx), `(h-y) \text{ times } x` and `a \text{+} b` (as two claims), `1e-3` (as e − 3);
- `\underbrace{x}_{…}^T` (without its transpose), `\overline{x y}` (without the line), `\overset{2}{x}` and
  `\underset{W}{\nabla}` (without what is set over or under), `\text{if not } z > 0` (without the not);
- `\kern1em x` (as e·m·x), `1.5.2` (as 1.5 · 0.2), `a₁` (as a·1), `e^{aT}` (without T), x^T where T is a quantity (as a
  transpose).

Taking any one token out of a right answer changes how it is read, or is an error, but for what only says how it looks
and remarks (tests/test_latex_answers.py). Sixty hostile texts of 10 kB: at most 0.12 s for what is not understood, and
0.81 s else.
"""


@dataclass(frozen=True)
class Answer:
    """One answer, its truth (right or wrong), and the notation that it shows."""

    id: str
    question: str
    notation: str
    truth: str
    written: str


@dataclass(frozen=True)
class Result:
    """What became of an answer; seconds of processor time."""

    answer: Answer
    verdict: str
    why: str
    seconds: float

    @property
    def is_wrong(self) -> bool:
        """Whether the verdict contradicts the truth."""
        if self.answer.truth == "right":
            return self.verdict in ("refuted", "conditional")
        return self.verdict in ACCEPTED


def questions(file: str = "answers.toml") -> dict[str, Problem]:
    """The questions by name."""
    tables = tomllib.loads((CORPORA / file).read_text(encoding="utf-8"))
    return {name: from_table(given) for name, given in tables.items()}


def answers(file: str = "answers.jsonl", written: str = "latex") -> list[Answer]:
    """All answers, in order; `written` is the key of what was typed."""
    lines = (CORPORA / file).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Answer(r["id"], r["question"], r["row"], r["truth"], r[written]) for r in rows]


def decided(problem: Problem, answer: Answer) -> Result:
    """The verdict on one answer."""
    began = time.process_time()
    verdict = check(problem, answer.written)
    why = ", ".join(verdict.holds_when) or str(verdict.reason or "")
    return Result(answer, verdict.verdict, why, time.process_time() - began)


def report(results: Sequence[Result], title: str = "Answers in LaTeX, right and wrong", notes: str = NOTES) -> str:
    """The tables, and every answer that is not simply accepted or refuted."""
    names = list(dict.fromkeys(r.answer.notation for r in results))
    rows = [_row(name, [r for r in results if r.answer.notation == name]) for name in names]
    rows.append(_row("**all**", results))
    others = [r for r in results if r.is_wrong or r.verdict not in (*ACCEPTED, "refuted")]
    times = sorted(r.seconds for r in results)
    return "\n".join(
        [
            heading(title),
            f"{len(results)} answers to {len({r.answer.question for r in results})} questions. Milliseconds of "
            f"processor time for reading and deciding: median {1000 * times[len(times) // 2]:.0f}, 90 % under "
            f"{1000 * times[len(times) * 9 // 10]:.0f}, most {1000 * times[-1]:.0f}.\n",
            table(
                ("notation", "right", "accepted", "wrong", "refuted", "conditional", "not read", "wrong verdicts"), rows
            ),
            "## Neither accepted nor refuted\n",
            "".join(f"- {r.answer.id}, {r.answer.truth}: {r.verdict} ({r.why}): `{_line(r)}`\n" for r in others),
            notes,
        ]
    )


def _line(r: Result) -> str:
    return " ".join(r.answer.written.split())


def _row(name: str, of: Iterable[Result]) -> tuple[object, ...]:
    found = list(of)
    right = [r for r in found if r.answer.truth == "right"]
    wrong = [r for r in found if r.answer.truth == "wrong"]
    return (
        name,
        len(right),
        sum(r.verdict in ACCEPTED for r in right),
        len(wrong),
        sum(r.verdict == "refuted" for r in wrong),
        sum(r.verdict == "conditional" for r in wrong),
        sum(r.verdict == "not understood" for r in found),
        sum(r.is_wrong for r in found),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    asked = questions()
    text = report([decided(asked[a.question], a) for a in answers()])
    if given.write:
        (RESULTS / "latex_answers.md").write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
