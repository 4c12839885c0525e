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
from tests.notes_documents import FRESH, NETWORK, RIGHT, WRONG, written

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


def copy(path: Path) -> Path:
    found = annotated(check_notes(path, settings=FRESH))
    return written(path.parent / "out", found[str(path)], path.name)


def verdicts_of(path: Path) -> list[str]:
    """What is said of its formulas: marks do not change it."""
    return [e.verdict for e in check_notes(path, settings=FRESH).files[0].entries if not e.judgement.missing]


def test_markdown_keeps_its_formulas_and_says_what_is_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, MARKDOWN)
    marked = copy(path)
    before, after = formulas(path), formulas(marked)
    kept = iter(formula.removesuffix(r" \quad \text{✓}") for formula in after)
    assert all(formula in kept for formula in before)
    assert verdicts_of(marked)[: len(before)] == verdicts_of(path)[: len(before)]
    text = marked.read_text(encoding="utf-8")
    assert text.count("✗") == sum(
        e.verdict in ("refuted", "conditional") for e in check_notes(path, settings=FRESH).files[0].entries
    )
    assert "✓" in text
    assert "Correct: $" in text


def test_a_marked_copy_can_be_checked_and_marked_again(tmp_path: Path) -> None:
    path = written(tmp_path, MARKDOWN)
    first, again = check_notes(path, settings=FRESH).totals, check_notes(copy(path), settings=FRESH).totals
    assert again["refuted"] == first["refuted"]
    assert again["proved"] == first["proved"]


def test_notebooks_are_marked_in_their_cells(tmp_path: Path) -> None:
    cells = [{"cell_type": "markdown", "source": [NETWORK]}, {"cell_type": "code", "source": ["x = 1"]},
             {"cell_type": "markdown", "source": [f"$$ {WRONG[0][0]} $$\n", "words"]}]  # fmt: skip
    path = written(tmp_path, json.dumps({"cells": cells, "nbformat": 4}), "n.ipynb")
    found = json.loads(copy(path).read_text(encoding="utf-8"))
    assert found["cells"][:2] == cells[:2]
    assert found["cells"][2]["source"] != cells[2]["source"]
    assert "✗" in "".join(found["cells"][2]["source"])
    assert found["nbformat"] == 4


def test_files_that_are_input_have_copies_too(tmp_path: Path) -> None:
    written(tmp_path, f"$ {WRONG[0][0]} $", "part.tex")
    main = written(tmp_path, LATEX.replace("\\end{document}", "\\input{part}\n\\end{document}"), "main.tex")
    found = annotated(check_notes(main, settings=FRESH))
    assert [Path(name).name for name in found] == ["main.tex", "part.tex"]
    assert "derivecolor{wrong}" in found[str(tmp_path / "part.tex")]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX here")
def test_a_marked_copy_of_latex_compiles(tmp_path: Path) -> None:
    marked = copy(written(tmp_path, LATEX, "n.tex"))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", marked.name],
        cwd=marked.parent, capture_output=True, text=True, errors="replace", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert marked.with_suffix(".pdf").stat().st_size > 1000
