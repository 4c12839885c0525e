"""Several lines of work: which line is the first wrong one, and which later ones merely follow from it.

    python -m benchmarks.lines [--count K] [--seed S] [--write]

Solutions are written from derivations of all three levels of detail: a chain of lines for each stage, typed as text or
(where no derivative is left) as LaTeX, or names of one's own for the stages. Half of them get one slip (a row of the
table of mistakes, or a mutation) in a line that is drawn; what comes after it is written on with the wrong value, or
with the right one; and into some lines that carry the slip comes another one. That each slip is one, and that lines
with a wrong value are wrong, is confirmed by values (`benchmarks.evaluation`), which know nothing of the checker.
With --write the table goes to benchmarks/results/lines.md.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import random
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.balls import Undefined
from benchmarks.evaluation import Witness, free_indices
from benchmarks.mutations import is_different, mutants
from benchmarks.problems import Case, hand_made, networks
from benchmarks.rewrites.composing import context, step
from benchmarks.running import RESULTS, heading, table
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.differentiation.derivation import LEVELS, Derivation, Level, Stage
from derive.differentiation.gradient import gradient
from derive.errors import DeriveError
from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.expression.traverse import substitute, tensors, walk
from derive.mistakes.setting import Facts, Setting
from derive.mistakes.sites import changed
from derive.mistakes.table import MISTAKES
from derive.writing.latex import latex

Label = Literal["right", "slip", "follows", "new slip", "definition"]
"""What is true of a line by construction; `definition` claims nothing."""

EQUAL = ("commute", "distribute", "transposes", "add_and_subtract", "numbers", "definitions")
"""How a line is put in other words."""

STYLES = ("text", "text", "text", "LaTeX", "own names")
"""How solutions are typed, in turn."""

LONGEST = 900
"""Characters of a line."""

LATER = 3
"""Lines of one chain that are written on after a slip."""


@dataclass
class Work:
    """Lines of work: how each is typed, and what is true of it."""

    case: Case
    style: str
    typed: list[str] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    slip: int | None = None
    line_end: str = "\n"

    def add(self, typed: str, label: Label) -> None:
        self.typed.append(typed)
        self.labels.append(label)
        if label == "slip":
            self.slip = len(self.typed)

    @property
    def text(self) -> str:
        return self.line_end.join(self.typed)


class Impossible(Exception):
    """No solution of this kind can be made, or its labels cannot be confirmed."""


class Writer:
    """Writes one solution: the stages of a derivation in order, with slips where they are wanted."""

    def __init__(
        self, case: Case, derivation: Derivation, rng: random.Random, style: str, *, as_latex: bool = False
    ) -> None:
        self.case, self.derivation, self.rng = case, derivation, rng
        self.as_latex = as_latex
        self.formulas = {s.name: s.result for s in derivation.stages if s.name is not None}
        self.work = Work(case, style, line_end=" \\\\\n" if as_latex else "\n")
        self.wrong: dict[Expression, Expression] = {}

    def chains(self, slip: tuple[int, int] | None) -> Work:
        """A chain for each stage; `slip` is the stage and the line of it that gets one."""
        for k, stage in enumerate(self.derivation.stages):
            lines = self.lines(stage)
            at = slip[1] if slip is not None and slip[0] == k else None
            carried = self.rng.random() < 0.7
            for n, line in enumerate(lines):
                typed, label = self._line(line, stage, n, at, carried)
                self._write(stage, n, typed, label)
                if at is not None and n >= at + LATER:
                    break
            self._carry_on(stage, lines[-1], at, carried)
        return self.work

    def lines(self, stage: Stage) -> list[Expression]:
        """The lines of a stage that are typed."""
        found = lines_of(stage)
        return [e for e in found if not has_derivative(e)] or found[-1:] if self.as_latex else found

    def _line(self, line: Expression, stage: Stage, n: int, at: int | None, carried: bool) -> tuple[Expression, Label]:
        if at is not None and n >= at:
            if n == at:
                self._slip = self.slip_in(line, stage)
                return self._slip, "slip"
            if not carried:
                return line, "right"
            return self._spoiled(self.other_words(self._slip, stage), line, stage, 0.15)
        told = substitute(line, self.wrong)
        if not self.wrong or told == line or has_derivative(line):
            return line, "right"
        self.confirm_different(line, told, stage)
        return self._spoiled(told, line, stage, 0.2)

    def _spoiled(self, e: Expression, right: Expression, stage: Stage, often: float) -> tuple[Expression, Label]:
        """A line that carries a slip, as it is or with another slip in it."""
        if self.rng.random() > often:
            return e, "follows"
        new = self.slip_in(e, stage)
        self.confirm_different(right, new, stage)
        return new, "new slip"

    def _carry_on(self, stage: Stage, right: Expression, at: int | None, carried: bool) -> None:
        """What later stages put in for the name of this one."""
        if stage.name is None or (at is None and not (tensors(right) & self.wrong.keys())):
            return
        value = self._slip if at is not None else substitute(right, self.wrong)
        if carried and len(text(value)) < LONGEST / 3:
            self.wrong[stage.name] = value

    def _write(self, stage: Stage, n: int, e: Expression, label: Label) -> None:
        left = text(stage.name) if stage.name is not None else _question(stage.target)
        typed = text(e)
        if self.as_latex:
            left, typed = latex(stage.target if stage.name is None else stage.name), latex(e)
        if len(typed) > LONGEST:
            raise Impossible
        if n == 0 and stage.name is not None and stage.name not in self.case.problem.gradients:
            raise Impossible
        self.work.add(f"{left} = {typed}" if n == 0 else f"  = {typed}", label)

    def with_own_names(self, slip: int | None) -> Work:
        """A name of one's own for each stage but the last; a slip in one of their definitions spoils what uses it."""
        *inner, last = self.derivation.stages
        own: dict[Expression, Expression] = {}
        spoiled: set[Expression] = set()
        for k, stage in enumerate(inner):
            if stage.name is None or stage.name not in self.case.problem.gradients:
                raise Impossible
            mine = Tensor(f"v{k + 1}", stage.name.shape, stage.name.layer)
            result = lines_of(stage)[-1]
            value = self.slip_in(result, stage) if k == slip else result
            self.work.add(f"{mine.name} = {text(substitute(value, own))}", "slip" if k == slip else "definition")
            if k == slip or tensors(result) & spoiled:
                spoiled.add(stage.name)
                self.wrong[stage.name] = substitute(value, self.wrong)
            own[stage.name] = mine
        lines = lines_of(last)
        for n, line in enumerate([x for x in lines if not has_derivative(x)] or lines[-1:]):
            told = substitute(line, self.wrong)
            if told != line:
                self.confirm_different(line, told, last)
            self._write(last, n, substitute(line, own), "right" if told == line else "follows")
        return self.work

    # ---- slips, and what is known of them

    def slip_in(self, line: Expression, stage: Stage) -> Expression:
        """The line with a slip that changes its value."""
        if self.rng.random() < 0.5:
            found = self._row(line, stage)
            if found is not None:
                return found
        case = self._case(line)
        mutant = next(mutants(case, 1, self.rng.randrange(10**6)), None)
        if mutant is None or len(text(mutant.answer)) > LONGEST:
            raise Impossible
        return mutant.answer

    def _row(self, line: Expression, stage: Stage) -> Expression | None:
        setting = Setting(Facts(self.case.problem), stage.target.wrt, is_output=False, is_final=stage.name is None)
        rows = list(MISTAKES.values())
        for row in self.rng.sample(rows, len(rows)):
            try:
                found = [s.line for s in changed(row, line, setting) if shape(s.line) == shape(line)]
                if found:
                    new = self.rng.choice(found)
                    self.confirm_different(line, new, stage)
                    return new
            except (DeriveError, Impossible):
                continue
        return None

    def other_words(self, e: Expression, stage: Stage) -> Expression:
        """The same value, written in another way."""
        case = self._case(e)
        c = context(case, self.rng)
        new = e
        for name in self.rng.sample(EQUAL, 2):
            new = step(new, name, c) or new
        witness = Witness(case.problem, case.formulas, self.rng.randrange(10**6))
        try:
            if new == e or not witness.same(e, new, free_indices(e, new)):
                return e
        except Undefined:
            return e
        return new

    def confirm_different(self, one: Expression, other: Expression, stage: Stage) -> None:
        """Raises Impossible unless some point shows that two lines differ."""
        if len(text(other)) > LONGEST or not is_different(self._case(one), other, self.rng):
            raise Impossible

    def _case(self, line: Expression) -> Case:
        known: Mapping[Tensor, Expression] = {**self.case.formulas, **self.formulas}
        return dataclasses.replace(self.case, answer=line, formulas=known)


