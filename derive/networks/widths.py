"""Widths of layers: numbers, names, or n0,...,nL for a network of any depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy

from derive.errors import UsageError
from derive.expression.sizes import Size, layer_size, layer_symbol, size

_FAMILY = re.compile(r"^([^\W\d_]+)_?0\s*,\s*(?:\.\.\.|…)\s*,\s*\1_?([^\W\d])$")
_NAME = re.compile(r"^[^\W\d]\w*$")
_SIZE = "Write a number or a name, such as 4 or N."
_HINT = "Write numbers or names, such as 2,3,1 or n0,n1,n2; n0,...,nL is a network of any depth."
MAXIMUM_LAYERS = 1000


@dataclass(frozen=True)
class AnyDepth:
    """The widths n(0), …, n(L) of a network with L layers, L unknown."""

    name: str
    last: sympy.Symbol

    def at(self, layer: sympy.Expr | int) -> Size:
        return layer_size(self.name, sympy.Integer(layer) if isinstance(layer, int) else layer)


Widths = tuple[Size, ...] | AnyDepth


def read_widths(given: str | Sequence[str | int | Size] | AnyDepth) -> Widths:
    """Widths from `"2,3,1"`, `("n0", 3)` or ready sizes; UsageError for anything that is no size."""
    if isinstance(given, AnyDepth):
        return given
    if not isinstance(given, Iterable):
        raise UsageError(f"The widths {given!r} are no list.", suggestion=_HINT)
    if not isinstance(given, str):
        parts: list[str | int | Size] = list(given)
        joined = ",".join(str(part) for part in parts)
        if "..." in joined or "…" in joined:
            return read_widths(joined)
    else:
        family = _FAMILY.match(given.strip())
        if family is not None:
            return AnyDepth(family[1], layer_symbol(family[2]))
        if "..." in given or "…" in given:
            raise UsageError(f"The widths {given!r} cannot be read.", suggestion="A network of any depth is n0,...,nL.")
        parts = list(given.split(","))
    if len(parts) < 2:
        raise UsageError(f"A network needs two widths or more, not {len(parts)}.", suggestion=_HINT)
    if len(parts) > MAXIMUM_LAYERS + 1:
        raise UsageError(f"A network has at most {MAXIMUM_LAYERS} layers here, not {len(parts) - 1}.",
                         code="E-LIMIT", suggestion="n0,...,nL proves a law for every depth at once.")  # fmt: skip
    return tuple(read_size(part, "width") for part in parts)


_DIGITS = 9
"""Of the largest number a size may be."""


def read_size(given: str | int | Size, what: str) -> Size:
    """One size: a positive whole number or a name."""
    if isinstance(given, str):
        word = given.strip()
        if _NAME.match(word):
            return size(word)
        if not (word.isascii() and word.isdigit()):
            raise UsageError(f"The {what} {given!r} is neither a whole number nor a name.", suggestion=_hint(what))
        if len(word) > _DIGITS:
            raise _too_large(word, what)
        given = int(word)
    if isinstance(given, sympy.Expr):
        return given
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise UsageError(f"The {what} {given!r} is no positive whole number.", suggestion=_hint(what))
    if given >= 10**_DIGITS:
        raise _too_large(str(given), what)
    return size(given)


def _hint(what: str) -> str:
    return _HINT if what == "width" else _SIZE


def _too_large(given: str, what: str) -> UsageError:
    return UsageError(f"The {what} {given} is too large.", code="E-LIMIT", suggestion="Give it a name.")
