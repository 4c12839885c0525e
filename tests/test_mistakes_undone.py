"""Slips undone in the answer itself: each row fires where it should and not elsewhere, and says what is proved."""

from __future__ import annotations

import inspect
import itertools
import re

import pytest

from derive.deadline import look, share, within
from derive.equality.prove import Prover
from derive.errors import LimitError, ShapeError
from derive.expression.functions import apply
from derive.expression.nodes import Component, Expression, Index, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.expression.sizes import SCALAR, Shape, size
from derive.expression.text import text
from derive.mistakes import undoings, undoings_of_whole
from derive.mistakes.finding import Finding
from derive.mistakes.fingerprint import Fingerprints
from derive.mistakes.opened import opened
from derive.mistakes.undone import undone
from derive.mistakes.wording import Words
from derive.notation import Limits, read_any

N, ONE = size("n"), SCALAR[0]
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("x", "y", "z", "a", "b1", "b2", "h"), (N, ONE)),
    **dict.fromkeys(("W1", "W2", "V"), (N, N)),
    **dict.fromkeys(("s", "t", "lam"), SCALAR),
}
INDICES = {name: Index(name, N) for name in ("i", "j")}
NAMES = {name: Tensor(name, shape) for name, shape in SHAPES.items()}
PROBLEM = Problem(
    scope=Scope(tensors=NAMES, sizes={"n": N}, indices=INDICES),
    definitions=(Definition(NAMES["h"], apply("cosh", NAMES["b1"])),),
)

ROWS = [
    # right, with the slip, its code, and something like it without that slip
    ("W1 @ x - y", "W1 @ x + y", "plus-for-minus", "W1 @ x + 2*y"),
    ("W1 @ x + y + z", "W1 @ x - y + z", "minus-for-plus", "W1 @ x - 2*y + z"),
    ("V @ (x - y)", "V @ (y - x)", "target-minus-prediction", "V @ (y - 2*x)"),
    ("tanh(z)*x", "tanh'(z)*x", "second-derivative", "tanh'(y)*x"),
    ("tanh'(z)*x", "tanh(z)*x", "function-for-derivative", "tanh(y)*x"),
    ("W1.T @ tanh(x)", "W1 @ tanh(x)", "transpose-forgotten", "W2 @ tanh(y)"),
    ("W1 @ tanh(x)", "W1.T @ tanh(x)", "transpose-superfluous", "V.T @ tanh(x)"),
    ("W1 @ V", "V @ W1", "order-of-product", "V @ V"),
    ("x*(y - z)", "x*(y - z)**2", "square-kept", "x*(y - z)**4"),
    ("s*t**2", "s*t**3", "exponent-not-lowered", "s*t**5"),
    ("s*t**3", "s*t**2", "exponent-too-low", "s*t"),
    ("V @ (x*y)", "V @ (2*x*y)", "factor-two", "V @ (3*x*y)"),
    ("V @ (2*x*y) + z", "V @ (x*y) + z", "factor-half", "V @ (x*x*y) + z"),
    ("W1 @ x", "W2 @ x", "weights-of-other-layer", "V @ x"),
    ("V @ tanh(a)", "V @ tanh(z)", "pre-activation-for-activation", "V @ tanh(y)"),
    ("V @ tanh'(z)", "V @ tanh'(a)", "slope-at-activation", "V @ tanh'(x)"),
    ("W1[i,j]*x[j]", "W1[j,i]*x[j]", "index-swapped", "W1[i,i]*x[j]"),
    ("W1[i,j]*x[j]", "W1[i,j]*x[i]", "wrong-index", "W1[i,j]*y[i]"),
    ("tanh(x)*y", "tanh(x)", "missing-factor", "tanh(y)"),
    ("V @ x/n", "V @ x", "missing-mean", "V @ x*s"),
    ("V @ (x*y)", "V @ (x*y*z)", "extra-factor", "V @ (y*z)"),
    ("V @ x", "V @ (x*a*(1 - a))", "extra-factor", "V @ (y*a*(1 - a))"),
    ("[[s], [t]]", "[[t], [s]]", "entries-swapped", "[[t], [t]]"),
    ("W1 @ V @ x", "V @ x", "factor-forgotten", "V @ y"),
    ("tanh(y)*(x*(1 - x))", "tanh(y)*(1 - x**2)", "sigmoid-slope-of-tanh", "tanh(x)*(1 - y**2)"),
    ("tanh(y)*(1 - x**2)", "tanh(y)*x*(1 - x)", "tanh-slope-of-sigmoid", "tanh(x)*y*(1 - y)"),
    ("exp(-x)*y", "exp(x)*y", "sign-in-exponent", "exp(y)*y"),
    ("x/cosh(y)", "x*log(cosh(y))", "log-kept", "x*log(cosh(x))"),
    ("V @ x", "V @ x/n", "double-mean", "V @ x/n**3"),
    ("x*sigmoid(-y)", "x*sigmoid(y)", "sign-in-function", "x*sigmoid(-z)"),
    ("W1 @ b1 + V @ (W2 @ b2)", "W1 @ b2 + V @ (W2 @ b1)", "names-exchanged", "W2 @ b1 + V @ (W1 @ b1)"),
    ("x[i]*(kron(i,j) - y[j])", "x[i]*(1 - y[j])", "kronecker-forgotten", "x[i]*(1 - z[j])"),
    ("x*sum(y*z)/n", "x*sum(y*z)", "missing-mean", "x*sum(y*y)"),
    ("z + x*sum(y*z)", "z + x*mean(y*z)", "mean-for-sum", "z + x*mean(y*x)"),
    ("sum(y[j]*W1[i,j], j)", "sum(y[j], j)", "missing-factor", "sum(z[j], j)"),
    ("W1 @ (x*y*sinh(b1))", "W1 @ (x*y)", "missing-slope", "W1 @ (x*z)"),
    ("V @ x*sum((x - y)**2)", "V @ x*sum(x - y)", "exponent-too-low", "V @ x*sum(x - z)"),
    ("sum(W1, axis=1)", "sum(W1, axis=0)", "wrong-axis", "sum(W2, axis=0)"),
]  # fmt: skip


