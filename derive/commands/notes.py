"""`derive notes`: every equation of Markdown, LaTeX and notebooks, checked at its place."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from derive.commands.options import (
    GroupedCommand,
    allowance,
    limit_options,
    option,
    output_options,
    reading_limits,
)
from derive.commands.output import print_text, screen_width, wants_color
from derive.errors import DeriveError, UsageError
from derive.notes import Notes, Report, Settings
from derive.notes.finding.documents import READERS
from derive.notes.reporting.annotate import annotated, line_ends
from derive.notes.reporting.suggest import suggested
from derive.rendering.notes_formats import FORMATS
from derive.rendering.notes_terminal import notes_terminal

POLL = 0.5
"""Seconds between looks at the files."""


@click.command("notes", cls=GroupedCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@option("--suggest", is_flag=True, heading="Notes", help="Print a context block with the names that are missing.")
@option("--annotate", metavar="OUT", heading="Notes", help="Write a copy with margin marks: ✓ ✗ ? and the correction.")
@option("--all", "everything", is_flag=True, heading="Notes", help="List what is right, defined or not checked, too.")
@option("--strict", is_flag=True, heading="Notes", help="Exit 1 also if something is undecided or not understood.")
@option("--watch", is_flag=True, heading="Notes", help="Check again whenever a file changes.")
@option("--no-cache", is_flag=True, heading="Notes", help="Neither use nor keep results of earlier runs.")
@limit_options
@output_options("text", *FORMATS)
@click.pass_context
def command(
    ctx: click.Context, /, files: tuple[str, ...], suggest: bool, annotate: str | None, everything: bool, strict: bool,
    watch: bool, no_cache: bool, format_: str, quiet: bool, no_color: bool, **given: Any,
) -> None:  # fmt: skip
    """Check every equation of notes: Markdown (.md), LaTeX (.tex) and notebooks (.ipynb), or folders of them.

    \b
    derive notes lecture.md
    derive notes lecture.md --suggest       a context block to edit and paste
    derive notes lecture.tex --annotate marked.tex
    derive notes notes/ --format github     for a pull request; sarif, junit, json

    Names are declared in a block ```derive in Markdown, or between the comments % derive: and % end derive in LaTeX:
    the TOML of a problem file, without its question. `derive: ignore` and `derive: wrong` in a comment mark the next
    formula. Exit codes: 0 nothing is wrong, 1 something is.
    """
    paths = _paths(files)
    settings = Settings(limits=reading_limits(given), allowance=allowance(given), keep=not no_cache)

    def show() -> int:
        report = _checked(paths, settings, show_progress=not quiet)
        if suggest:
            print_text(suggested(report))
        elif format_ == "text":
            texts = {(file.file, cell): text for file in report.files for cell, text in file.texts.items()}
            color, width = wants_color(no_color), screen_width()
            shown = notes_terminal(report.to_json(), texts, width=width, color=color, everything=everything,
                                   brief=quiet)  # fmt: skip
            if shown.strip():
                print_text(shown)
        else:
            sys.stdout.write(FORMATS[format_](report.to_json(), version("derive")))
        if annotate is not None:
            _annotated(report, paths, Path(annotate), quiet)
        return report.exit_code(strict)

    if watch:
        _watched(paths, show, None if annotate is None else Path(annotate))
    ctx.exit(show())


def _paths(files: tuple[str, ...]) -> list[Path]:
    """The files themselves, and those in folders."""
    found: list[Path] = []
    for name in files:
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in READERS and not _is_hidden(p.relative_to(path)))
            if not inside:
                raise UsageError(f"There are no notes in {name}.", suggestion=f"Notes end in {', '.join(READERS)}.")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _checked(paths: list[Path], settings: Settings, *, show_progress: bool) -> Report:
    notes = Notes(paths, settings)
    with _progress(len(notes), show_progress) as step:
        return notes.report(step)


@contextmanager
def _progress(total: int, show: bool) -> Iterator[Callable[[], object] | None]:
    """A bar on the terminal, if there is one and the work may take a while."""
    if not show or not sys.stderr.isatty() or total < 20:
        yield None
        return
    with click.progressbar(length=total, label="Checking", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _annotated(report: Report, paths: list[Path], out: Path, quiet: bool) -> None:
    """Write the marked copies: one file as OUT, several into the folder OUT, with what they input."""
    copies = annotated(report)
    inputs = {p.resolve() for p in map(Path, copies)}
    marked = {file.file for file in report.files if file.entries} | {str(path) for path in paths}
    is_folder = out.is_dir() or len(marked) > 1 or not out.suffix
    copies = copies if is_folder else {name: text for name, text in copies.items() if name in marked}
    root = paths[0].parent
    for name, text in copies.items():
        source = Path(name)
        below = source.relative_to(root) if source.is_relative_to(root) else Path(source.name)
        target = out / below if is_folder else out
        if target.resolve() in inputs:
            raise UsageError(f"The copy would replace {target}.", suggestion="Choose another name for --annotate.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline=line_ends(source))
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror}.", suggestion="Name another.") from None
        if not quiet:
            click.echo(f"{target} is written.", err=True)


def _watched(paths: list[Path], show: Callable[[], int], out: Path | None) -> None:
    """Show the report again whenever a file changes, until the user has seen enough (Ctrl-C); what we write is none."""
    seen: dict[Path, float] = {}
    while True:
        now = {path: _changed_at(path, out) for path in paths}
        if now != seen:
            seen = now
            if sys.stdout.isatty():
                click.clear()
            try:
                show()
            except DeriveError as error:
                click.echo(f"derive: {error}", err=True)
            sys.stdout.flush()
            click.echo("Waiting for changes; Ctrl-C ends this.", err=True)
        time.sleep(POLL)


def _changed_at(path: Path, out: Path | None) -> float:
    """When a file, or one beside or just below it that it may input or include, was last changed; `out` is ours."""
    suffixes = {path.suffix, ".toml", ".sty"}
    near = [p for pattern in ("*", "*/*") for p in path.parent.glob(pattern) if p.suffix in suffixes]
    own = None if out is None else out.resolve()
    theirs = (p for p in near if p.is_file() and not (own and p.resolve().is_relative_to(own)))
    return max((p.stat().st_mtime for p in theirs), default=0.0)
