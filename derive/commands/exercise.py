"""`derive exercise`: the catalogue, and one exercise with its hints and its derived solution."""

from __future__ import annotations

from typing import Any

import click

from derive.commands.exercise_documents import exercise_document, exercise_json
from derive.commands.listing import table
from derive.commands.options import GroupedCommand, OneOf, option, output_options
from derive.commands.output import print_document, print_json, print_text, screen_width
from derive.errors import UsageError
from derive.exercises import EXERCISES, exercise
from derive.exercises.topics import TOPICS
from derive.suggestions import did_you_mean


@click.command("exercise", cls=GroupedCommand)
@click.argument("action", type=OneOf(["list", "show"]), metavar="list|show")
@click.argument("name", metavar="[ID]", required=False)
@option("--topic", metavar="TOPIC", heading="List", help="Only the exercises of a topic.")
@option("--hint", type=click.IntRange(min=1), metavar="NUMBER", heading="Show",
        help="So many hints, from a nudge to nearly there.")  # fmt: skip
@option("--solution", is_flag=True, heading="Show", help="Derive the solution, and show every step.")
@option("--shapes", is_flag=True, heading="Show", help="Write the shape under each factor of the solution.")
@output_options("text", "latex", "markdown", "json")
def command(
    action: str, name: str | None, topic: str | None, hint: int | None, solution: bool, shapes: bool, format_: str,
    quiet: bool, no_color: bool, **_: Any,
) -> None:  # fmt: skip
    """Exercises: what is asked, what is given and how to answer, with hints and derived solutions.

    \b
    derive exercise list
    derive exercise show sigmoid-slope --hint 1
    derive check --exercise sigmoid-slope "f(x)*(1 - f(x))"

    derive list exercises sorts them by topic.
    """
    if action == "list":
        _list(name, topic, format_, quiet)
        return
    if name is None:
        raise UsageError("Which exercise is not said.", suggestion="Write derive exercise show ID.")
    found, hints = exercise(name), hint or 0
    if hints > len(found.hints):
        raise UsageError(f"There are {len(found.hints)} hints for {name}, not {hints}.",
                         suggestion="--solution shows the solution.")  # fmt: skip
    if quiet:
        return
    if format_ == "json":
        print_json(exercise_json(found, hints, solution))
    else:
        print_document(exercise_document(found, hints, solution, shapes=shapes), format_, no_color)


def _list(name: str | None, topic: str | None, format_: str, quiet: bool) -> None:
    if name is not None:
        raise UsageError(
            f"There is no use for the argument {name!r}.", suggestion=f"Write derive exercise show {name}."
        )
    if topic is not None and topic not in TOPICS:
        raise UsageError(f"There is no topic {topic!r}.", suggestion=did_you_mean(topic, TOPICS))
    if format_ not in ("text", "json"):
        raise UsageError(f"The list has no format {format_}.", suggestion="Use text or json.")
    found = [e for e in map(exercise, EXERCISES) if topic is None or topic in e.topics]
    if quiet:
        return
    if format_ == "json":
        print_json([{"id": e.id, "title": e.title, "topics": list(e.topics)} for e in found])
    elif topic is not None and not found:
        print_text(TOPICS[topic].beyond)
    else:
        rows = [{"id": e.id, "title": e.title, "topics": ", ".join(e.topics)} for e in found]
        print_text(table(rows, screen_width()))
