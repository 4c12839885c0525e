"""What a problem file may give a share of the points for: `conditional`, and the codes of mistakes."""

from __future__ import annotations

from collections.abc import Iterable

from derive.errors import UsageError
from derive.mistakes.table import MISTAKES
from derive.suggestions import did_you_mean

MARKS = frozenset(row.code for row in MISTAKES.values()) | {"conditional", "shape", "other-left-side"}


def check_marks(named: Iterable[str]) -> None:
    """UsageError if a key of [marking] is neither a verdict that has a share nor the code of a mistake."""
    for name in named:
        if name not in MARKS:
            hint = did_you_mean(name, sorted(MARKS))
            hint = hint if hint.startswith("Did") else "`derive list mistakes` shows the codes."
            raise UsageError(f"[marking] {name} is no code of a mistake.", suggestion=hint)
