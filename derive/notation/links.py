"""Quotients ∂u/∂v in formulas that were read as text: what they and the products around them mean.

Text is read as it is written, dz/dW of a vector z with form `formal`. That has no value by itself; in an answer it is
replaced here by what `chain_rule` says it means, in each of its readings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from derive.errors import ReadError, ShapeError
from derive.expression.nodes import Derivative, Expression, MatMul, Product
from derive.expression.problem import Layout
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.text import text
from derive.expression.traverse import children, rebuild, walk
from derive.notation.chain_rule import MAXIMUM_READINGS, Gradient, chain, jacobian_layouts
from derive.notation.entries import Fresh, component


def linked(sides: Sequence[Expression], layout: Layout) -> list[tuple[Expression, ...]]:
    """The readings of the sides of a relation, those first whose sides have one shape; others only if there is none.

    Raises ShapeError for a chain that does not link, ReadError for a derivative of which there is no matrix.
    """
    if not any(_is_formal(part) for side in sides for part in walk(side)):
        return [tuple(sides)]
    entries = by_entries([_factors(side) for side in sides], layout)
    if entries:
        return [entries]
    found: dict[tuple[Expression, ...], None] = {}
    for jacobians in jacobian_layouts(layout):
        custom = _Custom(layout, jacobians)
        found.update(dict.fromkeys(islice(product(*(_readings(side, custom) for side in sides)), MAXIMUM_READINGS)))
    return [each for each in found if _conform(each)] or list(found)


@dataclass(frozen=True)
class _Custom:
    """How all quotients of a line are laid out."""

    layout: Layout
    jacobians: Gradient


def by_entries(products: Sequence[Sequence[Expression]], layout: Layout) -> tuple[Expression, ...]:
    """Products of which each is ∂u/∂v for the same u and v, with more than two axes: their entries, by free indices.

    () if they are not such products, or if u and v have no more than two axes together.
    """
    ends = {(_first(p), _last(p)) for p in products}
    of, wrt = next(iter(ends))
    if len(ends) > 1 or of is None or wrt is None:
        return ()
    top, bottom = shape(of), shape(wrt)
    if sum(side != ONE for side in (*top, *bottom)) < 3:
        return ()
    fresh = Fresh([e for p in products for e in p])
    row, column, across, along = *fresh.along(top), *fresh.along(bottom)
    cut = [_cut(p, component(of, row, column), component(wrt, across, along)) for p in products]
    found = [chain(p, layout) for p in cut]
    return tuple(readings[0] for readings in found) if all(len(readings) == 1 for readings in found) else ()


def _first(factors: Sequence[Expression]) -> Expression | None:
    """What a product of quotients starts with, if all its factors are quotients or scalars."""
    quotients = [e for e in factors if isinstance(e, Derivative)]
    others = [e for e in factors if not isinstance(e, Derivative)]
    return quotients[0].of if quotients and all(shape(e) == SCALAR for e in others) else None


def _last(factors: Sequence[Expression]) -> Expression | None:
    return next((e.wrt for e in reversed(factors) if isinstance(e, Derivative)), None)


def _cut(factors: Sequence[Expression], of: Expression, wrt: Expression) -> list[Expression]:
    """The product with an entry for what it starts with, and one for what it ends with."""
    places = [n for n, e in enumerate(factors) if isinstance(e, Derivative)]
    found = list(factors)
    for place, change in ((places[0], {"of": of}), (places[-1], {"wrt": wrt})):
        e = found[place]
        assert isinstance(e, Derivative)
        found[place] = dataclasses.replace(e, **change)  # type: ignore[arg-type]
    return found


def _conform(sides: Sequence[Expression]) -> bool:
    try:
        return len({shape(side) for side in sides}) == 1
    except ShapeError:
        return False


def _is_formal(e: Expression) -> bool:
    return isinstance(e, Derivative) and e.form == "formal"


def _readings(e: Expression, custom: _Custom) -> tuple[Expression, ...]:
    if not any(_is_formal(part) for part in walk(e)):
        return (e,)
    if isinstance(e, Derivative):
        found = _chain((e,), custom)
        if not found or e.form != "formal":
            raise ReadError(f"∂({text(e.of)})/∂({text(e.wrt)}) has more than two axes.", code="E-UNSUPPORTED",
                            suggestion="Write it in components, or in a chain after ∂E/∂….")  # fmt: skip
        return found
    factors = _factors(e)
    if any(_is_formal(factor) for factor in factors):
        return tuple(islice(_chains(factors, custom), MAXIMUM_READINGS))
    return tuple(islice(_rebuilt(e, custom), MAXIMUM_READINGS))


def _factors(e: Expression) -> tuple[Expression, ...]:
    """The factors of a product, and of products in it that quotients stand in."""
    if not isinstance(e, Product | MatMul):
        return (e,)
    inner = (_factors(f) if any(_is_formal(part) for part in walk(f)) else (f,) for f in e.factors)
    return tuple(factor for found in inner for factor in found)


def _chain(factors: Sequence[Expression], custom: _Custom) -> tuple[Expression, ...]:
    return chain(factors, custom.layout, jacobians=custom.jacobians)


def _chains(factors: Sequence[Expression], custom: _Custom) -> Iterator[Expression]:
    options = [(factor,) if _is_formal(factor) else _readings(factor, custom) for factor in factors]
    choices = islice(product(*options), MAXIMUM_READINGS)
    found = [reading for chosen in choices for reading in _chain(chosen, custom)]
    if not found:
        raise ShapeError("The factors of this chain do not link: one is differentiated by what the next is not of.",
                         suggestion="Write the factors in the order of the chain rule.")  # fmt: skip
    yield from found


def _rebuilt(e: Expression, custom: _Custom) -> Iterator[Expression]:
    for parts in product(*(_readings(child, custom) for child in children(e))):
        own = iter(parts)
        yield rebuild(e, lambda _, own=own: next(own))  # type: ignore[misc]
