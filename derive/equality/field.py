"""A prime field in which every unknown has a random value, with a bound on how often that misleads.

A residue stands for a quotient of polynomials with integer coefficients in the unknowns, and carries upper bounds on
both degrees and on the size of the coefficients. If such a quotient is not zero, then with a random prime of 60 bits
and random values it is zero with probability at most degree/p + (coefficient bits/60)/(number of such primes).
"""

from __future__ import annotations

import math
import random
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpz

from derive.equality.arithmetic import Scalar
from derive.equality.choices import Choices, Undefined, Unlucky
from derive.equality.generators import Generators

BITS = 60
PRIMES = 2.0 ** (BITS - 1) / (BITS * math.log(2))
"""At least so many primes have exactly 60 bits."""

_SIMPLE = 64
"""Numerator and denominator of a ratio that is noticed."""


def random_prime(rng: random.Random) -> int:
    """A prime of exactly 60 bits."""
    while True:
        candidate = rng.getrandbits(BITS) | (1 << BITS - 1) | 1
        if fmpz(candidate).is_prime():
            return candidate


class Residue:
    """A value modulo p; `top` and `bottom` bound degree and log₂ of the sum of the coefficients' absolute values."""

    __slots__ = ("bottom", "prime", "top", "value")

    def __init__(self, prime: int, value: int, top: tuple[float, float], bottom: tuple[float, float]) -> None:
        self.prime = prime
        self.value = value
        self.top = top
        self.bottom = bottom

    def __add__(self, other: Any) -> Any:
        if type(other) is not Residue:
            other = _constant(self.prime, other)
            if other is NotImplemented:
                return NotImplemented
        (a, b), (c, d) = self.top, self.bottom
        (e, f), (g, h) = other.top, other.bottom
        value = (self.value + other.value) % self.prime
        if self.bottom is other.bottom:
            return Residue(self.prime, value, (max(a, e), max(b, f) + 1), self.bottom)
        return Residue(self.prime, value, (max(a + g, e + c), max(b + h, f + d) + 1), (c + g, d + h))

    __radd__ = __add__

    def __neg__(self) -> Residue:
        return Residue(self.prime, -self.value % self.prime, self.top, self.bottom)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if type(other) is not Residue:
            other = _constant(self.prime, other)
            if other is NotImplemented:
                return NotImplemented
        top = (self.top[0] + other.top[0], self.top[1] + other.top[1])
        bottom = (self.bottom[0] + other.bottom[0], self.bottom[1] + other.bottom[1])
        if self.bottom is _ONE:
            bottom = other.bottom
        elif other.bottom is _ONE:
            bottom = self.bottom
        return Residue(self.prime, self.value * other.value % self.prime, top, bottom)

    __rmul__ = __mul__


_ONE = (0.0, 0.0)
"""The bound of the denominator 1. Bounds that are one object belong to one denominator."""


def _bound(degree: float, bits: float) -> tuple[float, float]:
    """A bound that is an object of its own."""
    degree_and_bits = [degree, bits]
    return (degree_and_bits[0], degree_and_bits[1])


def _constant(prime: int, x: Any) -> Any:
    if isinstance(x, int):
        return Residue(prime, x % prime, (0.0, math.log2(abs(x) + 1)), _ONE)
    if type(x) is fmpq:
        p, q = int(x.p), int(x.q)
        if not q % prime:
            raise Unlucky
        bottom = _ONE if q == 1 else (0.0, math.log2(q))
        return Residue(prime, p * pow(q, -1, prime) % prime, (0.0, math.log2(abs(p) + 1)), bottom)
    return NotImplemented


