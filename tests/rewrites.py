"""Rewrites that keep the value of an expression, and mutations that (nearly always) change it, by kind.

Written apart from `derive.rewriting`: both act on the formula as a person would write it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

from derive.errors import ShapeError
from derive.expression.functions import apply
from derive.expression.nodes import (
    Component,
    Diag,
    Elementwise,
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
from derive.expression.shapes import shape
from derive.expression.shorthand import expand
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import children, rebuild, walk

Rewrite = Callable[[random.Random, Expression], Expression | None]

REWRITES: dict[str, Rewrite] = {}
MUTATIONS: dict[str, Rewrite] = {}


def _kind(table: dict[str, Rewrite]) -> Callable[[Rewrite], Rewrite]:
    def register(rule: Rewrite) -> Rewrite:
        table[rule.__name__.strip("_")] = rule
        return rule

    return register


rewrite, mutation = _kind(REWRITES), _kind(MUTATIONS)


def _shuffled(rng: random.Random, parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
    return tuple(rng.sample(parts, len(parts)))


@rewrite
def _terms_in_another_order(rng: random.Random, e: Expression) -> Expression | None:
    return Sum(_shuffled(rng, e.terms)) if isinstance(e, Sum) and len(e.terms) > 1 else None


@rewrite
def _factors_in_another_order(rng: random.Random, e: Expression) -> Expression | None:
    return Product(_shuffled(rng, e.factors)) if isinstance(e, Product) and len(e.factors) > 1 else None


@rewrite
def _nested_sum(rng: random.Random, e: Expression) -> Expression | None:
    return Sum((Sum(e.terms[:2]), *e.terms[2:])) if isinstance(e, Sum) and len(e.terms) > 2 else None


@rewrite
def _distributed(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, Product):
        return None
    for n, factor in enumerate(e.factors):
        if isinstance(factor, Sum):
            return Sum(tuple(Product((*e.factors[:n], term, *e.factors[n + 1 :])) for term in factor.terms))
    return None


@rewrite
def _linear_sum(rng: random.Random, e: Expression) -> Expression | None:
    if isinstance(e, Reduce) and isinstance(e.operand, Sum):
        whole = shape(e.operand)
        return Sum(
            tuple(Reduce(t if shape(t) == whole else Product((t, Ones(whole))), e.axis) for t in e.operand.terms)
        )
    return None


@rewrite
def _twice_transposed(rng: random.Random, e: Expression) -> Expression | None:
    return Transpose(Transpose(e))


@rewrite
def _transposed_product(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, MatMul) or len(e.factors) != 2:
        return None
    a, b = e.factors
    if SCALAR in (shape(a), shape(b)) or shape(a)[1] != shape(b)[0]:
        return None
    return Transpose(MatMul((Transpose(b), Transpose(a))))


@rewrite
def _product_as_index_sum(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, MatMul) or len(e.factors) != 2 or shape(e) != SCALAR:
        return None
    a, b = e.factors
    if SCALAR in (shape(a), shape(b)) or shape(a)[1] != shape(b)[0]:
        return None
    k = Index("k9", shape(a)[1])
    return IndexSum(Product((Component(a, 1, k), Component(b, k, 1))), k)


@rewrite
def _axis_by_axis(rng: random.Random, e: Expression) -> Expression | None:
    if isinstance(e, Reduce) and e.axis is None:
        return Reduce(Reduce(e.operand, rng.choice((0, 1))))
    return None


@rewrite
def _sum_by_ones(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, Reduce) or e.axis is None:
        return None
    rows, columns = shape(e.operand)
    if (rows, columns) == SCALAR or 1 in (rows, columns):
        return None
    return MatMul((Ones((ONE, rows)), e.operand)) if e.axis == 0 else MatMul(
        (e.operand, Ones((columns, ONE))))  # fmt: skip


@rewrite
def _minus_minus(rng: random.Random, e: Expression) -> Expression | None:
    return Product((number(-1), -e))


@rewrite
def _plus_and_minus(rng: random.Random, e: Expression) -> Expression | None:
    x = scalar(rng.choice(("lam", "alpha")))
    return Sum((e, x, -x))


@rewrite
def _half_of_twice(rng: random.Random, e: Expression) -> Expression | None:
    return Product((number(Fraction(1, 3)), Sum((e, e, e))))


@rewrite
def _times_identity(rng: random.Random, e: Expression) -> Expression | None:
    rows, _ = shape(e)
    return None if rows == 1 else MatMul((Identity(rows), e))


@rewrite
def _power_as_product(rng: random.Random, e: Expression) -> Expression | None:
    if isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value in (2, 3):
        return Product((e.base,) * int(e.exponent.value))
    return None


@rewrite
def _diag_as_product(rng: random.Random, e: Expression) -> Expression | None:
    if isinstance(e, Diag) and shape(e.operand)[1] == 1:
        return Product((e.operand, Identity(shape(e)[0])))
    return None


@rewrite
def _expanded(rng: random.Random, e: Expression) -> Expression | None:
    return expand(e) if isinstance(e, Shorthand) else None


@rewrite
def _delta_sum(rng: random.Random, e: Expression) -> Expression | None:
    if isinstance(e, Component) and isinstance(e.row, Index):
        k = Index("k8", e.row.size)
        return IndexSum(Product((KroneckerDelta(e.row, k), Component(e.operand, k, e.column))), k)
    return None


@rewrite
def _dummy_renamed(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, IndexSum):
        return None
    new = Index("k7", e.index.size)
    return IndexSum(renamed(e.body, e.index, new), new)


def renamed(e: Expression, old: Index, new: Index) -> Expression:
    """The expression with the free occurrences of an index renamed."""
    if isinstance(e, IndexSum) and e.index.name == old.name:
        return e
    if isinstance(e, Component):
        row, column = (new if p == old else p for p in (e.row, e.column))
        return Component(renamed(e.operand, old, new), row, column)
    if isinstance(e, KroneckerDelta):
        return KroneckerDelta(*(new if p == old else p for p in (e.row, e.column)))  # type: ignore[arg-type]
    return rebuild(e, lambda child: renamed(child, old, new))


def _function_law(name: str, law: Callable[..., Expression]) -> None:
    def rule(rng: random.Random, e: Expression) -> Expression | None:
        return law(*e.arguments) if isinstance(e, Elementwise) and e.function.name == name and not e.order else None

    REWRITES[f"law of {name}"] = rule


for _name, _law in {
    "sigmoid": lambda u: 1 / (1 + apply("exp", -u)),
    "tanh": lambda u: 2 * apply("sigmoid", 2 * u) - 1,
    "relu": lambda u: u * apply("gt", u, number(0)),
    "leaky_relu": lambda u, a: apply("where", apply("gt", u, number(0)), u, a * u),
    "elu": lambda u, a: apply("relu", u) + a * (apply("exp", u) - 1) * apply("le", u, number(0)),
    "softplus": lambda u: u + apply("log", 1 + apply("exp", -u)),
    "exp": lambda u: apply("exp", u / 2) ** 2,
    "abs": lambda u: apply("relu", u) + apply("relu", -u),
    "sign": lambda u: apply("gt", u, number(0)) - apply("lt", u, number(0)),
    "step": lambda u: 1 - apply("le", u, number(0)),
    "silu": lambda u: u * apply("sigmoid", u),
    "gelu": lambda u: u * (1 - apply("erf", -u / apply("sqrt", number(2)))) / 2,
    "maximum": lambda a, b: b + apply("relu", a - b),
    "minimum": lambda a, b: -apply("maximum", -a, -b),
    "where": lambda c, a, b: apply("ne", c, number(0)) * a + apply("eq", c, number(0)) * b,
    "gt": lambda a, b: apply("lt", b, a),
    "ge": lambda a, b: apply("gt", a, b) + apply("eq", a, b),
    "sqrt": lambda u: u ** number(Fraction(1, 2)),
    "sech": lambda u: 1 / apply("cosh", u),
    "sinh": lambda u: apply("exp", u) - apply("cosh", u),
    "cosh": lambda u: (apply("exp", 2 * u) + 1) / (2 * apply("exp", u)),
    "sin": lambda u: -apply("sin", -u),
    "cos": lambda u: apply("cos", -u),
    "erf": lambda u: -apply("erf", -u),
}.items():
    _function_law(_name, _law)


_LIKE = (
    ("sigmoid", "tanh"), ("relu", "abs"), ("relu", "softplus"), ("gt", "ge"), ("lt", "le"), ("eq", "ne"), ("gt", "lt"),
    ("sin", "cos"), ("sinh", "cosh"), ("exp", "cosh"), ("sign", "step"), ("maximum", "minimum"), ("abs", "identity"),
    ("silu", "gelu"), ("elu", "leaky_relu"), ("sech", "tanh"), ("erf", "tanh"), ("sqrt", "abs"), ("log", "softplus"),
)  # fmt: skip


@mutation
def _another_function(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, Elementwise) or e.order:
        return None
    others = [b if a == e.function.name else a for a, b in _LIKE if e.function.name in (a, b)]
    return apply(rng.choice(others), *e.arguments) if others else None


@mutation
def _sign_of_a_term(rng: random.Random, e: Expression) -> Expression | None:
    if not isinstance(e, Sum):
        return None
    n = rng.randrange(len(e.terms))
    return Sum((*e.terms[:n], -e.terms[n], *e.terms[n + 1 :]))


@mutation
def _a_factor_twice(rng: random.Random, e: Expression) -> Expression | None:
    return Product((*e.factors, rng.choice(e.factors))) if isinstance(e, Product) else None


@mutation
def _another_number(rng: random.Random, e: Expression) -> Expression | None:
    return Number(e.value + rng.choice((1, -1, Fraction(1, 2)))) if isinstance(e, Number) else None


@mutation
def _sign_of_the_argument(rng: random.Random, e: Expression) -> Expression | None:
    return Elementwise(e.function, (-e.arguments[0], *e.arguments[1:])) if isinstance(e, Elementwise) else None


@mutation
def _square_transposed(rng: random.Random, e: Expression) -> Expression | None:
    rows, columns = shape(e)
    return Transpose(e) if rows == columns != 1 else None


@mutation
def _another_name(rng: random.Random, e: Expression) -> Expression | None:
    twins = {"x": "v", "v": "x", "b1": "y", "y": "b1", "X": "G", "G": "X", "Z1": "Y", "Y": "Z1", "lam": "alpha"}
    return Tensor(twins[e.name], e.shape) if isinstance(e, Tensor) and e.name in twins else None


@mutation
def _off_by_one_power(rng: random.Random, e: Expression) -> Expression | None:
    return Power(e.base, e.exponent + 1) if isinstance(e, Power) else None


@mutation
def _absolute(rng: random.Random, e: Expression) -> Expression | None:
    return apply("abs", e)


@mutation
def _root_of_square(rng: random.Random, e: Expression) -> Expression | None:
    return apply("sqrt", e**2)


@mutation
def _log_of_square(rng: random.Random, e: Expression) -> Expression | None:
    return apply("exp", apply("log", e**2) / 2)


@mutation
def _slots_exchanged(rng: random.Random, e: Expression) -> Expression | None:
    return Component(e.operand, e.column, e.row) if isinstance(e, Component) and e.row and e.column else None


@mutation
def _delta_dropped(rng: random.Random, e: Expression) -> Expression | None:
    return number(1) if isinstance(e, KroneckerDelta) else Ones(shape(e)) if isinstance(e, Identity) else None


def changed(
    rng: random.Random, e: Expression, table: dict[str, Rewrite], kind: str | None = None
) -> tuple[str, Expression] | None:
    """One rule of the table applied at one random place where it fits; None if it fits nowhere."""
    places = list(dict.fromkeys(walk(e)))
    rng.shuffle(places)
    for place in places:
        for name in rng.sample(sorted(table), len(table)) if kind is None else (kind,):
            new = table[name](rng, place)
            if new is not None and new != place and _conforms(new, place):
                return name, _replaced(e, place, new)
    return None


def _conforms(new: Expression, old: Expression) -> bool:
    try:
        return shape(new) == shape(old)
    except ShapeError:
        return False


def _replaced(e: Expression, old: Expression, new: Expression) -> Expression:
    return new if e == old else rebuild(e, lambda child: _replaced(child, old, new))


def size_of(e: Expression) -> int:
    """How many nodes an expression has."""
    return 1 + sum(size_of(child) for child in children(e))
