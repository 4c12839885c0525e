"""A context block for names that are missing: to be edited, with the shapes that custom gives them."""

from __future__ import annotations

import re

from derive.notation.characters import GREEK_NAMES
from derive.notes.report import Missing, Report

_HINT = '# A draft. Correct the shapes: [] is a scalar, ["n"] a column, ["n", "m"] a matrix.'


def suggested(report: Report) -> str:
    """A block of TOML with every name that is not declared.

    Greek letters are scalars, lower-case letters column vectors, capitals matrices; each line says where it is used.
    """
    if not report.missing:
        return "# Every name is declared; there is nothing to suggest.\n"
    lines = ["```derive", _HINT, "[shapes]"]
    written = [(f"{_key(m.name)} = {shape(m.name)}", m) for m in sorted(report.missing, key=lambda m: _order(m.name))]
    width = max(len(line) for line, _ in written)
    lines += [f"{line:<{width}}  # {_uses(m)}" for line, m in written]
    return "\n".join([*lines, "```"]) + "\n"


def _uses(missing: Missing) -> str:
    return f"{missing.count} formula{'s' * (missing.count != 1)}, first in line {missing.line}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f"'{name}'"


def shape(name: str) -> str:
    """The shape that custom gives a name, as TOML.

    >>> shape("lam"), shape("x"), shape("W1")
    ('[]', '["n"]', '["n", "m"]')
    """
    base = re.sub(r"[\d_]+$", "", name)
    if base in SCALARS or base in GREEK_NAMES:
        return "[]"
    return '["n", "m"]' if base[:1].isupper() and base not in VECTORS else '["n"]'


SCALARS = frozenset({"lam", "eta", "E", "J", "L", "C", "N", "t", "alpha", "beta", "loss"})
VECTORS = frozenset({"delta"})


def _order(name: str) -> tuple[int, str]:
    return (len(shape(name)), name)
