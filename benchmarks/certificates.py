"""Certificates of right answers, replayed by the separate checker; and of changed certificates, none false.

    python -m benchmarks.certificates [--each 100] [--networks 20] [--seed 43] [--processes 2] [--write]
    python -m benchmarks.certificates --changes 200 [--networks 20] [--seed 1] [--write]
    python -m benchmarks.certificates --false 4 [--networks 20] [--seed 1] [--write]

The answers are those of `python -m benchmarks.right_answers` with the same options. For each that is proved, the
certificate is written as JSON, read back and replayed, and its theorem must be the one that was asked
(`benchmarks.certificate_asked`). Every problem is a line of the state file, so that a stopped run goes on. With
--changes so many of these certificates get single-field changes: a change must be refused, or state another theorem
that is true by numbers. With --false, false identities and wrong answers are tried: none may have a certificate.
Exit code 1 if a theorem is false or another one than asked.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.balls import Undefined
from benchmarks.certificate_asked import is_asked
from benchmarks.certificate_changes import changed
from benchmarks.certificate_truth import is_true
from benchmarks.false_identities import false_identities, is_false
from benchmarks.mutations import mutants
from benchmarks.problems import Case
from benchmarks.rewrites import rewrites
from benchmarks.right_answers import Task, cases
from benchmarks.running import RESULTS, Row, TooLong, at_most, heading, options, run, table
from derive.certificate import Refused, loads, replay
from derive.checking.certificates import certificate, certificate_of
from derive.checking.check import Checker
from derive.errors import DeriveError
from derive.expression.nodes import Expression
from derive.expression.problem import Problem, Question
from derive.expression.scope import Scope
from derive.expression.text import text
from derive.expression.traverse import tensors

FILE = RESULTS / "certificates.md"
LIMIT = 60
"""Seconds that one certificate may take."""

EACH = 10
"""Changes to each certificate."""

STATEMENT = ("problem", "question", "answer")


def outcome(case: Case, answer: Expression, said: str, checker: Checker) -> tuple[str, str, dict[str, Any]]:
    """replayed, or what went wrong and why; and the certificate. The verdict is asked for where there is none."""
    try:
        with at_most(LIMIT):
            written = certificate_of(case.problem, said)
            theorem = replay(loads(json.dumps(written)))
    except (TooLong, DeriveError) as error:
        why = error.message if isinstance(error, DeriveError) else f"more than {LIMIT} s"
        return ("no certificate" if checker.check(said).verdict == "proved" else "not proved"), why, {}
    except Refused as error:
        return "REFUSED", str(error), {}
    if not theorem.statement.endswith(f" = {written['answer']}"):
        return "ANOTHER THEOREM", "the statement", written
    try:
        wrong = is_asked(case, answer, written)
    except Undefined:
        return "replayed", "no values", written
    return ("ANOTHER THEOREM" if wrong else "replayed"), wrong, written


def work(task: Task) -> Row:
    """The certificates of all rewrites of one problem: those that `benchmarks.right_answers` asks with this seed."""
    name, count, each, seed = task
    case = cases(count)[name]
    checker = Checker(case.problem, explain=False)
    counts: Counter[str] = Counter()
    failures, seconds, sizes = [], [], []
    for made in rewrites(case, each, seed):
        began, said = time.process_time(), text(made.answer)
        found, why, written = outcome(case, made.answer, said, checker)
        counts[found] += 1
        if found == "replayed":
            seconds.append(time.process_time() - began)
            sizes.append(len(json.dumps(written)))
        else:
            failures.append([found, why, said])
    return {"task": name, "counts": counts, "failures": failures, "seconds": seconds, "bytes": sizes,
            "summary": dict(counts)}  # fmt: skip


def report(rows: list[Row]) -> tuple[str, bool]:
    """The table of replays, and whether no theorem was another one than asked."""
    total = sum((Counter(row["counts"]) for row in rows), Counter[str]())
    good = total["ANOTHER THEOREM"] + total["REFUSED"] == 0
    proved = total.total() - total["not proved"]
    lines = [f"{total.total()} right answers, {proved} of them proved: **{total['replayed']} certificates replayed** "
             f"({total['replayed'] / max(proved, 1):.2%}), {total['no certificate']} not written, "
             f"{total['REFUSED']} refused, {total['ANOTHER THEOREM']} of another theorem than asked.\n"]  # fmt: skip
    if total["replayed"]:
        seconds, size = (sorted(x for row in rows for x in row[key]) for key in ("seconds", "bytes"))
        times = [f"{seconds[k] * 1000:.0f} ms" for k in (len(seconds) // 2, len(seconds) * 19 // 20)]
        sizes = [f"{size[k] / 1000:.0f} kB" for k in (len(size) // 2, -1)]
        lines.append(
            f"Writing, replaying and comparing with what was asked: median {times[0]}, 95 % {times[1]}, "
            f"most {seconds[-1]:.1f} s of processor time. Size: median {sizes[0]}, most {sizes[1]}.\n"
        )
    columns = ("replayed", "no certificate", "not proved")
    counts = [(row["task"], *(row["counts"].get(column, 0) for column in columns)) for row in rows]
    lines.append(table(("problem", "replayed", "not written", "not proved"), counts))
    failures = [(row["task"], *failure) for row in rows for failure in row["failures"]]
    for title, unproved in (("Not written", False), ("Not proved", True)):
        listed = [f for f in failures if (f[1] == "not proved") == unproved]
        if listed:
            lines += [f"### {title}\n", *(f"- {task}: {why}: `{said}`" for task, _, why, said in listed), ""]
    return "\n".join(lines) + "\n", good


def changes(given: argparse.Namespace) -> tuple[str, bool]:
    """Single-field changes to certificates spread over all problems and the first rewrites of each."""
    rng, seen, false = random.Random(given.seed), Counter[str](), list[str]()
    count = 0
    every = list(cases(given.networks).values())
    for made in zip(*(rewrites(case, 1 + given.changes // len(every), given.seed) for case in every), strict=True):
        for case, rewrite in zip(every, made, strict=True):
            if count == given.changes:
                break
            try:
                original = certificate_of(case.problem, text(rewrite.answer))
            except DeriveError:
                continue
            count += 1
            for _ in range(EACH):
                new = changed(original, rng)
                found = judged(original, new)
                seen[found] += 1
                false += [json.dumps(new)] if found == "FALSE" else []
    lines = [f"{seen.total()} single-field changes to {count} certificates: "
             + ", ".join(f"{k} {n}" for k, n in seen.most_common()) + ".\n"]  # fmt: skip
    return "\n".join([*lines, *(f"- `{text_}`" for text_ in false)]), not false


def falsehoods(given: argparse.Namespace) -> tuple[str, bool]:
    """False identities and wrong answers: none may have a certificate, and the writer must give up in time."""
    asked: list[tuple[Problem, Expression]] = []
    for made in false_identities():
        names = {t.name: t for side in (made.left, made.right) for t in tensors(side)}
        problem = Problem(scope=Scope(tensors=names), question=Question(value=made.left))
        asked += [(problem, made.right)] if is_false(made) else []
    count, found, times = len(asked), list[str](), list[float]()
    for case in cases(given.networks).values():
        asked += [(case.problem, made.answer) for made in mutants(case, given.false, given.seed, Counter())]
    for problem, answer in asked:
        began = time.process_time()
        try:
            found.append(json.dumps(certificate(problem, answer)))
        except DeriveError:
            times.append(time.process_time() - began)
    words = f"{count} false identities and {len(asked) - count} wrong answers: {len(found)} have a certificate; "
    words += f"the writer gives up after {max(times):.1f} s of processor time at most.\n"
    return "\n".join([words, *(f"- `{proof}`" for proof in found)]), not found


def judged(original: dict[str, Any], new: dict[str, Any]) -> str:
    """refused; same: the proof was changed, the theorem was not; true or FALSE: another theorem."""
    try:
        with at_most(LIMIT):
            replay(new)
    except (Refused, TooLong):
        return "refused"
    if all(new[key] == original[key] for key in STATEMENT):
        return "same theorem"
    return "another true theorem" if is_true(new) else "FALSE"


def main() -> int:
    parser = options(__doc__, each=100)
    parser.add_argument("--changes", type=int, help="change single fields of so many certificates instead")
    parser.add_argument(
        "--false", type=int, help="try false identities and so many wrong answers to each problem instead"
    )
    given = parser.parse_args()
    if given.changes:
        words, good = changes(given)
        title, start = "Changed certificates", "## Changed"
    elif given.false:
        words, good = falsehoods(given)
        title, start = "Falsehoods", "## False"
    else:
        tasks = [(name, given.networks, given.each, given.seed) for name in cases(given.networks)]
        words, good = report(run("certificates", work, tasks, given))
        title, start = "Certificates", "## Replayed"
    print(words)
    if given.write:
        parts = dict(sections(FILE))
        parts[start] = f"{start}\n\n{heading(title).split(chr(10), 2)[2]}\n{words}"
        FILE.write_text("# Certificates\n\n" + "\n".join(parts[key] for key in sorted(parts, reverse=True)), "utf-8")
    return 0 if good else 1


def sections(file: Path) -> Iterator[tuple[str, str]]:
    """The parts of a results file by their headings."""
    if file.exists():
        for part in file.read_text(encoding="utf-8").split("\n## ")[1:]:
            yield f"## {part.splitlines()[0]}", f"## {part}"


if __name__ == "__main__":
    sys.exit(main())
