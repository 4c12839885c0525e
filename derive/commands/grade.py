"""`derive grade`: decide a file of answers, and write down what each earns."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from derive.checking.verdicts.verdict import FROM_BEST
from derive.commands.options import (
    GroupedCommand,
    allowance,
    limit_options,
    option,
    output_options,
    problem_options,
    reading_limits,
)
from derive.commands.output import print_json, print_text
from derive.commands.question import asked_if_any, network_given, with_file_first
from derive.errors import UsageError
from derive.exercises import exercise
from derive.grading.answers import read_answers
from derive.grading.grade import Grader, processors
from derive.grading.result import Result
from derive.grading.results import partial_of, results_file
from derive.grading.sources import Source, Sources, source
from derive.problems import read_table


@click.command("grade", cls=GroupedCommand)
@click.argument("answers", metavar="ANSWERS.jsonl|.csv")
@click.argument("arguments", nargs=-1, metavar="[FILE.toml]")
@option("-o", "--output", metavar="RESULTS.jsonl|.csv", heading="Grading", help="The file to write.")
@option("--jobs", type=click.IntRange(1, 256), heading="Grading", metavar="NUMBER",
        help="Processes that decide at the same time (default: one a processor).")  # fmt: skip
@option("--problems", metavar="FOLDER", heading="Grading",
        help="Where problem files named in rows lie (default: beside ANSWERS).")  # fmt: skip
@option("--reveal", is_flag=True, heading="Grading", help="Results say what is expected, too.")
@option("--timings", is_flag=True, heading="Grading", help="Results say how long each took.")
@problem_options
@limit_options
@output_options("text", "json")
def command(
    answers: str, arguments: tuple[str, ...], output: str | None, jobs: int | None, problems: str | None,
    problem: str | None, wrt: str | None, reveal: bool, timings: bool, format_: str, quiet: bool, **given: Any,
) -> None:  # fmt: skip
    """Decide every answer of a file: one line of results for each line of answers, in the same order.

    \b
    derive grade answers.jsonl -o results.jsonl
    derive grade answers.csv question.toml -o results.csv

    A line is {"id": "…", "problem": "file.toml", "answer": "…", "points": 1}, or with "exercise": "ID"; CSV has the
    same columns. With a problem on the command line no line needs one. A line that cannot be read is "not understood"
    and needs review, as does everything that is undecided. While it works, the results stand in RESULTS.partial. Exit
    code 0 when every line was answered.
    """
    path, target = _two_files(Path(answers), output)
    file, rest = with_file_first(arguments, problem)
    if rest:
        raise UsageError(f"There is no use for the argument {rest[0]!r}.", suggestion="A problem file ends in .toml.")
    sources = Sources(_folder(problems, path), _default(file, given, wrt))
    rows = read_answers(path, sources)
    grader = Grader(jobs or processors(), allowance(given), reading_limits(given), reveal, timings)
    totals: Counter[str] = Counter()
    with results_file(target, rows, timings=timings) as results, _stopped(totals, len(rows), target):
        for result in _with_progress(grader.graded(rows), len(rows)):
            results.write(result)
            totals[result["verdict"]] += 1
            totals["needs_review"] += result["needs_review"]
    if not quiet:
        _report(totals, len(rows), target, format_)


def _two_files(answers: Path, output: str | None) -> tuple[Path, Path]:
    if not output:
        raise UsageError("There is no file to write to.", suggestion="Add -o results.jsonl.")
    target = Path(output)
    if _real(target) == _real(answers):
        raise UsageError("The results would replace the answers.", suggestion="Choose another file for -o.")
    return answers, target


def _real(path: Path) -> Path:
    """Where a path leads; links in a circle lead nowhere, which is said when the file is opened."""
    try:
        return path.resolve()
    except RuntimeError:
        return path


def _folder(problems: str | None, answers: Path) -> Path:
    folder = answers.parent if problems is None else Path(problems)
    if problems is not None and not folder.is_dir():
        raise UsageError(f"There is no folder {problems}.", suggestion="--problems names the folder of problem files.")
    return folder


def _default(file: str | None, given: dict[str, Any], wrt: str | None) -> Source | None:
    """The problem of the command line as data for other processes; malformed ones are refused here and now."""
    if asked_if_any(file, given, wrt) is None:
        if wrt is not None:
            raise UsageError("--wrt belongs to a problem of the command line.", suggestion="Give that, too.")
        return None
    if file is not None:
        return source(read_table(file), wrt)
    if given.get("exercise") is not None:
        return source(exercise(given["exercise"]).table, wrt)
    return source({"network": dict(network_given(given))}, wrt)


def _with_progress(results: Iterable[Result], total: int) -> Iterator[Result]:
    """The same, with a bar on the terminal, if there is one."""
    with ExitStack() as stack:
        if sys.stderr.isatty():
            bar = click.progressbar(results, length=total, label="Grading", file=sys.stderr)
            results = stack.enter_context(bar)
        yield from results


@contextmanager
def _stopped(totals: Counter[str], rows: int, target: Path) -> Iterator[None]:
    """Whoever stops the work with Ctrl-C is told what there is of it."""
    try:
        yield
    except KeyboardInterrupt:
        done = sum(totals[verdict] for verdict in FROM_BEST)
        click.echo(f"\nStopped. {done:,} of {rows:,} results stand in {partial_of(target)}.", err=True)
        raise


def _report(totals: Counter[str], rows: int, target: Path, format_: str) -> None:
    outcomes = {verdict: totals[verdict] for verdict in FROM_BEST if totals[verdict]}
    if format_ == "json":
        print_json({"rows": rows, "verdicts": outcomes, "needs_review": totals["needs_review"], "file": str(target)})
        return
    counted = ", ".join(f"{count:,} {verdict}" for verdict, count in outcomes.items()) or "none"
    print_text(f"{rows:,} {'answer' if rows == 1 else 'answers'}: {counted}.")
    if review := totals["needs_review"]:
        print_text(f"{review:,} {'needs' if review == 1 else 'need'} review.")
