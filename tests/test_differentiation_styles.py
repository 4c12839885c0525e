"""Index and entries styles, Jacobians, scalar identities, levels of detail."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from derive.differentiation.derivation import Derivation
from derive.differentiation.entries_style import entries_derivation
from derive.differentiation.gradient import gradient
from derive.differentiation.identity import identity_derivation
from derive.differentiation.index_style import index_derivation
from derive.differentiation.replay import replay
from derive.differentiation.rules import RULES
from derive.errors import LimitError, Unsupported, UsageError
from derive.expression.functions import apply, function
from derive.expression.nodes import (
    Component,
    Derivative,
    Elementwise,
    Expression,
    Index,
    KroneckerDelta,
    Shorthand,
    Tensor,
    Transpose,
    number,
    scalar,
)
from derive.expression.problem import Definition, Problem, Question
from derive.expression.scope import Scope
from derive.expression.sizes import column, matrix, size
from derive.expression.text import text
from derive.expression.traverse import walk
from derive.networks.network import Network
from tests.numeric_witness import Witness

W = Tensor("W", matrix("n", "m"))
x, z, a, b, v = (Tensor(name, column(n)) for name, n in (("x", "m"), ("z", "n"), ("a", "n"), ("b", "n"), ("v", "n")))
i, j = Index("i", size("n")), Index("j", size("n"))


def layer(objective: Expression, wrt: Expression) -> Problem:
    definitions = (Definition(z, W @ x + b), Definition(a, apply("sigmoid", z)))
    scope = Scope(tensors={t.name: t for t in (W, x, z, a, b, v)})
    return Problem(definitions=definitions, scope=scope, question=Question(objective, wrt))


@pytest.mark.parametrize(
    ("of", "wrt", "result"),
    [
        (z, x, "W"),
        (a, z, "diag(a*(1 - a))"),
        (a, x, "diag(a*(1 - a)) @ W"),
        (Shorthand("softmax", (v,)), v, "diag(softmax(v)) - softmax(v) @ softmax(v).T"),
        (Transpose(x) @ Transpose(W), x, "W"),
        (x**3, x, "diag(3*x**2)"),
        (apply("exp", v) - Shorthand("logsumexp", (v,)), v, "diag(exp(v)) - ones(n, 1) @ softmax(v).T"),
        ((x @ x) * b, x, "2*(b @ x.T)"),
    ],
)
def test_jacobians(of: Expression, wrt: Tensor, result: str) -> None:
    problem = layer(of, wrt)
    derivation = gradient(problem)
    assert text(derivation.result) == result
    assert replay(derivation).accepted
    assert Witness(problem, 1).error(Derivative(of, wrt, "jacobian"), derivation.result) < 1e-6


def test_the_jacobian_of_softmax_in_index_style() -> None:
    objective = Component(Shorthand("softmax", (v,)), i, None)
    result = gradient(layer(objective, Component(v, j, None))).result
    p = Shorthand("softmax", (v,))
    expected = Component(p, j, None) * (KroneckerDelta(j, i) - Component(p, i, None))
    assert result == expected


def test_a_jacobian_of_a_matrix_is_refused() -> None:
    with pytest.raises(UsageError, match="matrix"):
        gradient(layer(W, x))


def test_index_style_uses_and_eliminates_kronecker_deltas() -> None:
    problem = Network("n0,n1,n2", "sigmoid", batch="N", l2="lam/2").problem()
    derivation = index_derivation(problem, "W1")
    found = {text(stage.label or stage.target): text(stage.result) for stage in derivation.stages}
    assert found == {
        "delta2[i,j]": "(A2[i,j] - Y[i,j])*A2[i,j]*(1 - A2[i,j])/N",
        "delta1[i,j]": "sum(delta2[k,j]*W2[k,i], k)*A1[i,j]*(1 - A1[i,j])",
        "grad(E, W1[i,j])": "sum(delta1[i,m]*X[j,m], m) + lam*W1[i,j]",
    }
    used = {step.rule for step in derivation.steps}
    assert {"kronecker", "kronecker_sum"} <= used
    assert not any(isinstance(part, KroneckerDelta) for part in walk(derivation.result))


def test_index_style_of_softmax_cross_entropy() -> None:
    derivation = index_derivation(Network("n0,n1", "softmax", "softmax-ce").problem(), "b1")
    assert text(derivation.stages[0].result) == "a1[i] - y[i]"
    assert derivation.assumptions == ("sum(y) = 1",)


def test_index_style_at_any_depth() -> None:
    derivation = index_derivation(Network("n0,...,nL", "f").problem("W[l]"), "W[l]")
    assert text(derivation.stages[1].result) == "sum(delta[l+1][k]*W[l+1][k,i], k)*f'(z[l][i])"


@pytest.mark.parametrize("style", [index_derivation, entries_derivation])
def test_styles_agree_with_finite_differences(style: Callable[[Problem, str], Derivation]) -> None:
    problem = Network("2,3,2", "tanh,softmax", "softmax-ce", l2="lam/2").problem()
    point = Witness(problem, 3)
    point.name_gradients()
    point.indices |= {"i": 2, "j": 1}
    for stage in style(problem, "W1").stages:
        for step in stage.steps:
            assert point.error(step.before, step.after) < 1e-5, (step.rule, text(step.after))


def test_entries_of_a_small_network() -> None:
    derivation = entries_derivation(Network("2,3,1", "f").problem(), "W1")
    row = "[{0}*x[1], {0}*x[2]]"
    rows = ", ".join(row.format(f"delta1[{k}]") for k in (1, 2, 3))
    assert text(derivation.result) == f"[{rows}]"


def test_entries_need_numbers() -> None:
    with pytest.raises(UsageError, match="n0"):
        entries_derivation(Network("n0,3,1", "f").problem(), "W1")
    with pytest.raises(LimitError):
        entries_derivation(Network("50,50,1", "f").problem(), "W1")


def test_the_derivative_of_sigmoid_line_by_line() -> None:
    written = [text(step.after) for step in identity_derivation("sigmoid").steps]
    assert written == [
        "partial((1 + exp(-x))**(-1), x)",
        "-partial(1 + exp(-x), x)/(1 + exp(-x))**2",
        "-partial(exp(-x), x)/(1 + exp(-x))**2",
        "-exp(-x)*partial(-x, x)/(1 + exp(-x))**2",
        "exp(-x)/(1 + exp(-x))**2",
        "(exp(-x)/(1 + exp(-x)))*(1/(1 + exp(-x)))",
        "(1/(1 + exp(-x)))*(1 - (1/(1 + exp(-x))))",
        "sigmoid(x)*(1 - sigmoid(x))",
    ]


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("tanh", "1 - tanh(x)**2"),
        ("softplus", "sigmoid(x)"),
        ("sech", "-(tanh(x)*sech(x))"),
        ("abs", "sign(x)"),
        ("gelu", "1/2*(1 + erf(x/sqrt(2))) + x*(exp(-1/2*x**2)/sqrt(2*pi))"),
    ],
)
def test_other_identities(name: str, result: str) -> None:
    assert text(identity_derivation(name).result) == result


def test_the_derivative_of_relu_states_its_convention() -> None:
    derivation = identity_derivation("relu")
    assert derivation.steps[-1].note == "relu'(0) = 0"
    assert derivation.result == apply("gt", scalar("x"), number(0))


def test_a_question_about_a_value() -> None:
    value = Elementwise(function("sigmoid"), (scalar("t"),), 1)
    assert text(gradient(Problem(question=Question(value=value))).result) == "sigmoid(t)*(1 - sigmoid(t))"


def test_functions_without_a_definition_are_refused() -> None:
    with pytest.raises(Unsupported, match="erf"):
        identity_derivation("erf")
    with pytest.raises(UsageError, match="sigmoid"):
        identity_derivation("sigmoyd")


def test_levels_of_detail_are_nested_and_end_alike() -> None:
    derivation = gradient(Network("n0,n1,n2", "sigmoid", batch="N").problem(), "W1")
    brief, normal = derivation.brief(), derivation.normal()
    assert len(brief.steps) < len(normal.steps) < len(derivation.steps)
    assert brief.result == normal.result == derivation.result
    assert [stage.result for stage in brief.stages] == [stage.result for stage in derivation.stages]
    for view in (brief, normal):
        assert all(s.after == t.before for stage in view.stages for s, t in pairwise(stage.steps))


def test_every_step_names_a_rule() -> None:
    problem = Network("2,2,1", "relu", batch=2).problem()
    for derivation in (gradient(problem, "W1"), index_derivation(problem, "W1"), entries_derivation(problem, "W1")):
        assert {step.rule for step in derivation.steps} <= set(RULES)
