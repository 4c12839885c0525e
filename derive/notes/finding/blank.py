"""Blanking parts of a text: every character but line ends becomes a space, so that all places stay what they are."""

from __future__ import annotations

from collections.abc import Iterable


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with spans blank.

    >>> blanked("a `b` c", [(2, 5)])
    'a     c'
    """
    out = list(text)
    for start, end in spans:
        for k in range(start, min(end, len(out))):
            if out[k] != "\n":
                out[k] = " "
    return "".join(out)
