"""Concrete functions in place of unspecified ones: smooth, without symmetry, a different one for each name."""

from __future__ import annotations

from typing import Any

import numpy as np

QUADRATIC = 0.2


def phase(name: str) -> float:
    """φ of a name."""
    return 0.3 + 0.7 * (sum(name.encode()) % 7)


def stand_in(name: str, order: int, z: Any) -> Any:
    """The `order`-th derivative of sin(z + φ) + z²/5 at a real or complex array; φ depends on the name."""
    wave = np.sin(z + (phase(name) + order * np.pi / 2))
    if order == 0:
        return wave + QUADRATIC * z * z
    if order == 1:
        return wave + 2 * QUADRATIC * z
    return wave + 2 * QUADRATIC if order == 2 else wave
