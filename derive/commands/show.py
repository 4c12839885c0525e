"""`derive show`: print the derivation of a gradient."""

from __future__ import annotations

from typing import Any

import click

from derive.commands.options import GroupedCommand, output_options, problem_options
from derive.commands.output import print_document, print_text
from derive.commands.question import asked, only_file
from derive.commands.working import answered, derivation_options, derivations, document
from derive.expression.text import text


@click.command("show", cls=GroupedCommand)
@click.argument("files", nargs=-1, metavar="[FILE.toml]")
@problem_options
@derivation_options
@output_options("text", "latex", "markdown", "json")
def command(
    files: tuple[str, ...], problem: str | None, format_: str, quiet: bool, no_color: bool, **given: Any
) -> None:
    """Print the derivation of a gradient, step by step, each with the rule that justifies it.

    \b
    derive show --widths n0,n1,n2 --activations sigmoid --batch N --wrt W1
    derive show question.toml --format latex

    Without --wrt: the gradients of all parameters of the network, last layer first. With -q only the results,
    as text that derive check reads.
    """
    question = asked(only_file(files, problem), given, given["wrt"])
    found = derivations(question, given["style"])
    if quiet:
        for derivation in found:
            print_text(f"{text(answered(derivation))} = {text(derivation.result)}")
        return
    print_document(document(found, given), format_, no_color)
