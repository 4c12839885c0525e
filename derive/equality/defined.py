"""What is not 0 wherever a formula is defined: its denominators."""

from __future__ import annotations

from collections.abc import Iterator

from derive.expression.nodes import Elementwise, Expression, Number, Power, Product, Sum
from derive.expression.traverse import children


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
