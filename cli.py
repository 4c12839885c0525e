"""The command `derive`: which commands there are, and how errors leave the program.

Each command is a file of derive/commands, imported only when it is asked for, so that `derive --help` starts at once.
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from derive.suggestions import did_you_mean

OK, WRONG_USE, INTERRUPTED = 0, 2, 130


class Entry(NamedTuple):
    """A command, the module that holds it, the line about it on the first screen, and whether it is a main one."""

    name: str
    module: str
    sentence: str
    main: bool = False


COMMANDS = (
    Entry("check", "derive.commands.check", "Decide an answer: proved, refuted by an example, or undecided.", True),
    Entry("show", "derive.commands.show", "Print the derivation of a gradient, step by step.", True),
    Entry("compare", "derive.commands.compare", "Four independent routes to every gradient, side by side.", True),
    Entry("notes", "derive.commands.notes", "Check every equation of Markdown, LaTeX or notebooks.", True),
    Entry("export", "derive.commands.export", "A derivation or a picture as a file (.tex, .html, .pdf, .svg, .py)."),
    Entry("exercise", "derive.commands.exercise", "Exercises with hints and derived solutions: list, show ID."),
    Entry("grade", "derive.commands.grade", "Decide a file of answers, and write down what each earns."),
    Entry("list", "derive.commands.listing", "What there is: functions, losses, rules, mistakes, exercises."),
    Entry("replay", "derive.commands.replay", "The separate proof checker: replay a certificate."),
    Entry("explain", "derive.commands.explain", "The code of a mistake or an error, with a worked example."),
)  # fmt: skip

EXAMPLES = """\b
derive check --widths 2,3,1 --activations f "dE/dW2 = delta2 @ a1.T"
derive show --widths n0,n1,n2 --activations sigmoid --batch N --wrt W1
derive compare --widths 2,3,1 --activations tanh,identity
derive notes lecture.md
"""

LIMITS = """Limits: an answer has at most 10 kB, depth 200, numbers of 1,000 digits, 2 seconds and 512 MB; check, grade
and notes take others as options. Past a limit the answer is not understood or undecided, never wrong."""

EVERYWHERE = ("-q", "--quiet", "--no-color", "--debug")
"""Flags that may also stand before the command."""


class Commands(click.Group):
    """The commands of the table, loaded on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        for entry in COMMANDS:
            if entry.name == name:
                command: click.Command = importlib.import_module(entry.module).command
                _collect_again()
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            hint = did_you_mean(args[0], self.list_commands(ctx), otherwise="The commands")
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        early = 0
        while early < len(args) and args[early] in EVERYWHERE:
            early += 1
        if early < len(args) and not args[early].startswith("-"):
            args = [args[early], *args[:early], *args[early + 1 :]]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, main in (("Commands", True), ("More", False)):
            with formatter.section(title):
                formatter.write_dl([(entry.name, entry.sentence) for entry in COMMANDS if entry.main is main])
        click.Command.format_options(self, ctx, formatter)


def _collect_again() -> None:
    """What has been imported stays: the collector, which paused while it grew (see `main`), need not look at it."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    help="Derives gradients of neural networks symbolically, and decides whether yours is right.\n\n" + EXAMPLES,
    epilog=LIMITS,
)
@click.version_option(package_name="derive", prog_name="derive", message="%(prog)s %(version)s")
@click.pass_context
def commands(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; every error ends as one sentence on standard error."""
    try:
        code = commands.main(arguments, prog_name="derive", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        return _complain(_sentence(error))
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        return _complain(error.format_message())
    except BrokenPipeError:
        # Whoever read our output has stopped: derive show … | head.
        _give_up_output()
        return OK
    except OSError as error:
        if error.filename is not None:
            return _failed(error)
        _give_up_output()
        return _complain(f"The output cannot be written: {error.strerror}.")
    except Exception as error:
        return _failed(error)
    return code if isinstance(code, int) else OK


def _give_up_output() -> None:
    """What is still to be written goes nowhere, so that the interpreter does not complain at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        hint = did_you_mean(error.option_name, _options(error.ctx), otherwise="The options")
        return f"There is no option {error.option_name}. {hint}"
    if isinstance(error, click.MissingParameter) and error.ctx is not None:
        return f"{error.format_message()} See {error.ctx.command_path} --help."
    return error.format_message()


def _options(ctx: click.Context | None) -> list[str]:
    return [name for parameter in (ctx.command.get_params(ctx) if ctx else []) for name in parameter.opts]


def _complain(message: str) -> int:
    click.echo(f"derive: {_visible(' '.join(message.split()))}", err=True)
    return WRONG_USE


def _visible(message: str) -> str:
    """A message in which nothing that was typed, such as the name of a file, can steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)


def _failed(error: Exception) -> int:
    """Errors raised on purpose say what to do; anything else is a mistake of ours, and is said to be one."""
    from derive.errors import DeriveError

    if "--debug" in sys.argv[1:] or os.environ.get("DERIVE_DEBUG"):
        import traceback

        traceback.print_exc()
    if isinstance(error, DeriveError):
        return _complain(str(error))
    if isinstance(error, (MemoryError, RecursionError)):
        return _complain("This is too large to work out here. Use smaller sizes, or names for them.")
    return _complain(
        f"Something went wrong inside derive ({type(error).__name__}: {error}). "
        "Please report it with the command you typed; --debug shows where it happened."
    )


def _open_streams() -> None:
    """A stream that was closed (derive … >&-) is one that leads nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (open as long as the program)


def main() -> None:
    """The entry point of the command `derive`."""
    gc.disable()
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show δ shows a question mark.
            stream.reconfigure(errors="replace")
    sys.exit(run())


if __name__ == "__main__":
    main()
