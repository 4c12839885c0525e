"""`derive export`: every kind of file of everything there is to show, or a sentence; whole files or none."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from xml.etree import ElementTree

import pytest
from test_docs import blocks

import cli
from derive.commands import writing
from derive.commands.export_kinds import KINDS, SUBJECTS, kind_of
from derive.errors import UsageError
from derive.rendering import pdf as pdf_module
from derive.rendering.document import Document, Paragraph
from derive.rendering.pdf import pdf

RELU = ["--widths", "2,2,1", "--activations", "relu,tanh", "--batch", "2", "--wrt", "W1"]
HELLO = Document(("Hello",), (Paragraph(("world",)),))


def no_latex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_module.shutil, "which", lambda name: None)


@pytest.mark.parametrize("what", sorted(SUBJECTS))
def test_everything_is_written_in_every_format_or_refused_in_a_sentence(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    no_latex(monkeypatch)
    for kind in KINDS.values():
        if what == "differences" and kind.name not in ("svg", "html", "python"):
            continue  # the numbers take a while, and a document is a document
        target = tmp_path / f"file{kind.suffix or '.fragment'}"
        code = cli.run(["export", *RELU, "--what", what, "--format", kind.name, "-o", str(target)])
        _, err = capsys.readouterr()
        if kind.name in (SUBJECTS[what].never, "pdf"):
            assert code == 2
            assert not target.exists()
            assert err.startswith("derive: ")
            assert ("goes with --what" in err) is (kind.name != "pdf")
        else:
            assert (code, err) == (0, "")
            assert target.stat().st_size > 100
    for picture in tmp_path.glob("*.svg"):
        ElementTree.parse(picture)


def test_a_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    for what in SUBJECTS:
        target = tmp_path / f"{what}.html"
        assert cli.run(["export", *RELU, "--what", what, "-o", str(target), "-q"]) == 0
        page = target.read_text(encoding="utf-8")
        plain = page.replace("http://www.w3.org/2000/svg", "")
        assert not [word for word in ("http:", "https:", "<script", "<link", "url(", "@import") if word in plain]
        assert "default-src 'none'" in page
        body = page[page.index("<main") : page.index("</main>")] + "</main>"
        ElementTree.fromstring(body.replace("&nbsp;", "\u00a0"))


def test_the_picture_of_the_readme_is_what_its_command_draws(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    shown = next(b for b in blocks((root / "README.md").read_text(encoding="utf-8")) if "--what graph" in b.body)
    target = tmp_path / "graph.svg"
    assert cli.run([*shlex.split(shown.body)[2:-4], str(target), "-q"]) == 0
    assert target.read_bytes() == (root / "docs" / "pictures" / "graph.svg").read_bytes()


def test_every_suffix_is_known_and_listed() -> None:
    suffixes = [kind.suffix for kind in KINDS.values() if kind.suffix]
    assert {".tex", ".md", ".html", ".pdf", ".svg", ".py"} <= set(suffixes)
    assert all(kind_of("a/notes" + suffix.upper()).suffix == suffix for suffix in suffixes)
    for path in ("notes.docx", "notes", ".tex"):
        with pytest.raises(UsageError) as caught:
            kind_of(path)
        assert all(suffix in str(caught.value) for suffix in suffixes)


def test_a_format_is_named_as_it_is_called_or_by_its_suffix(tmp_path: Path) -> None:
    for name in ("markdown", "md"):
        target = tmp_path / f"{name}.html"
        assert cli.run(["export", *RELU, "--format", name, "-o", str(target), "-q"]) == 0
        assert target.read_text(encoding="utf-8").startswith("# ")


def test_what_cannot_be_code_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, words in (
        (["--widths", "n0,...,nL", "--batch", "N", "--delta", "example", "--wrt", "delta[l]"], "ask for W[l]"),
        ([*RELU, "--style", "entries"], "Leave out --style"),
    ):
        assert cli.run(["export", *line, "-o", str(tmp_path / "x.py")]) == 2
        assert words in capsys.readouterr().err


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "notes.txt"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(target)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(writing.os, "replace", full)
        with pytest.raises(UsageError, match="No space left"):
            writing.write_file(str(link), b"new")
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.txt", "notes.txt"]
    writing.write_file(str(link), b"new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    writing.write_file(str(tmp_path / "fresh.txt"), b"new")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "fresh.txt").stat().st_mode) == 0o666 & ~mask


def engine(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A LaTeX engine that is a script of ours."""
    program = folder / "engine"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(pdf_module.shutil, "which", lambda name: str(program) if name == "pdflatex" else None)


def test_a_pdf_comes_from_a_folder_of_its_own_without_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine(tmp_path, monkeypatch, f'pwd > {tmp_path}/where; echo "$@ $openout_any" > document.pdf; ls >> document.pdf')
    made = pdf(HELLO).decode()
    assert "-no-shell-escape" in made
    assert made.splitlines()[0].endswith("document.tex p")
    assert not Path((tmp_path / "where").read_text(encoding="utf-8").strip()).exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [("echo '! Undefined control sequence.'; exit 1", "Undefined control sequence"), ("exec sleep 30", "longer than"),
     ("exit 0", "no PDF")],
)  # fmt: skip
def test_an_engine_that_fails_is_reported(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(tmp_path, monkeypatch, script)
    with pytest.raises(UsageError, match=words) as caught:
        pdf(HELLO, seconds=0.1 if "sleep" in script else 300.0)
    assert "Export .tex" in str(caught.value)


def test_without_latex_other_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    no_latex(monkeypatch)
    with pytest.raises(UsageError, match=r"pdflatex.*Export \.tex, or \.html"):
        pdf(HELLO)
