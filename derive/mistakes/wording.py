"""Messages in the person's own names, short enough for a line of the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.expression.nodes import Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.mistakes.row import Row
from derive.mistakes.sites import Site

WIDTH = 80
"""Characters of a message."""

_PART = 28
"""Characters of a formula in a message; a longer one is spoken of as `a part`."""

_WORD = re.compile(r"[^\W\d_]\w*")
_GREEK = {"lam": ("λ", r"\lambda"), "delta": ("δ", r"\delta"), "sigma": ("σ", r"\sigma"), "sigmoid": ("σ", r"\sigma")}


class Words:
    """How one person writes the names of a problem; names they do not use keep ours."""

    def __init__(self, problem: Problem, typed: str = "") -> None:
        self.names: Mapping[str, str] = _spelled(problem, typed) if typed else {}

    def of(self, e: Expression) -> str:
        """A formula as they would write it."""
        return _WORD.sub(lambda m: self.names.get(m[0], m[0]), text(e))

    def message(self, row: Row, site: Site) -> str:
        """The row's sentence about a site; parts too long for a line are not spelled out."""
        return self.filled(row.message, site.about, site.detail)

    def filled(self, template: str, about: Expression, detail: str = "") -> str:
        part = self.of(about)
        shown = template.format(part=part, detail=detail)
        if len(part) > _PART or len(shown) > WIDTH:
            shown = template.format(part="one part", detail=detail)
        return shown[0].upper() + shown[1:] if shown.startswith("one part") else shown


def _spelled(problem: Problem, typed: str) -> dict[str, str]:
    used = set(_WORD.findall(typed))
    found: dict[str, str] = {}
    for spelling, meaning in problem.scope.aliases.items():
        if spelling in used and isinstance(meaning, Tensor) and meaning.name not in used:
            found[meaning.name] = spelling
    for name, spellings in _GREEK.items():
        if name not in used and any(s in typed for s in spellings):
            found[name] = spellings[0]
            for k in range(1, 10):
                found.setdefault(f"{name}{k}", f"{spellings[0]}{k}")
    return found
