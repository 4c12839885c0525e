"""What the names of a question mean: tensors, sizes, indices, functions, and other ways to write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from derive.expression.function import Function
from derive.expression.nodes import Expression, Index, Tensor
from derive.expression.sizes import Size


@dataclass(frozen=True)
class Conventions:
    """How an author writes things, where custom leaves a choice.

    juxtaposition  `elementwise`: two factors of one shape side by side are multiplied entry by entry
    operators      what a product sign means: `elementwise`, `matrix` or `outer`
    spellings      LaTeX of a name or an expression ↦ what it means; an index in the value is a pattern variable
    sums           `repeated`: an index that stands twice in a term, and not on the left, is summed, as in physics
    """

    juxtaposition: Literal["matrix", "elementwise"] = "matrix"
    operators: Mapping[str, Literal["elementwise", "matrix", "outer"]] = field(default_factory=dict)
    spellings: Mapping[str, Expression] = field(default_factory=dict)
    sums: Literal["written", "repeated"] = "written"


@dataclass(frozen=True)
class Scope:
    """Every name that a formula may use.

    tensors    canonical name → tensor (for a family: a member with a layer symbol, `W` → W[l])
    sizes      names of sizes, usable as numbers (N in 1/N)
    indices    declared indices (j runs over 1..n)
    functions  declared functions, known or unspecified, by the name they have in this question
    aliases    other spellings of a name: canonical name of `yhat` is `a2`; a value may be any expression
    layers     layer symbols that may stand in W[l] (`l`, `L`)
    conventions  how the author writes things
    objective  the name that dW is a gradient of
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    sizes: Mapping[str, Size] = field(default_factory=dict)
    indices: Mapping[str, Index] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    aliases: Mapping[str, Expression] = field(default_factory=dict)
    layers: Mapping[str, Size] = field(default_factory=dict)
    conventions: Conventions = field(default_factory=Conventions)
    objective: str = "E"
