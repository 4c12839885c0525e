"""Elementwise functions in normal form: one row a function, its value as a polynomial of its arguments.

Functions with a kink have a second table: while a derivative is taken they stay whole (`Kind.KINKED`), because their
slope at the kink is the stated convention and not a consequence of algebra.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flint import fmpq

from derive.rewriting.closing import make, oriented
from derive.rewriting.exponential import exp, log
from derive.rewriting.gates import absolute, gates
from derive.rewriting.heads import Head, Kind
from derive.rewriting.odds import sigmoid, softplus, tanh
from derive.rewriting.polynomial import ONE, Polynomial, Ring
from derive.rewriting.powers import inverse, power, root

Arguments = list[Polynomial]
Law = Callable[[Ring, Arguments], Polynomial]


def _gate(ring: Ring, a: Arguments) -> tuple[Polynomial, Polynomial]:
    return gates(ring, ring.subtract(a[0], a[1]))


def _relu(ring: Ring, a: Arguments) -> Polynomial:
    return ring.product(a[0], gates(ring, a[0])[0])


def _between(ring: Ring, gate: Polynomial, yes: Polynomial, no: Polynomial) -> Polynomial:
    """gate·yes + (1 − gate)·no for a gate that is 0 or 1."""
    return ring.add(no, ring.product(gate, ring.subtract(yes, no)))


def _leaky_slope(ring: Ring, a: Arguments) -> Polynomial:
    return _between(ring, gates(ring, a[0])[0], ONE, a[1])


def _elu(ring: Ring, a: Arguments) -> Polynomial:
    negative = ring.product(a[1], ring.subtract(exp(ring, a[0]), ONE))
    return _between(ring, gates(ring, a[0])[0], a[0], negative)


def _elu_slope(ring: Ring, a: Arguments) -> Polynomial:
    return _between(ring, gates(ring, a[0])[0], ONE, ring.product(a[1], exp(ring, a[0])))


def _maximum(ring: Ring, a: Arguments) -> Polynomial:
    return _between(ring, _gate(ring, a)[0], a[0], a[1])


def _minimum(ring: Ring, a: Arguments) -> Polynomial:
    return _between(ring, _gate(ring, a)[1], a[0], a[1])


def _test(ring: Ring, a: Arguments) -> Polynomial:
    """[c ≠ 0], which is c itself for a gate."""
    return a[0] if ring.product(a[0], a[0]) == a[0] else ring.add(*gates(ring, a[0]))


def _where(ring: Ring, a: Arguments) -> Polynomial:
    return _between(ring, _test(ring, a), a[1], a[2])


def _half_sum(ring: Ring, u: Polynomial, sign: int) -> Polynomial:
    return ring.scale(ring.add(exp(ring, u), ring.scale(exp(ring, ring.negate(u)), fmpq(sign))), fmpq(1, 2))


def _gelu(ring: Ring, a: Arguments) -> Polynomial:
    scaled = ring.product(a[0], root(ring, ring.number(fmpq(1, 2)), 2))
    return ring.product(ring.number(fmpq(1, 2)), a[0], ring.add(ONE, apply_function(ring, "erf", 0, scaled)))


def _sech(ring: Ring, a: Arguments) -> Polynomial:
    return inverse(ring, _half_sum(ring, a[0], 1))


LAWS: Mapping[str, Law] = {
    "identity": lambda ring, a: a[0],
    "sigmoid": lambda ring, a: sigmoid(ring, a[0]),
    "tanh": lambda ring, a: tanh(ring, a[0]),
    "softplus": lambda ring, a: softplus(ring, a[0]),
    "exp": lambda ring, a: exp(ring, a[0]),
    "log": lambda ring, a: log(ring, a[0]),
    "sqrt": lambda ring, a: power(ring, a[0], fmpq(1, 2)),
    "silu": lambda ring, a: ring.product(a[0], sigmoid(ring, a[0])),
    "gelu": _gelu,
    "erf": lambda ring, a: apply_function(ring, "erf", 0, a[0]),
    "sin": lambda ring, a: apply_function(ring, "sin", 0, a[0]),
    "cos": lambda ring, a: apply_function(ring, "sin", 1, a[0]),
    "cosh": lambda ring, a: _half_sum(ring, a[0], 1),
    "sinh": lambda ring, a: _half_sum(ring, a[0], -1),
    "sech": _sech,
}
"""The value of each known function that has neither a kink nor a jump."""


@dataclass(frozen=True)
class Kinked:
    """A function with a kink: its value in gates, and its slope in each argument by convention."""

    value: Law
    slopes: tuple[Law, ...]


def _jump(value: Law) -> Kinked:
    """A function of signs alone: its slope is 0."""
    return Kinked(value, (lambda ring, a: {}, lambda ring, a: {}))


def _one_minus(law: Law) -> Law:
    return lambda ring, a: ring.subtract(ONE, law(ring, a))


KINKED: Mapping[str, Kinked] = {
    "relu": Kinked(_relu, (lambda ring, a: gates(ring, a[0])[0],)),
    "leaky_relu": Kinked(
        lambda ring, a: ring.product(a[0], _leaky_slope(ring, a)),
        (_leaky_slope, lambda ring, a: ring.product(a[0], ring.subtract(ONE, gates(ring, a[0])[0]))),
    ),
    "abs": Kinked(lambda ring, a: absolute(ring, a[0]), (lambda ring, a: ring.subtract(*gates(ring, a[0])),)),
    "elu": Kinked(
        _elu,
        (
            _elu_slope,
            lambda ring, a: ring.product(ring.subtract(ONE, gates(ring, a[0])[0]), ring.subtract(exp(ring, a[0]), ONE)),
        ),
    ),
    "maximum": Kinked(_maximum, (_one_minus(lambda ring, a: _gate(ring, a)[1]), lambda ring, a: _gate(ring, a)[1])),
    "minimum": Kinked(_minimum, (_one_minus(lambda ring, a: _gate(ring, a)[0]), lambda ring, a: _gate(ring, a)[0])),
    "where": Kinked(_where, (lambda ring, a: {}, _test, _one_minus(_test))),
    "sign": _jump(lambda ring, a: ring.subtract(*gates(ring, a[0]))),
    "step": _jump(lambda ring, a: gates(ring, a[0])[0]),
    "gt": _jump(lambda ring, a: _gate(ring, a)[0]),
    "lt": _jump(lambda ring, a: _gate(ring, a)[1]),
    "ge": _jump(lambda ring, a: ring.subtract(ONE, _gate(ring, a)[1])),
    "le": _jump(lambda ring, a: ring.subtract(ONE, _gate(ring, a)[0])),
    "eq": _jump(lambda ring, a: ring.subtract(ONE, ring.add(*_gate(ring, a)))),
    "ne": _jump(lambda ring, a: ring.add(*_gate(ring, a))),
}
"""The functions whose slope jumps, and those that jump themselves.

