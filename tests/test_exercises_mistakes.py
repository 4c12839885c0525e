"""At least five wrong answers to every exercise get the right named mistake: those that the table leads to, and typed
ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from derive.checking.check import Checker
from derive.differentiation.derivation import Derivation
from derive.differentiation.gradient import gradient
from derive.errors import DeriveError
from derive.exercises import EXERCISES, Exercise, exercise
from derive.exercises.solution import in_given_names
from derive.expression.nodes import Expression
from derive.expression.text import text
from derive.mistakes.fingerprint import Fingerprints
from derive.mistakes.table import MISTAKES
from derive.mistakes.work import Work

ENOUGH = 5
TRIED = 12

TYPED: dict[str, dict[str, str]] = {
    "bias-gradient-column": {
        "delta[l]": "not-summed",
        "mean(delta[l], axis=1)": "mean-for-sum",
        "-sum(delta[l], axis=1)": "whole-sign",
        "sum(W[l+1].T @ delta[l+1], axis=1)": "missing-hidden-slope",
        "sum(W[l+1].T @ delta[l+1] * f(Z[l]), axis=1)": "function-for-derivative",
    },
    "bias-gradient-row": {
        "delta[l]": "not-summed",
        "mean(delta[l], axis=0)": "mean-for-sum",
        "-sum(delta[l], axis=0)": "whole-sign",
        "sum(delta[l+1] @ W[l+1].T, axis=0)": "missing-hidden-slope",
        "sum(delta[l+1] @ W[l+1].T * f(Z[l]), axis=0)": "function-for-derivative",
    },
    "l2-gradient-column": {
        "delta[l] @ A[l-1].T": "missing-regulariser",
        "delta[l] @ A[l-1].T + 2*lam*W[l]": "factor-in-regulariser",
        "delta[l] @ A[l-1].T + lam": "regulariser-without-weights",
        "delta[l] @ A[l-1].T - lam*W[l]": "sign-of-regulariser",
        "delta[l] @ A[l-1].T + lam*sign(W[l])": "sign-for-weights",
        "lam*W[l]": "only-regulariser",
    },
    "l2-gradient-row": {
        "A[l-1].T @ delta[l]": "missing-regulariser",
        "A[l-1].T @ delta[l] + lam/2*W[l]": "factor-in-regulariser",
        "A[l-1].T @ delta[l] + W[l]": "regulariser-without-lambda",
        "A[l-1].T @ delta[l] + lam/N*W[l]": "mean-on-regulariser",
        "A[l-1].T @ delta[l] + lam*W[l]**2": "regulariser-squared",
    },
    "logistic-hessian": {
        "X.T @ X": "factor-forgotten",
        "X.T @ diag(p) @ X": "function-for-derivative",
        "-X.T @ diag(p*(1 - p)) @ X": "whole-sign",
        "X.T @ diag(p*(1 + p)) @ X": "sigmoid-slope-plus",
        "X.T @ diag(p*(1 - p)*(1 - 2*p)) @ X": "second-derivative",
    },
    "softmax-hessian": {
        "p[i]*(kron(i,j) + p[j])": "plus-for-minus",
        "p[i]*kron(i,j)": "missing-term",
        "p[i] - y[i]": "first-derivative",
        "-p[i]*p[j]": "kronecker-term-forgotten",
        "p[i]*(p[j] - kron(i,j))": "whole-sign",
        "p[i]*(1 - p[j])": "kronecker-forgotten",
    },
    "relu-slope-column": {
        "(z < 0)": "relu-slope-reversed",
        "sign(z)": "relu-slope-sign",
        "relu(z)": "function-for-derivative",
        "-(z > 0)": "whole-sign",
        "2*(z > 0)": "factor-two",
    },
    "sigmoid-slope": {
        "f(x)": "function-for-derivative",
        "1 - f(x)": "sigmoid-slope-half",
        "exp(-x)/(1 + exp(-x))": "sigmoid-slope-half",
        "1 - f(x)**2": "sigmoid-slope-of-tanh",
        "x*(1 - x)": "sigmoid-slope-of-z",
        "f(x)*(1 + f(x))": "sigmoid-slope-plus",
        "-f(x)*(1 - f(x))": "whole-sign",
    },
    "tanh-slope": {
        "1 - tanh(x)": "tanh-slope-unsquared",
        "tanh(x)": "function-for-derivative",
        "1 - x**2": "tanh-slope-of-z",
        "f(x)*(1 - f(x))": "tanh-slope-of-sigmoid",
        "-(1 - f(x)**2)": "whole-sign",
    },
    "leaky-relu-slope": {
        "(z > 0)": "leaky-slope-forgotten",
        "where(z > 0, alpha, 1)": "leaky-slope-swapped",
        "where(z > 0, 1, -alpha)": "leaky-slope-negative",
        "leaky_relu(z, alpha)": "function-for-derivative",
        "-where(z > 0, 1, alpha)": "whole-sign",
    },
    "softplus-slope": {
        "f(x)": "function-for-derivative",
        "sigmoid(x)*(1 - sigmoid(x))": "second-derivative",
        "-sigmoid(x)": "whole-sign",
        "2*sigmoid(x)": "factor-two",
    },
    "output-delta-column": {
        "(y - a[L])*f'(z[L])": "target-minus-prediction",
        "a[L] - y": "missing-output-slope",
        "(a[L] - y)*f(z[L])": "function-for-derivative",
        "2*(a[L] - y)*f'(z[L])": "factor-two",
        "a[L]*f'(z[L])": "target-forgotten",
    },
    "hidden-delta-row": {
        "delta[l+1] @ W[l+1].T": "missing-hidden-slope",
        "delta[l+1] @ W[l+1].T * f(z[l])": "function-for-derivative",
        "-delta[l+1] @ W[l+1].T * f'(z[l])": "whole-sign",
        "delta[l+1] @ W[l+1].T * f'(a[l])": "slope-at-activation",
        "delta[l+1] @ W[l+1].T / f'(z[l])": "divided-by-slope",
    },
    "weights-component": {
        "delta1[j]*x[i]": "whole-transposed",
        "delta1[i]": "missing-factor",
        "delta2[i]*x[j]": "delta-of-other-layer",
        "a1[i]*x[j]": "value-for-delta",
        "delta1[i]*a1[j]": "activation-of-other-layer",
    },
    "linear-layers": {
        "W1 @ W2": "order-of-product",
        "W2": "factor-forgotten",
        "W1": "factor-forgotten",
        "-W2 @ W1": "whole-sign",
        "2*W2 @ W1": "factor-two",
    },
    "logistic-regression": {
        "(y - h)*x": "target-minus-prediction",
        "(h - y)*h*(1 - h)*x": "extra-output-slope",
        "(h - y)**2*x": "square-kept",
        "(z - y)*x": "pre-activation-in-error",
        "2*(h - y)*x": "factor-two",
    },
    "cross-entropy-output-batch": {
        "A.T @ (y - p)/m": "target-minus-prediction",
        "A.T @ (p - y)": "missing-mean",
        "A.T @ p/m": "target-forgotten",
        "A @ (p - y)/m": "transpose-forgotten",
        "Z.T @ (p - y)/m": "pre-activation-for-activation",
    },
    "gradient-two-variables": {
        "[[6*x[1]*x[2]], [3*x[1]]]": "exponent-too-low",
        "[[3*x[1]*x[2]], [3*x[1]**2]]": "power-coefficient",
        "[[6*x[1]*x[2]], [0]]": "missing-term",
        "-[[6*x[1]*x[2]], [3*x[1]**2]]": "whole-sign",
    },
    "total-derivative": {
        "2*u*v*g'(t)": "missing-term",
        "2*u*v*g'(t) - u**2*h'(t)": "minus-for-plus",
        "2*u*v*g(t) + u**2*h'(t)": "function-for-derivative",
        "2*u*v*g'(t) + u*h'(t)": "exponent-too-low",
    },
    "jacobian-composition": {
        "diag(g(z)) @ W": "function-for-derivative",
        "W": "factor-forgotten",
        "diag(g'(a)) @ W": "slope-at-activation",
        "W @ diag(g'(z))": "order-of-product",
        "-diag(g'(z)) @ W": "whole-sign",
    },
    "vanishing-gradient": {
        "w1*w2*w3*f'(z1)*f'(z2)": "missing-output-slope",
        "-w1*w2*w3*f'(z1)*f'(z2)*f'(z3)": "whole-sign",
        "w1*w2*w3*f'(z3)*f'(z2)*f(z1)": "function-for-derivative",
        "w1*w2*w3*f'(a1)*f'(z2)*f'(z3)": "slope-at-activation",
        "w2*w3*f'(z1)*f'(z2)*f'(z3)": "missing-factor",
    },
    "step-l2": {
        "W2 + eta*(delta2*a1 + 2*lam*W2)": "step-uphill",
        "W2 - eta*delta2*a1 - 2*lam*W2": "rate-on-one-term",
        "W2 - (delta2*a1 + 2*lam*W2)": "learning-rate-forgotten",
        "-eta*(delta2*a1 + 2*lam*W2)": "start-forgotten",
    },
    "step-mini-batch": {
        "W1 + alpha*((A1 - Y)*f'(Z1)/B) @ X.T": "step-uphill",
        "W1 - alpha*((A1 - Y)*f'(Z1)) @ X.T": "missing-mean",
        "-alpha*((A1 - Y)*f'(Z1)/B) @ X.T": "start-forgotten",
        "W1 - ((A1 - Y)*f'(Z1)/B) @ X.T": "learning-rate-forgotten",
        "alpha*W1 - ((A1 - Y)*f'(Z1)/B) @ X.T": "rate-on-start",
    },
    "parameter-count": {
        "22": "biases-not-counted",
        "8": "weights-not-counted",
        "31": "bias-per-input",
        "2*3 + 1 + 3*4 + 1 + 4*1 + 1": "bias-per-layer",
        "44": "bias-per-weight",
    },
    "parameter-count-general": {
        "n0*n1 + n1*n2": "biases-not-counted",
        "n1 + n2": "weights-not-counted",
        "n0*n1 + 1 + n1*n2 + 1": "bias-per-layer",
        "n0*n1 + n0 + n1*n2 + n1": "bias-per-input",
        "n0*n1 + n1": "layer-not-counted",
    },
    "he": {
        "1/n0": "half-of-relu-forgotten",
        "2/n1": "other-width",
        "2/(n0 + n1)": "both-widths",
        "sqrt(2/n0)": "deviation-for-variance",
        "n0/2": "reciprocal",
        "2/n0**2": "terms-as-one",
    },
    "relu-second-moment": {
        "v": "half-of-relu-forgotten",
        "v/2 - v/(2*pi)": "variance-for-moment",
        "sqrt(v/2)": "deviation-for-variance",
        "v**2/4": "square-of-answer",
        "-v/2": "whole-sign",
    },
    "robbins-monro": {
        "(p >= 1/2)*(p <= 1)": "boundary-moved",
        "(p > 1/2)*(p < 1)": "boundary-moved",
        "(p <= 1)": "condition-dropped",
        "(p > 1)*(p > 1/2)": "condition-negated",
        "(p < 1/2)*(p <= 1)": "condition-reversed",
    },
    "robbins-monro-harmonic": {
        "pi/6": "constant-not-squared",
        "6/pi**2": "reciprocal",
        "pi**4/36": "square-of-answer",
        "pi**2/3": "factor-two",
        "pi**2/12": "factor-half",
    },
}
"""Typed wrong answers with the code that must be among those they get."""


@cache
def checker(name: str) -> Checker:
    """What decides the answers to an exercise, made once."""
    return Checker(exercise(name).problem)


def derivation_of(of: Exercise) -> Derivation | None:
    """The derivation that slips are made in, if the question is a derivative."""
    return gradient(of.problem) if of.problem.question.value is None else None


def candidates(of: Exercise) -> Iterator[tuple[str, Expression]]:
    """Wrong answers with the code of the row that leads to each, codes taken in turn, no two of one value."""
    derivation = derivation_of(of)
    deciding = checker(of.id)
    deciding.prepare()
    expected = deciding.question.expected()[0] if derivation is None else derivation.result
    problem = deciding.question.known()
    work = Work(of.problem, expected, derivation)
    prints = Fingerprints(of.problem if derivation is None else problem, expected, work.facts.errors)
    seen, codes = {None, prints.of(expected)}, set()
    for candidate in work.single():
        code, mark = candidate.slips[0][0].code, prints.of(candidate.answer)
        if code not in codes and mark not in seen:
            seen.add(mark)
            codes.add(code)
            yield code, candidate.answer if derivation is None else in_given_names(derivation, candidate.answer)


@cache
def named(name: str, answer: str) -> tuple[str, ...]:
    """The codes that a wrong answer gets; it must be wrong."""
    verdict = checker(name).check(answer)
    assert verdict.verdict in ("refuted", "conditional"), f"{answer}: {verdict.verdict} {verdict.reason}"
    return tuple(mistake.code for mistake in verdict.mistakes)


@pytest.mark.parametrize("name", EXERCISES)
def test_five_wrong_answers_get_the_right_name(name: str) -> None:
    of = exercise(name)
    typed = TYPED.get(name, {})
    right = [answer for answer, code in typed.items() if code in named(name, answer)]
    tried = []
    for code, answer in candidates(of):
        if len(right) >= ENOUGH or len(tried) == TRIED:
            break
        try:
            written = text(answer)
        except DeriveError:
            continue
        if written in typed:
            continue
        codes = named(name, written)
        tried.append((code, written, codes))
        if code in codes:
            right.append(written)
    assert len(right) >= ENOUGH, tried


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name in TYPED for answer in TYPED[name]])
def test_a_typed_wrong_answer_gets_its_name(name: str, answer: str) -> None:
    code = TYPED[name][answer]
    assert code in MISTAKES
    assert code in named(name, answer)
