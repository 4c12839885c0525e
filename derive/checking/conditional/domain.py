"""What is proved must have a value: an answer that has none in a whole region is right under a condition at most.

"Equal wherever both sides are defined" says nothing of the half of all points at which z/[z > 0] divides by 0. Where
the answer has no value in a region although the right one has, a condition is looked for under which it has (z > 0);
without one nothing is claimed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import islice

from derive.checking.conditional.conditions import Compared
from derive.checking.verdicts.advice import ADVICE
from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.equality.comparison import Difference
from derive.equality.counterexample import described
from derive.equality.doubtful import Doubt, Doubts
from derive.equality.gaps import Gaps, Look, derived_from
from derive.equality.indices import free_indices
from derive.equality.no_value import NO_VALUE, has_value
from derive.errors import DeriveError
from derive.expression.nodes import ZERO, Component, Elementwise, Expression, Index, KroneckerDelta, Sum, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import Size, size_text
from derive.expression.text import text
from derive.expression.traverse import in_order, tensors, walk

_LOOKS = 48
"""Points among which a condition must hold somewhere."""

_LEAST = 2
"""Points at which a condition must have held."""

_SHORT = 30

_CONDITIONS = 6

_WORDS = {
    "division": "divides by {}, which is 0 in a whole region.",
    "log": "has log({}), which has no value in a whole region.",
    "root": "has a root or power of {}, which has no value in a whole region.",
}

_COMPARISONS = frozenset({"gt", "ge", "lt", "le"})
_GATES = _COMPARISONS | {"relu", "step", "leaky_relu", "elu", "maximum", "minimum", "abs", "sign"}

Condition = tuple[str, tuple[Expression, ...]]
"""In words, and what is positive under it."""


def within_its_domain(
    verdict: Verdict, compared: Compared, reference: Expression | None, own: frozenset[str]
) -> Verdict:
    """The verdict, if that is that the answer is right; unless the answer has no value where the right one has.

    own  the names that the answer defines
    """
    if verdict.verdict not in ("proved", "agrees"):
        return verdict
    problem, answer = compared.bench.problem, compared.answer
    absent = beyond(answer, compared.expected, reference, problem)
    if absent is not None:
        reason = f"Yours speaks of entry {absent[0]}, which is not there at {size_text(absent[1])} = 1."
        reason = f"{reason} {ADVICE['E-DOMAIN']}"
        return dataclasses.replace(verdict, verdict="undecided", error_bound=None, code="E-DOMAIN", reason=reason)
    doubts = list(dict.fromkeys(Doubts(problem.assumptions, compared.prover.definition, own).of(answer)))
    if not doubts:
        return verdict
    objective = problem.question.objective
    asked = (*derived_from(reference), *(() if objective is None else (objective,)))
    gaps = Gaps(compared.bench.held(answer, compared.expected), asked, own)
    found = next((look for look in gaps.looks() if look.gaps), None)
    return verdict if found is None else _with_gap(verdict, gaps, found, doubts)


def beyond(
    answer: Expression, expected: Expression, reference: Expression | None, problem: Problem
) -> tuple[int, Size] | None:
    """An entry with a number of which only the answer speaks, and the named size that may be smaller."""
    known = [expected, *(() if reference is None else (reference,)), *(d.value for d in problem.definitions)]
    known += [side for equation in problem.assumptions.equations for side in equation]
    known += [e for e in (problem.question.objective, problem.question.wrt, problem.question.value) if e is not None]
    reached: dict[Size, int] = {}
    for at, size in (place for e in known for place in _numbered(e)):
        reached[size] = max(at, reached.get(size, 1))
    return next((place for place in _numbered(answer) if place[0] > reached.get(place[1], 1)), None)


def _numbered(e: Expression) -> Iterator[tuple[int, Size]]:
    """The numbers of entries in a formula, and the named sizes that they count."""
    for node in walk(e):
        pairs: list[tuple[object, Size]] = []
        if isinstance(node, Component):
            pairs = list(zip((node.row, node.column), shape(node.operand), strict=True))
        elif isinstance(node, KroneckerDelta):
            sides = ((node.row, node.column), (node.column, node.row))
            pairs = [(at, index.size) for index, at in sides if isinstance(index, Index)]
        yield from ((at, size) for at, size in pairs if isinstance(at, int) and not size.is_Integer)


def _with_gap(verdict: Verdict, gaps: Gaps, look: Look, doubts: Sequence[Doubt]) -> Verdict:
    condition = _condition(gaps, doubts) if verdict.verdict == "proved" else None
    why = _why(look, doubts)
    if condition is None:
        reason = f"The two are equal where both have a value, but yours {why} {ADVICE['E-DOMAIN']}"
        return dataclasses.replace(verdict, verdict="undecided", error_bound=None, code="E-DOMAIN", reason=reason)
    shown = gaps.simpler(look)
    place = shown.gaps[0]
    difference = Difference(place.entry, place.binding, NO_VALUE, place.expected)
    return dataclasses.replace(
        verdict,
        verdict="conditional",
        holds_when=(condition,),
        counterexample=described(gaps.claim, shown.point, difference),
        mistakes=(Mistake("E-DOMAIN", f"Your answer {why}", ADVICE["E-DOMAIN"]),),
    )


def _why(look: Look, doubts: Sequence[Doubt]) -> str:
    """What has no value at a point, in words."""
    v = look.evaluation
    v.binding = dict(look.gaps[0].binding)
    for doubt in doubts:
        try:
            values = v.value(doubt.base).entries
        except DeriveError:
            continue
        least = 1 if doubt.kind == "division" else -1
        signs = [v.arithmetic.sign(x) for x in values if has_value(x)]
        if 0 in signs if least == 1 else any(s is not None and s < 1 for s in signs):
            base = f"({text(doubt.base)})" if doubt.kind == "division" else text(doubt.base)
            return _WORDS[doubt.kind].format(base if len(base) <= _SHORT else "something")
    return "has none in a whole region."


def _condition(gaps: Gaps, doubts: Sequence[Doubt]) -> str | None:
    """A condition under which the answer has a value wherever the right one has one."""
    conditions = list(islice(dict.fromkeys(_conditions(doubts)), _CONDITIONS))
    if not conditions:
        return None
    looks = list(gaps.looks(_LOOKS))
    for words, positive in conditions:
        there = [look for look in looks if _holds(look, positive)]
        if sum(look.common > 0 for look in there) >= _LEAST and not any(look.gaps for look in there):
            return words
    return None


def _holds(look: Look, positive: Sequence[Expression]) -> bool:
    v = look.evaluation
    try:
        return all(v.arithmetic.sign(x) == 1 for e in positive for x in v.value(e).entries)
    except DeriveError:
        return False


def _conditions(doubts: Sequence[Doubt]) -> Iterator[Condition]:
    """u > v and u < v of what decides, then everything under logs and roots positive at once."""
    for doubt in doubts:
        for u, v in _decisive(doubt):
            left, right = _said(u), _said(v)
            if left is not None and right is not None:
                difference = u if v == ZERO else Sum((u, -v))
                yield f"{left} > {right}", (difference,)
                yield f"{left} < {right}", (-difference,)
    under = [d.base for d in doubts if d.kind != "division" and _said(d.base) is not None]
    names = in_order(frozenset().union(*(tensors(d.base) for d in doubts if d.kind != "division")))
    for several in (tuple(under), tuple(names)):
        if 1 < len(several) <= 3:
            yield " and ".join(f"{_said(u)} > 0" for u in several), several


def _decisive(doubt: Doubt) -> Iterator[tuple[Expression, Expression]]:
    """Pairs whose order decides whether a base is 0, or negative: what gates compare, then the base itself."""
    for node in walk(doubt.base):
        if isinstance(node, Elementwise) and node.function.name in _GATES:
            is_pair = node.function.parameters == ("a", "b")
            yield node.arguments[0], node.arguments[1] if is_pair else ZERO
    if doubt.kind != "division":
        if not (isinstance(doubt.base, Elementwise) and doubt.base.function.name in _COMPARISONS):
            yield doubt.base, ZERO
        yield from ((name, ZERO) for name in in_order(tensors(doubt.base)))


def _said(u: Expression) -> str | None:
    """A name or a short formula, without free indices."""
    said = text(u)
    is_simple = isinstance(u, Tensor) or (len(said) <= _SHORT and not free_indices(u))
    return said if is_simple else None
