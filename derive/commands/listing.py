"""`derive list`: what there is, straight from the tables that the library uses."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import fill
from typing import Any

import click

from derive.commands import exercise_documents, mistakes
from derive.commands.options import GroupedCommand, OneOf, output_options
from derive.commands.output import print_json, print_text, screen_width
from derive.differentiation.rules import RULES
from derive.expression.functions import FUNCTIONS, apply
from derive.expression.nodes import Expression, scalar
from derive.expression.text import text
from derive.networks.losses import LOSSES
from derive.writing.names import display_width, padded

Rows = list[dict[str, str]]


def _functions() -> Rows:
    """Every known elementwise function: how it is called, its derivative as derivations write it, and its kinks."""
    rows = []
    for name, function in FUNCTIONS.items():
        arguments: list[Expression] = [scalar(parameter) for parameter in function.parameters]
        law = "" if function.derivative is None else text(function.derivative(*arguments))
        kinks = ", ".join(f"{name}'({kink.at}) = {kink.value}" for kink in function.kinks)
        rows.append({"name": name, "call": text(apply(name, *arguments)), "derivative": law, "convention": kinks})
    return rows


def _losses() -> Rows:
    return [
        {"name": loss.name, "law": loss.law, "assumes": loss.assumes[2] if loss.assumes else ""}
        for loss in LOSSES.values()
    ]


def _rules() -> Rows:
    return [
        {"name": rule.name, "title": rule.title, "law": rule.law, "condition": rule.condition}
        for rule in RULES.values()
    ]


TABLES: dict[str, Callable[[], Rows]] = {
    "functions": _functions,
    "losses": _losses,
    "rules": _rules,
    "mistakes": mistakes.rows,
    "exercises": exercise_documents.rows,
}


def table(rows: Rows, width: int | None) -> str:
    """One line a row, columns lined up, empty columns left out; rows that are wider than the screen are stacked."""
    titles = [title for title in rows[0] if any(row[title] for row in rows)]
    lines = [{title: title.upper() for title in titles}, *rows]
    widths = {title: max(display_width(line[title]) for line in lines) for title in titles}
    if width is not None and sum(widths.values()) + 2 * len(titles) > width:
        return "\n".join(_stacked(row, titles, width) for row in rows)
    return "\n".join("  ".join(padded(line[title], widths[title]) for title in titles).rstrip() for line in lines)


def _stacked(row: dict[str, str], titles: list[str], width: int) -> str:
    """A row over several lines: its name, and below it what there is to say, each with its title."""
    name, *rest = titles
    column = max(map(len, rest))
    indents = [(f"    {title:<{column}}  ", row[title]) for title in rest if row[title]]
    parts = (fill(t, width, initial_indent=i, subsequent_indent=" " * len(i)) for i, t in indents)
    return "\n".join([row[name], *parts])


@click.command("list", cls=GroupedCommand, short_help="What there is.")
@click.argument("what", type=OneOf(list(TABLES)), metavar="|".join(TABLES))
@output_options("text", "json")
def command(what: str, format_: str, quiet: bool, **_: Any) -> None:
    """List what there is: elementwise functions, losses, rules of derivations, mistakes with their laws, exercises."""
    rows = TABLES[what]()
    if quiet:
        return
    if format_ == "json":
        print_json(rows)
    else:
        print_text(table(rows, screen_width()))
