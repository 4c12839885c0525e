"""What cannot be read: each error has a code, a place, a sentence that names the trouble, and comes fast."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from derive.errors import DeriveError, LimitError, Position, ReadError
from derive.expression.nodes import scalar
from derive.expression.scope import Scope
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.notation import Limits, caret, free_names, read, read_answer, read_relation
from tests.expressions import SCOPE
from tests.pace import at_most

GREEK = Scope(tensors={name: scalar(name) for name in ("x", "w", "W", "beta", "gamma", "zeta", "lam", "y")})


def error(written: str, scope: Scope = SCOPE) -> DeriveError:
    with pytest.raises((ReadError, LimitError)) as caught:
        read(written, scope)
    return caught.value


@pytest.mark.parametrize(
    ("written", "code", "columns", "words"),
    [
        ("W1 @ q2", "E-NAME", (6, 8), "The name q2 is not declared"),
        ("W1x", "E-NAME", (1, 4), "W1*x or W1 @ x"),
        ("delat1*s", "E-NAME", (1, 7), "Did you mean delta1?"),
        ("s*sigmoid", "E-NAME", (3, 10), "sigmoid is a function"),
        ("2*sigmod(x)", "E-SYNTAX", (3, 9), "Did you mean sigmoid?"),
        ("integrate(x, x)", "E-SYNTAX", (1, 10), "The function integrate is not known"),
        ("x(s)", "E-SYNTAX", (1, 2), "x is not a function"),
        ("x 2", "E-SYNTAX", (3, 4), "A product needs its sign before 2"),
        ("log x", "E-SYNTAX", (5, 6), "A product needs its sign before x"),
        ("s q2", "E-NAME", (3, 5), "The name q2 is not declared"),
        ("diag(x, k=1)", "E-SYNTAX", (11, 12), "diag has no parameter k"),
        ("(s + 1", "E-SYNTAX", (1, 2), "The bracket ( is not closed"),
        ("s + 1} ", "E-SYNTAX", (6, 7), "closes here"),
        ("s + ", "E-SYNTAX", (4, 5), "ends where an operand is expected"),
        ("s , 2", "E-SYNTAX", (3, 4), "The sign , does not fit"),
        ("s = 2", "E-SYNTAX", (3, 4), "not a relation"),
        ("|s", "E-SYNTAX", (1, 2), "The bracket | is not closed"),
        ("|W1|", "E-UNSUPPORTED", (1, 5), "norm(W)"),
        ("s'", "E-SYNTAX", (1, 3), "f'(z)"),
        ("1 < s < 2", "E-SYNTAX", (7, 8), "do not chain"),
        ("1 if s > 0", "E-SYNTAX", (11, 12), "else"),
        ("[[s, 1], [s]]", "E-SYNTAX", (1, 14), "not equally long"),
        ("x.__class__", "E-SYNTAX", (2, 12), ".__class__ is not read"),
        ("x⊗v", "E-SYNTAX", (2, 3), "outer"),
        (r"\frac{a}{b}", "E-SYNTAX", (1, 6), "LaTeX is not read here yet; write it as text, for example delta1 @ x.T"),
        (r"\def\x{\x\x}\x", "E-MACRO", (1, 5), r"\def"),
        ("W1[0,1]", "E-INDEX", (4, 5), "count from 1"),
        ("W1[1+1,1]", "E-INDEX", (4, 7), "A position is a number"),
        ("W1[1,2,3]", "E-SYNTAX", (1, 10), "two axes"),
        ("i*s", "E-SYNTAX", (1, 2), "i is an index"),
        ("sum(s, k)", "E-INDEX", (8, 9), "k=1..n"),
        ("sum(x, axis=2)", "E-SYNTAX", (13, 14), "An axis is 0"),
        ("H + 1", "E-SYNTAX", (1, 2), "Write H[l]"),
        ("norm(x, y, s)", "E-SYNTAX", (1, 14), "norm takes 1 argument"),
        ("elu(x, beta=2)", "E-SYNTAX", (13, 14), "no parameter beta"),
        ("ones(0, n)", "E-SYNTAX", (6, 7), "at least 1"),
        ("s/0", "E-DOMAIN", (3, 4), "divides by zero"),
        ("1/(1-1)", "E-DOMAIN", (3, 8), "divides by zero"),
        ("0**-1", "E-DOMAIN", (1, 2), "divides by zero"),
        ("1" * 1001, "E-LIMIT", (1, 1002), "more than 1000 digits"),
        ("1e99999", "E-LIMIT", (1, 8), "more than 1000 digits"),
        ("99999999!", "E-LIMIT", (1, 10), "factorial"),
        ("ones((10**9)**9, n)", "E-LIMIT", (6, 16), "too large"),
        ("", "E-EMPTY", (1, 2), "no formula"),
        ("x\u202e + 1", "E-CHAR", (2, 3), "RIGHT-TO-LEFT OVERRIDE"),
        ("\u0445 + 1", "E-CHAR", (1, 2), "CYRILLIC SMALL LETTER HA"),
        ("x\u200b", "E-CHAR", (2, 3), "ZERO WIDTH SPACE"),
    ],
)
def test_an_error_names_the_trouble_and_its_place(
    written: str, code: str, columns: tuple[int, int], words: str
) -> None:
    found = error(written)
    assert (found.code, found.position) == (code, Position(1, *columns))
    assert words in str(found)


def test_the_caret_stands_below_what_does_not_fit() -> None:
    written = "s +\n 2*sigmod(x)"
    assert caret(written, error(written)).split("\n") == [
        " 2*sigmod(x)",
        "   ^^^^^^",
        "The function sigmod is not known. Did you mean sigmoid?",
    ]


def test_a_caret_into_a_long_line_shows_its_surroundings() -> None:
    written = "s + " * 500 + "qq" + " + s" * 500
    line, marks, _ = caret(written, error(written)).split("\n")
    assert len(line) <= 102
    assert line[marks.index("^") : marks.rindex("^") + 1] == "qq"


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x9b", "\u202e", "\ud800", "\x00", "\u2066"])
def test_nothing_that_acts_on_a_terminal_gets_into_a_message(character: str) -> None:
    written = f"x{character}31m + 1"
    shown = caret(written, error(written))
    assert error(written).code == "E-CHAR"
    assert character not in shown
    shown.encode("utf-8")


HOSTILE = [
    ("__import__('os').system('touch ./CANARY')", "E-SYNTAX"),
    ("exec(\"open('./CANARY','w').write('x')\")", "E-SYNTAX"),
    ("[c for c in ().__class__.__base__.__subclasses__()][0]", "E-SYNTAX"),
    ("Symbol('x').__class__.__mro__[-1].__subclasses__()", "E-SYNTAX"),
    ("lambdify(x, \"print(1)\", modules='math')(1)", "E-SYNTAX"),
    ("Matrix(20000,20000,lambda i,j:i*j)", "E-SYNTAX"),
    ("solve(x**5-x-1,x)", "E-SYNTAX"),
    ("7" * 200_000, "E-LIMIT"),
    ("(" * 5000 + "x" + ")" * 5000, "E-DEPTH"),
    ("-" * 100_000 + "x", "E-DEPTH"),
    (r"\sqrt{" * 3000 + "x" + "}" * 3000, "E-DEPTH"),
    ("x+" * 50_000 + "x", "E-SIZE"),
    (" " * 10_000_000, "E-SIZE"),
    ("1," * 30_000 + "1", "E-SYNTAX"),
    ("$" * 50_000, "E-SYNTAX"),
    (r"\text{ " * 10_000 + "}" * 9_999, "E-SYNTAX"),
    (r"\input{/etc/passwd}", "E-SYNTAX"),
    (r"\csname input\endcsname{/etc/passwd}", "E-SYNTAX"),
    ("[link=file:///etc/passwd]x[/link]", "E-SYNTAX"),
    ("\x1b]52;c;Y3VybCBldmlsfHNo\x07", "E-CHAR"),
    ('"><img src=x onerror=alert(1)>', "E-SYNTAX"),
    ("=cmd|' /C calc'!A0", "E-SYNTAX"),
    ("@SUM(1+1)*cmd|' /C calc'!A0", "E-SYNTAX"),
]


@pytest.mark.parametrize(("written", "code"), HOSTILE, ids=[ascii(w[:24]) for w, _ in HOSTILE])
def test_hostile_input_is_refused_at_once(written: str, code: str) -> None:
    with at_most(0.5):
        found = error(written, GREEK)
        assert found.code == code
        assert len(caret(written, found)) < 600


@pytest.mark.parametrize(
    "written",
    ["9**9**9**9", "9^{9^{9^{9}}}", "2^{2^{40}}", "(x+1)**(10**7) - (x+1)**(10**7-1)*(x+1)", "lambda*W",
     "beta*x + gamma*y + zeta", "\uff57*x", "x² + x^2"],
)  # fmt: skip
def test_unusual_input_is_read_and_kept_symbolic(written: str) -> None:
    e = read(written, GREEK)
    assert read(text(e), GREEK) == e


DEEP = {
    "brackets": lambda n: "(" * n + "s" + ")" * n,
    "sums": lambda n: "(" * n + "s" + "+1)" * n,
    "functions": lambda n: "exp(" * n + "s" + ")" * n,
    "choices": lambda n: "where(s>0,1," * n + "s" + ")" * n,
    "minus": lambda n: "-" * n + "s",
    "powers": lambda n: "s**" * n + "s",
    "transposes": lambda n: "s" + ".T" * n,
    "alternating": lambda n: "s" + "*s@s" * n,
    "quotients": lambda n: "1/(" * n + "s" + ")" * n,
    "components": lambda n: "x" + "[1]" * n,
    "index sums": lambda n: "sum(" * n + "s" + "*x[k], k)" * n,
    "deltas": lambda n: "sum(" * n + "s" + "*kron(k,i), k)" * n,
    "matrices": lambda n: "[[" * n + "s" + "]]" * n,
    "dots": lambda n: "s" + "·s" * n,
    "long": lambda n: "+".join(["s"] * n),
}


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("count", [50, 99, 150, 199, 300, 2500])
def test_deep_and_long_formulas_are_read_or_refused_in_linear_time(kind: str, count: int) -> None:
    written = DEEP[kind](count)
    with at_most(1):
        refused = refusal(READERS[0], written)
        if refused is None:
            e = read(written, SCOPE)
            assert text(e)
            assert shape(e)
        else:
            assert refused.code in ("E-DEPTH", "E-SIZE")
            assert count > 50


def test_limits_are_settable() -> None:
    with pytest.raises(LimitError) as caught:
        read("x + x", SCOPE, Limits(size=4))
    assert caught.value.code == "E-SIZE"
    with pytest.raises(LimitError):
        read("123", SCOPE, Limits(digits=2))


PIECES = """
x W1 H K l L i j k n m N f ' ( ) [ ] { } , : .. . + - * / @ ^ ** = := ; 1 2 0.5 1e3 sum mean grad kron ones eye size
where > == ! T .T dE dW1 ∂ · ⊗ ⊙ x² ½ ᵀ e pi np. axis=0 k=1..n outer \\delta norm d( 9 max softmax _ _1
""".split()  # noqa: SIM905

READERS: tuple[Callable[[str], object], ...] = (
    lambda written: read(written, SCOPE),
    lambda written: read_answer(written, SCOPE),
    lambda written: read_relation(written, SCOPE),
    free_names,
)


def refusal(reader: Callable[[str], object], written: str) -> DeriveError | None:
    """The error a reader raises, or None."""
    try:
        reader(written)
    except DeriveError as refused:
        return refused
    return None


def test_whatever_is_typed_is_read_or_refused_with_a_place() -> None:
    rng = random.Random(7)
    seen_read = seen_refused = 0
    for _ in range(2500):
        written = rng.choice(("", " ", "\n")).join(rng.choice(PIECES) for _ in range(rng.randint(1, 9)))
        outcomes = [refusal(reader, written) for reader in READERS]
        for refused in filter(None, outcomes):
            seen_refused += 1
            assert refused.message
            assert refused.position is not None, written
            assert caret(written, refused)
        seen_read += outcomes[0] is None
    assert seen_read > 50
    assert seen_refused > 200
