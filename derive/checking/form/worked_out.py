"""What is expected, as it is shown: derivatives worked out, entries in entries, in the style of what was written."""

from __future__ import annotations

from dataclasses import replace

from derive.checking.verdicts.verdict import Verdict
from derive.differentiation.gradient import gradient
from derive.differentiation.in_entries import in_entries, with_sums, written_out
from derive.differentiation.jacobians import jacobian
from derive.differentiation.rule import flipped
from derive.differentiation.tangents import by_entry
from derive.errors import DeriveError
from derive.expression.nodes import (
    Component,
    Derivative,
    Explicit,
    Expression,
    Identity,
    IndexSum,
    Tensor,
    Transpose,
)
from derive.expression.problem import Problem, Question
from derive.expression.shapes import shape
from derive.expression.sizes import ONE, SCALAR
from derive.expression.traverse import walk


def worked_out(e: Expression, problem: Problem) -> Expression:
    """∂u/∂v without derivatives: of an entry of u a row of the Jacobian, by an entry of v a formula shaped like u.

    e itself where no law is known, or where it is something else.
    """
    inner = e.operand if isinstance(e, Transpose) else e
    if not isinstance(inner, Derivative):
        return e
    found = _derivative(inner, problem)
    if found is inner:
        return e
    return flipped(found) if isinstance(e, Transpose) else found


def revealed(verdict: Verdict, problem: Problem | None) -> Verdict:
    """A verdict whose expected formulas are worked out: the question over again is no answer."""
    about = problem or Problem()
    expected = None if verdict.expected is None else worked_out(verdict.expected, about)
    return replace(verdict, expected=expected, lines=tuple(revealed(line, problem) for line in verdict.lines))


def in_style(e: Expression, written: Expression | None, problem: Problem) -> Expression:
    """A formula in the style of another one: an entry in entries; a sum over an index where that has one; all entries
    of a column of numbers where it would be made of unit vectors, or where that lists them."""
    try:
        new = in_entries(e, problem)
        if written is not None and any(isinstance(part, IndexSum) for part in walk(written)):
            new = with_sums(new, problem, [part.index for part in walk(written) if isinstance(part, IndexSum)])
        if any(isinstance(part, Identity) for part in walk(new)) and (_is_numbered(new) or _lists(written)):
            new = written_out(new, problem)
        return new if shape(new) == shape(e) else e
    except DeriveError:
        return e


def _is_numbered(e: Expression) -> bool:
    """Whether every unit vector in it has a number, so that it can be written out."""
    units = [part for part in walk(e) if isinstance(part, Component) and isinstance(part.operand, Identity)]
    return all(isinstance(part.column, int) for part in units)


def _lists(written: Expression | None) -> bool:
    return written is not None and any(isinstance(part, Explicit) for part in walk(written))


def _derivative(e: Derivative, problem: Problem) -> Expression:
    try:
        if isinstance(e.wrt, Component) and e.form in ("jacobian", "formal") and ONE in shape(e.of):
            found = by_entry(problem, e.of, e.wrt)
            return found if shape(found) == shape(e) else e
        if e.form in ("gradient", "formal") and isinstance(e.wrt, Tensor) and shape(e.of) == SCALAR:
            found = gradient(replace(problem, question=Question(objective=e.of)), e.wrt).result
            return found if shape(found) == shape(e) else flipped(found)
        if e.form != "jacobian" or not isinstance(e.wrt, Tensor):
            return e
        entry = e.of if isinstance(e.of, Component) and ONE in shape(e.of.operand) else None
        of, row = (e.of, None) if entry is None else (entry.operand, entry.row or entry.column)
        whole = jacobian(problem, of, e.wrt).result
    except DeriveError:
        return e
    return whole if row is None else Component(whole, row, None)