The latter stay whole too: u·[u ≥ 0] and u·[u > 0] are equal, but the slopes that are read off them differ at the kink.
"""


def known(ring: Ring, name: str, arguments: Arguments, whole: bool) -> Polynomial:
    """A known function of its arguments; with `whole`, one that has a kink stays an atom."""
    law = LAWS.get(name)
    if law is not None:
        return law(ring, arguments)
    if whole:
        return make(ring, Kind.KINKED, name, *arguments)
    return KINKED[name].value(ring, arguments)


ODD = frozenset({("erf", 0), ("sin", 0)})
EVEN = frozenset({("sin", 1)})


def apply_function(ring: Ring, name: str, order: int, u: Polynomial) -> Polynomial:
    """f⁽ᵏ⁾(u): an unspecified function (its name begins with `?`), or a known one that has no algebra of its own."""
    if name == "erf" and order:
        # erf′(u) = 2/√π e^(−u²); higher orders come from differentiating that.
        gaussian = exp(ring, ring.negate(ring.product(u, u)))
        pi = ring.atom(Head(Kind.CONSTANT, "pi"))
        return ring.product(ring.number(2), gaussian, inverse(ring, root(ring, pi, 2)))
    if name == "sin":
        sign = -1 if order % 4 in (2, 3) else 1
        order %= 2
        return ring.scale(_parity(ring, name, order, u), fmpq(sign))
    return _parity(ring, name, order, u)


def _parity(ring: Ring, name: str, order: int, u: Polynomial) -> Polynomial:
    key = (name, order)
    if key not in ODD and key not in EVEN:
        return make(ring, Kind.FUNCTION, key, u)
    if not u:
        return {} if key in ODD else ONE
    v, negated = oriented(ring, u)
    value = make(ring, Kind.FUNCTION, key, v)
    return ring.negate(value) if negated and key in ODD else value
