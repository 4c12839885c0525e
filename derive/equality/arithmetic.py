"""Exact numbers where possible, balls where not: the scalars that formulas are evaluated on.

A scalar is an exact rational (flint.fmpq) as long as every function met so far is rational there, otherwise a ball
(flint.arb): a midpoint and a radius that provably contains the value. The two mix freely. What is not defined at a
point (1/0, log of a negative number), and what the precision cannot decide (the sign of a ball around 0), is the ball
`nan`; it spreads to everything that depends on it, and no claim is ever made about a nan. No floats anywhere.

Another arithmetic (a prime field) is another file with the methods of `Arithmetic`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from flint import arb, ctx, fmpq

from derive.errors import Unsupported

Scalar: TypeAlias = Any
"""fmpq, arb, or a dual number over them; `+`, `-`, `*` work between any two, and with int."""

Formula: TypeAlias = Callable[..., Scalar]
"""An elementwise function written over an arithmetic: called as formula(arithmetic, *arguments)."""

PRECISIONS = (64, 256, 1024)
"""Bits, raised on demand."""

LARGEST_EXPONENT = 10_000
LARGEST_HEIGHT = 4096
"""Exact powers and rationals beyond these become balls."""

LONGEST_EXPONENT = 2**64
"""No power of a ball beyond this is computed."""

ZERO, ONE = fmpq(0), fmpq(1)
NAN = arb("nan")
HUGE = arb(2) ** 2**20
"""Powers beyond this, and below its inverse, are not told apart: even their exponents would fill the memory."""
TINY = 1 / HUGE


class Arithmetic(Protocol):
    """What evaluation needs beyond `+`, `-` and `*`.

    `sign` is −1, 0 or 1, or None if it cannot be decided; a `tie` (a kinked function or an inequality exactly at its
    kink) is counted. `slope` says which subgradient is taken at a kink: 1 the right one, 0 the left one, None the
    convention of the function.
    """

    ties: int
    slope: Scalar | None

    def rational(self, value: Fraction | int) -> Scalar: ...
    def lift(self, value: fmpq) -> Scalar: ...
    def pi(self) -> Scalar: ...
    def undefined(self) -> Scalar: ...
    def unsettled(self) -> Scalar: ...
    def inverse(self, x: Scalar) -> Scalar: ...
    def power(self, x: Scalar, exponent: int) -> Scalar: ...
    def exp(self, x: Scalar) -> Scalar: ...
    def logistic(self, x: Scalar) -> Scalar: ...
    def unspecified(self, name: str, order: int, x: Scalar) -> Scalar: ...
    def log(self, x: Scalar) -> Scalar: ...
    def sqrt(self, x: Scalar) -> Scalar: ...
    def erf(self, x: Scalar) -> Scalar: ...
    def sin(self, x: Scalar) -> Scalar: ...
    def cos(self, x: Scalar) -> Scalar: ...
    def sign(self, x: Scalar) -> int | None: ...
    def as_rational(self, x: Scalar) -> Fraction | None: ...


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Balls are computed with so many bits inside the block."""
    with ctx.workprec(bits):
        yield


class Balls:
    """Rationals as long as they stay exact, balls of the current precision otherwise."""

    def __init__(self) -> None:
        self.ties = 0
        self.slope: Scalar | None = None

    def rational(self, value: Fraction | int) -> Scalar:
        return fmpq(value.numerator, value.denominator)

    def lift(self, value: fmpq) -> Scalar:
        return value

    def pi(self) -> Scalar:
        return arb.pi()

    def undefined(self) -> Scalar:
        return NAN

    def unsettled(self) -> Scalar:
        """What may have a value or not."""
        return NAN

    def inverse(self, x: Scalar) -> Scalar:
        if type(x) is fmpq:
            return 1 / x if x else NAN
        return 1 / arb(x)

    def power(self, x: Scalar, exponent: int) -> Scalar:
        """x to a whole power; by squaring for balls, since their own power has no meaning around 0."""
        if exponent == -1:
            return _held(self.inverse(x))  # 1/x may be known, as near 0, where x is too large
        if exponent < 0:
            return self.inverse(self.power(x, -exponent))
        if type(x) is fmpq:
            if exponent > LARGEST_EXPONENT or x.height_bits() * exponent > 4 * LARGEST_HEIGHT:
                x = arb(x)
            else:
                return x**exponent
        if exponent > LONGEST_EXPONENT and type(x) is arb:
            return NAN
        result: Scalar = ONE
        while exponent:
            if exponent & 1:
                result = result * x
            exponent >>= 1
            if exponent:
                x = _held(x * x)
        return _held(result)

    def exp(self, x: Scalar) -> Scalar:
        return ONE if _is(x, 0) else arb(x).exp()

    def logistic(self, x: Scalar) -> Scalar:
        """1/(1 + e^{−x})."""
        return self.inverse(1 + self.exp(-x))

    def unspecified(self, name: str, order: int, x: Scalar) -> Scalar:
        raise Unsupported(f"The function {name} has no formula here.")

    def log(self, x: Scalar) -> Scalar:
        return ZERO if _is(x, 1) else arb(x).log()

    def sqrt(self, x: Scalar) -> Scalar:
        if type(x) is fmpq:
            if x < 0:
                return NAN
            root = (arb(x.p).sqrt(), arb(x.q).sqrt())
            whole = [r.unique_fmpz() for r in root]
            if all(w is not None for w in whole) and fmpq(whole[0], whole[1]) ** 2 == x:
                return fmpq(whole[0], whole[1])
        return arb(x).sqrt()

    def erf(self, x: Scalar) -> Scalar:
        return ZERO if _is(x, 0) else arb(x).erf()

    def sin(self, x: Scalar) -> Scalar:
        return ZERO if _is(x, 0) else arb(x).sin()

    def cos(self, x: Scalar) -> Scalar:
        return ONE if _is(x, 0) else arb(x).cos()

    def sign(self, x: Scalar) -> int | None:
        if x > 0:
            return 1
        if x < 0:
            return -1
        return 0 if x == 0 else None

    def as_rational(self, x: Scalar) -> Fraction | None:
        """The exact value, or None for a ball."""
        return Fraction(int(x.p), int(x.q)) if type(x) is fmpq else None


def _is(x: Scalar, value: int) -> bool:
    return type(x) is fmpq and bool(x == value)


def _held(x: Scalar) -> Scalar:
    """A ball that is not too large: beyond HUGE nothing is claimed, below TINY it is a ball around 0."""
    if type(x) is not arb:
        return x
    size = x.abs_upper()
    if size > HUGE:
        return NAN
    return arb(0, TINY) if size < TINY else x


def trim(x: Scalar) -> Scalar:
    """A rational with thousands of digits becomes a ball, so that towers of polynomials stay cheap."""
    return arb(x) if type(x) is fmpq and x.height_bits() > LARGEST_HEIGHT else x


def differ(x: Scalar, y: Scalar) -> bool:
    """Whether x ≠ y for certain; False where they may be equal and where one is not defined."""
    if type(x) is fmpq and type(y) is fmpq:
        return bool(x != y)
    a, b = arb(x), arb(y)
    return bool(a.is_finite() and b.is_finite() and not a.overlaps(b))


def is_defined(x: Scalar) -> bool:
    return type(x) is fmpq or bool(arb(x).is_finite())


def is_sharp(x: Scalar, bits: int) -> bool:
    """Whether a value is known well enough for "no difference seen here" to mean something."""
    if type(x) is fmpq:
        return True
    return bool(x.is_finite()) and (bool(x.rel_accuracy_bits() >= bits // 2) or bool(x.is_zero()))
