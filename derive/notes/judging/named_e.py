"""L = e²/2, where e = y − a: what was read as a power of Euler's number is one of a quantity that is named later."""

from __future__ import annotations

from derive.errors import ShapeError
from derive.expression.nodes import Elementwise, Expression, Number, Power, Tensor, number
from derive.expression.shapes import shape
from derive.expression.traverse import rebuild, walk
from derive.notes.known.knowledge import OBJECTIVES, Knowledge


def told_later(knowledge: Knowledge, e: Tensor) -> tuple[str, ...]:
    """The objectives of this section that speak of e and were defined before it had a value: they rest on it now."""
    found = []
    for name, own in list(knowledge.own.items()):
        if name not in OBJECTIVES or own.section != knowledge.section or own.value is None:
            continue
        value = _with(own.value, e)
        if value is not own.value and _conforms(own.target, value) and e not in walk(own.value):
            knowledge.define(own.target, value)
            found.append(name)
    return tuple(found)


def _with(value: Expression, e: Tensor) -> Expression:
    if isinstance(value, Elementwise) and value.function.name == "exp" and not value.order:
        (exponent,) = value.arguments
        if isinstance(exponent, Number):
            return e if exponent == number(1) else Power(e, exponent)
    return rebuild(value, lambda part: _with(part, e))


def _conforms(target: Tensor, value: Expression) -> bool:
    try:
        return shape(value) == target.shape
    except ShapeError:
        return False
