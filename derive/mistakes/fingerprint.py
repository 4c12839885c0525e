"""Values of formulas at fixed points, as keys: formulas that differ there are different, others have to be proved.

Points are seeded and exact; a key rounds the values, so it decides nothing by itself.
"""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterable, Sequence

from flint import arb, fmpq

from derive.equality.arithmetic import precision
from derive.equality.claim import Claim
from derive.equality.evaluate import Evaluation
from derive.equality.sample import Sampler
from derive.equality.values import smooth_functions
from derive.errors import DeriveError
from derive.expression.nodes import Dimension, Expression, Sum
from derive.expression.problem import Problem
from derive.expression.sizes import SCALAR
from derive.expression.traverse import tensors

Values = tuple[float, ...]
Fingerprint = tuple[str, ...]

_BITS = 64
_SIZES = (3, 4, 5, 6, 3)
"""No 2, which is a factor of many slips."""
SMALL = (2, 3, 2, 3)
"""Sizes for a quick look at very many formulas."""
_LARGEST = 1_500
"""Given entries of a point; larger problems are not looked at."""
_MODES = ("fine", "fine", "rational", "mixed", "unit")
_TRIED = 10
"""Points of which those are taken that say most."""
_GATE = 100
"""A gate that is open for some entries and closed for others says more than any entry."""
_SIGNS = 10
"""So does what is given with entries of both signs: of others sign(W) is a number."""
_ENTRIES = 12
"""Entries compared."""
_DIGITS = 9


