"""Named mistakes: mutants of right answers by every row at every place, two slips at once, and right answers.

    python -m benchmarks.mistakes [--exercises] [--every K] [--pairs P] [--write]

Mutants are typed as text and checked like an answer. A mutant counts as explained if the first mistake named is the
row's own, or one of a row whose result coincides with it. What is named is proved again here, from nothing: the answer
must equal a formula to which that row leads. Times are processor time of whole checks once the question was prepared
by a first answer with one slip and one with two. With --exercises the problems are those of the catalogue. With
--write the table goes to benchmarks/results/mistakes.md, or exercises.md.
"""

from __future__ import annotations

import argparse
import collections
import platform
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.equality.prove import Prover
from derive.errors import DeriveError
from derive.exercises import EXERCISES, exercise
from derive.expression.nodes import Expression
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.expression.traverse import substitute, tensors
from derive.mistakes.examples import EXAMPLES
from derive.mistakes.explain import Explainer
from derive.mistakes.fingerprint import Fingerprint
from derive.mistakes.table import MISTAKES
from derive.mistakes.work import Candidate
from derive.networks.network import Network

RESULTS = Path(__file__).parent / "results"
SEED = 20
PAIRS = 8
_PAIR_POOL = 4_000

HIDDEN = ("sigmoid", "tanh", "relu", "softplus", "silu", "f")
OUTPUTS = (("identity", "half-squared"), ("sigmoid", "mse"), ("sigmoid", "bce"), ("softmax", "softmax-ce"))


def problems() -> Iterator[tuple[str, Problem]]:
    """Examples of rows, and two-layer networks of all kinds with questions about each parameter."""
    for name, made in EXAMPLES.items():
        yield f"example {name}", made().problem
    questions = ("W1", "b1", "W2", "W1", "W2")
    for k, hidden in enumerate(HIDDEN):
        for n, (output, loss) in enumerate(OUTPUTS):
            wrt = questions[(k + n) % len(questions)]
            widths = ("n", "n", "n") if (k + n) % 4 == 3 else ("n0", "n1", "n2")
            batch = None if (k + n) % 3 == 2 else "N"
            l2, l1 = ((None, "lam"), ("lam/2", None), ("lam", None))[(k + n) % 3]
            network = Network(
                widths=widths, activations=(hidden, output), loss=loss, batch=batch, l2=l2, l1=l1,
                layout="row" if (k + n) % 5 == 4 else "column",
            )  # fmt: skip
            yield f"{hidden}-{output}, {loss}, {wrt}", network.problem(wrt)
    deep = Network(widths=("n0", "n1", "n2", "n3"), activations=("tanh", "relu", "sigmoid"), loss="bce", batch="N")
    yield "three layers, W1", deep.problem("W1")
    small = Network(widths=(2, 3, 2), activations=("tanh", "sigmoid"), loss="half-squared", batch=4, l2="lam/2")
    yield "sizes 2-3-2, W1", small.problem("W1")


def exercises() -> list[tuple[str, Problem]]:
    """The problems of the catalogue."""
    return [(name, exercise(name).problem) for name in EXERCISES]


@dataclass
class Tally:
    """What was counted."""

    mutants: int = 0
    first: int = 0
    unnamed: int = 0
    other: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    verdicts: collections.Counter[str] = field(default_factory=collections.Counter)
    pairs: int = 0
    both: int = 0
    same: int = 0
    right: int = 0
    accused: int = 0
    times: list[float] = field(default_factory=list)
    rows: collections.Counter[str] = field(default_factory=collections.Counter)


@dataclass
class Subject:
    """One problem with all it takes to spoil and judge answers."""

    name: str
    checker: Checker
    explainer: Explainer
    prover: Prover

    def expanded(self, e: Expression) -> Expression:
        """The formula without names of gradients, as somebody writes it who does everything in one line."""
        return self._without(e, dict(self.prover.extra.items()))

    def typed(self, e: Expression) -> Expression:
        """The formula without names that only the derivation knows."""
        known = self.checker.question.problem.scope.tensors
        return self._without(e, {name: value for name, value in self.prover.extra.items() if name.name not in known})

    @staticmethod
    def _without(e: Expression, names: dict[Expression, Expression]) -> Expression:
        while any(t in names for t in tensors(e)):
            e = substitute(e, names)
        return e


