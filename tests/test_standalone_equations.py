"""Equations that speak for themselves: shapes by custom, corrected until they conform; no wrong verdict on any."""

from __future__ import annotations

import json

import pytest

import cli
from benchmarks.renaming import WAYS, renamed
from benchmarks.self_contained import Case, cases, outcome
from derive.checking.verdicts.verdict import Verdict
from derive.errors import UsageError
from derive.expression.sizes import shape_list
from derive.standalone import check_standalone, read_shapes, shapes_of
from tests.pace import at_most

SAMPLE = [case for k, case in enumerate(cases()) if k // 2 % 3 == 0]


def shapes(verdict: Verdict) -> dict[str, list[str]]:
    assert verdict.reading is not None
    return {name: shape_list(shape) for name, shape in verdict.reading.shapes}


@pytest.mark.parametrize("case", SAMPLE, ids=[case.text for case in SAMPLE])
def test_no_verdict_is_wrong(case: Case) -> None:
    assert outcome(case)[0] in ("as it should be", "ambiguous")


@pytest.mark.parametrize("way", WAYS)
def test_no_verdict_is_wrong_with_other_letters(way: str) -> None:
    for case in SAMPLE[::5]:
        other = Case(renamed(case.text, way), case.is_right, "")
        assert outcome(other)[0] in ("as it should be", "ambiguous", "not understood"), other.text


@pytest.mark.parametrize("case", SAMPLE[::4], ids=[case.text for case in SAMPLE[::4]])
def test_insisting_on_the_reading_changes_nothing(case: Case) -> None:
    free = check_standalone(case.text)
    if free.reading is not None:
        given = dict(free.reading.shapes)
        again = check_standalone(case.text, given)
        assert (again.verdict, again.holds_when, shapes(again)) == (free.verdict, free.holds_when, shapes(free))


@pytest.mark.parametrize(("old", "new"), [(".T", ""), (" + ", " - "), ("@", "*"), ("2*", "3*")])
def test_what_is_refuted_with_the_right_shapes_is_never_proved_without(old: str, new: str) -> None:
    for case in SAMPLE[::6]:
        reading = check_standalone(case.text).reading
        left, _, right = case.text.rpartition(" = ")
        spoiled = f"{left} = {right.replace(old, new, 1)}"
        if case.is_right and reading is not None and old in right and ";" not in left:
            told = check_standalone(spoiled, dict(reading.shapes)).verdict
            free = check_standalone(spoiled).verdict
            assert {told, free} not in ({"refuted", "proved"}, {"conditional", "proved"}), spoiled


@pytest.mark.parametrize("case", SAMPLE[1::5], ids=[case.text for case in SAMPLE[1::5]])
def test_twice_an_equation_is_as_right_as_it_is(case: Case) -> None:
    if ";" in case.text or "]" in case.text:
        return
    left, right = case.text.split(" = ")
    assert check_standalone(f"2*({left}) = 2*({right})").verdict in (
        check_standalone(case.text).verdict,
        "not understood",
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)", {"A": ["n", "m"], "x": ["m"], "y": ["n"]}),
        ("e^(-z)/(1+e^(-z))^2 = 1/(2+2cosh(z))", {"z": ["n"]}),
        ("softmax'(z)[i,j] = softmax(z)[i]*(kron(i,j)-softmax(z)[j])", {"z": ["n"]}),
        ("grad(x.T@A@x, x) = (A+A.T)@x", {"x": ["n"], "A": ["n", "n"]}),
        ("grad(lam*norm(w)**2, w) = 2*lam*w", {"lam": [], "w": ["n"]}),
        ("grad(a*x**2 + b, x) = 2*a*x", {"a": [], "x": [], "b": []}),
        ("grad((W@x-y)**2, W) = 2*(W@x-y)*x.T", {"W": ["1", "n"], "x": ["n"], "y": []}),
        ("grad(norm(X@theta-y)**2, theta) = 2*X.T@(X@theta-y)", {"X": ["n", "m"], "theta": ["m"], "y": ["n"]}),
        ("x.T@Sigma@x = trace(Sigma@x@x.T)", {"x": ["n"], "Sigma": ["n", "n"]}),
        ("grad(mean(x), x) = ones(n)/n", {"x": ["n"]}),
        ("cosh(x)^2 - sinh(x)^2 = 1", {"x": []}),
        ("trace(A@B) = trace(B@A)", {"A": ["n", "m"], "B": ["m", "n"]}),
        ("(u@v.T)[i,j] = u[i]*v[j]", {"u": ["n"], "v": ["m"]}),
        ("s = norm(x)**2; grad(s, x) = 2*x", {"x": ["n"]}),
        ("eye(3)@x = x", {"x": ["3"]}),
    ],
)
def test_shapes_are_those_of_custom_corrected_by_use(written: str, expected: dict[str, list[str]]) -> None:
    verdict = check_standalone(written)
    assert (verdict.verdict, shapes(verdict)) == ("proved", expected)


def test_functions_and_indices_are_part_of_the_reading() -> None:
    reading = check_standalone("jacobian(f(σ(z)), z)[i,j] = kron(i,j)*f'(σ(z))[i]*σ'(z)[i]").reading
    assert reading is not None
    assert dict(reading.functions) == {"f": "unspecified", "sigma": "sigmoid"}
    assert dict(reading.indices) == {"i": "n", "j": "n"}


