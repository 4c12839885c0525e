"""Where the search looks, what it respects, and what it never claims."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from derive.equality import search
from derive.equality.comparison import RouteMismatch
from derive.equality.counterexample import Counterexample
from derive.equality.search import Search, refute
from derive.equality.shrink import shrink
from derive.expression.function import Function
from derive.expression.functions import apply, unspecified
from derive.expression.nodes import Derivative, Expression, Index, Tensor, number, scalar
from derive.expression.problem import Assumptions, Problem
from derive.expression.scope import Scope
from derive.expression.sizes import column, layer_symbol, matrix, size
from derive.expression.traverse import substitute_layer
from derive.networks.network import Network
from derive.notation import read
from tests.pace import at_most

TENSORS = {
    t.name: t
    for t in (
        Tensor("W", matrix("n", "n")), Tensor("A", matrix("n", "m")), Tensor("B", matrix("m", "n")),
        Tensor("z", column("n")), Tensor("y", column("n")), Tensor("x", column("m")), scalar("lam"), scalar("t"),
    )
}  # fmt: skip
FUNCTIONS: dict[str, Function] = {"f": unspecified("f")}
SCOPE = Scope(
    tensors=TENSORS,
    sizes={"n": size("n"), "m": size("m")},
    indices={"i": Index("i", size("n")), "j": Index("j", size("m"))},
    functions=FUNCTIONS,
)


def claim(left: str, right: str, **assumed: object) -> Counterexample | None:
    equations = tuple((read(a, SCOPE), read(b, SCOPE)) for a, b in assumed.pop("equations", ()))  # type: ignore[attr-defined]
    names = {key: value if key == "between" else frozenset(value) for key, value in assumed.items()}  # type: ignore[arg-type, call-overload]
    problem = Problem(scope=SCOPE, assumptions=Assumptions(equations=equations, **names))  # type: ignore[arg-type]
    found = refute(read(left, SCOPE), read(right, SCOPE), problem)
    if found is not None and not found.at_kink:
        small = shrink(found)
        assert small.yours != small.expected
        for name in names.get("positive", ()):
            assert all(Fraction(x) > 0 for row in small.values.get(name, ()) for x in row)
    return found


FALSE = (
    ("W@W.T", "W.T@W"), ("A@B", "(B@A).T[1,1]*W*0 + W"), ("sum(z)", "sum(z)/n*2"), ("W", "W.T"),
    ("A[i,j]", "B[j,i]"), ("A[i,j]*kron(i,2)", "A[i,j]"), ("sum(A[i,j], i)", "sum(A[:,j])*2"),
    ("abs(t)", "t"), ("abs(t)", "-t"), ("relu(t)", "t"), ("sqrt(t**2)", "t"), ("log(t**2)", "2*log(t) + 1"),
    ("softplus(t)", "relu(t)"), ("tanh(t)", "2*sigmoid(t) - 1"), ("gelu(t)", "silu(t)"), ("erf(t)", "tanh(t)"),
    ("f(t)**2", "f(t**2)"), ("f''(t)", "f'(t)*6*t"), ("f'(t)", "3*t**2 + 1"), ("f'(t)", "exp(t/2)/2 + 2*t"),
    ("t + where(t > 30, 1, 0)", "t"), ("t + where(t < -100, t, 0)", "t"), ("t*(1 + 10**-9)", "t"),
    ("t + 10**-12", "t"), ("exp(t)", "exp(t) + 10**-15*exp(-t)"), ("norm(z)", "sum(abs(z))"),
    ("z.T@W@z", "z.T@z"), ("n*t", "2*t"), ("(n-1)*(m-1)*t", "0*t"), ("(n-2)*(n-3)*(n-4)*(n-1)*t", "0*t"),
    ("softmax(z)", "sigmoid(z)"), ("mean(z)", "sum(z)"), ("trace(W)", "sum(W)"), ("sign(t)*sign(t)", "0*t"),
    ("1/t", "1/(t + 10**-6)"), ("lam*t", "2*lam*t"), ("maximum(t, lam)", "minimum(t, lam)"),
    ("grad(sum(W@W), W)", "2*W"), ("jacobian(W@z, z)", "W.T"), ("grad(norm(z)**2, z)", "z"),
    ("z + (z == 3)", "z"), ("sum(W, axis=0).T", "sum(W, axis=1)"), ("A[2,1]*t", "A[1,2]*t"),
    ("sigmoid(40 + t**2)", "0*t + 1"), ("tanh(t)", "t - t**3/3 + 2*t**5/15"),
    ("1/(1 + abs(relu(t)))", "1/(1 + abs(t))"), ("t*(1 + (t < -7000))", "t"), ("softmax(10**18*z)", "softmax(z)"),
)  # fmt: skip

TRUE = (
    ("W@W.T", "(W@W.T).T"), ("sum(W)", "sum(W.T)"), ("A[i,j]", "A.T[j,i]"), ("sum(A[i,j]*kron(i,2), i)", "A[2,j]"),
    ("abs(t)", "t*sign(t)"), ("relu(t)", "(t + abs(t))/2"), ("sqrt(t**2)", "abs(t)"), ("log(exp(t))", "t"),
    ("softplus(t)", "log(1 + exp(t))"), ("softplus(t) - softplus(-t)", "t"), ("tanh(t)", "2*sigmoid(2*t) - 1"),
    ("1 - sigmoid(t)", "sigmoid(-t)"), ("sigmoid'(t)", "1/(2 + 2*cosh(t))"), ("tanh'(t)", "sech(t)**2"),
    ("relu(t)*relu(-t)", "0*t"), ("relu(t) - relu(-t)", "t"), ("maximum(t, lam) + minimum(t, lam)", "t + lam"),
    ("f(t) + f(t)", "2*f(t)"), ("grad(f(t)**2, t)", "2*f(t)*f'(t)"), ("grad(f'(t), t)", "f''(t)"),
    ("norm(z)**2", "z.T@z"), ("trace(W@W.T)", "sum(W**2)"), ("grad(sum(W**2), W)", "2*W"),
    ("jacobian(W@z, z)", "W"), ("grad(z.T@W@z, z)", "(W + W.T)@z"), ("mean(z)*n", "sum(z)"),
    ("t/t", "1 + 0*t"), ("sqrt(t)**2", "t"), ("exp(log(t))", "t"), ("log(t**2)", "2*log(t)"),
    ("sum(softmax(z))", "0*t + 1"), ("logsumexp(z + t)", "logsumexp(z) + t"), ("softmax(z + t)", "softmax(z)"),
    ("where(t > 0, 1, 0)*t", "relu(t)"), ("diag(z)@W", "z*W"), ("silu'(t)", "sigmoid(t)*(1 + t*(1 - sigmoid(t)))"),
    ("(1e-9 + t)*1000000000", "1 + 1000000000*t"), ("erf'(t)", "2/sqrt(pi)*exp(-t**2)"),
)  # fmt: skip


@pytest.mark.parametrize(("left", "right"), FALSE)
def test_what_is_false_is_refuted(left: str, right: str) -> None:
    found = claim(left, right)
    assert found is not None
    assert not found.at_kink


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_what_is_true_is_never_refuted(left: str, right: str) -> None:
    assert claim(left, right) is None


ASSUMED = (
    ("abs(t)", "t", {"positive": ["t"]}), ("sqrt(t**2)", "t", {"positive": ["t"]}),
    ("(t == 0)", "0*t", {"nonzero": ["t"]}), ("t**2", "t", {"binary": ["t"]}), ("y*y", "y", {"binary": ["y"]}),
    ("W@z", "W.T@z", {"symmetric": ["W"]}), ("(2*t == 1)", "0*t", {"integer": ["t"]}),
    ("relu(t)", "t", {"between": (("t", 0, 1),)}), ("relu(1 - t)", "1 - t", {"between": (("t", 0, 1),)}),
    ("sum(y*t)", "t", {"equations": [("sum(y)", "1")]}), ("y**2", "1 + 0*y", {"equations": [("y**2", "1")]}),
    ("y**3", "y", {"equations": [("y**2", "1")]}), ("norm(y)", "0*t + 1", {"equations": [("y.T@y", "1")]}),
    ("W@W@z", "W@z", {"equations": [("W@W", "W")]}), ("A@x", "z", {"equations": [("A@x", "z")]}),
    ("W.T@W@z", "z", {"equations": [("W.T@W", "eye(n)")]}), ("sum(z)/n", "sum(z)", {"equations": [("n", "1")]}),
    ("sum(abs(y))", "0*t + 1", {"equations": [("sum(y)", "1")], "positive": ["y"]}),
    ("sum(y**2)", "0*t + 1", {"equations": [("sum(y)", "1")], "binary": ["y"]}),
)  # fmt: skip


@pytest.mark.parametrize(("left", "right", "assumed"), ASSUMED)
def test_an_assumption_is_respected_and_its_absence_noticed(left: str, right: str, assumed: dict[str, object]) -> None:
    assert claim(left, right, **dict(assumed)) is None
    assert claim(left, right) is not None


@pytest.mark.parametrize("equation", [("sum(y)", "1"), ("y**2", "1"), ("y.T@y", "1"), ("A@x", "z")])
def test_points_under_an_assumption_are_still_found(equation: tuple[str, str]) -> None:
    found = claim("sum(y)*t + sum(z)", "2*sum(y)*t + sum(z) + 1", equations=[equation])
    assert found is not None
    if equation == ("sum(y)", "1"):
        assert sum(Fraction(row[0]) for row in found.values["y"]) == 1


def at_kink(left: str, right: str) -> Counterexample | None:
    return refute(read(left, SCOPE), read(right, SCOPE), Problem(scope=SCOPE))


@pytest.mark.parametrize(
    ("left", "right", "is_subgradient"),
    [
        ("(t >= 0)", "grad(relu(t), t)", True), ("(t > 0) + (t == 0)/3", "grad(relu(t), t)", True),
        ("(t > 0) + 2*(t == 0)", "grad(relu(t), t)", False), ("(t > 0) - (t == 0)/9", "grad(relu(t), t)", False),
        ("(t > 0) - (t < 0) + (t == 0)", "grad(abs(t), t)", True), ("sign(t) - 2*(t == 0)", "grad(abs(t), t)", False),
        ("(z >= 0)", "grad(sum(relu(z)), z)", True),
        ("(t >= 0)", "relu'(t)", True),
    ],
)  # fmt: skip
def test_at_a_kink_a_subgradient_is_told_from_an_error(left: str, right: str, is_subgradient: bool) -> None:
    found = at_kink(left, right)
    assert found is not None
    assert found.at_kink
    assert found.subgradient is is_subgradient


def test_an_error_away_from_the_kink_is_reported_there() -> None:
    found = at_kink("(t > 0)*2", "grad(relu(t), t)")
    assert found is not None
    assert not found.at_kink


@pytest.mark.parametrize("seed", range(8))
def test_a_point_at_a_kink_is_the_last_that_is_taken(seed: int) -> None:
    x, y = Tensor("x", column("n")), Tensor("y", column("n"))
    right = apply("relu", x - y)
    found = refute(right * apply("gt", x, y) + number("1/7"), right, seed=seed)
    assert found is not None
    assert not found.at_kink


def network_claim(answer: str, wrt: str = "W1", **options: object) -> tuple[Expression, Derivative, Problem]:
    problem = Network(**options).problem(wrt)  # type: ignore[arg-type]
    assert problem.question.objective is not None
    assert problem.question.wrt is not None
    return read(answer, problem.scope), Derivative(problem.question.objective, problem.question.wrt), problem


def test_a_network_of_any_depth_is_tried_at_concrete_layers() -> None:
    options = {"widths": "n0,...,nL", "activations": "f", "loss": "half-squared"}
    for right in ("delta[l]@a[l-1].T", "((W[l+1].T@delta[l+1])*f'(z[l]))@a[l-1].T"):
        assert refute(*network_claim(right, "W[l]", **options)) is None
    for wrong in ("delta[l]@a[l].T", "((W[l+1].T@delta[l+1])*f(z[l]))@a[l-1].T", "W[l]"):
        found = refute(*network_claim(wrong, "W[l]", **options))
        assert found is not None
        assert {"l", "L"} <= set(found.sizes)
        assert set(found.functions) == {"f"}
        assert shrink(found).functions == {"f": "z**2"}


@pytest.mark.parametrize("layer", ["l", "l-1", "l-2", "l+1"])
def test_a_law_of_layers_is_tried_only_where_its_layers_exist(layer: str) -> None:
    """delta[l-1] has a meaning from l = 2 on: at l = 1 it would be the gradient of a layer that does not exist."""
    _, _, problem = network_claim("W[l]", "W[l]", widths="n0,...,nK", activations="tanh,identity")

    def at(text: str) -> Expression:
        return substitute_layer(read(text, problem.scope), {layer_symbol("l"): shift})

    shift = layer_symbol("l") + int(layer[1:] or 0)
    left, wrong = at("delta[l]"), at("W[l+1].T@delta[l+1]*(1 - a[l])")
    for right in ("W[l+1].T@delta[l+1]*(1 - a[l]**2)", "W[l+1].T@delta[l+1]*tanh'(z[l])"):
        assert refute(left, at(right), problem) is None
    found = refute(wrong, left, problem)
    assert found is not None
    assert found.sizes["K"] > found.sizes["l"] + int(layer[1:] or 0)


@pytest.mark.parametrize("loss", ["half-squared", "bce", "softmax-ce", "logistic"])
def test_names_of_gradients_are_worked_out(loss: str) -> None:
    last = {"bce": "sigmoid", "softmax-ce": "softmax"}.get(loss, "identity")
    options = {"widths": "n0,n1,n2", "activations": f"tanh,{last}", "loss": loss, "batch": "N"}
    assert refute(*network_claim("delta1@X.T", **options)) is None
    assert refute(*network_claim("X.T@delta1/N", **options, layout="row", delta="example")) is None
    found = refute(*network_claim("delta1@X.T*N", **options))
    assert found is not None
    assert found.confirmed_by == "dual numbers"


def test_equal_only_for_one_example_is_refuted() -> None:
    left, right, problem = network_claim("N*delta1@X.T", widths="n0,n1", activations="sigmoid", batch="N")
    found = refute(left, right, problem)
    assert found is not None
    assert shrink(found).sizes["N"] == 2


def test_a_reference_that_contradicts_the_right_side_is_our_fault_not_the_answers() -> None:
    left, derivative, problem = network_claim("delta1@x.T", widths="2,3,1", activations="sigmoid")
    with pytest.raises(RouteMismatch):
        refute(left, read("2*delta1@x.T", problem.scope), problem, reference=derivative)
    assert refute(left, read("delta1@x.T", problem.scope), problem, reference=derivative) is None


def test_what_has_no_value_is_undecided() -> None:
    t = scalar("t")
    formal = Derivative(t * t, t, "formal")
    assert refute(t, formal, Problem()) is None
    assert refute(read("log(-1 - t**2)", SCOPE), t, Problem()) is None
    assert refute(read("A[9,1]", SCOPE), t, Problem()) is None


def test_the_same_seed_finds_the_same_and_a_budget_ends_the_search() -> None:
    arguments = network_claim("delta1@X.T*2", widths="n0,n1,n2", activations="gelu", batch="N")
    first, second = refute(*arguments, seed=5), refute(*arguments, seed=5)
    assert first is not None
    assert first == second
    right = network_claim("delta1@X.T", widths="n0,n1,n2", activations="gelu", batch="N")
    search = Search(dataclasses.replace(first.claim, left=right[0]), budget=2_000)  # type: ignore[type-var, arg-type]
    assert search.run() is None
    assert search.points < 20


def test_a_refutation_of_a_small_network_takes_milliseconds() -> None:
    arguments = network_claim("delta1@x.T + 2*lam*W1", widths="2,3,1", activations="sigmoid", l2="lam/2")
    with at_most(0.1):  # 2–3 ms each
        for _ in range(5):
            assert refute(*arguments) is not None


def test_what_the_second_route_does_not_confirm_is_no_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = network_claim("2*delta1@x.T", widths="2,1", activations="sigmoid")
    assert refute(*arguments) is not None
    monkeypatch.setattr(search, "confirmed", lambda *_: None)
    assert refute(*arguments) is None
