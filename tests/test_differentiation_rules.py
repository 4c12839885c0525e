"""Each rule of a derivation: where it fires, where it must not, and every line true by finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from derive.differentiation.derivation import Step
from derive.differentiation.rule import Context, redex_of
from derive.differentiation.rules import RULES, rules_for
from derive.differentiation.working import Working
from derive.errors import Unsupported
from derive.expression.functions import FUNCTIONS, apply, from_formula, unspecified
from derive.expression.nodes import (
    NODES,
    Component,
    Constant,
    Derivative,
    Diag,
    Dimension,
    Elementwise,
    Explicit,
    Expression,
    Identity,
    Index,
    IndexSum,
    KroneckerDelta,
    MatMul,
    Number,
    Ones,
    Product,
    Reduce,
    Shorthand,
    Tensor,
    number,
    scalar,
)
from derive.expression.problem import Problem
from derive.expression.sizes import column, matrix, row, size
from derive.expression.text import text
from derive.expression.traverse import walk
from tests.numeric_witness import Witness

N, M = size("n"), size("m")
X, W, A, S = (Tensor(name, shape) for name, shape in (
    ("X", matrix("n", "m")), ("W", matrix("n", "m")), ("A", matrix("k", "n")), ("S", matrix("n", "n"))))  # fmt: skip
x, y, b, r, u = (Tensor(name, shape) for name, shape in (
    ("x", column("n")), ("y", column("n")), ("b", column("n")), ("r", row("m")), ("u", column("m"))))  # fmt: skip
s, t = scalar("s"), scalar("t")
i, k = Index("i", N), Index("k", N)
F = unspecified("f")
MISH = from_formula("mish", "q", scalar("q") * apply("tanh", apply("softplus", scalar("q"))))


def total(e: Expression) -> Expression:
    return Reduce(e, None)


def inner(g: Expression, e: Expression) -> Expression:
    return Shorthand("inner", (g, e))


def softmax(e: Expression, axis: int | None = None) -> Expression:
    return Shorthand("softmax", (e,), axis)  # type: ignore[arg-type]


Case = tuple[Expression, Tensor]

FIRES: dict[str, list[Case]] = {
    "constant": [(total(X), W), (Number(3), s), (total(Ones(X.shape) * X), W)],  # type: ignore[arg-type]
    "cotangent": [(inner(X, W), W), (s, s), (total(W), W)],
    "linearity": [(total(W + 2 * W - X), W), (inner(X, W + X), W)],
    "broadcast": [(inner(X, X + b), b), (total(X * X + r), r), (inner(X, s + W), s), (inner(X, b + r), b)],
    "scalar_factor": [(total(s * W), W), (Product((s, number(2), total(W))), W), (total(s / t * W * X), W)],
    "hadamard": [(total(X * W), W), (inner(X, b * (A.T @ A @ W)), W), (inner(X, W * b), b)],
    "product_rule": [(total(W * W * X), W), (s * t * s, s), (total((S @ x) * x), x), (total(x * (S @ x) * b), x)],
    "scalar_matmul": [(total(MatMul((s, W))), s), (total(MatMul((W, s)) * X), W)],
    "dot_product": [(x @ y, x), ((S @ x) @ (2 * y), x), (x @ x, x)],
    "inner_matmul": [(inner(A @ X, A @ W), W), (x.T @ S @ x, x), (total(A @ S @ X), S), (total(S @ S @ x), S)],
    "inner_transpose": [(total(W.T @ X), W), (inner(X.T, (A.T @ A @ W).T), W)],
    "reduce": [(inner(b, Reduce(X * W, 1)), W), (total(Reduce(W, 0) ** 2), W), (s * Reduce(Reduce(W, 1), 0), W)],
    "component": [(Component(W, 1, 2), W), (Component(S @ x, i, None), x), (total(Component(W, None, 1) ** 2), W),
                  (total(Component(W, 2, None) * r), W)],
    "index_sum": [(IndexSum(Component(x, k, None) ** 2 * Component(y, k, None), k), x),
                  (total(IndexSum(Component(y, k, None) * (S @ x), k)), x)],
    "inner_diag": [(inner(S, Diag(x)), x), (total(Diag(x) @ W), x), (total(Diag(2 * r) @ X.T), r)],
    "explicit_entries": [(total(Explicit(((s, s * t), (t, number(1)))) ** 2), s),
                         (inner(Explicit(((t, t),)), Explicit(((s, s**2),))), s)],
    "power": [(total(W**3), W), (total((A @ W) ** 2), W), (total(x ** number("-1")), x), (apply("exp", t) ** s, t)],
    "exponential": [(apply("exp", t) ** s, s), (total((x * x) ** s), s), ((s * s + 1) ** s, s)],
    "log_softmax": [(inner(y, apply("log", softmax(x))), x), (inner(X, apply("log", softmax(W, 0))), W)],
    "formula": [(total(Elementwise(MISH, (W,))), W), (total(X * Elementwise(MISH, (S @ W,))), W)],
    "step_function": [(total(apply("gt", W, number(0)) * X), W), (total(apply("sign", W)), W)],
    "piecewise": [(total(X * apply("where", apply("gt", W, number(0)), W**2, number(3))), W)],
    "elementwise": [(total(apply("sigmoid", W)), W), (total(X * Elementwise(F, (S @ W,))), W),
                    (total(apply("leaky_relu", X, s)), s), (total(apply("elu", X, s)), s),
                    (total(apply("maximum", W, X)), W), (total(apply("minimum", X, W)), W),
                    (total(apply("where", X, S @ W, W)), W), (total(Elementwise(F, (W,), 1)), W)],
    "derivative_law": [(total(Elementwise(FUNCTIONS["leaky_relu"], (X, s), 1)), s)],
    "softmax": [(inner(y, softmax(x)), x), (inner(X, softmax(S @ W, 0)), W), (total(softmax(W, 1) ** 2), W)],
    "log_sum_exp": [(Shorthand("logsumexp", (S @ x,)), x), (total(r * Shorthand("logsumexp", (W,), 0)), W)],
    "norm": [(Shorthand("norm", (S @ x - y,)) ** 2, x), (total(b * Shorthand("norm", (W,), 1)), W)],
    "trace": [(Shorthand("trace", (S @ S,)), S), (s * Shorthand("trace", (A @ S @ A.T,)), S)],
    "expand": [(Shorthand("mean", (W * X,)), W),
               (total(Shorthand("outer", (x, y)) * S), x)],
}  # fmt: skip
"""For each rule: objectives whose gradient in a name needs it."""

SILENT: dict[str, Case] = {
    "constant": (total(W), W),
    "cotangent": (total(X), W),
    "linearity": (inner(X, X + b), b),
    "broadcast": (inner(X, X + W), W),
    "scalar_factor": (total(X * W), W),
    "hadamard": (total(W * W), W),
    "product_rule": (total(W), W),
    "scalar_matmul": (total(A @ W), W),
    "dot_product": (x.T @ y, x),
    "inner_matmul": (x @ y, x),
    "power": (t**s, s),
    "exponential": (t**s, t),
    "log_softmax": (total(apply("log", x)), x),
    "formula": (total(apply("tanh", x)), x),
    "step_function": (total(apply("tanh", x)), x),
    "piecewise": (total(apply("where", X, S @ W, W)), W),
    "derivative_law": (total(apply("tanh", x)), x),
    "softmax": (Shorthand("logsumexp", (x,)), x),
    "log_sum_exp": (total(softmax(x)), x),
    "norm": (Shorthand("mean", (x,)), x),
    "trace": (Shorthand("mean", (x,)), x),
    "expand": (Shorthand("norm", (x,)), x),
}
"""For each rule with a side condition: a case where it must not fire."""


class Worked(NamedTuple):
    """The steps of a derivative, and what its held names stand for."""

    steps: tuple[Step, ...]
    held: dict[Tensor, Expression]

    @property
    def result(self) -> Expression:
        return self.steps[-1].after


def worked(of: Expression, wrt: Tensor) -> Worked:
    """∂of/∂wrt worked out, held names released, tidied."""
    working = Working(Derivative(of, wrt, "partial"), Context(Problem()))
    working.differentiate(lambda d: None)
    held = dict(working.context.held)
    working.release()
    working.tidy()
    assert not any(isinstance(part, Derivative) for part in walk(working.line))
    return Worked(tuple(working.steps), held)


def witness(found: Worked, seed: int) -> Witness:
    """A random point, with a value for each held name and index."""
    point = Witness(Problem(), seed)
    point.indices["i"] = 2
    for name, value in found.held.items():
        point.values[name] = point.value(value)
    return point


def cases() -> list[tuple[str, Expression, Tensor]]:
    return [(name, of, wrt) for name, rows in FIRES.items() for of, wrt in rows]


@pytest.mark.parametrize(("name", "of", "wrt"), cases(), ids=lambda v: v if isinstance(v, str) else text(v))
def test_every_line_is_true(name: str, of: Expression, wrt: Tensor) -> None:
    found = worked(of, wrt)
    assert name in {step.rule for step in found.steps}
    for seed in range(2):
        point = witness(found, seed)
        for step in found.steps:
            assert point.error(step.before, step.after) < 1e-5, (step.rule, text(step.before), text(step.after))


@pytest.mark.parametrize("name", SILENT)
def test_rules_do_not_fire_without_their_condition(name: str) -> None:
    of, wrt = SILENT[name]
    redex = redex_of(Derivative(of, wrt, "partial"))
    assert redex is not None
    rule = RULES[name]
    assert not isinstance(redex.of, rule.on) or rule.apply(redex, Context(Problem())) is None


def test_every_derivative_rule_has_a_case() -> None:
    rules = {name for name, rule in RULES.items() if rule.kind == "derivative"}
    assert set(FIRES) == rules
    assert {name for name in rules if RULES[name].condition} <= set(SILENT) | {"component"}


def test_every_rule_states_its_law() -> None:
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.law
        assert rule.title


LEAVES: dict[type[Expression], Callable[[], Expression]] = {
    Number: lambda: number(2), Constant: lambda: Constant("pi"), Dimension: lambda: Dimension(N),
    KroneckerDelta: lambda: KroneckerDelta(i, k), Identity: lambda: Identity(N), Ones: lambda: Ones((N, M)),
}  # fmt: skip


def test_every_node_has_a_law() -> None:
    seen = {type(part) for rows in FIRES.values() for of, _ in rows for part in walk(of)} | set(LEAVES)
    assert seen | {Derivative} == set(NODES)
    for leaf in LEAVES.values():
        assert rules_for(leaf())[0].name == "constant"


def test_a_derivative_inside_the_objective_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="jacobian"):
        worked(total(Derivative(S @ x, x, "jacobian")), x)


def test_the_cotangent_is_held_fixed_by_a_name() -> None:
    found = worked(total((S @ x) ** 2), x)
    assert found.held
    assert text(found.result) == "2*(S.T @ (S @ x))"
