"""What is said of one relation of a formula; places are those in the formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from derive.checking.verdicts.verdict import Verdict
from derive.checking.verdicts.verdict_json import verdict_json
from derive.notes.formulas.functions import is_lone, plain_name, without_arguments
from derive.notes.formulas.reading import Refusal
from derive.notes.formulas.spelled import in_marks

Json = dict[str, Any]

DEFINITION, NOT_CHECKED, NOT_UNDERSTOOD = "definition", "not checked", "not understood"


@dataclass(frozen=True)
class Judgement:
    """One entry of the report.

    start, end  the relation in the formula: the first of a chain with both sides, the others from their sign on
    part        the part that is wrong, where it is known
    latex       A = B, as it is written
    verdict     that of an answer, or `definition`, or `not checked`
    reason      why, in a sentence
    missing     names that are not declared
    defines     names that have a meaning from here on
    details     more of the verdict, with the keys of a verdict as JSON
    """

    start: int
    end: int
    latex: str
    verdict: str
    reason: str | None = None
    part: tuple[int, int] | None = None
    missing: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    defines: tuple[str, ...] = ()

    @property
    def would_define(self) -> str:
        """The name that stands alone on the left of a relation that waits for others; "" if none does."""
        left, sign, _ = self.latex.partition("=")
        left = without_arguments(left) or left
        return plain_name(left) if self.missing and sign and is_lone(left) else ""

    def to_json(self) -> Json:
        """For the cache."""
        return asdict(self)

    @staticmethod
    def from_json(stored: Json) -> Judgement:
        """Out of the cache."""
        part = stored.pop("part")
        missing, defines = tuple(stored.pop("missing")), tuple(stored.pop("defines"))
        span = None if part is None else (part[0], part[1])
        return Judgement(**stored, part=span, missing=missing, defines=defines)


@dataclass(frozen=True)
class Spot:
    """Where a relation stands, and how it is written."""

    start: int
    end: int
    latex: str

    def said(self, verdict: str, reason: str | None = None) -> Judgement:
        """A judgement without a decision."""
        return Judgement(self.start, self.end, self.latex, verdict, reason)

    def defined(self, *names: str, reason: str) -> Judgement:
        """A relation that gives names a meaning."""
        return Judgement(self.start, self.end, self.latex, DEFINITION, reason, defines=names)

    def refused(self, refusal: Refusal) -> Judgement:
        """A relation that cannot be read."""
        return Judgement(
            self.start, self.end, self.latex, NOT_UNDERSTOOD, refusal.reason, refusal.span, refusal.missing,
            {"code": refusal.code},
        )  # fmt: skip

    def decided(
        self, verdict: Verdict, part: tuple[int, int] | None = None, reason: str | None = None, correct: str = ""
    ) -> Judgement:
        """A relation that was decided; `expected` is told, for notes are there to be put right: `correct` says how the
        author would write it."""
        found = verdict_json(verdict, reveal=True)
        details = {key: found[key] for key in _KEPT}
        if found["expected"]:
            latex = correct or in_marks(found["expected"]["latex"], self.latex)
            details["expected"] = {**found["expected"], "latex": latex}
        return Judgement(
            self.start, self.end, self.latex, verdict.verdict, reason or found["reason"], part, details=details
        )


_KEPT = ("scope", "error_bound", "assumptions", "conventions", "holds_when", "answer", "expected", "mistakes",
         "counterexample", "code", "follows_from")  # fmt: skip
