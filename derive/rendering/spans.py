"""Running text with formulas in it, before any format decides how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from derive.expression.nodes import Expression, Tensor
from derive.expression.sizes import Shape


@dataclass(frozen=True)
class ShapeOf:
    """A shape in running text: n×m."""

    shape: Shape


@dataclass(frozen=True)
class Member:
    """A name with its shape, as in a list of what is given: X ∈ ℝ^{n×N}."""

    tensor: Tensor


Inline: TypeAlias = str | Expression | ShapeOf | Member
Span: TypeAlias = tuple[Inline, ...]
