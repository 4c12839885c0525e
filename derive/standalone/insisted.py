"""Shapes that are insisted on: W=n,m is a matrix, x=n a column, x=1,n a row, a= a scalar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from derive.errors import ReadError, UsageError
from derive.expression.sizes import ONE, Shape, size
from derive.notation.lexer import lex
from derive.notation.limits import Limits
from derive.notation.source import Source

_LARGEST = 6
"""Digits of a size."""


def read_shapes(given: Iterable[str]) -> dict[str, Shape]:
    """The shapes of `NAME=SIZES`; UsageError for anything else.

    >>> read_shapes(["W=n,3", "a="])
    {'W': (n, 3), 'a': (1, 1)}
    """
    shapes: dict[str, Shape] = {}
    for written in given:
        name, sign, sides = written.partition("=")
        if not sign:
            raise UsageError(f"--shape {written} has no =.", suggestion="Write --shape W=n,m or --shape a= (a scalar).")
        found = _name(name)
        if found in shapes:
            raise UsageError(f"--shape {found} is given twice.", suggestion="Give it once.")
        shapes[found] = shape_of(
            [side.strip() for side in sides.split(",")] if sides.strip() else [], f"--shape {name}"
        )
    return shapes


def shapes_of(given: Mapping[str, Sequence[str | int]]) -> dict[str, Shape]:
    """The same from Python: {"W": ["n", "m"], "x": ["n"], "a": []}."""
    return {
        _name(name): shape_of([str(side) for side in sides], f"The shape of {name}") for name, sides in given.items()
    }


def shape_of(sides: Sequence[str], where: str) -> Shape:
    """The shape of one name by its sizes: none of a scalar, one of a column, two of a matrix."""
    if len(sides) > 2:
        raise UsageError(f"{where} has {len(sides)} sizes.", suggestion="A column has one, a matrix two.")
    found = []
    for side in sides:
        is_number = side.isdigit() and len(side) <= _LARGEST and int(side) >= 1
        if not is_number and not (side.isascii() and side.isidentifier()):
            raise UsageError(f"{where}: {side!r} is no size.", suggestion="A size is a name or a number from 1 on.")
        found.append(size(side))
    rows, columns = (*found, ONE, ONE)[:2]
    return (rows, columns)


def _name(written: str) -> str:
    """A name as it is read in a formula: θ is theta."""
    try:
        tokens = lex(Source(written), Limits())
    except ReadError:
        tokens = []
    if len(tokens) != 2 or tokens[0].kind != "name":
        raise UsageError(f"--shape {written!r} is no name.", suggestion="Write --shape W=n,m.")
    return tokens[0].text
