"""What a formula tells as it is written: what is not 0 where it is defined, and whether entries stand in it."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression.nodes import Component, Elementwise, Explicit, Expression, Number, Power, Product, Sum
from derive.expression.traverse import children, walk


def denominators(e: Expression) -> Iterator[Expression]:
    """Formulas that are not 0, entry by entry, where the same entry of `e` is defined.

    Only what acts entry by entry is looked into; an arm of `where` may be undefined where it is not taken.
    """
    if isinstance(e, Power) and isinstance(e.exponent, Number):
        if e.exponent.value < 0:
            yield e.base
        yield from denominators(e.base)
    elif isinstance(e, Elementwise):
        inside = e.arguments[:1] if e.function.name == "where" else e.arguments
        for argument in inside:
            yield from denominators(argument)
    elif isinstance(e, Sum | Product):
        for part in children(e):
            yield from denominators(part)


def has_entries(e: Expression) -> bool:
    """Whether a matrix is written out in a formula, or an entry with a number."""
    return any(
        isinstance(node, Explicit)
        or (isinstance(node, Component) and (isinstance(node.row, int) or isinstance(node.column, int)))
        for node in walk(e)
    )
