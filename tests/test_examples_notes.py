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
WRONG = ("refuted", "conditional")

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
        (r"\frac{\partial L}{\partial w^{[2]}} = X a^{[1]T}", ""),
        (r"= (y^{(i)} - a^{[\ell]}) w^{[\ell]}", r"(a^{[\ell]} - y^{(i)}) w^{[\ell]}"),
        (r"\frac{\partial L}{\partial x} = [y^{(i)}", r"[h_\theta(x^{(i)}) - y^{(i)}] \theta"),
    ],
    "classifier.tex": [
        (r"\frac{\partial l}{\partial p} = \frac{y-1}{1-p}", r"\frac{1-y}{1-p} - \frac{y}{p}"),
        (r"\frac{\partial p_k}{\partial \beta_j} = (p_k - y_k)", r"p_k (1 - p_k) a_j^{(k)}"),
        (r"= \frac{(p_k - y_k)(1-p_k)}{(1-p_k)(p_k)}", r"\frac{(p_k - y_k) p_k (1-p_k)}{(1-p_k)(p_k)}"),
        (
            r"\left[ \frac{\hat{p}_k - y^{(k)}}{(1-\hat{p}_k)\hat{p}_k} \right] a_l^{(k)}",
            r"(\hat{p}_k - y^{(k)}) a_l^{(k)}",
        ),
    ],
    "two_three_four_one.md": [
        (r"z_j = \mathbf{w}_i^{[1] \top} \mathbf{x} + b_i^{[1]}", ""),
        (r"\nabla f(x_1, x_2) = [6x_1 x_2, 3x_1]^T", "[6x_1 x_2, 3x_1^2]^T"),
        (r"\begin{bmatrix} b_1^{[1]} \\ b_1^{[1]} \end{bmatrix}", r"\mathrm{ReLU}(W^{[1]} x + b^{[1]})"),
        (r"w_{1,3}^{[2]}, w_{1,3}^{[2]} \end{bmatrix}", ""),
        (r"z_1^{[2]} = \mathrm{ReLU}(z_1^{[2]})", ""),
        (r"+ b^{[3]} \right)", r"\mathrm{ReLU}(W^{[2]} a^{[1]} + b^{[2]})"),
        (r"z_1^{[3]} = \begin{bmatrix} w_{4,1}^{[2]}", r"W^{[3]} a^{[2]} + b_1^{[3]}"),
        (r"\odot g'(z^{[2]})]_i a_j^{[1]} e_i", ""),
        (r"W^{[3]T} \odot g(z^{[2]})]a^{[1]T}", ""),
    ],
}
"""In each file the formulas that are wrong, by a part of them, and what should stand there ("" where it is long)."""


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
    near = ["\n".join(lines[k] for k in range(e.place.line, e.place.line + 3) if k in lines) for e in wrong]
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
        e for e in reports[name] if e.verdict in WRONG and part in "\n".join(text[e.place.line - 1 : e.place.line + 2])
    )
    expected = wrong.to_json()["expected"]
    assert expected, part
    problem = _context(name, wrong.place.line)
    assert Checker(problem, explain=False).check(f"{expected} = {correct}").verdict == "proved", expected


def _context(name: str, line: int) -> Problem:
    """What is declared where a line stands."""
    declared = Declared()
    for piece in pieces(FOLDER / name):
        if isinstance(piece, Context) and piece.document.place(piece.start, piece.start + 1).line < line:
            declared = declared.with_block(read_toml(piece.toml), FOLDER)
    return declared.problem()
