"""Vectors and matrices that notes define by their entries: p_k = e^{h_k} / Σ_j e^{h_j}, for every k."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.expression.nodes import (
    Component,
    Elementwise,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Power,
    Product,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.sizes import ONE
from derive.expression.traverse import children, rebuild


def defined_whole(name: str, value: Expression) -> tuple[Tensor, Expression] | None:
    """The vector or matrix of which a name, p_k or S_ik_2, is the general entry, and its formula; None if of none."""
    base, *marks = name.split("_")
    free = {i.name: i for i in free_indices(value)}
    place, letters = next(((k, own) for k, mark in enumerate(marks) if (own := _letters(mark, free))), (0, []))
    if not letters or len(letters) > 2 or {i.name for i in letters} != set(free):
        return None
    rest = "_".join([base, *marks[:place], *marks[place + 1 :]])
    sides = [i.size for i in letters] + [ONE]
    return Tensor(rest, (sides[0], sides[1])), whole(value, tuple(letters))


def _letters(mark: str, free: dict[str, Index]) -> list[Index]:
    """The indices that a script of a name spells: j, or jk; [] if it has anything else."""
    if mark in free:
        return [free[mark]]
    found = [free[letter] for letter in mark if letter in free]
    return found if len(found) == len(mark) and len(set(mark)) == len(mark) else []


def free_indices(e: Expression, bound: frozenset[str] = frozenset()) -> Iterator[Index]:
    """The indices in a formula that no sum runs over."""
    if isinstance(e, IndexSum):
        bound |= {e.index.name}
    if isinstance(e, (Component, KroneckerDelta)):
        for position in (e.row, e.column):
            if isinstance(position, Index) and position.name not in bound:
                yield position
    for part in children(e):
        yield from free_indices(part, bound)


def whole(e: Expression, indices: tuple[Index, ...]) -> Expression:
    """The vector or matrix with the entries e: what is said of each entry is said of the whole, if it can be."""
    if not set(free_indices(e)) & set(indices):
        return e
    if isinstance(e, Component) and (e.row, e.column) == (*indices, None)[:2]:
        return e.operand
    if isinstance(e, Component) and (e.column, e.row) == indices:
        return Transpose(e.operand)
    if isinstance(e, (Sum, Product, Power, Elementwise)):
        lifted = rebuild(e, lambda part: whole(part, indices))
        return _by_entries(e, indices) if _broadcasts(e, indices) else lifted
    return _product(e, indices) or _by_entries(e, indices)


def _broadcasts(e: Expression, indices: tuple[Index, ...]) -> bool:
    """Whether parts of a formula about (i, j) speak of one of them only: such parts have another shape."""
    return len(indices) > 1 and any(len(set(free_indices(part)) & set(indices)) == 1 for part in children(e))


def _product(e: Expression, indices: tuple[Index, ...]) -> Expression | None:
    """Σ_j W_ij x_j as W x, and Σ_j W_ij X_jk as W X."""
    if not isinstance(e, IndexSum) or not isinstance(e.body, Product) or len(e.body.factors) != 2:
        return None
    first, *others = indices
    left, right = e.body.factors
    for one, other in ((left, right), (right, left)):
        a, b = _matrix(one, first, e.index), _matrix(other, e.index, others[0] if others else None)
        if a is not None and b is not None:
            return MatMul((a, b))
    return None


def _matrix(e: Expression, row: Index, column: Index | None) -> Expression | None:
    """The matrix or vector of which e is the entry at these places."""
    if not isinstance(e, Component):
        return None
    if (e.row, e.column) == (row, column):
        return e.operand
    return Transpose(e.operand) if column is not None and (e.row, e.column) == (column, row) else None


def _by_entries(e: Expression, indices: tuple[Index, ...]) -> Expression:
    """Σ_i e_i u_i, where u_i are unit vectors."""
    units = [Component(Identity(i.size), None, i) for i in indices]
    unit: Expression = units[0] if len(units) == 1 else MatMul((units[0], Transpose(units[1])))
    found: Expression = Product((e, unit))
    for index in indices:
        found = IndexSum(found, index)
    return found


def entries(target: Tensor, names: Iterable[str]) -> dict[str, Component]:
    """The names that spell an entry of a vector: z_3_1 is the third of z_1, and x_2 the second of x."""
    base, *marks = target.name.split("_")
    found: dict[str, Component] = {}
    for name in names if target.shape[1] == ONE and target.shape[0] != ONE else ():
        stem, *own = name.split("_")
        if stem == base and own and own[0].isdigit() and own[1:] == marks:
            found[name] = Component(target, int(own[0]), None)
    return found
