r"""Matrices and cases: \begin{pmatrix} … and \begin{cases} …, row by row."""

from __future__ import annotations

import re

from derive.notation.latex.commands import CASES, DOTS
from derive.notation.latex.cursor import Cursor
from derive.notation.latex.tokens import Token
from derive.notation.latex.tree import Cases, Dots, Table
from derive.notation.syntax import Node, height


def dots(p: Cursor) -> Node:
    token = p.advance()
    return Dots(token.start, token.end, 1)


def environment(p: Cursor) -> Node:
    """\\begin{pmatrix} … or \\begin{cases} …"""
    opening = p.advance()
    outer, p.bars = p.bars, []
    rows: list[list[Node | None]] = [[]]
    while not _at_end(p):
        if p.token.kind == "end":
            raise p.at(opening, f"The environment {opening.text} is not closed.", f"Add \\end{{{opening.text}}}.")
        rows[-1].append(_entry(p))
        _after_entry(p, rows, opening.text in CASES)
    end = p.advance()
    p.bars = outer
    if opening.text in CASES:
        return _cases(p, opening, end, rows)
    entries = [e for row in rows for e in row if e is not None]
    if not entries:
        raise p.at(opening, f"The environment {opening.text} is empty.", "Write its entries.")
    return p.deep(Table(opening.start, end.end, height(*entries), tuple(tuple(row) for row in rows)))


def _at_end(p: Cursor) -> bool:
    return p.token.kind == "end_environment"


def _after_entry(p: Cursor, rows: list[list[Node | None]], in_cases: bool) -> None:
    """Past what stands between two entries: & or a comma, or the end of the row."""
    separator = p.token
    if _at_end(p):
        return
    if separator.kind == "row":
        p.advance()
        if not _at_end(p):
            rows.append([])
    elif separator.is_sign("&"):
        p.advance()
        if p.token.kind == "row" or _at_end(p):
            rows[-1].append(None)
    elif separator.is_sign(",") or (in_cases and separator.is_sign(".", ";")):
        p.advance()
        if p.token.kind == "row" or (in_cases and p.token.is_sign("&")):
            _after_entry(p, rows, in_cases)
    else:
        raise p.unexpected(separator)


def _entry(p: Cursor) -> Node | None:
    _skip_words(p)
    if p.token.is_sign("&") or p.token.kind in ("row", "end_environment"):
        return None
    if p.token.kind in ("word", "operator") and p.token.text in _CONDITION_WORDS:
        p.advance()
        return _entry(p)
    if p.token.is_sign("-") and (p.ahead(1).kind in ("row", "end_environment") or p.ahead(1).is_sign("&")):
        p.advance()
        return None
    _undash(p)
    entry = dots(p) if p.token.is_command(*DOTS) else p.relational()
    _skip_words(p)
    return entry


def _skip_words(p: Cursor) -> None:
    """Past words that a condition begins or ends with; other words may mean something."""
    while p.token.kind in ("text", "blank"):
        words = re.findall(r"[a-z]+", p.token.text.lower())
        if p.token.kind == "text" and not all(word in _CONDITION_WORDS for word in words):
            raise p.unexpected(p.token)
        p.advance()


def _undash(p: Cursor) -> None:
    """- w^T -: dashes on both sides of an entry draw a row and are no signs."""
    if not p.token.is_sign("-"):
        return
    depth, place = 0, p.index
    while p.tokens[place].kind != "end":
        token = p.tokens[place]
        ends = token.kind in ("row", "end_environment") or token.is_sign("&", ",")
        if depth == 0 and ends and place > p.index:
            break
        depth += token.is_sign("(", "[", "{", r"\{") - token.is_sign(")", "]", "}", r"\}")
        place += 1
    if place - p.index > 2 and p.tokens[place - 1].is_sign("-"):
        del p.tokens[place - 1]
        p.advance()


_CONDITION_WORDS = frozenset(
    {
        "if",
        "for",
        "when",
        "otherwise",
        "else",
        "elsewhere",
        "in",
        "all",
        "other",
        "any",
        "case",
        "cases",
        "the",
        "is",
        "falls",
        "i",
        "e",
        "wenn",
        "sonst",
        "and",
        "where",
    }
)


def _cases(p: Cursor, opening: Token, end: Token, rows: list[list[Node | None]]) -> Node:
    found: list[tuple[Node, Node | None]] = []
    for row in rows:
        if not row or row[0] is None or len(row) > 2:
            raise p.at(opening, "Each case is a value and its condition.", r"Write z & z > 0 \\ 0 & \text{otherwise}.")
        found.append((row[0], row[1] if len(row) == 2 else None))
    parts = [n for row in found for n in row if n is not None]
    return p.deep(Cases(opening.start, end.end, height(*parts), tuple(found)))
