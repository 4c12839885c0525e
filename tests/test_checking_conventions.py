"""At a kink every subgradient is right, and said to be a convention; nothing else is."""

from __future__ import annotations

import pytest

from derive.checking import check
from derive.expression.functions import apply
from derive.expression.nodes import Expression, number, scalar
from derive.expression.problem import Definition, Problem, Question
from derive.expression.scope import Scope
from derive.networks.network import Network
from derive.problems import loads

_z, _b, _E = scalar("z"), scalar("b"), scalar("E")
_HALF = number("1/2")


def _at(name: str, u: Expression, v: Expression | int = 0) -> Expression:
    return apply(name, u, number(v) if isinstance(v, int) else v)


def _relu(u: Expression) -> Expression:
    return apply("relu", u)


def problem(objective: Expression) -> Problem:
    return Problem(
        scope=Scope(tensors={t.name: t for t in (_z, _b, _E)}),
        definitions=(Definition(_E, objective),),
        question=Question(objective=_E, wrt=_z),
    )


RIGHT: dict[str, tuple[Expression, Expression, str]] = {
    "relu, 1": (_relu(_z), _at("ge", _z), "ReLU'(0) = 1"),
    "relu, 1/2": (_relu(_z), _at("gt", _z) + _HALF * _at("eq", _z), "ReLU'(0) = 1/2"),
    "relu of -z": (_relu(-_z), -_at("le", _z), "ReLU'(0) = 1"),
    "relu of a product": (_relu(_b * _z), _b * _at("ge", _b * _z), "ReLU'(0) = 1"),
    "max": (apply("maximum", _z, _b), _at("gt", _z, _b), "the share of the second argument at a tie of max = 1"),
    "min": (apply("minimum", _z, _b), _at("lt", _z, _b), "the share of the second argument at a tie of min = 1"),
    "abs": (apply("abs", _z), 2 * _at("ge", _z) - 1, "the slope of |·| at 0 = 1"),
    "abs from the left": (apply("abs", _z), 1 - 2 * _at("le", _z), "the slope of |·| at 0 = -1"),
    "abs beside a factor": (
        apply("abs", _z) * apply("exp", _z),
        apply("exp", _z) * (apply("abs", _z) + apply("sign", _z)) + _at("eq", _z),
        "the slope of |·| at 0 = 1",
    ),
    "elu": (
        apply("elu", _z, _HALF),
        apply("where", _at("ge", _z), number(1), _HALF * apply("exp", _z)),
        "the share of slope 1 in ELU'(0) = 1",
    ),
    "leaky relu": (
        apply("leaky_relu", _z, _HALF),
        apply("where", _at("ge", _z), number(1), _HALF),
        "the share of slope 1 in LReLU'(0) = 1",
    ),
    "both ways round": (_relu(_z) - _relu(-_z), number(1), "ReLU'(0) = 1/2"),
}


@pytest.mark.parametrize("case", sorted(RIGHT))
def test_a_subgradient_is_proved_under_its_convention(case: str) -> None:
    objective, answer, convention = RIGHT[case]
    verdict = check(problem(objective), answer)
    assert verdict.verdict == "proved"
    assert verdict.conventions == (convention,)


WRONG: dict[str, tuple[Expression, Expression]] = {
    "relu, 2": (_relu(_z), _at("gt", _z) + 2 * _at("eq", _z)),
    "relu, -1/2": (_relu(_z), _at("gt", _z) - _HALF * _at("eq", _z)),
    "relu of -z, +1": (_relu(-_z), -_at("lt", _z) + _at("eq", _z)),
    "abs, 2": (apply("abs", _z), apply("sign", _z) + 2 * _at("eq", _z)),
    "max, 2": (apply("maximum", _z, _b), _at("gt", _z, _b) + 2 * _at("eq", _z, _b)),
    "elu, outside": (
        apply("elu", _z, _HALF),
        apply("where", _at("gt", _z), number(1), _HALF * apply("exp", _z)) + _at("eq", _z),
    ),
    "a jump leaves no choice": (_relu(_z) * apply("step", _z), _at("ge", _z)),
    "different away from the kink": (_relu(_z), _at("ge", _z + 1)),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_no_subgradient_is_refuted(case: str) -> None:
    objective, answer = WRONG[case]
    verdict = check(problem(objective), answer)
    assert verdict.verdict == "refuted"
    assert verdict.counterexample is not None


@pytest.mark.parametrize(
    ("slope", "conventions"),
    [("(z[l] >= 0)", ("ReLU'(0) = 1",)), ("((z[l] > 0) + (z[l] == 0)/2)", ("ReLU'(0) = 1/2",)), ("(a[l] >= 0)", None)],
)
def test_a_law_of_one_layer_has_its_own_convention(slope: str, conventions: tuple[str, ...] | None) -> None:
    asked = Network("n0,...,nL", "relu", "half-squared", batch="N").problem("delta[l]")
    verdict = check(asked, f"W[l+1].T @ delta[l+1] * {slope}")
    expected = ("refuted", ()) if conventions is None else ("proved", conventions)
    assert (verdict.verdict, verdict.conventions) == expected


@pytest.mark.parametrize("answer", [_at("gt", _z), apply("step", _z), 1 - _at("le", _z)])
def test_the_convention_of_the_table_needs_no_mention(answer: Expression) -> None:
    verdict = check(problem(_relu(_z)), answer)
    assert (verdict.verdict, verdict.conventions) == ("proved", ())


@pytest.mark.parametrize("formula", ["where(z > 0, z, 0)", "z*(z > 0)"])
def test_a_kink_that_is_written_with_a_jump_refutes_no_subgradient(formula: str) -> None:
    asked = loads(f'[shapes]\nz = ["n"]\n[question]\nobjective = "sum({formula})"\nwrt = "z"')
    assert check(asked, "(z > 0)").verdict == "proved"
    assert check(asked, "(z >= 0)").verdict != "refuted"
    assert check(asked, "(z > 0) + z*(z > 1)").verdict == "refuted"


def test_a_wrong_value_at_a_kink_alone_is_no_slip() -> None:
    asked = loads('[shapes]\nz = ["n"]\n[question]\nobjective = "sum(relu(z))"\nwrt = "z"')
    verdict = check(asked, "(z > 0) + 2*(z == 0)")
    assert (verdict.verdict, verdict.mistakes) == ("refuted", ())
