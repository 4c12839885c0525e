"""Laws of the index normal form: one form for one value, however it is written and whatever the dummies are called."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from derive.equality.prove import Prover
from derive.errors import DeriveError, LimitError
from derive.expression.functions import FUNCTIONS, apply
from derive.expression.nodes import (
    Component,
    Index,
    IndexSum,
    Product,
    Reduce,
    Sum,
    Tensor,
    number,
    scalar,
)
from derive.expression.sizes import column, matrix, size
from derive.expression.text import text
from derive.rewriting.polynomial import Budget, Ring
from derive.rewriting.relations import RELATIONS
from tests.expressions import SHAPES, random_expression
from tests.lowering import PLAIN, VALUES, lowered, samples
from tests.rewrites import REWRITES, changed, renamed, size_of

_n = size("n")
_W, _x = Tensor("W", matrix("n", "n")), Tensor("x", column("n"))
_s, _t, _b = scalar("s"), scalar("t"), scalar("b")


@pytest.mark.parametrize("seed", range(4))
def test_a_formula_and_its_negative_cancel(seed: int) -> None:
    checked = 0
    for e in samples(60, seed):
        forms = lowered(e, -e, Sum((e, -e)))
        if forms is not None:
            checked += 1
            assert forms[0].keys() == forms[1].keys(), text(e)
            assert forms[2] == {}, text(e)
    assert checked > 50


@pytest.mark.parametrize("seed", range(4))
def test_order_and_brackets_do_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    for e in samples(60, 10 + seed):
        for node in (Sum, Product):
            parts = [e, scalar("alpha"), scalar("lam") + 1]
            mixed = rng.sample(parts, 3)
            forms = lowered(node(tuple(parts)), node((mixed[0], node((mixed[1], mixed[2])))))
            assert forms is None or forms[0] == forms[1], text(e)


def test_a_normal_form_is_its_own_normal_form() -> None:
    """Collecting the terms of a form once more changes nothing."""
    for e in samples(120, 30):
        prover = Prover()
        try:
            form = prover.lowered(e)
            assert prover.ring.rename(form, {-10_000: -10_001}) == form, text(e)
        except LimitError:
            continue
        except DeriveError:
            continue


def test_names_of_dummies_do_not_matter() -> None:
    rng = random.Random(5)
    for _ in range(80):
        k, p = Index("k", size(rng.choice("nm"))), Index("p", size("n"))
        inner = replace(PLAIN, indices={"k": k, "p": p})
        body = random_expression(rng, inner, depth=3, nodes=VALUES)
        twice = IndexSum(IndexSum(body, k), p)
        k2, p2 = Index("a", k.size), Index("z", p.size)
        other = IndexSum(IndexSum(renamed(renamed(body, k, k2), p, p2), p2), k2)
        forms = lowered(twice, other)
        assert forms is None or forms[0] == forms[1], text(twice)


def test_an_inner_sum_hides_an_outer_index_of_its_name() -> None:
    i, k = Index("i", _n), Index("k", _n)
    inner = IndexSum(Component(_W, i, 1), i)
    shadowed = IndexSum(Component(_x, i, 1) * inner, i)
    apart = IndexSum(Component(_x, k, 1), k) * inner
    assert Prover().equal(shadowed, apart)
    assert not Prover().equal(shadowed, IndexSum(Component(_x, i, 1) * Component(_W, i, 1), i))


@pytest.mark.parametrize("kind", sorted(REWRITES))
def test_a_rewritten_formula_has_the_same_normal_form(kind: str) -> None:
    rng, done, seed = random.Random(kind), 0, 0
    law = kind.removeprefix("law of ")
    functions = (law, "tanh", "relu", "exp") if law in FUNCTIONS else (*FUNCTIONS, "f", "g", "mish")
    while done < 6 and seed < 400:
        seed += 1
        shape = rng.choice(SHAPES)
        e = random_expression(rng, PLAIN, shape, 3, nodes=VALUES, functions=functions)
        if kind == "linear_sum":
            e = Reduce(Sum((e, random_expression(rng, PLAIN, shape, 2, nodes=VALUES))), rng.choice((None, 0, 1)))
        found = changed(rng, e, REWRITES, kind) if size_of(e) <= 30 else None
        forms = None if found is None else lowered(Sum((e, -found[1])))
        if found is not None and forms is not None:
            done += 1
            assert forms[0] == {}, f"{text(e)} and {text(found[1])}"
    assert done >= 3, "the rewrite was never tried"


def test_atoms_of_symmetric_arguments_are_symmetric() -> None:
    for function in ("sigmoid", "step", "relu", "abs", "sqrt"):
        e = apply(function, _W + _W.T)
        assert Prover().equal(e.T, e), function
    assert Prover().equal(((_W + _W.T + 1) ** -1).T, (_W + _W.T + 1) ** -1)
    assert not Prover().equal(apply("sigmoid", _W).T, apply("sigmoid", _W))


def test_an_entry_of_a_function_is_the_function_of_the_entry() -> None:
    i = Index("i", _n)
    for at in ((i, i), (1, 2), (1, i), (i, 1)):
        for name in ("sigmoid", "relu", "exp", "sqrt", "log"):
            whole = Component(apply(name, _W * _W.T + 1), *at)
            assert Prover().equal(whole, apply(name, Component(_W * _W.T + 1, *at))), (name, at)
    assert Prover().equal(Component((_W + _W.T) ** -1, i, i) * Component(_W, i, i), number("1/2"))


def test_relations_that_could_undo_each_other_end() -> None:
    """Two poles whose leading terms would, in a careless order of monomials, be rewritten into each other for ever."""
    p, q = _s * _t + _b**2, _s**2 * _t + _s * _b**2 + 1
    prover = Prover()
    before = prover.ring.budget.terms
    prover.lowered(_s * _b**2 / (p * q) + _s**2 * _t / (p * q))
    assert before - prover.ring.budget.terms < 2_000
    prover.lowered(Component((_W - _W.T + 1) ** -1 * _W, Index("i", _n), Index("i", _n)))
    assert before - prover.ring.budget.terms < 4_000


def test_a_budget_ends_a_computation() -> None:
    ring = Ring(RELATIONS, Budget(10))
    with pytest.raises(LimitError):
        ring.power(ring.add(ring.number(1), ring.size(_n)), 20)