def subject(name: str, problem: Problem) -> Subject:
    checker = Checker(problem)
    derivation = None if problem.question.value is not None else gradient(problem, problem.question.wrt)
    if derivation is None:
        checker.prepare()
        expected, extra = checker.question.expected()[0], dict(checker.question.extra)
    else:
        expected, extra = derivation.result, dict(gradient_definitions(derivation))
    return Subject(name, checker, Explainer(problem, expected, derivation, extra), Prover(problem, extra))


def timed(s: Subject, answer: Expression, tally: Tally | None) -> Verdict:
    began = time.process_time()
    verdict = s.checker.check(text(answer))
    if tally is not None:
        tally.times.append((time.process_time() - began) * 1000)
    return verdict


def one_slip(s: Subject, tally: Tally, every: int) -> None:
    """Every row at every place; of places with one result only one."""
    for group in s.explainer.singles.values():
        coinciding = {c.slips[0][0].code for c in group}
        of_each: dict[str, Candidate] = {}
        for candidate in group:
            of_each.setdefault(candidate.slips[0][0].code, candidate)
        for code, candidate in of_each.items():
            tally.mutants += 1
            if tally.mutants % every:
                continue
            answer = s.typed(candidate.answer) if tally.mutants % 2 else s.expanded(candidate.answer)
            verdict = timed(s, answer, tally)
            tally.rows[code] += 1
            tally.verdicts[verdict.verdict] += 1
            judge(s, tally, answer, verdict, coinciding)


def judge(s: Subject, tally: Tally, answer: Expression, verdict: Verdict, coinciding: set[str]) -> None:
    codes = [m.code for m in verdict.mistakes]
    if codes and codes[0] in coinciding:
        tally.first += 1
    elif not codes:
        tally.unnamed += 1
        tally.other.append(f"{s.name}: nothing for {sorted(coinciding)[:2]} ({verdict.verdict}): {text(answer)}")
    else:
        tally.other.append(f"{s.name}: {codes} for {sorted(coinciding)[:2]}: {text(answer)}")
    if verdict.verdict in ("refuted", "conditional"):
        for code in codes:
            if code in MISTAKES and not proved(s, answer, code):
                tally.false.append(f"{s.name}: {code} for {text(answer)}")


def proved(s: Subject, answer: Expression, code: str) -> bool:
    """Whether the answer equals, provably, something that the row leads to; a prover of its own, and no fingerprint."""
    marked = s.explainer.prints.of(answer)
    likely = s.explainer.singles.get(marked, []) if marked is not None else []
    return any(c.slips[0][0].code == code and equal(s, answer, c.answer) for c in likely)


def equal(s: Subject, left: Expression, right: Expression) -> bool:
    try:
        return s.prover.fork().equal(left, right) is not None
    except DeriveError:
        return False


def two_slips(s: Subject, tally: Tally, count: int, rng: random.Random) -> None:
    """Pairs drawn from all that can be composed, in any order."""
    firsts = [group[0] for group in s.explainer.singles.values()]
    composed = list(islice(s.explainer.work.pairs(firsts), _PAIR_POOL))
    known: set[Fingerprint | None] = {None, s.explainer.right, *s.explainer.singles}
    drawn = 0
    for candidate in rng.sample(composed, min(len(composed), 6 * count)):
        if drawn == count:
            return
        mark = s.explainer.prints.of(candidate.answer)
        if mark in known:
            continue
        drawn += 1
        tally.pairs += 1
        verdict = timed(s, s.typed(candidate.answer), tally)
        codes = {m.code for m in verdict.mistakes}
        wanted = {row.code for row, _ in candidate.slips}
        if wanted <= codes:
            tally.both += 1
            tally.same += 1
        elif explains(s, codes, candidate.answer):
            tally.same += 1


