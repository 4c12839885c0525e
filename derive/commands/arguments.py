"""Splitting a command line into options and ANSWER.

Formulas start with a minus sign as often as not, so an argument is an option only if it spells one exactly:
`-(y-a2)*f'(z2)` is an answer. Everything else about options is click's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from derive.commands.options import GroupedCommand


class AnswerCommand(GroupedCommand):
    """A command whose last argument is a formula, passed on unchanged whatever it starts with."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options, rest = split(self.get_params(ctx), args)
        return super().parse_args(ctx, [*options, "--", *rest])


def split(parameters: Iterable[click.Parameter], args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options with their values, and everything else, both in order.

    `--name value` and `--name=value` are options if `--name` is one of the parameters' spellings; whatever follows
    `--` is not an option. A missing value is left for click to complain about.
    """
    takes_value = _spellings(parameters)
    options: list[str] = []
    rest: list[str] = []
    pending = list(args)
    while pending:
        current = pending.pop(0)
        name = current.partition("=")[0]
        if current == "--":
            rest.extend(pending)
            break
        if current in takes_value:
            options.append(current)
            if takes_value[current] and pending:
                options.append(pending.pop(0))
        elif current.startswith("--") and takes_value.get(name, False):
            options.append(current)
        else:
            rest.append(current)
    return options, rest


def _spellings(parameters: Iterable[click.Parameter]) -> dict[str, bool]:
    """Every spelling of an option, and whether a value follows it."""
    return {
        spelling: not (parameter.is_flag or parameter.count)
        for parameter in parameters
        if isinstance(parameter, click.Option)
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
