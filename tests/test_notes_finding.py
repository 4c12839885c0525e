"""Finding: every formula is found once, at its place; code, money and comments are not mathematics."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from derive.errors import UsageError
from derive.notes.finding.documents import pieces
from derive.notes.finding.pieces import Context, Formula, Mark, Piece, Trouble
from tests.notes_documents import written

FORMULAS = (
    "a = b", r"\frac{x}{y} + z_1", r"\text{if } x < 1 \text{ and } y", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
    r"f(\{1, 2\}) = \$5", "x\n  = y\n", r"\alpha \\ \beta",
)  # fmt: skip
MARKDOWN = (
    "$${}$$", "\\[{}\\]", "$$\n{}\n$$", "\\begin{{align}}{}\\end{{align}}", "```math\n{}\n```", "\\\\[{}\\\\]",
    "\\begin{{equation*}}\n{}\n\\end{{equation*}}", "> $$ {} $$", "1. Item\n\n    $$ {} $$",
)  # fmt: skip
LATEX = (
    "$${}$$", "\\[{}\\]", "\\begin{{align}}{}\\end{{align}}", "\\begin{{gather*}}\n{}\n\\end{{gather*}}", "\\({}\\)",
    "\\begin{{equation}} \\label{{q}} {} \\end{{equation}}",
)  # fmt: skip
PROSE_MARKDOWN = (
    "Some words.", "It costs $5, or $6 a piece.", "`$no = no$` is code.", "``a ` $no$ b``", "Escaped \\$3 = \\$3.",
    "```python\n$$ no = no $$\n```", "~~~\n$no = no$\n~~~", "<!-- $no = no$ -->", "Between $5-$10 it is 3$.",
    "    $no = no$\n", "<pre>$$no = no$$</pre>", "$ no = no $ has spaces",
)  # fmt: skip
PROSE_LATEX = (
    "Some words.", "It is 50\\% or \\$5.", "% $no = no$", "\\verb|$no = no$| is code.", "\\lstinline!$no$!",
    "\\begin{verbatim}\n$$ no = no $$\n\\end{verbatim}", "Text % \\[ no = no \\]",
)  # fmt: skip


def found(path: Path) -> list[Formula]:
    return [piece for piece in pieces(path) if isinstance(piece, Formula)]


def of_kind(path: Path, kind: type[Piece]) -> list[Piece]:  # type: ignore[valid-type]
    return [piece for piece in pieces(path) if isinstance(piece, kind)]


@pytest.mark.parametrize(
    ("name", "wrappers", "prose"), [("n.md", MARKDOWN, PROSE_MARKDOWN), ("n.tex", LATEX, PROSE_LATEX)]
)
@pytest.mark.parametrize("seed", range(12))
def test_every_formula_is_found_once_and_nothing_else(
    tmp_path: Path, name: str, wrappers: tuple[str, ...], prose: tuple[str, ...], seed: int
) -> None:
    random_ = random.Random(seed)
    parts, expected = [], []
    for _ in range(12):
        parts.append(random_.choice(prose))
        formula = random_.choice(FORMULAS)
        if random_.random() < 0.4 and "\n" not in formula:
            parts.append(f"Inline ${formula}$ here.")
        else:
            wrapper = random_.choice(wrappers)
            if ">" in wrapper or "Item" in wrapper:
                formula = formula.replace("\n", " ").strip()
            parts.append(
                wrapper.format(formula) if "```" not in wrapper else "\n" + wrapper.format(formula.strip("\n"))
            )
        expected.append(formula)
    text = "\n\n".join(parts)
    assert [" ".join(f.latex.replace("\\label{q}", "").split()) for f in found(written(tmp_path, text, name))] == [
        " ".join(f.split()) for f in expected
    ]


@pytest.mark.parametrize("name", ["n.md", "n.tex"])
@pytest.mark.parametrize("seed", range(6))
def test_places_are_those_of_the_characters(tmp_path: Path, name: str, seed: int) -> None:
    random_ = random.Random(seed)
    text = "\n\n".join(f"{'w ' * random_.randrange(5)}$${f}$$" for f in random_.sample(FORMULAS, 5))
    lines = text.split("\n")
    for formula in found(written(tmp_path, text, name)):
        for k in range(len(formula.latex)):
            place = formula.place(k, k + 1)
            if formula.latex[k] not in " \n":
                assert lines[place.line - 1][place.column - 1] == formula.latex[k]
                assert (place.end_line, place.end_column) == (place.line, place.column + 1)


def test_what_a_macro_writes_has_the_place_of_its_use(tmp_path: Path) -> None:
    text = "\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}\n\\def\\bW{\\mathbf{W}}\n$\\pd{E}{\\bW} = x$\n"
    [formula] = found(written(tmp_path, text, "n.tex"))
    assert formula.latex == r"\frac{\partial E}{\partial \mathbf{W}} = x"
    assert formula.place(0, 5).column == 2
    assert (
        formula.place(formula.latex.index("E"), formula.latex.index("E") + 1).column
        == text.split("\n")[2].index("E") + 1
    )
    assert formula.place(len(formula.latex) - 1, len(formula.latex)).column == text.split("\n")[2].index("x$") + 1


@pytest.mark.parametrize(
    "text", ["\\newcommand{\\a}{\\a \\a}", "\\def\\a{\\b}\\def\\b{\\a}", "\\newcommand{\\a}[1]{#1#1#1}"]
)
def test_macros_that_use_themselves_come_to_an_end(tmp_path: Path, text: str) -> None:
    nested = "\\a{" * 30 + "x" + "}" * 30
    [formula] = found(written(tmp_path, f"{text}\n$ {nested} = x $", "n.tex"))
    assert len(formula.latex) < 100_000


def test_files_that_are_input_stand_where_they_are_input(tmp_path: Path) -> None:
    written(tmp_path, "$b = b$ \\input{part/c}", "b.tex")
    written(tmp_path, "$c = c$ \\input{a} \\input{missing} \\input{../../outside}", "part/c.tex")
    main = written(tmp_path, "$a = a$ \\include{b} % \\input{nothing}\n$d = d$", "a.tex")
    assert [f.latex for f in found(main)] == ["a = a", "b = b", "c = c", "d = d"]
    assert [Path(f.document.file).name for f in found(main)] == ["a.tex", "b.tex", "c.tex", "a.tex"]
    messages = [p.message for p in pieces(main) if isinstance(p, Trouble)]
    assert len(messages) == 3
    assert "itself" in messages[0]


def test_macros_of_files_and_packages_hold_where_they_are_input(tmp_path: Path) -> None:
    written(tmp_path, r"\newcommand{\pd}[2]{\frac{#1}{#2}} $\R$", "macros.tex")
    written(tmp_path, r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert} \let\eps=\varepsilon", "own.sty")
    head = r"\documentclass{article}\usepackage{amsmath,own}\input{macros}\NewDocumentCommand{\of}{O{x} m}{#2(#1)}"
    body = r"\begin{document}$\pd{a}{b} = \norm*{c} = \of[\eps]{g} = \of{h}$\end{document}"
    *_, last = found(written(tmp_path, head + body, "a.tex"))
    assert "".join(last.latex.split()) == r"\frac{a}{b}=\left\lVertc\right\rVert=g(\varepsilon)=h(x)"


def test_cells_of_a_notebook_count_from_one(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": "$no = no$"}, {"cell_type": "markdown", "source": ["Hello\n", "$a = b$"]}]
    [formula] = found(written(tmp_path, json.dumps({"cells": cells}), "n.ipynb"))
    place = formula.place(0, 5)
    assert (place.cell, place.line, place.column) == (2, 2, 2)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cells": 3}', '{"cells": [{}]}'])
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no notebook"):
        list(pieces(written(tmp_path, text, "n.ipynb")))


@pytest.mark.parametrize("name", ["n.txt", "n", "n.md/x.md"])
def test_other_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        list(pieces(tmp_path / name))


def test_contexts_are_found_in_fences_comments_and_front_matter(tmp_path: Path) -> None:
    matter = "---\ntitle: x\nderive:\n  shapes:\n    W: [n, m]\n    lam: []\n  network:\n    bias: false\n---\n"
    blocks = "```derive\n[shapes]\nx = []\n```\n\n> ```derive\n> [shapes]\n> y = []\n> ```\n"
    blocks += "\n<!-- derive\n[shapes]\nz = []\n-->\n"
    found_ = [p for p in pieces(written(tmp_path, matter + blocks)) if isinstance(p, Context)]
    assert found_[0].table == {"shapes": {"W": ["n", "m"], "lam": []}, "network": {"bias": False}}
    braces = '---\nderive: {shapes: {W: [n, m]}, assume: {binary: [y, "z"]}}\n---\n'
    (context,) = (p for p in pieces(written(tmp_path, braces)) if isinstance(p, Context))
    assert context.table == {"shapes": {"W": ["n", "m"]}, "assume": {"binary": ["y", "z"]}}
    assert [p.toml.split() for p in found_[1:]] == [["[shapes]", c, "=", "[]"] for c in "xyz"]
    latex = "% derive:\n%   [shapes]\n% x = []\n% end derive\n$a = b$\n% derive:\n"
    first = pieces(written(tmp_path, latex, "n.tex"))
    assert [p.toml.split() for p in first if isinstance(p, Context)] == [["[shapes]", "x", "=", "[]"]]


def test_marks_are_found_and_misspelt_ones_told(tmp_path: Path) -> None:
    text = "<!-- derive: wrong -->\n<!-- derive:ignore, for now -->\n<!-- derive: wrnog -->\n<!-- derived: wrong -->\n"
    found_ = list(pieces(written(tmp_path, text)))
    assert [p.kind for p in found_ if isinstance(p, Mark)] == ["wrong", "ignore"]
    assert ["Did you mean wrong?" in p.message for p in found_ if isinstance(p, Trouble)] == [True]
    latex = list(pieces(written(tmp_path, "% derive: ignore\n$a=b$ % derive: wrong\n", "n.tex")))
    assert [p.kind for p in latex if isinstance(p, Mark)] == ["ignore", "wrong"]


@pytest.mark.parametrize("text", ["$$ a = b", "\\[ a = b", "\\begin{align} a = b", "\\begin{align} a \\end{equation}"])
@pytest.mark.parametrize("name", ["n.md", "n.tex"])
def test_a_formula_that_never_closes_is_told(tmp_path: Path, text: str, name: str) -> None:
    [trouble] = [p for p in pieces(written(tmp_path, f"Words\n\n{text}", name)) if isinstance(p, Trouble)]
    assert "never closes" in trouble.message
    assert trouble.document.place(trouble.start, trouble.end).line == 3


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["n.md", "n.tex", "n.ipynb"])
def test_hostile_texts_are_read_to_their_end(tmp_path: Path, seed: int, name: str) -> None:
    random_ = random.Random(seed)
    bits = (
        "$", "$$", "\\", "\\[", "\\]", "`", "```", "{", "}", "%", "\n", "\n\n", "<!--", "-->", "a = b", ">", "[1]",
        "\\begin{align}", "\\end{align}", "---\n", "\\newcommand{\\a}", "\\a", "derive:", "\u2028", "\x00", "é",
    )  # fmt: skip
    text = "".join(random_.choice(bits) for _ in range(400))
    if name.endswith("ipynb"):
        text = json.dumps({"cells": [{"cell_type": "markdown", "source": text}]})
    for piece in pieces(written(tmp_path, text, name)):
        if isinstance(piece, Formula):
            piece.place(0, len(piece.latex))
