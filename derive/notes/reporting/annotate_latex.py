r"""Marks in LaTeX: a sign at the end of each row, of no width, and a paragraph with the correction below.

The signs are macros of our own that need no package; they are defined where the document begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.notes.reporting.margin import Group, Note, grouped
from derive.notes.reporting.report import Entry
from derive.writing.names import escape_latex

_BEGIN = "\\begin{document}"
_MACROS = r"""% Marks of derive: \derivemark behind a row, \deriveinline in a line, \derivenote below a formula.
\providecommand{\derivecolor}[2]{\ifx\color\undefined#2\else{\csname derivein#1\endcsname#2}\fi}
\expandafter\providecommand\csname deriveinright\endcsname{\color[rgb]{0,0.5,0}}
\expandafter\providecommand\csname deriveinwrong\endcsname{\color[rgb]{0.8,0,0}}
\expandafter\providecommand\csname deriveinopen\endcsname{\color[rgb]{0,0,0.8}}
\expandafter\providecommand\csname derivesignright\endcsname{\ensuremath{\surd}}
\expandafter\providecommand\csname derivesignwrong\endcsname{\ensuremath{\times}}
\expandafter\providecommand\csname derivesignopen\endcsname{?}
\providecommand{\derivesign}[1]{\derivecolor{#1}{\csname derivesign#1\endcsname}}
\providecommand{\derivemark}[1]{\rlap{\enspace\derivesign{#1}}}
\providecommand{\deriveinline}[1]{\,{\tiny\derivesign{#1}}}
\providecommand{\derivenote}[2]{\par\smallskip\noindent\hspace*{1em}\derivesign{#1}\
  \parbox[t]{.9\linewidth}{\small\raggedright #2}\par\smallskip}
"""


def latex_copy(text: str, entries: Sequence[Entry]) -> str:
    """The text with marks; it compiles as before. A file without formulas stays as it is."""
    if not entries and _BEGIN not in text:
        return text
    for group in reversed(grouped(entries)):
        text = _marked(text, group)
    begin = text.find(_BEGIN)
    macros = _MACROS if begin < 0 else f"\\RequirePackage{{color}}\n{_MACROS}"
    return text[: max(begin, 0)] + macros + text[max(begin, 0) :]


def _marked(text: str, group: Group) -> str:
    if not group.display:
        mark = f"\\deriveinline{{{group.sign}}}"
        inline = "".join(f" [\\derivecolor{{{n.sign}}}{{{_words(n)}}}]" for n in group.notes)
        if inline and text.rfind("\\begin{tab", 0, group.end) > text.rfind("\\end{tab", 0, group.end):
            inline = f" \\parbox[t]{{.4\\linewidth}}{{\\raggedright{inline}}}"
        return text[: group.end] + mark + inline + text[group.end :]
    notes = "".join(f"\\derivenote{{{n.sign}}}{{{_words(n)}}}%\n" for n in group.notes)
    after = text[group.end :].lstrip(" \t") if notes else text[group.end :]
    if notes and re.match(r"\n[ \t]*[A-Za-z$(]", after):
        after = f"\\noindent{after}"  # the sentence goes on
    out = text[: group.end] + (f"\n{notes}" if notes else "") + after
    for place, sign in reversed(_rows(text, group)):
        out = f"{out[:place]}\\derivemark{{{sign}}}{out[place:]}"
    return out


def _rows(text: str, group: Group) -> list[tuple[int, str]]:
    """One mark a row, at its end: the worst of what stands in it."""
    rows: list[tuple[int, str]] = []
    for place, sign in sorted(group.ends):
        if rows and "\\\\" not in text[rows[-1][0] : place] and "&" not in text[rows[-1][0] : place]:
            sign = min(sign, rows.pop()[1], key=_WORST.index)
        rows.append((place, sign))
    return rows


_WORST = ("wrong", "open", "right")


def _words(note: Note) -> str:
    correct = f" Correct: $\\displaystyle {note.correction}$" if note.correction else ""
    return f"{escape_latex(note.where + note.plain)}{correct}"
