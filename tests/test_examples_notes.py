"""The notes among the examples: every slip that was left in them is found, with its correction, and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from derive.notes import Entry, Settings, check_notes

pytestmark = pytest.mark.usefixtures("in_this_process")

FOLDER = Path(__file__).parent.parent / "examples" / "notes"
WRONG = ("refuted", "conditional")

_MIDDLE = r"(a^{[3]} - y) (W^{[3]\top} \odot g'(z^{[2]})) a^{[1]\top}"
"""The gradient of the middle layer of the small network."""


def _unit(i: int) -> str:
    """What unit i of the middle layer sums up."""
    weights = ", ".join(f"w_{{{i},{j}}}^{{[2]}}" for j in (1, 2, 3))
    below = r"\begin{bmatrix} a_1^{[1]} \\ a_2^{[1]} \\ a_3^{[1]} \end{bmatrix}"
    return rf"\begin{{bmatrix}} {weights} \end{{bmatrix}} {below} + b_{i}^{{[2]}}"


def _links(j: int) -> str:
    """The chain of f through all g to x_j."""
    links = [rf"\frac{{\partial f}}{{\partial g_{i}}} \frac{{\partial g_{i}}}{{\partial x_{j}}}" for i in "12k"]
    return rf"{links[0]} + {links[1]} + \dots + {links[2]}"


SLIPS: dict[str, list[tuple[str, str]]] = {
    "one_unit_per_layer.md": [
        (r"\delta_1 = \delta_2 \sigma_1'", r"\delta_{2} w_{2} \sigma_1'"),
        (r"w_1 \leftarrow w_1 - \eta \delta_1 a_0 \cdot x", r"w_1 - \eta \delta_1 x"),
    ],
    "cheat_sheets.md": [
        (r"E = \sqrt{\sum_{i=1}^{N}", r"\frac{1}{N} \sum_{i=1}^{N} (y^{(i)} - \hat{y}^{(i)})^{2}"),
        (r"z_{j}^{l+1} = \sum_{i=1}^{n_l} w_{ij}^{l} a_{i}^{l}", r"\sum_{i=1}^{n_{l}} w_{ji}^{l} a_{i}^{l}"),
    ],
    "whiteboard.tex": [
        (r"\underbrace{\frac{\partial z^{[1]}}{\partial w_{ij}^{[1]}}}_{m \times m}", r"m \times 1"),
        (r"= (y^{(i)} - a^{[\ell]}) w^{[\ell]}", r"(a^{[\ell]} - y^{(i)}) w^{[\ell]}"),
        (r"\frac{\partial L}{\partial w^{[2]}} = X a^{[1]T}", r"X^T a^{[1]T}"),
        (r"\frac{\partial L}{\partial x} = [y^{(i)}", r"(h_\theta(x^{(i)}) - y^{(i)}) \theta"),
    ],
    "classifier.tex": [
        (r"\frac{\partial l}{\partial p} = \frac{y-1}{1-p}", r"\frac{1 - y}{1-p} - \frac{y}{p}"),
        (r"= \frac{\partial J}{\partial p} \cdot \frac{\partial p}{\partial w}", r"(p - y) a_{j}"),
        (r"\sigma_2'(w) \left[ \sum_{j=1}^q a_j \beta_j \right]", r"(p - y) a_{j}"),
        (r"\frac{\partial p_k}{\partial \beta_j} = (p_k - y_k)", r"p (1 - p) a_j^{(k)}"),
        (
            r"= \frac{(p_k - y_k)(1-p_k)}{(1-p_k)(p_k)}",
            r"\frac{(p_k - y_k)(1-p_k)}{(1-p_k)(p_k)} p_k",
        ),
        (
            r"= \sigma_2 \left( \beta_0 \sigma_1 \left( \sum_{i=1}^n \theta_0^{(i)}",
            r"\sigma\left( \beta_{0}"
            r" + \sum_{j=1}^{q} \beta_{j} \sigma\left( \sum_{i=1}^{n} \theta_j^{(i)} x_{i} \right) \right)",
        ),
        (
            r"= \frac{1}{n} \sum_{k=1}^n \left[ (P_k - y_k)",
            r"\frac{1}{m} \sum_{k=1}^m \left[ (P_k - y_k) [\beta_l] [\sigma(z_l)] [(1 - \sigma(z_l))] X_{ik} \right]",
        ),
        (
            r"\mathcal{L}(\Theta, \beta) = \text{mean}(\mathcal{L}(\Theta, \beta))",
            r"-(y \odot \log(p) + (1 - y) \odot \log(1 - p))",
        ),
        (
            r"\left[ \frac{\hat{p}_k - y^{(k)}}{(1-\hat{p}_k)\hat{p}_k} \right] a_l^{(k)}",
            r"(\hat{p}_k - y^{(k)}) a_l^{(k)}",
        ),
        (
            r"\cdot \frac{\partial w}{\partial z_l^{(k)}} \cdot",
            r"\frac{\partial l}{\partial p} \cdot \frac{\partial p}{\partial w} \cdot"
            r" \frac{\partial w}{\partial a_l^{(k)}} \cdot \frac{\partial a_l^{(k)}}{\partial z_l^{(k)}} \cdot"
            r" \frac{\partial z_l^{(k)}}{\partial \Theta_l^{(n)}}",
        ),
    ],
    "two_three_four_one.md": [
        (r"z_j = \mathbf{w}_i^{[1] \top} \mathbf{x} + b_i^{[1]}", r"\mathbf{w}_j^{[1] \top} \mathbf{x} + b_j^{[1]}"),
        (r"\nabla f(x_1, x_2) = [6x_1 x_2, 3x_1]^T", "[6x_1 x_2, 3x_1^2]^T"),
        (r"y_2 = f_1(g_1(x_1", "f_2(g_1(x_1, ..., x_n), g_2(x_1, ..., x_n), ..., g_k(x_1, ..., x_n))"),
        (r"\frac{\partial f}{\partial g_n} \frac{\partial g_n}{\partial x_1}", _links(1)),
        (r"\frac{\partial f}{\partial g_n} \frac{\partial g_n}{\partial x_2}", _links(2)),
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
        (r"\begin{bmatrix} b_{1,1}^{[1]} \\ b_{1,1}^{[1]} \end{bmatrix}", r"\operatorname{ReLU}(W^{[1]} x + b^{[1]})"),
        (r"z_1^{[2]} = \begin{bmatrix} w_{1,1}^{[2]}", _unit(1)),
        (
            r"z_1^{[2]} = \mathrm{ReLU}(z_1^{[2]})",
            r"W_{1,1}^{[2]} a_{1}^{[1]} + W_{1,2}^{[2]} a_{2}^{[1]} + W_{1,3}^{[2]} a_{3}^{[1]} + b_{1}^{[2]}",
        ),
        (r"z_2^{[2]} = \begin{bmatrix} w_{2,1}^{[2]}", _unit(2)),
        (r"z_3^{[2]} = \begin{bmatrix} w_{3,1}^{[2]}", _unit(3)),
        (
            r"+ b^{[3]} \right)",
            r"\mathrm{ReLU} \left( W^{[2]} \begin{bmatrix} a_1^{[1]} \\ a_2^{[1]} \\ a_3^{[1]} \end{bmatrix}"
            r" + b^{[2]} \right)",
        ),
        (r"z_1^{[3]} = \begin{bmatrix} w_{4,1}^{[2]}", r"W^{[3]} a^{[2]} + b^{[3]}"),
        (r"a_1^{[3]} = \mathrm{ReLU}", r"\sigma(W^{[3]} a^{[2]} + b^{[3]})"),
        (r"z^{[2]} = \begin{bmatrix} w^{[2]}_{1,1}a^{[1]}_1", r"W^{[2]} a^{[1]} + b^{[2]}"),
        (r"\frac{\partial z^{[2]}}{\partial W^{[2]}_{i,j}} = a_i^{[1]} e_i", r"a_j^{[1]} e_i"),
        (
            r"\frac{\partial z^{[2]}}{\partial W^{[2]}_{4,4}} = a_4(0, 0, 0, 1)^T",
            r"\begin{pmatrix} 0 & 0 & 0 & a_3 \end{pmatrix}^{\top}",
        ),
        (r"(0, 0, 0, a_4)^T", r"\begin{pmatrix} 0 & 0 & 0 & a_3 \end{pmatrix}^{\top}"),
        (r"\odot g'(z^{[2]})]_i a_j^{[1]} e_i", r"[(a^{[3]} - y)W^{[3]} \odot g'(z^{[2]})]_i a_j^{[1]}"),
        (r"[(a^{[3]} - y)W^{[3]} \bigodot g(z^{[2]})]a^{[1]T} ,", _MIDDLE),
        (r"w_{1,1}^{[3]}g'(z_2^{[2]})a_2^{[1]}", _MIDDLE),
        (
            r"\begin{bmatrix} a_{1}^{[1]} & a_{2}^{[1]} & a_{3}^{[1]} & a_{4}^{[1]} \end{bmatrix}",
            r"(a^{[3]} - y)"
            r" \begin{bmatrix} w_{1,1}^{[3]} \\ w_{1,2}^{[3]} \\ w_{1,3}^{[3]} \\ w_{1,4}^{[3]} \end{bmatrix} \odot"
            r" \begin{bmatrix} g'(z_{1}^{[2]}) \\ g'(z_{2}^{[2]}) \\ g'(z_{3}^{[2]}) \\ g'(z_{4}^{[2]}) \end{bmatrix}"
            r" \begin{bmatrix} a_{1}^{[1]} & a_{2}^{[1]} & a_{3}^{[1]} \end{bmatrix}",
        ),
        (r"[(a^{[3]} - y)W^{[3]} \bigodot g(z^{[2]})]a^{[1]T} .", _MIDDLE),
    ],
}
"""In each file the formulas that are wrong, by a part of them, and the correction: a person's own formula with the slip
put right where that is one place of it, else the shortest form in names that stand there."""

BY_HAND = {r"\frac{\partial z^{[2]}}{\partial W^{[2]}_{4,4}}": r"\frac{\partial z^{[2]}}{\partial W^{[2]}_{4,3}}"}
"""What is wrong on the left, as the message says: column 4 of three."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notes, in which slips can be corrected."""
    return Path(shutil.copytree(FOLDER, tmp_path_factory.mktemp("examples") / "notes"))


