"""MathML turned back into LaTeX, element by element, to be held against what the LaTeX writer says."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

from derive.writing.names import GREEK

_COMMANDS = {letter: rf"\{name}" for name, letter in GREEK.items()} | {
    "⊤": r"\top", "⊙": r"\odot", "⋅": r"\cdot", "−": "-", "∑": r"\sum", "∂": r"\partial", "∇": r"\nabla",
    "⟨": r"\langle", "⟩": r"\rangle", "‖": r"\Vert", "⊗": r"\otimes", "≥": r"\ge", "≤": r"\le", "≠": r"\ne",
    "×": r"\times", "𝟏": r"\mathbf{1}", "𝐈": r"\mathbf{I}", "′": "'", "″": "''", "{": r"\{", "\u2062": "",
    "\u2061": "",
}  # fmt: skip
_ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3}


def as_latex(mathml: str) -> list[str]:
    """The LaTeX tokens of a `math` element; AssertionError if it is no MathML Core."""
    return tokens(_write(ElementTree.fromstring(mathml)))


def tokens(latex: str) -> list[str]:
    """LaTeX without what only says how large or how far apart things are."""
    latex = re.sub(r"\\(left|right|Bigl|Bigr)(?![A-Za-z])|\\;|\\,", " ", latex)
    latex = re.sub(r"\\[lr]Vert", r"\\Vert ", latex)
    latex = re.sub(r"\\[lr]vert", "|", latex)
    latex = re.sub(r"\\operatorname\{(\w+)\}", lambda m: _word(m[1]), latex)
    latex = re.sub(r"\\(tanh|log|exp|sin|cos|sinh|cosh|max|min)(?![A-Za-z])", lambda m: _word(m[1]), latex)
    return re.findall(r"\\[A-Za-z]+|\\.|\d+|\S", latex)


def _word(letters: str) -> str:
    return rf"\mathrm{{{letters}}}"


def _write(e: ElementTree.Element) -> str:
    parts = [_write(child) for child in e]
    if e.tag in _ARITY:
        assert len(parts) == _ARITY[e.tag], e.tag
    elif not parts:
        assert e.tag in {"mi", "mn", "mo", "mtext", "mspace"}, e.tag
    else:
        assert not (e.text or "").strip()
    assert not (e.tail or "").strip()
    return ELEMENTS[e.tag](e, parts)


def _letters(e: ElementTree.Element, parts: list[str]) -> str:
    word = e.text or ""
    if word in _COMMANDS:
        return _COMMANDS[word] + " "
    return _word(word) if len(word) > 1 or e.get("mathvariant") == "normal" else word + " "


def _rows(e: ElementTree.Element, parts: list[str]) -> str:
    kind = {"matrix": "pmatrix", "cases": "cases"}[e.attrib["class"]]
    return rf"\begin{{{kind}}} " + r" \\ ".join(parts) + rf" \end{{{kind}}}"


def _grouped(e: ElementTree.Element, parts: list[str]) -> str:
    tags = [child.tag for child in e]
    return parts[1] if tags in (["mo", "mtable"], ["mo", "mtable", "mo"]) else "".join(parts)


_ACCENTS = {"^": "hat", "¯": "bar", "~": "tilde"}

ELEMENTS: dict[str, Callable[[ElementTree.Element, list[str]], str]] = {
    "math": lambda e, p: "".join(p),
    "mrow": _grouped,
    "mi": _letters,
    "mn": lambda e, p: _COMMANDS.get(e.text or "", e.text or "") + " ",
    "mo": lambda e, p: _COMMANDS.get(e.text or "", e.text or "") + " ",
    "mtext": lambda e, p: rf"\text{{{(e.text or '').replace(chr(160), ' ')}}}",
    "mspace": lambda e, p: " ",
    "mfrac": lambda e, p: rf"\frac{{{p[0]}}}{{{p[1]}}}",
    "msqrt": lambda e, p: rf"\sqrt{{{''.join(p)}}}",
    "msup": lambda e, p: p[0] + p[1] if p[1].strip(" '") == "" else f"{p[0]}^{{{p[1]}}}",
    "msub": lambda e, p: f"{p[0]}_{{{p[1]}}}",
    "msubsup": lambda e, p: f"{p[0]}_{{{p[1]}}}" + (p[2] if p[2].strip(" '") == "" else f"^{{{p[2]}}}"),
    "munderover": lambda e, p: f"{p[0]}_{{{p[1]}}}^{{{p[2]}}}",
    "mover": lambda e, p: rf"\{_ACCENTS[(e[1].text or '')]}{{{p[0]}}}",
    "munder": lambda e, p: rf"\underbrace{{{p[0]}}}_{{{p[1]}}}",
    "mtable": _rows,
    "mtr": lambda e, p: " & ".join(p),
    "mtd": lambda e, p: "".join(p),
}
