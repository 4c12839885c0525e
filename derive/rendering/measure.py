r"""How wide LaTeX mathematics will be in print, roughly, in widths of a letter: enough to decide where lines break."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}_^]|\s+|.", re.S)
_RELATIONS = frozenset(
    [r"+", r"-", r"=", r"<", r">", r"\odot", r"\cdot", r"\otimes", r"\ge", r"\le", r"\ne", r"\times", r"\in"]
)
_NARROW = frozenset(
    [r"(", r")", r"[", r"]", r",", r"'", r"|", r".", r"\langle", r"\rangle", r"\lvert", r"\rvert", r"\lVert", r"\rVert"]
)
_EMPTY = frozenset(
    [
        r"\operatorname",
        r"\mathrm",
        r"\mathbf",
        r"\mathbb",
        r"\text",
        r"\mathit",
    ]
)
_WIDE = {r"\sum": 2.2, r"\quad": 1.9, r"\top": 1.0, r"\;": 0.5, r"\sqrt": 1.0, "&": 1.9}
_LARGE = frozenset([r"\left", r"\right", r"\Bigl", r"\Bigr"])
_SCRIPT = 0.72


def print_width(latex: str) -> float:
    r"""The width of a formula in letters; a fraction is as wide as its wider part, scripts are small.

    >>> print_width(r"\frac{a}{b c} x") == print_width("b c x")
    True
    """
    return _Reader(latex).row()


class _Reader:
    """Walks over the tokens once."""

    def __init__(self, latex: str) -> None:
        self.tokens = [t for t in _TOKEN.findall(latex) if not t.isspace()]
        self.at = 0

    def row(self) -> float:
        """Everything up to the closing brace; with several rows, the widest."""
        widest = width = 0.0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token == "}":
                break
            if token == r"\\":
                widest, width = max(widest, width), 0.0
            elif token in "_^":
                width += self.scripts()
            else:
                width += self.piece(token)
        return max(widest, width)

    def piece(self, token: str) -> float:
        if token == "{":
            return self.row()
        if token == r"\frac":
            return max(self.argument(), self.argument())
        if token == r"\underbrace":
            return max(self.argument(), self.scripts_after()) + 0.3
        if token in (r"\begin", r"\end"):
            self.argument()
            return 1.0
        if token in _EMPTY:
            return 0.0
        if token in _LARGE:
            return 0.5
        if token in _RELATIONS:
            return 2.2
        return _WIDE.get(token, 0.65 if token in _NARROW else 1.05)

    def argument(self) -> float:
        """The next group or token."""
        if self.at >= len(self.tokens):
            return 0.0
        token = self.tokens[self.at]
        self.at += 1
        return self.piece(token)

    def scripts_after(self) -> float:
        if self.at < len(self.tokens) and self.tokens[self.at] in "_^":
            self.at += 1
            return self.scripts()
        return 0.0

    def scripts(self) -> float:
        """A script and the one that may stand over or under it."""
        return max(_SCRIPT * self.argument(), self.scripts_after())
