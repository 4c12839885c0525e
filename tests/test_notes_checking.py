"""Checking: what is right stays green, what is wrong is red at its place, and what is neither is not called wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.errors import UsageError
from derive.notes.formulas.statements import statements
from tests.notes_documents import NETWORK, RIGHT, WRONG, checked, entries, verdicts, written

pytestmark = pytest.mark.usefixtures("in_this_process")

LINEAR = "Let $X \\in \\mathbb{R}^{N \\times d}$, $w \\in \\mathbb{R}^d$, $y \\in \\mathbb{R}^N$.\n\n"


def test_right_notes_have_no_red_line(tmp_path: Path) -> None:
    text = NETWORK + "\n\n".join(f"Words.\n$$ {formula} $$" for formula in RIGHT)
    assert verdicts(tmp_path, text) == ["proved"] * len(RIGHT)


@pytest.mark.parametrize(("formula", "code"), WRONG)
def test_one_slip_is_one_red_line_with_its_name_and_correction(tmp_path: Path, formula: str, code: str) -> None:
    lines = [f"$$ {f} $$" for f in (*RIGHT[:4], formula, *RIGHT[4:])]
    found = entries(tmp_path, NETWORK + "\n".join(lines))
    wrong = [e for e in found if e.verdict in ("refuted", "conditional")]
    assert [e.place.line for e in wrong] == [NETWORK.count("\n") + 5]
    entry = wrong[0].to_json()
    assert code in [m["code"] for m in entry["mistakes"]]
    assert entry["expected"]
    assert all(e.verdict == "proved" for e in found if e is not wrong[0])


def test_carets_stand_under_the_wrong_term(tmp_path: Path) -> None:
    text = (
        NETWORK
        + "\n\n\\begin{align}\n \\nabla_{W_1} E &= \\delta_1 X^\\top \\\\\n &\\quad + 2 \\lambda W_1\n\\end{align}\n"
    )
    [entry] = entries(tmp_path, text)
    assert entry.part is not None
    line = text.split("\n")[entry.part.line - 1]
    assert line[entry.part.column - 1 : entry.part.end_column - 1].strip() in (r"2 \lambda W_1", r"+ 2 \lambda W_1")


def test_a_chain_has_an_entry_for_each_sign_and_is_held_against_its_head(tmp_path: Path) -> None:
    chain = r"\delta_2 &= \frac{\partial E}{\partial Z_2} \\ &= \frac1N (A_2 - Y) \odot A_2 \\ &= "
    chain += r"\frac1N (A_2-Y) \odot \sigma'(Z_2)"
    found = entries(tmp_path, f"{NETWORK}\n\\begin{{align}}\n{chain}\n\\end{{align}}\n")
    assert [e.verdict for e in found] == ["proved", "refuted", "proved"]
    assert found[0].judgement.latex.startswith(r"\delta_2 =")


def test_a_chain_that_begins_with_what_does_not_conform_is_wrong_there_only(tmp_path: Path) -> None:
    block = '```derive\n[shapes]\nh = ["K"]\ny = ["K"]\n```\n\n'
    chain = r"$$\ell = \log \sum_{j=1}^{K-1} e^{h_j} - y^\top h = \log \sum_{j=1}^{K} e^{h_j} - \sum_k y_k h_k$$"
    defined = r"$$\ell = \log \sum_{j=1}^{K} e^{h_j} - y^\top h$$"
    found = verdicts(tmp_path, f"{block}{defined}\n\n{chain}\n")
    assert [v == "refuted" for v in found] == [False, True, False], found


def test_a_slip_in_a_step_has_its_name(tmp_path: Path) -> None:
    (entry,) = entries(tmp_path, NETWORK + r"$$W_1 := W_1 - \eta (\delta_1 X + \lambda W_1)$$")
    assert entry.judgement.details["mistakes"][0]["code"] == "transpose-forgotten"


def test_a_member_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    found = verdicts(tmp_path, NETWORK + r"$$ \delta_2 = \frac{\partial E}{\partial Z_2} = \int q = (A_2 - Y) $$")
    assert found[0] == "proved"
    assert found[1] in ("not checked", "not understood")
    assert found[2] in ("refuted", "conditional")


def test_names_defined_in_the_notes_are_known_after_that(tmp_path: Path) -> None:
    text = (
        LINEAR + r"$$ r = X w - y, \quad J = \frac{1}{2N} \|r\|^2 $$ so $\nabla_w J = \frac1N X^\top r$ "
        r"and $\nabla_w J = X^\top r$"
    )
    found = verdicts(tmp_path, text)
    assert found[:5] == ["definition"] * 5
    assert found[5] == "proved"
    assert found[6] in ("refuted", "conditional")


def test_a_whole_number_may_be_a_size_and_the_loss_of_an_example_is_not_the_loss(tmp_path: Path) -> None:
    assert verdicts(tmp_path, r"$k = 3$ and $c = 0.1$") == ["not checked", "definition"]
    text = LINEAR + r"$a = X w$, $L_i = (a_i - y_i)^2$ and $L = \frac1N \sum_{i=1}^N (a_i - y_i)^2$"
    assert [e.judgement.reason for e in entries(tmp_path, text)][-2:] == ["L_i from here on", "L from here on"]


def test_what_is_said_a_little_later_is_known_too(tmp_path: Path) -> None:
    found = verdicts(
        tmp_path, r"$u = p + q$, where $p = 2 v$, $q = 3 v$ and $v \in \mathbb{R}^n$. So $u = 5 v$ and $u = 6 v$."
    )
    assert found == ["definition", "definition", "definition", "definition", "proved", "refuted"]


def test_shapes_are_declared_and_then_checked(tmp_path: Path) -> None:
    found = verdicts(
        tmp_path,
        LINEAR
        + r"$X w \in \mathbb{R}^N$, $X \in \mathbb{R}^{N \times d}$, $X w \in \mathbb{R}^{d}$, $w_i \in \mathbb{R}$",
    )
    assert found[-2] == "refuted"
    assert "refuted" not in (*found[:-2], found[-1])


STEPS = (r"w \leftarrow w - {}", "w := w - {}", "w = w - {}", "w -= {}")


@pytest.mark.parametrize("gradient", [r"\eta \nabla_w J", r"\frac{\eta}{N} X^\top (X w - y)"])
def test_in_an_update_the_gradient_is_proved(tmp_path: Path, gradient: str) -> None:
    text = LINEAR + r"$J = \frac{1}{2N} \|X w - y\|^2$" + "".join(f"\n\n$${s.format(gradient)}$$" for s in STEPS)
    assert verdicts(tmp_path, text)[-len(STEPS) :] == ["proved"] * len(STEPS)


@pytest.mark.parametrize("step", STEPS[1:3])
def test_in_an_update_the_gradient_is_checked(tmp_path: Path, step: str) -> None:
    wrong = step.format(r"\eta X^\top (X w - y)")
    text = LINEAR + r"$J = \frac{1}{2N} \|X w - y\|^2$" + f"\n\n$${wrong}$$"
    assert verdicts(tmp_path, text)[-1] == "conditional"


def test_going_up_the_gradient_is_wrong(tmp_path: Path) -> None:
    text = LINEAR + r"$J = \|X w - y\|^2$, $w \leftarrow w + \eta \nabla_w J$"
    assert verdicts(tmp_path, text)[-1] == "refuted"


NO_CLAIMS = (
    r"$w \approx 0$", r"$x \sim \mathcal{N}(0, 1)$", r"$i = 1, \dots, N$", r"$w^* = \arg\min_w J$",
    r"$\nabla_w J = 0$", r"$w = 0$", r"$\eta = 0.1$", r"$N \geq 1$", r"$f : \mathbb{R}^n \to \mathbb{R}$",
    r"$\nabla_b J = \,?$", r"$\mathbb{E}[w] = 0$",
    r"$\int_0^1 x \, dx = \frac12$", r"If $X = 0$, then $J = 0$.", r"For $w = 0$ we have $J = \frac{1}{2N} y^\top y$.",
    r"$$J = 0 \quad \text{if } X w = y$$", r"$\Theta = \{w, b\}$", r"$w \neq 0$", r"$w$ and $y$",
    r"$w \stackrel{!}{=} y$",
    r"$\lim_{\eta \to 0} w = y$", r"$$w = y \quad\text{or}\quad w = 0$$", r"$J \propto \|w\|$",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_what_claims_nothing_is_never_wrong(tmp_path: Path, text: str) -> None:
    found = verdicts(tmp_path, LINEAR + "$J = \\frac{1}{2N} \\|X w - y\\|^2$\n\n" + text)[4:]
    assert set(found) <= {"not checked", "definition", "proved"}, found


def test_functions_of_notes_are_functions_of_any_number(tmp_path: Path) -> None:
    text = (r"$f(x) = \frac{1}{1+e^{-x}}$, $f'(x) = f(x)(1-f(x))$; now $f(x) = \max(0, x)$ and $g(t) = t^3$ "
            r"with $g'(t) = 3t^2$, $g'(t) = 3t$.")  # fmt: skip
    assert verdicts(tmp_path, text) == ["definition", "proved", "definition", "definition", "proved", "refuted"]


def test_a_formula_may_go_on_with_the_one_before(tmp_path: Path) -> None:
    text = (
        LINEAR
        + "$J = \\|X w - y\\|^2$\n\n$\\nabla_w J = 2 X^\\top (X w - y)$\n"
        + "$= 2 X^\\top X w - 2 X^\\top y$\n$= 2 X^\\top X w - X^\\top y$"
    )
    assert verdicts(tmp_path, text)[-3:] == ["proved", "proved", "refuted"]


def test_nothing_is_wrong_about_what_was_not_said(tmp_path: Path) -> None:
    """E depends on z, and how z depends on W nobody says: ∂E/∂W = δxᵀ may be right."""
    context = "```derive\n[shapes]\nW = ['n', 'm']\nx = ['m']\nz = ['n']\ny = ['n']\n"
    context += "[define]\nE = '1/2*sum((z - y)**2)'\n```\n"
    found = entries(tmp_path, context + r"$$ \frac{\partial E}{\partial W} = (z - y) x^\top $$")
    assert found[0].verdict == "not checked"
    assert "depends" in (found[0].judgement.reason or "")


def test_missing_names_are_reported_once(tmp_path: Path) -> None:
    report = checked(tmp_path, LINEAR + r"$q = X v$, $p = X v$, $r = X V w_i$")
    assert {m.name: m.count for m in report.missing} == {"v": 2, "V": 1}
    assert report.exit_code() == 0
    assert report.exit_code(strict=True) == 1


def test_marks_are_about_the_next_formula_and_stale_ones_warn(tmp_path: Path) -> None:
    text = (f"{NETWORK}<!-- derive: wrong --> of $W_1$ we say\n$$ {WRONG[0][0]} $$\n"
            f"<!-- derive: ignore -->\n$$ {WRONG[1][0]} $$\n"
            f"<!-- derive: wrong -->\n$$ {RIGHT[0]} $$\n<!-- derive: ignore -->\n")  # fmt: skip
    report = checked(tmp_path, text)
    assert report.totals == {"proved": 1, "not checked": 1, "wrong as marked": 1}
    assert report.exit_code() == 0
    messages = [w.message for w in report.files[0].warnings]
    assert len(messages) == 2
    assert "is right" in messages[0]
    assert "No formula follows" in messages[1]


def test_a_mark_inside_a_formula_is_about_the_row_after_it(tmp_path: Path) -> None:
    head = "% derive:\n% [shapes]\n% x = []\n% end derive\n"
    text = head + "\\begin{align}\n x + x &= 2 x \\\\ % derive: wrong\n x - x &= x \\\\\n x x &= 2 x\n\\end{align}\n"
    report = checked(tmp_path, text, "n.tex")
    assert report.totals == {"proved": 1, "refuted": 1, "wrong as marked": 1}


def test_a_later_context_adds_and_replaces(tmp_path: Path) -> None:
    text = ("```derive\n[shapes]\nx = ['n']\n```\n$x^\\top x = \\|x\\|^2$\n\n```derive\n[shapes]\nx = []\ny = []\n```\n"
            "$x y = y x$\n\n```derive\n[network]\nwidths = [2, 1]\nactivations = 'f'\n```\n"
            "$z_1 = W_1 x + b_1$")  # fmt: skip
    assert verdicts(tmp_path, text) == ["proved", "proved", "proved"]


def test_contexts_include_files_but_not_questions(tmp_path: Path) -> None:
    written(tmp_path, '[shapes]\nx = ["n"]\n[question]\nobjective = "sum(x**2)"\nwrt = "x"\n', "net.toml")
    assert verdicts(tmp_path, '```derive\ninclude = "net.toml"\n```\n$\\nabla_x E = 2x$') == ["proved"]


@pytest.mark.parametrize(
    ("block", "words"),
    [("[shapes", "TOML"), ("[shape]\nx = []", "Did you mean shapes"), ("[question]\nwrt = 'x'", "question"),
     ("include = 'no.toml'", "no such file"), ("[shapes]\nx = 3", "list")],
)  # fmt: skip
def test_a_malformed_context_is_refused_with_its_place(tmp_path: Path, block: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        checked(tmp_path, f"Words.\n\n```derive\n{block}\n```\n")
    assert "line 4" in str(raised.value)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"a &= b(c=d) \\ &= c, \quad d = e", [("=", "="), ("=",)]),
        (r"a = b \\ \quad + c = d", [("=", "=")]),
        (
            r"\begin{aligned} a &= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \\ b &\approx c \end{aligned}",
            [("=",), ("approx",)],
        ),
        (r"W \in \mathbb{R}^{n}, b \in \mathbb{R}", [("in",), ("in",)]),
        (r"x, y = 1 \Rightarrow z \leftarrow z - 1", [("=",), ("<-",)]),
        (r"\sum_{i=1}^n x_i", []),
        (r"a \stackrel{\text{def}}{=} b", [(":=",)]),
    ],
)
def test_a_formula_is_taken_apart_into_statements(latex: str, expected: list[tuple[str, ...]]) -> None:
    assert [s.relations for s in statements(latex)] == expected


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        (r"If $N = 1$, then $\nabla_w J = 2 X^\top (X w - y)$.", "not checked"),
        (r"If $N = 1$, then $\nabla_w J = 3 X^\top (X w - y)$.", "refuted"),
        (r"Suppose $N = 2$. Then $\nabla_w J = 2 X^\top (X w - y)$.", "conditional"),
        (r"If $X^\top X = I$, then $\nabla_w J = 3 X^\top (X w - y)$.", "not checked"),
    ],
)
def test_what_is_wrong_under_its_condition_too_is_wrong(tmp_path: Path, sentence: str, verdict: str) -> None:
    text = LINEAR + r"$J = \frac{1}{N} \|X w - y\|^2$. " + sentence
    assert verdicts(tmp_path, text)[-1] == verdict


def test_shapes_below_braces_are_checked(tmp_path: Path) -> None:
    found = entries(tmp_path, LINEAR + r"$X w = \underbrace{X}_{N \times d} \underbrace{w}_{N \times 1}$")
    assert [e.verdict for e in found[-2:]] == ["proved", "refuted"]
    assert found[-1].to_json()["expected"] == r"d \times 1"


def test_notes_that_keep_to_the_other_layout_are_told_once(tmp_path: Path) -> None:
    turned = LINEAR + (
        r"$J = \|X w - y\|^2$, $\frac{\partial J}{\partial w} = 2 (X w - y)^\top X$; then $F = w^\top w$ has "
        r"$\frac{\partial F}{\partial w} = 2 w^\top$."
    )
    (report,) = checked(tmp_path, turned).files
    assert [e.verdict for e in report.entries[-3:]] == ["proved", "definition", "proved"]
    assert ["numerator" in w.message for w in report.warnings] == [True]
    mixed = verdicts(tmp_path, turned + r" But $\nabla_w F = 2 w$.")
    assert mixed.count("conditional") == 2
    alone = verdicts(tmp_path, LINEAR + r"$F = w^\top w$ has $\frac{\partial F}{\partial w} = 2 w^\top$.")
    assert alone[-1] == "conditional"  # a single one may be a slip
