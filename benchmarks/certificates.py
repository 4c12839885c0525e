"""Certificates of right answers, replayed by the separate checker; and of changed certificates, none false.

    python -m benchmarks.certificates [--each 100] [--networks 20] [--seed 1] [--again] [--minutes 60] [--write]
    python -m benchmarks.certificates --changes 200 [--write]
    python -m benchmarks.certificates --false 4 [--write]

For every rewrite of `benchmarks.right_answers` that is proved, the certificate is written as JSON, read back and
replayed, and its theorem must be the one that was asked (`benchmarks.certificate_asked`). Every answer is a line of the
state file, so that a stopped run goes on; --again repeats those that failed. With --changes so many of these
certificates get single-field changes: a change must be refused, or state another theorem that is true by numbers. With
--false, false identities and wrong answers are tried: none may have a certificate.
Exit code 1 if a theorem is false or another one than asked.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
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
from benchmarks.right_answers import cases
from benchmarks.running import RESULTS, TooLong, at_most, heading, table
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
LIMIT = 20
"""Seconds that one certificate may take."""

PART = 25
"""So many answers of each problem at a time, that a run which is stopped has seen all problems."""

FINAL = ("replayed", "not proved")

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


def run(given: argparse.Namespace, state: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The line of each answer; what is in the state file is not done again, unless it failed and --again is given."""
    done = {(row["problem"], row["n"]): row for row in kept(state)}
    began = time.process_time()
    with state.open("a", encoding="utf-8") as file:
        for upto, (name, case) in product(range(PART, given.each + PART, PART), cases(given.networks).items()):
            # fmt: off
            left = {n for n in range(min(upto, given.each)) if (name, n) not in done
                    or (given.again and "tried" not in done[name, n] and done[name, n]["outcome"] not in FINAL)}
            # fmt: on
            if not left or given.only not in name or time.process_time() - began > given.minutes * 60:
                continue
            checker = Checker(case.problem, explain=False)
            for n, made in zip(range(max(left) + 1), rewrites(case, given.each, given.seed), strict=False):
                if n in left:
                    started = time.process_time()
                    said = text(made.answer)
                    found, why, written = outcome(case, made.answer, said, checker)
                    row = {"problem": name, "n": n, "answer": said, "outcome": found, "why": why,
                           "bytes": len(json.dumps(written)), "seconds": time.process_time() - started}  # fmt: skip
                    done[name, n] = {**row, "tried": True}
                    file.write(json.dumps(row) + "\n")
                    file.flush()
            counts = Counter(row["outcome"] for row in done.values())
            print(upto, name, dict(counts), file=sys.stderr, flush=True)
    return done


def kept(state: Path) -> list[dict[str, Any]]:
    if not state.exists():
        return []
    return [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines() if line]


def report(done: dict[tuple[str, int], dict[str, Any]]) -> tuple[str, bool]:
    """The table of replays, and whether no theorem was another one than asked."""
    rows = list(done.values())
    total = Counter(row["outcome"] for row in rows)
    good = total["ANOTHER THEOREM"] + total["REFUSED"] == 0
    replayed = [row for row in rows if row["outcome"] == "replayed"]
    proved = len(rows) - total["not proved"]
    seconds, size = (sorted(row[key] for row in replayed) for key in ("seconds", "bytes"))
    lines = [f"{len(rows)} right answers, {proved} of them proved: **{len(replayed)} certificates replayed** "
             f"({len(replayed) / max(proved, 1):.2%}), {total['no certificate']} not written, "
             f"{total['REFUSED']} refused, {total['ANOTHER THEOREM']} of another theorem than asked.\n"]  # fmt: skip
    if replayed:
        times = [f"{seconds[k] * 1000:.0f} ms" for k in (len(seconds) // 2, len(seconds) * 19 // 20)]
        sizes = [f"{size[k] / 1000:.0f} kB" for k in (len(size) // 2, -1)]
        lines.append(
            f"Writing, replaying and comparing with what was asked: median {times[0]}, 95 % {times[1]}, "
            f"most {seconds[-1]:.1f} s of processor time. Size: median {sizes[0]}, most {sizes[1]}.\n"
        )
    problems: dict[str, Counter[str]] = {}
    for row in rows:
        problems.setdefault(row["problem"], Counter())[row["outcome"]] += 1
    counts = [(p, c["replayed"], c["no certificate"], c["not proved"]) for p, c in problems.items()]
    lines.append(table(("problem", "replayed", "not written", "not proved"), counts))
    failed = [row for row in rows if row["outcome"] not in ("replayed", "not proved")]
    if failed:
        lines.append("### Not written\n")
        reasons = Counter(row["why"] for row in failed)
        lines += [f"- {count}: {why}" for why, count in reasons.most_common()]
        lines += ["", *(f"- {row['problem']}: `{row['answer']}` ({row['why']})" for row in failed)]
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=100, help="answers for each problem (default 100)")
    parser.add_argument("--networks", type=int, default=20, help="how many networks besides the hand-made problems")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="problems whose name contains this")
    parser.add_argument("--minutes", type=float, default=60, help="start no new problem after so much processor time")
    parser.add_argument("--again", action="store_true", help="repeat the answers that failed")
    parser.add_argument("--changes", type=int, help="change single fields of so many certificates instead")
    parser.add_argument(
        "--false", type=int, help="try false identities and so many wrong answers to each problem instead"
    )
    parser.add_argument("--state", type=Path, help="where finished answers are kept")
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    default = Path(tempfile.gettempdir()) / f"derive-certificates-{given.seed}-{given.each}.jsonl"
    if given.changes:
        words, good = changes(given)
        title, start = "Changed certificates", "## Changed"
    elif given.false:
        words, good = falsehoods(given)
        title, start = "Falsehoods", "## False"
    else:
        words, good = report(run(given, given.state or default))
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