def read(written: str) -> Expression:
    return read_any(written, PROBLEM, Limits()).lines[0].expressions[-1]


def told(answer: str, expected: str) -> tuple[Finding, ...]:
    right, prover = read(expected), Prover(PROBLEM)
    prints = Fingerprints(PROBLEM, right)
    try:
        is_shaped = shape(read(answer)) == shape(right)
    except ShapeError:
        is_shaped = False

    def proves(a: Expression, b: Expression) -> bool:
        return prover.equal(a, b) is not None

    return undone(read(answer), right, PROBLEM, prints, proves, Words(PROBLEM), is_shaped=is_shaped)


@pytest.mark.parametrize(("right", "wrong", "code", "other"), ROWS)
def test_each_row_fires_where_its_slip_is_and_nowhere_else(right: str, wrong: str, code: str, other: str) -> None:
    assert [f.code for f in told(wrong, right)] == [code]
    assert code not in [f.code for f in told(other, right)]


def test_every_code_that_is_written_in_the_module_has_a_row() -> None:
    written = re.findall(r'Undoing\(\s*"([a-z-]+)"', inspect.getsource(undoings) + inspect.getsource(undoings_of_whole))
    assert written
    assert set(written) <= {code for _, _, code, _ in ROWS}


@pytest.mark.parametrize(("right", "wrong"), [(right, wrong) for right, wrong, _, _ in ROWS])
def test_nothing_is_named_that_is_not_proved(right: str, wrong: str) -> None:
    expected = read(right)
    prints = Fingerprints(PROBLEM, expected)
    assert undone(read(wrong), expected, PROBLEM, prints, lambda a, b: False, Words(PROBLEM)) == ()


def test_a_slip_in_an_answer_to_another_question_is_not_named() -> None:
    """Wrong answers held against every other right formula: what is named there is proved there, too."""
    for (right, *_), (_, wrong, *_) in itertools.islice(itertools.product(ROWS[::3], ROWS[::4]), 40):
        proved: list[bool] = []
        expected, prover = read(right), Prover(PROBLEM)

        def proves(a: Expression, b: Expression, prover: Prover = prover, proved: list[bool] = proved) -> bool:
            proved.append(prover.equal(a, b) is not None)
            return proved[-1]

        try:
            found = undone(read(wrong), expected, PROBLEM, Fingerprints(PROBLEM, expected), proves, Words(PROBLEM))
        except LimitError:
            continue
        assert not found or proved[-1]


def test_a_long_answer_is_left_alone() -> None:
    assert told(" + ".join(["tanh(x)*y"] * 60), "tanh(x)*y") == ()


def test_a_name_and_an_entry_of_it_are_written_out() -> None:
    x, y, z = (PROBLEM.scope.tensors[name] for name in "xyz")
    problem = Problem(scope=PROBLEM.scope, definitions=(Definition(z, read("W1 @ x + s*y")),))
    assert text(opened(z, problem)) == "W1 @ x + s*y"
    assert text(opened(Component(z, INDICES["i"], None), problem)) == "(W1 @ x)[i] + s*y[i]"
    assert opened(x, problem) == x
    assert opened(y + x, problem) == y + x


def test_an_explanation_takes_no_more_than_its_share_of_the_time() -> None:
    with within(1000.0):
        with share(0.0), pytest.raises(LimitError):
            look()
        look()


def test_points_at_which_an_answer_has_no_value_are_left_out() -> None:
    right = read("s*t")
    prints = Fingerprints(PROBLEM, right)
    assert not prints.where_defined(read("s/(t - t)")).is_ready
    assert prints.where_defined(right).of(right) == prints.of(right)
    assert prints.is_ready
