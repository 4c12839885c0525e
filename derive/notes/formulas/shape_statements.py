r"""Statements of shape: W ∈ ℝ^{n×m} declares a name, or is checked against its shape; y ∈ {0, 1} is a number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.errors import UsageError
from derive.expression.sizes import ONE, Shape, Size
from derive.networks.widths import read_size
from derive.notation.names import spelling

_REALS = re.compile(
    r"^(?:\\\{\s*-?\s*[01]\s*,\s*\+?\s*1\s*\\\}|(?:\\left)?[\[(]\s*-?\s*[01]\s*,\s*1\s*(?:\\right)?[\])]|\\mathbb\s*\{?\s*R\s*\}?|\\mathbf\s*\{\s*R\s*\}|\\mathds\s*\{?\s*R\s*\}?|\\(?:R|Re|reals|RR|real)\b|ℝ|R(?=\s*\^))"
    r"\s*(?:\^\s*(?P<power>.+))?$",
    re.DOTALL,
)
_TIMES = re.compile(r"\\times\b|×|\\cdot\b|\bx\b")
_SCRIPT = re.compile(r"[_^]\s*\{?\s*[\[(]?\s*(\w+)\s*[\])]?\s*\}?")


def stated_shape(written: str, sizes: Mapping[str, Size] | None = None) -> Shape | None:
    r"""The shape that \mathbb{R}^{n \times m} names; None for any other set, or sizes that cannot be read.

    `sizes` are those that have names already; n_0 and n0 are one.

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
    known = {spelling(name): size for name, size in (sizes or {}).items()}
    sides = [_size(part, known) for part in _TIMES.split(inside)]
    if not 1 <= len(sides) <= 2 or None in sides:
        return None
    rows, columns = ([s for s in sides if s is not None] + [ONE])[:2]
    return rows, columns


def _size(written: str, known: Mapping[str, Size]) -> Size | None:
    r"""n, 3, n_1, n^{[1]}, n_{in}: a name is what its letters and marks spell together."""
    plain = re.sub(r"\\(?:text|mathrm|textrm|mathit)\s*\{([^{}]*)\}", r"\1", written.strip())
    plain = re.sub(r"\\([A-Za-z]+)", r"\1", _SCRIPT.sub(r"\1", plain)).strip("{} ()")
    if spelling(plain) in known:
        return known[spelling(plain)]
    try:
        return read_size(plain, "size")
    except UsageError:
        return None
