"""An argument is an option only if it spells one exactly; everything else is the answer, unchanged."""

from __future__ import annotations

import random

import click
import pytest

from derive.commands.arguments import split

OPTIONS = (
    click.Option(["--widths"]),
    click.Option(["--wrt"]),
    click.Option(["--strict"], is_flag=True),
    click.Option(["-q", "--quiet"], is_flag=True),
)


@pytest.mark.parametrize(
    "answer",
    [
        "-(y-a2)*f'(z2)",
        "-x",
        "-q*x",
        "-",
        "--x",
        "-quiet",
        "--quietly(x)",
        "--strict=1",
        "-q-1",
        "-1/N * delta2 @ a1.T",
        "---",
        "",
        "x = -y",
        "-\\frac{1}{N}",
    ],
)
def test_what_is_no_option_is_an_answer(answer: str) -> None:
    assert split(OPTIONS, [answer]) == ([], [answer])
    assert split(OPTIONS, ["--widths", "2,1", answer, "-q"]) == (["--widths", "2,1", "-q"], [answer])


def test_options_may_follow_the_answer_and_carry_their_value_either_way() -> None:
    assert split(OPTIONS, ["-x", "--wrt", "W1"]) == (["--wrt", "W1"], ["-x"])
    assert split(OPTIONS, ["-x", "--wrt=W1"]) == (["--wrt=W1"], ["-x"])


def test_a_value_may_look_like_anything() -> None:
    assert split(OPTIONS, ["--wrt", "--strict", "a"]) == (["--wrt", "--strict"], ["a"])
    assert split(OPTIONS, ["--wrt", "-1"]) == (["--wrt", "-1"], [])


def test_nothing_after_two_dashes_is_an_option() -> None:
    assert split(OPTIONS, ["-q", "--", "--strict", "--", "-q"]) == (["-q"], ["--strict", "--", "-q"])


def test_a_missing_value_is_left_for_the_parser_to_name() -> None:
    assert split(OPTIONS, ["a", "--widths"]) == (["--widths"], ["a"])


def test_no_argument_is_lost_or_changed() -> None:
    """Over random command lines: options, values and answers come out in order, each exactly once."""
    chosen = random.Random(20261122)
    pool = ["--widths", "--wrt", "--strict", "-q", "-x", "a*b", "--wrt=W1", "--other", "-", "-(y-a)"]
    for _ in range(500):
        args = chosen.choices(pool, k=chosen.randrange(8))
        options, rest = split(OPTIONS, args)
        assert sorted(options + rest) == sorted(args)
        for part in (options, rest):
            remaining = iter(args)
            assert all(item in remaining for item in part), (args, part)
