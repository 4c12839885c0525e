"""Ball arithmetic (Arb): precision, elementwise functions of balls, and what cannot be told from one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flint
from flint import arb

BITS = 400
SAME = arb(2) ** -110
"""Values whose difference is relatively less than this are the same; any smaller planted difference is not made."""


@contextmanager
def precision(bits: int = BITS) -> Iterator[None]:
    """So many bits, and back to what it was."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def step() -> arb:
    """The step of difference quotients: a fifth of the bits, so that slopes are good to two fifths of them."""
    return arb(2) ** -(flint.ctx.prec // 5)


class Undefined(Exception):
    """A formula has no value at a point, or not one that can be told for certain."""


def _choose(condition: bool, yes: Any, no: Any) -> Any:
    return yes if condition else no


def _told(z: arb) -> arb:
    """A number whose sign can be told; Undefined if it cannot."""
    if z > 0 or z < 0 or z.is_zero():
        return z
    raise Undefined


def _sigmoid(z: arb) -> arb:
    return 1 / (1 + (-z).exp())


def _softplus(z: arb) -> arb:
    return (1 + z.exp()).log()


_ONE, _ZERO = arb(1), arb(0)

FUNCTIONS: dict[str, Callable[..., arb]] = {
    "identity": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": lambda z: z.tanh(),
    "relu": lambda z: _choose(z > 0, z, _ZERO),
    "leaky_relu": lambda z, a: _choose(z > 0, z, a * z),
    "softplus": _softplus,
    "exp": lambda z: z.exp(),
    "log": lambda z: z.log(),
    "sqrt": lambda z: z.sqrt(),
    "abs": lambda z: abs(z),
    "sign": lambda z: _choose(_told(z) > 0, _ONE, _choose(z < 0, -_ONE, _ZERO)),
    "step": lambda z: _choose(_told(z) > 0, _ONE, _ZERO),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": lambda z: z * (1 + (z / arb(2).sqrt()).erf()) / 2,
    "elu": lambda z, a: _choose(z > 0, z, a * (z.exp() - 1)),
    "erf": lambda z: z.erf(),
    "sin": lambda z: z.sin(),
    "cos": lambda z: z.cos(),
    "cosh": lambda z: z.cosh(),
    "sinh": lambda z: z.sinh(),
    "sech": lambda z: 1 / z.cosh(),
    "maximum": lambda a, b: _choose(a > b, a, b),
    "minimum": lambda a, b: _choose(a < b, a, b),
    "where": lambda c, a, b: _choose(c != 0, a, b),
    "gt": lambda a, b: _choose(_told(a - b) > 0, _ONE, _ZERO),
    "ge": lambda a, b: _choose(_told(a - b) >= 0, _ONE, _ZERO),
    "lt": lambda a, b: _choose(_told(a - b) < 0, _ONE, _ZERO),
    "le": lambda a, b: _choose(_told(a - b) <= 0, _ONE, _ZERO),
}


def same(x: arb, y: arb) -> bool:
    """Whether two values are the same; Undefined where a cancellation has left too few digits to tell."""
    difference, allowed = abs(x - y), SAME * (1 + abs(x))
    if difference < allowed:
        return True
    if difference > allowed:
        return False
    raise Undefined


def unspecified(name: str, z: arb) -> arb:
    """Some smooth function for each name."""
    k = sum(map(ord, name)) % 7 + 2
    return (z / k).exp() + (z * 3 / k).sin()
