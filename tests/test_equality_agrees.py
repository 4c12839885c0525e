"""The second tiers: what agrees is true, what is false never agrees, and no number hides from random primes."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from test_refutation_search import ASSUMED, FALSE, SCOPE, TRUE

from derive.checking import check
from derive.equality import agreement as tiers
from derive.equality.agreement import Agreement, agreement
from derive.equality.choices import Choices, Unlucky
from derive.equality.claim import Claim
from derive.equality.field import BITS, Field, random_prime
from derive.equality.prove import Prover
from derive.expression.problem import Assumptions, Problem
from derive.networks.network import Network
from derive.notation import read

INCOMPLETE = {"relu(t)", "sqrt(t**2)", "relu(t) - relu(-t)", "maximum(t, lam) + minimum(t, lam)", "log(t**2)",
              "logsumexp(z + t)"}  # fmt: skip
"""True, but a formula beside its gate, or the logarithm of a product, is not seen through."""


def claimed(left: str, right: str, assumptions: Assumptions | None = None) -> Claim:
    problem = Problem(scope=SCOPE, assumptions=assumptions or Assumptions())
    return Claim(read(left, SCOPE), read(right, SCOPE), problem)


@pytest.fixture(params=["exact", "primes"])
def tier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "primes":
        monkeypatch.setattr(tiers._Trial, "exactly", lambda self, place: None)
    return str(request.param)


@pytest.mark.parametrize(("left", "right"), [pair for pair in TRUE if pair[0] not in INCOMPLETE])
def test_what_is_true_agrees_in_primes_at_least(left: str, right: str, tier: str) -> None:
    found = agreement(claimed(left, right))
    assert found is not None
    assert not found.is_proof or not claimed(left, right).size_symbols
    if tier == "primes":
        assert found.bits is not None
        assert 40 <= found.bits < 2 * BITS


@pytest.mark.parametrize(("left", "right"), FALSE)
def test_what_is_false_never_agrees(left: str, right: str, tier: str) -> None:
    assert agreement(claimed(left, right)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sqrt(t**2)", "t"), ("sqrt(t**2)", "-t"), ("sqrt(t*lam)", "-sqrt(t)*sqrt(lam)"), ("sqrt(8)", "-2*sqrt(2)"),
        ("sqrt(2)*sqrt(3)", "-sqrt(6)"), ("sqrt(2*pi)", "-sqrt(2)*sqrt(pi)"), ("sqrt(t**4)", "-t**2"),
        ("(t > 0) + 2*(t == 0)", "relu'(t)"), ("(t > 0)", "(t >= 0)"), ("(t > 0)*(lam > 0)", "(t*lam > 0)"),
        ("sign(t)*sign(t)", "1 + 0*t"), ("exp(t)*exp(t)", "exp(t**2)"), ("exp(t)**2", "exp(2*t) + 10**-30"),
        ("log(t)*log(lam)", "log(t*lam)"), ("sin(t)**2", "cos(t)**2"), ("erf(-t)", "erf(t)"), ("f(t)", "f(-t)"),
        ("f'(t)", "f(t)"), ("relu(relu(-t))", "relu(t)"), ("softmax(z)", "softmax(2*z)"),
        ("(t != 0)**(n - 1)/lam", "(t != 0)/lam"),
        ("(t > 0)**(2/3)", "(t >= 0)"), ("(t**lam >= 0)", "1 + 0*t"), ("(t > 0)**lam", "(t >= 0)**lam"),
        ("z/(z > 0) + sum(abs(z))", "z/(z > 0) + sum(z)"),
        ("where(t > 0, lam, where(lam > 0, log(-2), t))", "where(t > 0, lam, where(lam > 0, log(-2), 2*t))"),
    ],
)  # fmt: skip
def test_false_identities_around_roots_gates_and_relations_never_agree(left: str, right: str, tier: str) -> None:
    assert agreement(claimed(left, right)) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("sqrt(2)*sqrt(3)", "sqrt(6)"), ("sqrt(8*pi)", "2*sqrt(2)*sqrt(pi)"), ("sqrt(1 + t**2)**2", "1 + t**2"),
        ("1/sqrt(1 + t**2)", "sqrt(1 + t**2)/(1 + t**2)"), ("z/norm(z)*norm(z)", "z"), ("exp(t/2)**2", "exp(t)"),
        ("exp(t)", "exp(t/3)**3"), ("grad(norm(z), z)", "z/norm(z)"), ("sin(t)**2 + cos(t)**2", "1 + 0*t"),
        ("exp(t + lam)", "exp(t)*exp(lam)"), ("gelu'(t)", "(1 + erf(t/sqrt(2)))/2 + t*exp(-t**2/2)/sqrt(2*pi)"),
        ("grad(f(f(t)), t)", "f'(f(t))*f'(t)"), ("log(12)", "2*log(2) + log(3)"), ("(2*t > 0)", "(t > 0)"),
        ("grad(sum(exp(z))**2, z)", "2*sum(exp(z))*exp(z)"),
    ],
)  # fmt: skip
def test_relations_that_hold_are_used(left: str, right: str) -> None:
    found = agreement(claimed(left, right))
    assert found is not None


@pytest.mark.parametrize(("left", "right", "assumed"), [row for row in ASSUMED if "positive" in row[2]
                                                        or "binary" in row[2] or "symmetric" in row[2]])  # fmt: skip
def test_an_assumption_is_used_only_where_it_is_declared(left: str, right: str, assumed: dict[str, object]) -> None:
    assert agreement(claimed(left, right)) is None
    if "equations" not in assumed and "sqrt" not in left:
        facts = Assumptions(**{name: frozenset(names) for name, names in assumed.items()})  # type: ignore[arg-type, call-overload]
        assert agreement(claimed(left, right, facts)) is not None


@pytest.mark.parametrize("equation", [("sum(y)", "1"), ("y**2", "1")])
def test_sums_and_squares_that_are_one_are_built_in(equation: tuple[str, str]) -> None:
    facts = Assumptions(equations=((read(equation[0], SCOPE), read(equation[1], SCOPE)),))
    assert agreement(claimed(f"{equation[0]}*t", "t + 0*sum(y)" if "sum" in equation[0] else "t + 0*y", facts))
    assert agreement(claimed(f"{equation[0]}*t", "2*t" if "sum" in equation[0] else "2*t + 0*y", facts)) is None
    assert agreement(claimed("sum(y**3)*t", "t", facts)) is None


def test_a_number_that_is_zero_modulo_the_primes_of_another_claim_does_not_hide() -> None:
    """gradient + p passes for a fixed p; here the primes depend on the claim, so that p is one of another claim."""
    right = claimed("t", "t")
    primes = [random_prime(tiers._Trial(right, 1).rng) for _ in range(2)]
    product = math.prod(primes)
    for added in (*primes, product, product * 3):
        assert agreement(claimed(f"t + {added}", "t")) is None
        assert agreement(claimed(f"sin(t) + {added}*exp(t)", "sin(t)")) is None


@pytest.mark.parametrize("options", [
    {"activations": "sigmoid"}, {"activations": "tanh,identity"}, {"activations": "f"}, {"activations": "softplus"},
    {"activations": "gelu,identity"}, {"activations": "relu,identity"},
    {"activations": "tanh,softmax", "loss": "softmax-ce"}, {"activations": "sigmoid", "loss": "bce"},
    {"activations": "elu,identity"},
])  # fmt: skip
def test_gradients_of_networks_agree_with_dual_numbers_and_mutants_do_not(options: dict[str, str]) -> None:
    problem = Network(widths="n0,n1,n2", **options).problem("W1")  # type: ignore[arg-type]
    asked = problem.question
    assert asked.objective is not None
    assert asked.wrt is not None
    gradient = read("grad(E, W1)", problem.scope)
    for answer, is_right in (("delta1@x.T", True), ("2*delta1@x.T", False), ("delta1@x.T + 1/10**9", False)):
        found = agreement(Claim(read(answer, problem.scope), gradient, problem))
        assert (found is not None) is is_right


def test_exact_agreement_where_all_sizes_are_numbers_is_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Prover, "equal", lambda *_, **__: None)
    fixed = check(Network(widths="2,3,1", activations="sigmoid").problem("W1"), "delta1@x.T")
    assert (fixed.verdict, fixed.scope, fixed.error_bound) == ("proved", "the sizes of the question", None)
    general = check(Network(widths="n,m,1", activations="sigmoid").problem("W1"), "delta1@x.T")
    assert (general.verdict, general.error_bound) == ("agrees", None)
    assert general.scope is not None
    assert general.scope.startswith("sizes ")
    assert "n=2" in general.scope
    random_only = check(Network(widths="2,2,1", activations="gelu").problem("W1"), "delta1@x.T")
    assert random_only.verdict == "agrees"
    assert random_only.error_bound is not None
    assert random_only.error_bound.startswith("2^-")
    wrong = check(Network(widths="2,3,1", activations="sigmoid").problem("W1"), "2*delta1@x.T")
    assert wrong.verdict == "refuted"


def test_the_bound_is_the_one_that_is_stated() -> None:
    """degree/p + (coefficient bits/60)/(number of primes), for each test that a value decided."""
    rng = random.Random(1)
    field = Field(Choices(), random_prime(rng), rng, set())
    x, y = field.fresh(), field.fresh()
    assert not field.agrees(x * x * y, 3 * y)
    assert field.degree >= 3
    one = field.degree / field.prime + field.bits / BITS * (BITS * math.log(2)) / 2.0 ** (BITS - 1)
    assert field.error() == pytest.approx((1 + field.tests) * one)


def test_degrees_bound_how_often_a_false_identity_passes() -> None:
    """In a small field the share of accidental zeros of a polynomial stays below degree/p."""
    rng = random.Random(7)
    zeros = 0
    for _ in range(2_000):
        field = Field(Choices(), 101, rng, set())
        x, y = field.fresh(), field.fresh()
        zeros += field.agrees(x * x * y, x * y * y + y)
    assert field.degree / 101 * 2_000 * 1.5 > zeros > 0


def test_a_root_counts_only_once_its_argument_was_seen_without_one() -> None:
    rng, seen = random.Random(3), set[int]()
    results = set()
    for _ in range(40):
        field = Field(Choices(), random_prime(rng), rng, seen)
        try:
            field.sqrt(field.fresh())
            results.add(field.unproved_roots)
        except Unlucky:
            continue
    assert seen == {0}
    assert field.unproved_roots in (0, 1)
    assert 0 in results


def test_agreement_is_the_same_on_a_second_run_and_ends_when_the_budget_does() -> None:
    one = claimed("sigmoid'(t)", "1/(2 + 2*cosh(t))")
    assert agreement(one) == agreement(claimed("sigmoid'(t)", "1/(2 + 2*cosh(t))"))
    assert agreement(dataclasses.replace(one), budget=0) is None
    assert Agreement(({"n": 2, "m": 3}, {"n": 3, "m": 2}), None).scope == "sizes n=2, m=3; n=3, m=2"


@pytest.mark.parametrize("pair", [("n0", "n1"), ("n0", "n2"), ("N", "n0"), ("N", "n1"), ("N", "n2"), ("n1", "n2")])
def test_one_size_taken_for_another_never_agrees(pair: tuple[str, str]) -> None:
    for activations in ("identity", "relu,identity"):
        problem = Network(widths="n0,n1,n2", activations=activations, batch="N").problem("W1")
        gradient = read("grad(E, W1)", problem.scope)
        assert agreement(Claim(read(f"{pair[0]}/{pair[1]}*delta1@X.T", problem.scope), gradient, problem)) is None


def test_what_vanishes_at_the_sizes_that_are_tried_is_no_agreement() -> None:
    assert agreement(claimed("t*sum(y)", "t*sum(y) + (n-1)*(n-2)*(n-3)*(n-4)*(n-5)*(n-7)")) is None
