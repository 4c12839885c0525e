"""Did you mean …? One way to guess what a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "Known") -> str:
    """A sentence with the nearest known word, or with all of them if none is near.

    >>> did_you_mean("sigmiod", ["sigmoid", "tanh"])
    'Did you mean sigmoid?'
    >>> did_you_mean("zzz", ["sigmoid", "tanh"])
    'Known: sigmoid, tanh.'
    """
    words = list(known)
    lowered = {w.lower(): w for w in words}
    near = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {lowered[near[0]]}?"
    return f"{otherwise}: {', '.join(words)}." if words else ""
