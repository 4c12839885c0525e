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
"""Characters of a formula in a message; of a longer one only the beginning is shown."""

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
        """The row's sentence about a site; of a part too long for a line only the beginning is shown."""
        return self.filled(row.message, site.about, site.detail)

    def filled(self, template: str, about: Expression, detail: str = "") -> str:
        part = self.of(about)
        room = min(_PART, WIDTH - len(template.format(part="", detail=detail)))
        shown = part if len(part) <= room else part[: room - 1].rstrip() + "…"
        return template.format(part=shown, detail=detail)


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
