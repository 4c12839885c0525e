"""What a person types at the prompt: one line, or several that were pasted or belong together."""

from __future__ import annotations

import contextlib
import importlib
import select
import sys

import click

MORE = "… "
"""What stands before the cursor where an answer goes on."""

_AT_ONCE = 0.02
"""Seconds within which the lines of something that was pasted follow each other."""


def typed(before: str, commands: frozenset[str] = frozenset()) -> str | None:
    """An answer of one or several lines; None at the end of input. Ctrl-C takes it back and asks again.

    It goes on while more of a paste is waiting, and while something is open that only a later line closes
    (`\\begin{aligned}`, a line that ends with a backslash); an empty line ends it. `commands` are lines of their own.
    """
    while True:
        lines: list[str] = []
        try:
            lines.append(input(before))
            while lines[0].strip() not in commands and (_is_waiting() or (lines[-1].strip() and is_open(lines))):
                lines.append(input(MORE))
        except KeyboardInterrupt:
            click.echo()
            continue
        except EOFError:
            click.echo()
            if not lines:
                return None
        return "\n".join(lines).strip()


def is_open(lines: list[str]) -> bool:
    """Whether an answer cannot end here.

    >>> is_open(["\\\\begin{aligned}", "a &= b \\\\\\\\"]), is_open(["a = b"])
    (True, False)
    """
    text = "\n".join(lines)
    environments = text.count("\\begin{") > text.count("\\end{") or text.count("\\[") > text.count("\\]")
    return environments or text.count("$$") % 2 == 1 or text.rstrip().endswith("\\")


def _is_waiting() -> bool:
    """Whether more lines are there already; where the system cannot tell, there are none."""
    with contextlib.suppress(OSError):
        return sys.stdin.isatty() and bool(select.select([sys.stdin], [], [], _AT_ONCE)[0])
    return False


def edit_lines() -> None:
    """Editing and history, where the system has them; input() uses them by itself. A paste comes in one piece."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            readline = importlib.import_module("readline")
            if "libedit" not in (readline.__doc__ or ""):
                readline.parse_and_bind("set enable-bracketed-paste on")
