"""The gradients of a question as a NumPy module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from derive.commands.export_differences import claimed
from derive.commands.question import Asked
from derive.errors import UsageError
from derive.expression.text import text
from derive.expression.traverse import tensors
from derive.programs.family import family_module
from derive.programs.module import Gradient, numpy_module


def python_code(asked: Asked, given: Mapping[str, Any]) -> str:
    """The source of the module for what is asked, in whole matrices."""
    if given["style"] != "matrix":
        raise UsageError("NumPy code works on whole matrices.", suggestion="Leave out --style.")
    found = claimed(asked)
    gradients = [Gradient(text(c.variable), c.variable, c.formula) for c in found.claims]
    layered = any(t.layer is not None for c in found.claims for t in tensors(c.formula))
    write = family_module if layered else numpy_module
    return write(found.problem, found.objective, gradients, found.definitions)
