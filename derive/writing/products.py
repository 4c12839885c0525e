"""What stands together in a product: runs of numbers, single tensors, and what divides them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from derive.expression.nodes import Expression, MatMul, Number, Power, Product, Sum
from derive.expression.shapes import is_scalar

MINUS_ONE = Number(Fraction(-1))


def reciprocal(e: Expression) -> Expression | None:
    """What a factor divides by, or None if it does not divide."""
    return e.base if isinstance(e, Power) and e.exponent == MINUS_ONE else None


def spread(node: type[Sum | Product | MatMul], parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """(a + b) + c as a + b + c: all operations work left to right, so brackets around the first part say nothing."""
    while parts and isinstance(parts[0], node):
        inner = parts[0].terms if isinstance(parts[0], Sum) else parts[0].factors
        if len(inner) < 2:
            break
        parts = (*inner, *parts[1:])
    return parts


@dataclass
class Item:
    """Part of a product that is set as one piece: a run of scalars, or one tensor, over what divides it."""

    above: list[Expression]
    below: list[Expression] = field(default_factory=list)
    scalar: bool = True


def items_of(factors: Iterable[Expression], fractions: bool) -> list[Item]:
    """Group a product: scalars run together, a reciprocal goes under what stands before it.

    With `fractions`, a rational number before a reciprocal joins it: ½ · 1/N is one fraction.
    """
    items: list[Item] = []
    for factor in factors:
        base, scalar = reciprocal(factor), is_scalar(factor)
        last = items[-1] if items else None
        if base is not None:
            if last is None:
                items.append(Item([], [base], scalar))
            else:
                _split_number(last, fractions)
                last.below.append(base)
                last.scalar = last.scalar and scalar
        elif scalar and last is not None and last.scalar and not last.below and not _fractional(last.above[-1]):
            last.above.append(factor)
        else:
            items.append(Item([factor], [], scalar))
    return items


def _fractional(e: Expression) -> bool:
    return isinstance(e, Number) and e.value.denominator != 1


def _split_number(item: Item, fractions: bool) -> None:
    only = item.above[0] if len(item.above) == 1 else None
    if fractions and isinstance(only, Number) and only.value.denominator != 1:
        item.above = [] if only.value.numerator == 1 else [Number(Fraction(only.value.numerator))]
        item.below.insert(0, Number(Fraction(only.value.denominator)))
