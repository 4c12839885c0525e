r"""The dots of sums, lists and matrices, where the pattern of what they stand for can be seen.

The pattern is read off the first part and the last: they differ in numbers 1 and what stands for them at the end. So
x_1, …, x_n is x_i for i = 1, …, n, and a second part must be x_2. A matrix whose dots go both ways has a pattern along
its first row, the same along its last, and one between these two patterns.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from derive.notation.latex.making import one_by_one
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.spellings import alike
from derive.notation.latex.sums import as_size
from derive.notation.latex.tree import Braces, Brackets, Dots, Mark, Scripted, Symbol, Table
from derive.notation.syntax import Call as SumCall
from derive.notation.syntax import Node, Num, Span, Stacked, Terms, height

ROW_LETTER, COLUMN_LETTER = "i1", "j1"
"""Names of indices that nobody writes."""

_Cells = Sequence["Node | None"]


@dataclasses.dataclass(frozen=True)
class Pattern:
    """A part with a letter for its number, and the number of the last part; `last` is None if all parts are alike."""

    general: Node
    letter: str
    last: Node | None


def with_dots(r: Resolving, n: Terms) -> Node:
    """a_1 + a_2 + … + a_n."""
    summands = [n.first, *(part for _, part in n.rest)]
    found = _pattern(summands, ROW_LETTER) if all(sign == "+" for sign, _ in n.rest) else None
    if found is None or found.last is None:
        raise r.error(n, "The pattern of these dots is not seen.", r"Write the sum with \sum.", "E-UNSUPPORTED")
    size = as_size(r, found.last)
    body = _bound(r, found.general, found.letter)
    span = Span(n.start, n.end, height(size), size)
    return SumCall(n.start, n.end, height(body), "sum", n.start, 0, (body,), ((found.letter, span),))


def list_with_dots(r: Resolving, n: Brackets, turned: bool) -> Node:
    """(a_1, …, a_n), a column; a row where it is turned, or where a column does not conform."""
    if bool(r.choices.prefer(("list", turned), 2)) != turned:
        return _row(r, n, n.items, "Write the vector by its name.")
    return _column(r, n, n.items)


def table_with_dots(r: Resolving, n: Table) -> Node:
    """A matrix whose middle is left out."""
    rows = [row for row in n.rows if any(cell is not None and not isinstance(cell, Dots) for cell in row)]
    if len(n.rows) == 1:
        return _row(r, n, n.rows[0], "Write the matrix by its name.")
    if max(len(row) for row in n.rows) == 1:
        return _column(r, n, [row[0] for row in n.rows])
    if len(rows) == len(n.rows):
        raise _unseen(r, n, "Write the matrix by its name.")
    return _both_ways(r, n, rows)


def _row(r: Resolving, n: Node, cells: _Cells, suggestion: str) -> Node:
    found = _pattern(cells, COLUMN_LETTER)
    if found is None:
        raise _unseen(r, n, suggestion)
    body = _bound(r, found.general, found.letter)
    return Stacked(n.start, n.end, height(body), body, None, _range(r, found))


def _column(r: Resolving, n: Node, cells: _Cells) -> Node:
    found = _pattern(cells, ROW_LETTER)
    if found is None:
        raise _unseen(r, n, "Write the matrix by its name.")
    body = _bound(r, found.general, found.letter)
    return Stacked(n.start, n.end, height(body), body, _range(r, found), None)


def _both_ways(r: Resolving, n: Node, rows: Sequence[_Cells]) -> Node:
    along = [_pattern(row, COLUMN_LETTER) for row in rows]
    found = [p for p in along if p is not None and p.last is not None]
    if len(found) < len(rows) or any(not alike(p.last, found[0].last) for p in found):
        raise _unseen(r, n, "Write the matrix by its name.")
    down = _pattern([p.general for p in found[:-1]] + [Dots(n.start, n.end, 1), found[-1].general], ROW_LETTER)
    if down is None or down.last is None:
        raise _unseen(r, n, "Write the matrix by its name.")
    r.bound.append(COLUMN_LETTER)
    body = _bound(r, down.general, ROW_LETTER)
    r.bound.pop()
    return Stacked(n.start, n.end, height(body), body, _range(r, down), _range(r, found[0]))


def _range(r: Resolving, found: Pattern) -> tuple[str, Node | None]:
    return found.letter, None if found.last is None else as_size(r, found.last)


def _bound(r: Resolving, general: Node, letter: str) -> Node:
    r.bound.append(letter)
    body = r.node(general)
    r.bound.pop()
    return body


def _unseen(r: Resolving, n: Node, suggestion: str) -> Exception:
    return r.error(n, "The pattern of these dots is not seen.", suggestion, "E-UNSUPPORTED")


# ---- patterns


def _pattern(cells: _Cells, letter: str) -> Pattern | None:
    """What the cells have in common; None if they are no sequence with dots before its last part."""
    if len(cells) < 3 or not isinstance(cells[-2], Dots):
        return None
    *seen, _, last = cells
    first = seen[0]
    if first is None or last is None or any(cell is None or isinstance(cell, Dots) for cell in seen):
        return None
    found = _between(first, last, letter)
    if found is None:
        return None
    for number, cell in enumerate(seen[1:], start=2):
        assert cell is not None
        other = _between(first, cell, letter)
        if other is None or not alike(other.general, found.general):
            return None
        if found.last is not None and not (isinstance(other.last, Num) and other.last.value == number):
            return None
    return found


def _between(first: Node, last: Node, letter: str) -> Pattern | None:
    """The pattern of a first part and another one."""
    differences: list[Node] = []
    general = _merged(first, last, letter, differences)
    if general is None or any(not alike(d, differences[0]) for d in differences):
        return None
    return Pattern(general, letter, differences[0] if differences else None)


def _merged(first: Node, last: Node, letter: str, differences: list[Node]) -> Node | None:
    """The two as one, with the letter where the first has 1 and the last something else; None if they do not fit."""
    while isinstance(first, Braces):
        first = first.inner
    while isinstance(last, Braces):
        last = last.inner
    if alike(first, last):
        return last
    if isinstance(first, Num) and first.value == 1 and isinstance(last, Num | Symbol | Scripted | Terms):
        differences.append(last)
        return Symbol(last.start, last.end, 1, letter)
    if isinstance(first, Scripted) and isinstance(last, Scripted):
        first, last = _spread(first, last), _spread(last, first)
    if type(first) is not type(last):
        return None
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(first):
        if field.name in ("start", "end", "depth"):
            continue
        value = _merged_value(getattr(first, field.name), getattr(last, field.name), letter, differences)
        if value is None and getattr(last, field.name) is not None:
            return None
        changed[field.name] = value
    return dataclasses.replace(last, **changed)


def _merged_value(first: Any, last: Any, letter: str, differences: list[Node]) -> Any:
    if isinstance(first, Node) and isinstance(last, Node):
        return _merged(first, last, letter, differences)
    if isinstance(first, tuple) and isinstance(last, tuple) and len(first) == len(last):
        found = tuple(_merged_value(a, b, letter, differences) for a, b in zip(first, last, strict=True))
        return None if any(x is None and y is not None for x, y in zip(found, last, strict=True)) else found
    return last if first == last else None


def _spread(node: Scripted, other: Scripted) -> Scripted:
    """W_{11} beside W_{1n}: the digits are two subscripts if the other one has two."""
    below = one_by_one(node.below)
    if len(below) == 1 and isinstance(below[0], Num) and len(one_by_one(other.below)) == 2:
        digits = str(below[0].value)
        if len(digits) == 2:
            below = [Num(below[0].start, below[0].end, 1, Fraction(d), True) for d in digits]
    marks = tuple(Mark(part.start, part.end, part.depth + 1, part) for part in below)
    return dataclasses.replace(node, below=marks)
