"""Answers by their entries: a[i]*(kron(i, j) - a[j]) for a Jacobian is a formula for each of its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

from derive.checking.verdicts.verdict import Verdict
from derive.equality.indices import free_indices
from derive.errors import ShapeError
from derive.expression.nodes import Component, Expression, Index, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import ONE, Shape, Size, size_text
from derive.expression.traverse import tensors

Place = tuple[Index | None, Index | None]
"""A row and a column; None where there is only one."""


def entries_of(answer: Expression, expected: Expression, size: Shape, problem: Problem) -> Iterator[Place]:
    """The places whose entry a formula with free indices may be; rows by the letter that comes first, to begin with.

    Nothing if the formula has other indices than a matrix of this size has axes, or `expected` has indices itself.
    """
    values = {d.target: d.value for d in problem.definitions}
    letters = sorted(_letters(answer, values), key=lambda index: index.name)
    axes = [place for place, side in enumerate(size) if side != ONE]
    if not letters or len(letters) != len(axes) or free_indices(expected):
        return
    for order in permutations(letters):
        if all(index.size == size[axis] for axis, index in zip(axes, order, strict=True)):
            yield _at(axes, order)


def _letters(answer: Expression, values: Mapping[Tensor, Expression]) -> frozenset[Index]:
    """The free indices of a formula and of the names in it: delta_i = …; delta_i*x[j]."""
    found = frozenset(free_indices(answer))
    for tensor in tensors(answer) & values.keys():
        found |= _letters(values[tensor], values)
    return found


def _at(axes: Sequence[int], letters: Sequence[Index]) -> Place:
    found = dict(zip(axes, letters, strict=True))
    return found.get(0), found.get(1)


def by_entries(
    base: Verdict, reference: Expression, places: Sequence[Place], decide: Callable[[Verdict, Expression], Verdict]
) -> Verdict:
    """The verdict on an answer by its entries, held against each entry that it may be.

    Where two letters run over the same size, the first counts the rows; an answer that is right the other way round is
    right under that condition. `decide` gets what is expected, and the reference for it.
    """
    assert base.expected is not None
    verdicts = []
    for place in places:
        verdicts.append(decide(replace(base, expected=Component(base.expected, *place)), Component(reference, *place)))
        if verdicts[-1].verdict in ("proved", "agrees"):
            break
    row, column = places[len(verdicts) - 1]
    is_usual = row is None or column is None or row.name < column.name or not _neighbours(row, column)
    if verdicts[-1].verdict not in ("proved", "agrees"):
        return verdicts[0]
    if len(verdicts) == 1 and is_usual:
        return verdicts[0]
    assert row is not None
    return replace(verdicts[0], verdict="conditional", holds_when=(f"{row.name} counts the rows",))


def check_ranges(answer: Expression, reference: Expression) -> None:
    """ShapeError if an index runs over one size on one side of a relation, and over another on the other side."""
    sizes: dict[str, Size] = {}
    for index in (*free_indices(reference), *free_indices(answer)):
        if sizes.setdefault(index.name, index.size) != index.size:
            ranges = f"{size_text(sizes[index.name])} in one place and to {size_text(index.size)} in another"
            raise ShapeError(f"The index {index.name} runs to {ranges}.", suggestion="Check the order of the indices.")


def _neighbours(a: Index, b: Index) -> bool:
    """Whether two letters follow each other, as i and j do: everybody takes the first for the row."""
    return len(a.name) == len(b.name) == 1 and abs(ord(a.name) - ord(b.name)) == 1