class Fingerprints:
    """Values at a few points of one problem; what has been worked out once is kept.

    Points are preferred at which the `watched` formulas, and the arguments of gates, have entries of both signs.
    Layers are as low as the right formula allows, or so many `above` that: what is wrong may be that a layer is.
    """

    def __init__(
        self,
        problem: Problem,
        expected: Expression,
        watched: Sequence[Expression] = (),
        count: int = 3,
        sizes: tuple[int, ...] = _SIZES,
        above: int = 0,
    ) -> None:
        # All that is given is to have a value: a wrong answer may speak of what the right one does not.
        given = tuple(t for t in problem.free_tensors if t.layer is None)
        widths = tuple(Dimension(size) for size in problem.scope.sizes.values())
        self.claim = Claim(expected, expected, problem, Sum((expected, *given, *widths)))
        self.watched = (*self.claim.kink_arguments, *watched)
        self.given = tuple(t for t in given if t.shape != SCALAR)
        # A number on one side of a condition, or a label that is 0, says nothing of the other case: many points then,
        # instead of many entries.
        binary = problem.assumptions.binary
        is_piecewise = bool(self.claim.kink_arguments) and all(t.shape == SCALAR for t in given)
        # So does a label of 1 or −1, of which an assumption says something.
        told = {t for sides in problem.assumptions.equations for side in sides for t in tensors(side)}
        self.needs_all = is_piecewise or any((t.name in binary or t in told) and t.shape == SCALAR for t in given)
        count = _TRIED if self.needs_all else count
        self.steps = 0
        self._evaluations: list[tuple[Evaluation, list[dict[str, int]]]] = []
        try:
            self._evaluations = self._prepared(expected, count, sizes, above)
        except DeriveError:
            self._evaluations = []

    def forget(self) -> None:
        """Begin anew at the same points, so that what was evaluated before neither counts nor takes memory."""
        self._evaluations = [(Evaluation(self.claim.model, v.point), bindings) for v, bindings in self._evaluations]

    def where_defined(self, e: Expression) -> Fingerprints:
        """The same at those points only at which a formula has a value: not where it divides by 0, say."""
        other = copy.copy(self)
        other._evaluations = [v for k, v in enumerate(self._evaluations) if self.values(e, k) is not None]
        return other

    @property
    def is_ready(self) -> bool:
        return bool(self._evaluations)

    def _prepared(
        self, expected: Expression, count: int, sizes: tuple[int, ...], above: int
    ) -> list[tuple[Evaluation, list[dict[str, int]]]]:
        claim, rng = self.claim, random.Random(5)
        first = claim.first_layer + above if claim.layer_symbols else 0
        sampler = Sampler(claim, claim.concrete(sizes, first, first + 2 if first else 0), rng)
        if sampler.entries > _LARGEST:
            return []
        # An answer may speak of functions that the right one does not.
        known = (f.name for f in claim.problem.scope.functions.values() if f.kind == "unspecified")
        names = list(dict.fromkeys((*(f.name for f in claim.functions), *known)))
        found: list[tuple[int, int, Evaluation, list[dict[str, int]]]] = []
        for k in range(_TRIED):
            functions = smooth_functions(names, k)
            point = sampler.point(_MODES[k % len(_MODES)], functions)
            if point is None:
                continue
            evaluation = Evaluation(claim.model, point)
            bindings = _bindings(claim, evaluation)
            values = self._at(evaluation, bindings, expected)
            if values is not None:
                telling = len({f"{x:.6e}" for x in values if x}) + _GATE * _gates(self.watched, evaluation)
                telling += _SIGNS * _gates(self.given, evaluation)
                found.append((-telling, k, evaluation, bindings))
        found.sort(key=lambda item: item[:2])
        return [(evaluation, bindings) for _, _, evaluation, bindings in found[:count]]

    def values(self, e: Expression, point: int = 0) -> Values | None:
        """The entries at one of the points; None where some have no value."""
        if point >= len(self._evaluations):
            return None
        evaluation, bindings = self._evaluations[point]
        before = evaluation.steps[0]
        try:
            return self._at(evaluation, bindings, e)
        except (DeriveError, OverflowError):
            return None
        finally:
            self.steps += evaluation.steps[0] - before

    def all_values(self, e: Expression) -> Values | None:
        """The entries at all points, one after another."""
        found = [self.values(e, k) for k in range(len(self._evaluations))]
        parts = [values for values in found if values is not None]
        return tuple(itertools.chain(*parts)) if len(parts) == len(found) and parts else None

    def of(self, e: Expression) -> Fingerprint | None:
        """The key of a formula; None if it has no value at the first point, or at one of those that count."""
        values = self.numbers(e)
        return None if values is None else key(values)

    def numbers(self, e: Expression) -> Values | None:
        """The values that a key is made of."""
        return self.all_values(e) if self.needs_all else self.values(e)

    def _at(self, v: Evaluation, bindings: Iterable[dict[str, int]], e: Expression) -> Values | None:
        result: list[float] = []
        with precision(_BITS):
            for binding in bindings:
                v.binding = binding
                for x in v.value(e).entries[:_ENTRIES]:
                    number = _float(x)
                    if number is None:
                        return None
                    result.append(number)
        return tuple(result)


def key(values: Values) -> Fingerprint:
    return tuple("0" if abs(x) < 1e-13 else f"{x:.{_DIGITS}e}" for x in values)


def _gates(watched: Sequence[Expression], v: Evaluation) -> int:
    """How many of the formulas have entries of both signs."""
    found = 0
    for argument in watched:
        try:
            signs = {x > 0 for x in v.value(argument).entries}
        except DeriveError:
            continue
        found += len(signs) == 2
    return found


def _float(x: fmpq | arb) -> float | None:
    if type(x) is fmpq:
        return int(x.p) / int(x.q)
    if not x.is_finite():
        return None
    middle, radius = float(x.mid()), float(x.rad())
    return middle if radius <= max(abs(middle), 1e-3) * 1e-11 else None


def _bindings(claim: Claim, v: Evaluation) -> list[dict[str, int]]:
    names = [index.name for index in claim.indices]
    ranges = [range(1, v.count(index.size) + 1) for index in claim.indices]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*ranges)][:_ENTRIES]
