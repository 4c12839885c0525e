"""An answer whose notation can be read in more than one way, where it matters which: it is not understood."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from derive.checking.verdicts.verdict import Verdict
from derive.expression.nodes import Derivative, Expression, MatMul, Product, Transpose
from derive.expression.shapes import known_shape
from derive.expression.sizes import SCALAR
from derive.expression.text import text
from derive.notation import Answer


def ambiguous(readings: Sequence[Answer], verdicts: Sequence[Verdict], written: str) -> Verdict:
    """Not understood: the readings that differ, each with its verdict, and how to say which one is meant.

    It matters not which is meant where all are wrong, or where all are right but for the layout: custom decides then.
    Nor where ∂u/∂v of vectors may be laid out in two ways and the answer is right in one of them, which is said.
    A reading of another shape than what is asked is not meant, where one fits.
    """
    laid_out = _in_one_layout(readings, verdicts)
    if laid_out is not None:
        return laid_out
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


_LAYOUTS = {
    False: "∂u/∂v of vectors has a row for each entry of u (numerator layout)",
    True: "∂u/∂v of vectors has a row for each entry of v (denominator layout)",
}


def _in_one_layout(readings: Sequence[Answer], verdicts: Sequence[Verdict]) -> Verdict | None:
    """The verdict on the right one of two readings that differ in nothing but how all Jacobians are laid out.

    An answer of which the shapes tell the layout is read in that layout alone; this is the same where they do not.
    """
    if len(readings) != 2 or [v.verdict for v in verdicts].count("proved") != 1:
        return None
    right = 0 if verdicts[0].verdict == "proved" else 1
    sides, others = ([e for line in reading.lines for e in line.expressions] for reading in readings)
    if len(sides) != len(others):
        return None
    pairs = list(zip(sides, others, strict=True))
    second_is_turned = all(a == b or _is_turned_jacobian(b, a) for a, b in pairs)
    first_is_turned = all(a == b or _is_turned_jacobian(a, b) for a, b in pairs)
    if not first_is_turned and not second_is_turned:
        return None
    is_turned = second_is_turned if right else first_is_turned
    conventions = (*verdicts[right].conventions, _LAYOUTS[is_turned])
    return dataclasses.replace(verdicts[right], conventions=conventions)


def _is_turned_jacobian(e: Expression, of: Expression) -> bool:
    """Whether a side is the transpose of the other reading's, which is a product of Jacobians."""
    if not isinstance(e, Transpose) or e.operand != of:
        return False
    factors = of.factors if isinstance(of, MatMul | Product) else (of,)
    return all(known_shape(f) == SCALAR or (isinstance(f, Derivative) and f.form == "jacobian") for f in factors)


def _shown(reading: Answer) -> str:
    return "; ".join(" = ".join(text(e) for e in line.expressions) for line in reading.lines)
