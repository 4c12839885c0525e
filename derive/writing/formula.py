"""A formula as JSON."""

from __future__ import annotations

from typing import Any

from derive.expression.nodes import Expression
from derive.expression.shapes import known_shape
from derive.expression.sizes import shape_list
from derive.expression.text import text
from derive.writing.latex import latex
from derive.writing.unicode import unicode


def formula(e: Expression) -> dict[str, Any]:
    """A formula in the three notations, with its shape ([] scalar, ["n"] column; null if it does not conform)."""
    size = known_shape(e)
    return {"text": text(e), "latex": latex(e), "unicode": unicode(e),
            "shape": None if size is None else shape_list(size)}  # fmt: skip
