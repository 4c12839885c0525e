"""Laws of MathML: a formula says in it what it says in LaTeX, in elements that every browser knows."""

from __future__ import annotations

import random
from html import unescape
from itertools import chain
from typing import Any

import pytest

from derive.expression.functions import COMPARISONS, FUNCTIONS
from derive.expression.nodes import Elementwise, Expression, Product, Shorthand, Sum, Tensor, number, scalar
from derive.expression.shorthand import NOTATIONS
from derive.expression.sizes import column, matrix
from derive.expression.text import text
from derive.writing.latex import latex
from derive.writing.mathml import mathml, mathml_writer
from derive.writing.mathml_parts import broken
from tests.expressions import SHAPES, random_expression
from tests.mathml_reading import as_latex, tokens

x, y, A = Tensor("x", column("n")), Tensor("y", column("n")), Tensor("A", matrix("n", "n"))
c, d = scalar("c"), scalar("d")


def says_the_same(e: Expression, *, shapes: bool = False) -> None:
    assert as_latex(mathml(e, shapes=shapes)) == tokens(latex(e, shapes=shapes))


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_a_formula_is_that_of_latex_element_by_command(depth: int) -> None:
    rng = random.Random(depth)
    for _ in range(40):
        e = random_expression(rng, shape=rng.choice(SHAPES), depth=depth, odd=rng.random() < 0.5)
        says_the_same(e)
        says_the_same(e, shapes=True)


@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_every_function_is_set_as_in_latex(order: int) -> None:
    for row in FUNCTIONS.values():
        if (order and row.name in COMPARISONS.values()) or (order > 2 and row.defaults):
            continue  # an indicator has no derivative; a parameter below and an order above may come in any order
        says_the_same(Elementwise(row, (x, c, d)[: len(row.parameters)], order))


def test_every_notation_is_set_as_in_latex() -> None:
    for name, row in NOTATIONS.items():
        axes: tuple[Any, ...] = (None, 0, 1) if row.takes_axis else (None,)
        for axis in axes:
            says_the_same(Shorthand(name, (x, y) if row.arity == 2 else (A,), axis))


def test_names_are_set_as_in_latex() -> None:
    for name in ("W", "W12", "lam", "yhat", "xbar_2", "W_out", "loss", "delta3", "z_a"):
        says_the_same(scalar(name) ** 2)


def test_what_is_said_in_its_place_is_what_derive_reads() -> None:
    rng = random.Random(5)
    for _ in range(30):
        e = random_expression(rng)
        said = mathml(e).partition('alttext="')[2].partition('"')[0]
        assert unescape(said) == text(e)


def test_the_pieces_of_a_long_formula_are_whole_elements_and_all_of_it() -> None:
    rng = random.Random(7)
    for _ in range(25):
        inner = Sum(tuple(random_expression(rng, shape=column("n"), depth=2) for _ in range(3)))
        e = Sum((Product((number(2), x, inner)), A @ inner, inner))
        for fine in (frozenset(), frozenset([0]), frozenset([1])):
            pieces = [as_latex(f"<math>{piece}</math>") for piece in mathml_writer().pieces(e, fine)]
            assert list(chain(*pieces)) == tokens(latex(e))


def test_a_run_is_cut_up_between_terms_and_nothing_is_lost() -> None:
    rng = random.Random(8)
    cut = 0
    for _ in range(50):
        e = random_expression(rng, depth=4)
        pieces = broken(mathml_writer().text(e))
        assert list(chain(*(as_latex(f"<math>{piece}</math>") for piece in pieces))) == tokens(latex(e))
        cut += len(pieces) > 1
    assert cut > 5


def test_letters_of_markup_are_letters() -> None:
    written = mathml(scalar("<b>&\"'"))
    assert "<b>" not in written
    assert "&lt;b&gt;&amp;" in written
