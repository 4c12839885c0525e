"""Small matrices of scalars: NumPy's broadcasting and products, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import mul

from flint import arb, arb_mat, fmpq, fmpq_mat

from derive.equality.arithmetic import Scalar
from derive.equality.dual import total
from derive.errors import ShapeError

_LARGE = 400
"""Products of more multiplications than this go through flint's own matrices as far as they can."""

_FLINTS = frozenset({fmpq, arb})


class Matrix:
    """rows × columns scalars, row by row."""

    __slots__ = ("columns", "entries", "rows")

    def __init__(self, rows: int, columns: int, entries: list[Scalar]) -> None:
        self.rows = rows
        self.columns = columns
        self.entries = entries

    @property
    def shape(self) -> tuple[int, int]:
        return (self.rows, self.columns)

    def __getitem__(self, position: tuple[int, int]) -> Scalar:
        """The entry at (row, column), counted from 0; an axis of size 1 broadcasts."""
        row = position[0] if self.rows > 1 else 0
        column = position[1] if self.columns > 1 else 0
        return self.entries[row * self.columns + column]

    def transpose(self) -> Matrix:
        if self.rows == 1 or self.columns == 1:
            return Matrix(self.columns, self.rows, self.entries)
        return Matrix(self.columns, self.rows, [x for j in range(self.columns) for x in self.column(j)])

    def row(self, i: int) -> list[Scalar]:
        return self.entries[i * self.columns : (i + 1) * self.columns]

    def column(self, j: int) -> list[Scalar]:
        return self.entries[j :: self.columns]

    def widened(self, rows: int, columns: int) -> list[Scalar]:
        """The entries, broadcast to a larger shape."""
        if self.rows == rows and self.columns == columns:
            return self.entries
        if self.rows == self.columns == 1:
            return self.entries * (rows * columns)
        if self.rows == 1 and self.columns == columns:
            return self.entries * rows
        if self.columns == 1 and self.rows == rows:
            return [x for x in self.entries for _ in range(columns)]
        raise ShapeError(f"A {self.rows}×{self.columns} matrix does not broadcast to {rows}×{columns}.")


def single(x: Scalar) -> Matrix:
    return Matrix(1, 1, [x])


def zipped(operands: Sequence[Matrix]) -> tuple[int, int, list[list[Scalar]]]:
    """The common shape of the operands and the entries of each, broadcast to it."""
    rows = max(m.rows for m in operands)
    columns = max(m.columns for m in operands)
    return rows, columns, [m.widened(rows, columns) for m in operands]


def folded(operation: Callable[[Scalar, Scalar], Scalar], operands: Sequence[Matrix]) -> Matrix:
    """operands[0] ∘ operands[1] ∘ …, entry by entry, each step broadcast as far as needed."""
    result = operands[0]
    for other in operands[1:]:
        rows, columns, (left, right) = zipped((result, other))
        result = Matrix(rows, columns, list(map(operation, left, right)))
    return result


def product(left: Matrix, right: Matrix) -> Matrix:
    """left @ right; a scalar scales, two columns give their dot product."""
    if left.rows == left.columns == 1 or right.rows == right.columns == 1:
        return folded(mul, (left, right))
    if left.columns != right.rows:
        if left.shape == right.shape and left.columns == 1:
            return single(total(map(mul, left.entries, right.entries)))
        raise ShapeError(f"A {left.rows}×{left.columns} matrix cannot be multiplied by a {right.rows}×{right.columns}.")
    if left.rows * left.columns * right.columns > _LARGE:
        kinds = {*map(type, left.entries), *map(type, right.entries)}
        if kinds <= _FLINTS:
            kind = fmpq_mat if kinds == {fmpq} else arb_mat
            table = kind(*left.shape, left.entries) * kind(*right.shape, right.entries)
            return Matrix(left.rows, right.columns, table.entries())
    rows = [left.row(i) for i in range(left.rows)]
    columns = [right.column(j) for j in range(right.columns)]
    if left.rows * left.columns * right.columns > _LARGE:
        return Matrix(left.rows, right.columns, _blocks(rows, columns))
    return Matrix(left.rows, right.columns, [total(map(mul, row, column)) for row in rows for column in columns])


def _blocks(rows: list[list[Scalar]], columns: list[list[Scalar]]) -> list[Scalar]:
    """A large product: the rows and columns of plain numbers at once, the others (dual numbers) entry by entry."""
    plain_rows = [i for i, row in enumerate(rows) if _FLINTS.issuperset(map(type, row))]
    plain_columns = [j for j, column in enumerate(columns) if _FLINTS.issuperset(map(type, column))]
    found: dict[tuple[int, int], Scalar] = {}
    if plain_rows and plain_columns:
        left, right = [rows[i] for i in plain_rows], [columns[j] for j in plain_columns]
        kinds = {type(x) for line in (*left, *right) for x in line}
        kind = fmpq_mat if kinds == {fmpq} else arb_mat
        table = (kind(left) * kind(right).transpose()).entries()
        places = [(i, j) for i in plain_rows for j in plain_columns]
        found = dict(zip(places, table, strict=True))
    return [
        found[i, j] if (i, j) in found else total(map(mul, row, column))
        for i, row in enumerate(rows)
        for j, column in enumerate(columns)
    ]
