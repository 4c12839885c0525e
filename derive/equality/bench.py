"""The first look for a counterexample: a few simple points of a problem, prepared once for all answers to it.

At each point the names of the problem and the expected answer are worked out ahead, so that an answer costs its own
nodes only. What is found is made simpler (whole matrices to zero) and then confirmed from nothing, by dual numbers.
Points depend on the problem alone, so a verdict does not depend on the answers before it.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from flint import arb, fmpq

from derive.equality.arithmetic import PRECISIONS, ZERO, precision
from derive.equality.claim import Claim
from derive.equality.comparison import Comparison, Difference, confirmed
from derive.equality.counterexample import Counterexample, described
from derive.equality.evaluate import Evaluation, Point
from derive.equality.indices import free_indices
from derive.equality.matrix import Matrix
from derive.equality.model import Model
from derive.equality.sample import Sampler
from derive.equality.search import Search
from derive.equality.subgradient import leaves_no_choice
from derive.equality.values import is_admissible, simple_function, smooth_functions
from derive.errors import ShapeError, Unsupported
from derive.expression.function import Function
from derive.expression.nodes import UNIT, Derivative, Elementwise, Expression, Sum, Tensor
from derive.expression.problem import Definition, Problem
from derive.expression.traverse import in_order, tensors

_RUNGS: tuple[tuple[tuple[int, ...], str], ...] = (
    ((2,), "sparse"), ((2,), "signed"), ((2,), "alive"), ((2, 3), "plain"), ((3, 2), "rational"),
    ((2, 3, 4, 5), "mixed"), ((2, 3), "large"),
)  # fmt: skip
"""(sizes in the order of their names, how values are drawn), the simplest first."""

_FILTER = (((2,), "rational"), ((2,), "alive"))
"""Those that must do where they only save proofs that would fail."""

_FAINT = fmpq(1, 10**6)
"""A value below is no good to check by hand, if a better point is found."""

_SIMPLER = 10_000
"""Entries computed to make a point simpler."""

_DRAWS = 4
"""Points drawn until no unit is at its kink."""

_MANY = 300
"""With so many given entries, small integers put some unit at its kink nearly always."""

_COSTLY = 20_000
"""Where a point takes so many entries, one or two must do."""

_LARGEST = 400
"""Larger matrices are left as they are."""

_BITS = PRECISIONS[0]


_Planned = tuple[int, tuple[tuple[int, ...], str]]
"""Which point of the plan, its sizes, and how values are drawn."""


@dataclass(frozen=True)
class Rung:
    """A point, and what does not depend on the answer worked out there."""

    point: Point
    evaluation: Evaluation


class Bench:
    """Points for answers to one problem.

    formulas  what gradients' names stand for, as derived: quicker than dual numbers, which confirm what is found
    expected  what most answers are compared with
    """

    def __init__(
        self,
        problem: Problem,
        formulas: Mapping[Tensor, Expression] | None = None,
        expected: Expression | None = None,
        *,
        like: Bench | None = None,
    ) -> None:
        self.problem = problem
        self.expected = expected
        self._plan = _RUNGS if like is None else _FILTER
        if like is None:
            # The formula of one layer of a family says nothing about the last layer.
            plain = {name: e for name, e in (formulas or {}).items() if name.layer is None}
            self.exact = Model(problem)
            self.quick = Model(_with_formulas(problem, plain)) if plain else self.exact
            self.claim = Claim(*2 * (_everything(problem, expected),), problem, model=self.exact)
        else:
            self.exact, self.quick = like.exact, like.quick
            self.claim = dataclasses.replace(like.claim, problem=problem, known=like.claim)
        self._under: dict[str, Bench] = {}
        self._rungs: dict[tuple[tuple[str, int], ...], tuple[list[Rung], list[_Planned]]] = {}

    def refute(self, left: Expression, right: Expression, reference: Expression | None) -> Counterexample | None:
        """A simple point where left ≠ right for certain, away from any kink; None claims nothing."""
        claim = self._claim(left, right, reference)
        faint: tuple[Rung, Difference] | None = None
        for rung in self.rungs():
            found = self._difference(rung, left, right, claim)
            if found is not None and not _is_faint(found):
                return self._confirmed(claim, rung, found)
            if found is not None and faint is None:
                faint = (rung, found)
        return None if faint is None else self._confirmed(claim, *faint)

    def _confirmed(self, claim: Claim, rung: Rung, found: Difference) -> Counterexample | None:
        """The counterexample at a simpler point if that is confirmed, else at the point itself."""
        point = _Simpler(self, claim, found, rung).point()
        for candidate in (point, rung.point) if point is not rung.point else (point,):
            again = confirmed(claim.final, candidate, found.entry, found.binding)
            if again is not None:
                return described(claim, candidate, again)
        return None

    def search(self, left: Expression, right: Expression, reference: Expression | None, budget: int) -> Search:
        """The search in full: formulas where they are known, dual numbers to confirm what is found."""
        return Search(self._claim(left, right, reference), budget=budget)

    def held(self, left: Expression, right: Expression) -> Claim:
        """The claim that two sides are equal, where gradients' names are formulas as far as those are known."""
        return Claim(left, right, self.problem, model=self.quick, known=self.claim)

    def _claim(self, left: Expression, right: Expression, reference: Expression | None) -> Claim:
        # Of a large point the derivative in question alone is worked out by dual numbers, in one entry.
        is_by_itself = self.is_costly and isinstance(reference, Derivative)
        model = self.quick if is_by_itself else self.exact
        exact = Claim(left, right, self.problem, reference, model=model, known=self.claim)
        return dataclasses.replace(exact, reference=None, model=self.quick, confirming=exact)

    @property
    def is_costly(self) -> bool:
        """Whether its points are large, so that there are few of them; the first one tells, the others may wait."""
        return any(rung.evaluation.steps[0] > _COSTLY for rung in islice(self.rungs(), 1))

    def under(self, name: str, problem: Problem) -> Bench:
        """A bench for the same problem with more assumed; kept by the name of what is assumed."""
        if name not in self._under:
            self._under[name] = Bench(problem, expected=self.expected, like=self)
        return self._under[name]

    def given(self, left: Expression, right: Expression) -> list[Tensor]:
        """The names that two sides depend on and that nothing computes, members of families left out."""
        plain = {t.name: t for t in self.problem.scope.tensors.values() if t.layer is None}
        concrete = next((rung.point.concrete for rung in self.rungs()), None)
        if concrete is None:
            return []
        keys = self.quick.given(Sum((left, right)), concrete, concrete.layers)
        return [plain[name] for name, layer in keys if layer is None and name in plain]

    def differs(self, left: Expression, right: Expression, sizes: Mapping[str, int] | None = None) -> bool:
        """Whether two sides certainly differ somewhere, with some sizes given: a filter before a proof."""
        return any(self._difference(rung, left, right) is not None for rung in self.rungs(sizes))

    def rungs(self, sizes: Mapping[str, int] | None = None) -> Iterator[Rung]:
        """The points, each worked out when it is first needed, and kept."""
        key = tuple(sorted((sizes or {}).items()))
        kept, plan = self._rungs.setdefault(key, ([], list(enumerate(_FILTER if sizes else self._plan))[::-1]))
        place = 0
        while place < len(kept) or plan:
            if place == len(kept):
                k, (pattern, mode) = plan[-1]
                rung = self._rung(k, pattern, mode, dict(key))
                plan.pop()
                if rung is None:
                    continue
                kept.append(rung)
                if rung.evaluation.steps[0] > _COSTLY:
                    plan.clear()
            yield kept[place]
            place += 1

    def _rung(self, k: int, pattern: tuple[int, ...], mode: str, sizes: Mapping[str, int]) -> Rung | None:
        claim = self.claim
        first = claim.first_layer + k % 2 if claim.layer_symbols else 0
        concrete = claim.concrete(pattern, first, first + 1 if first else 0)
        for name, size in sizes.items():
            concrete = concrete.with_size(name, size)
        try:
            sampler = Sampler(claim, concrete, random.Random(k))
            if sampler.entries > _MANY and claim.kink_arguments:
                mode = "fine"
            for _ in range(_DRAWS):
                point = sampler.point(mode, self._functions(k))
                evaluation = None if point is None else self._evaluated(point)
                if point is not None and evaluation is not None and not evaluation.ties:
                    return Rung(point, evaluation)
                mode = "plain" if mode == "sparse" else "fine"
        except (Unsupported, ShapeError):
            pass
        return None

    def _functions(self, k: int) -> dict[str, Function]:
        names = [f.name for f in self.claim.functions]
        return smooth_functions(names, k) if k % 2 else simple_function(names)

    def _evaluated(self, point: Point) -> Evaluation:
        v = Evaluation(self.quick, point)
        with precision(_BITS):
            for definition in self.problem.definitions:
                if definition.target.layer is None or definition.target.layer.is_number:
                    v.prepare(definition.target)
            if self.expected is not None and not free_indices(self.expected):
                v.value(self.expected)
        return v

    def _difference(
        self, rung: Rung, left: Expression, right: Expression, whole: Claim | None = None
    ) -> Difference | None:
        """Where two sides differ at a point; at a kink only what the whole claim says is no matter of choice there."""
        v = rung.evaluation.copied()
        concrete = rung.point.concrete
        claim = self.held(left, right)
        if concrete.layers and any(
            self.quick.is_beyond(key, concrete) for key in self.quick.reads(claim.whole, concrete, concrete.layers)
        ):
            return None
        comparison = Comparison(claim, rung.point, random.Random(0))
        try:
            found = comparison.run(_BITS, first=True, evaluation=v)
        except (Unsupported, ShapeError):
            return None
        if v.ties and found is not None and (whole is None or not leaves_no_choice(whole.final, rung.point, found)):
            return None
        return found


