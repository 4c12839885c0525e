"""`derive check`: decide an answer, and say with the exit code what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from derive.checking import check
from derive.checking.certificates import certificate_of
from derive.checking.verdict import EXIT_CODES, Outcome
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
from derive.commands.question import asked_if_any, with_file_first
from derive.errors import Unsupported, UsageError
from derive.expression.problem import Problem
from derive.notation.limits import Limits
from derive.rendering.verdict_json import verdict_json
from derive.rendering.verdict_terminal import verdict_terminal

NOT_WRAPPED = 100_000


@click.command("check", cls=AnswerCommand)
@click.argument("arguments", nargs=-1, metavar="[FILE.toml] [ANSWER]")
@option("--strict", is_flag=True, heading="Verdict", help="Exit 0 only if the answer is proved.")
@option("--certificate", metavar="FILE", heading="Verdict", help="Write the proof to FILE, for derive replay.")
@option("--reveal", is_flag=True, heading="Verdict", help="Show what is expected, too.")
@option("--steps", is_flag=True, heading="Verdict", help="Say which rules lead from one line to the next.")
@problem_options
@limit_options
@output_options("text", "json")
@click.pass_context
def command(
    ctx: click.Context, /, arguments: tuple[str, ...], problem: str | None, wrt: str | None, strict: bool, reveal: bool,
    steps: bool, certificate: str | None, format_: str, quiet: bool, no_color: bool, **given: Any,
) -> None:  # fmt: skip
    """Decide an answer: a formula, an equation, or several lines of work separated by ; or line ends.

    \b
    derive check --widths n0,n1,n2 --activations f --wrt W2 "delta2 @ a1.T"
    derive check --widths n0,n1,n2 --batch N "dE/dW2 = delta2 @ A1.T"
    derive check question.toml -          the answer is on standard input

    ANSWER may start with a minus sign. Exit codes: 0 proved or agrees, 1 refuted or conditional, 2 not understood (or
    wrong use), 3 undecided.
    """
    file, rest = with_file_first(arguments, problem)
    asked = asked_if_any(file, given, wrt)
    reading = reading_limits(given)
    answer = _answer(rest, reading)
    about = None if asked is None else asked.problem
    verdict = apart(
        allowance(given), lambda: verdict_json(check(about, answer, limits=reading, steps=steps), reveal=reveal)
    )
    if certificate is not None:
        save_certificate(about, answer, verdict, certificate)
    if not quiet:
        if format_ == "json":
            print_json(verdict)
        else:
            width = screen_width() or NOT_WRAPPED
            print_text(verdict_terminal(verdict, source=answer, width=width, color=wants_color(no_color)))
    ctx.exit(exit_code(verdict["verdict"], strict))


def save_certificate(problem: Problem | None, answer: str, verdict: Mapping[str, Any], file: str) -> None:
    """Write the proof of an answer that is proved; of any other, or of one past what certificates say, nothing."""
    if problem is None or verdict["verdict"] != "proved" or verdict["conventions"]:
        click.echo("No certificate is written: only an answer that is proved has one.", err=True)
        return
    try:
        Path(file).write_text(json.dumps(certificate_of(problem, answer)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", suggestion="Name another file.") from None
    except Unsupported as error:
        click.echo(f"No certificate is written. {error}", err=True)


def exit_code(verdict: Outcome, strict: bool) -> int:
    """What the shell is told; with `strict` an answer that agrees, but is not proved, is as good as undecided."""
    return 3 if strict and verdict == "agrees" else EXIT_CODES[verdict]


def _answer(rest: tuple[str, ...], reading: Limits) -> str:
    """The one argument that is left, or what stands on standard input."""
    if len(rest) > 1:
        raise UsageError(f"There are {len(rest)} answers: {rest[0]!r} and {rest[1]!r}.",
                         suggestion="Put the answer in quotes, and spell options as --help does.")  # fmt: skip
    if rest and rest[0] != "-":
        return rest[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if sys.stdin.isatty():
        return str(click.prompt("Your answer", prompt_suffix=": ", err=True))
    # A byte more than is allowed is enough for the reader to refuse it.
    return sys.stdin.buffer.read(reading.size + 1).decode("utf-8", "replace").rstrip("\r\n")
