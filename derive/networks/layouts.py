"""How examples stand in matrices: a row of this table says every shape of a layer and the order of its product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from derive.expression.nodes import Axis, Expression, MatMul, Product, Sum
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, Shape, Size, is_scalar


@dataclass(frozen=True)
class Arrangement:
    """One layout.

    name          what people type: `column` or `row`
    examples      the word of problem files: `columns` or `rows`
    outputs_axis  the axis along which the entries of one example run: softmax sums over it
    law           the layer in words
    """

    name: str
    examples: Literal["columns", "rows"]
    outputs_axis: Axis
    law: str

    def values(self, width: Size, count: Size | None) -> Shape:
        """The shape of a layer's values for `count` examples (None: one)."""
        return self._turn(width, ONE if count is None else count)

    def weight(self, width: Size, inputs: Size) -> Shape:
        """The shape of the weights from `inputs` entries to `width` entries."""
        return self._turn(width, inputs)

    def bias(self, width: Size) -> Shape:
        return self._turn(width, ONE)

    def affine(self, weight: Expression, inputs: Expression, bias: Expression | None) -> Expression:
        """The pre-activation: W a + b, or a W + b; a product of two scalars is written as one."""
        pair = (weight, inputs) if self.examples == "columns" else (inputs, weight)
        scalars = is_scalar(shape(weight)) and is_scalar(shape(inputs))
        product = Product(pair) if scalars else MatMul(pair)
        return product if bias is None else Sum((product, bias))

    def _turn(self, rows: Size, columns: Size) -> Shape:
        return (rows, columns) if self.examples == "columns" else (columns, rows)


LAYOUTS: dict[str, Arrangement] = {
    row.name: row
    for row in (
        Arrangement("column", "columns", 0, "examples are columns: z = W a + b, W1 is n1×n0, X is n0×N, b is n1×1"),
        Arrangement("row", "rows", 1, "examples are rows: z = a W + b, W1 is n0×n1, X is N×n0, b is 1×n1"),
    )
}
