"""The layout of gradients, where no context declares one: notes that keep to the other one are right in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.notes.finding.pieces import Context, Piece
from derive.notes.formulas.judgement import Judgement

Judged = Mapping[int, tuple[Judgement, ...]]

OTHER = "numerator layout"
MESSAGE = 'Gradients are transposed here, in numerator layout. Say so in a context: [layout] gradient = "numerator".'

_DECLARES = re.compile(r"^\s*(?:\[layout\]|\[network\]|include\s*=|gradient\s*=)", re.MULTILINE)
_GRADIENT = re.compile(r"^\s*(?:\\[dt]?frac\s*\{\s*(?:\\partial|\\?d|\\mathrm)|\\nabla)")
_LEAST = 2
"""Gradients that are transposed; a single one may be a slip."""


def in_one_layout(judged: Judged, pieces: Sequence[Piece]) -> tuple[Judged, int | None]:
    """The judgements, with gradients in numerator layout as right where all are, and nobody says otherwise; and the
    number of the piece where that is to be told, once."""
    turned = [n for n, found in judged.items() for j in found if _is_turned(j)]
    straight = any(_is_straight(j) for found in judged.values() for j in found)
    if len(turned) < _LEAST or straight or any(isinstance(p, Context) and _declares(p) for p in pieces):
        return judged, None
    return {n: tuple(_right(j) if _is_turned(j) else j for j in found) for n, found in judged.items()}, min(turned)


def _is_turned(j: Judgement) -> bool:
    """A gradient that is right in the other layout; a step that subtracts it from its variable is right in none."""
    is_other = j.verdict == "conditional" and list(j.details.get("holds_when", [])) == [OTHER]
    return is_other and _GRADIENT.match(j.latex) is not None


def _is_straight(j: Judgement) -> bool:
    """A gradient that is no number, and right as it is."""
    shape = (j.details.get("expected") or {}).get("shape")
    return j.verdict in ("proved", "agrees") and bool(shape) and _GRADIENT.match(j.latex) is not None


def _right(j: Judgement) -> Judgement:
    details = {**j.details, "holds_when": [], "mistakes": [], "counterexample": None, "conventions": [OTHER]}
    return replace(j, verdict="proved", reason=f"in {OTHER}", part=None, details=details)


def _declares(context: Context) -> bool:
    table = context.table
    return bool(_DECLARES.search(context.toml)) or bool(table and {"layout", "network", "include"} & set(table))
