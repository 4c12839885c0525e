"""Replaying derivations: right ones are accepted step by step, planted mistakes are caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from derive.differentiation import working
from derive.differentiation.derivation import Derivation, Step
from derive.differentiation.entries_style import entries_derivation
from derive.differentiation.gradient import gradient
from derive.differentiation.identity import IDENTITIES, identity_derivation
from derive.differentiation.index_style import index_derivation
from derive.differentiation.replay import replay
from derive.differentiation.rule import Context, Rule
from derive.differentiation.rules import RULES, rules_for
from derive.differentiation.terms import negative
from derive.expression.nodes import Expression, Product, Reduce, Transpose, number
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.expression.traverse import children, rebuild
from derive.networks.network import Network

NETWORKS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "two layers": ({"widths": "n0,n1,n2", "batch": "N", "l2": "lam/2"}, ("W1", "b1", "X", "lam")),
    "rows": ({"widths": "n0,n1,n2", "batch": "N", "l1": "lam", "layout": "row"}, ("W1", "b2")),
    "numerator, example": (
        {"widths": "2,3,1", "activations": "gelu,sigmoid", "loss": "bce", "batch": "N", "gradient": "numerator",
         "delta": "example"}, ("W1", "b1")),
    "softmax": ({"widths": "n0,n1,n2", "activations": "tanh,softmax", "loss": "softmax-ce", "batch": "N"}, ("W1",)),
    "logits": ({"widths": "n0,n1,n2", "activations": "silu,identity", "loss": "softmax-ce"}, ("W1", "z2")),
    "logistic": ({"widths": "n0,n1,1", "activations": "leaky_relu(alpha),identity", "loss": "logistic"},
                 ("W1", "alpha")),
    "scalars": ({"widths": "1,1,1", "loss": "bce", "l1": "lam", "l2": "lam"}, ("W1", "b1")),
    "unspecified": ({"widths": "n0,n1,n2", "activations": "f,elu", "loss": "mse", "batch": "N"}, ("W1",)),
    "any depth": ({"widths": "n0,...,nL", "activations": "f", "batch": "N", "l2": "lam/2"},
                  ("W[l]", "b[L]", "delta[l]", "delta[L]", "x", "a[l]")),
    "any depth, rows": ({"widths": "n0,...,nL", "layout": "row", "delta": "example", "batch": "N"}, ("W[l]", "z[l-1]")),
}  # fmt: skip


def failures(derivation: Derivation) -> list[str]:
    return [
        f"{c.step.rule}: {text(c.step.before)} = {text(c.step.after)}: {c.reason}" for c in replay(derivation).failures
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_step_is_accepted(name: str) -> None:
    options, asked = NETWORKS[name]
    for wrt in asked:
        problem = Network(**{"activations": "sigmoid", **options}).problem(wrt if "..." in options["widths"] else None)
        assert failures(gradient(problem, wrt)) == []
        assert failures(gradient(problem, wrt).brief()) == []


@pytest.mark.parametrize("name", ["two layers", "rows", "softmax", "scalars", "any depth"])
def test_index_style_is_accepted(name: str) -> None:
    options, asked = NETWORKS[name]
    problem = Network(**{"activations": "sigmoid", **options}).problem(asked[0])
    assert failures(index_derivation(problem, asked[0])) == []


def test_entries_style_is_accepted() -> None:
    assert failures(entries_derivation(Network("2,3,1", "relu").problem(), "W1")) == []


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_are_proved_from_the_definition(name: str) -> None:
    assert failures(identity_derivation(name)) == []


def test_replay_is_linear_in_depth() -> None:
    problem = Network(",".join(f"n{k}" for k in range(31)), "tanh", batch="N").problem()
    assert failures(gradient(problem, "W1")) == []


def without_transposes(e: Expression) -> Expression:
    e = rebuild(e, without_transposes)
    return e.operand if isinstance(e, Transpose) else e


def without_first_factor(e: Expression) -> Expression:
    e = rebuild(e, without_first_factor)
    return Product(e.factors[1:]) if isinstance(e, Product) and len(e.factors) > 2 else e


def without_last_term(e: Expression) -> Expression:
    found = children(e)
    return found[0] if found and shape(found[0]) == shape(e) else e


def without_sum(e: Expression) -> Expression:
    return rebuild(e, without_sum) if not isinstance(e, Reduce) or e.axis is None else number(2) * e


MUTANTS: dict[str, tuple[str, Callable[[Expression], Expression], str]] = {
    "a lost transpose": ("inner_matmul", without_transposes, "square"),
    "a flipped sign": ("elementwise", negative, "bce"),
    "a lost factor": ("power", without_first_factor, "squared"),
    "a doubled factor": ("power", lambda e: number(2) * e, "squared"),
    "a lost term": ("linearity", without_last_term, "regularised"),
    "a wrong sum": ("broadcast", without_sum, "bias"),
    "a halved product": ("hadamard", lambda e: number("1/2") * e, "bce"),
    "a scalar taken twice": ("scalar_factor", lambda e: number(2) * e, "squared"),
    "softmax without its mean": ("softmax", without_last_term, "softmax"),
    "a wrong activation derivative": ("derivative_of_function", lambda e: number(2) * e, "square"),
}

PROBLEMS: dict[str, tuple[dict[str, Any], str]] = {
    "square": ({"widths": "n,n,n", "activations": "sigmoid"}, "W1"),
    "bce": ({"widths": "n0,n1,n2", "activations": "sigmoid", "loss": "bce"}, "W1"),
    "squared": ({"widths": "n0,n1,n2", "activations": "sigmoid", "batch": "N"}, "W1"),
    "regularised": ({"widths": "n0,n1", "activations": "f", "l2": "lam/2", "l1": "mu"}, "W1"),
    "bias": ({"widths": "n0,n1", "activations": "f", "batch": "N"}, "b1"),
    "softmax": ({"widths": "n0,n1", "activations": "softmax", "loss": "softmax-ce", "batch": "N"}, "W1"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, mutate, problem = MUTANTS[name]
    original, fired = RULES[broken], []

    def apply(e: Any, context: Context) -> Expression | None:
        result = original.apply(e, context)
        wrong = None if result is None else mutate(result)
        fired.append(wrong != result)
        return wrong

    mutant = replace(original, apply=apply)

    def rules(e: Expression) -> list[Rule]:
        return [mutant if rule is original else rule for rule in rules_for(e)]

    monkeypatch.setattr(working, "rules_for", rules)
    monkeypatch.setattr(working, "RULES", {**RULES, broken: mutant})
    options, wrt = PROBLEMS[problem]
    derivation = gradient(Network(**options).problem(), wrt)
    assert any(fired)
    found = replay(derivation)
    assert not found.accepted
    assert any(check.step.rule == broken for check in found.failures)


def altered(derivation: Derivation, **changes: Any) -> Derivation:
    """The derivation with the first step of its last stage changed."""
    last = derivation.stages[-1]
    steps = (replace(last.steps[0], **changes), *last.steps[1:])
    return replace(derivation, stages=(*derivation.stages[:-1], replace(last, steps=steps)))


def reasons(derivation: Derivation) -> str:
    return "; ".join(check.reason for check in replay(derivation).failures)


def test_what_a_refusal_says() -> None:
    good = gradient(Network("n0,n1", "f", batch="N").problem(), "W1")
    first: Step = good.stages[-1].steps[0]
    assert "no rule called magic" in reasons(altered(good, rule="magic"))
    assert "does not apply" in reasons(altered(good, rule="inner_transpose"))
    assert "different shapes" in reasons(altered(good, after=Transpose(first.after)))
    assert "not proved equal" in reasons(altered(good, after=number(3) * first.after))
    assert "does not continue" in reasons(altered(good, before=first.after))


def test_a_line_left_out_is_noticed() -> None:
    good = gradient(Network("n0,n1", "f", batch="N").problem(), "W1")
    last = good.stages[-1]
    cut = replace(good, stages=(*good.stages[:-1], replace(last, steps=last.steps[1:])))
    assert "does not continue" in reasons(cut)


def test_a_stage_left_out_is_noticed() -> None:
    good = gradient(Network("n0,n1,n2", "f").problem(), "W1")
    assert not replay(replace(good, stages=(good.stages[0], good.stages[2]))).accepted
