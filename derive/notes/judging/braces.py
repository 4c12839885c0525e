r"""Shapes below braces: \underbrace{W x}_{m \times 1} says what the shape of W x is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from derive.checking.verdicts.verdict import Mistake, Verdict
from derive.errors import DeriveError, ShapeError
from derive.expression.shapes import shape
from derive.expression.sizes import Shape, Size, shape_text
from derive.notation import Answer
from derive.notes.formulas.judgement import Judgement
from derive.notes.formulas.reading import Refusal
from derive.notes.formulas.shape_statements import stated_shape
from derive.writing.unicode import unicode

_BRACE = re.compile(r"\\underbrace\s*\{")
_BELOW = re.compile(r"\s*_\s*(\{)?")
_SHAPE = re.compile(r"\\mathbb|\\R\b|\\times|×")

Read = Callable[[str], Answer | Refusal | ShapeError]


@dataclass(frozen=True)
class Brace:
    """What stands above a brace, at [start, end) of the formula, and what below, up to `stop`."""

    start: int
    end: int
    below: str
    stop: int


def wrong_shapes(
    latex: str, sizes: Mapping[str, Size], read: Read, told: Sequence[Judgement] = ()
) -> Iterator[Judgement]:
    """A judgement on each brace whose shape is not that of what it embraces; of a vector it does not say how it lies.

    Nothing is said where the part cannot be read by itself, where a size is not known, or where it has been `told`
    that the formula around the brace does not conform: that is the same slip.
    """
    for brace in braces(latex):
        if any(_misfits(t) and t.start <= brace.start and brace.stop <= t.end for t in told):
            continue
        claimed = _claimed(brace.below, sizes)
        if claimed is None:
            continue
        found = read(latex[brace.start : brace.end])
        if not isinstance(found, Answer) or len(found.lines) > 1 or found.lines[0].kind != "claim":
            continue
        part = found.lines[0].expressions[0]
        try:
            own = shape(part)
        except DeriveError:
            continue
        if own not in (claimed, claimed[::-1]):
            said = f"{unicode(part)} is {shape_text(own)}, not {shape_text(claimed)}."
            verdict = Verdict("refuted", mistakes=(Mistake("shape", said),), reason=said)
            yield Judgement(
                brace.start, brace.stop, latex[brace.start : brace.end].strip(), verdict.verdict, said,
                details={"mistakes": [{"code": "shape", "message": said}], "expected": _as_shape(own)},
            )  # fmt: skip


def _misfits(judgement: Judgement) -> bool:
    return any(m["code"] == "shape" for m in judgement.details.get("mistakes", ()))


def _as_shape(own: Shape) -> dict[str, object]:
    rows, columns = (str(side) for side in own)
    return {"text": shape_text(own), "latex": rf"{rows} \times {columns}", "unicode": shape_text(own), "shape": None}


def _claimed(below: str, sizes: Mapping[str, Size]) -> Shape | None:
    if _SHAPE.search(below) is None:
        return None
    found = stated_shape(below if r"\mathbb" in below else rf"\mathbb{{R}}^{{{below}}}", sizes)
    known = {symbol for size in sizes.values() for symbol in size.free_symbols}
    return found if found is not None and all(side.free_symbols <= known for side in found) else None


def braces(latex: str) -> Iterator[Brace]:
    r"""The parts of a formula that have a brace and something below it, inner ones too.

    >>> [(b.below) for b in braces(r"\underbrace{A \underbrace{x}_{n}}_{m \times 1}")]
    ['m \\times 1', 'n']
    """
    for found in _BRACE.finditer(latex):
        end = _closing(latex, found.end())
        below = _BELOW.match(latex, end + 1) if end is not None else None
        if end is None or below is None:
            continue
        stop = _closing(latex, below.end()) if below[1] else below.end() + 1
        if stop is not None:
            yield Brace(found.end(), end, latex[below.end() : stop].strip(), stop)


def _closing(latex: str, start: int) -> int | None:
    """Where the brace that is open at `start` closes."""
    depth = 0
    for place in range(start, len(latex)):
        if latex[place] == "\\":
            continue
        depth += (latex[place] == "{") - (latex[place] == "}")
        if depth < 0:
            return place
    return None
