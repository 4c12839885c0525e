"""At the prompt: `derive check PROBLEM` without an answer asks for one, says what is right or wrong, and asks again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import click

from derive.checking.questions.question import Question
from derive.checking.verdicts.verdict import EXIT_CODES
from derive.commands.output import screen_width
from derive.commands.typed import edit_lines, typed
from derive.errors import DeriveError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import shape_text
from derive.expression.text import text
from derive.expression.traverse import in_order, tensors
from derive.writing.names import unicode_name
from derive.writing.unicode import unicode

Json = dict[str, Any]

HELP = """Type a formula (delta1 @ x.T), an equation, or several lines: pasted, or separated by ;
A line d = … defines a name for the lines after it.
  hint     the next hint
  reveal   the answer
  ?        this help
Ctrl-C takes a line back, Ctrl-D ends."""

NO_HINTS = "There is no other hint. `reveal` shows the answer."
GLANCE = 12
"""Definitions that are shown before the first question."""

NOTHING = 2
"""The exit code if nothing was answered: nothing was understood."""

_HELP = frozenset(("?", "help"))
_END = frozenset(("quit", "exit"))
_COMMANDS = _HELP | _END | {"hint", "reveal"}
_DEFINES = re.compile(r"\s*(?:let\s+)?(\w+)\s*:?=(?!=)")


@dataclass(frozen=True)
class Prompt:
    """A conversation about one question.

    decide  the verdict on an answer, as JSON
    show    prints it
    apart   works something out with bounded time and memory
    hints   what an exercise brings
    opening the words of an exercise
    solved  its solution, worked out when it is asked for
    """

    problem: Problem | None
    decide: Callable[[str], Json]
    show: Callable[[str, Json], None]
    apart: Callable[[Callable[[], Json]], Json]
    hints: Sequence[str] = ()
    opening: str = ""
    solved: Callable[[], Expression] | None = None

    def run(self) -> int:
        """Ask until the answer is right or the person leaves; the exit code is that of the last verdict."""
        edit_lines()
        code = NOTHING
        told: list[str] = []
        last: Json = {}
        own: list[str] = []
        if self.opening:
            click.echo(self.opening)
        for definition in given(self.problem):
            click.echo(definition)
        click.echo("? helps, Ctrl-D ends.", err=True)
        while True:
            line = typed(asked_for(self.problem), _COMMANDS)
            if line is None or line in _END:
                return code
            if line in _HELP:
                click.echo(HELP)
            elif line == "hint":
                click.echo(_filled(self._hint(last, told)))
            elif line == "reveal":
                click.echo(self._answer())
            elif line:
                own = [other for other in own if defined_in(other) != defined_in(line)]
                answer = "\n".join([*own, line])
                last = self.decide(answer)
                if only_defines(last):
                    own.append(line)
                    click.echo(f"  · {unicode_name(defined_in(line))} is defined; it may stand in what comes next.")
                    continue
                self.show(answer, last)
                told += _hints(last)[:1]  # shown with the verdict
                code = EXIT_CODES[last["verdict"]]
                if code == 0 and has_answer(self.problem):
                    return code

    def _hint(self, last: Json, told: list[str]) -> str:
        """A hint that was not given yet: about the last answer, then those of the exercise, then of the answer."""
        hint = next((h for h in (*_hints(last), *self.hints) if h not in told), None)
        if hint is None:
            general = self._worked_out().get("hints") or []
            hint = next((h for h in general if h not in told), None)
        if hint is None:
            return NO_HINTS
        told.append(hint)
        return hint

    def _answer(self) -> str:
        if self.solved is not None:
            return unicode(self.solved())
        found = self._worked_out()
        return str(found.get("answer") or "Only an equation can be checked here; there is no one answer.")

    def _worked_out(self) -> Json:
        problem = self.problem
        if problem is None or not has_answer(problem):
            return {}
        return self.apart(lambda: about_answer(problem))


def _hints(verdict: Json) -> list[str]:
    return [str(m["hint"]) for m in verdict.get("mistakes") or [] if m.get("hint")]


def only_defines(verdict: Json) -> bool:
    """Whether an answer defines names and says nothing else."""
    return verdict["code"] == "E-EMPTY" and bool(verdict["definitions"])


def defined_in(line: str) -> str:
    """The name that a line defines, if it defines one."""
    found = _DEFINES.match(line)
    return found[1] if found is not None else ""


def _filled(hint: str) -> str:
    """A hint within the width of the screen."""
    width = screen_width()
    return hint if width is None else fill(hint, width)


def has_answer(problem: Problem | None) -> bool:
    """Whether there is one formula that is asked for; otherwise there are equations to check."""
    return problem is not None and (problem.question.value is not None or problem.question.wrt is not None)


def given(problem: Problem | None) -> list[str]:
    """What the problem defines, as far as it can be taken in at a glance."""
    definitions = () if problem is None else problem.definitions
    return [f"{unicode(d.target)} = {unicode(d.value)}" for d in definitions[:GLANCE]]


def asked_for(problem: Problem | None) -> str:
    """What stands before the cursor: dE/dW1 =."""
    if problem is None or not has_answer(problem):
        return "equation: "
    asked = problem.question
    if asked.wrt is None:
        return "answer = "
    wrt = text(asked.wrt)
    if isinstance(asked.wrt, Tensor) and asked.wrt in problem.gradients:
        return f"{wrt} = "
    if any(d.target.name == problem.objective_name for d in problem.definitions):
        return f"d{problem.objective_name}/d{wrt} = "
    if asked.objective is not None:
        name = "grad" if _is_scalar(asked.objective) else "jacobian"
        return f"{name}({text(asked.objective)}, {wrt}) = "
    return f"gradient in {wrt} = "


def _is_scalar(e: Expression) -> bool:
    try:
        return shape_text(shape(e)) == "scalar"
    except DeriveError:
        return True


def about_answer(problem: Problem) -> Json:
    """The answer, and hints that do not give it away: its shape, and the names in it."""
    try:
        expected, _ = Question(problem).expected()
        sides = shape_text(shape(expected))
    except DeriveError as error:
        return {"answer": f"It could not be worked out. {error}"}
    hints = [f"The answer is {'a scalar' if sides == 'scalar' else sides}."]
    names = [unicode(t) for t in in_order(tensors(expected))]
    if names:
        hints.append(f"It is made of {', '.join(names)}.")
    return {"answer": unicode(expected), "hints": hints}
