"""Every place of a formula at which something can be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from derive.expression.nodes import UNIT, Expression, Number, Product, Sum
from derive.expression.traverse import children, made_of
from derive.mistakes.row import Row
from derive.mistakes.setting import Setting

TERMS = 6
"""Terms into which a formula is multiplied out at most."""


@dataclasses.dataclass(frozen=True)
class Site:
    """A changed line: the whole of it, the part that was changed (before and after), and what it is about."""

    line: Expression
    before: Expression
    after: Expression
    about: Expression
    detail: str = ""


def changed(row: Row, line: Expression, setting: Setting) -> Iterator[Site]:
    """The line with the row's slip at one place, for each place."""
    if row.at == "line":
        for slip in row.changes(line, setting):
            yield Site(slip.after, line, slip.after, slip.about, slip.detail)
    elif row.at == "term":
        yield from _terms(row, line, setting)
    else:
        yield from _nodes(row, line, setting)


def _terms(row: Row, line: Expression, setting: Setting) -> Iterator[Site]:
    parts = terms(line)
    for k, term in enumerate(parts):
        for slip in row.changes(term, setting):
            yield Site(summed((*parts[:k], slip.after, *parts[k + 1 :])), term, slip.after, slip.about, slip.detail)


def _nodes(row: Row, e: Expression, setting: Setting) -> Iterator[Site]:
    """Parents first, so that the slip that concerns more comes first."""
    for slip in row.changes(e, setting):
        yield Site(slip.after, e, slip.after, slip.about, slip.detail)
    for k, child in enumerate(children(e)):
        for site in _nodes(row, child, setting):
            yield dataclasses.replace(site, line=with_child(e, k, site.line))


def with_child(e: Expression, place: int, new: Expression) -> Expression:
    """The node with one of its immediate parts (counted as `children` does) replaced."""
    count = -1

    def item(value: object) -> object:
        nonlocal count
        if isinstance(value, Expression):
            count += 1
            return new if count == place else value
        if isinstance(value, tuple):
            return tuple(item(v) for v in value)
        return value

    return made_of(e, [item(value) for value in e._fields])


def terms(e: Expression) -> tuple[Expression, ...]:
    """The additive terms of a line, sums in sums taken apart."""
    if not isinstance(e, Sum):
        return (e,)
    return tuple(t for term in e.terms for t in terms(term))


def expanded(e: Expression) -> tuple[Expression, ...]:
    """The additive terms of a formula, one factor that is a sum multiplied out."""
    found: list[Expression] = []
    for term in terms(e):
        parts = term.factors if isinstance(term, Product) else (term,)
        place = next((k for k, f in enumerate(parts) if isinstance(f, Sum)), None)
        if place is None:
            found.append(term)
        else:
            inner = parts[place]
            assert isinstance(inner, Sum)
            found += [product(*parts[:place], t, *parts[place + 1 :]) for t in inner.terms]
    return tuple(found) if len(found) <= TERMS else (e,)


def summed(parts: tuple[Expression, ...]) -> Expression:
    return parts[0] if len(parts) == 1 else Sum(parts)


def factors(e: Expression) -> tuple[Expression, ...]:
    """The elementwise factors of a term."""
    if not isinstance(e, Product):
        return (e,)
    return tuple(f for factor in e.factors for f in factors(factor))


def is_negative(e: Expression) -> bool:
    """Whether a term has a negative number among its factors."""
    return any(isinstance(f, Number) and f.value < 0 for f in factors(e))


def product(*parts: Expression) -> Expression:
    """The elementwise product, ones left out."""
    kept = [f for p in parts for f in factors(p) if f != UNIT]
    signs = [f for f in kept if isinstance(f, Number)]
    value = UNIT.value
    for f in signs:
        value *= f.value
    rest = tuple(f for f in kept if not isinstance(f, Number))
    whole = rest if value == 1 and rest else (Number(value), *rest)
    return whole[0] if len(whole) == 1 else Product(whole)


def without(parts: tuple[Expression, ...], k: int) -> Expression:
    """The product without one of its factors."""
    return product(*parts[:k], *parts[k + 1 :])
