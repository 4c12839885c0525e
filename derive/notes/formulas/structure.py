r"""What stands at the top of a LaTeX formula: rows, relation signs, separators and words; nothing inside brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["row", "relation", "space", "comma", "word", "align", "operator", "other"]

_TOKEN = re.compile(
    r"\\begin\s*\{(?P<begin>[^{}]*)\}|\\end\s*\{(?P<end>[^{}]*)\}"
    r"|\\(?P<word>text|textrm|textit|textbf|textnormal|mbox|hbox)\s*(?=\{)"
    r"|\\(?P<over>stackrel|overset|underset|xleftarrow|xrightarrow)\s*(?:\[[^\]]*\])?\s*(?=\{)"
    r"|\\(?P<drop>label|tag\*?|hspace\*?|vspace\*?|intertext|shortintertext|color|phantom|ref|eqref|cite)\s*(?=\{)"
    r"|\\(?P<row>\\)\*?(?:\[[^\]\n]*\])?|\\(?P<command>[A-Za-z]+)|(?P<wide>(?:\\[;: ]\s*|~\s*){3,})"
    r"|\\(?P<symbol>.)|(?P<double>:\s?=|\+=|-=|<-|->|=:|==|<=|>=|!=)|(?P<single>.)",
    re.DOTALL,
)

EQUALS = frozenset({"=", "==", "=:", ":="})
RELATIONS: dict[str, str] = {
    "=": "=", ":=": ":=", "==": "=", "=:": "=", "≔": ":=", "≡": ":=", "coloneqq": ":=", "colonequals": ":=",
    "equiv": ":=", "triangleq": ":=", "doteq": ":=", "eqqcolon": "=", "eqdef": ":=",
    "leftarrow": "<-", "gets": "<-", "longleftarrow": "<-", "Leftarrow": "<-", "<-": "<-", "←": "<-",
    "+=": "+=", "-=": "-=", "xleftarrow": "<-", "mapsfrom": "<-",
    "in": "in", "∈": "in", "ni": "set", "notin": "set", "subset": "set", "subseteq": "set", "supset": "set",
    "approx": "approx", "≈": "approx", "simeq": "approx", "cong": "approx", "asymp": "approx", "doteqdot": "approx",
    "sim": "distributed", "∼": "distributed", "propto": "proportional", "∝": "proportional",
    "le": "less", "leq": "less", "leqslant": "less", "ge": "less", "geq": "less", "geqslant": "less", "<": "less",
    ">": "less", "lt": "less", "gt": "less", "ll": "less", "gg": "less", "<=": "less", ">=": "less", "≤": "less",
    "≥": "less", "lesssim": "less", "gtrsim": "less", "preceq": "less", "succeq": "less",
    "ne": "unequal", "neq": "unequal", "≠": "unequal", "!=": "unequal", "not": "unequal",
    "to": "maps", "rightarrow": "maps", "longrightarrow": "maps", "mapsto": "maps", "longmapsto": "maps", "->": "maps",
    "→": "maps", "↦": "maps", "xrightarrow": "maps", "hookrightarrow": "maps",
    "mid": "condition", "perp": "condition", "models": "condition", "vdash": "condition",
}  # fmt: skip
"""Relation signs, and what kind of relation each makes."""

_ARROWS = {"Rightarrow", "implies", "Longrightarrow", "iff", "Leftrightarrow", "Longleftrightarrow", "therefore",
           "because", "impliedby", "leftrightarrow"}  # fmt: skip
_WORDS = re.compile(
    r"and|or|if|where|with|for|so|then|thus|hence|since|because|when|whenever|otherwise|let|we|get|is|as|from|by|to|of|in"
    r"|but|also|that|which|such|all|each|every|any|else|resp|using|on|at|gives|yields|unless|while|note|recall",
    re.IGNORECASE,
)
"""Words in \\text that join formulas; any other one alone is a name."""

_SPACES = {"quad", "qquad", "enspace", "hfill", "hskip", "hfil"}
_DROPPED = {"nonumber", "notag", "displaystyle", "textstyle", "hline", "limits", "nolimits", "allowbreak", "noindent"}
_OPENING, _CLOSING = {"langle", "lbrace", "lbrack"}, {"rangle", "rbrace", "rbrack"}
_OPERATORS = {"+", "-", "−", "*", "/", "·", "⊙", "×", "cdot", "times", "odot", "circ", "pm", "mp", "otimes"}
LAYOUTS = frozenset(
    {"aligned", "split", "gathered", "alignedat", "multlined"}
    | {name + star for name in ("equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray")
       for star in ("", "*")}
)  # fmt: skip
"""Environments that only arrange formulas below one another."""


@dataclass(frozen=True)
class Mark:
    """Something at the top of a formula, at [start, end); `text` is the kind of relation, or the words in \text."""

    kind: Kind
    start: int
    end: int
    text: str = ""


@dataclass(frozen=True)
class Structure:
    """The marks at the top of a formula, and what says nothing: labels, tags, layout."""

    marks: tuple[Mark, ...]
    silent: tuple[tuple[int, int], ...]


def structure(latex: str) -> Structure:
    """What stands at the top of a formula.

    >>> [m.kind for m in structure("a &= b(c = d)").marks]
    ['other', 'align', 'relation', 'other', 'other']
    """
    return _Scan(latex).run()


class _Scan:
    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.marks: list[Mark] = []
        self.silent: list[tuple[int, int]] = []
        self.depth = 0
        """Braces and environments that are open."""
        self.soft = 0
        """Brackets that are open; an interval [0, 1) may leave one, so a row starts anew."""
        self.at = 0

    def run(self) -> Structure:
        while self.at < len(self.latex):
            found = _TOKEN.match(self.latex, self.at)
            assert found is not None
            self.at = found.end()
            self._token(found)
        return Structure(tuple(self.marks), tuple(self.silent))

    def _token(self, found: re.Match[str]) -> None:
        start, end = found.span()
        if found["begin"] is not None or found["end"] is not None:
            self._environment(found)
        elif found["word"]:
            inside = self._group().strip()
            if not inside:
                return
            is_name = inside.isalpha() and inside.isascii() and not _WORDS.fullmatch(inside)
            self._mark("other" if is_name else "word", start, self.at, inside)
        elif found["over"]:
            self._over(found["over"], start)
        elif found["drop"]:
            self._group()
            if found["drop"].startswith("hspace"):
                self._mark("space", start, self.at)
            elif self.depth == 0:
                self.silent.append((start, self.at))
        elif found["row"]:
            self.soft = 0 if self.depth == 0 else self.soft
            self._mark("row", start, end)
        elif found["command"]:
            self._command(found["command"], start, end)
        elif found["wide"]:
            self._mark("space", start, end)
        elif found["symbol"]:
            self._symbol(found["symbol"], start, end)
        else:
            self._sign("".join((found["double"] or "").split()) or found["single"], start, end)

    def _mark(self, kind: Kind, start: int, end: int, text: str = "") -> None:
        if self.depth == 0 and (self.soft == 0 or kind == "row"):
            self.marks.append(Mark(kind, start, end, text))

    def _environment(self, found: re.Match[str]) -> None:
        name = found["begin"] if found["begin"] is not None else found["end"]
        if name in LAYOUTS and self.depth == 0:
            end = found.end()
            argument = re.compile(r"\s*(?:\[[a-z]\])?(?:\{\d+\})?").match(self.latex, end) if found["begin"] else None
            self.at = argument.end() if argument else end
            self.silent.append((found.start(), self.at))
            return
        if found["begin"] is not None:
            self._mark("other", *found.span())
        self.depth = max(0, self.depth + (1 if found["begin"] is not None else -1))

    def _group(self) -> str:
        """The inside of the braces that open here; they are passed over."""
        while self.at < len(self.latex) and self.latex[self.at] != "{":
            self.at += 1
        begin, depth = self.at + 1, 0
        while self.at < len(self.latex):
            character = self.latex[self.at]
            self.at += 2 if character == "\\" else 1
            depth += (character == "{") - (character == "}")
            if depth == 0:
                return self.latex[begin : self.at - 1]
        return self.latex[begin:]

    def _over(self, name: str, start: int) -> None:
        r"""\stackrel{def}{=}: the sign, and what stands over it: `!` and `?` make it a demand."""
        first = self._group()
        second = self._group() if name in ("stackrel", "overset", "underset") else ""
        sign = RELATIONS.get(second.strip().lstrip("\\"), RELATIONS.get(name, ""))
        if not sign:
            self._mark("other", start, self.at)
        elif first.strip() in ("!", "?"):
            self._mark("relation", start, self.at, "demand")
        else:
            self._mark("relation", start, self.at, ":=" if sign == "=" and "def" in first else sign)

    def _command(self, name: str, start: int, end: int) -> None:
        if name in RELATIONS:
            self._mark("relation", start, end, RELATIONS[name])
        elif name in _ARROWS or name in _SPACES:
            self._mark("space", start, end, "arrow" if name in _ARROWS else "")
        elif name in _DROPPED and self.depth == 0:
            self.silent.append((start, end))
        elif name in _OPENING:
            self._mark("other", start, end, name)
            self.soft += 1
        elif name in _CLOSING:
            self.soft = max(0, self.soft - 1)
        elif name not in ("left", "right"):
            self._mark("operator" if name in _OPERATORS else "other", start, end, name)

    def _symbol(self, symbol: str, start: int, end: int) -> None:
        if symbol == "{":
            self._mark("other", start, end)
            self.soft += 1
        elif symbol == "}":
            self.soft = max(0, self.soft - 1)

    def _sign(self, sign: str, start: int, end: int) -> None:
        if sign == "{":
            self._mark("other", start, end)
            self.depth += 1
        elif sign == "}":
            self.depth = max(0, self.depth - 1)
        elif sign in "([":
            self._mark("other", start, end, sign)
            self.soft += 1
        elif sign in ")]":
            self.soft = max(0, self.soft - 1)
        elif sign == "&":
            self._mark("align", start, end)
        elif sign in RELATIONS:
            self._mark("relation", start, end, RELATIONS[sign])
        elif sign in ",;，；、。":
            self._mark("comma", start, end)
        elif not sign.isspace() and sign not in "~":
            self._mark("operator" if sign in _OPERATORS else "other", start, end, sign)
