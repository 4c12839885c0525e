"""Which wrong lines have a slip of their own, and which only inherit one from a line before.

A wrong line follows from an earlier one if it is right once that one is taken for right. That is proved, in one of
three ways: it equals an earlier wrong member of its own chain; it is right in the problem in which the earlier line
holds (`worlds`); or it is right once a name that the answer defines stands for a quantity of the problem instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.checking.lines.worlds import Given, World, is_objective, is_proved
from derive.checking.questions.question import Question
from derive.differentiation.gradient import subject
from derive.equality.bench import Bench
from derive.equality.prove import Prover
from derive.errors import DeriveError, ShapeError
from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.shapes import shape
from derive.expression.sizes import Shape
from derive.expression.text import text
from derive.expression.traverse import tensors
from derive.mistakes.explain import without_own_names
from derive.notation.answer import Statement

WORLDS = 120
"""Equalities that are tried for one answer."""

NEAR = 6
"""Wrong lines, the nearest first, from which a line is tried to follow."""


@dataclass(frozen=True)
class Origin:
    """The line that a wrong one follows from, and under which condition.

    meant  what a defined name should be
    basis  for a line that builds on it, but has a slip of its own: what would be right if that line were right
    """

    number: int
    meant: str | None = None
    basis: Expression | None = None


@dataclass(frozen=True)
class _Wrong:
    """A wrong line: with names of the answer's own replaced; `about` is what could be given the wrong value."""

    statement: Statement
    head: Expression | None
    value: Expression
    origin: Origin | None = None

    @property
    def number(self) -> int:
        return self.statement.number if self.origin is None else self.origin.number


