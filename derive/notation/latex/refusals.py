"""What is said of letters that spell nothing that is declared."""

from __future__ import annotations

from collections.abc import Sequence

from derive.errors import ReadError
from derive.expression.nodes import Expression, Tensor
from derive.expression.shapes import known_shape
from derive.expression.sizes import ONE, SCALAR
from derive.notation.latex.making import is_transpose
from derive.notation.latex.resolving import Resolving
from derive.notation.latex.tree import Scripted, Symbol
from derive.notation.syntax import Node


def primed(r: Resolving, node: Node, symbol: Symbol) -> ReadError:
    """A prime at what is no function."""
    shown = r.written(node)
    if r.names.function(symbol.name) is not None:
        return r.error(node, f"{shown} needs an argument.", f"Write {shown}(z).")
    known = ", ".join(sorted(r.names.scope.functions)) or "sigmoid, tanh, relu"
    return r.error(node, f"{shown}: no function {symbol.name} is declared.",
                   f"A prime stands behind functions ({known}) only; ^T transposes.", "E-NAME")  # fmt: skip


def unknown(r: Resolving, node: Node, symbol: Symbol, values: Sequence[Expression], is_marked: bool) -> ReadError:
    """A letter with scripts that spells no name; `values` are what it would spell without them."""
    is_turned = isinstance(node, Scripted) and not (node.below or node.primes) and all(map(is_transpose, node.above))
    shown = r.written(node.base if isinstance(node, Scripted) and is_turned else node)
    if "dot" in symbol.accent:
        order = "^2" if "ddot" in symbol.accent else ""
        return r.error(node, f"{shown}: a dot is no derivative in time here.",
                       rf"Write \frac{{d{order} {symbol.base}}}{{dt{order}}}, or declare it.", "E-NAME")  # fmt: skip
    if values and r.names.is_family(values[-1]) and not is_marked:
        return r.error(node, f"{shown} has a member for each layer.", f"Write {shown}^{{[l]}}.")
    if values:
        value = values[-1]
        size = known_shape(value)
        what = "a scalar" if size == SCALAR else "a vector" if size is not None and ONE in size else "a matrix"
        declared = value.name if isinstance(value, Tensor) else symbol.name
        return r.error(node, f"What {shown} means is not clear: {declared} is {what}.",
                       f"Declare it: [notation] '{shown}' = …", "E-NAME")  # fmt: skip
    if symbol.name in r.names.scope.functions or (r.names.function(symbol.name) and len(symbol.name) > 1):
        return r.error(node, f"{shown} is a function; its argument is missing.", f"Write {shown}(z).", "E-NAME")
    if r.indices_known(symbol.name):
        return r.error(node, f"{shown} is an index; it stands in scripts only.", "", "E-NAME")
    return r.error(node, f"The name {shown} is not declared.", r.names.suggestion(symbol.name), "E-NAME")
