"""Jacobians of vectors: entry (i, j) is ∂u_i/∂v_j; a composition is the product of Jacobians."""

from __future__ import annotations

from derive.differentiation.derivation import Derivation, Stage
from derive.differentiation.in_entries import in_entries
from derive.differentiation.lookup import value_names
from derive.differentiation.rule import Context
from derive.differentiation.rules import RULES
from derive.differentiation.tangents import by_entry
from derive.differentiation.tidy import flattened
from derive.differentiation.working import Working
from derive.errors import Unsupported, UsageError
from derive.expression.nodes import Component, Derivative, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.shapes import shape
from derive.expression.sizes import ONE
from derive.expression.text import text
from derive.expression.traverse import rebuild, walk


def jacobian(problem: Problem, of: Expression, wrt: Expression) -> Derivation:
    """The derivation of ∂of/∂wrt for vectors of m and n entries: an m×n matrix.

    `wrt` may be a component of a vector, v[j]; the result then is column j. By an entry of a matrix, W[i,j], the result
    is shaped like `of`. Raises UsageError for matrices.
    """
    v = wrt.operand if isinstance(wrt, Component) else wrt
    assert isinstance(v, Tensor)
    if isinstance(wrt, Component) and ONE not in v.shape and ONE in shape(of):
        return _by_one_entry(problem, of, wrt)
    for e in (of, v):
        if ONE not in shape(e):
            raise UsageError(f"A Jacobian is taken of vectors, but {text(e)} is a matrix.",
                             suggestion="Ask for a component of it, such as Z[i,j].")  # fmt: skip
    target = Derivative(of, v, "jacobian")
    working = Working(target, Context(problem, value_names(problem)))
    while found := [part for part in walk(working.line) if isinstance(part, Derivative)]:
        name = _rule_for(found[0], working.context)
        working.step(RULES[name], _rewritten(working.line, name, working.context))
    working.tidy()
    stage = Stage(None, target, tuple(working.steps))
    if not isinstance(wrt, Component):
        return Derivation(problem, wrt, (stage,))
    column = wrt.row if wrt.row is not None else wrt.column
    entry = Working(Component(target, None, column), Context(problem, value_names(problem)))
    entry.step(RULES["entry_of_gradient"], Component(stage.result, None, column))
    return Derivation(problem, wrt, (stage, Stage(None, target, tuple(entry.steps))))


def _by_one_entry(problem: Problem, of: Expression, wrt: Component) -> Derivation:
    """∂u/∂W[i,j] in one step: a Jacobian lists derivatives by all entries, and a matrix has no first one."""
    target = Derivative(of, wrt, "jacobian")
    working = Working(target, Context(problem, value_names(problem)))
    working.step(RULES["by_one_entry"], in_entries(by_entry(problem, of, wrt), problem))
    return Derivation(problem, wrt, (Stage(None, target, tuple(working.steps)),))


def _rule_for(e: Derivative, context: Context) -> str:
    for name, rule in RULES.items():
        if rule.kind == "jacobian" and isinstance(e.of, rule.on) and rule.apply(e, context) is not None:
            return name
    raise Unsupported(f"There is no law for the Jacobian of {text(e.of)}.")


def _rewritten(e: Expression, name: str, context: Context) -> Expression:
    """The rule at every Jacobian for which it is the first to apply."""
    if isinstance(e, Derivative):
        new = RULES[name].apply(e, context) if _rule_for(e, context) == name else None
        return e if new is None else new
    return flattened(e, rebuild(e, lambda child: _rewritten(child, name, context)))
