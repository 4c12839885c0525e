"""A verdict in the person's own names: δ^2 where they wrote δ^2, not delta2."""

from __future__ import annotations

import dataclasses

from derive.checking.verdicts.verdict import Verdict
from derive.mistakes.wording import Words


def spoken(verdict: Verdict, words: Words) -> Verdict:
    """The verdict with all that is said in sentences, also about its lines, in the names of the text."""
    if not words.names or verdict.verdict == "not understood":  # what could not be read is quoted as it stands
        return verdict
    return dataclasses.replace(
        verdict,
        holds_when=tuple(words.sentence(condition) for condition in verdict.holds_when),
        mistakes=tuple(dataclasses.replace(m, message=words.sentence(m.message)) for m in verdict.mistakes),
        reason=None if verdict.reason is None else words.sentence(verdict.reason),
        would_hold=None if verdict.would_hold is None else words.sentence(verdict.would_hold),
        lines=tuple(spoken(line, words) for line in verdict.lines),
    )
