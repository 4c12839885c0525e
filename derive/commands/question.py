"""The problem that a command line asks about: a file, an exercise, or the options of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.checking.verdicts.marks import check_marks
from derive.commands.options import NETWORK_FLAGS, NETWORK_VALUES
from derive.errors import UsageError
from derive.expression.problem import Problem
from derive.networks import Network
from derive.problems.options import network, network_problem
from derive.problems.problem_file import from_table, load, load_network
from derive.problems.tables import within

SUFFIX = ".toml"


def network_given(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a network that were given, by name."""
    return {name: options[name] for name in (*NETWORK_VALUES, *NETWORK_FLAGS) if options.get(name) not in (None, False)}


def with_file_first(arguments: tuple[str, ...], problem: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The problem file and what is left of the arguments: a first argument that ends in .toml is the file."""
    if problem is None and arguments and arguments[0].endswith(SUFFIX):
        return arguments[0], arguments[1:]
    return problem, arguments


def only_file(arguments: tuple[str, ...], problem: str | None) -> str | None:
    """The problem file of a command that takes no other argument; UsageError if there is another one."""
    file, rest = with_file_first(arguments, problem)
    if rest:
        raise UsageError(f"There is no use for the argument {rest[0]!r}.",
                         suggestion="A problem file ends in .toml; a variable follows --wrt.")  # fmt: skip
    return file


@dataclass(frozen=True)
class Asked:
    """What a command line asks about: the problem, the network that poses it, and the exercise, if it is one."""

    problem: Problem
    network: Network | None
    exercise: str | None = None


def asked(file: str | None, options: Mapping[str, Any], wrt: str | None) -> Asked:
    """The problem of a file, an exercise or a network's options, asked for `wrt`; UsageError if nothing is given."""
    found = asked_if_any(file, options, wrt)
    if found is None:
        raise UsageError("There is no problem to work on.",
                         suggestion="Describe a network (--widths 2,3,1) or give a problem file.")  # fmt: skip
    return found


def asked_if_any(file: str | None, options: Mapping[str, Any], wrt: str | None) -> Asked | None:
    """The same, or None if the command line names no problem."""
    given = _one_of(file, options)
    if file is not None:
        loaded = load(file, wrt)
        with within(Path(file).name):
            check_marks(loaded.marking)
        return Asked(loaded, load_network(file))
    if options.get("exercise") is not None:
        from derive.exercises import exercise  # only where one is named

        named = exercise(options["exercise"])
        return Asked(named.problem if wrt is None else from_table(named.table, wrt), named.network, named.id)
    if not given:
        return None
    described = network(given)
    with within("--wrt"):
        return Asked(network_problem(described, wrt), described)


def _one_of(file: str | None, options: Mapping[str, Any]) -> Mapping[str, Any]:
    given = network_given(options)
    named = [] if file is None else [f"the file {file}"]
    if options.get("exercise") is not None:
        named.append(f"the exercise {options['exercise']}")
    if given:
        named.append("--" + next(iter(given)).replace("_", "-"))
    if len(named) > 1:
        raise UsageError(f"There are two problems: {named[0]} and {named[1]}.",
                         suggestion="Give one; a problem file may have a [network].")  # fmt: skip
    return given
