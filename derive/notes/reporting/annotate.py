"""Copies of notes with margin marks: what is right, what is wrong, and the correction; they render as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from derive.notes.finding.documents import content
from derive.notes.reporting.annotate_latex import latex_copy
from derive.notes.reporting.annotate_markdown import markdown_copy
from derive.notes.reporting.report import FileReport, Report


def annotated(report: Report) -> dict[str, str]:
    """The copies by the names of the files they are copies of."""
    return {file.file: _COPIES[Path(file.file).suffix.lower()](file) for file in report.files}


def line_ends(path: Path) -> str:
    """How the lines of a file end, for its copy: \\n, or those of Windows."""
    with path.open("rb") as stream:
        return "\r\n" if stream.readline().endswith(b"\r\n") else "\n"


def _markdown(file: FileReport) -> str:
    return markdown_copy(file.texts.get(None, content(Path(file.file))), file.entries)


def _latex(file: FileReport) -> str:
    return latex_copy(file.texts.get(None, content(Path(file.file))), file.entries)


def _notebook(file: FileReport) -> str:
    notebook = json.loads(content(Path(file.file)))
    for number, text in file.texts.items():
        if number is not None:
            marked = markdown_copy(text, [e for e in file.entries if e.place.cell == number])
            if marked != text:
                notebook["cells"][number - 1]["source"] = marked.splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


_COPIES: Mapping[str, Callable[[FileReport], str]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".tex": _latex,
    ".sty": _latex,
    ".ipynb": _notebook,
}
