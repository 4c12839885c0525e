"""What notes say in passing: vectors by their entries, losses that dW is of, numbers, slips that shapes give away."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.notes.check import check_notes
from derive.notes.reporting.report import Entry
from tests.notes_documents import FRESH, written

pytestmark = pytest.mark.usefixtures("in_this_process")

CONTEXT = """```derive
[shapes]
X = ["d", "m"]
W = ["q", "d"]
V = ["q", "d"]
h = ["K"]
x = [3]
U = [2, 3]
w = ["d"]
s = []
y = []
[functions]
f = "unspecified"
[assume]
binary = ["y"]
```
"""


def entries(folder: Path, *formulas: str) -> list[Entry]:
    text = CONTEXT + "".join(f"\nWords, then\n\n$$ {formula} $$\n" for formula in formulas)
    (report,) = check_notes(written(folder, text, "notes.md"), settings=FRESH).files
    return list(report.entries)


def verdicts(folder: Path, *formulas: str) -> list[str]:
    return [entry.verdict for entry in entries(folder, *formulas)]


SOFTMAX = r"p_k = \frac{e^{h_k}}{\sum_{j=1}^{K} e^{h_j}}"
LAYERS = (
    r"z_1^{[1]} = U_{11} x_1 + U_{12} x_2 + U_{13} x_3",
    r"z_2^{[1]} = U_{21} x_1 + U_{22} x_2 + U_{23} x_3",
    r"z^{[1]} = U x",
    r"a^{[1]} = f(z^{[1]})",
    r"z^{[2]} = U U^\top a^{[1]}",
    r"a^{[2]} = f(z^{[2]})",
)
PROVED = {
    "a vector by its entries": (SOFTMAX, r"p = \operatorname{softmax}(h)"),
    "a matrix by its entries": (r"M_{ij} = \sum_{k} W_{ik} X_{kj}", "M = W X"),
    "entries, then the whole": (*LAYERS, "a_2^{[1]} = f(z_2^{[1]})"),
    "unit 1 of layer 2 is no unit 2 of layer 1": (*LAYERS, r"a_1^{[2]} = f(z_1^{[2]})"),
    "two new names in one chain": (r"o = b = \tanh(s)", "o = b"),
    "a function without its argument": (r"u(t) = t^3 - t", r"\frac{du}{dt} = 3 t^2 - 1"),
    "a function of a whole vector": (r"c(w) = \|w\|", r"\nabla_w c(w) = \frac{w}{\|w\|}"),
    "two scalars of one letter": ("C = s^2", "C_2 = C + s", r"\frac{\partial C_2}{\partial s} = 2 s + 1"),
    "a number that is said to be one": (r"r = \tau s$$ where $$\tau > 0", r"\frac{\partial r}{\partial s} = \tau"),
    "a number beside a formula": (r"E = \lambda \|w\|^2, \qquad \lambda > 0", r"\nabla_w E = 2 \lambda w"),
    "a law about any number": (r"u(t) = \log(1 + e^t)", r"\log \sigma(t) = -u(-t)"),
    "dW of the loss that is about": ("Z = W X", r"J = \|Z\|_F^2", r"dZ = 2 Z", r"dW = dZ X^\top"),
    "an update down either loss": ("C = w^\\top w", r"E = \|w\|^4", r"w \leftarrow w - \eta \cdot 2 w"),
    "a name that is explained after it": (r"H = W B, \quad G = f(H)$$ with $$B \in \mathbb{R}^{d \times n}", "H = W B"),
}  # fmt: skip


@pytest.mark.parametrize("case", PROVED)
def test_what_notes_say_in_passing_is_known_from_there_on(case: str, tmp_path: Path) -> None:
    found = verdicts(tmp_path, *PROVED[case])
    assert found[-1] == "proved"
    assert {"refuted", "conditional", "not understood", "undecided"}.isdisjoint(found)


WRONG = {
    "index of a softmax": (SOFTMAX, r"\frac{\partial p_k}{\partial h_j} = p_k p_j"),
    "dW without the transpose": ("Z = W X", r"J = \|Z\|_F^2", "dZ = 2 Z", r"dW = dZ X"),
    "a function without its argument": (r"u(t) = t^3 - t", r"\frac{du}{dt} = t^2 - 1"),
    "an update down no loss": ("C = w^\\top w", r"E = \|w\|^4", r"w \leftarrow w - \eta \cdot 3 w"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_slip_is_still_found_there(case: str, tmp_path: Path) -> None:
    assert verdicts(tmp_path, *WRONG[case])[-1] in ("refuted", "conditional")


NAMED = {
    "transpose-forgotten": ("L = \\|W X\\|_F^2", r"\nabla_W L = 2 W X X"),
    "matrix-for-elementwise": ("L = \\|f(W X)\\|_F^2", "Z = W X", r"\nabla_W L = 2 (f(Z) f'(Z)) X^\top"),
    "weights-of-other-layer": ("Z_1 = W X", "Z_2 = V X", r"L = \|W^\top Z_1\|_F^2", r"\nabla_{Z_1} L = 2 W W^\top Z_2"),
    "sign-in-exponent": ("g = e^{-s^2}", r"\frac{\partial g}{\partial s} = -2 s e^{s^2}"),
    "missing-factor": (
        "z = w^\\top w",
        r"p = \sigma(z)",
        r"L = p^2",
        r"\frac{\partial L}{\partial w_j} = \frac{\partial L}{\partial p} \frac{\partial z}{\partial w_j}",
    ),
    "double-mean": (r"E = \frac{1}{2m} \|W X\|_F^2 + s \|W\|_F^2", r"\nabla_W E = \frac{1}{m^2} W X X^\top + 2 s W"),
}


@pytest.mark.parametrize("code", NAMED)
def test_the_slip_is_named(code: str, tmp_path: Path) -> None:
    last = entries(tmp_path, *NAMED[code])[-1]
    assert code in [m["code"] for m in last.judgement.details["mistakes"]]


def test_a_correction_is_the_authors_own_formula_without_the_slip(tmp_path: Path) -> None:
    cases = {r"C = s + \|w\|": r"s + \|w\|^2", r"C = s + 2 \|w\|^2": r"s + \|w\|^2"}
    for wrong, right in cases.items():
        last = entries(tmp_path, r"C = s + \|w\|^2", r"C_1 = C", wrong.replace("C =", "C_1 ="))[-1]
        assert last.judgement.details["expected"]["latex"] == right


def test_an_equation_to_be_solved_is_no_claim(tmp_path: Path) -> None:
    words = "It is zero where $W w = y W w$, and that is all."
    (report,) = check_notes(written(tmp_path, f"{CONTEXT}\n{words}\n", "notes.md"), settings=FRESH).files
    assert [e.verdict for e in report.entries] == ["not checked"]