class Inheritance:
    """Finds the origins of the wrong lines of one answer; `own` are the names that it defines."""

    def __init__(self, question: Question, bench: Bench, own: Mapping[Tensor, Expression]) -> None:
        problem = question.problem
        given = tuple(d for d in problem.definitions if d.target not in own)
        self.question = question.fork(_with(question, given))
        self.prover = Prover(self.question.problem, self.question.extra)
        self.bench = bench if not own else Bench(self.question.known(), self.question.extra)
        self.own = own
        self.left = WORLDS
        self._worlds: dict[tuple[int, ...], World | None] = {}
        self._abouts: dict[int, Tensor | Derivative | None] = {}

    def origins(self, statements: Sequence[Statement], wrong: frozenset[int]) -> dict[int, Origin]:
        """The origin of each wrong statement, by its number, that has one."""
        found: dict[int, Origin] = {}
        before: list[_Wrong] = []
        defined: list[Statement] = []
        for s in statements:
            if s.name is not None:
                defined.append(s)
            elif s.number in wrong:
                line = _Wrong(s, self._plain(s.head), self._expanded(s.expression))
                origin = self._origin(line, before, defined)
                told = origin or self._basis(line, before)
                if told is not None:
                    found[s.number] = told
                before.append(_Wrong(s, line.head, line.value, origin))
        return found

    def _origin(self, line: _Wrong, before: Sequence[_Wrong], defined: Sequence[Statement]) -> Origin | None:
        members = [w for w in reversed(before) if w.statement.chain == line.statement.chain]
        for member in members:
            if self._equal(member.value, line.value):
                return Origin(member.number)
        sources = [w for w in reversed(before) if w.origin is None][:NEAR]
        for some in (*([w] for w in sources), *([sources] if len(sources) > 1 else [])):
            world = self._world(some)
            if world is not None and self._may() and world.equal(line.head, line.value):
                return Origin(some[0].number)
            if world is not None and members and self._may() and world.equal(members[0].value, line.value):
                return Origin(members[0].number)
        return self._misnamed(line, defined)

    def _basis(self, line: _Wrong, before: Sequence[_Wrong]) -> Origin | None:
        """What a line with a slip of its own should be, if it builds on a wrong one."""
        members = [w for w in reversed(before) if w.statement.chain == line.statement.chain]
        if members:
            return Origin(members[0].number, basis=members[0].value)
        sources = [w for w in reversed(before) if w.origin is None][:NEAR]
        world = self._world(sources) if sources else None
        formula = None if world is None else world.formula(line.head)
        if formula is None or self._stated(line.head, formula):
            return None
        return Origin(sources[0].number, basis=formula)

    def _misnamed(self, line: _Wrong, defined: Sequence[Statement]) -> Origin | None:
        """Right if a name that the answer defines stood for something else that the problem knows."""
        written = line.statement.expression
        for s in defined:
            assert s.name is not None
            if s.name not in _reached(written, self.own):
                continue
            for quantity in self._quantities(s.name.shape):
                value = self._expanded(written, {s.name: quantity})
                if self._may() and self._stated(line.head, value):
                    return Origin(s.number, f"{s.name.name} = {text(quantity)}")
        return None

    # ---- what is wrong with which quantity

    def _world(self, lines: Sequence[_Wrong]) -> World | None:
        """The problem in which some wrong lines hold; None if they are about nothing that could be changed."""
        key = tuple(w.statement.number for w in lines)
        if key not in self._worlds:
            givens = [Given(about, w.value) for w in reversed(lines) if (about := self._about(w)) is not None]
            try:
                self._worlds[key] = World(self.question, givens) if givens else None
            except DeriveError:
                self._worlds[key] = None
        return self._worlds[key]

    def _about(self, line: _Wrong) -> Tensor | Derivative | None:
        number = line.statement.number
        if number not in self._abouts:
            try:
                self._abouts[number] = self._found(line.head, shape(line.value))
            except ShapeError:
                self._abouts[number] = None  # what has no shape is about nothing
        return self._abouts[number]

    def _found(self, head: Expression | None, of_shape: Shape) -> Tensor | Derivative | None:
        """The quantity that a side is: by what it is, else by a proof."""
        problem = self.question.problem
        if head is None:
            wrt = problem.question.wrt
            objective = problem.question.objective
            if not isinstance(wrt, Tensor) or objective is None:
                return None
            return wrt if wrt in problem.gradients else Derivative(objective, wrt)
        if isinstance(head, Derivative) and isinstance(head.wrt, Tensor) and is_objective(problem, head):
            return head if head.form in ("gradient", "formal") else None
        if isinstance(head, Tensor) and (head in problem.gradients or problem.definition(head) is not None):
            return head
        if isinstance(head, Tensor):
            return self._member(head)
        return next((q for q in self._quantities(of_shape) if self._may() and self._stated(head, q)), None)

    def _member(self, head: Tensor) -> Tensor | None:
        """delta[l+1], where the family delta[l] is a gradient's."""
        try:
            return head if subject(self.question.problem, head) != head else None
        except DeriveError:
            return None

    def _quantities(self, of_shape: Shape) -> Iterator[Tensor | Derivative]:
        """What the problem has names for, and gradients in it: of one shape."""
        problem = self.question.problem
        for name in problem.gradients:
            if name.shape == of_shape:
                yield name
        objective = next((d.target for d in problem.definitions if d.target.name == problem.objective_name), None)
        targets = [d.target for d in problem.definitions if d.target.shape == of_shape and d.target != objective]
        named = {u for name, u in problem.gradients.items() if name not in problem.scales}
        if objective is not None:
            yield from (Derivative(objective, t) for t in targets if t not in named)
        yield from targets

    # ---- equality in the problem as it is

    def _stated(self, head: Expression | None, value: Expression) -> bool:
        if head is None:
            try:
                return self._proved(self.question.expected()[0], value)
            except DeriveError:
                return False
        return self._equal(head, value)

    def _equal(self, left: Expression, right: Expression) -> bool:
        return self._may() and self._proved(left, right)

    def _proved(self, left: Expression, right: Expression) -> bool:
        try:
            sides = self.question.resolve(left), self.question.resolve(right)
        except DeriveError:
            return False
        self.prover.extra.update(self.question.extra)
        return is_proved(self.prover, self.bench, *sides)

    def _may(self) -> bool:
        """Whether another equality may be tried."""
        self.left -= 1
        return self.left >= 0

    def _plain(self, head: Expression | None) -> Expression | None:
        return None if head is None else self._expanded(head)

    def _expanded(self, e: Expression, instead: Mapping[Tensor, Expression] | None = None) -> Expression:
        """Without the answer's own names; some may stand for something else."""
        return without_own_names(e, {**self.own, **(instead or {})})


def _with(question: Question, definitions: tuple[Definition, ...]) -> Problem:
    return dataclasses.replace(question.problem, definitions=definitions)


def _reached(e: Expression, own: Mapping[Tensor, Expression]) -> set[Tensor]:
    """The names of the answer's own that a formula rests on."""
    found: set[Tensor] = set()
    pending = [e]
    while pending:
        for name in tensors(pending.pop()) & own.keys() - found:
            found.add(name)
            pending.append(own[name])
    return found
