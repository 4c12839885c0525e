"""What a wrong gradient is of the right one, where that is simple: a multiple of it, or its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from numeric.real import Floats

Pair = tuple[Floats, Floats]

_CLOSE = 1e-6


def likeness(pairs: Sequence[Pair]) -> str:
    """A few words for (right, returned) at several points, or "" if they are alike in no simple way.

    >>> right = np.array([[1.0, 2.0]])
    >>> likeness([(right, 4 * right)]), likeness([(right, right.T)]), likeness([(right, right**2)])
    ('4 × the gradient', 'the transpose', '')
    """
    if all(_is_close(right.T, found) for right, found in pairs):
        return "the transpose"
    if any(right.shape != found.shape for right, found in pairs):
        return ""
    over = sum(float((right * right).sum()) for right, _ in pairs)
    factor = sum(float((right * found).sum()) for right, found in pairs) / over if over else 0.0
    if not np.isfinite(factor) or sum(right.size for right, _ in pairs) < 2:
        return ""
    if not all(_is_close(factor * right, found) for right, found in pairs):
        return ""
    near = Fraction(factor).limit_denominator(100)
    simple = abs(float(near) - factor) < _CLOSE * abs(factor)
    words = {Fraction(-1): "the gradient with the other sign", Fraction(0): "zero", Fraction(1): ""}
    return words.get(near, f"{near} × the gradient" if simple else f"{factor:.5g} × the gradient")


def _is_close(right: Floats, found: Floats) -> bool:
    if right.shape != found.shape or not np.all(np.isfinite(found)):
        return False
    scale = max(float(np.abs(right).max(initial=0.0)), float(np.abs(found).max(initial=0.0)))
    return bool(np.abs(right - found).max(initial=0.0) <= _CLOSE * scale)
