"""Files as streams of pieces: Markdown, LaTeX with the files it inputs, notebooks cell by cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from derive.errors import LimitError, UsageError
from derive.notes.finding.latex_source import LatexSource
from derive.notes.finding.macros import Macros
from derive.notes.finding.markdown import Markdown
from derive.notes.finding.pieces import Document, Include, Piece, Source, Trouble
from derive.suggestions import did_you_mean

MAXIMUM_BYTES = 10_000_000
MAXIMUM_FILES = 100
"""Files that one file may lead to by \\input."""


def pieces(path: Path) -> Iterator[Piece]:
    """The pieces of a file, in order; those of files it inputs stand where they are input.

    UsageError if the file cannot be read, or is of no kind known here.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path}: {path.suffix or 'this'} is no kind of notes that can be read.",
                         suggestion=f"Notes end in {', '.join(READERS)}.")  # fmt: skip
    return reader(path)


def _markdown(path: Path) -> Iterator[Piece]:
    return Markdown(Document(str(path), content(path))).pieces()


def _notebook(path: Path) -> Iterator[Piece]:
    macros: Macros = {}
    for number, source in markdown_cells(path):
        yield from Markdown(Document(str(path), source, number), macros, is_cell=True).pieces()


def markdown_cells(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a notebook, with the numbers of their cells, from 1. UsageError if the file is no notebook."""
    try:
        cells = json.loads(content(path))["cells"]
        for number, cell in enumerate(cells, start=1):
            if cell["cell_type"] == "markdown":
                source = cell["source"]
                yield number, source if isinstance(source, str) else "".join(source)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path} is no notebook.", suggestion="Save it again from Jupyter.") from None


def _latex(path: Path) -> Iterator[Piece]:
    return _Sources(path).pieces(path, ())


class _Sources:
    """A LaTeX file and those it inputs; names are looked up beside the first file, then beside the one that asks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.macros: Macros = {}
        self.count = 0

    def pieces(self, path: Path, above: tuple[Path, ...]) -> Iterator[Piece]:
        self.count += 1
        if self.count > MAXIMUM_FILES:
            raise LimitError(f"{self.root} inputs more than {MAXIMUM_FILES} files.", suggestion="Check its parts.")
        for piece in LatexSource(Document(str(path), content(path)), self.macros).pieces():
            if isinstance(piece, Include):
                yield from self._included(piece, path, (*above, path.resolve()))
            else:
                yield piece

    def _included(self, piece: Include, path: Path, above: tuple[Path, ...]) -> Iterator[Piece]:
        found = self._file(piece.name, path)
        if piece.is_package:
            if found is not None:
                package = Document(str(found), content(found))
                yield Source(package)
                LatexSource(package, self.macros).learn()
        elif found is None:
            yield Trouble(piece.document, piece.start, piece.end, f"There is no file {piece.name} to input.")
        elif found.resolve() in above:
            yield Trouble(piece.document, piece.start, piece.end, f"{piece.name} inputs itself.")
        else:
            yield Source(Document(str(found), content(found)))
            yield from self.pieces(found, above)

    def _file(self, name: str, path: Path) -> Path | None:
        """The file of that name; only below the folder of the first file, and relative to it."""
        if Path(name).is_absolute():
            return None
        for folder in dict.fromkeys((self.root.parent, path.parent)):
            for candidate in (folder / name, folder / f"{name}.tex"):
                is_below = candidate.resolve().is_relative_to(self.root.parent.resolve())
                if is_below and candidate.is_file():
                    return candidate
        return None


def content(path: Path) -> str:
    """The text of a file, line ends as \\n; UsageError if it cannot be read."""
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise LimitError(f"{path} has more than {MAXIMUM_BYTES:,} bytes.", suggestion="Split it.")
        text = path.read_bytes().decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*") if p.suffix in READERS] if path.parent.is_dir() else []
        raise UsageError(f"There is no file {path}.",
                         suggestion=did_you_mean(path.name, near[:50], otherwise="There are")) from None  # fmt: skip
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.", suggestion="Save it as UTF-8.") from None


READERS: Mapping[str, Callable[[Path], Iterator[Piece]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".tex": _latex,
    ".ipynb": _notebook,
}
"""How the pieces of each kind of file are found."""