def explains(s: Subject, codes: set[str], answer: Expression) -> bool:
    """Whether two other slips were named that provably lead to the same answer."""
    for other in [*s.explainer.pairs.scaled(answer), *s.explainer.pairs.composed(answer)]:
        if {row.code for row, _ in other.slips} <= codes and equal(s, answer, other.answer):
            return True
    return False


def right_answers(s: Subject, tally: Tally) -> None:
    for answer in (s.typed(s.explainer.expected), s.expanded(s.explainer.expected)):
        tally.right += 1
        verdict = s.checker.check(text(answer))
        # Where closed form is wanted, what is expected may be the question itself: true, but no answer.
        tally.accused += bool(verdict.mistakes) or (verdict.verdict != "proved" and verdict.code != "E-OPEN")


def run(given: Sequence[tuple[str, Problem]], every: int, pairs: int) -> Tally:
    tally, rng = Tally(), random.Random(SEED)
    for name, problem in given:
        s = subject(name, problem)
        groups = list(s.explainer.singles.values())
        if groups:
            timed(s, s.typed(groups[0][0].answer), None)
        for candidate in islice(s.explainer.work.pairs([g[0] for g in groups]), 40, 41):
            timed(s, s.typed(candidate.answer), None)
        one_slip(s, tally, every)
        two_slips(s, tally, pairs, rng)
        right_answers(s, tally)
        print(f"{name}: {tally.mutants} mutants, {len(tally.other)} not first", file=sys.stderr)
    return tally


def report(tally: Tally, command: str, count: int, title: str) -> str:
    tried = sum(tally.rows.values())
    median, p95 = statistics.median(tally.times), statistics.quantiles(tally.times, n=20)[-1]
    verdicts = ", ".join(f"{name} {n}" for name, n in tally.verdicts.most_common())
    lines = [
        f"# {title}", "",
        f"`python -m benchmarks.mistakes{command}`, {date.today()}, "
        f"Python {platform.python_version()}, {count} problems, {len(MISTAKES)} rows.", "",
        "| what | measured |", "|---|---|",
        f"| mutants with one slip | {tried} |",
        f"| rows that fired | {len(tally.rows)} of {len(MISTAKES)} |",
        f"| the right code comes first | {tally.first} ({100 * tally.first / max(tried, 1):.2f} %) |",
        f"| nothing named | {tally.unnamed} |",
        f"| a mistake named that the answer does not have | {len(tally.false)} |",
        f"| right answers accused of something | {tally.accused} of {tally.right} |",
        f"| two slips, both named | {tally.both} of {tally.pairs} ({100 * tally.both / max(tally.pairs, 1):.1f} %) |",
        f"| two slips, both or two that coincide | {tally.same} ({100 * tally.same / max(tally.pairs, 1):.1f} %) |",
        f"| verdicts on mutants | {verdicts} |",
        f"| time of a check, warm (processor) | median {median:.1f} ms, 95th percentile {p95:.0f} ms |",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every k-th mutant")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="answers with two slips for each problem")
    parser.add_argument("--exercises", action="store_true", help="the problems of the catalogue of exercises")
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results")
    given = parser.parse_args()
    chosen = exercises() if given.exercises else list(problems())
    tally = run(chosen, given.every, given.pairs)
    command = (" --exercises" if given.exercises else "") + (f" --every {given.every}" if given.every > 1 else "")
    command += f" --pairs {given.pairs}" if given.pairs != PAIRS else ""
    table = report(
        tally, command, len(chosen), "Named mistakes in the exercises" if given.exercises else "Named mistakes"
    )
    print(table)
    for line in (*tally.false, *tally.other):
        print(line, file=sys.stderr)
    if given.write:
        (RESULTS / ("exercises.md" if given.exercises else "mistakes.md")).write_text(table, encoding="utf-8")
    return 1 if tally.false or tally.accused else 0


if __name__ == "__main__":
    sys.exit(main())
