"""`derive compare`: hold every derived gradient against routes that know nothing of the derivation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from derive.commands.contracted import compare_contracted, is_needed
from derive.commands.options import GroupedCommand, option, output_options, problem_options
from derive.commands.output import print_document, print_json
from derive.commands.question import asked, only_file
from derive.commands.working import derivations
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient_definitions, subject
from derive.errors import UsageError
from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.networks import Network
from derive.rendering.comparisons import comparison_document, comparison_json
from numeric.against import compare_function, load_function
from numeric.compare import compare
from numeric.comparison import Comparison


@click.command("compare", cls=GroupedCommand)
@click.argument("files", nargs=-1, metavar="[FILE.toml]")
@problem_options
@option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    metavar="NUMBER",
    heading="Comparison",
    help="Other points; the same seed gives the same output.",
)
@option(
    "--against",
    metavar="FILE.py:FUNCTION",
    heading="Comparison",
    help="Your own backward pass: it is called with arrays by name (X, Y, W1, b1, …) and returns its gradients.",
)
@output_options("text", "json", "markdown", "latex")
@click.pass_context
def command(
    ctx: click.Context, /, files: tuple[str, ...], problem: str | None, seed: int, against: str | None, format_: str,
    quiet: bool, no_color: bool, **given: Any,
) -> None:  # fmt: skip
    """Confirm gradients by independent routes: SymPy entry by entry, a backward pass in NumPy, complex steps, central
    differences. One table shows the worst entry of each, both values, the error and what error is allowed.

    \b
    derive compare --widths 2,3,1 --activations tanh,identity --batch 4
    derive compare question.toml
    derive compare --widths 2,3,1 --batch 4 --against my_network.py:backward

    --against runs that file, which is your own code. Symbolic sizes get small distinct numbers. Exit codes: 0 all
    agree, 1 anything disagrees, 3 not every gradient could be confirmed.
    """
    question = asked(only_file(files, problem), given, given["wrt"])
    problem_ = question.problem
    if is_needed(problem_):
        if against is not None:
            raise UsageError("--against compares gradients of a scalar objective.", suggestion="Ask for one of those.")
        result, objective = compare_contracted(problem_, seed), problem_.question.objective
        assert objective is not None
    else:
        found = derivations(replace(question, problem=whole(problem_)))
        result = _compared(question.network or problem_, found, seed, against)
        objective = found[0].stages[-1].target.of
    if not quiet:
        if format_ == "json":
            print_json(comparison_json(result))
        else:
            print_document(comparison_document(result, objective), format_, no_color)
    ctx.exit(exit_code(result))


def _compared(subject: Network | Problem, found: list[Derivation], seed: int, against: str | None) -> Comparison:
    gradients, definitions = claims(found)
    if against is None:
        return compare(subject, gradients, definitions, seed=seed)
    name = against.rpartition(":")[2]
    try:
        return compare_function(load_function(against), subject, gradients, definitions, name=name, seed=seed)
    except SystemExit as error:
        # Whoever leaves the program in the middle has not been compared: no exit code of theirs is ours.
        raise UsageError(f"{against} ends the program instead of returning gradients.",
                         suggestion="Leave out sys.exit() and the like.") from error  # fmt: skip


def whole(problem: Problem) -> Problem:
    """The problem asked for all of a gradient, by what it is taken in: Z1 for delta1 and for Z1[i,j]."""
    wrt = problem.question.wrt
    if wrt is None:
        return problem
    return replace(problem, question=replace(problem.question, wrt=subject(problem, wrt)))


def claims(found: list[Derivation]) -> tuple[dict[str, Expression], tuple[tuple[Tensor, Expression], ...]]:
    """The gradients by the name of their variable, and the names that they use."""
    definitions = {name: value for derivation in found for name, value in gradient_definitions(derivation)}
    return {text(d.wrt): d.result for d in found}, tuple(definitions.items())


def exit_code(result: Comparison) -> int:
    """What the shell is told."""
    if result.disagreements:
        return 1
    return 0 if result.agrees else 3
