"""Slips with conditions that are asked for by themselves: the range of a parameter as indicators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.expression.functions import apply
from derive.expression.nodes import UNIT, Elementwise, Expression, Number, Product, Sum
from derive.expression.traverse import walk
from derive.mistakes.factors import negated
from derive.mistakes.row import Row, Rows, Slip
from derive.mistakes.setting import Setting
from derive.mistakes.terms import factors, product, without

_TOUCHING = {"gt": "ge", "ge": "gt", "lt": "le", "le": "lt"}
_OPPOSITE = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def _condition(e: Expression, s: Setting) -> Elementwise | None:
    return e if s.of is None and isinstance(e, Elementwise) and e.function.name in _TOUCHING else None


def _boundary(e: Expression, s: Setting) -> Iterator[Slip]:
    if (g := _condition(e, s)) is not None:
        yield Slip(apply(_TOUCHING[g.function.name], *g.arguments), g)


def _reversed(e: Expression, s: Setting) -> Iterator[Slip]:
    if (g := _condition(e, s)) is not None:
        yield Slip(apply(_OPPOSITE[g.function.name], *g.arguments), g)


def _negated(e: Expression, s: Setting) -> Iterator[Slip]:
    if isinstance(e, Sum) and len(e.terms) == 2 and e.terms[0] == UNIT:
        inner = negated(e.terms[1])
        if inner is not None and _condition(inner, s) is not None:
            yield Slip(inner, inner)


def _dropped(e: Expression, s: Setting) -> Iterator[Slip]:
    parts = factors(e) if s.of is None and isinstance(e, Product) else ()
    if len(parts) > 1 and all(any(_condition(p, s) is not None for p in walk(part)) for part in parts):
        for k, part in enumerate(parts):
            yield Slip(without(parts, k), part)


def _not_halved(e: Expression, s: Setting) -> Iterator[Slip]:
    """The bound of the rates used for their squares: the number in a condition is doubled."""
    g = _condition(e, s)
    if g is not None and isinstance(g.arguments[1], Number) and g.arguments[1].value:
        yield Slip(replace(g, arguments=(g.arguments[0], product(Number(2 * g.arguments[1].value)))), g)


ROWS: Rows = (
    Row("boundary-moved", "the boundary is on the wrong side",
        "The boundary of {part} itself is on the wrong side.",
        "Put the boundary value in: does the condition hold there?",
        "Σ 1/tᵖ converges for p > 1; at p = 1, the harmonic series, it diverges.", "range", _boundary),
    Row("condition-reversed", "a condition points the wrong way",
        "The condition {part} points the wrong way.",
        "Try a value that is very large.",
        "The larger p is, the faster 1/tᵖ gets small, and the sooner its sum converges.", "range", _reversed),
    Row("condition-negated", "a condition instead of its opposite",
        "The opposite of {part} is asked for.",
        "Which of the two sums must be infinite?",
        "The sum of the rates must diverge, that of their squares converge.", "range", _negated),
    Row("condition-dropped", "one of the conditions is missing",
        "The condition {part} is missing.",
        "There are two requirements; does your answer state both?",
        "The sum of the rates must diverge, and that of their squares converge.", "range", _dropped),
    Row("bound-doubled", "a bound is twice what it should be",
        "The bound in {part} is half of yours.",
        "Which exponent do the squares have?",
        "The squares of 1/tᵖ are 1/t²ᵖ: half the exponent is enough.", "range", _not_halved),
)  # fmt: skip
