"""The derivation of what is asked, as the lines that rows are tried on, and what follows from a changed line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from derive.differentiation.derivation import Derivation, Stage
from derive.errors import DeriveError
from derive.expression.nodes import Component, Derivative, Elementwise, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.traverse import substitute, walk
from derive.mistakes.row import Row
from derive.mistakes.setting import Facts, Setting
from derive.mistakes.sites import Site, changed
from derive.mistakes.table import MISTAKES
from derive.mistakes.terms import expanded, summed
from derive.mistakes.updates import has_derivative

_LINES = 4
"""Lines of one stage that rows are tried on: the first ones without derivatives, and the last."""

_PLACES = 6
"""Places at which one slip is made again and again."""


@dataclass(frozen=True)
class Candidate:
    """A wrong answer: the slips that lead to it, the first of them first, and the answer as a formula."""

    slips: tuple[tuple[Row, Site], ...]
    stage: int
    answer: Expression


class Work:
    """How the answer comes about: one formula a stage, the last of them the answer."""

    def __init__(self, problem: Problem, expected: Expression, derivation: Derivation | None) -> None:
        self.problem = problem
        self.expected = expected
        self.facts = Facts(problem)
        self.stages: tuple[Stage, ...] = () if derivation is None else derivation.stages
        self.wanted = shape(expected)
        self.effort = 0
        """Lines written anew, each as often as there are lines in it: what a change far up in a deep network costs."""

    @cached_property
    def lines(self) -> tuple[tuple[Setting, tuple[Expression, ...]], ...]:
        """For each stage where it stands, and its lines without derivatives, each once."""
        if not self.stages:
            lines = tuple(dict.fromkeys((self.expected, *self._in_terms())))
            return ((Setting(self.facts, None, is_output=True, is_final=True), lines),)
        last = len(self.stages) - 1
        return tuple(self._lines(k, stage, k == last) for k, stage in enumerate(self.stages))

    def _in_terms(self) -> Iterator[Expression]:
        """A step of descent as a sum of terms: W − ηG − ηλW."""
        value = self.problem.question.value
        if value is not None and any(has_derivative(part, self.problem) for part in walk(value)):
            yield summed(expanded(self.expected))

    def _lines(self, k: int, stage: Stage, is_final: bool) -> tuple[Setting, tuple[Expression, ...]]:
        found = list(dict.fromkeys(s.after for s in stage.steps if not _has_derivative(s.after)))
        if stage.result not in found and not _has_derivative(stage.result):
            found.append(stage.result)
        kept = found if len(found) <= _LINES else [*found[: _LINES - 1], found[-1]]
        first = next((e for s in self.stages[:k] if (e := _first_derivative(s, stage.target.of)) is not None), None)
        setting = Setting(self.facts, stage.target.wrt, k == 0, is_final, _cancelled(stage) if k == 0 else (), first)
        return setting, tuple(kept)

    def single(self, rows: Collection[Row] = MISTAKES.values()) -> Iterator[Candidate]:
        """Every answer with one slip, last stage first (what most answers spell out), in the order of the table."""
        for k, (setting, lines) in reversed(list(enumerate(self.lines))):
            for row in rows:
                for line in lines:
                    for site in sites(row, line, setting):
                        answer = self.following(k, site.line)
                        if answer is not None:
                            yield Candidate(((row, site),), k, answer)

    def repeated(self, rows: Collection[Row]) -> Iterator[Candidate]:
        """Every answer with one slip made wherever it can be made, at two places or more."""
        for row in rows:
            for place in (0, -1):
                found: list[Site] = []
                given: dict[int, Expression] = {}
                for k, (setting, lines) in enumerate(self.lines):
                    for site in _again(row, lines[place], setting) if lines else ():
                        found.append(site)
                        given[k] = site.line
                if len(found) > 1:
                    last = max(given)
                    answer = self.following(last, given[last], given)
                    if answer is not None:
                        yield Candidate(((row, found[0]),), last, answer)

    def pairs(self, firsts: Sequence[Candidate]) -> Iterator[Candidate]:
        """Answers with two slips: both in one line, or each in a stage of its own, from single ones that differ."""
        for n, first in enumerate(firsts):
            yield from self._later(first, firsts[n + 1 :])
        for first in firsts:
            yield from self._same_line(first)

    def _later(self, first: Candidate, others: Sequence[Candidate]) -> Iterator[Candidate]:
        for other in others:
            if other.stage > first.stage:
                lines = {first.stage: first.slips[0][1].line}
                answer = self.following(other.stage, other.slips[0][1].line, lines)
                if answer is not None:
                    yield Candidate((*first.slips, *other.slips), other.stage, answer)

    def _same_line(self, first: Candidate) -> Iterator[Candidate]:
        """Rows further down in the table, tried on the line with the first slip; the other order gives the same."""
        row, site = first.slips[0]
        setting = self.lines[first.stage][0]
        rows = list(MISTAKES.values())
        for other in rows[rows.index(row) + 1 :]:
            for again in sites(other, site.line, setting):
                answer = self.following(first.stage, again.line)
                if answer is not None:
                    yield Candidate((*first.slips, (other, again)), first.stage, answer)

    def following(
        self, stage: int, line: Expression, others: Mapping[int, Expression] | None = None
    ) -> Expression | None:
        """The answer that follows from a line of a stage; None if it has another shape or none at all."""
        given = {**(others or {}), stage: line}
        first = min(given)
        self.effort += max(len(self.stages) - first, 1) ** 2
        if not self.stages:
            answer = line
        else:
            values: dict[Expression, Expression] = {}
            answer = line
            for k in range(first, len(self.stages)):
                name = self.stages[k].name
                answer = given.get(k, self.stages[k].result)
                if values:
                    answer = substitute(answer, values)
                if name is not None and self.stages[k].entry is None:
                    values[name] = answer
        try:
            return answer if answer != self.expected and shape(answer) == self.wanted else None
        except DeriveError:
            return None


def sites(row: Row, line: Expression, setting: Setting) -> Iterator[Site]:
    try:
        yield from changed(row, line, setting)
    except DeriveError:
        return


def _again(row: Row, line: Expression, setting: Setting) -> list[Site]:
    """One slip made again and again, each in the line with those before; [] if there is no end to it."""
    found: list[Site] = []
    while len(found) <= _PLACES:
        site = next(sites(row, line, setting), None)
        if site is None:
            return found
        found.append(site)
        line = site.line
    return []


def _first_derivative(stage: Stage, of: Expression) -> Expression | None:
    """What an earlier stage has found, if it is what a later one differentiates, or if that is an entry of it."""
    if isinstance(of, Component) and stage.target == of.operand:
        return Component(stage.result, of.row, of.column)
    return stage.result if stage.target == of else None


def _has_derivative(e: Expression) -> bool:
    return any(isinstance(part, Derivative) for part in walk(e))


def _cancelled(stage: Stage) -> tuple[Elementwise, ...]:
    """Slopes f′(z) that stood in a line of the stage and cancelled before its end."""
    found: dict[Elementwise, None] = {}
    for step in stage.steps:
        if step.rule == "cancel" or step.rule == "assumption":
            for line in stage.steps:
                for part in walk(line.after):
                    if isinstance(part, Elementwise) and part.order == 1 and isinstance(part.arguments[0], Tensor):
                        found.setdefault(part)
    return tuple(found)[:1]
