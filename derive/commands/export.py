"""`derive export`: write a derivation to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from derive.commands.options import GroupedCommand, option, output_options, problem_options
from derive.commands.output import print_text
from derive.commands.question import asked, only_file
from derive.commands.working import derivation_options, derivations, document
from derive.errors import UsageError
from derive.rendering.formats import FORMATS, format_of, render


@click.command("export", cls=GroupedCommand)
@click.argument("files", nargs=-1, metavar="[FILE.toml]")
@option("-o", "--output", metavar="FILE", heading="Output", help="The file to write.")
@option("--what", type=click.Choice(["derivation"]), default="derivation", heading="Output", help="What to write.")
@problem_options
@derivation_options
@output_options("by suffix", *FORMATS)
def command(
    files: tuple[str, ...], problem: str | None, output: str | None, format_: str, quiet: bool, **given: Any
) -> None:
    """Write a derivation to a file, in the format that the suffix names: .tex (compiles by itself), .md, .json, .txt.

    \b
    derive export --widths n0,n1,n2 --batch N -o notes.tex
    """
    if output is None:
        raise UsageError("There is no file to write to.", suggestion="Add -o notes.tex.")
    chosen = format_of(output) if format_ == "by suffix" else format_
    question = asked(only_file(files, problem), given, given["wrt"])
    written = render(document(derivations(question, given["style"]), given), chosen)
    try:
        Path(output).write_text(written, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.", suggestion="Choose another file.") from error
    if not quiet:
        print_text(f"{output}: {FORMATS[chosen].what}")
