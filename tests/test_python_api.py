"""`check` from Python: text, expressions, SymPy, functions called with symbolic arrays; and never a print."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from derive import Network, check, gradient
from derive.answers.numbers import exact
from derive.errors import ReadError, UsageError
from derive.expression.nodes import Constant, Number
from derive.problems import loads

NETWORK = Network("n0,n1,n2", "sigmoid", "half-squared", batch="N", l2="lam/2")
PROBLEM = NETWORK.problem("W1")

n0, n1, N, lam = sympy.symbols("n0 n1 N lam")
DELTA, X, W = sympy.MatrixSymbol("delta1", n1, N), sympy.MatrixSymbol("X", n0, N), sympy.MatrixSymbol("W1", n1, n0)
z = sympy.Symbol("z", real=True)
n = sympy.Symbol("n")
A, B = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("B", n, n)
v = sympy.MatrixSymbol("v", n, 1)
f = sympy.Function("f")
i, k = sympy.symbols("i k", integer=True)
TRACE = sympy.Sum(A[i, k] * B[k, i], (k, 0, n - 1), (i, 0, n - 1))
SQUARE = sympy.Matrix([[z, 1], [0, z]])


def short(delta1: Any, X: Any, W1: Any, lam: Any) -> Any:
    return delta1 @ X.T + lam * W1


def whole_pass(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any, lam: Any) -> Any:
    a1 = 1 / (1 + np.exp(-(W1 @ X + b1)))
    a2 = 1.0 / (1.0 + np.exp(-(W2 @ a1 + b2)))
    d2 = np.multiply(a2 - Y, a2 * (1 - a2)) / X.shape[1]
    d1 = W2.T.dot(d2) * a1 * (1 - a1)
    dW = np.dot(d1, X.T)
    dW += lam * W1
    return dW


def forgotten(delta1: Any, X: Any) -> Any:
    return delta1 @ X.T


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("delta1 @ X.T + lam*W1", "proved"),
        ("dE/dW1 = delta1 @ X.T + lam*W1", "proved"),
        (gradient(PROBLEM, "W1").result, "proved"),
        (2 * gradient(PROBLEM, "W1").result, "refuted"),
        (DELTA * X.T + lam * W, "proved"),
        (DELTA * X.T + 2 * lam * W, "refuted"),
        (sympy.HadamardProduct(DELTA, DELTA) * X.T, "refuted"),
        (short, "proved"),
        (whole_pass, "proved"),
        (forgotten, "conditional"),
        (lambda delta1, X: delta1 @ X, "refuted"),
    ],
)
def test_an_answer_may_come_in_any_form(answer: Any, verdict: str) -> None:
    assert check(PROBLEM, answer).verdict == verdict


@pytest.mark.parametrize(("answer", "verdict"), [(short, "proved"), (forgotten, "conditional"), ("2*W1", "refuted")])
def test_a_network_may_be_asked_for_one_of_its_parameters(answer: Any, verdict: str) -> None:
    assert check(NETWORK, answer, wrt="W1").verdict == verdict


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (sympy.Eq(sympy.exp(-z) / (1 + sympy.exp(-z)) ** 2, 1 / (2 + 2 * sympy.cosh(z))), "proved"),
        (sympy.Eq(sympy.exp(-z) / (1 + sympy.exp(-z)) ** 2, 1 / (1 + 2 * sympy.cosh(z))), "refuted"),
        (sympy.Eq(sympy.Max(0, z), (z + sympy.Abs(z)) / 2), "proved"),
        (sympy.Eq(sympy.Piecewise((z, z > 0), (0, True)), (z + sympy.Abs(z)) / 2), "proved"),
        (sympy.Eq(sympy.Heaviside(z, 0) * z, sympy.Max(z, 0)), "proved"),
        (sympy.Eq(sympy.Float("0.5") * z, z / 2, evaluate=False), "proved"),
        (sympy.Eq(sympy.sqrt(z**2), sympy.Abs(z), evaluate=False), "proved"),
        (sympy.Eq(sympy.Trace(A * B), sympy.Trace(B * A)), "proved"),
        (sympy.Eq(A * B, B * A, evaluate=False), "conditional"),
        (sympy.Eq((A * B).T, B.T * A.T, evaluate=False), "proved"),
        (sympy.Eq(sympy.HadamardProduct(A, A), A.applyfunc(lambda t: t**2), evaluate=False), "proved"),
        (sympy.Eq(sympy.Trace(A * B), TRACE, evaluate=False), "proved"),
        (sympy.Eq((v.T * A * v)[0, 0].doit(), sympy.Trace(A * v * v.T), evaluate=False), "proved"),
        (sympy.Eq(A * sympy.Identity(n), A, evaluate=False), "proved"),
        (sympy.Eq(sympy.Derivative(f(z) ** 2, z), 2 * f(z) * f(z).diff(z), evaluate=False), "proved"),
        (sympy.Eq(f(2 * z).diff(z), 2 * sympy.Subs(sympy.Derivative(f(n), n), n, 2 * z), evaluate=False), "proved"),
        (sympy.Eq(SQUARE**2, sympy.Matrix([[z**2, 2 * z], [0, z**2]]), evaluate=False), "proved"),
    ],
)  # fmt: skip
def test_a_sympy_equation_speaks_for_itself(equation: Any, verdict: str) -> None:
    assert check(None, equation).verdict == verdict


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (W.I, "inverse"),
        (sympy.Determinant(sympy.MatrixSymbol("delta1", n1, n1)) * W, "determinant"),
        (sympy.gamma(sympy.Symbol("lam")) * W, "gamma"),
        (sympy.Symbol("mu") * W, "mu"),
        (sympy.Integral(z, z), "integral"),
        (sympy.Function("foo")(sympy.Symbol("lam")), "foo"),
        (sympy.Float("0.12345678901234") * W, "exact"),
    ],
)
def test_what_sympy_says_and_we_cannot_is_refused_by_name(answer: Any, words: str) -> None:
    verdict = check(PROBLEM, answer)
    assert verdict.verdict == "not understood"
    assert words in str(verdict.reason)


def branching(Z1: Any) -> Any:
    return Z1 if Z1 > 0 else 0 * Z1


def hiding(Z1: Any) -> Any:
    try:
        return Z1 if Z1 > 0 else 0
    except Exception:
        return Z1


def in_a_loop(Z1: Any) -> Any:
    return sum(row for row in Z1)


def single_entries(Z1: Any) -> Any:
    Z1[Z1 > 0] = 1
    return Z1


def changed_twice(W1: Any) -> Any:
    other = W1.T
    W1 += 1
    return other


def flattened(delta1: Any) -> Any:
    return delta1 - delta1.sum(axis=1)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (branching, "np.where"),
        (hiding, "np.where"),
        (in_a_loop, "np.sum"),
        (single_entries, "np.where"),
        (changed_twice, "another name"),
        (flattened, "keepdims"),
        (lambda delta1: delta1.max(), "max"),
        (lambda delta1: np.linalg.inv(delta1), "inv"),
        (lambda delta1: np.array(delta1), "np.array"),
        (lambda delta1: np.add.reduce(delta1), "np.add"),
        (lambda delta1: float(delta1), "value"),
        (lambda delta1: delta1 & 1, "comparisons"),
        (lambda delta1: delta1 * 0.1234567890123, "exact"),
        (lambda delta1: delta1.foo, "foo"),
        (lambda delta1: delta1 * "x", "str"),
        (lambda delta1: [delta1], "list"),
        (lambda delta1: None, "nothing"),
        (lambda delta1: 1 / 0, "ZeroDivisionError"),
        (lambda gamma: gamma, "gamma"),
        (lambda delta1: delta1[-1], "index"),
        (lambda delta1: 2**delta1, "exponent"),
        (lambda delta1: np.power(2, delta1), "exponent"),
    ],
)
def test_what_no_formula_says_is_never_traced_silently(function: Callable[..., Any], words: str) -> None:
    verdict = check(PROBLEM, function)
    assert (verdict.verdict, verdict.code) == ("not understood", "E-TRACE")
    assert words in str(verdict.reason)


def column_sum(D: Any) -> Any:
    return np.sum(D, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda A, B: np.where(A > 0, A, 0.01 * A) @ B, "where(A > 0, A, A/100) @ B"),
        (lambda A: np.maximum(A, 0) - np.minimum(A, 0), "abs(A)"),
        (lambda A: A * ((A > 0) & ~(A > 1)), "A*(A > 0)*(A <= 1)"),
        (lambda A: np.log1p(np.expm1(A)), "A"),
        (lambda A: np.sum(A) + A.mean() * A.shape[0] - np.trace(A), "sum(A) + sum(A)/n - trace(A)"),
        (lambda A: A - A.mean(axis=0, keepdims=True), "A - mean(A, axis=0)"),
        (lambda x, y: np.outer(x, y) + x @ y.T, "2*x@y.T"),
        (lambda x, y: np.dot(x.T, y) + np.vdot(x, y), "2*sum(x*y)"),
        (lambda x: x / np.linalg.norm(x), "x/sqrt(sum(x**2))"),
        (lambda x: np.exp(x) / np.exp(x).sum(), "softmax(x)"),
        (lambda x: np.square(x) ** 0.5 / 3 + abs(x) * (1 / 3), "2/3*abs(x)"),
        (lambda x: x[0, 0] * np.ones_like(x) + np.zeros_like(x), "x[1]*ones(n)"),
        (lambda A: np.clip(A, -1, 1), "minimum(maximum(A, -1), 1)"),
        (lambda x: np.diag(x) @ x, "x**2"),
        (lambda A, B, x: np.linalg.multi_dot([A, B, x]), "A@(B@x)"),
    ],
)  # fmt: skip
def test_numpy_means_what_it_computes(function: Callable[..., Any], text: str) -> None:
    value = text.replace('"', "'")
    problem = loads(f'[shapes]\nA = ["n", "n"]\nB = ["n", "n"]\nx = ["n"]\ny = ["n"]\n[question]\nvalue = "{value}"\n')
    assert check(problem, function).verdict in ("proved", "agrees")


def test_a_function_of_the_problem_may_be_called() -> None:
    problem = Network("n0,n1", "f", "half-squared").problem("b1")

    def right(a1: Any, y: Any, z1: Any, f_prime: Any) -> Any:
        return (a1 - y) * f_prime(z1)

    def wrong(a1: Any, y: Any, z1: Any, f: Any) -> Any:
        return (a1 - y) * f(z1)

    assert check(problem, right).verdict == "proved"
    assert check(problem, wrong).verdict == "refuted"


def test_without_a_problem_there_must_be_an_equation() -> None:
    assert check(None, "grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)").verdict == "proved"
    assert check(None, "grad(sum(a*x), x) = sum(a)", shapes={"x": []}).verdict == "proved"
    for formula in ("x + 1", z, short):
        assert check(None, formula).verdict == "not understood"
    for wrong in ({"wrt": "x"}, {"shapes": {"q": ["n"]}}):
        with pytest.raises(UsageError):
            check(None, "x = x", **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        check(PROBLEM, "W1", shapes={"W1": ["n"]})
    with pytest.raises(UsageError):
        check("W1", "W1")  # type: ignore[arg-type]


def test_floats_are_what_a_person_typed() -> None:
    assert exact(0.1) == Number(Fraction(1, 10))
    assert exact(1 / 3) == Number(Fraction(1, 3))
    assert exact(np.pi) == Constant("pi")
    for lost in (2**0.5, 0.1 + 0.2, float("inf"), float("nan")):
        with pytest.raises(ReadError):
            exact(lost)


def test_nothing_is_printed() -> None:
    """Importing and calling, in a process of its own, with warnings shown."""
    program = "\n".join(
        (
            "import sympy, derive",
            "from derive import Network, check",
            "p = Network('2,1', 'identity', 'half-squared').problem('W1')",
            "check(p, 'delta1 @ x.T'); check(p, 'delta1 @'); check(None, 'x = =')",
            "check(p, lambda delta1, x: delta1 @ x.T)",
            "check(p, lambda x: x if x > 0 else 0); check(p, sympy.gamma(sympy.Symbol('x')))",
        )
    )
    done = subprocess.run([sys.executable, "-W", "always", "-c", program], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
