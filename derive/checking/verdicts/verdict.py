"""What is said of an answer. *Proved*, *agrees* and *undecided* are different values, set on different paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from derive.checking.verdicts.reading import Reading
from derive.equality.counterexample import Counterexample
from derive.errors import Position
from derive.expression.nodes import Expression

Outcome = Literal["proved", "agrees", "conditional", "undecided", "not understood", "refuted"]

FROM_BEST: tuple[Outcome, ...] = ("proved", "agrees", "conditional", "undecided", "not understood", "refuted")
"""Outcomes of single lines, best first; the overall outcome of several lines is the worst."""


@dataclass(frozen=True)
class Mistake:
    """A named slip: a stable code, one sentence, and a hint that does not give the answer away."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Passage:
    """How a line of work is reached: by which rules of the full derivation, in order, and since which line of the work;
    None for its start. `found` is False for a line that equals none of the derivation's."""

    rules: tuple[str, ...] = ()
    since: int | None = None
    found: bool = True


@dataclass(frozen=True)
class Verdict:
    """The judgement on an answer or on one line of it.

    verdict         proved, agrees, conditional, refuted, undecided or not understood
    scope           `all sizes`, or the sizes for which it was decided
    error_bound     for `agrees` by random evaluation: 2^-k
    assumptions     declared facts that the problem allows a proof to use
    conventions     choices at kinks under which the answer is right: ReLU'(0) = 1
    holds_when      for `conditional`: undeclared conditions under which it is right
    answer          how the answer was read
    expected        what was expected (shown only on request)
    mistakes        named slips
    counterexample  an exact point where the two differ
    code, reason    why undecided or not understood
    position        where in the text
    lines           one verdict for each statement, if there are several
    line            the number of the statement that this is about
    follows_from    the number of the wrong line that this one inherits its mistake from
    would_hold      the condition under which it is right then, `d2 = delta2`, if the line only defines a name
    basis           the number of a wrong line that this one builds on, and what would be right if that were right
    first_wrong_line  the number of the first wrong line
    reading         how names were understood that no problem declares
    readings        all that remain, where it matters which, with their verdicts
    definitions     what the lines define, by their numbers: nothing is claimed there
    passage         on request: the rules that lead to this line
    """

    verdict: Outcome
    scope: str | None = None
    error_bound: str | None = None
    assumptions: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    holds_when: tuple[str, ...] = ()
    answer: Expression | None = None
    expected: Expression | None = None
    mistakes: tuple[Mistake, ...] = ()
    counterexample: Counterexample | None = None
    code: str | None = None
    reason: str | None = None
    position: Position | None = None
    lines: tuple[Verdict, ...] = ()
    line: int | None = None
    follows_from: int | None = None
    would_hold: str | None = None
    basis: tuple[int, Expression] | None = None
    first_wrong_line: int | None = None
    definitions: tuple[tuple[int, str], ...] = ()
    passage: Passage | None = None
    elapsed_ms: float = 0.0
    text: str = ""
    reading: Reading | None = None
    readings: tuple[tuple[Reading, Outcome], ...] = ()

    @property
    def exit_code(self) -> int:
        """0 proved or agrees, 1 refuted or conditional, 2 not understood, 3 undecided."""
        return EXIT_CODES[self.verdict]


EXIT_CODES: Mapping[Outcome, int] = {
    "proved": 0,
    "agrees": 0,
    "refuted": 1,
    "conditional": 1,
    "not understood": 2,
    "undecided": 3,
}


def worst(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The verdict that decides about several lines: the first of the worst."""
    return max(verdicts, key=lambda v: FROM_BEST.index(v.verdict))
