"""Chains of derivatives: what they mean, proved equal to the direct gradient, refuted where a link is wrong."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from derive import Network
from derive.checking.check import Checker
from derive.checking.verdict import Verdict
from derive.expression.nodes import Derivative, Expression, Tensor
from derive.expression.problem import Layout, Problem, Question
from derive.notation.chain_rule import chain

CONVENTIONS = ({}, {"batch": "N"}, {"batch": "N", "layout": "row"})


def quotient(of: Expression, wrt: Expression) -> Derivative:
    return Derivative(of, wrt, "formal")


def names(problem: Problem) -> dict[str, Tensor]:
    """The names of a network, in small letters."""
    found = [*problem.scope.tensors.values(), *(d.target for d in problem.definitions)]
    return {t.name if t.name[0] in "WE" else t.name.lower(): t for t in found}


def claimed(problem: Problem, left: Expression, right: Expression) -> Verdict:
    asked = dataclasses.replace(problem, question=Question(value=left))
    return Checker(asked, explain=False).check(right)


def links(problem: Problem, path: str) -> list[Derivative]:
    """`E a2 z2 W2` as ∂E/∂a2 · ∂a2/∂z2 · ∂z2/∂W2."""
    known = [names(problem)[name] for name in path.split()]
    return [quotient(of, wrt) for of, wrt in pairwise(known)]


@pytest.mark.parametrize("layout", ["denominator", "numerator"])
@pytest.mark.parametrize("options", CONVENTIONS, ids=["column", "column batch", "row batch"])
def test_a_chain_through_every_value_is_the_gradient(options: dict[str, str], layout: str) -> None:
    problem = Network(widths="n,m,p", activations="tanh,sigmoid", loss="bce", gradient=layout, **options).problem()
    (direct,) = chain(links(problem, "E W1"), problem.layout)
    (reading,) = chain(links(problem, "E a2 z2 a1 z1 W1"), problem.layout)
    assert claimed(problem, direct, reading).verdict == "proved"
    (wrong,) = chain([*links(problem, "E z2 a1"), *links(problem, "z1 W1")], problem.layout)
    assert claimed(problem, direct, wrong).verdict == "refuted"


def test_a_chain_that_does_not_link_has_no_reading() -> None:
    problem = Network(widths="n,m,p", activations="tanh,sigmoid", loss="bce").problem()
    assert chain([*links(problem, "E z2"), *links(problem, "z1 W1")], Layout()) == ()
