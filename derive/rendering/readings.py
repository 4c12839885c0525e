"""How the names of an equation without a problem were understood, for the terminal: said before anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from derive.rendering.terminal import Row, styled
from derive.rendering.verdict_lines import MARKS
from derive.writing.names import padded, unicode_name, visible

Json = Mapping[str, Any]

_LABEL = 14
_OUTCOME = 14


def readings_terminal(verdict: Json, *, width: int = 80, color: bool = False) -> str:
    """The reading of a verdict, or the readings among which it could not choose; "" if names were declared."""
    one, several = verdict.get("reading"), verdict.get("readings") or []
    rows = list(_wrapped([("  " + padded("Names", _LABEL), "dim")], _words(one), width)) if one else []
    for reading in several:
        mark, style = MARKS[reading["verdict"]]
        start = [("  " + padded("", _LABEL), ""), (f"{mark} {padded(reading['verdict'], _OUTCOME)}", style)]
        rows += _wrapped(start, f"if {_words(reading)}", width)
    return styled(rows, color) if rows else ""


def _wrapped(start: Sequence[tuple[str, str]], text: str, width: int) -> Iterator[Row]:
    """A text beside the start of its row, as long as the screen is wide."""
    room = max(width - sum(len(part) for part, _ in start), 24)
    blank = " " * sum(len(part) for part, _ in start)
    for k, piece in enumerate(wrap(visible(text), room)):
        yield [*start, (piece, "")] if k == 0 else [(blank, ""), (piece, "")]


def _words(reading: Json) -> str:
    """A is n×m, x is m×1, λ is a scalar; f is any function; i runs to n."""
    kinds: dict[str, list[str]] = {}
    for name, shape in reading["shapes"].items():
        kinds.setdefault(_shape(shape), []).append(unicode_name(name))
    shapes = [
        f"{_listed(names)} {'is' if len(names) == 1 else 'are'} {kind}".replace("are a scalar", "are scalars")
        for kind, names in kinds.items()
    ]
    shapes += [f"{name} is a size" for name in reading["sizes"]]
    functions = [
        f"{unicode_name(name)} is {'any function' if of == 'unspecified' else 'the ' + of}"
        for name, of in reading["functions"].items()
    ]
    runs: dict[str, list[str]] = {}
    for name, size in reading["indices"].items():
        runs.setdefault(size, []).append(name)
    indices = [f"{_listed(names)} {'runs' if len(names) == 1 else 'run'} to {size}" for size, names in runs.items()]
    return "; ".join(", ".join(part) for part in (shapes, functions, indices) if part)


def _shape(shape: Sequence[str]) -> str:
    if not shape:
        return "a scalar"
    return "×".join(shape if len(shape) == 2 else [*shape, "1"])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
