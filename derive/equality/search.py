"""The search for a counterexample: sizes, layers and points in a fixed order, seeded, within a budget of steps."""

from __future__ import annotations

import random

from derive.equality.arithmetic import PRECISIONS
from derive.equality.claim import Claim
from derive.equality.comparison import Comparison, Difference, confirmed
from derive.equality.counterexample import Counterexample, described
from derive.equality.evaluate import Point
from derive.equality.sample import Sampler
from derive.equality.subgradient import is_subgradient, leaves_no_choice
from derive.equality.values import smooth_functions
from derive.errors import ShapeError, Unsupported
from derive.expression.function import Function
from derive.expression.nodes import Expression
from derive.expression.problem import Problem

BUDGET = 150_000
"""Entries computed before the search gives up; a small network takes about 200 a point."""

_POINTS, _POINTS_OF_FEW, _FEW = 40, 120, 8
"""Points tried; more of them where no more than a few numbers make up a point."""

_KINK_POINTS = 8
_LEAST_POINTS = 3
"""Points that are tried whatever they cost (within reason)."""

_MANY = 300
"""With so many given entries, small integers put some unit at its kink nearly always: begin with fine fractions."""

_PATTERNS: tuple[tuple[int, ...], ...] = (
    (2, 3, 4), (3, 2, 2), (3,), (4, 2, 3), (2,), (4,), (2, 3, 4, 5), (1, 2), (2, 1), (1,), (5, 2),
)  # fmt: skip
"""Sizes in the order of their names: unlike ones first, 1 last."""

_PLAN: tuple[tuple[int, str], ...] = (
    (0, "small"), (0, "mixed"), (1, "rational"), (0, "positive"), (1, "saturated"), (2, "mixed"), (3, "small"),
    (0, "lone"), (0, "unit"), (4, "mixed"), (0, "huge"), (2, "negative"), (1, "lone"), (0, "numbers"), (0, "bits"),
    (5, "mixed"), (6, "large"), (7, "mixed"), (1, "numbers"), (2, "lone"), (8, "mixed"), (9, "mixed"), (1, "huge"),
    (9, "numbers"), (10, "small"), (0, "saturated"), (8, "numbers"),
)  # fmt: skip
"""(pattern of sizes, how values are drawn), round after round."""


def refute(
    left: Expression,
    right: Expression,
    problem: Problem | None = None,
    *,
    reference: Expression | None = None,
    seed: int = 0,
    budget: int = BUDGET,
) -> Counterexample | None:
    """A point where left ≠ right for certain, or None, which claims nothing.

    left        what somebody says (`yours`); right what it should equal (`expected`); both of one shape, entry by entry
                also over free index names
    problem     definitions, assumptions, names of gradients
    reference   right by another route: Derivative(E, W), worked out by dual numbers, confirms a derived formula
    budget      entries that may be computed; a count, so that a second run finds the same

    A point at a kink is returned only if no other point differs (`at_kink`, `subgradient`). Raises RouteMismatch if
    the reference contradicts `right`.
    """
    return Search(Claim(left, right, problem or Problem(), reference), seed, budget).run()


class Search:
    """One search; `points` and `steps` say what was tried."""

    def __init__(self, claim: Claim, seed: int = 0, budget: int = BUDGET) -> None:
        self.claim = claim
        self.rng = random.Random(seed)
        self.budget = budget
        self.steps = 0
        self.points = 0
        self._samplers: dict[tuple[int, int, int], Sampler | None] = {}

    def run(self) -> Counterexample | None:
        for k in range(_POINTS_OF_FEW):
            pattern, mode = _PLAN[k % len(_PLAN)]
            sampler = self._sampler(pattern, k)
            if sampler is None:
                continue
            if k >= _POINTS and sampler.entries > _FEW:
                break
            if k == 0 and sampler.entries > _MANY:
                mode = "fine"
            point = sampler.point(mode, self._functions(k))
            found = None if point is None else self._tried(point, mode, at_kink=False)
            if found is not None:
                return found
            if self._is_spent():
                break
        return self._at_kinks()

    def _at_kinks(self) -> Counterexample | None:
        if not self.claim.kink_arguments or self._is_spent():
            return None
        doubtful: Counterexample | None = None
        for k in range(_KINK_POINTS):
            sampler = self._sampler(_PLAN[k % 7][0], k)
            point = (
                None
                if sampler is None
                else sampler.point(("small", "positive", "rational", "bits")[k % 4], self._functions(k))
            )
            point = None if sampler is None or point is None else sampler.at_kink(point)
            found = None if point is None else self._tried(point, "kink", at_kink=True)
            if found is not None and found.subgradient is False:
                return found
            doubtful = doubtful or found
        return doubtful

    def _is_spent(self) -> bool:
        return self.steps > self.budget and (self.points >= _LEAST_POINTS or self.steps > 20 * self.budget)

    def _functions(self, k: int) -> dict[str, Function]:
        return smooth_functions([f.name for f in self.claim.functions], k)

    def _tried(self, point: Point, mode: str, *, at_kink: bool) -> Counterexample | None:
        """The counterexample at a point, if both sides differ there; precision is raised while values are blurred."""
        self.points += 1
        precisions = PRECISIONS[1:] if mode in ("saturated", "huge", "large", "numbers") else PRECISIONS
        comparison = Comparison(self.claim, point, self.rng)
        try:
            for bits in precisions:
                found = comparison.run(bits)
                self.steps += comparison.steps
                if found is not None:
                    return self._kept(point, found, comparison, at_kink=at_kink)
                if comparison.sharp or self._is_spent():
                    break
        except (Unsupported, ShapeError):
            # Something here has no value: a component past the end at these sizes, a factor of a chain.
            return None
        return None

    def _kept(self, point: Point, found: Difference, comparison: Comparison, *, at_kink: bool) -> Counterexample | None:
        """The difference as a counterexample, once it is confirmed; one met at a kink waits until the end."""
        is_tied = comparison.ties > 0 and not leaves_no_choice(self.claim.final, point, found)
        if is_tied and not at_kink:
            return None
        again = confirmed(self.claim.final, point, found.entry, found.binding)
        if again is None:
            return None
        subgradient = is_subgradient(self.claim.final, point) if is_tied else None
        return described(self.claim, point, again, at_kink=is_tied, subgradient=subgradient)

    def _sampler(self, pattern: int, k: int) -> Sampler | None:
        """The sampler for a pattern of sizes; None where the claim has no meaning at these sizes."""
        first, last = self._layers(k)
        key = (pattern if self.claim.size_symbols or self.claim.families else 0, first, last)
        if key not in self._samplers:
            try:
                self._samplers[key] = Sampler(
                    self.claim, self.claim.concrete(_PATTERNS[pattern], first, last), self.rng
                )
            except (Unsupported, ShapeError):
                self._samplers[key] = None
        return self._samplers[key]

    def _layers(self, k: int) -> tuple[int, int]:
        """Numbers for l and L: L beyond every other layer, since a law for layer l speaks of l + 1 too."""
        if not self.claim.layer_symbols:
            return (0, 0)
        first = self.claim.first_layer + k % 3
        return (first, first + 1 + k // 3 % 2)
