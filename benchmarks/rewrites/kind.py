"""What a kind of rewriting is, what it may use, and the small vocabulary that the kinds share."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy

from benchmarks.problems import Case
from derive.expression.nodes import (
    Component,
    Dimension,
    Expression,
    Index,
    Position,
    Power,
    Product,
    Reduce,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR, Shape

HALF = number(Fraction(1, 2))
UNIT = number(1)
MINUS = number(-1)


@dataclass
class Context:
    """What a kind may use: the case, a source of randomness, leaves of the answer, and fresh index names."""

    case: Case
    rng: random.Random
    leaves: tuple[Tensor, ...] = ()
    used: int = 0
    avoid: frozenset[str] = field(default_factory=frozenset)

    def index(self, size: sympy.Expr) -> Index:
        """An index of a name that stands nowhere else."""
        self.used += 1
        while f"q{self.used}" in self.avoid:
            self.used += 1
        return Index(f"q{self.used}", size)

    def term(self, wanted: Shape) -> Expression:
        """Some quantity that broadcasts to a shape without changing it."""
        fitting: list[Expression] = [t for t in self.leaves if t.shape in (wanted, SCALAR)]
        fitting += [Transpose(t) for t in self.leaves if t.shape == wanted[::-1] and t.shape != wanted]
        if not fitting or self.rng.random() < 0.2:
            fitting.append(Reduce(self.rng.choice(self.leaves)))
        return self.rng.choice(fitting)

    def matrix(self) -> Tensor:
        """Some quantity that is no scalar, if there is one."""
        return self.rng.choice([t for t in self.leaves if t.shape != SCALAR] or list(self.leaves))

    def definition(self, name: Tensor) -> Expression | None:
        """What a name stands for: its definition, not across the first layer of a network of any depth."""
        if name.layer is not None and name.layer.as_coeff_Add()[0] < 0:
            return None
        return self.case.problem.definition(name)


Kind = Callable[[Expression, Context], Expression | None]
KINDS: dict[str, Kind] = {}


def kind(function: Kind) -> Kind:
    KINDS[function.__name__] = function
    return function


def minus(e: Expression) -> Expression:
    return Product((MINUS, e))


def inverse(e: Expression) -> Expression:
    return Power(e, MINUS)


def square(e: Expression) -> Expression:
    return Power(e, number(2))


def plus_zero(e: Expression, left: Expression, right: Expression) -> Expression:
    """e + left − right, where left and right are equal."""
    return Sum((e, left, minus(right)))


def is_proper(factors: Sequence[Expression]) -> bool:
    """Whether factors multiply as matrices, with no scalar passing through and no dot product of columns."""
    shapes = [shape(f) for f in factors]
    return all(a[1] == b[0] for a, b in itertools.pairwise(shapes))


def taken(e: Expression, row: Position, column: Position) -> Expression:
    """The component, with axes of size 1 left as they are."""
    rows, columns = shape(e)
    at = (None if rows == ONE else row, None if columns == ONE else column)
    return e if at == (None, None) else Component(e, *at)


def count(s: Shape, axis: int | None = None) -> Expression:
    sides = {None: [s[0], s[1]], 0: [s[0]], 1: [s[1]]}[axis]
    factors = tuple(Dimension(side) for side in sides if side != ONE)
    return UNIT if not factors else factors[0] if len(factors) == 1 else Product(factors)
