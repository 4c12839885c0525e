"""`derive replay`: check a certificate with the separate checker, and print the theorem that it proves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from derive.certificate import Refused, Theorem, loads
from derive.chained import replay
from derive.commands.options import GroupedCommand, output_options
from derive.commands.output import print_json, print_text
from derive.errors import UsageError

REFUSED = 1


@click.command("replay", cls=GroupedCommand)
@click.argument("file", metavar="CERTIFICATE.json")
@output_options("text", "json")
@click.pass_context
def command(ctx: click.Context, /, file: str, format_: str, quiet: bool, **_: Any) -> None:
    """Replay a certificate that `derive check --certificate FILE` wrote.

    \b
    derive check network.toml --certificate proof.json "delta2 @ a1.T"
    derive replay proof.json

    The theorem that has been checked is printed. Exit codes: 0 checked, 1 refused.
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        hint = "Name a file that derive check --certificate wrote."
        raise UsageError(f"{file} cannot be read: {why}.", suggestion=hint) from None
    try:
        theorem = replay(loads(text))
    except Refused as refused:
        shown(f"refused: {refused}", None, format_, quiet)
        ctx.exit(REFUSED)
    shown(str(theorem), theorem, format_, quiet)


def shown(text: str, theorem: Theorem | None, format_: str, quiet: bool) -> None:
    """What has been checked, or why it was refused."""
    if quiet:
        return
    if format_ == "text":
        print_text(text)
        return
    print_json({
        "theorem": None if theorem is None else theorem.statement,
        "where": [] if theorem is None else list(theorem.lines),
        "reason": text if theorem is None else None,
    })  # fmt: skip
