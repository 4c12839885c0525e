"""What `wrt` stands for: a name as people type it, or an expression, becomes a tensor (or a component of one)."""

from __future__ import annotations

import re

import sympy

from derive.errors import UsageError
from derive.expression.nodes import Component, Derivative, Expression, Tensor
from derive.expression.problem import Problem
from derive.expression.sizes import Size
from derive.expression.traverse import substitute_layer
from derive.networks.positions import component
from derive.suggestions import did_you_mean

_NAME = re.compile(r"^\s*([^\W\d][\w'^]*)\s*(?:\[\s*([^\[\]]+?)\s*\])?\s*(?:\[\s*([^\[\]]+?)\s*\])?\s*$")
_LAYER = re.compile(r"^([^\W\d]\w*|\d+)\s*(?:([+-])\s*(\d+))?$")
_SPELLED = {"δ": "delta", "λ": "lam", "lambda": "lam"}


def wanted(problem: Problem, wrt: str | Expression | None) -> Expression:
    """The tensor or component that is asked for; UsageError, with the nearest name, if there is none."""
    if wrt is None:
        wrt = problem.question.wrt
        if wrt is None:
            raise UsageError("The problem does not say what to differentiate with respect to.",
                             suggestion="Give --wrt NAME.")  # fmt: skip
    found = _read(problem, wrt) if isinstance(wrt, str) else wrt
    if isinstance(found, Derivative):
        found = found.wrt
    if isinstance(found, Tensor) or (isinstance(found, Component) and isinstance(found.operand, Tensor)):
        return found
    raise UsageError("A gradient is taken in a name or in a component of one.", suggestion="Ask for W1 or W1[i,j].")


def _read(problem: Problem, wrt: str) -> Expression:
    match = _NAME.match(wrt)
    name = match[1] if match else wrt.strip()
    for spelling, word in _SPELLED.items():
        name = name.replace(spelling, word) if spelling not in problem.scope.tensors else name
    found = _named(problem, name)
    if match is None or found is None:
        known = [*problem.scope.tensors, *problem.scope.aliases, *(t.name for t in problem.gradients)]
        raise UsageError(f"The problem has no {wrt.strip()!r}.", suggestion=did_you_mean(name, sorted(set(known))))
    brackets = [part for part in (match[2], match[3]) if part]
    if brackets and isinstance(found, Tensor) and found.layer is not None:
        found = substitute_layer(found, {found.layer: _layer(problem, brackets.pop(0))})
    if not brackets:
        return found
    if not isinstance(found, Tensor):
        raise UsageError(f"{name} is no name of a quantity with entries.", suggestion="Ask for W1[i,j].")
    return component(found, brackets[0], problem.scope.indices)


def _named(problem: Problem, name: str) -> Expression | None:
    found = problem.scope.tensors.get(name) or problem.scope.aliases.get(name)
    if found is None:
        named = [*problem.gradients, *(d.target for d in problem.definitions), *problem.free_tensors]
        found = next((t for t in named if t.name == name), None)
    return found


def _layer(problem: Problem, written: str) -> Size:
    match = _LAYER.match(written)
    base = None
    if match is not None:
        base = sympy.Integer(int(match[1])) if match[1].isdigit() else problem.scope.layers.get(match[1])
    if match is None or base is None:
        raise UsageError(f"{written!r} is no layer.", suggestion=f"Layers: {', '.join(problem.scope.layers)}.")
    shift = int(match[3] or 0) * (-1 if match[2] == "-" else 1)
    return base + shift
