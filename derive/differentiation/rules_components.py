"""Laws for entries: a component of a formula in terms of the components of its parts.

They act where both axes of the operand are pinned (or have one entry), so that the result is a scalar. Each moves a
component one node inwards; what is left are components of names.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.differentiation.rule import Context, Registrar, Rule
from derive.differentiation.terms import plus, times
from derive.expression.nodes import (
    UNIT,
    ZERO,
    Component,
    Diag,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Ones,
    Position,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Transpose,
)
from derive.expression.shapes import matmul_shape, shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR, Size
from derive.expression.traverse import children, rebuild, walk

RULES: dict[str, Rule] = {}
rule = Registrar(RULES, "rewrite")

LETTERS = ("k", "m", "p", "r", "s", "t", "u", "v", "q")
"""Of summed indices, those that can be written small in Unicode first."""


def at(e: Expression, row: Position, column: Position) -> Expression:
    """e[row, column], where a broadcast axis (of one entry) is not indexed; a scalar is its own only entry."""
    rows, columns = shape(e)
    if (rows, columns) == SCALAR:
        return e
    return Component(e, None if rows == ONE else row, None if columns == ONE else column)


def pinned(e: Component) -> bool:
    """Whether the component is a scalar."""
    return shape(e) == SCALAR


def fresh_index(size: Size, *around: Expression, taken: frozenset[str] = frozenset()) -> Index:
    """An index letter that occurs nowhere around."""
    used = set(taken)
    for e in around:
        used |= {name for part in walk(e) for name in _index_names(part)}
    for count in range(100):
        for letter in LETTERS:
            name = letter if not count else f"{letter}{count}"
            if name not in used:
                return Index(name, size)
    raise AssertionError("index names have run out")


def free_letters(e: Expression) -> frozenset[str]:
    """The letters of the indices that no sum binds."""
    inner = frozenset(letter for child in children(e) for letter in free_letters(child))
    if isinstance(e, IndexSum):
        return inner - {e.index.name}
    places = (e.row, e.column) if isinstance(e, Component | KroneckerDelta) else ()
    return inner | {p.name for p in places if isinstance(p, Index)}


def _index_names(e: Expression) -> Iterator[str]:
    if isinstance(e, (Component, KroneckerDelta)):
        yield from (p.name for p in (e.row, e.column) if isinstance(p, Index))
    elif isinstance(e, IndexSum):
        yield e.index.name


@rule("entry_of_sum", "entry by entry", Component, condition="the operand works entry by entry", level="every")
def entrywise(e: Component, context: Context) -> Expression | None:
    """(A + B)[i,j] = A[i,j] + B[i,j], likewise for ⊙, powers and f(A)"""
    if not pinned(e) or not isinstance(e.operand, (Sum, Product, Power, Elementwise)):
        return None
    return _inside(e.operand, e.row, e.column)


def _inside(e: Expression, row: Position, column: Position) -> Expression:
    """e[row, column] with the component moved in as far as entries are worked on one by one."""
    if isinstance(e, Sum):
        return plus(*(_inside(t, row, column) for t in e.terms))
    if isinstance(e, Product):
        return times(*(_inside(f, row, column) for f in e.factors))
    if isinstance(e, (Power, Elementwise)):
        return rebuild(e, lambda child: _inside(child, row, column))
    return at(e, row, column)


@rule("entry_of_matmul", "a matrix product as a sum over an index", Component, condition="the operand is a product")
def matmul_entry(e: Component, context: Context) -> Expression | None:
    """(A B)[i,j] = Σ_k A[i,k] B[k,j]"""
    of = e.operand
    if not pinned(e) or not isinstance(of, MatMul):
        return None
    left = of.factors[0] if len(of.factors) == 2 else MatMul(of.factors[:-1])
    right = of.factors[-1]
    a, b = shape(left), shape(right)
    if SCALAR in (a, b) and matmul_shape(a, b) != (a[0], b[1]):
        return times(at(left, e.row, e.column), at(right, e.row, e.column))
    if a[1] != b[0]:
        return None
    if a[1] == ONE:
        return times(at(left, e.row, None), at(right, None, e.column))
    k = fresh_index(a[1], e, taken=frozenset(context.taken))
    return IndexSum(times(at(left, e.row, k), at(right, k, e.column)), k)


@rule("entry_of_transpose", "an entry of a transpose", Component, condition="the operand is a transpose", level="every")
def transpose_entry(e: Component, context: Context) -> Expression | None:
    """Aᵀ[i,j] = A[j,i]"""
    if not pinned(e) or not isinstance(e.operand, Transpose):
        return None  # a column of a transpose is no row
    return Component(e.operand.operand, e.column, e.row)


@rule("entry_of_reduce", "a sum over entries", Component, Reduce, condition="the sum runs over one axis, or over all")
def reduce_entry(e: Expression, context: Context) -> Expression | None:
    """sum(A, axis=1)[i] = Σ_k A[i,k]"""
    if not isinstance(e, Component) or not pinned(e) or not isinstance(e.operand, Reduce):
        return None
    of = e.operand
    rows, columns = shape(of.operand)
    k = fresh_index(rows if of.axis == 0 else columns, e, taken=frozenset(context.taken))
    row, column = (k, e.column) if of.axis == 0 else (e.row, k)
    return IndexSum(at(of.operand, row, column), k)


@rule("entry_of_special", "an entry of ones, of the identity, of diag", Component,
      condition="the operand is 1, I, diag or written out")  # fmt: skip
def special_entry(e: Component, context: Context) -> Expression | None:
    """1[i,j] = 1, I[i,j] = δ_ij, diag(u)[i,j] = u[i] δ_ij, and a column of I has the entries I[i,j]"""
    of = e.operand
    if isinstance(of, Component) and isinstance(of.operand, Identity) and pinned(e):
        row, column = of.row if of.row is not None else e.row, of.column if of.column is not None else e.column
        return special_entry(Component(of.operand, row, column), context)
    if isinstance(of, Ones):
        return UNIT if pinned(e) else None
    if e.row is None or e.column is None:
        return None
    if isinstance(of, Identity):
        return kronecker(e.row, e.column)
    if isinstance(of, Diag):
        return times(at(of.operand, e.row, e.row), kronecker(e.row, e.column))
    if isinstance(of, Explicit) and isinstance(e.row, int) and isinstance(e.column, int):
        return of.rows[e.row - 1][e.column - 1]
    return None


def kronecker(row: Index | int, column: Index | int) -> Expression:
    """δ_ij; 1 or 0 where both positions are numbers."""
    if row == column:
        return UNIT
    if isinstance(row, int) and isinstance(column, int):
        return ZERO
    return KroneckerDelta(row, column)


@rule("entry_of_shorthand", "an entry of a notation", Component, condition="the operand is a shorthand but softmax")
def shorthand_entry(e: Component, context: Context) -> Expression | None:
    """an entry of mean, norm, outer … is that of what they stand for"""
    of = e.operand
    if not isinstance(of, Shorthand) or of.name == "softmax" or not pinned(e):
        return None
    return at(expand(of), e.row, e.column)


@rule(
    "entry_of_index_sum", "an entry of an index sum", Component, condition="the operand is an index sum", level="every"
)
def index_sum_entry(e: Component, context: Context) -> Expression | None:
    """(Σ_k A_k)[i,j] = Σ_k A_k[i,j]"""
    of = e.operand
    if not isinstance(of, IndexSum):
        return None
    index, body = of.index, of.body
    if index.name in {p.name for p in (e.row, e.column) if isinstance(p, Index)}:
        index = fresh_index(index.size, e, taken=frozenset(context.taken))
        body = placed(body, of.index, index)
    return IndexSum(at(body, e.row, e.column), index)


@rule("kronecker_sum", "the sum meets a Kronecker delta", IndexSum, condition="a factor of the body is δ of the index")
def kronecker_sum(e: IndexSum, context: Context) -> Expression | None:
    """Σ_k δ_ki A_k = A_i"""
    factors = e.body.factors if isinstance(e.body, Product) else (e.body,)
    for position, f in enumerate(factors):
        if isinstance(f, KroneckerDelta) and e.index in (f.row, f.column) and f.row != f.column:
            other = f.column if f.row == e.index else f.row
            rest = times(*factors[:position], *factors[position + 1 :])
            return placed(rest, e.index, other)
    return None


@rule("constant_out_of_sum", "a factor without the index stands in front", IndexSum, level="every",
      condition="a factor does not use the index")  # fmt: skip
def constant_out_of_sum(e: IndexSum, context: Context) -> Expression | None:
    """Σ_k c A_k = c Σ_k A_k"""
    if not isinstance(e.body, Product):
        return None
    outside = [f for f in e.body.factors if not uses(f, e.index)]
    inside = [f for f in e.body.factors if uses(f, e.index)]
    if not outside or not inside:
        return None
    # Numbers and names of scalars in front, entries behind: c Σ_k δ_k w_ki · x_j.
    behind = [f for f in outside if any(isinstance(part, Component) for part in walk(f))]
    front = [f for f in outside if f not in behind]
    return times(*front, IndexSum(times(*inside), e.index), *behind)


@rule("sum_of_sum", "a sum of sums", IndexSum, level="every", condition="the body is a sum with a Kronecker delta")
def sum_of_sum(e: IndexSum, context: Context) -> Expression | None:
    """Σ_k (A_k + B_k) = Σ_k A_k + Σ_k B_k"""
    if not isinstance(e.body, Sum) or not any(isinstance(p, KroneckerDelta) for p in walk(e.body)):
        return None
    return plus(*(IndexSum(t, e.index) for t in e.body.terms))


@rule("distribute_delta", "multiplied out where a Kronecker delta can eat the sum", IndexSum,
      condition="a factor of the body is a sum with a Kronecker delta")  # fmt: skip
def distribute_delta(e: IndexSum, context: Context) -> Expression | None:
    """Σ_k A_k (δ_ki + B_k) = Σ_k A_k δ_ki + Σ_k A_k B_k"""
    if not isinstance(e.body, Product):
        return None
    for position, f in enumerate(e.body.factors):
        if isinstance(f, Sum) and any(isinstance(p, KroneckerDelta) and uses(p, e.index) for p in walk(f)):
            others = (*e.body.factors[:position], *e.body.factors[position + 1 :])
            return plus(*(IndexSum(times(*others, t), e.index) for t in f.terms))
    return None


@rule("written_out", "the sum written out", IndexSum, condition="the size is a number")
def written_out(e: IndexSum, context: Context) -> Expression | None:
    """Σ_k A_k = A_1 + A_2 + … + A_n for a number n"""
    if not e.index.size.is_Integer:
        return None
    return plus(*(placed(e.body, e.index, k) for k in range(1, int(e.index.size) + 1)))


def uses(e: Expression, index: Index) -> bool:
    """Whether the index occurs free in `e`."""
    if isinstance(e, IndexSum) and e.index == index:
        return False
    if isinstance(e, (Component, KroneckerDelta)) and index in (e.row, e.column):
        return True
    return any(uses(child, index) for child in children(e))


def placed(e: Expression, index: Index, position: Index | int) -> Expression:
    """`e` with a free index set to another position."""
    if isinstance(e, IndexSum) and e.index == index:
        return e
    e = rebuild(e, lambda child: placed(child, index, position))
    if isinstance(e, Component):
        row, column = (position if p == index else p for p in (e.row, e.column))
        return e if (row, column) == (e.row, e.column) else Component(e.operand, row, column)
    if isinstance(e, KroneckerDelta):
        row_, column_ = (position if p == index else p for p in (e.row, e.column))
        return kronecker(row_, column_)
    return e


@rule("unit_vector", "a unit vector picks an entry", Reduce, IndexSum, condition="e_i stands in the sum")
def unit_vector(e: Expression, context: Context) -> Expression | None:
    """sum(e_i ⊙ u) = u[i], and Σ_i u[i] e_i = u"""
    if isinstance(e, IndexSum):
        return _assembled(e)
    if not isinstance(e, Reduce) or not isinstance(e.operand, Product):
        return None
    for position, f in enumerate(e.operand.factors):
        if _is_unit(f) and shape(e) == SCALAR:
            rest = times(*e.operand.factors[:position], *e.operand.factors[position + 1 :])
            if shape(rest) == shape(f):
                return at(rest, f.column, None)  # type: ignore[attr-defined]
    return None


def _assembled(e: IndexSum) -> Expression | None:
    """Σ_i u[i] e_i = u for columns u."""
    factors = e.body.factors if isinstance(e.body, Product) else ()
    units = [f for f in factors if _is_unit(f) and f.column == e.index]  # type: ignore[attr-defined]
    rest = [f for f in factors if f not in units]
    if len(units) != 1 or not all(isinstance(f, Component) and f.row == e.index and f.column is None for f in rest):
        return None
    columns = [f.operand for f in rest if isinstance(f, Component)]
    return times(*columns) if columns and all(shape(u) == shape(units[0]) for u in columns) else None


def _is_unit(e: Expression) -> bool:
    return isinstance(e, Component) and isinstance(e.operand, Identity) and e.row is None and e.column is not None


ORDER: tuple[str, ...] = (
    "entry_of_special", "entry_of_sum", "entry_of_transpose", "entry_of_matmul", "entry_of_reduce",
    "entry_of_index_sum", "entry_of_shorthand", "sum_of_sum", "constant_out_of_sum", "kronecker_sum",
)  # fmt: skip
"""The order in which components are moved inwards and deltas eliminated."""
