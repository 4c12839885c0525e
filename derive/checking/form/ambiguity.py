"""An answer whose notation can be read in more than one way, where it matters which: it is not understood."""

from __future__ import annotations

from collections.abc import Sequence

from derive.checking.verdicts.verdict import Verdict
from derive.expression.text import text
from derive.notation import Answer


def ambiguous(readings: Sequence[Answer], verdicts: Sequence[Verdict], written: str) -> Verdict:
    """Not understood: the readings that differ, each with its verdict, and how to say which one is meant.

    It matters not which is meant where all are wrong, or where all are right but for the layout: custom decides then.
    A reading of another shape than what is asked is not meant, where one fits.
    """
    if _agree(verdicts):
        return verdicts[0]
    fitting = [verdict for verdict in verdicts if not _misfits(verdict)]
    if fitting and len({verdict.verdict for verdict in fitting}) == 1:
        return fitting[0]
    lines = dict.fromkeys(
        f"{_shown(reading)} ({verdict.verdict})" for reading, verdict in zip(readings, verdicts, strict=True)
    )
    reason = (
        "This can be read in more than one way, and the verdicts differ: " + "; ".join(lines)
        + ". Write the product signs and brackets out, or declare the notation under [notation]."
    )  # fmt: skip
    return Verdict("not understood", code="E-AMBIGUOUS", reason=reason, text=written)


def _misfits(verdict: Verdict) -> bool:
    """Whether a reading is of another shape than what is asked: nobody means that, where another one fits."""
    return verdict.verdict == "refuted" and any(mistake.code == "shape" for mistake in verdict.mistakes)


def _agree(verdicts: Sequence[Verdict]) -> bool:
    """Whether no reading is right, or every one at least in the other layout."""
    # What only has no value everywhere is right where it has one.
    kinds = {"proved" if any(m.code == "E-DOMAIN" for m in v.mistakes) else v.verdict for v in verdicts}
    of_layout = all("layout" in condition for verdict in verdicts for condition in verdict.holds_when)
    return kinds <= {"refuted", "conditional"} or (kinds <= {"proved", "conditional"} and of_layout)


def _shown(reading: Answer) -> str:
    return "; ".join(" = ".join(text(e) for e in line.expressions) for line in reading.lines)
