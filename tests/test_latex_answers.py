r"""Answers in LaTeX: right ones accepted, single slips not; and no token of an answer is passed over in silence."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from benchmarks.latex_answers import ACCEPTED, Answer, answers, decided, questions
from derive.errors import DeriveError
from derive.notation import Limits, read_any
from derive.notation.latex import LatexReader
from derive.notation.latex.tokens import Token, lex
from derive.notation.source import Source
from derive.problems import loads
from tests.deciding import check

ASKED = cache(questions)
ALL = answers()
SAMPLE = random.Random(20261122).sample(ALL, 60)


@pytest.mark.parametrize("answer", SAMPLE, ids=lambda a: a.id)
def test_verdicts_agree_with_the_truth(answer: Answer) -> None:
    result = decided(ASKED()[answer.question], answer)
    assert not result.is_wrong, (result.verdict, result.why)
    assert result.seconds < 2


def test_half_of_the_answers_are_right() -> None:
    right = sum(a.truth == "right" for a in ALL)
    assert 0.4 < right / len(ALL) < 0.6


# ---- every token counts

LAYOUT = frozenset({
    "left", "right", ",", ";", "!", "quad", "qquad", "big", "Big", "bigl", "bigr", "boxed", "therefore",
    "mathbf", "boldsymbol", "bm", "bf", "vec", "mathrm", "mathsf", "mathbb", "displaystyle",
})  # fmt: skip
"""Commands that only say how a formula looks."""
REMARKS = re.compile(r"\\(color|textcolor|tag|label|stackrel|overset|underbrace|newcommand)|\^\{\\odot|^=")
SAME_PRODUCT = (r"\times", r"\cdot", r"\bullet", "@", "*", r"\ast")
"""Signs that say what their factors side by side say."""


def may_fall(token: Token) -> bool:
    layout = token.kind == "command" and token.text in LAYOUT
    return (
        layout
        or token.kind in ("begin", "end_environment", "row", "text", "math", "end")
        or token.is_sign("&", ",", ".")
    )


def reading(reader: LatexReader, latex: str) -> object:
    try:
        return [(line.kind, line.expressions, line.name, line.size) for line in reader.answer(latex).lines]
    except DeriveError:
        return None


PLAIN = [a for a in ALL if a.truth == "right" and "\\" in a.written and not REMARKS.search(a.written)]


@pytest.mark.parametrize("answer", random.Random(7).sample(PLAIN, 30), ids=lambda a: a.id)
def test_without_any_one_token_an_answer_reads_otherwise_or_not_at_all(answer: Answer) -> None:
    problem = ASKED()[answer.question]
    reader = LatexReader(problem.scope, problem=problem)
    whole = reading(reader, answer.written)
    if whole is None:
        return
    for token in lex(Source(answer.written), Limits(), reader.words):
        written = answer.written[token.start : token.end]
        goes_without_saying = written == r"\odot" and answer.written.count(r"\odot") > 1  # u \odot a(1 - a)
        if not may_fall(token) and written.strip() not in SAME_PRODUCT and not goes_without_saying:
            without = answer.written[: token.start] + " " + answer.written[token.end :]
            assert reading(reader, without) != whole, (written, without)


# ---- what would be read wrong

LOGISTIC = loads(
    """
[shapes]
x = ["n"]
w = ["n"]
b = []
y = []
lam = []
m = []
[functions]
sigma = "sigmoid"
[define]
z = "w.T @ x + b"
h = "sigma(z)"
E = "-(y*log(h) + (1-y)*log(1-h)) + lam/2*norm(w)**2"
[question]
objective = "E"
wrt = "w"
"""
)

RIGHT = [
    r"(h - y) x + lam w", r"(h−y) x + λ w", r"$(h-y) x + \lambda w$", r"$$ (h-y) x + lam*w $$",
    r"\( (h-y)x+\lambda w \)",
    r"(h-y) x \\ + \lambda w", "(h-y) x % the error\n + \\lambda w", r"(h-y) x \text{+} \lambda w",
    r"\left. (h-y) x + \lambda w \right.", r"{(h-y)} x + {\lambda} w{}", r"x(h-y) + lam w", r"(σ(z) − y)x + λw",
    r"\underbrace{(h-y)}_{\text{error}} x + \lambda w", r"(h-y)x + \lambda \kern1em w",
    r"\nabla_w E \stackrel{!}{=} (h-y)x + \lambda w",
    "$\\nabla_w E$ = $(h-y)x + \\lambda w$",
]  # fmt: skip


@pytest.mark.parametrize("latex", RIGHT)
def test_signs_around_and_between_say_nothing(latex: str) -> None:
    assert check(LOGISTIC, latex).verdict in ACCEPTED


REFUSED = [
    r"\(h-y\) x + \lambda w", r"$h-y$ x + \lambda w", r"(h-y) \text{ times } x", r"\overline{(h-y) x} + \lambda w",
    r"x (h-y) \overset{2}{x}", r"(h-y)} x + \lambda w", r"1.5.2 \lambda w", "1e-3 w", r"1e3 \lambda w",
    r"(h-y)xx", "xxxx",
    r"\begin{cases} w & \text{if not } h > 0 \\ 0 & \text{otherwise} \end{cases}",
]  # fmt: skip


@pytest.mark.parametrize("latex", REFUSED)
def test_what_would_lose_a_part_is_refused(latex: str) -> None:
    verdict = check(LOGISTIC, latex)
    assert verdict.verdict == "not understood"
    assert verdict.position is not None


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"|h||y|\,x", "abs(h)*abs(y)*x"), (r"\frac hy x", "h/y*x"), (r"\frac12x", "1/2*x"),
        (r"\sqrt2\,x", "sqrt(2)*x"),
        (r"e^h y\,x", "exp(h)*y*x"), (r"\sin^2 h\,", "sin(h)**2"), (r"x^2_i\,", "x[i]**2"), (r"x^{2}_{i}\,", "x[i]**2"),
        (r"\sigma(x)^T", "sigma(x).T"), (r"y|h|z\,", "y*abs(h)*z"), (r"x² \,", "x**2"),
        (r"\underbrace{x}_{n}^T w", "x.T @ w"), (r"w^\top{}x", "w.T @ x"), (r"u(h)\,", "step(h)"),
    ],
)  # fmt: skip
def test_a_formula_is_read_as_tex_has_it(latex: str, text: str) -> None:
    found, typed = (read_any(written, LOGISTIC).lines[0].expressions for written in (latex, text))
    assert found == typed


def test_an_example_of_a_number_is_refused() -> None:
    with pytest.raises(DeriveError):
        read_any(r"h⁽ⁱ⁾\,", LOGISTIC)
