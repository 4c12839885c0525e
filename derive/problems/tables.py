"""Tables of a problem file: known keys only, values of the right kind; every refusal says where and what to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from derive.errors import DeriveError, LimitError, UsageError
from derive.suggestions import did_you_mean

Table = Mapping[str, Any]

MAXIMUM_ENTRIES = 500
MAXIMUM_TEXT = 10_000


@contextmanager
def within(where: str) -> Iterator[None]:
    """Errors raised inside say where in the file they belong."""
    try:
        yield
    except DeriveError as error:
        message = f"{where}: {error.message}"
        raise type(error)(message, code=error.code, position=error.position, suggestion=error.suggestion) from error


def check_keys(where: str, table: Table, known: Iterable[str]) -> None:
    """UsageError for a key that is not known, with the nearest one that is."""
    words = list(known)
    for key in table:
        if key not in words:
            raise UsageError(f"{where} has no key {key!r}.", suggestion=did_you_mean(key, words))


def section(document: Table, name: str) -> Table:
    """A section of the document; empty if it is not there."""
    return as_table(document.get(name, {}), f"[{name}]")


def as_table(value: object, where: str) -> Table:
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} must be a table, not {kind(value)}.", suggestion="Write name = value lines.")
    if len(value) > MAXIMUM_ENTRIES:
        raise LimitError(f"{where} has {len(value)} entries; the limit is {MAXIMUM_ENTRIES}.")
    return value


def as_text(value: object, where: str) -> str:
    """A string, of limited length."""
    if not isinstance(value, str):
        raise UsageError(f"{where} must be text in quotes, not {kind(value)}.", suggestion=_quoted(value))
    if len(value) > MAXIMUM_TEXT:
        raise LimitError(f"{where} has {len(value)} characters; the limit is {MAXIMUM_TEXT}.")
    return value


def as_list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{where} must be a list, not {kind(value)}.", suggestion='Write it as ["…", "…"].')
    if len(value) > MAXIMUM_ENTRIES:
        raise LimitError(f"{where} has {len(value)} entries; the limit is {MAXIMUM_ENTRIES}.")
    return value


def as_flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{where} must be true or false, not {kind(value)}.")
    return value


def choice(value: object, where: str, known: Mapping[str, str]) -> str:
    """One of a few words, each with what it stands for."""
    word = as_text(value, where)
    if word not in known:
        raise UsageError(f"{where} cannot be {word!r}.", suggestion=did_you_mean(word, known))
    return known[word]


def kind(value: object) -> str:
    """What a value of the file is, in words."""
    if isinstance(value, bool):
        return "true or false"
    words = ((str, "text"), (int, "a number"), (float, "a number"), (list, "a list"), (Mapping, "a table"))
    return next((word for cls, word in words if isinstance(value, cls)), "a date or time")


def _quoted(value: object) -> str:
    return f'Write "{value}".' if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
