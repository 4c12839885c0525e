"""How many rules of the full derivation lie between a line of work and the one before it, and which.

Each line that is right is looked for among the lines of the derivation in which every rule has its own: as it stands,
or with the names of earlier gradients replaced by what they are. Where it equals none of them, that is said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from derive.checking.lines.forms import Form, Forms
from derive.checking.lines.worlds import is_objective
from derive.checking.questions.question import Question
from derive.checking.verdicts.verdict import Passage, Verdict
from derive.differentiation.derivation import Stage
from derive.differentiation.gradient import subject
from derive.differentiation.rules import RULES
from derive.errors import DeriveError
from derive.expression.nodes import Derivative, Elementwise, Expression, Tensor
from derive.expression.traverse import substitute, tensors
from derive.notation.answer import Statement

NOWHERE = Passage(found=False)


@dataclass(frozen=True)
class _Place:
    """Where a line stands: for each stage that it has gone through, after how many of its steps."""

    steps: Mapping[int, int]


@dataclass(frozen=True)
class _Seen:
    """How far the work has come in a stage, and in which line."""

    step: int
    number: int


@dataclass(frozen=True)
class _Table:
    """Where the lines of work stand in a derivation: as they are, and with f(z) for the name of that value."""

    stages: tuple[Stage, ...]
    exact: dict[Form | None, list[_Place]] = field(default_factory=dict)
    opened: dict[Form | None, list[_Place]] = field(default_factory=dict)


class Skipping:
    """Finds the lines of one answer in the derivations of what they are about."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.forms = Forms()
        self._seen: dict[Tensor, _Seen] = {}
        self._tables: dict[Tensor, _Table | None] = {}
        definitions = question.problem.definitions
        self._values: dict[Expression, Expression] = {
            d.target: d.value for d in definitions if isinstance(d.value, Elementwise)
        }

    def passages(self, statements: Sequence[Statement], right: frozenset[int]) -> dict[int, Passage]:
        """What lies before each statement that is right, by its number; names that the answer defines are followed."""
        found: dict[int, Passage] = {}
        own: dict[Expression, Expression] = {}
        for s in statements:
            e = substitute(s.expression, own)
            if s.name is not None:
                own[s.name] = self._meant(e, s.number) or e
            elif s.number in right:
                about = self._about(s.head)
                found[s.number] = NOWHERE if about is None else self._passage(about, e, s.number)
        return found

    def _about(self, head: Expression | None) -> Tensor | None:
        """What the gradient that a line is about is taken in; None if it is about none."""
        problem = self.question.problem
        if head is None:
            head = problem.question.wrt
        elif isinstance(head, Derivative) and is_objective(problem, head):
            head = head.wrt
        elif not isinstance(head, Tensor) or not self._is_gradient(head):
            return None
        try:
            return subject(problem, head) if isinstance(head, Tensor) else None
        except DeriveError:
            return None

    def _is_gradient(self, name: Tensor) -> bool:
        """Whether a name is a gradient's: delta1, and each member of a family of them."""
        return any(name == g or (g.layer is not None and g.name == name.name) for g in self.question.problem.gradients)

    def _meant(self, value: Expression, number: int) -> Tensor | None:
        """The gradient's name that a name of the answer's own stands for, if its value is a line of that."""
        for name, u in self.question.problem.gradients.items():
            if self._passage(u, value, number).found:
                return name
        return None

    def _passage(self, u: Tensor, e: Expression, number: int) -> Passage:
        table = self._table(u)
        if table is None:
            return NOWHERE
        form, opened = self.forms.of(e), self.forms.of(substitute(e, self._values))
        places = table.exact.get(form, []) or table.opened.get(opened, [])
        if form is None or not places:
            return NOWHERE
        stages = table.stages
        place = min(places, key=lambda p: len(self._rules(stages, p)))
        rules = self._rules(stages, place)
        before = [self._seen[v].number for k in place.steps if (v := _of(stages[k])) in self._seen]
        for k, step in place.steps.items():
            self._seen[_of(stages[k])] = _Seen(self._last(stages[k], step), number)
        return Passage(tuple(RULES[rule].title for rule in rules), max(before, default=None))

    def _rules(self, stages: Sequence[Stage], place: _Place) -> list[str]:
        """The rules from what the work has shown to a place, in the order of the derivation."""
        found: list[str] = []
        for k, step in sorted(place.steps.items()):
            seen = self._seen.get(_of(stages[k]))
            found += [s.rule for s in stages[k].steps[seen.step if seen else 0 : step]]
        return found

    def _last(self, stage: Stage, step: int) -> int:
        """The last line of a stage that is the same line of work."""
        lines = _lines(stage)
        form = self.forms.of(lines[step])
        return max(k for k in range(step, len(lines)) if k == step or self.forms.of(lines[k]) == form)

    def _table(self, u: Tensor) -> _Table | None:
        """The places of all lines of work that lead to the gradient in u; None if there is no derivation of it."""
        if u not in self._tables:
            try:
                self._tables[u] = self._tabulated(self.question.derivation(u).stages)
            except DeriveError:
                self._tables[u] = None
        return self._tables[u]

    def _tabulated(self, stages: tuple[Stage, ...]) -> _Table:
        table = _Table(stages)
        for line, place in _all_lines(stages):
            table.exact.setdefault(self.forms.of(line), []).append(place)
            table.opened.setdefault(self.forms.of(substitute(line, self._values)), []).append(place)
        return table


def _all_lines(stages: Sequence[Stage]) -> Iterator[tuple[Expression, _Place]]:
    """The lines of the last stage, as they stand and with the names of earlier stages replaced: what people write who
    do several stages in one line. The stage replaced last may be at any of its lines, those before it are done."""
    last = len(stages) - 1
    for step, line in enumerate(_lines(stages[last])):
        steps = {last: step}
        yield line, _Place(steps)
        for k in range(last - 1, -1, -1):
            name = stages[k].name
            if name is None or name not in tensors(line):
                continue
            for inner, value in enumerate(_lines(stages[k])):
                yield substitute(line, {name: value}), _Place({**steps, k: inner})
            line, steps = substitute(line, {name: stages[k].result}), {**steps, k: len(stages[k].steps)}


def _lines(stage: Stage) -> list[Expression]:
    """What a stage starts from, and its lines."""
    return [stage.target, *(step.after for step in stage.steps)]


def _of(stage: Stage) -> Tensor:
    assert isinstance(stage.target.wrt, Tensor)
    return stage.target.wrt


def with_passages(verdict: Verdict, question: Question, statements: Sequence[Statement]) -> Verdict:
    """The verdict with what lies before each of its lines that is right."""
    single = [s for s in statements if s.name is None]
    lines = verdict.lines or (dataclasses.replace(verdict, line=single[0].number),)
    right = frozenset(v.line for v in lines if v.line is not None and v.verdict in ("proved", "agrees"))
    found = Skipping(question).passages(statements, right)
    told = tuple(dataclasses.replace(v, passage=found.get(v.line or 0)) for v in lines)
    if not verdict.lines:
        return dataclasses.replace(verdict, passage=told[0].passage)
    return dataclasses.replace(verdict, lines=told)
