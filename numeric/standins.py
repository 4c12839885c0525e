"""Concrete functions in place of unspecified ones: smooth, without symmetry, a different one for each name."""

from __future__ import annotations

from typing import Any

import numpy as np

_QUADRATIC = 0.2


def _phase(name: str) -> float:
    return 0.3 + 0.7 * (sum(name.encode()) % 7)


def stand_in(name: str, order: int, z: Any) -> Any:
    """The `order`-th derivative of sin(z + φ) + z²/5 at a real or complex array; φ depends on the name."""
    wave = np.sin(z + (_phase(name) + order * np.pi / 2))
    if order == 0:
        return wave + _QUADRATIC * z * z
    if order == 1:
        return wave + 2 * _QUADRATIC * z
    return wave + 2 * _QUADRATIC if order == 2 else wave


def stand_in_text(name: str) -> str:
    """What is put in for a function, for the report."""
    return f"{name}(z) = sin(z + {_phase(name):.1f}) + z²/5"
