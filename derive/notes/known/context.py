"""What a document declares: blocks of TOML, merged as they come, and the problem that they describe."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from derive.errors import DeriveError, ReadError, UsageError
from derive.expression.problem import Problem
from derive.problems import from_table, read_table
from derive.suggestions import did_you_mean

SECTIONS = (
    "shapes",
    "indices",
    "functions",
    "define",
    "assume",
    "notation",
    "layout",
    "network",
    "title",
    "include",
    "fresh",
)
"""What a block may hold: what a problem file may, but no question; `fresh = true` forgets what came before."""

_NAMING = ("shapes", "indices", "functions", "define")
_INCLUDES = 8

Table = dict[str, Any]


@dataclass(frozen=True)
class Declared:
    """The merged tables of the blocks so far; a new value for each new block."""

    table: Mapping[str, Any] = field(default_factory=dict)

    def problem(self) -> tuple[Problem, Table]:
        """The problem that the tables describe, and those spellings under [notation] that speak of names which only the
        notes define. UsageError or ReadError if they are malformed."""
        return _in_part(self.table)

    def with_block(self, block: Mapping[str, Any], folder: Path) -> Declared:
        """With another block: what it says of a name replaces what was said before.

        Raises UsageError for unknown keys, and whatever is wrong with a file that is included.
        """
        for key in block:
            if key not in SECTIONS:
                hint = "Write E = … in [define]." if key == "question" else did_you_mean(key, SECTIONS)
                raise UsageError(f"A context has no section {key!r}.", suggestion=hint)
        own = dict(block)
        is_fresh = own.pop("fresh", False)
        if not isinstance(is_fresh, bool):
            raise UsageError("fresh is true or false.", suggestion="Write fresh = true to forget what came before.")
        alone = _with_includes(own, folder, 0)
        merged = alone if is_fresh else _merged(self.table, alone)
        try:
            _in_part(merged)
        except DeriveError:
            if "network" not in alone or not self.table:
                raise
            # Another network gives old names new meanings: what was declared before it is of the past.
            _in_part(alone)
            merged = alone
        return Declared(merged)


def _in_part(table: Mapping[str, Any]) -> tuple[Problem, Table]:
    later: Table = {}
    now = dict(table)
    while True:
        try:
            return from_table(now), later
        except ReadError as error:
            spellings = now.get("notation", {})
            key = next((k for k in spellings if error.message.startswith(f"[notation] {k}: ")), None)
            if key is None or error.code != "E-NAME":
                raise
            later[key] = spellings[key]
            now["notation"] = {k: value for k, value in spellings.items() if k != key}


def read_toml(text: str) -> Table:
    """The tables of a block; UsageError that says the line within the block."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"This is no TOML: {error}.", suggestion='Texts stand in quotes: W = ["n", "m"].') from None
    except RecursionError:
        raise UsageError("Lists and tables are nested too deeply.") from None


def _with_includes(block: Table, folder: Path, depth: int) -> Table:
    """The block on top of the files it includes; their questions are left out, but not their objectives."""
    names = block.pop("include", [])
    files = [names] if isinstance(names, str) else names
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise UsageError("include names a file, or a list of files.", suggestion='Write include = "net.toml".')
    if files and depth >= _INCLUDES:
        raise UsageError("Files that include each other do not come to an end.", suggestion="Look for a circle.")
    merged: Table = {}
    for name in files:
        path = folder / name
        merged = _merged(merged, _with_includes(_file(path), path.parent, depth + 1))
    return _merged(merged, block)


def _file(path: Path) -> Table:
    table = dict(read_table(path))
    asked = table.pop("question", {})
    table.pop("marking", None)
    objective = asked.get("objective") if isinstance(asked, Mapping) else None
    if isinstance(objective, str) and not objective.strip().isidentifier() and "network" not in table:
        table["define"] = {**table.get("define", {}), "E": objective}
    return table


def _merged(before: Mapping[str, Any], block: Mapping[str, Any]) -> Table:
    """Name by name; a network, which is one thing, is replaced as a whole; a name that moves leaves its old section."""
    out: Table = dict(before)
    new = {name for key in _NAMING if isinstance(block.get(key), Mapping) for name in block[key]}
    for key in _NAMING:
        if isinstance(out.get(key), Mapping):
            out[key] = {name: value for name, value in out[key].items() if name not in new}
    for key, value in block.items():
        old = out.get(key)
        joins = isinstance(value, Mapping) and isinstance(old, Mapping) and key != "network"
        out[key] = {**old, **value} if joins and isinstance(old, Mapping) else value
    return out
