"""What a network may be asked from Python: names, entries, gradients' names; the same as on the command line."""

from __future__ import annotations

import pytest

from derive.differentiation.gradient import gradient
from derive.differentiation.replay import replay
from derive.errors import UsageError
from derive.expression.text import text
from derive.networks.network import Network
from derive.problems.options import network_problem

FIXED = Network("n0,n1,n2", "sigmoid")
FAMILY = Network("n0,...,nL", "f")
EXAMPLE = Network("n0,n1,n2", "sigmoid", batch="N", delta="example")


@pytest.mark.parametrize(
    ("network", "asked", "target", "result"),
    [
        (FIXED, "W2[i,j]", "W2[i,j]", "delta2[i]*a1[j]"),
        (FIXED, " W1 [ 1 , 2 ]", "W1[1,2]", "delta1[1]*x[2]"),
        (FIXED, "b1[i]", "b1[i]", "delta1[i]"),
        (FIXED, "dW1[i,j]", "W1[i,j]", "delta1[i]*x[j]"),
        (FIXED, "delta1[i]", "z1[i]", "sum(W2[k,i]*delta2[k], k)*a1[i]*(1 - a1[i])"),
        (FAMILY, "W[l][i,j]", "W[l][i,j]", "delta[l][i]*a[l-1][j]"),
        (FAMILY, "b[l][i]", "b[l][i]", "delta[l][i]"),
    ],
)
def test_an_entry_may_be_asked_for(network: Network, asked: str, target: str, result: str) -> None:
    problem = network.problem(asked)
    assert problem.question.wrt is not None
    assert text(problem.question.wrt) == target
    assert text(gradient(problem).result) == result


@pytest.mark.parametrize("asked", ["W1[i,j]", "W2[1,j]", "b1[i]", "W1[i,:]"])
def test_python_and_the_command_line_pose_the_same_question(asked: str) -> None:
    one, other = FIXED.problem(asked), network_problem(FIXED, asked)
    assert (one.question, one.scope.indices) == (other.question, other.scope.indices)


@pytest.mark.parametrize("asked", ["W1[0,1]", "W1[i,j,k]", "W1[a+b]", "W3[i,j]", "E[i]]", "W1[]["])
def test_what_is_no_entry_is_refused(asked: str) -> None:
    with pytest.raises(UsageError):
        FIXED.problem(asked)


@pytest.mark.parametrize(
    ("asked", "label", "result"),
    [
        ("delta1", "delta1", "(W2.T @ delta2)*A1*(1 - A1)"),
        ("delta2", "delta2", "(A2 - Y)*A2*(1 - A2)"),
        ("delta1[i,j]", "delta1[i,j]", "sum(W2[k,i]*delta2[k,j], k)*A1[i,j]*(1 - A1[i,j])"),
        ("Z1", None, "1/N*(W2.T @ delta2)*A1*(1 - A1)"),
        ("Z1[i,j]", None, "sum(W2[k,i]*delta2[k,j], k)*A1[i,j]*(1 - A1[i,j])/N"),
    ],
)
def test_the_delta_of_an_example_is_the_multiple_that_the_problem_names(
    asked: str, label: str | None, result: str
) -> None:
    derivation = gradient(EXAMPLE.problem(asked))
    stage = derivation.stages[-1]
    assert (None if stage.label is None else text(stage.label), text(stage.result)) == (label, result)
    assert replay(derivation).accepted
