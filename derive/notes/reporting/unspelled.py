"""Spellings under [notation] that speak of names which neither a context nor the notes themselves ever define."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from derive.errors import DeriveError
from derive.notation import free_names
from derive.notation.names import spelling
from derive.notes.finding.pieces import Context

_WORD = re.compile(r"[^\W\d_]\w*")


def unspelled(context: Context, contexts: Collection[Context], defined: Collection[str]) -> Iterator[str]:
    """What is to be said of such spellings in a context; `contexts` are all of the file, `defined` the names that its
    formulas define. Nothing where a file is included, which may declare anything."""
    tables = [_table(c) for c in contexts]
    if any({"include", "network"} & set(table) for table in tables):
        return
    known = {"e", "pi", *map(spelling, defined)}
    for table in tables:
        rest = {key: value for key, value in table.items() if key != "notation"}
        known |= {spelling(word) for word in _WORD.findall(repr(rest))}
    for key, meant in _table(context).get("notation", {}).items():
        missing = [name for name in _names(meant) if not {spelling(name), name.rstrip("_0123456789")} & known]
        if missing:
            yield f"[notation] {key}: The name {missing[0]} is not declared, and no formula defines it."


def _table(context: Context) -> Mapping[str, Any]:
    try:
        return context.table if context.table is not None else tomllib.loads(context.toml)
    except tomllib.TOMLDecodeError:
        return {}


def _names(meant: object) -> list[str]:
    try:
        return sorted(free_names(meant)) if isinstance(meant, str) else []
    except DeriveError:
        return []
