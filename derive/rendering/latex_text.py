r"""Running text with formulas in LaTeX."""

from __future__ import annotations

from derive.expression.nodes import Expression
from derive.expression.sizes import SCALAR, Shape
from derive.rendering.spans import Inline, Member, ShapeOf, Span
from derive.writing.latex import latex
from derive.writing.names import escape_latex, latex_shape


def size(shape: Shape) -> str:
    """A shape in mathematics mode."""
    return r"\text{scalar}" if shape == SCALAR else latex_shape(shape)


def member(part: Member) -> str:
    """W_{1} ∈ ℝ^{n×m}, as mathematics."""
    shape = part.tensor.shape
    power = "" if shape == SCALAR else f"^{{{latex_shape(shape)}}}"
    return rf"{latex(part.tensor)} \in \mathbb{{R}}{power}"


def inline(part: Inline) -> str:
    if isinstance(part, str):
        return escape_latex(part)
    if isinstance(part, ShapeOf):
        return f"${size(part.shape)}$"
    return f"${member(part) if isinstance(part, Member) else latex(part)}$"


def words(span: Span) -> str:
    """A span as a part of a paragraph."""
    return "".join(inline(part) for part in span)


def displayed(span: Span) -> str:
    """Words for a heading: fractions in full size, or they are too small to read."""
    return "".join(rf"$\displaystyle {latex(part)}$" if isinstance(part, Expression) else inline(part) for part in span)
