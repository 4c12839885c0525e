"""The values that points are made of: pools of small rationals, matrices with structure, formulas for f."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from flint import fmpq

from derive.equality.arithmetic import ONE, ZERO
from derive.equality.matrix import Matrix
from derive.expression.function import Function
from derive.expression.functions import apply, from_formula
from derive.expression.nodes import Expression, Number, Power, Product, Sum, scalar
from derive.expression.problem import Assumptions

Pool = Callable[[random.Random], fmpq]


def _small(r: random.Random) -> fmpq:
    return fmpq(r.choice((-3, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3)))


def _rational(r: random.Random) -> fmpq:
    return fmpq(r.randint(-7, 7), r.choice((1, 2, 3, 4)))


POOLS: dict[str, Pool] = {
    "sparse": lambda r: fmpq(r.choice((0, 0, 1, 1, 2))),
    "signed": lambda r: fmpq(r.choice((-2, -1, 1, 1, 2, 3))),
    "alive": lambda r: fmpq(r.choice((1, 1, 1, 2))),
    "plain": lambda r: fmpq(r.choice((0, 1, 1, 2, 2, -1))),
    "small": _small,
    "rational": _rational,
    "positive": lambda r: fmpq(r.randint(1, 4), r.choice((1, 1, 2))),
    "negative": lambda r: -fmpq(r.randint(1, 4), r.choice((1, 1, 2))),
    "unit": lambda r: fmpq(r.randint(1, 5), 6),
    "bits": lambda r: fmpq(r.randint(0, 1)),
    "fine": lambda r: fmpq(r.randint(-60, 60), r.choice((89, 97, 101))),
    "far": lambda r: fmpq(r.choice((-1, 1)) * (7 * r.randint(6, 60) + r.randint(1, 6)), 7),
    "large": lambda r: r.choice((4, 7, 11)) * _small(r),
    "huge": lambda r: r.choice((50, 120)) * _small(r),
}
MIXED = ("small", "rational", "bits", "positive", "unit")


def around(numbers: Sequence[fmpq]) -> Pool:
    """Values about some numbers, and beyond them, and their inverses; large ones if there are none."""
    if not numbers:
        return POOLS["large"]

    def pool(r: random.Random) -> fmpq:
        c = r.choice(numbers)
        return r.choice((-1, 1)) * r.choice((c, c + 1, c - 1, 2 * c + 1, 4 * c, 1 / c, fmpq(1)))

    return pool


def structured(attempt: int, shape: tuple[int, int], r: random.Random) -> Matrix | None:
    """Values that often satisfy an equation: one-hot columns or rows, a permutation, ±1, 0/1, 3/5 and 4/5.

    None, no structure, is a choice too in the first attempts.
    """
    rows, columns = shape
    n = rows * columns
    kind = r.choice(("none", "columns", "rows", "permutation", "signs", "bits", "pythagorean"))
    if kind == "none" and attempt < 4:
        return None
    if kind == "signs":
        return Matrix(rows, columns, [fmpq(r.choice((-1, 1))) for _ in range(n)])
    if kind == "bits" or n == 1:
        return Matrix(rows, columns, [fmpq(r.choice((-1, 0, 1) if kind == "rows" else (0, 1))) for _ in range(n)])
    if kind == "pythagorean":
        chosen = dict(zip(r.sample(range(n), 2), (fmpq(3, 5), fmpq(4, 5)), strict=True))
        return Matrix(rows, columns, [chosen.get(k, ZERO) for k in range(n)])
    if kind == "rows":
        hot = {(i, r.randrange(columns)) for i in range(rows)}
    elif kind == "permutation":
        hot = set(enumerate(r.sample(range(rows), rows)))
    else:
        hot = {(r.randrange(rows), j) for j in range(columns)}
    return Matrix(rows, columns, [ONE if (i, j) in hot else ZERO for i in range(rows) for j in range(columns)])


def symmetrised(m: Matrix) -> Matrix:
    """The upper triangle, mirrored."""
    return Matrix(m.rows, m.columns, [m[min(i, j), max(i, j)] for i in range(m.rows) for j in range(m.columns)])


def is_admissible(name: str, x: fmpq, assumptions: Assumptions) -> bool:
    """Whether a value satisfies what is assumed of each entry of a name."""
    if name in assumptions.positive and x <= 0:
        return False
    if name in assumptions.nonzero and x == 0:
        return False
    if name in assumptions.integer and x.q != 1:
        return False
    if name in assumptions.binary and x not in (ZERO, ONE):
        return False
    return all(low <= x <= high for bounded, low, high in assumptions.between if bounded == name)


def admissible(name: str, x: fmpq, assumptions: Assumptions, r: random.Random) -> fmpq:
    """A value like x that satisfies what is assumed of each entry of a name."""
    if name in assumptions.binary:
        return fmpq(r.randint(0, 1)) if name not in assumptions.positive | assumptions.nonzero else ONE
    for bounded, low, high in assumptions.between:
        if bounded == name and not low <= x <= high:
            x = low + (high - low) * fmpq(r.randint(1, 7), 8)
    if name in assumptions.integer and x.q != 1:
        x = fmpq(x.floor())
    if name in assumptions.positive and x <= 0:
        x = -x if x else ONE
    if name in assumptions.nonzero and x == 0:
        x = ONE
    return x


_Z = scalar("z")


def _number(k: int, denominator: int = 1) -> Number:
    return Number(Fraction(k, denominator))


def _cubic(k: int) -> Expression:
    linear: Expression = _Z if k == 1 else Product((_number(k), _Z))
    return Sum((Power(_Z, _number(3)), linear, _number(1)))


def _exponential(k: int) -> Expression:
    grown: Expression = apply("exp", Product((_number(1, 2), _Z)))
    return Sum((grown if k == 1 else Product((_number(k), grown)), Power(_Z, _number(2))))


def _saturating(k: int) -> Expression:
    return Sum((apply("tanh", _Z), _number(k, 3)))


def _square(k: int) -> Expression:
    return Power(_Z, _number(2)) if k == 1 else Product((_number(k), Power(_Z, _number(2))))


def _chosen(names: Sequence[str], formula: Callable[[int], Expression]) -> dict[str, Function]:
    return {name: from_formula(name, "z", formula(k)) for k, name in enumerate(names, start=1)}


def smooth_functions(names: Sequence[str], choice: int) -> dict[str, Function]:
    """A formula for each unspecified function: z³ + z + 1, then exp(z/2) + z², then tanh z + 1/3, and round again.

    The third one does not grow: through thirty layers the others leave every range.
    """
    return _chosen(names, (_cubic, _exponential, _saturating)[choice % 3])


def simple_function(names: Sequence[str]) -> dict[str, Function]:
    """z² for one unspecified function, 2z² for the next."""
    return _chosen(names, _square)


def simple_functions(names: Sequence[str]) -> Iterator[dict[str, Function]]:
    """Formulas that are easier to check by hand, the easiest first."""
    if names:
        yield _chosen(names, _square)
        yield _chosen(names, _cubic)
