"""Random slips in right answers, from the everyday (a sign, a transpose) to the malicious (wrong by 1e-9 relative).

A mutation is a function: a part of the answer ↦ another formula of the same shape, or None where it does not apply. A
mutant counts only if `benchmarks.evaluation` finds a point where it differs for certain.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from benchmarks.balls import Undefined
from benchmarks.evaluation import Witness, free_indices
from benchmarks.problems import Case
from benchmarks.rewrites.composing import context, replaced, sites, step
from benchmarks.rewrites.kind import MINUS, UNIT, Context, inverse, minus, square
from derive.errors import DeriveError
from derive.expression.functions import apply
from derive.expression.nodes import (
    ZERO,
    Component,
    Constant,
    Dimension,
    Elementwise,
    Expression,
    Identity,
    Index,
    Number,
    Power,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
    number,
)
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.text import text

Mutation = Callable[[Expression, Context], Expression | None]
MUTATIONS: dict[str, Mutation] = {}

_PI = Constant("pi")
TINY = number(Fraction(1, 10**9))
PRIMES = (10**9 + 7, 998244353, 2**31 - 1, 2**61 - 1, 2**32 - 5, 2**64 - 59, 10**18 + 9)


def mutation(function: Mutation) -> Mutation:
    MUTATIONS[function.__name__] = function
    return function


# ---- everyday slips


@mutation
def flip_sign(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Product) and e.factors[0] == MINUS:
        return Product(e.factors[1:]) if len(e.factors) > 2 else e.factors[1]
    return minus(e)


@mutation
def drop_term(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Sum) or len(e.terms) < 2:
        return None
    k = c.rng.randrange(len(e.terms))
    rest = (*e.terms[:k], *e.terms[k + 1 :])
    return Sum(rest) if len(rest) > 1 else rest[0]


@mutation
def drop_factor(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Product) or len(e.factors) < 2:
        return None
    k = c.rng.randrange(len(e.factors))
    rest = (*e.factors[:k], *e.factors[k + 1 :])
    return Product(rest) if len(rest) > 1 else rest[0]


@mutation
def scale(e: Expression, c: Context) -> Expression | None:
    factor = c.rng.choice((number(2), number(Fraction(1, 2)), number(3), number(Fraction(99, 100))))
    return Product((factor, e))


@mutation
def change_number(e: Expression, c: Context) -> Expression | None:
    return number(e.value + c.rng.choice((1, -1, Fraction(1, 2)))) if isinstance(e, Number) else None


@mutation
def change_exponent(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Power) or not isinstance(e.exponent, Number):
        return square(e) if isinstance(e, Tensor) else None
    return Power(e.base, number(e.exponent.value + c.rng.choice((1, -1))))


@mutation
def other_name(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Tensor):
        return None
    tensors = [t for t in (*c.leaves, *c.case.problem.scope.tensors.values()) if t.layer is None or t in c.leaves]
    others: list[Expression] = [t for t in tensors if t.shape == e.shape and t != e and t.name != "E"]
    others += [Transpose(t) for t in c.leaves if t.shape == e.shape[::-1] and t.shape != e.shape]
    return c.rng.choice(others) if others else None


@mutation
def transpose(e: Expression, c: Context) -> Expression | None:
    rows, columns = shape(e)
    return Transpose(e) if rows == columns != ONE else None


@mutation
def value_for_slope(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Elementwise) or e.function.name not in (
        "sigmoid",
        "tanh",
        "relu",
        "softplus",
        "silu",
        "f",
        "g",
    ):
        return None
    return replace(e, order=e.order + (1 if e.order == 0 else c.rng.choice((1, -1))))


@mutation
def other_function(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Elementwise) or e.order or len(e.arguments) > 1:
        return None
    name = c.rng.choice(("sigmoid", "tanh", "softplus", "silu", "exp", "identity"))
    return apply(name, *e.arguments) if name != e.function.name else None


@mutation
def flip_comparison(e: Expression, c: Context) -> Expression | None:
    opposite = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
    if not isinstance(e, Elementwise) or e.function.name not in opposite:
        return None
    return apply(opposite[e.function.name], *e.arguments)


@mutation
def forget_definition(e: Expression, c: Context) -> Expression | None:
    """The argument for the value: z1 for a1 = σ(z1)."""
    value = c.definition(e) if isinstance(e, Tensor) else e
    return value.arguments[0] if isinstance(value, Elementwise) else None


# ---- sums, sizes, indices


@mutation
def drop_size(e: Expression, c: Context) -> Expression | None:
    """The 1/N forgotten: right when N = 1."""
    return UNIT if isinstance(e, Dimension) else None


@mutation
def other_size(e: Expression, c: Context) -> Expression | None:
    """n for m: right when they are equal."""
    sizes = _sizes(c)
    return Dimension(c.rng.choice(sizes)) if isinstance(e, Dimension) and sizes else None


@mutation
def sum_for_mean(e: Expression, c: Context) -> Expression | None:
    if isinstance(e, Shorthand) and e.name == "mean":
        return Reduce(e.operands[0], e.axis)
    return Shorthand("mean", (e.operand,), e.axis) if isinstance(e, Reduce) else None


@mutation
def other_index(e: Expression, c: Context) -> Expression | None:
    if not isinstance(e, Component):
        return None
    row = 1 if isinstance(e.row, Index) else e.row
    column = 1 if isinstance(e.column, Index) else e.column
    return replace(e, row=row) if c.rng.random() < 0.5 else replace(e, column=column)


# ---- right under a condition


def _sizes(c: Context) -> list[object]:
    found = {str(s): s for t in c.leaves for s in t.shape if s.is_Symbol}
    return [found[name] for name in sorted(found)]


@mutation
def right_at_size_one(e: Expression, c: Context) -> Expression | None:
    sizes = _sizes(c)
    if not sizes:
        return None
    n = Dimension(c.rng.choice(sizes))  # type: ignore[arg-type]
    return c.rng.choice((Product((n, e)), Product((inverse(n), e)), Sum((e, Sum((n, MINUS)))), Product((square(n), e))))


@mutation
def right_when_square(e: Expression, c: Context) -> Expression | None:
    sizes = _sizes(c)
    if len(sizes) < 2:
        return None
    n, m = (Dimension(s) for s in c.rng.sample(sizes, 2))  # type: ignore[arg-type]
    return c.rng.choice((Product((n, inverse(m), e)), Sum((e, n, minus(m)))))


@mutation
def right_when_positive(e: Expression, c: Context) -> Expression | None:
    return c.rng.choice((apply("abs", e), apply("relu", e), Product((e, apply("gt", e, ZERO)))))


@mutation
def right_when_entries_are_equal(e: Expression, c: Context) -> Expression | None:
    rows, columns = shape(e)
    if (rows, columns) == SCALAR:
        return None
    axis = 0 if rows != ONE else 1
    return Sum((Shorthand("mean", (e,), axis), Product((ZERO, e))))


@mutation
def wrong_in_the_tail(e: Expression, c: Context) -> Expression | None:
    """Wrong only where some |t| is large."""
    t = c.term(shape(e))
    far = number(c.rng.choice((8, 12, 16)))
    return c.rng.choice((
        Sum((e, apply("relu", Sum((apply("abs", t), minus(far)))))),
        Product((e, Sum((UNIT, apply("gt", apply("abs", t), far))))),
        Product((e, Sum((UNIT, apply("lt", t, minus(far)))))),
    ))  # fmt: skip


@mutation
def wrong_in_one_unit(e: Expression, c: Context) -> Expression | None:
    rows, columns = shape(e)
    if rows != ONE:
        unit: Expression = Component(Identity(rows), None, 1)
    elif columns != ONE:
        unit = Component(Identity(columns), 1, None)
    else:
        return None
    return c.rng.choice((Sum((e, unit)), Product((e, Sum((UNIT, minus(unit)))))))


@mutation
def wrong_between_integers(e: Expression, c: Context) -> Expression | None:
    """Right where some t is a whole number, or a small one."""
    t = c.term(shape(e))
    small = [Sum((square(t), minus(number(k * k)))) for k in (1, 2, 3)]
    wave = apply("sin", Product((_PI, t)))
    return Sum((e, c.rng.choice((Product((t, *small)), wave, Product((t, Sum((UNIT, minus(t)))))))))


# ---- hard to see


@mutation
def tiny_term(e: Expression, c: Context) -> Expression | None:
    return Sum((e, Product((TINY, c.term(shape(e))))))


@mutation
def tiny_factor(e: Expression, c: Context) -> Expression | None:
    return Product((Sum((UNIT, TINY)), e))


@mutation
def orthogonal(e: Expression, c: Context) -> Expression | None:
    """An error whose entries add up to zero, so that a sum over all entries does not see it."""
    rows, columns = shape(e)
    if (rows, columns) == SCALAR:
        return None
    t = c.term(shape(e))
    if shape(t) != shape(e):
        t = e
    return Sum((e, t, minus(Shorthand("mean", (t,), 0 if rows != ONE else 1))))


@mutation
def prime_added(e: Expression, c: Context) -> Expression | None:
    prime = number(c.rng.choice(PRIMES))
    return Sum((e, c.rng.choice((prime, Product((prime, c.term(shape(e))))))))


@mutation
def prime_factor(e: Expression, c: Context) -> Expression | None:
    return Product((number(c.rng.choice(PRIMES) + 1), e))


# ---- making them


@dataclass(frozen=True)
class Mutant:
    """A wrong answer and the slip in it; `later` is how the answer was put in other words afterwards."""

    answer: Expression
    slip: str
    later: str = ""


def mutants(case: Case, wanted: int, seed: int = 0, tally: Counter[str] | None = None) -> Iterator[Mutant]:
    """Wrong answers to a case; slips that were made least come first."""
    rng = random.Random(f"{case.name} {seed}")
    tally = Counter() if tally is None else tally
    made, seen = 0, {case.answer}
    for _ in range(60 * wanted):
        if made == wanted:
            return
        found = _mutant(case, rng, tally)
        if found is None or found.answer in seen or not is_different(case, found.answer, rng):
            continue
        seen.add(found.answer)
        tally[found.slip] += 1
        made += 1
        yield found


def _mutant(case: Case, rng: random.Random, tally: Counter[str]) -> Mutant | None:
    c = context(case, rng)
    rare = sorted(MUTATIONS, key=lambda k: tally[k] + rng.random() * (4 + tally.total() / 20))
    name = rng.choice(rare[:10])
    answer, later = case.answer, ""
    if rng.random() < 0.3:
        opened = step(answer, "definitions", c)
        answer = opened or answer
    places = list(sites(answer))
    rng.shuffle(places)
    for path, part in places:
        new = MUTATIONS[name](part, c)
        if new is None or new == part:
            continue
        try:
            if shape(new) != shape(part):
                continue
            whole = replaced(answer, path, new)
            shape(whole)
        except DeriveError:
            continue
        if rng.random() < 0.3:
            later = rng.choice(("commute", "distribute", "transposes", "ones", "components", "add_and_subtract"))
            whole = step(whole, later, c) or whole
        return Mutant(whole, name, later)
    return None


def is_different(case: Case, answer: Expression, rng: random.Random) -> bool:
    """Whether some point shows for certain that an answer is wrong."""
    indices = free_indices(case.answer, answer)
    for mode in ("ordinary", "positive", "large", "ordinary"):
        witness = Witness(case.problem, case.formulas, rng.randrange(10**6), mode)
        try:
            if len(text(answer)) < 1_500 and not witness.same(case.answer, answer, indices):
                return True
        except Undefined:
            continue
    return False
