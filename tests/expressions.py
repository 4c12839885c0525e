"""Seeded random well-shaped expressions over every node class, for tests that state laws of all expressions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from derive.expression.function import Function
from derive.expression.functions import FUNCTIONS, apply, from_formula, unspecified
from derive.expression.nodes import (
    NODES,
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.scope import Scope
from derive.expression.sizes import ONE, SCALAR, Shape, Size, column, layer_size, layer_symbol, matrix, row, size
from derive.expression.traverse import tensors

_L = layer_symbol("l")
_TENSORS = (
    *(scalar(name) for name in ("lam", "alpha", "s", "E")),
    *(Tensor(name, column("n")) for name in ("x", "v")),
    *(Tensor(name, column("m")) for name in ("b1", "y", "delta1")),
    Tensor("r", row("n")),
    Tensor("q", row("N")),
    Tensor("W1", matrix("m", "n")),
    Tensor("S", matrix("n", "n")),
    *(Tensor(name, matrix("n", "N")) for name in ("X", "G")),
    *(Tensor(name, matrix("m", "N")) for name in ("Z1", "Y")),
    Tensor("M", matrix(2, 3)),
    Tensor("w2", column(2)),
    Tensor("H", (layer_size("d", _L), size("N")), _L),
    Tensor("K", (layer_size("d", _L), layer_size("d", _L - 1)), _L),
)

SCOPE = Scope(
    tensors={t.name: t for t in _TENSORS},
    sizes={name: size(name) for name in ("n", "m", "N")},
    indices={name: Index(name, size(over)) for name, over in (("i", "n"), ("i1", "n"), ("j", "m"))},
    functions={
        "f": unspecified("f"),
        "g": unspecified("g"),
        "mish": from_formula("mish", "z", scalar("z") * apply("tanh", apply("softplus", scalar("z")))),
    },
    aliases={"yhat": Tensor("Z1", matrix("m", "N")), "A1": Tensor("Z1", matrix("m", "N"))},
    layers={"l": _L, "L": layer_symbol("L")},
)
"""Scalars, columns, rows, matrices, concrete 2×3, families H[l] and K[l]; indices; functions f, g, mish."""

SIZES: tuple[Size, ...] = (size("n"), size("m"), size("N"), size(2), size(3))
SHAPES: tuple[Shape, ...] = (SCALAR, column("n"), column("m"), row("N"), matrix("m", "n"), matrix("n", "N"),
                             matrix("m", "N"), matrix("n", "n"), matrix(2, 3))  # fmt: skip

_COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")


@dataclass(frozen=True)
class Chooser:
    """What to choose from: a source of randomness, the scope, indices in reach, node classes, functions."""

    rng: random.Random
    scope: Scope
    indices: tuple[Index, ...]
    nodes: frozenset[type[Expression]]
    functions: tuple[str, ...]
    odd: bool

    def make(self, shape: Shape, depth: int) -> Expression:
        """An expression of a shape, at most `depth` nodes high (a little more where a shape has few leaves)."""
        if depth <= 1 or self.rng.random() < 0.1:
            return self.leaf(shape)
        makers = [maker for cls, maker in _MAKERS if cls in self.nodes]
        for _ in range(12):
            made = self.rng.choice(makers)(self, shape, depth - 1)
            if made is not None:
                return made
        return self.leaf(shape)

    def divisor(self, shape: Shape, depth: int) -> Expression:
        """An expression that is not a zero written in digits: that is refused when it is read."""
        made = self.make(shape, depth)
        return made if tensors(made) or made == number(2) else scalar("alpha") + made

    def leaf(self, shape: Shape) -> Expression:
        found: list[Expression] = []
        for t in self.scope.tensors.values():
            if t.layer is None:
                found += [t] * 2 if t.shape == shape else []
                flipped = (t.shape[1], t.shape[0])
                found += [Transpose(t)] if flipped == shape != t.shape and Transpose in self.nodes else []
        if shape == SCALAR:
            found += [n for n in self._scalars() if type(n) in self.nodes]
        if shape[0] == shape[1] != ONE and Identity in self.nodes:
            found.append(Identity(shape[0]))
        return self.rng.choice(found) if found else Ones(shape)

    def _scalars(self) -> list[Expression]:
        rng = self.rng
        values = (0, 1, 2, -1, -2, 3, Fraction(1, 2), Fraction(-1, 2), Fraction(3, 10), Fraction(7))
        symbols = [s for s in SIZES if not s.is_Integer]
        found: list[Expression] = [number(rng.choice(values)), Constant("pi"), Dimension(rng.choice(symbols))]
        if self.odd:
            found.append(Dimension(rng.choice(symbols) * rng.choice(SIZES) + rng.choice((0, 1))))
        if self.indices:
            one = rng.choice(self.indices)
            others = [i for i in self.indices if i.size == one.size]
            found.append(KroneckerDelta(one, rng.choice([*others, 1])))
        return found

    def size(self) -> Size:
        return self.rng.choice(SIZES)

    def position(self, along: Size) -> Index | int:
        fitting = [i for i in self.indices if i.size == along]
        return self.rng.choice(fitting) if fitting and self.rng.random() < 0.8 else self.rng.choice((1, 2))

    def narrowed(self, shape: Shape) -> Shape:
        """The shape itself, or one that broadcasts to it."""
        rows, columns = shape
        return self.rng.choice([shape, shape, (rows, ONE), (ONE, columns), SCALAR])


def _sum(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    return Sum(_broadcast(c, shape, depth))


def _product(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    factors = _broadcast(c, shape, depth)
    if c.rng.random() < 0.3:
        factors = (Number(c.rng.choice((Fraction(-1), Fraction(-2), Fraction(1, 2)))), *factors)
    if c.rng.random() < 0.3:
        factors = (*factors, Power(c.divisor(SCALAR, depth - 1), Number(Fraction(-1))))
    return Product(factors)


def _broadcast(c: Chooser, shape: Shape, depth: int) -> tuple[Expression, ...]:
    count = c.rng.choice((1, 2, 2, 3)) if c.odd else c.rng.choice((2, 2, 3))
    parts = [c.make(shape, depth), *(c.make(c.narrowed(shape), depth) for _ in range(count - 1))]
    c.rng.shuffle(parts)
    return tuple(parts)


def _power(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    small = Number(c.rng.choice((Fraction(2), Fraction(3), Fraction(-1), Fraction(1, 2), Fraction(-2))))
    base = c.divisor if small.value < 0 else c.make
    return Power(base(shape, depth), small if c.rng.random() < 0.8 else c.make(SCALAR, depth))


def _matmul(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    inner = c.size()
    # Two columns would be a dot product: what is wanted is (a, k) @ (k, b).
    factors = [c.make((shape[0], inner), depth), c.make((inner, shape[1]), depth)]
    if c.rng.random() < 0.3:
        factors.insert(0, c.make(SCALAR, depth))
    if shape == SCALAR and c.rng.random() < 0.3:
        factors = [c.make((inner, ONE), depth), c.make((inner, ONE), depth)]
    return MatMul(tuple(factors))


def _transpose(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    return Transpose(c.make((shape[1], shape[0]), depth))


def _elementwise(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    name = c.rng.choice(c.functions)
    known: Function = c.scope.functions.get(name) or FUNCTIONS[name]
    arguments = (c.make(shape, depth), *(c.make(c.narrowed(shape), depth - 1) for _ in known.parameters[1:]))
    if known.defaults and c.rng.random() < 0.5:
        arguments = (*arguments[: -len(known.defaults)], *map(Number, known.defaults))
    smooth = known.kind == "unspecified" or (c.odd and name not in _COMPARISONS)
    return Elementwise(known, arguments, c.rng.choice((0, 0, 1, 2)) if smooth else 0)


def _reduce(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    if shape == SCALAR:
        return Reduce(c.make((c.size(), c.size()), depth))
    if shape[0] == ONE:
        return Reduce(c.make((c.size(), shape[1]), depth), 0)
    return Reduce(c.make((shape[0], c.size()), depth), 1) if shape[1] == ONE else None


def _component(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    rows, columns = (c.size() if side == ONE else side for side in shape)
    if shape[0] != ONE and shape[1] != ONE:
        return None
    operand = c.make((rows, columns), depth)
    row_at = c.position(rows) if shape[0] == ONE else None
    column_at = c.position(columns) if shape[1] == ONE else None
    return Component(operand, row_at, column_at)


def _index_sum(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    index = Index(c.rng.choice(("k", "p", "i", "k2")), c.size())
    inner = replace(c, indices=(*(i for i in c.indices if i.name != index.name), index, index))
    return IndexSum(inner.make(shape, depth), index)


def _diag(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    if shape[0] != shape[1] or shape == SCALAR:
        return None
    return Diag(c.make(c.rng.choice(((shape[0], ONE), (ONE, shape[0]))), depth))


def _explicit(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    if not all(side.is_Integer for side in shape):
        return None
    rows, columns = (int(side) for side in shape)
    return Explicit(tuple(tuple(c.make(SCALAR, depth - 1) for _ in range(columns)) for _ in range(rows)))


def _derivative(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    targets = [t for t in c.scope.tensors.values() if t.layer is None and t.shape == shape]
    if targets and c.rng.random() < 0.6:
        form = c.rng.choice(("gradient", "partial", "formal"))
        return Derivative(c.make(SCALAR, depth), c.rng.choice(targets), form)
    vectors = [t for t in c.scope.tensors.values() if t.shape == (shape[1], ONE)]
    return Derivative(c.make((shape[0], ONE), depth), c.rng.choice(vectors), "jacobian") if vectors else None


def _shorthand(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    if shape != SCALAR:
        if c.rng.random() < 0.5 and shape[0] != ONE:
            return Shorthand("outer", (c.make((shape[0], ONE), depth), c.make((shape[1], ONE), depth)))
        return Shorthand("softmax", (c.make(shape, depth),), c.rng.choice((None, 0, 1)))
    n, m = c.size(), c.size()
    name = c.rng.choice(("norm", "mean", "logsumexp", "trace", "inner", "dot"))
    if name == "trace":
        return Shorthand(name, (c.make((n, n), depth),))
    if name in ("inner", "dot"):
        both = (n, m) if name == "inner" else (n, ONE)
        return Shorthand(name, (c.make(both, depth), c.make(both, depth)))
    return Shorthand(name, (c.make((n, m), depth),))


def _family(c: Chooser, shape: Shape, depth: int) -> Expression | None:
    """A member of a family under a reduction: its sizes are d(l), which nothing else here has."""
    families = [t for t in c.scope.tensors.values() if t.layer is not None]
    if shape != SCALAR or not families:
        return None
    family = c.rng.choice(families)
    layer = c.rng.choice((_L, _L + 1, _L - 1, layer_symbol("L"), sympy.Integer(2)))
    rows, columns = (side.xreplace({_L: layer}) for side in family.shape)
    return Reduce(Tensor(family.name, (rows, columns), layer))


_MAKERS: Sequence[tuple[type[Expression], Callable[[Chooser, Shape, int], Expression | None]]] = (
    (Sum, _sum),
    (Sum, _sum),
    (Product, _product),
    (Product, _product),
    (Power, _power),
    (MatMul, _matmul),
    (MatMul, _matmul),
    (Transpose, _transpose),
    (Elementwise, _elementwise),
    (Reduce, _reduce),
    (Component, _component),
    (IndexSum, _index_sum),
    (Diag, _diag),
    (Explicit, _explicit),
    (Derivative, _derivative),
    (Shorthand, _shorthand),
    (Tensor, _family),
)


def random_expression(
    rng: random.Random,
    scope: Scope = SCOPE,
    shape: Shape = SCALAR,
    depth: int = 4,
    *,
    nodes: Sequence[type[Expression]] = NODES,
    functions: Sequence[str] = (*FUNCTIONS, "f", "g", "mish"),
    odd: bool = False,
) -> Expression:
    """A well-shaped expression in the names of `scope`, which must be SCOPE or have tensors for what is wanted.

    nodes      classes that may occur (tensors and ones always may)
    functions  names of elementwise functions that may occur, declared or known
    odd        also nodes that only programs build: sums of one term, sizes such as n·m + 1, derivatives of ReLU
    """
    return Chooser(rng, scope, tuple(scope.indices.values()), frozenset(nodes), tuple(functions), odd).make(
        shape, depth
    )
