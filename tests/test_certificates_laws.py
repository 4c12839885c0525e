"""Laws that need an axiom or a way of their own in certificates: they have one, and what is false beside them has none.

Each is proved by the prover, too, so that no proof is left without its certificate.
"""

from __future__ import annotations

import pytest

from derive.certificate import replay
from derive.checking.certificates import certificate_of
from derive.equality.prove import Prover
from derive.errors import LimitError, Unsupported
from derive.expression.problem import Problem
from derive.notation import read
from derive.problems import from_table

SHAPES = {"a": ["n"], "b": ["n"], "c": ["n"], "s": [], "t": [], "y": ["n"], "X": ["n", "m"]}

LAWS: dict[str, tuple[str, str]] = {
    "a vector where its norm is not 0": ("a*(norm(a) > 0)", "a"),
    "a vector beside the sign of more squares": ("a*(a.T @ a + norm(b)**2 > 0)", "a"),
    "a matrix where its norm is not 0": ("X*sign(norm(X))", "X"),
    "exp of log of an absolute value": ("exp(log(abs(s)))", "abs(s)"),
    "twice log of an absolute value": ("exp(2*log(abs(s*t)))", "s**2*t**2"),
    "labels put in": ("-y*sigmoid(-y*a)", "sigmoid(a) - (1 + y)/2"),
    "min over max": ("minimum(a, maximum(b, c))", "maximum(minimum(a, b), minimum(a, c))"),
    "comparisons that follow": ("(a > b)*(b > c)", "(a > b)*(b > c)*(a > c)"),
    "fractions in a sum": ("sum(1/(a - b))", "sum((a + b)/(a**2 - b**2))"),
    "standard deviation": ("norm(a - mean(a))/sqrt(n)", "sqrt(mean(a**2) - mean(a)**2)"),
    "sigma of the log-odds": ("sigmoid(log(s) - log(1 - s))", "s"),
    "tanh of half a logarithm": ("tanh(log(a)/2)", "(a - 1)/(a + 1)"),
    "softplus of a logarithm": ("softplus(log(a))", "log(1 + a)"),
    "sign of a sum of fractions": ("abs(1/(1 + s) - 1)", "abs(s)/abs(1 + s)"),
    "sign of a sum with a delta": ("(abs(eye(n) + 1)*sign(eye(n) + 1))**2 @ a", "(eye(n) + 1)**2 @ a"),
    "clipping": ("minimum(relu(a), 1)", "relu(a) - relu(a - 1)"),
}
FALSE: dict[str, tuple[str, str]] = {
    "another vector where a norm is not 0": ("b*(norm(a) > 0)", "b"),
    "log of what may be negative": ("exp(log(abs(s)))", "s"),
    "labels put in with the other sign": ("-y*sigmoid(-y*a)", "sigmoid(a) - (1 - y)/2"),
    "max of two of three": ("maximum(a, maximum(b, c))", "maximum(a, c)"),
    "comparisons that do not follow": ("(a > b)*(c > b)", "(a > b)*(c > b)*(a > c)"),
    "other fractions in a sum": ("sum(1/(a - b))", "sum((a + b)/(a**2 + b**2))"),
    "clipping elsewhere": ("minimum(relu(a), 2)", "relu(a) - relu(a - 1)"),
}


def problem(value: str) -> Problem:
    return from_table({"shapes": SHAPES, "assume": {"equations": ["y**2 = 1"]}, "question": {"value": value}})


@pytest.mark.parametrize("law", sorted(LAWS))
def test_a_law_has_a_certificate(law: str) -> None:
    value, answer = LAWS[law]
    asked = problem(value)
    assert Prover(asked).equal(read(value, asked.scope), read(answer, asked.scope))
    assert replay(certificate_of(asked, answer)).statement.startswith("For all sizes")


@pytest.mark.parametrize("law", sorted(FALSE))
def test_what_is_false_has_none(law: str) -> None:
    value, answer = FALSE[law]
    asked = problem(value)
    assert not Prover(asked).equal(read(value, asked.scope), read(answer, asked.scope))
    with pytest.raises((Unsupported, LimitError)):
        certificate_of(asked, answer)
