"""Chains of derivatives: what they mean, proved equal to the direct gradient, refuted where a link is wrong."""

from __future__ import annotations

import dataclasses
import random
from functools import cache
from itertools import pairwise

import pytest

from derive import Network
from derive.checking.check import Checker
from derive.checking.verdicts.verdict import Verdict
from derive.expression.nodes import (
    Component,
    Derivative,
    Diag,
    Explicit,
    Expression,
    Index,
    IndexSum,
    MatMul,
    Product,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.problem import Layout, Problem, Question
from derive.expression.shapes import shape
from derive.expression.sizes import column, layer_symbol, matrix, row, size
from derive.expression.traverse import substitute_layer
from derive.notation.chain_rule import chain, entrywise, explicit_jacobian, laid_out

DENOMINATOR, NUMERATOR = Layout(), Layout(gradient="numerator")
CONVENTIONS: tuple[dict[str, str], ...] = ({}, {"batch": "N"}, {"batch": "N", "layout": "row"}, {"batch": "5"})
SMOOTH = ("sigmoid", "tanh", "softplus", "gelu", "silu", "f")
KINKED = ("relu", "leaky_relu(alpha)", "elu", "identity")

N, M, P = column("n"), column("m"), column("p")
L, A, U, X, T = scalar("L"), Tensor("a", N), Tensor("u", M), Tensor("x", P), scalar("t")
W, Z = Tensor("W", matrix("m", "p")), Tensor("Z", matrix("m", "N"))


def quotient(of: Expression, wrt: Expression) -> Derivative:
    return Derivative(of, wrt, "formal")


def names(problem: Problem) -> dict[str, Tensor]:
    """The names of a network; values in small letters, also of a batch."""
    found = [*problem.scope.tensors.values(), *(d.target for d in problem.definitions)]
    return {t.name if t.name[0] in "WE" else t.name.lower(): t for t in found}


def links(problem: Problem, path: str) -> list[Expression]:
    """`E a2 z2 W2` as ∂E/∂a2 · ∂a2/∂z2 · ∂z2/∂W2."""
    known = names(problem)
    return [quotient(known[of], known[wrt]) for of, wrt in pairwise(path.split())]


_CHECKERS: dict[tuple[int, Expression], tuple[Problem, Checker]] = {}


def claimed(problem: Problem, left: Expression, right: Expression) -> Verdict:
    """The verdict on left = right; what is derived for a left side serves all that is claimed of it."""
    if (id(problem), left) not in _CHECKERS:
        asked = dataclasses.replace(problem, question=Question(value=left))
        _CHECKERS[id(problem), left] = problem, Checker(asked, explain=False)  # no other problem gets its id
    return _CHECKERS[id(problem), left][1].check(right)


@cache
def square(convention: int) -> Problem:
    """A network of square layers in one of the conventions: whatever is linked wrongly conforms."""
    return Network(widths="n,n,n", activations="tanh,softplus", **CONVENTIONS[convention]).problem()


def verdict_on(problem: Problem, factors: list[Expression], path: str) -> str:
    """The verdict on a chain that is claimed to be the direct derivative `E W1`."""
    (direct,) = chain(links(problem, path), problem.layout)
    (reading,) = chain(factors, problem.layout)
    return claimed(problem, direct, reading).verdict


# ---- laws of networks


def random_network(draw: random.Random, activations: tuple[str, ...], layout: str) -> tuple[Problem, list[str], str]:
    """A network, the values from its end to one of its layers, and a parameter of that layer."""
    depth = draw.randint(1, 3)
    hidden = [draw.choice(activations) for _ in range(depth - 1)]
    loss, last = draw.choice(
        (("bce", "sigmoid"), ("softmax-ce", "softmax"), ("half-squared", draw.choice(activations)))
    )
    problem = Network(
        widths=",".join(draw.choice("nmpq3") for _ in range(depth + 1)),
        activations=",".join([*hidden, last]),
        loss=loss,
        gradient=layout,
        **draw.choice(CONVENTIONS),
    ).problem()
    known, layer = names(problem), draw.randint(1, depth)
    values = [name for k in range(depth, layer - 1, -1) for name in (f"a{k}", f"z{k}") if name in known]
    parameter = draw.choice([name for name in (f"W{layer}", f"b{layer}", f"a{layer - 1}") if name in known])
    return problem, values, parameter


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("seed", range(8))
def test_a_chain_through_any_values_on_the_way_is_the_gradient(seed: int, layout: str) -> None:
    draw = random.Random(seed)
    problem, values, parameter = random_network(draw, SMOOTH + KINKED, layout)
    through = [name for name in values if draw.random() < 0.7] or values[-1:]
    path = " ".join(["E", *through, parameter])
    assert verdict_on(problem, links(problem, path), f"E {parameter}") == "proved", path


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("seed", range(4))
def test_a_chain_with_another_sign_is_refuted(seed: int, layout: str) -> None:
    problem, values, parameter = random_network(random.Random(100 + seed), SMOOTH, layout)
    factors = [number(-1), *links(problem, " ".join(["E", *values, parameter]))]
    assert verdict_on(problem, factors, f"E {parameter}") == "refuted"


WRONG_LINKS = {
    "a link is missing": ["E a2", "z2 a1 z1 W1"],
    "another link is missing": ["E a2 z2", "a1 z1 W1"],
    "a link stands twice": ["E a2 z2", "a2 z2 a1 z1 W1"],
    "another value is differentiated": ["E a2", "z2 z1 W1"],
    "by another value": ["E z2", "a2 a1 z1 W1"],
    "the wrong layer": ["E z2", "z1 W1"],
    "the wrong loss": ["z2 a1", "z1 W1"],
}


@pytest.mark.parametrize("pieces", WRONG_LINKS.values(), ids=WRONG_LINKS)
@pytest.mark.parametrize("convention", range(3), ids=["column", "column batch", "row batch"])
def test_a_chain_with_a_wrong_link_is_refuted(convention: int, pieces: list[str]) -> None:
    problem = square(convention)
    readings = chain([link for piece in pieces for link in links(problem, piece)], problem.layout)
    (direct,) = chain(links(problem, "E W1"), problem.layout)
    assert all(claimed(problem, direct, reading).verdict == "refuted" for reading in readings)


def test_deltas_and_plain_factors_start_a_chain() -> None:
    for layout in ("denominator", "numerator"):
        problem = Network(widths="n,m,p", activations="f,identity", gradient=layout).problem()
        known = names(problem)
        for path, factors in (
            ("E W1", [known["delta1"], *links(problem, "z1 W1")]),
            ("E W1", [known["delta2"], *links(problem, "z2 a1 z1 W1")]),
            ("E W2", [number(-1), known["y"] - known["a2"], *links(problem, "a2 W2")]),
            ("E x", [Transpose(known["delta2"]), known["W2"], *links(problem, "a1 x")]),
        ):
            (direct,) = chain(links(problem, path), problem.layout)
            assert any(claimed(problem, direct, e).verdict == "proved" for e in chain(factors, problem.layout)), path
            wrong = chain([number(2), *factors], problem.layout)
            assert not any(claimed(problem, direct, e).verdict == "proved" for e in wrong), path


FAMILIES: tuple[dict[str, str], ...] = ({}, {"batch": "N"}, {"batch": "N", "layout": "row"})


@pytest.mark.parametrize("options", FAMILIES, ids=["column", "column batch", "row batch"])
def test_chains_between_layers_of_any_network(options: dict[str, str]) -> None:
    problem = Network(widths="n0,...,nL", activations="f", **options).problem()
    known = names(problem)
    here = {name: known[name] for name in ("z", "a", "W", "delta")}
    above = {name: moved(t, layer_symbol("l") + 1) for name, t in here.items()}
    e, z, zz = known["E"], here["z"], above["z"]
    right: list[tuple[Expression, list[Expression]]] = [
        (Derivative(e, z), [quotient(e, zz), quotient(zz, z)]),
        (here["delta"], [above["delta"], quotient(zz, here["a"]), quotient(here["a"], z)]),
        (Derivative(e, here["W"]), [here["delta"], quotient(z, here["W"])]),
    ]
    for left, factors in right:
        (reading,) = chain(factors)
        assert claimed(problem, left, reading).verdict == "proved"
        (wrong,) = chain([number(3), *factors])
        assert claimed(problem, left, wrong).verdict == "refuted"


def moved(t: Tensor, layer: Expression) -> Tensor:
    found = substitute_layer(t, {t.layer: layer})
    assert isinstance(found, Tensor)
    return found


def test_the_last_layer_of_any_network() -> None:
    problem = Network(widths="n0,...,nL", activations="f").problem()
    a, z, delta = (moved(names(problem)[name], layer_symbol("L")) for name in ("a", "z", "delta"))
    (reading,) = chain([quotient(names(problem)["E"], a), quotient(a, z)])
    assert claimed(problem, delta, reading).verdict == "proved"


# ---- which readings there are


def forms(factors: list[Expression], layout: Layout = DENOMINATOR) -> list[tuple[object, object]]:
    return [shape(e) for e in chain(factors, layout)]


def test_a_gradient_is_laid_out_as_declared() -> None:
    assert laid_out(quotient(L, X)) == (Derivative(L, X),)
    assert laid_out(quotient(L, X), NUMERATOR) == (Transpose(Derivative(L, X)),)
    assert laid_out(quotient(L, T), NUMERATOR) == (Derivative(L, T),)
    for layout in (DENOMINATOR, NUMERATOR):
        assert laid_out(Derivative(L, X), layout) == (Derivative(L, X),)
        assert laid_out(quotient(L, Transpose(X)), layout) == (Transpose(Derivative(L, X)),)


def test_a_jacobian_is_laid_out_as_declared() -> None:
    m, n = size("m"), size("n")
    assert forms([quotient(U, A)], NUMERATOR) == [(m, n)]
    assert forms([quotient(U, A)]) == [(m, n), (n, m)]
    assert forms([quotient(U, Transpose(A))]) == forms([Derivative(U, A, "jacobian")]) == [(m, n)]
    assert forms([quotient(Transpose(U), A)]) == [(n, m)]
    assert forms([quotient(U, A), quotient(A, X)], NUMERATOR) == [(m, size("p"))]
    assert forms([quotient(U, T)], NUMERATOR) == [column("m")]
    assert forms([quotient(U, T)]) == [column("m"), row("m")]
    assert forms([quotient(Z, T)]) == [matrix("m", "N")]
    assert forms([quotient(U, W)]) == forms([quotient(Z, X)]) == forms([quotient(U, W)], NUMERATOR) == []


def test_a_contraction_is_laid_out_like_its_variable() -> None:
    for factors, sides in (
        ([quotient(L, U), quotient(U, X)], column("p")),
        ([quotient(L, U), quotient(U, W)], matrix("m", "p")),
        ([quotient(L, Z), quotient(Z, W)], matrix("m", "p")),
        ([quotient(L, Z), quotient(Z, T), quotient(T, W)], matrix("m", "p")),
        ([U, quotient(U, W)], matrix("m", "p")),
        ([Z, quotient(Z, X)], column("p")),
        ([T, quotient(L, U), number(2), quotient(U, X), T], column("p")),
    ):
        assert forms(factors) == [sides]
        assert forms(factors, NUMERATOR) == [sides[::-1]]


def test_what_does_not_link_has_no_reading() -> None:
    for factors in (
        [quotient(L, A), quotient(U, X)],
        [quotient(L, X), quotient(U, X)],
        [X, quotient(U, X)],
        [quotient(U, A), quotient(X, T)],
        [quotient(Z, X), quotient(L, U)],
        [quotient(U, W), X],
    ):
        assert forms(factors) == []
        assert forms(factors, NUMERATOR) == []


def test_the_denominator_layout_also_reads_from_right_to_left() -> None:
    assert chain([quotient(U, X), quotient(L, U)]) == chain([quotient(L, U), quotient(U, X)])
    assert chain([quotient(U, X), quotient(L, U)], NUMERATOR) == ()


def test_a_row_before_a_jacobian_may_be_a_product_of_matrices() -> None:
    delta = Tensor("delta", row("m"))
    assert forms([delta, quotient(U, X)]) == [column("p"), row("p")]
    assert forms([delta, quotient(U, X)], NUMERATOR) == [row("p")]


def test_a_plain_square_matrix_has_two_readings_in_numerator_layout() -> None:
    square, g = Tensor("S", matrix("n", "n")), Tensor("G", matrix("n", "n"))
    assert len(chain([g, quotient(square, X)], NUMERATOR)) == 2
    assert (
        len(chain([g, quotient(square, X)])) == len(chain([quotient(L, square), quotient(square, X)], NUMERATOR)) == 1
    )


def test_plain_factors_of_one_shape_may_stand_for_an_elementwise_product() -> None:
    factors = [U, Tensor("v", M), quotient(U, X)]
    assert chain(factors) == ()
    assert forms(factors, DENOMINATOR) == []
    assert [shape(e) for e in chain(factors, elementwise=True)] == [column("p")]


def test_chains_of_scalars_are_plain_products() -> None:
    entry = Component(U, Index("i", size("m")), None)
    factors = [quotient(L, entry), quotient(entry, T)]
    assert chain(factors) == chain(factors, NUMERATOR) == (Product((Derivative(L, entry), Derivative(entry, T))),)


def test_a_sum_never_runs_over_a_name_that_is_in_use() -> None:
    taken = Component(W, Index("k1", size("m")), Index("k2", size("p")))
    (reading,) = chain([quotient(L, U), quotient(U, taken)])
    assert isinstance(reading, IndexSum)
    assert reading.index.name not in ("k1", "k2")
    (other,) = chain([quotient(L, Tensor("k1", M)), quotient(Tensor("k1", M), X)])
    assert isinstance(other, IndexSum)
    assert other.index.name != "k1"


def test_quotients_beside_an_elementwise_sign() -> None:
    problem = Network(widths="n,m", activations="tanh").problem()
    known = names(problem)
    diagonal = entrywise(quotient(known["a1"], known["z1"]))
    assert diagonal is not None
    right = Product((Derivative(known["E"], known["a1"]), diagonal))
    assert claimed(problem, Derivative(known["E"], known["z1"]), right).verdict == "proved"
    turned = entrywise(quotient(known["a1"], known["z1"]), NUMERATOR)
    assert turned is not None
    assert shape(turned) == row("m")
    assert entrywise(quotient(A, U)) is None
    assert entrywise(quotient(L, T)) == Derivative(L, T)


def test_a_jacobian_of_written_out_vectors() -> None:
    problem = Network(widths="2,3", activations="tanh").problem()
    a, z = names(problem)["a1"], names(problem)["z1"]
    entries = [Explicit((tuple(Component(v, k, None) for k in (1, 2, 3)),)) for v in (a, z)]
    written = explicit_jacobian(entries[0], Transpose(entries[1]))
    assert claimed(problem, Derivative(a, z, "jacobian"), written).verdict == "proved"
    assert claimed(problem, Derivative(a, z, "jacobian"), MatMul((written, written))).verdict == "refuted"
    function = Derivative(a, z, "jacobian")
    assert claimed(problem, function, Diag(Tensor("a1", column(3)))).verdict == "refuted"