def lines_of(stage: Stage) -> list[Expression]:
    """The lines of a stage that say something to those who have not read the ones before."""
    held = {d.target for d in stage.held}
    return [s.after for s in stage.steps if not tensors(s.after) & held]


def _question(e: Derivative) -> str:
    """The left side as people write it, where it has names."""
    plain = isinstance(e.of, Tensor) and isinstance(e.wrt, Tensor) and e.wrt.layer is None
    return f"d{text(e.of)}/d{text(e.wrt)}" if plain else text(e)


def has_derivative(e: Expression) -> bool:
    return any(isinstance(part, Derivative) for part in walk(e))


def solutions(count: int, seed: int) -> Iterator[Work]:
    """Right and wrong ones in turn, over all problems, levels and styles."""
    rng = random.Random(seed)
    cases = [*networks(30, seed), *(c for c in hand_made() if c.problem.question.wrt is not None)]
    rng.shuffle(cases)
    made = tried = 0
    while made < count:
        case, level = cases[tried % len(cases)], LEVELS[tried % len(LEVELS)]
        tried += 1
        try:
            found = _solution(case, level, rng, made % 2 == 1, STYLES[made % len(STYLES)])
        except (Impossible, DeriveError, Undefined, StopIteration):
            continue
        made += 1
        yield found


