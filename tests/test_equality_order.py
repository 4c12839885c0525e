"""Which is greater: maximum, minimum and comparisons of several formulas are compared by how their arguments add up."""

from __future__ import annotations

import pytest

from derive.equality.prove import Prover
from derive.expression.functions import apply
from derive.expression.nodes import Expression, Tensor, number, scalar
from derive.expression.sizes import column, matrix

_a, _b, _c = (Tensor(name, column("n")) for name in "abc")
_s = scalar("s")
_u = Tensor("W", matrix("n", "m")) @ Tensor("x", column("m"))


def _max(*arguments: Expression) -> Expression:
    return apply("maximum", *arguments)


def _min(*arguments: Expression) -> Expression:
    return apply("minimum", *arguments)


def _all(name: str, *pairs: tuple[Expression, Expression]) -> Expression:
    result = apply(name, *pairs[0])
    for pair in pairs[1:]:
        result = result * apply(name, *pair)
    return result


LAWS: dict[str, tuple[Expression, Expression]] = {
    "max of three": (_max(_a, _max(_b, _c)), _max(_max(_a, _b), _c)),
    "max of three, in another order": (_max(_a, _max(_b, _c)), _max(_max(_c, _a), _b)),
    "max of four": (_max(_max(_a, _b), _max(_c, _s)), _max(_s, _max(_c, _max(_b, _a)))),
    "min by max": (_min(_a, _min(_b, _c)), -_max(-_c, _max(-_a, -_b))),
    "min over max": (_min(_a, _max(_b, _c)), _max(_min(_a, _b), _min(_a, _c))),
    "comparisons": (_all("gt", (_a, _b), (_b, _c)), _all("gt", (_a, _b), (_b, _c), (_a, _c))),
    "clipping a sum": (_min(apply("relu", _u), number(1)), apply("relu", _u) - apply("relu", _u - 1)),
    "sums with weights": (
        _all("gt", (_a, 2 * _b), (3 * _b, _c)),
        _all("gt", (_a, 2 * _b), (3 * _b, _c), (3 * _a, 2 * _c)),
    ),
}
TRAPS: dict[str, tuple[Expression, Expression]] = {
    "max of two of three": (_max(_a, _max(_b, _c)), _max(_a, _c)),
    "comparisons that do not follow": (_all("gt", (_a, _b), (_c, _b)), _all("gt", (_a, _b), (_c, _b), (_a, _c))),
    "ties": (_all("ge", (_a, _b), (_b, _c)), _all("ge", (_a, _b), (_b, _c)) * apply("gt", _a, _c)),
    "max over min": (_max(_a, _min(_b, _c)), _min(_max(_a, _b), _c)),
    "clipping elsewhere": (_min(apply("relu", _u), number(2)), apply("relu", _u) - apply("relu", _u - 1)),
    "other weights": (
        _all("gt", (_a, 2 * _b), (3 * _b, _c)),
        _all("gt", (_a, 2 * _b), (3 * _b, _c), (_a, _c)),
    ),
}


@pytest.mark.parametrize("law", sorted(LAWS))
def test_what_follows_is_proved(law: str) -> None:
    assert Prover().equal(*LAWS[law])


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_what_does_not_follow_is_not(trap: str) -> None:
    assert Prover().equal(*TRAPS[trap]) is None
