"""Composing rewrites 2 to 6 deep, and confirming each by values."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.balls import Undefined
from benchmarks.evaluation import Witness, free_indices
from benchmarks.problems import Case
from benchmarks.rewrites.kind import (
    KINDS,
    Context,
)
from derive.errors import DeriveError
from derive.expression.nodes import (
    Derivative,
    Expression,
    Number,
    Power,
    Tensor,
)
from derive.expression.shapes import shape
from derive.expression.text import text
from derive.expression.traverse import children, rebuild, walk

LONGEST = 1_200
"""Characters of a rewritten answer; longer ones are thrown away."""

OFTEN = {"definitions": 2}
"""Kinds that apply to some problems only are used more often there."""

Path = tuple[int, ...]


def sites(e: Expression, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """The parts that may be rewritten; exponents and the insides of derivatives are left alone."""
    yield path, e
    if isinstance(e, Derivative):
        return
    for k, child in enumerate(children(e)):
        if not (isinstance(e, Power) and k == 1):
            yield from sites(child, (*path, k))


def replaced(e: Expression, path: Path, new: Expression) -> Expression:
    if not path:
        return new
    numbers_of_children = iter(range(len(children(e))))

    def change(child: Expression) -> Expression:
        return replaced(child, path[1:], new) if next(numbers_of_children) == path[0] else child

    return rebuild(e, change)


@dataclass(frozen=True)
class Rewrite:
    """An equal form of an answer, and the kinds that made it, in order."""

    answer: Expression
    kinds: tuple[str, ...]


def context(case: Case, rng: random.Random) -> Context:
    # In a set the order of names would depend on the hash seed.
    found = {t.name + str(t.layer): t for t in walk(case.answer) if isinstance(t, Tensor)}
    given = {t.name: t for t in case.problem.free_tensors if t.layer is None}
    leaves = {**given, **found}
    shown = [t for name, t in sorted(leaves.items()) if t not in case.problem.gradients or name in found]
    names = frozenset(case.problem.scope.tensors) | frozenset(case.problem.scope.indices)
    return Context(case, rng, tuple(shown) or tuple(case.problem.scope.tensors.values()), avoid=names)


def step(e: Expression, name: str, c: Context) -> Expression | None:
    """The answer with one kind applied at a random place where it applies."""
    places = list(sites(e))
    c.rng.shuffle(places)
    for path, part in places:
        if isinstance(part, Number) and name != "numbers":
            continue
        new = KINDS[name](part, c)
        if new is None or new == part:
            continue
        try:
            if shape(new) == shape(part):
                whole = replaced(e, path, new)
                shape(whole)
                return whole
        except DeriveError:
            continue
    return None


def rewrites(case: Case, count_wanted: int, seed: int = 0, tally: Counter[str] | None = None) -> Iterator[Rewrite]:
    """Confirmed rewrites of the answer of a case; kinds that were used least are used first."""
    rng = random.Random(f"{case.name} {seed}")
    tally = Counter() if tally is None else tally
    made = 0
    seen: set[Expression] = set()
    while made < count_wanted:
        found = _rewrite(case, rng, tally)
        if found is None or found.answer in seen or not is_confirmed(case, found.answer, rng):
            continue
        seen.add(found.answer)
        tally.update(found.kinds)
        made += 1
        yield found


def _rewrite(case: Case, rng: random.Random, tally: Counter[str]) -> Rewrite | None:
    c = context(case, rng)
    e, used = case.answer, []
    wanted = rng.randint(2, 6)
    for _ in range(4 * wanted):
        rare = sorted(KINDS, key=lambda k: tally[k] / OFTEN.get(k, 1) + rng.random() * (20 + tally.total() / 40))
        name = rng.choice(rare[:8])
        new = step(e, name, c)
        if new is not None and len(text(new)) <= LONGEST:
            e = new
            used.append(name)
        if len(used) == wanted:
            return Rewrite(e, tuple(used))
    return None


class Unequal(Exception):
    """A rewrite changed the value: a fault of this generator."""


def is_confirmed(case: Case, answer: Expression, rng: random.Random) -> bool:
    """Whether two points say that the rewrite is equal; False if it has no value there. Raises Unequal."""
    indices = free_indices(case.answer, answer)
    for mode in ("ordinary", "positive"):
        witness = Witness(case.problem, case.formulas, rng.randrange(10**6), mode)
        try:
            if not witness.same(case.answer, answer, indices):
                raise Unequal(f"{case.name}: {text(answer)}")
        except Undefined:
            return False
    return True