def _solution(case: Case, level: Level, rng: random.Random, wrong: bool, style: str) -> Work:
    derivation = gradient(case.problem).at(level)
    writer = Writer(case, derivation, rng, f"{level}, {style}", as_latex=style == "LaTeX")
    stages = derivation.stages
    if style == "own names":
        if len(stages) < 2:
            raise Impossible
        return writer.with_own_names(rng.randrange(len(stages) - 1) if wrong else None)
    places = [(k, n) for k, s in enumerate(stages) for n, e in enumerate(writer.lines(s)) if not has_derivative(e)]
    early = places[: max(1, 2 * len(places) // 3)]  # what comes after a slip is what there is to mark
    work = writer.chains(rng.choice(early) if wrong else None)
    if len(work.typed) < 2:
        raise Impossible
    return work


@dataclass
class Tally:
    """What was counted."""

    kinds: collections.Counter[str] = field(default_factory=collections.Counter)
    lines: collections.Counter[str] = field(default_factory=collections.Counter)
    good: collections.Counter[str] = field(default_factory=collections.Counter)
    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def judge(work: Work, tally: Tally) -> None:
    """Hold the verdicts on a solution against what is true of its lines."""
    checker = Checker(work.case.problem)
    checker.prepare()
    began = time.process_time()
    verdict = checker.check(work.text)
    tally.times.append(time.process_time() - began)
    kind = f"{work.style}, {'right' if work.slip is None else 'one slip'}"
    tally.kinds[kind] += 1
    first = verdict.first_wrong_line
    tally.good[kind] += first == work.slip
    if first != work.slip:
        tally.failures.append(f"first wrong line {first}, not {work.slip}: {work.case.name}\n{work.text}")
    lines = {v.line: v for v in verdict.lines or (dataclasses.replace(verdict, line=len(work.typed)),)}
    for number, label in enumerate(work.labels, start=1):
        if number not in lines:
            continue
        tally.lines[label] += 1
        wrong = fault(lines[number], label, work)
        tally.good[label] += not wrong
        if wrong:
            tally.failures.append(f"line {number} ({label}): {wrong}: {work.case.name}\n{work.text}")


def fault(verdict: Verdict, label: Label, work: Work) -> str:
    """What is wrong with the verdict on a line; nothing if it is as it should be."""
    is_right = verdict.verdict in ("proved", "agrees")
    if is_right != (label == "right"):
        return f"{verdict.verdict} {verdict.code or ''} {verdict.reason or ''}"
    if label == "follows":
        return "" if verdict.follows_from is not None else "said to have a slip of its own"
    return f"said to follow from line {verdict.follows_from}" if verdict.follows_from is not None else ""


def report(tally: Tally, count: int) -> str:
    rows = [[kind, n, tally.good[kind]] for kind, n in sorted(tally.kinds.items())]
    labels = [[label, n, tally.good[label]] for label, n in sorted(tally.lines.items())]
    milliseconds = [1000 * t for t in tally.times]
    return "\n".join((
        heading("Several lines of work"),
        f"{count} solutions, {sum(tally.lines.values())} lines with a verdict.\n",
        table(("solutions", "number", "first wrong line found, or none where there is none"), rows),
        table(("lines", "number", "rightly marked"), labels),
        f"A solution takes {statistics.median(milliseconds):.0f} ms (median) and at most {max(milliseconds):.0f} ms of "
        "processor time, named mistakes included; the question was prepared before.\n",
    ))  # fmt: skip


def run(count: int, seed: int, only: Sequence[int] = ()) -> Tally:
    tally = Tally()
    for k, work in enumerate(solutions(count, seed)):
        if not only or k in only:
            judge(work, tally)
        print(f"{k + 1}/{count} {work.case.name}: {len(tally.failures)}", file=sys.stderr)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="solutions (default 100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results/lines.md")
    given = parser.parse_args()
    tally = run(given.count, given.seed)
    written = report(tally, given.count)
    print(written)
    for failure in tally.failures:
        print(failure, "\n", file=sys.stderr)
    if given.write:
        (RESULTS / "lines.md").write_text(written, encoding="utf-8")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