@pytest.mark.parametrize(
    ("written", "given", "verdict"),
    [
        ("grad(sum(a*x), x) = sum(a)", {}, "not understood"),
        ("grad(sum(a*x), x) = sum(a)", {"x": []}, "proved"),
        ("grad(sum(a*x), x) = sum(a)", {"x": ["n"]}, "refuted"),
        ("mean(x) = sum(x)/n", {}, "not understood"),
        ("mean(x) = sum(x)/n", {"x": ["n"]}, "proved"),
        ("mean(x) = sum(x)/n", {"x": ["m"]}, "refuted"),
        ("mean(x) = sum(x)/4", {"x": [4]}, "proved"),
        ("c*A@x = A@(c*x)", {}, "not understood"),
        ("c*A@x = A@(c*x)", {"c": []}, "proved"),
        ("A@x = y + x", {"A": ["n", "m"], "x": ["n"], "y": ["n"]}, "refuted"),
        ("x^Tx = norm(x)^2", {}, "proved"),
        ("x@y.T = y@x.T", {"x": ["n"], "y": ["n"]}, "refuted"),  # no derivative, so no layout
    ],
)
def test_shape_settles_what_custom_leaves_open(written: str, given: dict[str, list[str | int]], verdict: str) -> None:
    found = check_standalone(written, shapes_of(given))
    assert found.verdict == verdict
    if verdict == "not understood":
        assert found.code == "E-AMBIGUOUS"
        assert "--shape" in str(found.reason)
        assert len({outcome for _, outcome in found.readings}) > 1


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("x + y", "E-SYNTAX", "left = right"),
        ("dE/dx = 2*x", "E-NAME", "what E is"),
        ("det(A) = 1", "E-SYNTAX", "determinant"),
        ("E(x) = x", "E-SYNTAX", "expectation"),
        ("A@inv(A) = eye(n)", "E-SYNTAX", "inverse"),
        ("foo(x) = x", "E-SYNTAX", "foo"),
        ("AB = x BA", "E-EMPTY", "only defines AB"),
        ("grad(x@A@x, x) = 2*A@x", "E-SHAPES", "x@A@x"),
        ("y = A@x", "E-EMPTY", "only defines y"),
        ("A@x = y", "E-EMPTY", "only defines y"),
        ("z[i] = sum(W[i,j]*x[j], j)", "E-EMPTY", "only defines z"),
        (r"J(w) = \frac12 \|Xw - y\|^2", "E-EMPTY", "only defines J"),
        ("f'(x) = f(x)*(1 - f(x))", "E-NAME", "every function f"),
        ("f(x) = maximum(0, x)", "E-NAME", "every function f"),
        ("delta^l = (W^(l+1)).T@delta^(l+1)", "E-NAME", "layer"),
        ("x = = y", "E-SYNTAX", ""),
        ("", "E-EMPTY", ""),
    ],
)
def test_what_is_not_understood_is_said(written: str, code: str, words: str) -> None:
    verdict = check_standalone(written)
    assert (verdict.verdict, verdict.code) == ("not understood", code)
    assert words in str(verdict.reason)


def test_the_other_layout_is_a_condition() -> None:
    verdict = check_standalone("grad(a.T@x, x) = a.T")
    assert (verdict.verdict, verdict.holds_when) == ("conditional", ("numerator layout",))


def test_many_names_take_no_longer_than_a_second() -> None:
    names = "abcfghjklopqrstuvw"
    with at_most(2):
        verdict = check_standalone(f"grad({' + '.join(f'{c}**2' for c in names)}, a) = 2*a")
        assert verdict.verdict == "proved"
        check_standalone("*".join(f"x{k}" for k in range(60)) + " = 1")


@pytest.mark.parametrize("given", ["W", "W=", "2=n", "W=n,m,k", "W=n+1", "W=0", "x y=n"])
def test_a_shape_is_a_name_and_sizes(given: str) -> None:
    if given == "W=":
        assert read_shapes([given]) == {"W": (1, 1)}
        return
    with pytest.raises(UsageError):
        read_shapes([given])


def test_a_shape_is_of_a_name_that_occurs() -> None:
    with pytest.raises(UsageError, match="no name q"):
        check_standalone("x = x", read_shapes(["q=n"]))


def test_the_reading_is_printed_first_and_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "grad(norm(A@x-y)**2, x) = 2*A.T@(A@x-y)"]) == 0
    assert " ".join(capsys.readouterr().out.split("\n")[0].split()) == "Names A is n×m, x is m×1, y is n×1"
    assert cli.run(["check", "--format", "json", "--shape", "W=2,m", "W@x + b = b + W@x"]) == 0
    assert json.loads(capsys.readouterr().out)["reading"]["shapes"] == {"W": ["2", "m"], "x": ["m"], "b": ["2"]}
    assert cli.run(["check", "mean(x) = sum(x)/n"]) == 2
    out = capsys.readouterr().out
    assert "refuted       if x is m×1, n is a scalar" in out
    assert "proved        if x is n×1, n is a size" in out
    assert max(map(len, out.split("\n"))) <= 100


def test_shapes_are_for_equations_without_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "--widths", "2,1", "--shape", "W1=2,2", "--wrt", "W1", "x"]) == 2
    assert "--shape" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        ("sigmoid(0.4) = 0.599", "undecided"),  # 0.59869: half a unit of the last digit
        ("sigmoid(0.4) = 0.598", "refuted"),
        ("exp(0.5) = 0.8244 + 0.8", "undecided"),  # 1.6487: a unit of the coarsest number of a formula
        ("exp(0.5) = 0.8 + 0.7", "refuted"),
    ],
)
def test_worked_numbers_are_right_to_the_digits_that_are_written(equation: str, verdict: str) -> None:
    found = check_standalone(equation)
    assert (found.verdict, found.code) == (verdict, "E-ROUNDED" if verdict == "undecided" else None)
