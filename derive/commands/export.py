"""`derive export`: write a derivation or a picture to a file."""

from __future__ import annotations

from typing import Any

import click

from derive.commands.export_kinds import KINDS, SHORT, SUBJECTS, Subject, file_of, kind_of
from derive.commands.options import GroupedCommand, OneOf, option, output_options, problem_options
from derive.commands.output import print_text
from derive.commands.question import asked, only_file
from derive.commands.working import derivation_options
from derive.commands.writing import write_file
from derive.errors import UsageError


@click.command("export", cls=GroupedCommand)
@click.argument("files", nargs=-1, metavar="[FILE.toml]")
@option("-o", "--output", metavar="FILE", heading="Output", help="The file to write.")
@option(
    "--what",
    type=OneOf(list(SUBJECTS)),
    default="derivation",
    heading="Output",
    help="; ".join(f"{row.name}: {row.what}" for row in SUBJECTS.values()) + ".",
)
@problem_options
@derivation_options
@output_options("by suffix", *KINDS, *SHORT)
def command(
    files: tuple[str, ...], problem: str | None, output: str | None, what: str, format_: str, quiet: bool, **given: Any
) -> None:  # fmt: skip
    """Write a derivation to a file, in the format that the suffix names: .tex (compiles by itself), .md, .html, .pdf,
    .py (NumPy code), .json, .txt; or a picture of the problem: .svg, or any of the others but .py.

    \b
    derive export --widths n0,n1,n2 --batch N -o notes.html
    derive export --widths n0,n1,n2 --batch N --wrt W1 --what graph -o graph.svg
    """
    if not output:
        raise UsageError("There is no file to write to.", suggestion="Add -o notes.tex.")
    kind = kind_of(output) if format_ == "by suffix" else KINDS.get(format_) or kind_of(f"file.{format_}")
    question = asked(only_file(files, problem), given, given["wrt"])
    write_file(output, file_of(Subject(question, given, what), kind))
    if not quiet:
        print_text(f"{output}: {kind.what}")
