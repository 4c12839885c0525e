"""Arithmetic with generators: exp, log, erf … of different arguments are independent unknowns of a ring.

What is imposed on the unknowns are true relations only (e^{a+b} = e^a e^b and log(1/x) = −log x where they are
noticed, r² = x for a root). So whatever vanishes in the ring vanishes as a function; what does not vanish proves
nothing. A ring is a subclass: a prime field with random values for the unknowns, or polynomials in them.

Gates: an argument that is not a constant gets each of the signs +, −, 0 in turn (`Choices`), the same sign wherever
it, or a rational multiple of it, occurs. At sign 0 both sides must agree identically, which covers the kink.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from fractions import Fraction

from flint import fmpq, fmpz

from derive.equality.arithmetic import ONE, Scalar
from derive.equality.choices import Choices, Rooted, Undefined, Unfit, Unlucky

_SIGNS = (1, -1, 0)
_MANY = 24
"""With more arguments, sums of three of them are not looked for."""
_LARGEST_POWER = 64


class Generators(ABC):
    """An `Arithmetic` over a ring with unknowns; raises Unfit, Unlucky or Undefined where there is no value.

    inputs   what stands for each given entry; the values of a point are positions in this list
    order    the unknown for e^u is e^{u/order}
    """

    def __init__(self, choices: Choices, order: int = 1) -> None:
        self.order = order
        self.ties = 0
        self.slope: Scalar | None = None
        self.inputs: list[Scalar] = []
        self.choices = choices
        self._exponents: list[tuple[Scalar, Scalar]] = []
        self._exponent_places: dict[Hashable, int] = {}
        self._logarithms: list[tuple[Scalar, Scalar]] = []
        self._signs: list[tuple[Scalar, int]] = []
        self._others: dict[tuple[str, Hashable], Scalar] = {}
        self._pi: Scalar | None = None

    @abstractmethod
    def fresh(self) -> Scalar:
        """An unknown that nothing else depends on."""

    @abstractmethod
    def key(self, x: Scalar) -> Hashable:
        """Equal only for equal values."""

    @abstractmethod
    def ratio(self, x: Scalar, y: Scalar) -> Fraction | None:
        """x / y, if that is a simple rational number."""

    @abstractmethod
    def root(self, x: Scalar) -> Scalar:
        """A square root of something that is not a constant."""

    @abstractmethod
    def inverse(self, x: Scalar) -> Scalar: ...

    @abstractmethod
    def is_zero(self, x: Scalar) -> bool: ...

    def rational(self, value: Fraction | int) -> Scalar:
        return fmpq(value.numerator, value.denominator)

    def lift(self, value: fmpq) -> Scalar:
        return self.inputs[int(value.p)]

    def undefined(self) -> Scalar:
        raise Undefined

    def unsettled(self) -> Scalar:
        raise Unfit("Whether there is a value is not settled.")

    def as_rational(self, x: Scalar) -> Fraction | None:
        return Fraction(int(x.p), int(x.q)) if type(x) is fmpq else None

    def pi(self) -> Scalar:
        """The square of an unknown, so that √π has a value."""
        if self._pi is None:
            self._pi = self.fresh()
        return self._pi * self._pi

    def power(self, x: Scalar, exponent: int) -> Scalar:
        if exponent < 0:
            return self.inverse(self.power(x, -exponent))
        if exponent > _LARGEST_POWER * 16:
            raise Unfit("A power is too large.")
        result: Scalar = ONE
        while exponent:
            if exponent & 1:
                result = result * x
            exponent >>= 1
            if exponent:
                x = x * x
        return result

    # exponentials and logarithms

    def exp(self, x: Scalar) -> Scalar:
        if self.is_zero(x):
            return ONE
        known = self._combined(x)
        if known is not None:
            return known
        root = self._with_exponent(x * fmpq(1, self.order), self.fresh())
        return self.power(root, self.order)

    def logistic(self, x: Scalar) -> Scalar:
        """1/(1 + e^{−x}); met first, it is the unknown itself, so that e^x = σ/(1 − σ) and σ′ = σ(1 − σ)."""
        if self.is_zero(x):
            return fmpq(1, 2)
        if self.order > 1 or self._combined(x) is not None:
            known = self.exp(x)
            return known * self.inverse(1 + known)
        unknown = self.fresh()
        self._signs.append((unknown, 1))
        self._with_exponent(x, unknown * self.inverse(1 - unknown))
        return unknown

    def _with_exponent(self, x: Scalar, value: Scalar) -> Scalar:
        self._exponent_places[self.key(x)] = len(self._exponents)
        self._exponents.append((x, value))
        self._signs.append((value, 1))
        return value

    def _combined(self, x: Scalar) -> Scalar | None:
        """e^x from those that are known: a rational multiple of an argument, a sum or difference of a few."""
        for argument, value in self._exponents:
            share = self.ratio(x, argument)
            if share is not None and share.denominator == 1 and abs(share) <= _LARGEST_POWER:
                return self.power(value, int(share))
            if share is not None:
                raise Rooted(share.denominator)
        for terms in self._sums(x):
            product: Scalar = ONE
            for sign, k in terms:
                product = product * self.power(self._exponents[k][1], sign)
            return product
        return None

    def _sums(self, x: Scalar) -> Iterator[Sequence[tuple[int, int]]]:
        """x as ±v_i ± v_j, or ±v_i ± v_j ± v_k."""
        count = len(self._exponents)
        for first in self._signed(count):
            rest = x - first[0] * self._exponents[first[1]][0]
            last = self._place(rest)
            if last is not None:
                yield (first, last)
            if count <= _MANY:
                for second in self._signed(first[1]):
                    last = self._place(rest - second[0] * self._exponents[second[1]][0])
                    if last is not None:
                        yield (first, second, last)

    @staticmethod
    def _signed(count: int) -> Iterator[tuple[int, int]]:
        return ((sign, k) for k in range(count) for sign in (1, -1))

    def _place(self, x: Scalar) -> tuple[int, int] | None:
        for sign in (1, -1):
            place = self._exponent_places.get(self.key(sign * x))
            if place is not None:
                return (sign, place)
        return None

    def log(self, x: Scalar) -> Scalar:
        """For log-sum-exp and softplus: log(e^u) = u, and log of (a known argument)^{±1} times e^{±u}."""
        if type(x) is fmpq:
            return self._log_of_a_number(x)
        if self.is_zero(x):
            raise Undefined
        known = self._factored(x)
        if known is not None:
            return known
        value = self.fresh()
        self._logarithms.append((x, value))
        self._with_exponent(value, x)
        return value

    def _factored(self, x: Scalar) -> Scalar | None:
        bases: list[tuple[Scalar, Scalar]] = [(ONE, fmpq(0)), *self._logarithms]
        places = {self.key(argument): value for argument, value in bases}
        inverse = self.inverse(x)
        factors = [(ONE, fmpq(0))]
        for exponent, value in self._exponents:
            factors += [(value, exponent), (self.inverse(value), -exponent)]
        for value, exponent in factors:
            # x = argument · value, or 1/x = argument · value
            divisor = self.inverse(value)
            for sign, candidate in ((1, x), (-1, inverse)):
                found = places.get(self.key(candidate * divisor))
                if found is not None:
                    return sign * (found + exponent)
        return None

    def _log_of_a_number(self, x: fmpq) -> Scalar:
        if x <= 0:
            raise Undefined
        result: Scalar = fmpq(0)
        for sign, part in ((1, x.p), (-1, x.q)):
            for prime, times in fmpz(part).factor():
                result = result + sign * times * self._interned("log", fmpq(prime))
        return result

    # roots and other functions

    def sqrt(self, x: Scalar) -> Scalar:
        if type(x) is fmpq:
            return self._root_of_a_number(x)
        if self.is_zero(x):
            raise Unlucky
        share = self.ratio(x, self.pi()) if self._pi is not None else None
        if share is not None and share > 0:
            return self._root_of_a_number(fmpq(share.numerator, share.denominator)) * self._pi
        return self.root(x)

    def _root_of_a_number(self, x: fmpq) -> Scalar:
        if x < 0:
            raise Undefined
        result: Scalar = ONE
        for sign, part in ((1, x.p), (-1, x.q)):
            for prime, times in fmpz(part).factor() if part > 1 else ():
                half, is_odd = divmod(int(times), 2)
                result = result * fmpq(prime) ** (sign * half)
                if is_odd:
                    root = self.prime_root(int(prime))
                    result = result * (root if sign > 0 else self.inverse(root))
        return result if x else fmpq(0)

    @abstractmethod
    def prime_root(self, prime: int) -> Scalar:
        """√2, √3 …: roots of different primes are independent."""

    def erf(self, x: Scalar) -> Scalar:
        return self._odd("erf", x)

    def _odd(self, name: str, x: Scalar) -> Scalar:
        if self.is_zero(x):
            return fmpq(0)
        negative = self._others.get((name, self.key(-x)))
        return -negative if negative is not None else self._interned(name, x)

    def _interned(self, name: str, x: Scalar) -> Scalar:
        place = (name, self.key(x))
        if place not in self._others:
            self._others[place] = self.fresh()
        return self._others[place]

    def sin(self, x: Scalar) -> Scalar:
        return self._on_the_circle(x, lambda t, d: 2 * t * d)

    def cos(self, x: Scalar) -> Scalar:
        return self._on_the_circle(x, lambda t, d: (1 - t * t) * d)

    def _on_the_circle(self, x: Scalar, part: Callable[[Scalar, Scalar], Scalar]) -> Scalar:
        """With t = tan(x/2): sin = 2t/(1 + t²), cos = (1 − t²)/(1 + t²)."""
        half = self._odd("tan", x)
        return part(half, self.inverse(1 + half * half))

    def unspecified(self, name: str, order: int, x: Scalar) -> Scalar:
        """f^(order)(x) of a function of which nothing is known."""
        return self._interned(f"{name}^({order})", x)

    def sign(self, x: Scalar) -> int | None:
        if type(x) is fmpq:
            return int(x > 0) - int(x < 0)
        if self.is_zero(x):
            return 0
        for argument, sign in self._signs:
            share = self.ratio(x, argument)
            if share is not None:
                return sign if share > 0 else -sign
        sign = _SIGNS[self.choices.pick(3)]
        self._signs.append((x, sign))
        return sign

    def declare_positive(self, x: Scalar) -> None:
        """What a problem assumes of a name."""
        self._signs.append((x, 1))
