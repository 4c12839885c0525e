"""Every place of a formula at which something can be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from derive.expression.nodes import Expression
from derive.expression.traverse import children, made_of
from derive.mistakes.row import Row
from derive.mistakes.setting import Setting
from derive.mistakes.terms import summed, terms


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
