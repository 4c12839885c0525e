"""Derivatives by one entry, and formulas in entries: each is proved equal to what it stands for."""

from __future__ import annotations

import pytest

from derive.checking.check import Checker
from derive.checking.form.gathering import gathered
from derive.differentiation.gradient import gradient
from derive.differentiation.in_entries import in_entries
from derive.differentiation.replay import replay
from derive.differentiation.tangents import by_entry
from derive.errors import Unsupported
from derive.expression.nodes import Component, Expression
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.expression.traverse import walk
from derive.notation import read_any
from derive.problems import from_table

PROBLEM = from_table(
    {
        "shapes": {"x": ["d"], "W1": ["m", "d"], "b1": ["m"], "W2": ["n", "m"], "X": ["d", "N"]},
        "functions": {"g": "unspecified"},
        "indices": {"i": "m", "j": "d", "p": "n"},
        "define": {
            "z1": "W1 @ x + b1", "a1": "g(z1)", "z2": "W2 @ a1", "s": "softmax(z2)", "Z": "W1 @ X + b1",
            "c": "sum(Z, axis=1)", "r": "sum(a1*z1)*z2", "h": "1/(1 + exp(-z1))", "A": "g(Z)",
        },
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(PROBLEM, explain=False)


def _read(written: str, problem: Problem = PROBLEM) -> Expression:
    (line,) = read_any(written, problem).lines
    return line.expressions[0]


@pytest.mark.parametrize(
    ("of", "wrt", "closed"),
    [
        ("z1", "W1[i,j]", "x[j]*eye(m)[:,i]"),
        ("a1", "W1[i,j]", "g'(z1[i])*x[j]*eye(m)[:,i]"),
        ("z2", "W1[i,j]", "g'(z1[i])*x[j]*W2[:,i]"),
        ("z2", "x[j]", "W2 @ (g'(z1)*W1[:,j])"),
        ("s", "z2[p]", "softmax(z2)[p]*eye(n)[:,p] - softmax(z2)[p]*softmax(z2)"),
        ("c", "W1[i,j]", "sum(X[j,:])*eye(m)[:,i]"),
        ("r", "b1[i]", ""),
        ("h", "W1[i,j]", ""),
        ("norm(z1)*x", "W1[i,j]", ""),
        ("z2**2", "W2[p,i]", ""),
    ],
)
def test_a_vector_by_one_entry_has_a_closed_form(of: str, wrt: str, closed: str, checker: Checker) -> None:
    found = in_entries(by_entry(PROBLEM, _read(of), _read(wrt)), PROBLEM)
    assert not closed or text(found) == text(_read(closed))
    assert checker.check(f"jacobian({of}, {wrt}) = {text(found)}").verdict == "proved"


@pytest.mark.parametrize(("of", "closed"), [("Z", "eye(m)[:,i] @ X[j,:]"), ("W2 @ A", "W2[:,i] @ (g'(Z)[i,:]*X[j,:])")])
def test_a_matrix_by_one_entry_is_a_column_times_a_row(of: str, closed: str) -> None:
    assert text(by_entry(PROBLEM, _read(of), _read("W1[i,j]"))) == text(_read(closed))


def test_what_is_no_sum_of_columns_times_rows_is_refused() -> None:
    with pytest.raises(Unsupported, match="column and a row"):
        by_entry(PROBLEM, _read("g(W2 @ A)"), _read("W1[i,j]"))


def test_the_derivation_by_one_entry_replays() -> None:
    asked = from_table({"shapes": {"x": ["d"], "W": ["m", "d"]}, "define": {"z": "W @ x"}, "question": {
        "objective": "z", "wrt": "W[i,j]"}})  # fmt: skip
    derivation = gradient(asked)
    assert text(derivation.result) == "x[j]*eye(m)[:,i]"
    assert replay(derivation).accepted


@pytest.mark.parametrize(
    "written", ["(W1 @ x + b1)[i]", "(g'(z1)*b1 - z1)[i]", "((a1*b1) @ x.T)[i,j]", "(W2 @ W1)[p,j]"]
)
def test_an_entry_is_written_in_entries_of_names(written: str, checker: Checker) -> None:
    found = in_entries(_read(written), PROBLEM)
    assert all(len(list(walk(e.operand))) == 1 for e in walk(found) if isinstance(e, Component))
    assert checker.check(f"{written} = {text(found)}").verdict == "proved"


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("[[a[1]], [a[2]]]", "a"),
        ("[[M[1,1], M[1,2]], [M[2,1], M[2,2]]]", "M"),
        ("[[tanh(a[1])], [tanh(a[2])]]", "tanh(a)"),
        ("[[a[2]], [a[1]]]", ""),
        ("[[a[1], a[2]]]", ""),
        ("[[tanh(a[1])], [exp(a[2])]]", ""),
        ("[[tanh'(a[1])], [tanh'(a[2])]]", "tanh'(a)"),
        ("[[tanh'(a[1])], [tanh(a[2])]]", ""),
        ("[[b[1]], [b[2]]]", ""),  # b has a third entry
    ],
)
def test_a_matrix_that_lists_all_of_a_name_is_that(written: str, whole: str) -> None:
    problem = from_table({"shapes": {"a": [2], "b": [3], "M": [2, 2]}})
    listed = _read(written, problem)
    assert gathered(listed) == (_read(whole, problem) if whole else listed)
