"""Messages in the person's own names, short enough for a line of the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.expression.nodes import UNIT, Expression, Power, Product, Sum, number
from derive.expression.problem import Problem
from derive.expression.text import text
from derive.mistakes.row import Row
from derive.mistakes.sites import Site
from derive.mistakes.spelling import spellings

WIDTH = 80
"""Characters of a message."""

_PART = 28
"""Characters of a formula in a message; of a longer one only the beginning is shown."""

_WORD = re.compile(r"(?<![\\\w])[^\W\d_]\w*")
"""A word, but no command: what is spelled \\eta already stays."""
_ENGLISH = frozenset({"a", "A", "I"})
"""Names that are words, too: in a sentence they stay as they are."""


class Words:
    """How one person writes the names of a problem; names they do not use keep ours."""

    def __init__(self, problem: Problem, typed: str = "") -> None:
        self.names: Mapping[str, str] = spellings(problem, typed) if typed else {}

    def of(self, e: Expression) -> str:
        """A formula as they would write it."""
        shown = Product((UNIT, e)) if isinstance(e, Power) and e.exponent == number(-1) else e
        return _WORD.sub(lambda m: self.names.get(m[0], m[0]), text(shown))

    def sentence(self, told: str) -> str:
        """A sentence in which our names stand, with theirs."""
        return _WORD.sub(lambda m: m[0] if m[0] in _ENGLISH else self.names.get(m[0], m[0]), told)

    def message(self, row: Row, site: Site) -> str:
        """The row's sentence about a site; of a part too long for a line only the beginning is shown."""
        told = row.in_term if row.in_term and isinstance(site.line, Sum) else row.message
        return self.filled(told, site.about, site.detail)

    def filled(self, template: str, about: Expression, detail: str = "") -> str:
        part = self.of(about)
        room = min(_PART, WIDTH - len(template.format(part="", detail=detail)))
        shown = part if len(part) <= room else part[: room - 1].rstrip() + "…"
        return template.format(part=shown, detail=self.sentence(detail))
