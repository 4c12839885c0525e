r"""The pieces of a LaTeX source: formulas, contexts and marks in comments, macros, sections, other files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.notes.finding.blank import blanked
from derive.notes.finding.macros import Macros, definitions, expanded
from derive.notes.finding.marks import in_comment
from derive.notes.finding.pieces import Context, Document, Formula, Heading, Include, Piece, Trouble
from derive.notes.finding.scanning import Unclosed, mathematics

_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*(?P<comment>%[^\n]*)")
_VERBATIM = re.compile(
    r"\\begin\{(?P<name>verbatim\*?|Verbatim|lstlisting|minted|comment|filecontents\*?|alltt)\}.*?\\end\{(?P=name)\}"
    r"|\\(?:verb\*?|lstinline)(?P<sign>[^\sA-Za-z*{])[^\n]*?(?P=sign)",
    re.DOTALL,
)
_BLOCK = re.compile(r"^[ \t]*%+[ \t]*derive[ \t]*:[ \t]*$", re.MULTILINE)
_BLOCK_END = re.compile(r"^[ \t]*%+[ \t]*end[ \t]+derive\b[^\n]*$", re.MULTILINE)
_PERCENT = re.compile(r"^[ \t]*%+ ?", re.MULTILINE)
_INCLUDE = re.compile(r"\\(?:input|include|subfile)\s*(?:\{(?P<braced>[^{}]+)\}|[ \t](?P<bare>[^\s\\{}]+))")
_PACKAGE = re.compile(r"\\(?:usepackage|RequirePackage)\s*(?:\[[^\]]*\])?\s*\{(?P<names>[^{}]+)\}")
_SECTION = re.compile(r"\\(?:part|chapter|section|subsection|subsubsection|paragraph|frametitle|begin\{frame\})\b")
_BEGIN, _END = "\\begin{document}", "\\end{document}"


class LatexSource:
    """One reading of a LaTeX file; `macros` are those known so far, and learn those defined here."""

    def __init__(self, document: Document, macros: Macros | None = None) -> None:
        self.document = document
        self.macros = macros if macros is not None else {}

    def pieces(self) -> Iterator[Piece]:
        """Everything that is found, in order; the macros of a file that is input hold from there on."""
        text = blanked(self.document.text, (m.span() for m in _VERBATIM.finditer(self.document.text)))
        found, text = self._comments(text)
        body = text.find(_BEGIN)
        end = text.find(_END)
        text = text if end < 0 else blanked(text, [(end, len(text))])
        taught = definitions(text)
        self.macros.update(taught.macros)
        text = blanked(text, taught.spans)
        for match in _PACKAGE.finditer(text):
            names = (name.strip() for name in match["names"].split(","))
            found += [Include(self.document, match.start(), match.end(), f"{n}.sty", is_package=True) for n in names]
        for match in _INCLUDE.finditer(text):
            name = (match["braced"] or match["bare"]).strip()
            found.append(Include(self.document, match.start(), match.end(), name))
        found += [Heading(m.start()) for m in _SECTION.finditer(text)]
        found += self._formulas(text if body < 0 else blanked(text, [(0, body)]))
        for piece in sorted((p for p in found if end < 0 or p.start < end), key=lambda piece: piece.start):
            yield expanded(piece, self.macros) if isinstance(piece, Formula) else piece

    def learn(self) -> None:
        """Only its macros, as of a package."""
        text = blanked(self.document.text, (m.span("comment") for m in _COMMENT.finditer(self.document.text)))
        self.macros.update(definitions(text).macros)

    def _comments(self, text: str) -> tuple[list[Piece], str]:
        """Contexts and marks, and the text without any comment."""
        found: list[Piece] = []
        blocks: list[tuple[int, int]] = []
        for opening in _BLOCK.finditer(text):
            if blocks and opening.start() < blocks[-1][1]:
                continue
            closing = _BLOCK_END.search(text, opening.end())
            if closing is None:
                message = "`% derive:` opens a context; `% end derive` is missing."
                found.append(Trouble(self.document, opening.start(), opening.end(), message))
                continue
            inside = _PERCENT.sub("", text[opening.end() : closing.start()])
            found.append(Context(self.document, opening.start(), inside))
            blocks.append((opening.start(), closing.end()))
        text = blanked(text, blocks)
        for match in _COMMENT.finditer(text):
            inside = match["comment"].lstrip("%")
            piece = in_comment(self.document, inside, match.start("comment"), match.end("comment"))
            if piece is not None and not isinstance(piece, Context):
                found.append(piece)
        return found, blanked(text, (m.span("comment") for m in _COMMENT.finditer(text)))

    def _formulas(self, text: str) -> Iterator[Piece]:
        for span in mathematics(text, markdown=False):
            if isinstance(span, Unclosed):
                end = span.start + len(span.opening)
                yield Trouble(self.document, span.start, end, f"{span.opening} opens a formula that never closes.")
                continue
            inside = text[span.inner_start : span.inner_end]
            offsets = tuple(range(span.inner_start, span.inner_end + 1))
            yield Formula(self.document, inside, offsets, span.start, span.end, span.display)
