"""The notes among the examples: every slip that was left in them is found, with its correction, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.checking.check import Checker
from derive.expression.problem import Problem
from derive.notes import Entry, Settings, check_notes
from derive.notes.context import Declared, read_toml
from derive.notes.documents import pieces
from derive.notes.pieces import Context

FOLDER = Path(__file__).parent.parent / "examples" / "notes"
RIGHT = ("proved", "agrees")
WRONG = ("refuted", "conditional")

_MIDDLE = r"(W^{[3]T} (a^{[3]} - y) \odot g'(z^{[2]})) a^{[1]T}"
"""The gradient of the middle layer of the small network."""


def _unit(i: int) -> str:
    """What unit i of the middle layer sums up."""
    return " + ".join(f"W_{{{i},{j}}}^{{[2]}} a_{j}^{{[1]}}" for j in (1, 2, 3)) + f" + b_{i}^{{[2]}}"


SLIPS: dict[str, list[tuple[str, str]]] = {
    "one_unit_per_layer.md": [
        (r"\delta_1 = \delta_2 \sigma_1'", r"\delta_2 w_2 \sigma_1'"),
        (r"w_1 \leftarrow w_1 - \eta \delta_1 a_0 \cdot x", r"\delta_1 x"),
    ],
    "cheat_sheets.md": [
        (r"E = \sqrt{\sum_{i=1}^{N}", r"\frac{1}{N}\sum_{i=1}^{N} \left(y^{(i)} - \hat{y}^{(i)} \right)^2"),
        (r"z_{j}^{l+1} = \sum_{i=1}^{n_l} w_{ij}^{l} a_{i}^{l}", r"\sum_{i=1}^{n_l} w_{ji}^{l} a_{i}^{l}"),
    ],
    "whiteboard.tex": [
        (r"\frac{\partial L}{\partial w^{[2]}} = X a^{[1]T}", r"X^T a^{[1]T}"),
        (r"= (y^{(i)} - a^{[\ell]}) w^{[\ell]}", r"(a^{[\ell]} - y^{(i)}) w^{[\ell]}"),
        (r"\frac{\partial L}{\partial x} = [y^{(i)}", r"[h_\theta(x^{(i)}) - y^{(i)}] \theta"),
    ],
    "classifier.tex": [
        (r"\frac{\partial l}{\partial p} = \frac{y-1}{1-p}", r"\frac{1-y}{1-p} - \frac{y}{p}"),
        (r"= \frac{\partial J}{\partial p} \cdot \frac{\partial p}{\partial w}", r"(p - y) a_j"),
        (
            r"\sigma_2'(w) \left[ \sum_{j=1}^q a_j \beta_j \right]",
            r"\left[ \frac{1-y}{1-p} - \frac{y}{p} \right] \sigma_2'(w) a_j",
        ),
        (r"\frac{\partial p_k}{\partial \beta_j} = (p_k - y_k)", r"p_k (1 - p_k) a_j^{(k)}"),
        (r"= \frac{(p_k - y_k)(1-p_k)}{(1-p_k)(p_k)}", r"\frac{(p_k - y_k) p_k (1-p_k)}{(1-p_k)(p_k)}"),
        (
            r"= \sigma_2 \left( \beta_0 \sigma_1 \left( \sum_{i=1}^n \theta_0^{(i)}",
            r"\sigma_2 \left( \beta_0"
            r" + \sum_{j=1}^q \beta_j \sigma_1 \left( \sum_{i=1}^n \theta_j^{(i)} x_i \right) \right)",
        ),
        (
            r"= \frac{1}{n} \sum_{k=1}^n \left[ (P_k - y_k)",
            r"\frac{1}{m} \sum_{k=1}^m (P_k - y_k) \beta_l \sigma(z_l) (1 - \sigma(z_l)) X_{ik}",
        ),
        (
            r"\mathcal{L}(\Theta, \beta) = \text{mean}(\mathcal{L}(\Theta, \beta))",
            r"-(y \log(\hat{p}) + (1-y) \log(1-\hat{p}))",
        ),
        (
            r"\left[ \frac{\hat{p}_k - y^{(k)}}{(1-\hat{p}_k)\hat{p}_k} \right] a_l^{(k)}",
            r"(\hat{p}_k - y^{(k)}) a_l^{(k)}",
        ),
        (
            r"\cdot \frac{\partial w}{\partial z_l^{(k)}} \cdot",
            r"\frac{\partial l}{\partial p} \frac{\partial p}{\partial w} \frac{\partial w}{\partial a_l^{(k)}}"
            r" \frac{\partial a_l^{(k)}}{\partial z_l^{(k)}} \frac{\partial z_l^{(k)}}{\partial \Theta_l^{(n)}}",
        ),
    ],
    "two_three_four_one.md": [
        (r"z_j = \mathbf{w}_i^{[1] \top} \mathbf{x} + b_i^{[1]}", r"\mathbf{w}_j^{[1] \top} \mathbf{x} + b_j^{[1]}"),
        (r"\nabla f(x_1, x_2) = [6x_1 x_2, 3x_1]^T", "[6x_1 x_2, 3x_1^2]^T"),
        (r"y_2 = f_1(\mathbf{g}(\mathbf{x}))", r"f_2(\mathbf{g}(\mathbf{x}))"),
        (
            r"\frac{\partial f}{\partial g_n} \frac{\partial g_n}{\partial x_1}",
            r"\sum_{i=1}^k \frac{\partial f}{\partial g_i} \frac{\partial g_i}{\partial x_1}",
        ),
        (
            r"\frac{\partial f}{\partial g_n} \frac{\partial g_n}{\partial x_2}",
            r"\sum_{i=1}^k \frac{\partial f}{\partial g_i} \frac{\partial g_i}{\partial x_2}",
        ),
        (
            r"\nabla^T f_2(\mathbf{x}) = \begin{bmatrix} \frac{\partial f_2}{\partial x_3}",
            r"\begin{bmatrix} \frac{\partial f_2}{\partial x_1} & \frac{\partial f_2}{\partial x_2}"
            r" & \frac{\partial f_2}{\partial x_3} \end{bmatrix}",
        ),
        (
            r"\nabla^T f_1(\mathbf{x}) = \begin{bmatrix} \sum_{i=1}^{k}",
            r"\begin{bmatrix} \sum_{i=1}^{k} \frac{\partial f_1}{\partial g_i} \frac{\partial g_i}{\partial x_1}"
            r" & \sum_{i=1}^{k} \frac{\partial f_1}{\partial g_i} \frac{\partial g_i}{\partial x_2}"
            r" & \sum_{i=1}^{k} \frac{\partial f_1}{\partial g_i} \frac{\partial g_i}{\partial x_3} \end{bmatrix}",
        ),
        (r"\begin{bmatrix} b_1^{[1]} \\ b_1^{[1]} \end{bmatrix}", r"\mathrm{ReLU}(W^{[1]} x + b^{[1]})"),
        (r"z_1^{[2]} = \begin{bmatrix} w_{1,1}^{[2]}", _unit(1)),
        (r"z_1^{[2]} = \mathrm{ReLU}(z_1^{[2]})", _unit(1)),
        (r"z_2^{[2]} = \begin{bmatrix} w_{2,1}^{[2]}", _unit(2)),
        (r"z_3^{[2]} = \begin{bmatrix} w_{3,1}^{[2]}", _unit(3)),
        (r"+ b^{[3]} \right)", r"\mathrm{ReLU}(W^{[2]} a^{[1]} + b^{[2]})"),
        (r"z_1^{[3]} = \begin{bmatrix} w_{4,1}^{[2]}", r"W^{[3]} a^{[2]} + b_1^{[3]}"),
        (r"a_1^{[3]} = \mathrm{ReLU}", r"\sigma(W^{[3]} a^{[2]} + b_1^{[3]})"),
        (r"z^{[2]} = \begin{bmatrix} w^{[2]}_{1,1}a^{[1]}_1", r"W^{[2]} a^{[1]} + b^{[2]}"),
        (r"\frac{\partial z^{[2]}}{\partial W^{[2]}_{i,j}} = a_i^{[1]} e_i", r"a_j^{[1]} e_i"),
        (r"\frac{\partial z^{[2]}}{\partial W^{[2]}_{4,4}} = a_4(0, 0, 0, 1)^T", ""),
        (r"(0, 0, 0, a_4)^T", ""),
        (r"\odot g'(z^{[2]})]_i a_j^{[1]} e_i", r"[(a^{[3]} - y)W^{[3]} \odot g'(z^{[2]})]_i a_j^{[1]}"),
        (r"(a^{[3]} - y)W^{[3]} \odot g(z^{[2]})]a^{[1]T}", _MIDDLE),
        (r"w_{1,1}^{[3]}g'(z_2^{[2]})a_2^{[1]}", _MIDDLE),
        (r"a_{3}^{[1]} & a_{4}^{[1]} \end{bmatrix}", _MIDDLE),
        (r"W^{[3]T} (a^{[3]} - y) \odot g(z^{[2]})]a^{[1]T}", _MIDDLE),
    ],
}
"""In each file the formulas that are wrong, by a part of them, and what should stand there ("" where the left side
is nothing that exists)."""

LEFT_OUT: dict[str, str] = {
    "s015": "a sentence on what the indices of a weight mean, not a formula; its slip is seen in the formula after it",
    "s024": "the task of finding all derivatives, no equation",
    "s052": "a question, what the gradient of a bias is; asked in words",
    "s066": "a list of shapes without the factors that have them; they stand below the links of the chain",
    "s078": "a limit of step sizes",
    "s079": "sums over all steps that are infinite or finite",
    "s080": "a comparison in words",
    "s082": "a limit of wide networks, in words",
    "s112": "a matrix put together of a column and a matrix is not read",
    "s195": "what follows from weights that are all equal, in words",
    "s197": "limits",
    "s198": "variances and expectations",
    "s199": "a sum of differentials, no equation",
}
"""Formulas of the notes after which the examples are written that are not in them, and why."""


@pytest.fixture(scope="module")
def reports() -> dict[str, tuple[Entry, ...]]:
    return {name: tuple(check_notes(FOLDER / name, settings=Settings(keep=False)).files[0].entries) for name in SLIPS}


def test_every_example_is_known_here() -> None:
    shown = {path.name for path in FOLDER.iterdir() if path.suffix in (".md", ".tex")} - {"README.md"}
    assert set(SLIPS) <= shown


@pytest.mark.parametrize("name", SLIPS)
def test_every_slip_is_found_and_nothing_else(name: str, reports: dict[str, tuple[Entry, ...]]) -> None:
    wrong = [e for e in reports[name] if e.verdict in WRONG]
    lines = dict(enumerate((FOLDER / name).read_text(encoding="utf-8").split("\n"), start=1))
    near = ["\n".join(lines[k] for k in range(e.place.line, e.place.end_line + 1)) for e in wrong]
    for part, _ in SLIPS[name]:
        assert any(part in shown for shown in near), part
    assert len(wrong) == len(SLIPS[name]), [e.judgement.latex for e in wrong]


@pytest.mark.parametrize("name", SLIPS)
def test_what_is_right_passes(name: str, reports: dict[str, tuple[Entry, ...]]) -> None:
    verdicts = [e.verdict for e in reports[name]]
    unclear = [e for e in reports[name] if e.verdict in ("undecided", "not understood")]
    assert not unclear, [(e.place.line, e.judgement.latex, e.judgement.reason) for e in unclear]
    assert verdicts.count("proved") > len(SLIPS[name])


@pytest.mark.parametrize(
    ("name", "part", "correct"), [(name, part, right) for name, rows in SLIPS.items() for part, right in rows if right]
)
def test_the_correction_is_what_should_stand_there(
    name: str, part: str, correct: str, reports: dict[str, tuple[Entry, ...]]
) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    wrong = next(
        e for e in reports[name] if e.verdict in WRONG and part in "\n".join(text[e.place.line - 1 : e.place.end_line])
    )
    expected = wrong.to_json()["expected"]
    assert expected, part
    problem = _context(name, wrong.place.line)
    assert Checker(problem, explain=False).check(f"{expected} = {correct}").verdict in RIGHT, expected


def _context(name: str, line: int) -> Problem:
    """What is declared where a line stands."""
    declared = Declared()
    for piece in pieces(FOLDER / name):
        if isinstance(piece, Context) and piece.document.place(piece.start, piece.start + 1).line < line:
            declared = declared.with_block(read_toml(piece.toml), FOLDER)
    return declared.problem()
