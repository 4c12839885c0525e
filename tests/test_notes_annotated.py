"""Marked copies: every formula still stands there as it was, they can be checked again, and LaTeX compiles."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from derive.notes.check import check_notes
from derive.notes.finding.documents import pieces
from derive.notes.finding.pieces import Formula
from derive.notes.reporting.annotate import annotated
from derive.notes.reporting.report import Report
from tests.notes_documents import FRESH, NETWORK, RIGHT, WRONG, written

pytestmark = pytest.mark.usefixtures("in_this_process")

FORMULAS = [*RIGHT, *(formula for formula, _ in WRONG)]
MARKDOWN = (
    NETWORK
    + "\n".join(
        f"$$ {f} $$\n\nInline ${f}$ and more. $x \\approx 1$\n\n> $$ {f} $$\n\n1. $$ {f} $$\n" for f in FORMULAS[5:10]
    )
    + "".join(f"\n```math\n{f}\n```\n" for f in FORMULAS[6:9])
)
ALIGNED = "\\begin{{align}}\n {} \\\\ E &= E\n\\end{{align}}\n"
CONTEXT = "".join(f"% {line}\n" for line in NETWORK.splitlines()[1:-1])
LATEX = (
    "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\newcommand{\\lam}{\\lambda}\n% derive:\n"
    + CONTEXT
    + "% end derive\n\\begin{document}\n"
    + "".join(f"Inline ${f}$ and\n\\[ {f}, \\] so {ALIGNED.format(f.replace('=', '&=', 1))}" for f in FORMULAS)
    + "\\begin{enumerate}\\item $\\nabla_{W_2} E = \\lam W_2$ \\item \\begin{gather*} v = u \\end{gather*}"
    + "\\end{enumerate}\n"
    + "\\end{document}\n"
)  # fmt: skip


def formulas(path: Path) -> list[str]:
    return [" ".join(p.latex.split()) for p in pieces(path) if isinstance(p, Formula)]


def verdicts(report: Report) -> list[str]:
    """What is said of its formulas: marks do not change it."""
    return [e.verdict for e in report.files[0].entries if not e.judgement.missing]


def test_markdown_keeps_its_formulas_and_can_be_checked_and_marked_again(tmp_path: Path) -> None:
    path = written(tmp_path, MARKDOWN)
    report = check_notes(path, settings=FRESH)
    marked = written(tmp_path / "out", annotated(report)[str(path)])
    again = check_notes(marked, settings=FRESH)
    kept = iter(formula.removesuffix(r" \quad \text{✓}") for formula in formulas(marked))
    assert all(formula in kept for formula in formulas(path))
    assert verdicts(again)[: len(verdicts(report))] == verdicts(report)
    assert [again.totals[v] for v in ("refuted", "proved")] == [report.totals[v] for v in ("refuted", "proved")]
    text = marked.read_text(encoding="utf-8")
    assert text.count("✗") == sum(e.verdict in ("refuted", "conditional") for e in report.files[0].entries)
    assert "✓" in text
    assert "Correct: $" in text
    assert annotated(again).keys() == {str(marked)}


def test_notebooks_are_marked_in_their_cells(tmp_path: Path) -> None:
    cells = [{"cell_type": "markdown", "source": [NETWORK]}, {"cell_type": "code", "source": ["x = 1"]},
             {"cell_type": "markdown", "source": [f"$$ {WRONG[0][0]} $$\n", "words"]}]  # fmt: skip
    path = written(tmp_path, json.dumps({"cells": cells, "nbformat": 4}), "n.ipynb")
    found = json.loads(annotated(check_notes(path, settings=FRESH))[str(path)])
    assert found["cells"][:2] == cells[:2]
    assert found["cells"][2]["source"] != cells[2]["source"]
    assert "✗" in "".join(found["cells"][2]["source"])
    assert found["nbformat"] == 4


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, str]:
    """The copies of LaTeX notes, and of a file that is input there."""
    folder = tmp_path_factory.mktemp("notes")
    written(folder, f"$ {WRONG[0][0]} $", "part.tex")
    main = written(folder, LATEX.replace("\\end{document}", "\\input{part}\n\\end{document}"), "main.tex")
    return {Path(name): text for name, text in annotated(check_notes(main, settings=FRESH)).items()}


def test_files_that_are_input_have_copies_too(marked: dict[Path, str]) -> None:
    assert [path.name for path in marked] == ["main.tex", "part.tex"]
    assert "derivecolor{wrong}" in [*marked.values()][1]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX here")
def test_a_marked_copy_of_latex_compiles(marked: dict[Path, str], tmp_path: Path) -> None:
    for path, text in marked.items():
        written(tmp_path, text, path.name)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "main.pdf").stat().st_size > 1000
