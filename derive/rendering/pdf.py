"""Documents as PDF: set by a LaTeX engine, if there is one here.

The engine works in a folder of its own that is thrown away, may not run other programs, may read and write nothing
outside, and is stopped if it takes too long.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from derive.errors import UsageError
from derive.rendering.document import Document
from derive.rendering.latex_document import latex_document

_QUIETLY = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape")
ENGINES: dict[str, tuple[str, ...]] = {
    "pdflatex": _QUIETLY,
    "lualatex": _QUIETLY,
    "xelatex": _QUIETLY,
    "tectonic": ("--untrusted", "--chatter=minimal"),
}
"""The programs that are looked for, in this order, with their options."""

SECONDS = 60.0
_INSTEAD = "Export .tex, or .html and print it to PDF from a browser."


def pdf(document: Document, seconds: float = SECONDS) -> bytes:
    """The document as a PDF file; UsageError if there is no engine, or if it fails or takes longer than `seconds`."""
    name, program = _engine()
    with tempfile.TemporaryDirectory(prefix="derive-") as folder:
        (Path(folder) / "document.tex").write_text(latex_document(document), encoding="utf-8")
        try:
            done = subprocess.run(
                [program, *ENGINES[name], "document.tex"], cwd=folder, env=_environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"{name} took longer than {seconds:g} seconds.", suggestion=_INSTEAD) from error
        except OSError as error:
            raise UsageError(f"{name} cannot be started: {error.strerror}.", suggestion=_INSTEAD) from error
        made = Path(folder) / "document.pdf"
        if done.returncode or not made.exists():
            raise UsageError(f"{name} failed: {_complaint(done.stdout)}", suggestion=_INSTEAD)
        return made.read_bytes()


def _engine() -> tuple[str, str]:
    for name in ENGINES:
        program = shutil.which(name)
        if program is not None:
            return name, program
    known = ", ".join(ENGINES)
    raise UsageError(f"A PDF is set by LaTeX, and none is installed here ({known}).", suggestion=_INSTEAD)


def _environment() -> dict[str, str]:
    """Files outside of the folder can be neither read nor written, except for those of LaTeX itself."""
    return {**os.environ, "openin_any": "p", "openout_any": "p"}


def _complaint(output: bytes) -> str:
    """The line in which the engine says what is wrong."""
    lines = output.decode("utf-8", "replace").splitlines()
    said = [line.lstrip("! ") for line in lines if line.startswith(("!", "error"))]
    return said[0] if said else "it wrote no PDF."
