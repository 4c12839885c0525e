"""Heads: the interned kinds of indexed atoms that monomials are made of.

A head is what stands before the indices: a name (W), a size (N), a Kronecker delta, or an *atom*: a function of an
argument that is itself in normal form, such as σ(Σ_k W[·,k] x[k] + b[·]) with one open slot. Equal heads have equal
numbers within one `Heads` table; numbers only order terms, they never decide an equality between tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What an atom is; `relations` and `differentiation` have one row for each."""

    LEAF = "leaf"  # a named tensor
    SIZE = "size"  # a size used as a number
    CONSTANT = "constant"  # π
    DELTA = "delta"  # Kronecker delta of two indices
    SIGMOID = "sigmoid"  # σ(u)
    SLOPE = "slope"  # D(u) = σ(u)(1 − σ(u))
    EXP = "exp"  # e^m for one monomial m
    SOFTPLUS = "softplus"  # log(1 + e^u)
    LOGABS = "logabs"  # log|u|
    LOG = "log"  # log(u), where u is all that its sign depends on, so that e^(log u) is u
    ABOVE = "above"  # [u > 0]
    BELOW = "below"  # [u < 0]
    FUNCTION = "function"  # f⁽ᵏ⁾(u) of an unspecified function, or a known one with no algebra of its own (erf)
    POWER = "power"  # b^e where neither the sign of b nor the value of e is known
    KINKED = "kinked"  # relu(u) and its like while a derivative is taken: its slope is a convention at the kink
    INVERSE = "inverse"  # 1/P for a sum P
    ROOT = "root"  # P^(1/q) for a positive or non-negative P


POSITIVE = frozenset({Kind.SIGMOID, Kind.SLOPE, Kind.EXP, Kind.SIZE, Kind.CONSTANT, Kind.SOFTPLUS})
"""Atoms whose value is positive wherever they are defined."""

GATES = (Kind.ABOVE, Kind.BELOW)


@dataclass(frozen=True)
class Head:
    """An atom without its indices.

    label      tensor, size, or function name with its order of derivative
    arguments  polynomials in normal form with open slots (see `polynomial.freeze`), empty for names
    arity      number of indices
    """

    kind: Kind
    label: Any
    arguments: tuple[Any, ...] = ()
    arity: int = 0

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The arguments that the value depends on; others are parts of the first, kept for the relations."""
        return self.arguments if self.kind in (Kind.KINKED, Kind.POWER) else self.arguments[:1]


class Heads:
    """The table of heads in use, with free labels and sizes interned likewise."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.kinds: list[Kind] = []
        self._numbers: dict[Head, int] = {}
        self._mentions: dict[int, frozenset[int]] = {}
        self.symmetric: set[int] = set()
        self.labels: list[Any] = [None, "row", "column"]
        self._label_numbers: dict[Any, int] = {}
        self.axes: dict[int, tuple[int, ...]] = {}  # the labels that a name's value has, slot by slot
        self._depth = 0
        self.sizes: list[Any] = []
        self._size_numbers: dict[Any, int] = {}
        self.delta = self.number(Head(Kind.DELTA, "delta", (), 2), symmetric=True)

    def number(self, head: Head, symmetric: bool = False) -> int:
        """The number of a head, the same for equal heads."""
        number = self._numbers.get(head)
        if number is None:
            self._numbers[head] = number = len(self.heads)
            self.heads.append(head)
            self.kinds.append(head.kind)
        if symmetric:
            self.symmetric.add(number)
        return number

    def known(self, head: Head) -> int | None:
        """The number of a head, if it has one."""
        return self._numbers.get(head)

    def mentions(self, number: int) -> frozenset[int]:
        """The heads that occur in the arguments of an atom, at any depth."""
        known = self._mentions.get(number)
        if known is None:
            own = {h for a in self.heads[number].inputs for (factors, _), _ in a for h, _, _ in factors}
            known = self._mentions[number] = frozenset(own).union(*(self.mentions(h) for h in own))
        return known

    def __getitem__(self, number: int) -> Head:
        return self.heads[number]

    def partner(self, number: int, kind: Kind) -> int:
        """The number of another atom of the same argument: D(u) beside σ(u), [u<0] beside [u>0]."""
        head = self.heads[number]
        return self.number(Head(kind, head.label, head.arguments, head.arity), number in self.symmetric)

    def label(self, name: Any) -> int:
        """The (negative) index of a free label: a named index, or a position ("at", 2)."""
        known = self._label_numbers.get(name)
        if known is None:
            self.labels.append(name)
            known = self._label_numbers[name] = -(len(self.labels) - 1)
        return known

    @contextmanager
    def borrowed(self, count: int) -> Iterator[list[int]]:
        """Free labels that nothing else uses while the block runs; blocks nest."""
        start, self._depth = self._depth, self._depth + count
        try:
            yield [self.label(("bound", n)) for n in range(start, start + count)]
        finally:
            self._depth = start

    def label_name(self, index: int) -> Any:
        return self.labels[-index]

    def is_position(self, index: int) -> bool:
        """Whether a free index is a number, as in x_1."""
        name = self.labels[-index]
        return isinstance(name, tuple) and name[0] == "at"

    def size(self, value: Any) -> int:
        known = self._size_numbers.get(value)
        if known is None:
            known = self._size_numbers[value] = len(self.sizes)
            self.sizes.append(value)
        return known


ROW, COLUMN = -1, -2
"""The free labels of the two axes of the expression that is being lowered."""
