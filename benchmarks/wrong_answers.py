"""Wrong answers: random mutants of right ones must be refuted, or be conditional with a true condition.

    python -m benchmarks.wrong_answers [--each 100] [--networks 36] [--limit N] [--processes 2] [--write]

That a mutant is wrong, that a condition is true, and both values of every counterexample are settled by an evaluation
in ball arithmetic that shares no code with the library. Exit code 1 if anything is proved, agrees, or is conditional
with a false condition, or more than 1 % is undecided.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from benchmarks.conditions import holds, is_confirmed
from benchmarks.mutations import MUTATIONS, mutants
from benchmarks.problems import Case
from benchmarks.right_answers import cases
from benchmarks.running import LIMIT, RESULTS, Row, TooLong, at_most, heading, options, run, table
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.expression.nodes import Expression
from derive.expression.text import text

ALLOWED = 0.01
Task = tuple[str, int, int, int]


def judged(
    checker: Checker, case: Case, answer: Expression, confirmed: Counter[str] | None = None
) -> tuple[str, str, Verdict | None]:
    """What became of a wrong answer: the verdict, or `false condition`, `unknown condition`, `false counterexample`.

    `confirmed` counts counterexamples whose values were evaluated again: True, False, or None where they were not.
    """
    try:
        with at_most():
            verdict = checker.check(text(answer))
    except TooLong:
        return "undecided", f"more than {LIMIT} s", None
    if verdict.verdict == "conditional":
        for condition in verdict.holds_when:
            true = holds(case, answer, condition)
            if true is not True:
                return "unknown condition" if true is None else "false condition", condition, verdict
    if verdict.counterexample is not None:
        seen = is_confirmed(case, answer, verdict.counterexample)
        if confirmed is not None:
            confirmed[str(seen)] += 1
        if seen is False:
            return "false counterexample", str(verdict.counterexample), verdict
    return verdict.verdict, verdict.reason or "; ".join(verdict.holds_when), verdict


def work(task: Task) -> Row:
    """All mutants of one problem."""
    name, count, each, seed = task
    case = cases(count)[name]
    checker = Checker(case.problem, explain=False)
    verdicts: Counter[str] = Counter()
    slips: Counter[str] = Counter()
    conditions: Counter[str] = Counter()
    confirmed: Counter[str] = Counter()
    failures, times = [], []
    for made in mutants(case, each, seed, slips):
        began = time.perf_counter()
        verdict, said, _ = judged(checker, case, made.answer, confirmed)
        times.append(round((time.perf_counter() - began) * 1000, 2))
        verdicts[verdict] += 1
        if verdict == "conditional":
            conditions.update(said.split("; "))
        elif verdict != "refuted":
            failures.append([verdict, text(made.answer), made.slip, said])
    return {"task": name, "verdicts": verdicts, "slips": slips, "conditions": conditions, "failures": failures,
            "confirmed": confirmed, "times": times, "summary": dict(verdicts)}  # fmt: skip


def report(rows: list[Row]) -> tuple[str, bool]:
    """The tables, and whether the goal was met."""
    total: Counter[str] = Counter()
    slips: Counter[str] = Counter()
    conditions: Counter[str] = Counter()
    confirmed: Counter[str] = Counter()
    for row in rows:
        total.update(row["verdicts"])
        confirmed.update(row["confirmed"])
        slips.update(row["slips"])
        conditions.update(row["conditions"])
    count = total.total()
    wrong = count - sum(total[v] for v in ("refuted", "conditional", "undecided"))
    good = wrong == 0 and total["undecided"] <= ALLOWED * count
    times = sorted(t for row in rows for t in row["times"])
    missed: Counter[str] = Counter(f[2] for row in rows for f in row["failures"])
    lines = [heading("Wrong answers"),
             f"{count} mutants of {len(rows)} problems, each different from the right answer for certain.\n",
             "**" + ", ".join(f"{v}: {n}" for v, n in total.most_common()) + "** "
             f"({total['undecided'] / max(count, 1):.2%} undecided; allowed {ALLOWED:.0%}).\n",
             f"Both values of {confirmed['True']} of {confirmed.total()} counterexamples were confirmed in balls; the "
             f"other {confirmed['None']} choose a function or a layer, or lie at a kink.\n",
             f"Time of a verdict, reading and counterexample included: median {times[len(times) // 2]:.1f} ms, "
             f"95th percentile {times[int(len(times) * 0.95)]:.1f} ms, worst {times[-1]:.0f} ms.\n",
             table(("slip", "mutants", "not refuted"), [(k, slips[k], missed[k]) for k in MUTATIONS]),
             "Conditions that were named, each confirmed by values:\n",
             table(("condition", "times"), conditions.most_common())]  # fmt: skip
    failures = [(row["task"], *f) for row in rows for f in row["failures"]]
    if failures:
        lines.append("## Neither refuted nor truly conditional\n")
        lines += [f"- {task}: {verdict}: `{answer}` ({slip}; {said})" for task, verdict, answer, slip, said in failures]
    return "\n".join(lines) + "\n", good


def main() -> int:
    given = options(__doc__, each=100).parse_args()
    tasks = [(name, given.networks, given.each, given.seed) for name in cases(given.networks)]
    rows = run("wrong-answers", work, tasks, given)
    words, good = report(rows)
    if given.write:
        (RESULTS / "wrong_answers.md").write_text(words, encoding="utf-8")
    print(words)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
