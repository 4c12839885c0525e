"""`derive explain`: what a code means, with an example that gets it, worked out now."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import wrap
from typing import Any

import click

from derive.commands import mistakes
from derive.commands.codes import CODES, NETWORK, Code
from derive.commands.options import GroupedCommand, output_options
from derive.commands.output import print_json, print_text
from derive.errors import DeriveError, UsageError
from derive.expression.shapes import shape
from derive.mistakes.finding import NOTES
from derive.mistakes.table import MISTAKES
from derive.notation import read
from derive.notation.source import caret
from derive.problems.options import network
from derive.suggestions import did_you_mean

_SHOWN = 70


@click.command("explain", cls=GroupedCommand)
@click.argument("code", metavar="CODE")
@output_options("text", "json")
def command(code: str, format_: str, quiet: bool, **_: Any) -> None:
    """Explain a code that an error or a verdict carries, such as E-NAME, with a worked example."""
    row = CODES.get(code) or CODES.get(code.upper())
    if row is None:
        _mistake(code, format_, quiet)
        return
    if quiet:
        return
    if format_ == "json":
        print_json({**asdict(row), "message": refusal(row)})
    else:
        print_text(explained(row))


def _mistake(code: str, format_: str, quiet: bool) -> None:
    """A code of the table of misconceptions."""
    told = mistakes.explanation(code.lower())
    if told is None:
        known = [*CODES, *MISTAKES, *NOTES]
        upper = did_you_mean(code.upper(), CODES)
        suggestion = upper if upper.startswith("Did") else did_you_mean(code.lower(), known)
        raise UsageError(f"There is no code {code!r}.", suggestion=suggestion)
    if quiet:
        return
    if format_ == "json":
        print_json(told)
    else:
        print_text(mistakes.explained(told))


def explained(row: Code) -> str:
    """The meaning, what the example gets, and what to write instead."""
    lines = [f"{row.code}: {row.meaning}"]
    if row.instead:
        options = " ".join(f"--{name} {value}" for name, value in NETWORK.items())
        lines += ["", f"With the network {options}:", "", *_indented(refusal(row)), "", "Instead:", ""]
        lines += _indented(row.instead)
    if row.command:
        lines += ["", "For example:", "", *_indented(row.command), "", "Instead:", "", *_indented(row.better)]
    return "\n".join(lines)


def refusal(row: Code) -> str | None:
    """What the example of a code gets: its text, carets where it fails, and the message."""
    if not row.instead:
        return None
    try:
        shape(read(row.example, network(NETWORK).problem().scope))
    except DeriveError as error:
        return caret(row.example, error, _SHOWN)
    return None


def _indented(written: str | None) -> list[str]:
    """Lines set off from the text; a sentence that is too long is wrapped, a formula with its carets fits already."""
    return [f"    {part}" for line in (written or "").splitlines() for part in wrap(line, 100, drop_whitespace=False)]
