"""Random problems over every node: working out ends because weights fall, and the result is the gradient.

Witnesses: central differences, which share nothing with the engine, and the prover, which differentiates in index form.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from derive.differentiation import working
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient, gradient_definitions
from derive.differentiation.measure import nodes, weight
from derive.differentiation.replay import replay
from derive.differentiation.rule import Context, Redex, Rule
from derive.equality.prove import Prover
from derive.errors import LimitError
from derive.expression.nodes import (
    NODES,
    UNIT,
    ZERO,
    Component,
    Derivative,
    Elementwise,
    Expression,
    Index,
    IndexSum,
    Product,
    Reduce,
    Shorthand,
    Sum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Definition, Problem, Question
from derive.expression.sizes import column, size
from derive.expression.text import text
from derive.expression.traverse import children, tensors, walk
from derive.problems import loads
from tests.expressions import SCOPE, random_expression
from tests.numeric_witness import Witness

SOME = tuple(node for node in NODES if node is not Derivative)
NAMES = {name: t for name, t in SCOPE.tensors.items() if t.layer is None and name != "E"}


def random_problem(seed: int) -> tuple[Problem, Tensor] | None:
    """An objective with up to two definitions on the way to it, and a name to differentiate by; None if it has none."""
    draw = random.Random(seed)
    defined = draw.sample(["v", "s", "Z1", "X", "b1", "q", "M"], draw.choice((0, 1, 1, 2)))
    definitions = []
    for position, name in enumerate(defined):
        known = replace(SCOPE, tensors={n: t for n, t in NAMES.items() if n not in defined[position:]})
        value = random_expression(draw, known, NAMES[name].shape, draw.choice((2, 3)), nodes=SOME)
        definitions.append(Definition(NAMES[name], value))
    scope = replace(SCOPE, tensors=NAMES)
    objective = random_expression(draw, scope, depth=draw.choice((3, 4, 5)), nodes=SOME)
    if defined:
        last = NAMES[defined[-1]]
        weights = random_expression(draw, scope, last.shape, 2, nodes=SOME)
        objective = Sum((objective, Reduce(Product((last, weights)))))
    problem = Problem(scope=scope, definitions=tuple(definitions), question=Question(objective=objective))
    names = set(tensors(objective)).union(*(tensors(d.value) for d in definitions))
    return (problem, draw.choice(sorted(names, key=lambda t: t.name))) if names else None


def solved(seed: int) -> tuple[Problem, Tensor, Derivation] | None:
    found = random_problem(seed)
    return None if found is None else (*found, gradient(*found))


def error(problem: Problem, wrt: Tensor, derivation: Derivation, seed: int) -> float | None:
    """How far the result is from central differences; None if it cannot be told at this point."""
    point = Witness(problem, seed)
    point.indices.update(i=2, i1=1, j=1)
    with np.errstate(all="ignore"):
        for name, value in gradient_definitions(derivation):
            point.values[name] = point.value(value)
        expected = point.value(Derivative(problem.question.objective or ZERO, wrt))
        found = point.value(derivation.result)
    if derivation.result == ZERO:
        found = np.zeros_like(expected)
    assert expected.shape == found.shape
    if not (np.isfinite(expected).all() and np.isfinite(found).all()) or np.abs(expected).max() > 1e6:
        return None
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("first", range(0, 150, 30))
def test_results_agree_with_differences(first: int) -> None:
    for seed in range(first, first + 30):
        case = solved(seed)
        if case is not None:
            # A point may lie at a kink or close to a pole: one of three must agree.
            errors: list[float] = []
            for k in range(3):
                found = error(*case, seed + k)
                errors += [] if found is None else [found]
                if errors and errors[-1] < 1e-4:
                    break
            assert not errors or errors[-1] < 1e-4, (seed, text(case[2].result))


@pytest.mark.parametrize("first", range(700, 760, 10))
def test_results_are_proved(first: int) -> None:
    for seed in range(first, first + 10):
        case = solved(seed)
        if case is not None:
            problem, wrt, derivation = case
            target = Derivative(problem.question.objective or ZERO, wrt)
            prover = Prover(problem, dict(gradient_definitions(derivation)))
            assert prover.equal(derivation.result, target) is not None, (seed, text(derivation.result))


@pytest.mark.parametrize("first", range(130, 170, 10))
def test_every_line_is_proved(first: int) -> None:
    for seed in range(first, first + 10):
        case = solved(seed)
        if case is not None:
            failures = replay(case[2]).failures
            assert not failures, (seed, [(f.step.rule, text(f.step.after), f.reason) for f in failures])


def test_a_node_weighs_more_than_its_parts_and_its_laws() -> None:
    for seed in range(40):
        for e in walk(random_expression(random.Random(seed), depth=4, nodes=SOME, odd=True)):
            assert all(weight(child) < weight(e) for child in children(e))
            assert weight(e) > sum(weight(child) for child in children(e) if child != UNIT)
            assert nodes(e) == sum(1 for _ in walk(e))
            if isinstance(e, Elementwise) and e.order == 1 and e.function.derivative is not None:
                assert weight(e.function.derivative(*e.arguments)) < weight(e)


def looping(of: Expression) -> Rule:
    """A rule that leaves the same derivative, twice as often."""

    def twice(redex: Redex, context: Context) -> Expression:
        again = Derivative(Reduce(redex.of), redex.wrt, "partial")
        return Sum((again, again))

    return Rule("twice", "no law", "x = x + x", "", (type(of),), twice, "derivative")


def test_a_rule_that_would_go_on_for_ever_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Tensor("x", column("n"))
    of = Elementwise(SCOPE.functions["f"], (x,))
    rule = looping(of)
    monkeypatch.setattr(working, "rules_for", lambda e: [rule])
    with pytest.raises(LimitError, match="twice") as caught:
        gradient(Problem(question=Question(objective=Reduce(of))), x)
    assert caught.value.code == "E-BUDGET"


def test_a_line_that_grows_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Tensor("x", column("n"))
    monkeypatch.setattr(working, "NODES", 30)
    with pytest.raises(LimitError, match="product_rule"):
        gradient(Problem(question=Question(objective=Reduce(Product((x,) * 12)))), x)
    monkeypatch.undo()
    monkeypatch.setattr(working, "STEPS", 2)
    with pytest.raises(LimitError) as caught:
        gradient(Problem(question=Question(objective=Shorthand("norm", (x * x,)))), x)
    assert caught.value.code == "E-BUDGET"


LAYER_NORM = """
[shapes]
x = ["n"]
g = ["n"]
[define]
mu = "mean(x)"
s = "sqrt(mean((x - mu)**2))"
h = "(x - mu)/s"
[question]
objective = "sum(g*h)"
wrt = "x"
"""

BATCH_NORM = """
[shapes]
X = ["n", "N"]
G = ["n", "N"]
[define]
M = "mean(X, axis=0)"
S = "sqrt(mean((X - M)**2, axis=0))"
H = "(X - M)/S"
[question]
objective = "sum(G*H)"
wrt = "X"
"""

TEMPERATURE = """
[shapes]
z = ["n"]
y = ["n"]
T = []
[assume]
equations = ["sum(y) = 1"]
[question]
objective = "-sum(y*log(softmax(z/T)))"
wrt = "T"
"""


@pytest.mark.parametrize(
    ("problem", "result"),
    [
        (LAYER_NORM, "1/s*(ds/n*(x - mu) + g - sum(g)/n)"),
        (BATCH_NORM, "-sum(G, axis=0)/S/n + 1/n*dS/S*(X - M) + G/S"),
        (TEMPERATURE, "(sum(y*z) - sum(softmax(z/T)*z))/T**2"),
    ],
    ids=["layer norm", "over one axis", "temperature"],
)
def test_quotients_by_scalars_end_in_short_lines(problem: str, result: str) -> None:
    derivation = gradient(loads(problem))
    assert text(derivation.result) == result
    assert replay(derivation).accepted


@pytest.mark.parametrize(
    ("shapes", "objective", "wrt", "result"),
    [
        ('A = ["n", "n"]\nx = ["n"]', "x.T @ A @ x", "x", "(A + A.T) @ x"),
        ('h = []\ny = []\nx = ["n"]', "sum((h - y)*h*x) + 0*h", "h", None),
        ('X = ["m", "n"]\ny = ["m"]\nw = ["n"]', "sum(exp(X @ w) - y*(X @ w))", "w", "X.T @ (exp(X @ w) - y)"),
        ('A = ["n", "m"]\nU = ["n", "k"]\nV = ["k", "m"]', "sum((A - U @ V)**2)", "U", "2*((U @ V - A) @ V.T)"),
        ('x = ["n"]\ny = ["n"]', "x.T @ y/(norm(x)*norm(y))", "x", "1/norm(y)*(y/norm(x) - (x.T @ y)/norm(x)**3*x)"),
        ('x = ["n"]', "norm(x)", "x", "x/norm(x)"),
    ],
)
def test_what_terms_have_in_common_stands_outside(shapes: str, objective: str, wrt: str, result: str | None) -> None:
    derivation = gradient(loads(f'[shapes]\n{shapes}\n[question]\nobjective = "{objective}"\nwrt = "{wrt}"'))
    assert result is None or text(derivation.result) == result
    assert replay(derivation).accepted


def test_dot_products_keep_their_brackets() -> None:
    """u @ (v @ r) with columns u, v and a row r is no product that may be bracketed otherwise."""
    problem = loads('[shapes]\nu = ["n"]\nS = ["n", "n"]\nr = ["n"]\n[question]\n'
                    'objective = "sum((u @ (S @ r))*r + (u @ r)*(S @ u)[1]*r)"\nwrt = "u"')  # fmt: skip
    for seed in range(3):
        assert (error(problem, problem.scope.tensors["u"], gradient(problem), seed) or 0) < 1e-6


def test_a_letter_of_an_index_sum_is_not_caught() -> None:
    """Σ_i G over 1..2 has nothing to do with the i of the entry [2,i] outside."""
    g, outside, bound = NAMES["G"], SCOPE.indices["i"], Index("i", size(2))
    problem = Problem(question=Question(objective=Component(IndexSum(Transpose(g), bound), 2, outside)))
    assert (error(problem, g, gradient(problem, g), 0) or 0) < 1e-9
