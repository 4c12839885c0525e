"""Right answers, rewritten at random, must be proved for all sizes.

    python -m benchmarks.right_answers [--each 100] [--networks 36] [--limit N] [--processes 2] [--write]

Every answer is given as text, so that reading is tested too. What is not proved is listed. Exit code 1 if anything is
refuted, or more than 0.5 % is undecided or merely agrees.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from benchmarks.differences import is_right
from benchmarks.problems import Case, hand_made, networks
from benchmarks.rewrites import KINDS, Unequal, rewrites
from benchmarks.running import RESULTS, Row, TooLong, at_most, heading, options, run, table
from derive.checking.check import Checker
from derive.expression.text import text

ALLOWED = 0.005
Task = tuple[str, int, int, int]
"""The name of a problem, how many networks there are, rewrites, seed."""


def cases(count: int) -> dict[str, Case]:
    """The problems by name; networks of one description are numbered."""
    found: dict[str, Case] = {}
    for case in (*hand_made(), *networks(count)):
        name, k = case.name, 2
        while name in found:
            name, k = f"{case.name} ({k})", k + 1
        found[name] = case
    return found


def outcome(checker: Checker, answer: str) -> tuple[str, str]:
    """The verdict on an answer, and what is said with it."""
    try:
        with at_most():
            verdict = checker.check(answer)
    except TooLong:
        return "undecided", "time limit of the campaign"
    said = verdict.reason or (str(verdict.counterexample.values) if verdict.counterexample else "")
    return (verdict.verdict if verdict.scope in ("all sizes", None) else "agrees"), said


def work(task: Task) -> Row:
    """All rewrites of one problem."""
    name, count, each, seed = task
    case = cases(count)[name]
    checker = Checker(case.problem, explain=False)
    if not is_right(case.problem, case.formulas, case.answer, seed):
        raise AssertionError(f"the answer of {name} is wrong")
    verdicts: Counter[str] = Counter()
    share: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    failures, began, slowest = [], time.perf_counter(), 0.0
    try:
        for made in rewrites(case, each, seed, kinds):
            answer = text(made.answer)
            started = time.perf_counter()
            verdict, said = outcome(checker, answer)
            slowest = max(slowest, time.perf_counter() - started)
            verdicts[verdict] += 1
            share.update(set(made.kinds))
            if verdict != "proved":
                failures.append([verdict, answer, list(made.kinds), said])
    except Unequal as error:
        failures.append(["generator", str(error), [], ""])
    return {
        "task": name, "verdicts": verdicts, "kinds": kinds, "share": share, "failures": failures,
        "seconds": time.perf_counter() - began, "slowest": slowest, "summary": dict(verdicts),
    }  # fmt: skip


def report(rows: list[Row]) -> tuple[str, bool]:
    """The tables, and whether the goal was met."""
    total: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for row in rows:
        total.update(row["verdicts"])
        kinds.update(row["kinds"])
    count, applied = total.total(), kinds.total()
    unproved = total["undecided"] + total["agrees"]
    wrong = count - total["proved"] - unproved
    good = wrong == 0 and unproved <= ALLOWED * count
    often = sum(kinds[k] >= 0.02 * applied for k in KINDS)
    lines = [heading("Right answers in random words"),
             f"{count} rewrites of {len(rows)} problems, 2 to 6 rewritings deep, {applied} rewritings in all; each "
             "confirmed at two random points in ball arithmetic, and read from text.\n",
             "**" + ", ".join(f"{v}: {n}" for v, n in total.most_common()) + "** "
             f"({unproved / max(count, 1):.2%} undecided or merely agreeing; allowed {ALLOWED:.1%}).\n",
             f"{often} of {len(KINDS)} kinds are at least 2 % of the whole:\n",
             table(("kind", "rewritings", "share"), [(k, n, f"{n / applied:.1%}") for k, n in kinds.most_common()]),
             table(("problem", "proved", "not proved", "slowest"),
                   [(r["task"], r["verdicts"].get("proved", 0), len(r["failures"]), f"{r['slowest'] * 1000:.0f} ms")
                    for r in rows])]  # fmt: skip
    failures = [(r["task"], *f) for r in rows for f in r["failures"]]
    if failures:
        lines.append("## Not proved\n")
        lines += [f"- {task}: {verdict}: `{answer}` ({said})" for task, verdict, answer, _, said in failures]
    return "\n".join(lines) + "\n", good


def main() -> int:
    given = options(__doc__, each=100).parse_args()
    tasks = [(name, given.networks, given.each, given.seed) for name in cases(given.networks)]
    rows = run("right-answers", work, tasks, given)
    words, good = report(rows)
    if given.write:
        (RESULTS / "right_answers.md").write_text(words, encoding="utf-8")
    print(words)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
