r"""Marks in LaTeX: a sign at the end of each row, of no width, and a paragraph with the correction below.

The signs are macros of our own that need no package; they are defined where the document begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.notes.margin import Group, Note, grouped
from derive.notes.report import Entry

_BEGIN = "\\begin{document}"
_MACROS = r"""% Marks of derive: \derivemark{sign} behind a formula, \derivenote{...} below it.
\providecommand{\derivecolor}[2]{\ifx\color\undefined#2\else{\color{#1}#2}\fi}
\providecommand{\derivemark}[1]{\rlap{\ \derivecolor{#1}{\csname derivesign#1\endcsname}}}
\expandafter\providecommand\csname derivesigngreen\endcsname{\ensuremath{\surd}}
\expandafter\providecommand\csname derivesignred\endcsname{\ensuremath{\times}}
\expandafter\providecommand\csname derivesignblue\endcsname{?}
\providecommand{\derivenote}[2]{\par\smallskip\noindent\hspace*{1em}\derivecolor{#1}{\csname derivesign#1\endcsname}\
  \parbox[t]{.9\linewidth}{\small\raggedright #2}\par\smallskip}
"""
_COLORS = {"right": "green", "wrong": "red", "open": "blue"}


def latex_copy(text: str, entries: Sequence[Entry]) -> str:
    """The text with marks; it compiles as before."""
    for group in reversed(grouped(entries)):
        text = _marked(text, group)
    begin = text.find(_BEGIN)
    macros = _MACROS if begin < 0 else f"\\RequirePackage{{color}}\n{_MACROS}"
    return text[: max(begin, 0)] + macros + text[max(begin, 0) :]


def _marked(text: str, group: Group) -> str:
    notes = "".join(_note(note) for note in group.notes)
    if not group.display:
        mark = f"\\derivemark{{{_COLORS[group.sign]}}}" if not notes else ""
        inline = "".join(f" [\\derivecolor{{{_COLORS[n.sign]}}}{{{_words(n)}}}]" for n in group.notes)
        return text[: group.end] + mark + inline + text[group.end :]
    out = text[: group.end] + (f"\n{notes}" if notes else "") + text[group.end :]
    for place, sign in sorted(group.rows, reverse=True):
        out = f"{out[:place]}\\derivemark{{{_COLORS[sign]}}}{out[place:]}"
    return out


def _note(note: Note) -> str:
    return f"\\derivenote{{{_COLORS[note.sign]}}}{{{_words(note)}}}%\n"


def _words(note: Note) -> str:
    correct = f" Correct: $\\displaystyle {note.correction}$" if note.correction else ""
    return f"{_escaped(note.where + note.plain)}{correct}"


_SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\^{}",
            "_": r"\_", "~": r"\~{}", "%": r"\%"}  # fmt: skip


def _escaped(words: str) -> str:
    r"""Words as LaTeX; letters that few fonts have are spelled."""
    return "".join(_SPECIAL.get(c, c if c.isascii() else _letter(c)) for c in words)


_NAMES = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
    "Pi", "Sigma", "Phi", "Psi", "Omega",
)  # fmt: skip


def _letter(character: str) -> str:
    return _LETTERS.get(character, "?")


_GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ", _NAMES, strict=True))
_SUBSCRIPTS = {c: f"$_{{{d}}}$" for c, d in zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₙₘ", "0123456789ijklnm", strict=True)}
_SIGNS = {
    "′": "$'$", "×": r"$\times$", "·": r"$\cdot$", "⊙": r"$\odot$", "∂": r"$\partial$", "−": "$-$", "½": r"$\frac12$",
    "ᵀ": r"$^{\mathsf{T}}$", "Σ": r"$\sum$", "…": r"\dots{}", "≠": r"$\ne$", "≤": r"$\le$", "≥": r"$\ge$",
    "∈": r"$\in$", "√": r"$\surd$", "²": "$^2$", "³": "$^3$", "¹": "$^1$", "⁻": "$^-$", "–": "--", "—": "---",
    "“": "``", "”": "''", "’": "'", "‖": r"$\|$", "ŷ": r"$\hat y$", "∇": r"$\nabla$", "ℓ": r"$\ell$",
}  # fmt: skip
_LETTERS = {**{c: f"$\\{name}$" for c, name in _GREEK.items()}, **_SUBSCRIPTS, **_SIGNS}