class Field(Generators):
    """One prime and one choice of random values.

    degree   the largest degree bound of anything that was compared with something, and `bits` likewise
    tests    how many comparisons of values decided that two arguments are related
    """

    def __init__(self, choices: Choices, prime: int, rng: random.Random, seen: set[int], order: int = 1) -> None:
        super().__init__(choices, order)
        self.prime = prime
        self.rng = rng
        self.degree = 1.0
        self.bits = 1.0
        self.tests = 0
        self._without_root = seen
        self._roots: list[tuple[Scalar, Scalar]] = []
        self._prime_roots: set[int] = set()

    @property
    def unproved_roots(self) -> int:
        """Roots of something of which it is not known that it is no square; then the two signs of the root cannot
        be told apart, and agreement says nothing."""
        return len(set(range(len(self._roots))) - self._without_root)

    def fresh(self) -> Residue:
        return Residue(self.prime, self.rng.randrange(self.prime), _bound(1.0, 0.0), _ONE)

    def residue(self, x: Scalar) -> Residue:
        found: Residue = x if type(x) is Residue else _constant(self.prime, x)
        return found

    def _noted(self, x: Scalar) -> int:
        r = self.residue(x)
        self.degree = max(self.degree, r.top[0] + r.bottom[0])
        self.bits = max(self.bits, r.top[1] + r.bottom[1])
        return r.value

    def is_zero(self, x: Scalar) -> bool:
        self.tests += 1
        return self._noted(x) == 0

    def key(self, x: Scalar) -> Hashable:
        self.tests += len(self._exponents) + 1
        return self._noted(x)

    def ratio(self, x: Scalar, y: Scalar) -> Fraction | None:
        self.tests += 2 * _SIMPLE**2
        a, b = self._noted(x), self._noted(y)
        return _small_fraction(a * pow(b, -1, self.prime) % self.prime, self.prime) if b else None

    def inverse(self, x: Scalar) -> Scalar:
        if type(x) is fmpq:
            if not x:
                raise Undefined
            return 1 / x
        if not x.value:
            raise Unlucky
        return Residue(self.prime, pow(x.value, -1, self.prime), x.bottom, x.top)

    def root(self, x: Scalar) -> Scalar:
        """A root, of either sign. Each new argument must once be met without a root: then it is no square."""
        for argument, root in self._roots:
            if argument == x.value:
                return root
        value = _square_root(x.value, self.prime)
        if value is None:
            self._without_root.add(len(self._roots))
            raise Unlucky
        # The norm of a polynomial in roots: each root doubles the degree, counted with the unknowns.
        root = Residue(self.prime, value, _bound(*x.top), _bound(*x.bottom))
        self._roots.append((x.value, root))
        return root

    def prime_root(self, prime: int) -> Scalar:
        value = _square_root(prime, self.prime)
        if value is None:
            raise Unlucky
        self._prime_roots.add(prime)
        return Residue(self.prime, value, _bound(0.0, math.log2(prime)), _ONE)

    def agrees(self, x: Scalar, y: Scalar) -> bool:
        """Whether two sides have the same value."""
        return self.is_zero(self.residue(x) - self.residue(y))

    def error(self) -> float:
        """How likely at most it is that one prime misleads."""
        factor = 2.0 ** (len(self._roots) + len(self._prime_roots))
        single = factor * self.degree / self.prime + factor * self.bits / BITS / PRIMES
        return min(1.0, (1 + self.tests) * single)


def _small_fraction(value: int, prime: int) -> Fraction | None:
    """The simple fraction that a residue is, if it is one."""
    r0, r1, t0, t1 = prime, value, 0, 1
    while r1 > _SIMPLE:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    if t1 == 0 or abs(t1) > _SIMPLE:
        return None
    return Fraction(r1, t1)


def _square_root(value: int, prime: int) -> int | None:
    """Tonelli and Shanks."""
    if pow(value, (prime - 1) // 2, prime) != 1:
        return None
    if prime % 4 == 3:
        return pow(value, (prime + 1) // 4, prime)
    odd, twos = prime - 1, 0
    while not odd % 2:
        odd, twos = odd // 2, twos + 1
    z = next(k for k in range(2, prime) if pow(k, (prime - 1) // 2, prime) != 1)
    c, t, found = pow(z, odd, prime), pow(value, odd, prime), pow(value, (odd + 1) // 2, prime)
    while t != 1:
        power, step = t, 0
        while power != 1:
            power, step = power * power % prime, step + 1
        b = pow(c, 1 << (twos - step - 1), prime)
        twos, c = step, b * b % prime
        t, found = t * c % prime, found * b % prime
    return found
