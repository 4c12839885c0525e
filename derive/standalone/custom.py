"""What custom says about the shape of a name, and what it costs to believe otherwise.

Greek names are scalars, lower-case Latin ones columns, capitals (Greek ones too) matrices; n, m and N are numbers. A
cost orders readings: the cheapest that conforms is taken. A row is rarer than a column; to a capital a row is a matrix,
nearly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from derive.notation.characters import GREEK_NAMES
from derive.notation.names import spelling

Kind = Literal["scalar", "column", "row", "matrix"]

_GREEK = frozenset(name for name in GREEK_NAMES if name[0].islower()) | {"lam", "eps"}
_NUMBERS = frozenset(("n", "m", "N"))
_SIZES = _NUMBERS | {"M", "d", "D", "k", "K", "p", "q"}

_COSTS: Mapping[str, Mapping[Kind, int]] = {
    "greek": {"scalar": 0, "column": 4, "matrix": 8, "row": 10},
    "small": {"column": 0, "scalar": 4, "row": 8, "matrix": 8},
    "capital": {"matrix": 0, "column": 4, "scalar": 5, "row": 5},
    "number": {"scalar": 0, "column": 4, "matrix": 4, "row": 10},
}

SWAPPED = 6
"""What it costs to take a gradient to be written in the other layout."""

UNUSUAL = 4
"""What an elementwise product of a column and a matrix costs: most who write `*` there mean something else."""

MIXED = 3
"""What the sum of a dot product and a vector costs: most who write it mean one of the two to be something else."""

MARGIN = 1
"""Readings that cost so little more than the cheapest are looked at, too."""


def costs(name: str) -> Mapping[Kind, int]:
    """What each kind costs for a name, the customary one nothing.

    >>> costs("lambda")["scalar"], costs("x_1")["column"], costs("Sigma")["matrix"]
    (0, 0, 0)
    """
    if name in _NUMBERS:
        return _COSTS["number"]
    bare = spelling(name).rstrip("0123456789").removesuffix("hat").removesuffix("bar").removesuffix("tilde")
    if bare in _GREEK:
        return _COSTS["greek"]
    return _COSTS["small" if name[0].islower() else "capital"]


def may_be_size(name: str) -> bool:
    """Whether a name is one that sizes usually have: n, N …"""
    return name in _SIZES


_FUNCTIONS = frozenset(("f", "g", "h", "F", "G", "H", "phi", "psi", "varphi", "Phi", "Psi"))


def is_unspecified(name: str, primes: int) -> bool:
    """Whether a called name that is in no table may be any function: f, or u with a prime; but not a, E, det.

    >>> is_unspecified("f1", 0), is_unspecified("u", 1), is_unspecified("det", 0), is_unspecified("a", 0)
    (True, True, False, False)
    """
    return primes > 0 or name.rstrip("0123456789_") in _FUNCTIONS
