"""What a red line may rest on: names that notes use again are no errors, and what a context declares binds."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.notes.finding.markdown import unescaped
from derive.notes.formulas.statements import statements
from derive.notes.judging.by_itself import by_itself
from tests.notes_documents import entries, verdicts

pytestmark = pytest.mark.usefixtures("in_this_process")

SAID = r"""$A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $b \in \mathbb{R}^m$, $U \in \mathbb{R}^{n \times n}$,
$v \in \mathbb{R}^n$ and $z = A x + b$. $o = \sigma(x)$.

"""

AGAIN = (
    r"$A = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$", r"$A \in \mathbb{R}^{n \times n}$", r"$A = A^\top$",
    r"$U^\top U = I$", r"$A x = b$", r"$\|v\| = 1$", r"$x^\top v = 0$", r"$x = (1, 2)$", r"$v_1 = 3$",
    r"$\sigma(x) = \max(0, x)$", r"$v_i = s(x_i)$", r"$x \in \mathbb{R}^3$", r"$\sigma(v) = 0.75$",
    r"$b \in \mathbb{R}$",
)  # fmt: skip


def test_what_only_the_notes_say_of_a_name_may_be_said_anew(tmp_path: Path) -> None:
    """Shapes, examples, properties, functions: each is a value, a property or a meaning, and nothing turns red."""
    later = (r"$z = A x$", r"$o = x \odot \sigma(x)$", r"$t = A^\top v$", *AGAIN)
    for text in ("\n\n".join(AGAIN), "# Again\n\n" + "\n\n".join(later)):
        assert not {"refuted", "conditional"} & set(verdicts(tmp_path, SAID + text))


DECLARED = (
    "```derive\n[shapes]\nA = ['m', 'n']\nx = ['n']\nb = ['m']\n[define]\nz = 'A @ x + b'\nJ = 'sum(z**2)'\n```\n\n"
)


def test_what_a_context_declares_binds(tmp_path: Path) -> None:
    wrong = (r"$z = A x$", r"$A \in \mathbb{R}^{n \times m}$", r"$x \in \mathbb{R}^3$", r"$\nabla_b J = z$",
             r"$\frac{\partial J}{\partial b} = 2 A^\top z$")  # fmt: skip
    found = verdicts(tmp_path, DECLARED + "\n\n".join(wrong))
    assert set(found) <= {"refuted", "conditional"}, found
    right = r"$x \in \mathbb{R}^{d_0}$, $z \in \mathbb{R}^m$, $\nabla_b J = 2 z$, $A x = b$"
    assert set(verdicts(tmp_path, DECLARED + right)) <= {"proved", "not checked"}


def test_letters_that_differ_may_mean_things_that_differ(tmp_path: Path) -> None:
    """∂o_j/∂z_i = −o_j o_i is right where i ≠ j; what is wrong there, too, is wrong."""
    head = "```derive\n[shapes]\nz = ['n']\n[define]\no = 'softmax(z)'\n```\n\n"
    rows = r"$\frac{\partial o_j}{\partial z_i} = -o_j o_i$ and $\frac{\partial o_j}{\partial z_i} = -2 o_j o_i$"
    assert verdicts(tmp_path, head + rows) == ["not checked", "refuted"]


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (r"\nabla_x x^\top A x", "2 A x", "conditional"),
        (r"\nabla_x \|A x - b\|^2", r"A^\top (A x - b)", "refuted"),
        (r"\nabla \mathcal{L}(w)", r"X^\top y + 2 \lambda w", None),
        (r"\frac{d}{dv_{ab}} \|X - U V\|^2", "-2 [U^T (X - U V)]_{ab}", None),
        (r"\frac{d}{dx} \frac{f(x)}{g(x)}", r"\frac{g(x) f'(x) - f(x) g'(x)}{g^2(x)}", None),
    ],
)
def test_equations_by_themselves_are_wrong_in_every_reading_or_not_at_all(
    left: str, right: str, verdict: str | None
) -> None:
    found = by_itself(left, right)
    told = None if found is None or found.verdict == "proved" else found.verdict
    assert told == verdict


def test_the_value_of_a_function_is_no_product_with_nothing() -> None:
    assert by_itself("J(0)", r"\frac{\partial u(0)}{\partial b}") is None


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"a &= b && \text{from } x = y \\ &= c &&", [("a", "b", "c"), ("x", "y")]),
        (r"A = B \;\;\; C = D", [("A", "B"), ("C", "D")]),
        (r"\langle \nabla f, v \rangle = c", [(r"\langle \nabla f, v \rangle", "c")]),
        ("K=4，L=2", [("K", "4"), ("L", "2")]),
        (r"\theta : = \theta - g", [(r"\theta", r"\theta - g")]),
        (r"W = W - \alpha \text{ } G", [("W", r"W - \alpha \text{ } G")]),
    ],
)
def test_what_stands_beside_an_equation_is_no_part_of_it(latex: str, expected: list[tuple[str, ...]]) -> None:
    assert [tuple(s.latex(k) for k in range(len(s.members))) for s in statements(latex)] == expected


def test_markdown_escapes_signs_of_formulas(tmp_path: Path) -> None:
    assert unescaped(r"\|x\| = \sum\_i x\_i", in_table=False) == r"\|x\| = \sum _i x _i"
    assert unescaped(r"\|x\|", in_table=True) == r"\|x\|"
    assert unescaped(r"p(y\|x)", in_table=True) == "p(y |x)"
    text = (
        "$W\\_1 \\in \\mathbb{R}^{n \\times m}$ and $x \\in \\mathbb{R}^m$.\u200b\n\n`z` $= W\\_1 x$. $W\\_1 x = z$.\n"
    )
    assert next(e.judgement.latex.replace(" ", "") for e in entries(tmp_path, text)) == r"W_1\in\mathbb{R}^{n\timesm}"


@pytest.mark.parametrize(
    "text",
    [
        r"$f(x) = x^2$. Now $f(x) = \tan(x)$, so $f'(x) = \frac{1}{\cos^2(x)}$.",
        r"$f(x) = x^4 - 2$ is least where $x = \sqrt2$ and $x = -\sqrt2$.",
        r"$A \in \mathbb{R}^{n \times n}$, $B \in \mathbb{R}^{m \times n}$, $A = A^\top$: $B A^\top B^T = B A B^T$",
        r"$w = \begin{bmatrix} 1 & 2 \end{bmatrix}$. $$\text{norma de } w = \begin{bmatrix} 3 & 4 \end{bmatrix} = 2$$",
        r"$v(x) = 2 x^2$ and $v'(x) = 4 x + \frac{d}{dx} [2] x^2$.",
    ],
)
def test_what_may_mean_something_else_unseen_is_not_wrong(tmp_path: Path, text: str) -> None:
    assert not {"refuted", "conditional"} & set(verdicts(tmp_path, text))


def test_labels_that_sum_to_one_are_a_condition_and_no_slip(tmp_path: Path) -> None:
    head = (
        r"$X \in \mathbb{R}^{N\times d}$, $W \in \mathbb{R}^{d\times K}$, $Y \in \mathbb{R}^{N\times K}$, $Z = X W$, "
    )
    head += r"$P = \mathrm{softmax}(Z)$, $E = -\sum_i \sum_k Y_{ik} \log P_{ik}$, "
    found = entries(
        tmp_path, head + r"$\frac{\partial E}{\partial Z} = P - Y$ and $\frac{\partial E}{\partial Z} = Y - P$."
    )
    *_, right, wrong = (e.judgement for e in found)
    assert (right.verdict, right.details["holds_when"]) == ("conditional", ["sum(Y, axis=1) = 1"])
    assert 'declare it in a context: [assume] equations = ["sum(Y, axis=1) = 1"]' in (right.reason or "")
    assert not right.details["mistakes"]
    assert wrong.verdict == "refuted"


def test_slopes_of_functions_are_worked_out_where_they_are_asked(tmp_path: Path) -> None:
    found = entries(tmp_path, r"$f(t) = t^3$, $f'(t) = t^2$, $\sigma'(x) = 1 - (1 + \sigma(x))$.")
    latex = [e.judgement.details["expected"]["latex"] for e in found if e.verdict == "refuted"]
    assert latex == ["3 t^2", r"\sigma(x) (1 - \sigma(x))"]
