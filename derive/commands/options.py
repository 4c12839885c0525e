"""The options that commands share: the network, the problem, and how results are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from derive.checking.guard import Allowance
from derive.errors import UsageError
from derive.notation.limits import Limits
from derive.suggestions import did_you_mean

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Grouped(click.Option):
    """An option that knows its heading on the help screen."""

    def __init__(self, *args: Any, heading: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading = heading


class GroupedCommand(click.Command):
    """A command whose help screen lists options under headings, in the order of their first appearance."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        headings: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                headings.setdefault(getattr(parameter, "heading", "Everywhere"), []).append(record)
        for heading, records in headings.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class OneOf(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """Some words to choose from; another one gets the nearest."""

    name = "choice"

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.words:
            return str(value)
        what = f"{param.opts[-1]} " if isinstance(param, click.Option) else ""
        hint = did_you_mean(str(value), self.words, otherwise="Choose from")
        raise UsageError(f"There is no {what}{value!r} here.", suggestion=hint)


def option(*spellings: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """`click.option`, with a heading; the words to choose from stand in its help."""
    if isinstance(settings.get("type"), OneOf):
        settings.setdefault("metavar", f"[{'|'.join(settings['type'].words)}]")
    return click.option(*spellings, cls=Grouped, **settings)


def stacked(*decorators: Callable[[Decorated], Decorated]) -> Callable[[Decorated], Decorated]:
    """Several decorators as one, in the order in which the help screen lists them."""

    def apply(function: Decorated) -> Decorated:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def _network(*spellings: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    return option(*spellings, heading="Network", **settings)


NETWORK_FLAGS = ("sum", "regularise_bias", "no_bias")
NETWORK_VALUES = ("widths", "activations", "loss", "batch", "l2", "l1", "layout", "gradient", "delta")

network_options = stacked(
    _network("--widths", metavar="N0,N1,…", help="Units of each layer, inputs first: 2,3,1 or n0,n1,n2 or n0,...,nL."),
    _network("--activations", metavar="NAMES", help="One a layer, or one for all; f is unspecified; mish=z*tanh(…)."),
    _network("--loss", metavar="NAME", help="half-squared, squared, mse, bce, softmax-ce or logistic."),
    _network("--batch", metavar="N", help="Number of examples, a number or a name; E is the mean over them."),
    _network("--sum", is_flag=True, help="E is the sum over the examples, not the mean."),
    _network("--l2", metavar="COEFFICIENT", help="Adds COEFFICIENT × Σ‖W‖² to E, as in --l2 lam/2."),
    _network("--l1", metavar="COEFFICIENT", help="Adds COEFFICIENT × Σ|W| to E."),
    _network("--regularise-bias", is_flag=True, help="The regulariser includes the biases."),
    _network("--no-bias", is_flag=True, help="Layers have no bias."),
    _network("--layout", metavar="column|row", help="Examples are columns (default) or rows."),
    _network("--gradient", metavar="denominator|numerator", help="A gradient is shaped like its variable (default), "
             "or like its transpose."),
    _network("--delta", metavar="batch|example", help="With example, δ leaves out the 1/N."),
)  # fmt: skip

problem_options = stacked(
    option("--problem", metavar="FILE.toml", heading="Problem", help="A problem file; or give it as first argument."),
    option("--exercise", metavar="ID", heading="Problem", help="An exercise; derive exercise list shows all."),
    option("--wrt", metavar="NAME", heading="Problem", help="The variable: W1, b2, delta1, X, 'W1[i,j]', …"),
    network_options,
)


def _limit(*spellings: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    return option(*spellings, heading="Limits of one answer", show_default=True, **settings)


limit_options = stacked(
    _limit("--max-seconds", type=click.FloatRange(0.01, 3600), default=Allowance().seconds, metavar="SECONDS",
           help="Processor time."),
    _limit("--max-memory", type=click.IntRange(16, 1_000_000), default=Allowance().megabytes, metavar="MB",
           help="Megabytes, besides what the program needs."),
    _limit("--max-bytes", type=click.IntRange(1, 10**6), default=Limits().size, metavar="BYTES", help="Length."),
    _limit("--max-depth", type=click.IntRange(1, 1000), default=Limits().depth, metavar="LEVELS", help="Nesting."),
    _limit("--max-digits", type=click.IntRange(1, 4000), default=Limits().digits, metavar="DIGITS",
           help="Digits of a number."),
)  # fmt: skip


def allowance(given: Mapping[str, Any]) -> Allowance:
    """What deciding one answer may cost, as the options say."""
    return Allowance(given["max_seconds"], given["max_memory"])


def reading_limits(given: Mapping[str, Any]) -> Limits:
    """How long and deep an answer may be, as the options say."""
    return Limits(given["max_bytes"], given["max_depth"], given["max_digits"])


def output_options(*formats: str) -> Callable[[Decorated], Decorated]:
    """--format with the formats a command offers, first the default, and what every command understands."""
    # A long list would not fit beside the option, so it stands in its help.
    many = {"metavar": "FORMAT"} if len(formats) > 6 else {}
    known = f": {', '.join(formats[1:])}" if many else ""
    return stacked(
        option("--format", "format_", type=OneOf(formats), default=formats[0], heading="Everywhere",
               help=f"Output format (default {formats[0]}){known}.", **many),
        option("-q", "--quiet", is_flag=True, heading="Everywhere", help="Print no more than the result."),
        option("--no-color", is_flag=True, heading="Everywhere", help="No colours; so does setting NO_COLOR."),
        option("--debug", is_flag=True, heading="Everywhere", hidden=True, help="Show tracebacks."),
        click.version_option(package_name="derive", prog_name="derive", message="%(prog)s %(version)s"),
    )  # fmt: skip
