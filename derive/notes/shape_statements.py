r"""Statements of shape: W ∈ ℝ^{n×m} declares a name, or is checked against its shape."""

from __future__ import annotations

import re

from derive.errors import UsageError
from derive.expression.sizes import ONE, Shape, Size
from derive.networks.widths import read_size

_REALS = re.compile(
    r"^(?:\\mathbb\s*\{?\s*R\s*\}?|\\mathbf\s*\{\s*R\s*\}|\\mathds\s*\{?\s*R\s*\}?|\\(?:R|Re|reals|RR|real)\b|ℝ|R(?=\s*\^))"
    r"\s*(?:\^\s*(?P<power>.+))?$",
    re.DOTALL,
)
_TIMES = re.compile(r"\\times\b|×|\\cdot\b|\bx\b")
_SCRIPT = re.compile(r"[_^]\s*\{?\s*[\[(]?\s*(\w+)\s*[\])]?\s*\}?")


def stated_shape(written: str) -> Shape | None:
    r"""The shape that \mathbb{R}^{n \times m} names; None for any other set, or sizes that cannot be read.

    >>> stated_shape(r"\mathbb{R}^{n \times 3}")
    (n, 3)
    """
    found = _REALS.match(written.strip().rstrip(".,;"))
    if found is None:
        return None
    if found["power"] is None:
        return (ONE, ONE)
    inside = found["power"].strip()
    inside = inside[1:-1] if inside.startswith("{") and inside.endswith("}") else inside
    sizes = [_size(part) for part in _TIMES.split(inside)]
    if not 1 <= len(sizes) <= 2 or None in sizes:
        return None
    rows, columns = ([s for s in sizes if s is not None] + [ONE])[:2]
    return rows, columns


def _size(written: str) -> Size | None:
    r"""n, 3, n_1, n^{[1]}, n_{in}: a name is what its letters and marks spell together."""
    plain = re.sub(r"\\(?:text|mathrm|textrm|mathit)\s*\{([^{}]*)\}", r"\1", written.strip())
    plain = re.sub(r"\\([A-Za-z]+)", r"\1", _SCRIPT.sub(r"\1", plain)).strip("{} ()")
    try:
        return read_size(plain, "size")
    except UsageError:
        return None