@pytest.fixture(scope="module")
def reports(folder: Path) -> dict[str, tuple[Entry, ...]]:
    return {name: _checked(folder / name) for name in SLIPS}


def _checked(file: Path) -> tuple[Entry, ...]:
    """What is said of a file; of a changed one only what depends on the changes is decided again."""
    return tuple(check_notes(file, settings=Settings()).files[0].entries)


def test_every_example_is_known_here() -> None:
    shown = {path.name for path in FOLDER.iterdir() if path.suffix in (".md", ".tex")} - {"README.md"}
    assert set(SLIPS) <= shown


@pytest.mark.parametrize("name", SLIPS)
def test_every_slip_is_found_with_its_correction_and_nothing_else(
    name: str, reports: dict[str, tuple[Entry, ...]]
) -> None:
    wrong = [e for e in reports[name] if e.verdict in WRONG]
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    near = ["\n".join(lines[e.place.line - 1 : e.place.end_line]) for e in wrong]
    found = [_plain(e.to_json()["expected"]) for e in wrong]
    assert all(part in shown for shown, (part, _) in zip(near, SLIPS[name], strict=True))
    assert found == [_plain(correct) for _, correct in SLIPS[name]]


def _plain(latex: str) -> str:
    """Without what makes no difference: x_1^2 and x_{1}^{2}."""
    return re.sub(r"[{}\s]", "", latex)


