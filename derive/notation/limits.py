"""What an input may cost at most; checked before anything is built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Length in bytes, nesting depth of brackets and of the formula, digits of a single number."""

    size: int = 10 * 1024
    depth: int = 200
    digits: int = 1000