class _Simpler:
    """A point with whole matrices set to zero, as long as the sides still differ in the same entry."""

    def __init__(self, bench: Bench, claim: Claim, found: Difference, rung: Rung) -> None:
        self.bench = bench
        self.claim = claim
        self.found = found
        self.rung = rung

    def point(self) -> Point:
        rung, claim = self.rung, self.claim
        concrete = rung.point.concrete
        v = rung.evaluation
        steps = 0
        bound = {t.name for e in self.bench.problem.assumptions.equations for side in e for t in tensors(side)}
        for key in self.bench.quick.given(claim.whole, concrete, concrete.layers):
            m = v.point.values.get(key)
            if m is None or key[0] in bound or len(m.entries) > _LARGEST or not any(m.entries):
                continue
            if not is_admissible(key[0], ZERO, self.bench.problem.assumptions):
                continue
            if steps + rung.evaluation.steps[0] > _SIMPLER:
                break
            candidate = v.changed(key, Matrix(*m.shape, [ZERO] * len(m.entries)))
            if self._differs(candidate):
                v = candidate
            steps += candidate.steps[0]
        return v.point

    def _differs(self, v: Evaluation) -> bool:
        comparison = Comparison(self.claim, v.point, random.Random(0))
        v.binding = dict(self.found.binding)
        with precision(_BITS):
            found = comparison.at(v, self.found.entry, _BITS)
        return found is not None and not v.ties and (_is_faint(self.found) or not _is_faint(found))


def _is_faint(found: Difference) -> bool:
    return not any(abs(arb(x)) > _FAINT for x in (found.yours, found.expected))


def _with_formulas(problem: Problem, formulas: Mapping[Tensor, Expression]) -> Problem:
    """The problem with the names of gradients defined by their formulas, as far as those are known."""
    own = tuple(Definition(name, value) for name, value in formulas.items())
    return dataclasses.replace(
        problem,
        definitions=problem.definitions + own,
        gradients={name: of for name, of in problem.gradients.items() if name not in formulas},
        scales={name: scale for name, scale in problem.scales.items() if name not in formulas},
    )


def _everything(problem: Problem, expected: Expression | None) -> Expression:
    """One expression that mentions every name that an answer may use."""
    plain = [t for t in problem.scope.tensors.values() if t.layer is None]
    values = [e for d in problem.definitions for e in (d.target, d.value)]
    asked = [e for e in (problem.question.objective, problem.question.value, expected) if e is not None]
    called = [Elementwise(f, (UNIT,)) for f in problem.scope.functions.values() if f.kind == "unspecified"]
    return Sum((*in_order(plain), *values, *asked, *called))