@pytest.mark.parametrize("name", SLIPS)
def test_what_is_right_passes(name: str, reports: dict[str, tuple[Entry, ...]]) -> None:
    verdicts = [e.verdict for e in reports[name]]
    unclear = [e for e in reports[name] if e.verdict in ("undecided", "not understood")]
    assert not unclear, [(e.place.line, e.judgement.latex, e.judgement.reason) for e in unclear]
    assert verdicts.count("proved") > len(SLIPS[name])


@pytest.mark.parametrize("name", SLIPS)
def test_with_its_corrections_everything_is_right(
    name: str, reports: dict[str, tuple[Entry, ...]], folder: Path
) -> None:
    """Put in the place of what was wrong, each correction is proved where it stands."""
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    starts = [sum(len(line) + 1 for line in lines[:k]) for k in range(len(lines))]
    text = "\n".join(lines)
    for entry in reversed([e for e in reports[name] if e.verdict in WRONG]):
        start, end = (starts[entry.place.line - 1] + entry.place.column - 1,
                      starts[entry.place.end_line - 1] + entry.place.end_column - 1)  # fmt: skip
        below = text.find("}_{", start, end) if r"\times" in text[start:end] else -1
        arrow = text.find(r"\leftarrow", start, end) + 10
        sign = below + 3 if below > 0 else max(arrow, text.find("=", start, end) + 1)
        text = f"{text[:sign]} {entry.to_json()['expected']}{text[end - (below > 0) :]}"
    for old, new in BY_HAND.items():
        text = text.replace(old, new)
    (folder / name).write_text(text, encoding="utf-8")
    wrong = [e for e in _checked(folder / name) if e.verdict in (*WRONG, "undecided", "not understood")]
    assert not wrong, [(e.judgement.latex, e.judgement.reason) for e in wrong]
