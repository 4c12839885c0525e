"""A point at which two sides differ, as data that a person can check by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flint import arb, fmpq

from derive.equality.arithmetic import Scalar
from derive.equality.claim import Claim
from derive.equality.comparison import Difference
from derive.equality.concrete import size_expressions
from derive.equality.evaluate import Point
from derive.equality.matrix import Matrix
from derive.equality.model import Key
from derive.equality.no_value import NO_VALUE
from derive.expression.nodes import Sum
from derive.expression.text import text


@dataclass(frozen=True)
class Counterexample:
    """Where `yours` and `expected` differ for certain.

    sizes         a number for each size (`n[1]` for a width of a family), and for each layer symbol
    values        exact entries, row by row, of each name that is given: {"W": [["1", "2"], ["0", "1"]]}
    functions     the formula chosen for each unspecified function
    entry         the row and column that differ, counted from 1; `indices` the values of free index names
    yours         the left side there: exact, `decimal ± radius`, or `undefined`
    expected      the right side there
    at_kink       some kinked function is exactly at its kink at this point, and no other point was found
    subgradient   at a kink: whether yours is what another choice of the subgradient gives (None: not known)
    confirmed_by  the second route that confirms `expected`, if there is one
    """

    sizes: Mapping[str, int]
    values: Mapping[str, list[list[str]]]
    functions: Mapping[str, str]
    entry: tuple[int, int]
    indices: Mapping[str, int]
    yours: str
    expected: str
    at_kink: bool = False
    subgradient: bool | None = None
    confirmed_by: str = ""
    claim: Claim | None = field(default=None, repr=False, compare=False)
    point: Point | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The keys of the contract, and those of ours that say something."""
        found: dict[str, Any] = {
            "sizes": dict(self.sizes),
            "values": dict(self.values),
            "entry": list(self.entry),
            "yours": self.yours,
            "expected": self.expected,
        }
        if self.functions:
            found["functions"] = dict(self.functions)
        if self.indices:
            found["indices"] = dict(self.indices)
        return found


def described(
    claim: Claim, point: Point, found: Difference, *, at_kink: bool = False, subgradient: bool | None = None
) -> Counterexample:
    """The counterexample that a difference is."""
    written = _both(found.yours, found.expected)
    return Counterexample(
        sizes=_used_sizes(claim, point),
        values={_name(key): _rows(point.values[key]) for key in _relevant(claim, point)},
        functions={
            name: text(f.formula) for name, f in point.functions.items() if f.formula is not None
        },
        entry=(found.entry[0] + 1, found.entry[1] + 1),
        indices=dict(found.binding),
        yours=written[0],
        expected=written[1],
        at_kink=at_kink,
        subgradient=subgradient,
        confirmed_by="dual numbers" if claim.final.has_derivative else "",
        claim=claim,
        point=point,
    )  # fmt: skip


def _relevant(claim: Claim, point: Point) -> list[Key]:
    """The given names that either side depends on, definitions followed."""
    concrete = point.concrete
    needed = claim.model.given(Sum((claim.left, claim.right)), concrete, concrete.layers)
    return [key for key in point.values if key in needed]


def _used_sizes(claim: Claim, point: Point) -> dict[str, int]:
    """The sizes with a name that either side speaks of, definitions followed; of a family those of its layers."""
    concrete = point.concrete
    layers = dict(concrete.layers)
    widths = {f"{name}[{k}]" for name in claim.families for k in range(max(layers.values(), default=0) + 1)}
    whole = Sum((claim.left, claim.right))
    programs = (claim.model.program(key, concrete) for key in claim.model.order(whole, concrete, concrete.layers))
    sources = [whole, *(program.value for program in programs if program is not None)]
    spoken_of = {symbol.name for e in sources for size in size_expressions(e) for symbol in size.free_symbols}
    return {k: v for k, v in concrete.sizes.items() if k in spoken_of or k in widths} | layers


def _name(key: Key) -> str:
    return key[0] if key[1] is None else f"{key[0]}[{key[1]}]"


def _rows(m: Matrix) -> list[list[str]]:
    return [[str(x) for x in m.row(i)] for i in range(m.rows)]


_SHORT = 40
"""A ball without radius is a fraction; one of so few bits is written as it is."""


def _both(yours: Scalar, expected: Scalar) -> tuple[str, str]:
    """Both values with as many digits as it takes to see that they differ."""
    for digits in (8, 16, 32, 64, 128, 310):
        written = (written_number(yours, digits), written_number(expected, digits))
        if written[0].split(" ")[0] != written[1].split(" ")[0]:
            break
    return written


def written_number(x: Scalar, digits: int = 10) -> str:
    """An exact rational as it is, a ball as `decimal ± radius`; `undefined` where there is no value."""
    if type(x) is fmpq or x is NO_VALUE:
        return str(x)
    ball = arb(x)
    is_short = ball == 0 or 2.0**-_SHORT < abs(ball) < 2.0**_SHORT
    if is_short and ball.is_exact() and ball.fmpq().height_bits() <= _SHORT:
        return str(ball.fmpq())
    shown = str(ball.str(digits, more=False)).strip("[]")
    return ("0 " + shown if shown.startswith("+/-") else shown).replace("+/-", "±")
