"""Whether a slip made a line of notes wrong: both sides at random entries, in balls, with derivatives by differences.

What the lines say, and in which problem, is taken from the reader of notes; what is true of them is not asked of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from benchmarks.balls import Undefined
from benchmarks.evaluation import Witness, free_indices
from derive.errors import DeriveError
from derive.expression.nodes import Derivative, Expression, Tensor, scalar
from derive.expression.problem import Problem
from derive.expression.traverse import substitute_layer
from derive.notation import Limits
from derive.notes.finding.documents import pieces
from derive.notes.finding.pieces import Context, Formula, Heading, Piece
from derive.notes.formulas.judgement import Judgement
from derive.notes.formulas.prose import with_roles
from derive.notes.formulas.reading import Latex
from derive.notes.steps import Step, Work

Truth = Literal["right", "wrong", "unknown"]
Claim = tuple[Problem, Expression, Expression]
Claims = Mapping[int, Sequence[Claim]]
"""What a formula claims, by where each relation stands: an update says that one of several things holds."""

MODES = ("ordinary", "positive", "ordinary", "coarse")


class _Deep(Witness):
    """A witness that works out the deltas of a network of any depth, too."""

    def tensor(self, t: Tensor) -> Any:
        """The value of a name; delta[l+1] is ∂E/∂z[l+1] where delta[l] is declared to be ∂E/∂z[l]."""
        if t.layer is not None and t not in self.formulas:
            for name, of in self.problem.gradients.items():
                if name.name == t.name and isinstance(of, Tensor) and name.layer is not None:
                    objective = self.problem.question.objective or scalar(self.problem.objective_name)
                    self.formulas[t] = Derivative(objective, substitute_layer(of, {name.layer: t.layer}))
        return super().tensor(t)


def steps_of(path: Path) -> list[Step]:
    """The contexts, headings and formulas of a document, in order."""
    found: list[Piece] = with_roles(list(pieces(path)))
    return [p for p in found if isinstance(p, (Context, Heading, Formula))]


def claims(steps: Sequence[Step], index: int) -> Claims:
    """What the step with that number claims, each with the problem that it is about; nothing is decided on the way."""
    found: dict[int, list[Claim]] = {}
    work: Any = Work(steps[: index + 1], Latex(), Limits(), {}, "")
    judged, is_asked = work._judged, False

    def seen(step: Formula, *given: Any) -> Any:
        nonlocal is_asked
        is_asked = step is steps[index]
        return judged(step, *given)

    def noted(line: Any, members: Any, about: Any, **options: Any) -> list[Judgement]:
        problem = work._knowledge.checker(about).question.problem if is_asked else None
        for at, side in zip(members.spots, line.expressions[1:], strict=False):
            if problem is not None:
                found.setdefault(at.start, []).append((problem, line.expressions[0], side))
        return [at.said("refuted" if is_asked else "proved") for at in members.spots]

    work._judge.decider.decided, work._judged = noted, seen
    for _ in work.results():
        pass
    return found


def truth(before: Claims, after: Claims) -> Truth:
    """Whether what is claimed after a slip is wrong; unknown unless such values show that it was right before."""
    if not after or not all(_holds(claims) for claims in before.values()):
        return "unknown"
    outcomes = [_holds(claims) for claims in after.values()]
    if all(outcomes):
        return "right"
    return "wrong" if False in outcomes else "unknown"


def _holds(claims: Sequence[Claim]) -> bool | None:
    """Whether one of several claims has the same values on both sides; None if nothing is known for certain."""
    outcomes = {_same(claim) for claim in claims}
    return True if True in outcomes else None if None in outcomes else False


def _same(claim: Claim) -> bool | None:
    """Whether both sides have the same values at several points; None if they could not be worked out."""
    problem, left, right = claim
    seen = 0
    for seed, mode in enumerate(MODES):
        for value in _compared(problem, left, right, seed, mode):
            if not value:
                return False
            seen += 1
    return True if seen > 1 else None


def _compared(problem: Problem, left: Expression, right: Expression, seed: int, mode: str) -> Iterator[bool]:
    try:
        yield _Deep(problem, {}, seed, mode).same(left, right, free_indices(left, right))
    except (Undefined, DeriveError, KeyError, TypeError, ValueError, ZeroDivisionError, RecursionError):
        return
