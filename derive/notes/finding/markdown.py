"""The pieces of a Markdown text: formulas, fenced context, front matter, marks in comments, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.notes.finding.blank import blanked
from derive.notes.finding.front_matter import front_matter
from derive.notes.finding.macros import Macros, definitions, expanded
from derive.notes.finding.marks import in_comment
from derive.notes.finding.pieces import Context, Document, Formula, Heading, Piece, Trouble
from derive.notes.finding.scanning import Span, Unclosed, mathematics

_FENCE = re.compile(r"^(?P<lead>[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n]*)$")
_HEADING = re.compile(r"^(?:#{1,6}\s|[^\n]+\n(?:=+|-{3,})[ \t]*$)", re.MULTILINE)
_COMMENT = re.compile(r"<!--(?P<inside>(?:(?!<!--).)*?)-->", re.DOTALL)
_CODE = re.compile(r"(?<![`$\\])(?P<ticks>`+)(?!`)(?P<inside>.+?)(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_TICKED = re.compile(r"\$`(?P<inside>[^`\n]+)`\$")
_QUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.MULTILINE)
_LISTED = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s")
_RAW = re.compile(r"<(?P<tag>pre|code|script|style)\b[^>]*>.*?</(?P=tag)>", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"^\s*:[\w-]+:[^\n]*$", re.MULTILINE)

MATHEMATICS = ("math", "{math}", "latex-math")
"""Fences whose content is a formula."""


class Markdown:
    """One reading of a Markdown document; macros defined in it hold for what comes after."""

    def __init__(self, document: Document, macros: Macros | None = None, *, is_cell: bool = False) -> None:
        self.document = document
        self.macros = macros if macros is not None else {}
        self._is_cell = is_cell

    def pieces(self) -> Iterator[Piece]:
        """Everything that is found, in order."""
        found, text = self._apart_from_mathematics()
        found += [Heading(m.start()) for m in _HEADING.finditer(text)]
        for span in mathematics(text, markdown=True):
            if isinstance(span, Unclosed):
                found.append(self._unclosed(span))
            else:
                found.append(self._formula(text, span))
        return iter(sorted((self._expanded(p) for p in found), key=lambda piece: piece.start))

    def _apart_from_mathematics(self) -> tuple[list[Piece], str]:
        """Pieces that are no mathematics between delimiters, and the text with everything else blank."""
        found: list[Piece] = []
        text = self.document.text
        if not self._is_cell:
            matter = front_matter(self.document)
            if matter is not None:
                found += [matter.context] if matter.context is not None else []
                text = blanked(text, [(0, matter.end)])
        text = self._without_fences(text, found)
        for match in _COMMENT.finditer(text):
            piece = in_comment(self.document, match["inside"], match.start(), match.end())
            found += [piece] if piece is not None else []
        text = blanked(text, [m.span() for m in _COMMENT.finditer(text)] + [m.span() for m in _RAW.finditer(text)])
        for match in _TICKED.finditer(text):
            found.append(self._formula(text, Span(*match.span(), *match.span("inside"), False)))
        text = blanked(text, [m.span() for m in _TICKED.finditer(text)])
        text = blanked(text, [m.span() for m in _CODE.finditer(text) if "\n\n" not in m["inside"]])
        return found, blanked(text, [*_indented(text), *_quoted(text)])

    def _without_fences(self, text: str, found: list[Piece]) -> str:
        spans: list[tuple[int, int]] = []
        start, opened = 0, None
        for line in text.splitlines(keepends=True):
            fence = _FENCE.match(line.rstrip("\n"))
            if opened is None and fence is not None and not (fence["mark"][0] == "`" and "`" in fence["info"]):
                opened = (start, start + len(line), fence)
            elif opened is not None and fence is not None and _closes(fence, opened[2]):
                self._fenced(text, opened[1], start, opened[2], found, (opened[0], start + len(line)))
                spans.append((opened[0], start + len(line)))
                opened = None
            start += len(line)
        if opened is not None:
            spans.append((opened[0], len(text)))
        return blanked(text, spans)

    def _fenced(
        self, text: str, start: int, end: int, fence: re.Match[str], found: list[Piece], whole: tuple[int, int]
    ) -> None:
        """What a fenced block holds: a context, a formula, or nothing of ours."""
        word, _, rest = fence["info"].strip().partition(" ")
        if word in ("derive", "{derive}") or (word == "toml" and rest.strip() == "derive"):
            lead = len(fence["lead"])
            lines = text[start:end].splitlines()
            body = "\n".join(line[lead:] if not line[:lead].strip(" \t>") else line for line in lines)
            found.append(Context(self.document, start, body))
        elif word in MATHEMATICS:
            inside = blanked(text[:end], [m.span() for m in _OPTION.finditer(text, start, end)])
            found.append(self._formula(inside, Span(*whole, start, end, True)))

    def _formula(self, text: str, span: Span) -> Formula:
        inside = unescaped(text[span.inner_start : span.inner_end], in_table=_is_in_table(text, span.start))
        offsets = tuple(range(span.inner_start, span.inner_end + 1))
        return Formula(self.document, inside, offsets, span.start, span.end, span.display)

    def _expanded(self, piece: Piece) -> Piece:
        r"""A formula that defines macros teaches them; in any other they are replaced."""
        if not isinstance(piece, Formula):
            return piece
        taught = definitions(piece.latex)
        self.macros.update(taught.macros)
        return expanded(piece, self.macros, taught.spans)

    def _unclosed(self, span: Unclosed) -> Trouble:
        end = span.start + len(span.opening)
        return Trouble(self.document, span.start, end, f"{span.opening} opens a formula that never closes.")


_ESCAPED = re.compile(r"\\(?:text\w*|mathrm|operatorname\*?|mbox)\s*\{[^{}]*\}|(?<!\\)\\(?P<sign>[_*|])")
_UNSEEN = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", " "))


def unescaped(inside: str, *, in_table: bool) -> str:
    r"""A formula as its author means it: in Markdown \_ is the sign _, in a table a lone \| is |; all places stay.

    In a table a pair, \|x\|, is shown as |x|, but what is meant is as good as ever a norm, which it is of a number.

    >>> unescaped(r"W\_1 \text{a\_b}", in_table=False)
    'W _1 \\text{a\\_b}'
    """

    is_norm = inside.count(r"\|") % 2 == 0

    def plain(found: re.Match[str]) -> str:
        is_plain = found["sign"] is not None and (found["sign"] != "|" or (in_table and not is_norm))
        return f" {found['sign']}" if is_plain else found[0]

    return _ESCAPED.sub(plain, inside.translate(_UNSEEN))


def _is_in_table(text: str, place: int) -> bool:
    """Whether a place is in a row of a table: the line begins with a bar."""
    return text[text.rfind("\n", 0, place) + 1 : place].lstrip().startswith("|")


def _closes(fence: re.Match[str], opening: re.Match[str]) -> bool:
    mark = opening["mark"]
    return fence["mark"][0] == mark[0] and len(fence["mark"]) >= len(mark) and not fence["info"].strip()


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """The signs > before the lines of a quotation; a single line that begins with > may be part of a formula."""
    matches = list(_QUOTE.finditer(text))
    starts = {m.start() for m in matches}
    for match in matches:
        previous = text.rfind("\n", 0, max(match.start() - 1, 0)) + 1
        following = text.find("\n", match.end()) + 1
        if "$" in text[match.end() : following or len(text)] or previous in starts or following in starts:
            yield match.span()


def _indented(text: str) -> Iterator[tuple[int, int]]:
    """Code by indentation: four spaces after an empty line, and not inside a list."""
    start, is_after_blank, in_list, in_code = 0, True, False, False
    for line in text.splitlines(keepends=True):
        is_deep = line.startswith(("    ", "\t"))
        if line.strip():
            in_code = is_deep and not in_list and (is_after_blank or in_code) and not line.lstrip().startswith("$$")
            if in_code:
                yield (start, start + len(line))
            elif not is_deep:
                in_list = bool(_LISTED.match(line)) or (in_list and (not is_after_blank or line.startswith(" ")))
        is_after_blank = not line.strip()
        start += len(line)
