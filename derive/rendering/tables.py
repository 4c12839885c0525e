"""Tables of the document model from plain values: numbers are set to the right, and so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from derive.expression.nodes import Expression
from derive.rendering.document import Member, ShapeOf, Span, Table

Value: TypeAlias = "str | bool | int | float | Fraction | Expression | ShapeOf | Member | Span | None"


def table(header: Sequence[Value], rows: Sequence[Sequence[Value]], caption: Value = None) -> Table:
    """A table; a column is set to the right if all its values are numbers (or missing).

    Raises ValueError for a row that is longer or shorter than the header.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells in a table of {len(header)} columns")
    numeric = frozenset(k for k in range(len(header)) if rows and all(_is_number(row[k]) for row in rows))
    cells = tuple(tuple(cell(value) for value in row) for row in rows)
    return Table(tuple(cell(title) for title in header), cells, cell(caption), numeric)


def cell(value: Value) -> Span:
    """A value as it stands in a table: yes or no, exact fractions, floats with the digits that count."""
    if value is None:
        return ()
    if isinstance(value, tuple):
        return value
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if isinstance(value, (int, Fraction)):
        return (str(value),)
    return (float_text(value),) if isinstance(value, float) else (value,)


def float_text(value: float) -> str:
    """Six significant digits; a plain 0 for zero.

    >>> float_text(0.1 + 0.2), float_text(3.2e-13), float_text(0.0)
    ('0.3', '3.2e-13', '0')
    """
    return f"{value:.6g}"


def _is_number(value: Value) -> bool:
    return value is None or (isinstance(value, (int, float, Fraction)) and not isinstance(value, bool))
