"""Evaluation: interpreter, compiled programs, stable forms, rounding bounds and complex steps tell one story."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from derive.errors import UsageError
from derive.expression.functions import FUNCTIONS, apply, from_formula, unspecified
from derive.expression.nodes import (
    Component,
    Constant,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    Number,
    Ones,
    Power,
    Reduce,
    Shorthand,
    Tensor,
    number,
    scalar,
)
from derive.expression.problem import Definition, Problem
from derive.expression.sizes import column, matrix, row, size
from derive.expression.text import text
from derive.networks.network import Network
from numeric.analytic import ANALYTIC
from numeric.backprop import backprop
from numeric.compile import compile_expressions, compile_program
from numeric.evaluate import Evaluator, evaluate
from numeric.points import distinct_sizes, draw
from numeric.real import REAL, Real
from numeric.rounding import ROUNDING, exactly
from numeric.sizes import bind_sizes
from numeric.slopes import SLOPES, value_and_slope

A, B = Tensor("A", matrix("n", "m")), Tensor("B", matrix("n", "m"))
C, S = Tensor("C", matrix("m", "k")), Tensor("S", matrix("n", "n"))
u, v, r = Tensor("u", column("n")), Tensor("v", column("n")), Tensor("r", row("m"))
lam = scalar("lam")
i, j = Index("i", size("n")), Index("j", size("m"))

RNG = np.random.default_rng(7)
VALUES: dict[str, Any] = {
    "A": RNG.normal(size=(3, 4)), "B": RNG.normal(size=(3, 4)), "C": RNG.normal(size=(4, 2)),
    "S": RNG.normal(size=(3, 3)), "u": RNG.normal(size=(3, 1)), "v": RNG.normal(size=(3, 1)),
    "r": RNG.normal(size=(1, 4)), "lam": np.array([[0.37]]),
}  # fmt: skip
a, b, c, s, x, y, w, t = (VALUES[name] for name in ("A", "B", "C", "S", "u", "v", "r", "lam"))
ones = np.ones((3, 1))

CASES: list[tuple[Expression, Any]] = [
    (A + B, a + b),
    (A + u, a + x),
    (A - 2 * (A + B) / Dimension(size("n")), a - 2 * (a + b) / 3),
    (A @ C, a @ c),
    (A.T @ S @ A, a.T @ s @ a),
    (lam * (A @ C), 0.37 * (a @ c)),
    (u @ v, x.T @ y),
    (u.T @ v, x.T @ y),
    (u @ v.T, x @ y.T),
    (u @ r, x @ w),
    (A @ Ones(matrix("m", 1)), a.sum(1, keepdims=True)),
    (Ones(matrix(1, "n")) @ A, a.sum(0, keepdims=True)),
    (u @ Ones(matrix(1, "m")), x @ np.ones((1, 4))),
    (Reduce(u @ Ones(matrix(1, "m"))), 4 * x.sum()),
    (Reduce(A + u), (a + x).sum()),
    (Reduce(Ones(matrix("n", "m")) * lam, 1), 4 * 0.37 * ones),
    (Reduce(A / A), 12.0),
    (Reduce(A, 0), a.sum(0, keepdims=True)),
    (Reduce(A**2), (a**2).sum()),
    (Reduce(A * B), (a * b).sum()),
    (Reduce(A * apply("gt", A, number(0))), (a * (a > 0)).sum()),
    (Reduce(apply("gt", A, number(0)) + apply("gt", B, number(0))), ((a > 0) * 1.0 + (b > 0)).sum()),
    (apply("gt", A, number(0)) * apply("gt", B, number(0)), (a > 0) * 1.0 * (b > 0)),
    (Diag(u) @ A, x * a),
    (A @ Diag(r), a * w),
    (Diag(u) @ S @ Diag(v), x * s * y.T),
    (A.T @ Diag(u) @ A, a.T @ (x * a)),
    (A.T @ Diag(u) @ Diag(v) @ A, a.T @ (x * y * a)),
    (S @ Ones(matrix("n", "n")) @ A, s @ np.ones((3, 3)) @ a),
    (Diag(u), np.diag(x[:, 0])),
    (Identity(size("n")) - S, np.eye(3) - s),
    (Component(A, i, None), a[1:2]),
    (Component(A, 2, 3), a[1, 2]),
    (Component(A, None, 1), a[:, :1]),
    (IndexSum(Component(A, i, j) * Component(r, None, j), j), (a[1] * w[0]).sum()),
    (IndexSum(Component(S, i, i), i), np.trace(s)),
    (KroneckerDelta(i, 2) * u, x),
    (Explicit(((lam, number(1)), (number(2), lam * lam))), [[0.37, 1], [2, 0.37**2]]),
    (Power(u @ u, Number(Fraction(1, 2))), np.linalg.norm(x)),
    (Shorthand("norm", (u,)), np.linalg.norm(x)),
    (Shorthand("mean", (A,), 1), a.mean(1, keepdims=True)),
    (Shorthand("trace", (S,)), np.trace(s)),
    (Shorthand("inner", (A, B)), (a * b).sum()),
    (Shorthand("outer", (u, v)), x @ y.T),
    (Shorthand("softmax", (A,), 0), np.exp(a) / np.exp(a).sum(0)),
    (Shorthand("logsumexp", (A,), 1), np.log(np.exp(a).sum(1, keepdims=True))),
    (apply("exp", A) / Reduce(apply("exp", A), 0), np.exp(a) / np.exp(a).sum(0)),
    (apply("where", apply("gt", A, number(0)), A, lam * A), np.where(a > 0, a, 0.37 * a)),
    (apply("maximum", A, B), np.maximum(a, b)),
    (apply("tanh", A, order=1), 1 - np.tanh(a) ** 2),
    (apply("identity", A, order=1), np.ones((3, 4))),
    (apply("relu", A, order=1), (a > 0) * 1.0),
    (Constant("pi") * u, np.pi * x),
    (A.T.T, a),
    (0 * A, 0 * a),
]  # fmt: skip


def free_indices(e: Expression) -> bool:
    return (any(name in text(e) for name in ("[i,", "kron(i")) and not isinstance(e, IndexSum)) or "[i,j]" in text(e)


@pytest.mark.parametrize(("formula", "expected"), CASES, ids=lambda p: text(p) if isinstance(p, Expression) else "")
def test_the_interpreter_gives_what_numpy_gives(formula: Expression, expected: Any) -> None:
    evaluator = Evaluator(REAL, VALUES, bind_sizes((A, B, C, S, u, v, r), VALUES), indices={"i": 2})
    assert np.allclose(evaluator(formula), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("formula", "expected"), [case for case in CASES if not free_indices(case[0])],
                         ids=lambda p: text(p) if isinstance(p, Expression) else "")  # fmt: skip
def test_a_compiled_formula_has_value_and_shape(formula: Expression, expected: Any) -> None:
    result = compile_program((), {"f": formula}, (A, B, C, S, u, v, r, lam))(VALUES)["f"]
    assert np.allclose(result, expected, rtol=1e-13, atol=1e-14)
    assert np.shape(result) == (() if np.size(expected) == 1 else np.shape(expected))
    assert np.asarray(result).dtype == np.float64


def test_names_that_are_no_identifiers_keep_their_order_in_products() -> None:
    first, second = Tensor("W^{(1)}", matrix("n", "m")), Tensor("W^{(2)}", matrix("m", "n"))
    lambda_ = scalar("lambda")
    program = compile_program((), {"p": lambda_ * (first @ second)}, (first, second, lambda_))
    values = {"W^{(1)}": a, "W^{(2)}": b.T, "lambda": 2.0}
    assert np.allclose(program(values)["p"], 2 * a @ b.T)
    assert "W_1" in program.source


def test_names_of_numpy_functions_are_names_like_any_other() -> None:
    names = [Tensor(name, matrix("n", "m")) for name in ("exp", "matmul", "t0", "inner")]
    values = {name.name: RNG.normal(size=(3, 4)) for name in names}
    e = apply("exp", names[0]) * names[1] + names[2] @ names[3].T @ names[0]
    result = compile_program((), {"e": e}, names)(values)["e"]
    assert np.allclose(
        result, np.exp(values["exp"]) * values["matmul"] + values["t0"] @ values["inner"].T @ values["exp"]
    )


def test_an_activation_is_worked_out_once() -> None:
    network = Network(("n0", "n1", "n2"), "sigmoid", batch="N")
    a2 = network.problem().scope.tensors["A2"]
    program = compile_expressions(network.problem(), {"E": network.problem().scope.tensors["E"], "s": a2 * (1 - a2)})
    assert program.source.count("sigmoid(") == 2  # type: ignore[attr-defined]


def test_arrays_that_do_not_fit_are_refused_by_name() -> None:
    program = compile_program((), {"p": A @ C}, (A, C))
    with pytest.raises(UsageError, match="C has no value"):
        program({"A": a})
    with pytest.raises(UsageError, match="axis 0 of C has 3 entries, but m is 4"):
        program({"A": a, "C": np.ones((3, 2))})


ARGUMENTS = np.array([[-1000.0, -40.0, -3.0, -0.4, 0.3, 2.0, 40.0, 1000.0]])
SAFE = {"exp": 0.6, "cosh": 0.6, "sinh": 0.6}


def arguments_of(name: str) -> list[np.ndarray[Any, Any]]:
    z = np.clip(ARGUMENTS, -700, 700) * SAFE.get(name, 1.0)
    z = np.abs(z) if FUNCTIONS[name].domain in ("positive", "nonnegative") else z
    return [z, *(np.full((1, 1), 0.3 + k) for k in range(len(FUNCTIONS[name].parameters) - 1))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_real_and_complex_forms_of_a_function_agree(name: str) -> None:
    arguments = arguments_of(name)
    values = REAL.apply(FUNCTIONS[name], 0, arguments)
    assert np.allclose(ANALYTIC.apply(FUNCTIONS[name], 0, [z + 0j for z in arguments]).real, values, rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", [n for n, f in FUNCTIONS.items() if f.derivative is not None and n not in
                                  {"maximum", "minimum", "where", "gt", "ge", "lt", "le", "eq", "ne"}])  # fmt: skip
def test_a_law_evaluates_to_the_complex_step_of_its_function(name: str) -> None:
    arguments = arguments_of(name)
    names = [scalar(p) for p in FUNCTIONS[name].parameters]
    law = Elementwise(FUNCTIONS[name], tuple(names), 1)
    value = Evaluator(REAL, dict(zip(FUNCTIONS[name].parameters, arguments, strict=True)), {})(law)
    stepped = [z + 0j for z in arguments]
    stepped[0] = stepped[0] + 1e-30j
    step = ANALYTIC.apply(FUNCTIONS[name], 0, stepped).imag / 1e-30
    # The series of erf cancels a little in its imaginary part.
    assert np.allclose(value, step, rtol=1e-12, atol=1e-14 if name in {"erf", "gelu"} else 1e-15)


@pytest.mark.parametrize("name", SLOPES)
def test_hand_written_slopes_are_accurate_also_where_they_vanish(name: str) -> None:
    arguments = arguments_of(name)
    stepped = [z + 0j for z in arguments]
    stepped[0] = stepped[0] + 1e-30j
    step = ANALYTIC.apply(FUNCTIONS[name], 0, stepped).imag / 1e-30
    assert np.allclose(SLOPES[name](*arguments)[1], step, rtol=1e-12, atol=1e-250 if name != "gelu" else 1e-14)


def test_formula_and_unspecified_functions_have_slopes() -> None:
    z = scalar("z")
    mish = from_formula("mish", "z", z * apply("tanh", apply("softplus", z)))
    for function in (mish, unspecified("f")):
        value, slope = value_and_slope(function, np.array([[0.7]]), [])
        near, _ = value_and_slope(function, np.array([[0.7 + 1e-6]]), [])
        assert np.allclose((near - value) / 1e-6, slope, rtol=1e-5)


def saturated_networks() -> Iterator[Network]:
    hidden = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "silu", "gelu", "elu", "identity", "f")
    ends = (("half-squared", "sigmoid"), ("bce", "sigmoid"), ("softmax-ce", "softmax"), ("logistic", "identity"))
    for k, name in enumerate(hidden):
        for loss, output in ends:
            yield Network(("n0", "n1", 1 if loss == "logistic" else "n2"), f"{name},{output}", loss,
                          batch="N", layout="column" if k % 2 else "row", l1="lam")  # fmt: skip


@pytest.mark.parametrize("network", list(saturated_networks()), ids=lambda n: f"{n.activations[0].name}-{n.loss}")
def test_nothing_overflows_at_1000(network: Network) -> None:
    problem = network.problem()
    point = draw(problem, distinct_sizes(problem), 5)
    values = {name: 1000.0 * value if name[0] == "W" else value for name, value in point.values.items()}
    objective = {"E": problem.scope.tensors["E"]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradients = backprop(network, values)
        interpreted = evaluate(problem, objective, values, REAL)["E"].item()
        compiled = compile_expressions(problem, objective)(values)["E"]
    assert np.isfinite(loss)
    assert all(np.isfinite(gradients[p.name]).all() for p in network.parameters)
    assert np.allclose([interpreted, compiled], loss, rtol=1e-12, atol=0)


class LongDouble(Real):
    """The same arithmetic with 64 bits of mantissa."""

    dtype = np.longdouble


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="long double is no longer than double here")
@pytest.mark.parametrize("kind", ["ordinary", "wide", "saturated"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "silu", "relu"])
def test_a_rounding_bound_covers_the_error_and_is_not_idle(activation: str, kind: str) -> None:
    network = Network(("n0", "n1", "n2"), f"{activation},sigmoid", "half-squared", batch="N", l2="lam/2")
    problem = network.problem()
    a1, w2, a2, x1 = (problem.scope.tensors[name] for name in ("A1", "W2", "A2", "X"))
    y1, z1 = problem.scope.tensors["Y"], problem.scope.tensors["Z1"]
    delta = (a2 - y1) * a2 * (1 - a2)
    formulas = {
        "delta": delta,
        "W1": ((w2.T @ delta) * apply(activation, z1, order=1)) @ x1.T,
        "E": problem.scope.tensors["E"],
        "a": a1,
    }
    point = draw(problem, distinct_sizes(problem), 3, kind)
    plain = evaluate(problem, formulas, point.values, REAL)
    longer = evaluate(problem, formulas, {n: v.astype(np.longdouble) for n, v in point.values.items()}, LongDouble())
    bounds = evaluate(problem, formulas, {n: exactly(v) for n, v in point.values.items()}, ROUNDING)
    for name in formulas:
        error = np.abs(plain[name] - longer[name]).astype(float)
        assert (error <= bounds[name].error + 1e-290).all()
        assert (bounds[name].error <= 1e-9 * (1.0 + np.abs(plain[name]))).all()


def test_a_bound_knows_that_one_minus_sigma_has_no_digits_left() -> None:
    z = scalar("z")
    problem = Problem(definitions=(Definition(scalar("p"), 1 - apply("sigmoid", z)),))
    bound = evaluate(problem, {"p": scalar("p")}, {"z": exactly(np.array([[45.0]]))}, ROUNDING)["p"]
    assert bound.value.item() == 0.0
    assert 1e-17 < bound.error.item() < 1e-14


def test_what_is_added_in_place_belongs_to_nobody_else() -> None:
    product = A @ C
    large = Tensor("M", matrix("n", "k"))
    sizes = {"A": (300, 4), "C": (4, 90), "M": (300, 90)}
    values: dict[str, Any] = {name: RNG.normal(size=s) for name, s in sizes.items()} | {"lam": 2.0}
    kept = {name: np.array(value) for name, value in values.items()}
    once = compile_program((), {"g": product + lam * large}, (A, C, large, lam))
    outputs = {"g": product + lam * large, "p": product, "h": product - 3 * large}
    twice = compile_program((), outputs, (A, C, large, lam))
    assert "plus_scaled" in once.source
    expected = kept["A"] @ kept["C"]
    assert np.allclose(once(values)["g"], expected + 2 * kept["M"], rtol=1e-13)
    result = twice(values)
    assert np.allclose(result["g"], expected + 2 * kept["M"], rtol=1e-13)
    assert np.allclose(result["p"], expected, rtol=1e-13)
    assert np.allclose(result["h"], expected - 3 * kept["M"], rtol=1e-13)
    assert all((np.asarray(values[name]) == kept[name]).all() for name in kept)
