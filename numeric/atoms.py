"""Elementwise functions as SymPy functions that differentiate the way the entries route wants them to.

σ stays an atom with σ′ = σ(1−σ), so that no exponential of an exponential ever appears; a piecewise function is
written with a gate h(u) = [u > 0], which is a constant away from u = 0 (SymPy's own Max differentiates to Heaviside,
½ at 0). Every class carries its mpmath value, to compare entries with many digits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath  # type: ignore[import-untyped]
import sympy

from derive.errors import Unsupported
from numeric.standins import QUADRATIC, phase


class Atom(sympy.Function):  # type: ignore[misc]
    """An applied function that SymPy leaves alone."""

    nargs: int | tuple[int, ...] = 1

    @classmethod
    def value(cls, u: Any) -> Any:
        """The number that an mpmath argument gives."""
        raise NotImplementedError


class Exp(Atom):
    """e^u. SymPy's own exp would merge products into one exponent, and sums of exponents never come apart again."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return self

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.exp(u)


class Log(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 1 / self.args[0]

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.log(u)


class Sigma(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return self * (1 - self)

    @classmethod
    def value(cls, u: Any) -> Any:
        return 1 / (1 + mpmath.exp(-u))


class Tanh(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 1 - self**2

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.tanh(u)


class Sech(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return -self * Tanh(self.args[0])

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.sech(u)


class Softplus(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return Sigma(self.args[0])

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.log1p(mpmath.exp(u))


class Erf(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return 2 / sympy.sqrt(sympy.pi) * Exp(-(self.args[0] ** 2))

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.erf(u)


class Gate(Atom):
    """h(u) = [u > 0], constant away from the kink."""

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return sympy.S.Zero

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.mpf(1 if u > 0 else 0)


class Sin(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return Cos(self.args[0])

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.sin(u)


class Cos(Atom):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return -Sin(self.args[0])

    @classmethod
    def value(cls, u: Any) -> Any:
        return mpmath.cos(u)


class Composite(Atom):
    """A function that is made of simpler ones.

    It stays a leaf as long as that is enough for a proof: written out, leaky ReLU or GELU would double the terms with
    every layer.
    """

    nargs = (1, 2)

    @staticmethod
    def expansion(*arguments: sympy.Expr) -> sympy.Expr:
        """What the function is made of."""
        raise NotImplementedError


class Relu(Composite):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        return Gate(self.args[0])

    @staticmethod
    def expansion(*arguments: sympy.Expr) -> sympy.Expr:
        return arguments[0] * Gate(arguments[0])


class LeakyRelu(Composite):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        z, alpha = self.args
        return _gated(z, sympy.S.One, alpha) if argindex == 1 else z * (1 - Gate(z))

    @staticmethod
    def expansion(*arguments: sympy.Expr) -> sympy.Expr:
        z, alpha = arguments
        return _gated(z, z, alpha * z)


class Elu(Composite):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        z, alpha = self.args
        return _gated(z, sympy.S.One, alpha * Exp(z)) if argindex == 1 else (Exp(z) - 1) * (1 - Gate(z))

    @staticmethod
    def expansion(*arguments: sympy.Expr) -> sympy.Expr:
        z, alpha = arguments
        return _gated(z, z, alpha * (Exp(z) - 1))


class Silu(Composite):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        z = self.args[0]
        return Sigma(z) + z * Sigma(z) * (1 - Sigma(z))

    @staticmethod
    def expansion(*arguments: sympy.Expr) -> sympy.Expr:
        return arguments[0] * Sigma(arguments[0])


class Gelu(Composite):
    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        z = self.args[0]
        below = (1 + Erf(z / sympy.sqrt(2))) / 2
        return below + z * Exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)

    @staticmethod
    def expansion(*arguments: sympy.Expr) -> sympy.Expr:
        z = arguments[0]
        return z * (1 + Erf(z / sympy.sqrt(2))) / 2


@cache
def unspecified_atom(name: str, order: int) -> type[Atom]:
    """The `order`-th derivative of a function about which nothing is known; its derivative is the next one."""

    def fdiff(self: Any, argindex: int = 1) -> sympy.Expr:
        return unspecified_atom(name, order + 1)(self.args[0])

    def value(cls: type[Atom], u: Any) -> Any:
        bent = {0: QUADRATIC * u * u, 1: 2 * QUADRATIC * u, 2: mpmath.mpf(2 * QUADRATIC)}.get(order, 0)
        return mpmath.sin(u + phase(name) + order * mpmath.pi / 2) + bent

    return type(f"{name}_{order}", (Atom,), {"fdiff": fdiff, "value": classmethod(value)})


def _sign(u: sympy.Expr) -> sympy.Expr:
    return 2 * Gate(u) - 1


def _gated(u: sympy.Expr, above: sympy.Expr, below: sympy.Expr) -> sympy.Expr:
    return above * Gate(u) + below * (1 - Gate(u))


def _chosen(c: sympy.Expr, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """a where c, else b: as a polynomial only if c is nothing but 0 or 1."""
    if not _is_indicator(c):
        raise Unsupported(f"The entries route needs a comparison as the condition of where, not {c}.")
    return c * a + (1 - c) * b


def _is_indicator(c: sympy.Expr) -> bool:
    rest = 1 - c
    return (
        c in (0, 1) or isinstance(c, Gate) or isinstance(rest, Gate) or (c.is_Mul and all(map(_is_indicator, c.args)))
    )


SYMPY_FORMS: dict[str, Callable[..., sympy.Expr]] = {
    "identity": lambda z: z,
    "sigmoid": Sigma,
    "tanh": Tanh,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "softplus": Softplus,
    "exp": Exp,
    "log": Log,
    "sqrt": sympy.sqrt,
    "abs": lambda z: z * _sign(z),
    "sign": _sign,
    "step": Gate,
    "silu": Silu,
    "gelu": Gelu,
    "elu": Elu,
    "erf": Erf,
    "sin": Sin,
    "cos": Cos,
    "cosh": lambda z: (Exp(z) + 1 / Exp(z)) / 2,
    "sinh": lambda z: (Exp(z) - 1 / Exp(z)) / 2,
    "sech": Sech,
    "maximum": lambda a, b: _gated(a - b, a, b),
    "minimum": lambda a, b: _gated(a - b, b, a),
    "where": lambda c, a, b: _chosen(c, a, b),
    "gt": lambda a, b: Gate(a - b),
    "ge": lambda a, b: Gate(a - b),
    "lt": lambda a, b: 1 - Gate(a - b),
    "le": lambda a, b: 1 - Gate(a - b),
    "eq": lambda a, b: sympy.S.Zero,
    "ne": lambda a, b: sympy.S.One,
}
"""Every row of the table of functions away from its kinks."""


def sympy_form(name: str) -> Callable[..., sympy.Expr]:
    """The SymPy form of a function; Unsupported if the entries route does not know it."""
    if name not in SYMPY_FORMS:
        raise Unsupported(f"The entries route has no exact form for {name}.")
    return SYMPY_FORMS[name]


def digits_of(e: sympy.Expr, values: dict[sympy.Expr, Any]) -> Any:
    """The value of an entry in mpmath's current precision; `values` has its symbols, and fills up with its parts."""
    if e not in values:
        parts = [] if isinstance(e, Composite) else [digits_of(a, values) for a in e.args]
        if e.is_Rational:
            found = mpmath.mpf(int(e.p)) / int(e.q)
        elif e == sympy.pi:
            found = +mpmath.pi
        elif isinstance(e, Composite):
            found = digits_of(e.expansion(*e.args), values)
        elif isinstance(e, Atom):
            found = type(e).value(parts[0])
        elif e.is_Add:
            found = mpmath.fsum(parts)
        elif e.is_Mul:
            found = mpmath.fprod(parts)
        elif e.is_Pow:
            found = mpmath.power(*parts)
        else:
            raise Unsupported(f"An entry contains {type(e).__name__}, which has no value here.")
        values[e] = found
    return values[e]
