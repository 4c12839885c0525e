"""`derive check`: decide an answer, and say with the exit code what came out."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from derive.checking import check
from derive.checking.form.worked_out import revealed
from derive.checking.verdicts.verdict import EXIT_CODES, Outcome, Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.commands.apart import apart
from derive.commands.arguments import AnswerCommand
from derive.commands.options import (
    allowance,
    limit_options,
    option,
    output_options,
    problem_options,
    reading_limits,
)
from derive.commands.output import print_json, print_text, screen_width, wants_color
from derive.commands.prompt import Prompt
from derive.commands.question import asked_if_any, with_file_first
from derive.errors import LimitError, Unsupported, UsageError
from derive.expression.problem import Problem
from derive.notation.limits import Limits
from derive.rendering.readings import readings_terminal
from derive.rendering.verdict_terminal import verdict_terminal
from derive.suggestions import did_you_mean

Json = Mapping[str, Any]

NOT_WRAPPED = 100_000


@click.command("check", cls=AnswerCommand)
@click.argument("arguments", nargs=-1, metavar="[FILE.toml] [ANSWER]")
@option("--strict", is_flag=True, heading="Verdict", help="Exit 0 only if the answer is proved.")
@option("--certificate", metavar="FILE", heading="Verdict", help="Write the proof to FILE, for derive replay.")
@option("--reveal", is_flag=True, heading="Verdict", help="Show what is expected, too.")
@option("--steps", is_flag=True, heading="Verdict", help="Say which rules lead from one line to the next.")
@option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="NAME=SIZES",
    heading="Without a problem",
    help="W=n,m a matrix, x=n a column, a= a scalar. Repeatable.",
)
@problem_options
@limit_options
@output_options("text", "json")
@click.pass_context
def command(
    ctx: click.Context, /, arguments: tuple[str, ...], problem: str | None, wrt: str | None, strict: bool,
    certificate: str | None, format_: str, quiet: bool, **given: Any,
) -> None:  # fmt: skip
    """Decide an answer: a formula, an equation, or several lines of work separated by ; or line ends.

    \b
    derive check --widths n0,n1,n2 --activations f --wrt W2 "delta2 @ a1.T"
    derive check --widths n0,n1,n2 --batch N "dE/dW2 = delta2 @ A1.T"
    derive check question.toml -          the answer is on standard input
    derive check question.toml            asks for it, as often as you like
    derive check "grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)"

    Without a problem an equation speaks for itself: Greek names are scalars, small letters columns, capitals matrices,
    corrected until the shapes conform; the reading is printed first, and --shape insists.

    ANSWER may start with a minus sign. Exit codes: 0 proved or agrees, 1 refuted or conditional, 2 not understood (or
    wrong use), 3 undecided.
    """
    file, rest = with_file_first(arguments, problem)
    asked = asked_if_any(file, given, wrt)
    about = None if asked is None else asked.problem
    decide = _decider(about, wrt, given)
    show = _shower(format_, quiet, given)
    if not rest and sys.stdin.isatty() and format_ == "text":
        prompt = Prompt(about, decide, show, partial(apart, allowance(given)), **_exercise(given, wrt))
        ctx.exit(prompt.run())
    answer = _answer(rest, reading_limits(given))
    verdict = decide(answer)
    if certificate is not None:
        save_certificate(about, answer, verdict, certificate)
    show(answer, verdict)
    ctx.exit(exit_code(verdict["verdict"], strict))


def _decider(about: Problem | None, wrt: str | None, given: Mapping[str, Any]) -> Callable[[str], dict[str, Any]]:
    """What decides answers; without a problem they are equations that speak for themselves."""
    limits = reading_limits(given)
    if about is not None and given["shapes"]:
        raise UsageError("--shape is for equations without a problem.", suggestion="The problem declares its shapes.")
    if about is None and wrt is not None:
        raise UsageError(f"There is no problem that --wrt {wrt} is about.",
                         suggestion="Write grad(…, x) = … without --wrt, or name a problem.")  # fmt: skip
    find = _speaking_for_itself(given["shapes"], limits) if about is None else partial(
        check, about, limits=limits, steps=given["steps"])  # fmt: skip

    def judged(answer: str) -> Verdict:
        found = find(answer)
        return revealed(found, about) if given["reveal"] else found

    return lambda answer: apart(allowance(given), lambda: verdict_json(judged(answer), reveal=given["reveal"]))


def _speaking_for_itself(given: Sequence[str], limits: Limits) -> Callable[[str], Verdict]:
    """What decides equations without a problem, with shapes that are insisted on."""
    from derive.standalone import check_standalone, read_shapes  # only without a problem

    shapes = read_shapes(given)
    return lambda answer: check_standalone(answer, shapes, limits)


def _shower(format_: str, quiet: bool, given: Mapping[str, Any]) -> Callable[[str, Json], None]:
    """What prints a verdict: the reading of names first."""

    def show(answer: str, verdict: Json) -> None:
        if quiet:
            return
        if format_ == "json":
            print_json(verdict)
            return
        width, color = screen_width() or NOT_WRAPPED, wants_color(given["no_color"])
        names = readings_terminal(verdict, width=width, color=color)
        told = verdict_terminal(verdict, source=answer, width=width, color=color)
        if names and (verdict.get("readings") or not verdict.get("answer")):
            names, told = (told, names) if verdict.get("readings") else (names, told)
            names += "\n"
        print_text(names + told)

    return show


def _exercise(given: Mapping[str, Any], wrt: str | None) -> dict[str, Any]:
    """What an exercise brings to the prompt: its words, its hints and its solution."""
    if given.get("exercise") is None or wrt is not None:
        return {}
    from derive.commands.exercise_documents import opening  # only at the prompt
    from derive.exercises import exercise, solution

    found = exercise(given["exercise"])
    return {"hints": found.hints, "opening": opening(found, screen_width()), "solved": lambda: solution(found).answer}


def save_certificate(problem: Problem | None, answer: str, verdict: Mapping[str, Any], file: str) -> None:
    """Write the proof of an answer that is proved, or say why there is none; the verdict does not depend on it."""
    if verdict["verdict"] != "proved" or problem is None:
        why = "only an answer that is proved has one" if problem is not None else "only an answer to a problem has one"
        click.echo(f"No certificate is written: {why}.", err=True)
        return
    from derive.checking.certificates import certificate_of  # only where one is wanted

    try:
        Path(file).write_text(json.dumps(certificate_of(problem, answer)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", suggestion="Name another file.") from None
    except (Unsupported, LimitError) as error:
        click.echo(f"The answer is proved, but no certificate is written. {error}", err=True)


def _misspelt(rest: Iterable[str]) -> str:
    """What to do about several answers, of which one may be an option with a slip."""
    known = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    for word in rest:
        if word.startswith("--") and (hint := did_you_mean(word.partition("=")[0], known)).startswith("Did"):
            return f"{hint} An option is one only if it is spelt exactly."
    return "Put the answer in quotes, and spell options as --help does."


def exit_code(verdict: Outcome, strict: bool) -> int:
    """What the shell is told; with `strict` an answer that agrees, but is not proved, is as good as undecided."""
    return 3 if strict and verdict == "agrees" else EXIT_CODES[verdict]


def _answer(rest: tuple[str, ...], reading: Limits) -> str:
    """The one argument that is left, or what stands on standard input."""
    if len(rest) > 1:
        raise UsageError(f"There are {len(rest)} answers: {rest[0]!r} and {rest[1]!r}.", suggestion=_misspelt(rest))
    if rest and rest[0] != "-":
        return rest[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    # A byte more than is allowed is enough for the reader to refuse it.
    typed = sys.stdin.buffer.read(reading.size + len(BOM_UTF8) + 1).removeprefix(BOM_UTF8)
    return typed[: reading.size + 1].decode("utf-8", "replace").rstrip("\r\n")
